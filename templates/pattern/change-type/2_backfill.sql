-- {table}.{old} becomes {new_type}, backfill: the rows of before, some blocks at a time, each time committed.
{batches_comment}
-- Build the indexes of the old column on the new one after this, CONCURRENTLY: they do not go over by themselves; the primary key does.
-- postkit:stage: backfill
-- migrate:up transaction:false
-- postkit:allow not-analysed: what it executes stands in it, but for the table's or partition's name
{batches}
{?not_null}ALTER TABLE {table} ADD CONSTRAINT {proof} CHECK ({new} IS NOT NULL) NOT VALID;
{?not_null}ALTER TABLE {table} VALIDATE CONSTRAINT {proof};
{?not_null}ALTER TABLE {table} ALTER COLUMN {new} SET NOT NULL;
{?not_null}ALTER TABLE {table} DROP CONSTRAINT {proof};
{?key_name}CREATE UNIQUE INDEX CONCURRENTLY {key_index} ON {table} ({new_keys});
{?key_name}-- migrate:down transaction:false
{?no_key}-- migrate:down
{?key_name}DROP INDEX CONCURRENTLY {key_index_qualified};
{?not_null}ALTER TABLE {table} ALTER COLUMN {new} DROP NOT NULL;
-- the rows may stay as they are
