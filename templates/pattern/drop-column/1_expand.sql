-- {table}.{old} goes, expand: rows need no value of it any more. Bring out programs that neither read nor write it after this.
-- postkit:stage: expand
-- migrate:up
-- postkit:allow drop-not-null: the column goes, and programs that are left without a value for it are wanted
ALTER TABLE {table} ALTER COLUMN {old} DROP NOT NULL;
-- migrate:down
{?not_null}-- rows without a value stand in the way, and all rows are read under a lock
{?not_null}ALTER TABLE {table} ALTER COLUMN {old} SET NOT NULL;
