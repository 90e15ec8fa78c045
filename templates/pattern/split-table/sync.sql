CREATE FUNCTION {function}() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS {q}
BEGIN
    IF num_nonnulls({new_columns}) = 0 THEN
        UPDATE {new_table} AS n SET ({columns}) = ROW({nulls})
        WHERE ({n_keys}) = ({new_keys}) AND num_nonnulls({n_columns}) > 0;
    ELSE
        INSERT INTO {new_table} AS n ({keys}, {columns}) VALUES ({new_keys}, {new_columns})
        ON CONFLICT ({keys}) DO UPDATE SET ({columns}) = ROW({excluded})
        WHERE ({n_texts}) IS DISTINCT FROM ({excluded_texts});
    END IF;
    RETURN NULL;
END
{q};
CREATE FUNCTION {function_back}() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS {q}
BEGIN
    IF TG_OP <> 'INSERT' THEN -- the row of before has no other any more
        UPDATE {table} AS t SET ({columns}) = ROW({nulls})
        WHERE ({t_keys}) = ({old_keys}) AND ({old_keys}) IS DISTINCT FROM ({new_keys}) AND num_nonnulls({t_columns}) > 0;
    END IF;
    IF TG_OP <> 'DELETE' THEN
        UPDATE {table} AS t SET ({columns}) = ROW({new_columns})
        WHERE ({t_keys}) = ({new_keys}) AND ({t_texts}) IS DISTINCT FROM ({new_texts});
    END IF;
    RETURN NULL;
END
{q};
-- with the rights of who made them, for those who write one table need none on the other: for these triggers alone
REVOKE ALL ON FUNCTION {function}(), {function_back}() FROM PUBLIC;
CREATE TRIGGER {trigger} AFTER INSERT OR UPDATE ON {table} FOR EACH ROW EXECUTE FUNCTION {function}();
CREATE TRIGGER {trigger} AFTER INSERT OR UPDATE OR DELETE ON {new_table} FOR EACH ROW EXECUTE FUNCTION {function_back}();
