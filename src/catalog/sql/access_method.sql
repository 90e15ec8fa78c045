SELECT 'pg_am'::regclass::oid AS classid, a.oid, NULL AS schema, a.amname AS name, quote_ident(a.amname) AS ident,
       NULL AS owner, quote_literal(d.description) AS comment,
       'TYPE ' || CASE a.amtype WHEN 't' THEN 'TABLE' ELSE 'INDEX' END
       || ' HANDLER ' || quote_ident(fn.nspname) || '.' || quote_ident(f.proname) AS definition
FROM pg_am a
JOIN pg_proc f ON f.oid = a.amhandler
JOIN pg_namespace fn ON fn.oid = f.pronamespace
LEFT JOIN pg_description d ON d.classoid = 'pg_am'::regclass AND d.objoid = a.oid AND d.objsubid = 0
WHERE a.oid >= 16384
