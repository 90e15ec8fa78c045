SELECT 'pg_type'::regclass::oid AS classid, t.oid, n.nspname AS schema, t.typname AS name,
       quote_ident(n.nspname) || '.' || quote_ident(t.typname) AS ident,
       quote_ident(pg_get_userbyid(t.typowner)) AS owner, quote_literal(d.description) AS comment,
       array_to_string(t.typacl, E'\n') AS acl,
       CASE WHEN t.typacl IS NOT NULL THEN array_to_string(acldefault('T', t.typowner), E'\n') END AS acl_default,
       (SELECT string_agg(quote_ident(a.attname) || E'\x02' || format_type(a.atttypid, a.atttypmod) || E'\x02'
                          || CASE WHEN a.attcollation <> ty.typcollation
                                  THEN ' COLLATE ' || quote_ident(cn.nspname) || '.' || quote_ident(co.collname)
                                  ELSE '' END, E'\x01' ORDER BY a.attnum)
        FROM pg_attribute a
        JOIN pg_type ty ON ty.oid = a.atttypid
        LEFT JOIN pg_collation co ON co.oid = a.attcollation
        LEFT JOIN pg_namespace cn ON cn.oid = co.collnamespace
        WHERE a.attrelid = t.typrelid AND a.attnum > 0 AND NOT a.attisdropped) AS attributes
FROM pg_type t
JOIN pg_namespace n ON n.oid = t.typnamespace
JOIN pg_class c ON c.oid = t.typrelid AND c.relkind = 'c'
LEFT JOIN pg_description d ON d.classoid = 'pg_type'::regclass AND d.objoid = t.oid AND d.objsubid = 0
WHERE t.typtype = 'c' AND n.nspname !~ '^pg_' AND n.nspname NOT IN ('information_schema', 'postkit')
