-- {table}.{old} goes, contract: for when no program reads or writes it any more. Its values are lost. It is refused while
-- indexes, constraints, views or triggers hang on the column: they would go with it.
-- postkit:irreversible: no program uses the column any more
-- postkit:stage: contract after 1d
-- migrate:up
DO {q}
DECLARE
    hanging text;
BEGIN
{users}
END
{q};
-- postkit:allow drop-column: no program uses it any more
ALTER TABLE {table} DROP COLUMN {old};
-- migrate:down
-- without its values
ALTER TABLE {table} ADD COLUMN {old} {type};
{?default}ALTER TABLE {table} ALTER COLUMN {old} SET DEFAULT {default};
