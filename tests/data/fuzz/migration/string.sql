-- migrate:up
SELECT '
-- migrate:up
';
