SELECT 'pg_transform'::regclass::oid AS classid, t.oid, NULL AS schema,
       format_type(t.trftype, NULL) || '.' || l.lanname AS name,
       'FOR ' || format_type(t.trftype, NULL) || ' LANGUAGE ' || quote_ident(l.lanname) AS ident,
       NULL AS owner, quote_literal(d.description) AS comment,
       concat_ws(', ', 'FROM SQL WITH FUNCTION ' || nullif(t.trffromsql, 0)::oid::regprocedure,
                 'TO SQL WITH FUNCTION ' || nullif(t.trftosql, 0)::oid::regprocedure) AS definition
FROM pg_transform t
JOIN pg_language l ON l.oid = t.trflang
LEFT JOIN pg_description d ON d.classoid = 'pg_transform'::regclass AND d.objoid = t.oid AND d.objsubid = 0
WHERE t.oid >= 16384
