SELECT 'pg_ts_template'::regclass::oid AS classid, t.oid, n.nspname AS schema, t.tmplname AS name,
       quote_ident(n.nspname) || '.' || quote_ident(t.tmplname) AS ident,
       NULL AS owner, quote_literal(d.description) AS comment,
       (SELECT string_agg(f.what || ' = ' || quote_ident(fn.nspname) || '.' || quote_ident(fp.proname), ', ' ORDER BY f.place)
        FROM (VALUES (1, 'INIT', t.tmplinit), (2, 'LEXIZE', t.tmpllexize)) f (place, what, oid)
        JOIN pg_proc fp ON fp.oid = f.oid JOIN pg_namespace fn ON fn.oid = fp.pronamespace) AS definition
FROM pg_ts_template t
JOIN pg_namespace n ON n.oid = t.tmplnamespace
LEFT JOIN pg_description d ON d.classoid = 'pg_ts_template'::regclass AND d.objoid = t.oid AND d.objsubid = 0
WHERE n.nspname !~ '^pg_' AND n.nspname NOT IN ('information_schema', 'postkit')
