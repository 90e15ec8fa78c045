-- {columns} of {table} move to {new_table}, expand: the new table, kept the same as the columns of the old one by triggers
-- on both. What this makes goes into the schema files, too. Programs that know one of the two alone go on working; those
-- that know the new table add their row by INSERT ... ON CONFLICT DO UPDATE, for it may be there.
-- migrate:up
-- postkit:allow drop-not-null: programs that know the new table write rows of the old one without these
ALTER TABLE {table} {nullable};
CREATE TABLE {new_table} (
    {key_definitions},
    {definitions},
    PRIMARY KEY ({keys}),
    FOREIGN KEY ({keys}) REFERENCES {table} ({keys}) ON UPDATE CASCADE ON DELETE CASCADE
);
CREATE FUNCTION {function}() RETURNS trigger LANGUAGE plpgsql AS {q}
BEGIN
    IF TG_OP = 'INSERT' AND num_nonnulls({new_columns}) = 0 THEN
        RETURN NULL;
    END IF;
    INSERT INTO {new_table} AS n ({keys}, {columns}) VALUES ({new_keys}, {new_columns})
    ON CONFLICT ({keys}) DO UPDATE SET ({columns}) = ROW({excluded})
    WHERE ({n_columns}) IS DISTINCT FROM ({excluded});
    RETURN NULL;
END
{q};
CREATE FUNCTION {function_back}() RETURNS trigger LANGUAGE plpgsql AS {q}
BEGIN
    UPDATE {table} AS t SET ({columns}) = ROW({new_columns})
    WHERE ({t_keys}) = ({new_keys}) AND ({t_columns}) IS DISTINCT FROM ({new_columns});
    RETURN NULL;
END
{q};
CREATE TRIGGER {trigger} AFTER INSERT OR UPDATE ON {table} FOR EACH ROW EXECUTE FUNCTION {function}();
CREATE TRIGGER {trigger} AFTER INSERT OR UPDATE ON {new_table} FOR EACH ROW EXECUTE FUNCTION {function_back}();
-- migrate:down
DROP TRIGGER {trigger} ON {table};
DROP TABLE {new_table};
DROP FUNCTION {function}();
DROP FUNCTION {function_back}();
{?not_nulls}ALTER TABLE {table} {not_nulls};
