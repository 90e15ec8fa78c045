-- {table}.{old} becomes {new}, contract: for when no program uses the old name any more. The column beside it goes, and
-- the old one takes the name, with its indexes, keys, default and all that refers to it.
-- postkit:stage: contract after 1d
-- migrate:up
DO {q}
BEGIN
    IF EXISTS (SELECT FROM {table} AS t WHERE t.{new}::text IS DISTINCT FROM t.{old}::text) THEN
        RAISE EXCEPTION 'rows differ in the two columns: the backfill is not done, or the trigger was off';
    END IF;
END
{q};
{?parted}-- postkit:allow explicit-lock: the next statement would lock the partitions before their table, and programs lock the table first
{?parted}LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE;
DROP TRIGGER {trigger} ON {table};
-- postkit:allow drop-function: nothing but the trigger calls it
DROP FUNCTION {function}();
-- postkit:allow drop-column, rename-column: the column beside it has the same values, and programs use the new name
ALTER TABLE {table} DROP COLUMN {new};
-- postkit:allow drop-column, rename-column: the column beside it has the same values, and programs use the new name
ALTER TABLE {table} RENAME COLUMN {old} TO {new};
-- migrate:down
-- the table is written anew under a lock
ALTER TABLE {table} RENAME COLUMN {new} TO {old};
ALTER TABLE {table} ADD COLUMN {new} {type};
CREATE FUNCTION {function}() RETURNS trigger LANGUAGE plpgsql AS {q}
BEGIN
    IF TG_OP = 'INSERT' AND NEW.{new} IS NOT NULL THEN
        NEW.{old} := NEW.{new};
    ELSIF TG_OP = 'UPDATE' AND NEW.{new}::text IS DISTINCT FROM OLD.{new}::text THEN
        NEW.{old} := NEW.{new};
    ELSE
        NEW.{new} := NEW.{old};
    END IF;
    RETURN NEW;
END
{q};
CREATE TRIGGER {trigger} BEFORE INSERT OR UPDATE ON {table} FOR EACH ROW EXECUTE FUNCTION {function}();
UPDATE {table} SET {new} = {old};
