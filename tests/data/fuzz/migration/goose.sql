-- +goose NO TRANSACTION
-- +goose Up
SELECT 1;
-- +goose StatementBegin
-- +goose Down
SELECT 2;
