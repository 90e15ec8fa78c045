-- {columns} of {table} move to {new_table}, contract: for when no program uses them in the old table any more. It is refused
-- while indexes, constraints, views or triggers hang on the columns: they would go with them.
-- Each statement is committed by itself: programs lock the two tables in any order. The trigger that follows the old table goes
-- first, so that what is written to the new one is not undone.
-- postkit:stage: contract after 1d
-- migrate:up transaction:false
DO {q}
DECLARE
    hanging text;
BEGIN
    IF EXISTS (SELECT FROM {table} AS t WHERE {todo}) THEN
        RAISE EXCEPTION 'rows differ in the two tables: the backfill is not done, or a trigger was off';
    END IF;
{users}
END
{q};
{?parted}-- postkit:allow explicit-lock: DROP TRIGGER would lock the partitions before their table, and programs lock the table first
{?parted}DO {q}
{?parted}BEGIN
{?parted}    LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE;
{?parted}    DROP TRIGGER {trigger} ON {table};
{?parted}END
{?parted}{q};
{?whole}DROP TRIGGER {trigger} ON {table};
DROP TRIGGER {trigger} ON {new_table};
-- postkit:allow drop-function: nothing but the trigger calls it
DROP FUNCTION {function}();
-- postkit:allow drop-function: nothing but the trigger calls it
DROP FUNCTION {function_back}();
-- postkit:allow drop-column: the new table has the values
ALTER TABLE {table} {drops};
-- migrate:down
ALTER TABLE {table} {adds};
UPDATE {table} AS t SET ({columns}) = ROW({n_columns}) FROM {new_table} AS n WHERE ({t_keys}) = ({n_keys});
{sync}
