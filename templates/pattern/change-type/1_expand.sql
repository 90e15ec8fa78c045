-- {table}.{old} becomes {new_type}, expand: a column of the new type beside it, which follows every row that is written.
-- What this makes goes into the schema files, too. Programs need no change for this.
-- postkit:stage: expand
-- migrate:up
ALTER TABLE {table} ADD COLUMN {new} {new_type};
CREATE FUNCTION {function}() RETURNS trigger LANGUAGE plpgsql AS {q}
BEGIN
    NEW.{new} := NEW.{old}::{new_type};
    RETURN NEW;
END
{q};
CREATE TRIGGER {trigger} BEFORE INSERT OR UPDATE ON {table} FOR EACH ROW EXECUTE FUNCTION {function}();
-- migrate:down
{?parted}-- postkit:allow explicit-lock: the next statement would lock the partitions before their table, and programs lock the table first
{?parted}LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE;
DROP TRIGGER {trigger} ON {table};
DROP FUNCTION {function}();
ALTER TABLE {table} DROP COLUMN {new};
