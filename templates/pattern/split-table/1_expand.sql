-- {columns} of {table} move to {new_table}, expand: the new table, kept the same as the columns of the old one by triggers
-- on both. What this makes goes into the schema files, too. Programs that know one of the two alone go on working; those
-- that know the new table add their row by INSERT ... ON CONFLICT DO UPDATE, for it may be there.
-- postkit:stage: expand
-- migrate:up
DO {q}
BEGIN
    IF EXISTS (SELECT FROM pg_attribute AS a JOIN pg_depend AS d ON d.classid = 'pg_type'::regclass AND d.objid = a.atttypid
            WHERE a.attrelid = {table_text}::regclass AND a.attname IN ({keys_text}) AND d.deptype = 'e') THEN
        RAISE EXCEPTION 'a key of an extension''s type: the triggers, which find what the server has alone, could not compare it';
    END IF;
END
{q};
-- postkit:allow drop-not-null: programs that know the new table write rows of the old one without these
ALTER TABLE {table} {nullable};
CREATE TABLE {new_table} (
    {key_definitions},
    {definitions},
    PRIMARY KEY ({keys}),
    FOREIGN KEY ({keys}) REFERENCES {table} ({keys}) ON UPDATE CASCADE ON DELETE CASCADE
);
-- postkit:allow not-analysed: it gives those who may use the old table the same rights on the new one, which go into the schema
-- files, too; where the old one has row security it gives none, for policies are to be written before
{grants}
{sync}
-- migrate:down
{?parted}-- postkit:allow explicit-lock: the next statement would lock the partitions before their table, and programs lock the table first
{?parted}LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE;
DROP TRIGGER {trigger} ON {table};
DROP TABLE {new_table};
DROP FUNCTION {function}();
DROP FUNCTION {function_back}();
{?not_nulls}ALTER TABLE {table} {not_nulls};
