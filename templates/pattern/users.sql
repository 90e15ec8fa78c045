    IF EXISTS (SELECT FROM pg_depend AS d JOIN pg_attribute AS a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid
            WHERE d.refclassid = 'pg_class'::regclass AND d.refobjid = {table_text}::regclass AND a.attname IN ({columns_text})
            AND d.deptype <> 'i' AND d.classid <> 'pg_attrdef'::regclass
            AND NOT EXISTS (SELECT FROM pg_constraint AS c WHERE d.classid = 'pg_constraint'::regclass AND c.oid = d.objid AND c.contype = 'n')) THEN
        RAISE EXCEPTION 'something hangs on the column still: indexes, constraints, views, triggers or a sequence';
    END IF;
