SELECT 'pg_conversion'::regclass::oid AS classid, c.oid, n.nspname AS schema, c.conname AS name,
       quote_ident(n.nspname) || '.' || quote_ident(c.conname) AS ident,
       quote_ident(pg_get_userbyid(c.conowner)) AS owner, quote_literal(d.description) AS comment,
       CASE WHEN c.condefault THEN 'DEFAULT ' ELSE '' END AS is_default,
       'FOR ' || quote_literal(pg_encoding_to_char(c.conforencoding)) || ' TO '
       || quote_literal(pg_encoding_to_char(c.contoencoding))
       || ' FROM ' || quote_ident(fn.nspname) || '.' || quote_ident(f.proname) AS definition
FROM pg_conversion c
JOIN pg_namespace n ON n.oid = c.connamespace
JOIN pg_proc f ON f.oid = c.conproc
JOIN pg_namespace fn ON fn.oid = f.pronamespace
LEFT JOIN pg_description d ON d.classoid = 'pg_conversion'::regclass AND d.objoid = c.oid AND d.objsubid = 0
WHERE n.nspname !~ '^pg_' AND n.nspname NOT IN ('information_schema', 'postkit')
