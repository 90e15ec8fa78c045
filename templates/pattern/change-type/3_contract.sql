-- {table}.{old} becomes {new_type}, contract: the new column takes the place of the old one. It is refused while
-- indexes, constraints, views or triggers hang on the old column: they would go with it. Its sequence goes over, and the
-- primary key.
-- postkit:stage: contract after 1d
-- migrate:up
DO {q}
DECLARE
    hanging text;
BEGIN
    IF EXISTS (SELECT FROM {table} AS t WHERE t.{new}::text IS DISTINCT FROM t.{old}::{new_type}::text) THEN
        RAISE EXCEPTION 'rows differ in the two columns: the backfill is not done, or the trigger was off';
    END IF;
{users}
END
{q};
{?parted}-- postkit:allow explicit-lock: the next statement would lock the partitions before their table, and programs lock the table first
{?parted}LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE;
DROP TRIGGER {trigger} ON {table};
-- postkit:allow drop-function: nothing but the trigger calls it
DROP FUNCTION {function}();
{?carry}-- postkit:allow not-analysed: it names no objects but the column's sequence, which goes over with what it has counted
{?carry}{carry}
{?key_name}-- postkit:allow drop-constraint: the same key takes its place in the same statement
{?key_name}ALTER TABLE {table} DROP CONSTRAINT {key_name}, ADD CONSTRAINT {key_name} PRIMARY KEY USING INDEX {key_index};
-- postkit:allow drop-column, rename-column: the column beside it has the values, and takes its name in the same transaction
ALTER TABLE {table} DROP COLUMN {old};
-- postkit:allow drop-column, rename-column: the column beside it has the values, and takes its name in the same transaction
ALTER TABLE {table} RENAME COLUMN {new} TO {old};
{?default}ALTER TABLE {table} ALTER COLUMN {old} SET DEFAULT {default};
-- migrate:down
-- the type of before, with what it can hold of the values; the table is written anew under a lock
{?default}ALTER TABLE {table} ALTER COLUMN {old} DROP DEFAULT;
ALTER TABLE {table} RENAME COLUMN {old} TO {new};
ALTER TABLE {table} ADD COLUMN {old} {type};
CREATE FUNCTION {function}() RETURNS trigger LANGUAGE plpgsql AS {q}
BEGIN
    NEW.{new} := NEW.{old}::{new_type};
    RETURN NEW;
END
{q};
CREATE TRIGGER {trigger} BEFORE INSERT OR UPDATE ON {table} FOR EACH ROW EXECUTE FUNCTION {function}();
UPDATE {table} SET {old} = {new}::{type};
{?not_null}ALTER TABLE {table} ALTER COLUMN {old} SET NOT NULL;
{?carry}{carry_back}
{?key_name}ALTER TABLE {table} DROP CONSTRAINT {key_name}, ADD CONSTRAINT {key_name} PRIMARY KEY ({keys});
{?key_name}CREATE UNIQUE INDEX {key_index} ON {table} ({new_keys});
{?default}ALTER TABLE {table} ALTER COLUMN {old} SET DEFAULT {default};
