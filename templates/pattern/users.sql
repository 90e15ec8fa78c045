    hanging := (SELECT string_agg(DISTINCT pg_describe_object(d.classid, d.objid, d.objsubid), ', ')
        FROM pg_depend AS d JOIN pg_attribute AS a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid
            WHERE d.refclassid = 'pg_class'::regclass AND d.refobjid = {table_text}::regclass AND a.attname IN ({columns_text})
            AND d.deptype <> 'i' AND d.classid <> 'pg_attrdef'::regclass
            AND NOT EXISTS (SELECT FROM pg_class AS c WHERE d.classid = 'pg_class'::regclass AND c.oid = d.objid AND c.relkind = {taken})
            AND NOT EXISTS (SELECT FROM pg_constraint AS c WHERE d.classid = 'pg_constraint'::regclass AND c.oid = d.objid AND c.contype IN ('n', {taken_key})));
    IF hanging <> '' THEN
        RAISE EXCEPTION 'something hangs on the column still, and would go with it: %', hanging;
    END IF;
