-- {table}.{old} becomes {new}, expand: the new name beside the old one, the same in every row that is written.
-- What this makes goes into the schema files, too. Programs that know one of the two names alone go on working;
-- bring out those that know the new one when the rows are filled.
-- postkit:stage: expand
-- migrate:up
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
-- migrate:down
{?parted}-- postkit:allow explicit-lock: the next statement would lock the partitions before their table, and programs lock the table first
{?parted}LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE;
DROP TRIGGER {trigger} ON {table};
DROP FUNCTION {function}();
ALTER TABLE {table} DROP COLUMN {new};
