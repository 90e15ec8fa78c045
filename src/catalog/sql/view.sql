SELECT 'pg_class'::regclass::oid AS classid, c.oid, n.nspname AS schema, c.relname AS name,
       quote_ident(n.nspname) || '.' || quote_ident(c.relname) AS ident,
       quote_ident(pg_get_userbyid(c.relowner)) AS owner, quote_literal(d.description) AS comment,
       array_to_string(c.relacl, E'\n') AS acl,
       CASE WHEN c.relacl IS NOT NULL THEN array_to_string(acldefault('r', c.relowner), E'\n') END AS acl_default,
       rtrim(pg_get_viewdef(c.oid), ';') AS definition,
       (SELECT string_agg(quote_ident(o.option_name) || '=' || quote_literal(o.option_value), E'\x01' ORDER BY o.option_name)
        FROM pg_options_to_table(c.reloptions) o) AS options,
       (SELECT string_agg(quote_ident(a.attname) || E'\x02' || format_type(a.atttypid, a.atttypmod) || E'\x02'
                          || CASE WHEN a.attcollation <> ty.typcollation
                                  THEN quote_ident(cn.nspname) || '.' || quote_ident(co.collname) ELSE '' END,
                          E'\x01' ORDER BY a.attnum)
        FROM pg_attribute a
        JOIN pg_type ty ON ty.oid = a.atttypid
        LEFT JOIN pg_collation co ON co.oid = a.attcollation
        LEFT JOIN pg_namespace cn ON cn.oid = co.collnamespace
        WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped) AS columns
FROM pg_class c
JOIN pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_description d ON d.classoid = 'pg_class'::regclass AND d.objoid = c.oid AND d.objsubid = 0
WHERE c.relkind = 'v' AND c.relpersistence <> 't'
      AND n.nspname !~ '^pg_' AND n.nspname NOT IN ('information_schema', 'postkit')
