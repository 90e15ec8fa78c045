-- {table}.{old} becomes {new_type}, backfill: the rows of before, some blocks at a time, each time committed.
{batches_comment}
-- Build the indexes of the old column on the new one after this, CONCURRENTLY: they do not go over by themselves.
-- postkit:stage: backfill
-- migrate:up transaction:false
-- postkit:allow not-analysed: what it executes stands in it, but for the table's or partition's name
{batches}
{?not_null}ALTER TABLE {table} ADD CONSTRAINT {proof} CHECK ({new} IS NOT NULL) NOT VALID;
{?not_null}ALTER TABLE {table} VALIDATE CONSTRAINT {proof};
{?not_null}ALTER TABLE {table} ALTER COLUMN {new} SET NOT NULL;
{?not_null}ALTER TABLE {table} DROP CONSTRAINT {proof};
-- migrate:down
{?not_null}ALTER TABLE {table} ALTER COLUMN {new} DROP NOT NULL;
-- the rows may stay as they are
