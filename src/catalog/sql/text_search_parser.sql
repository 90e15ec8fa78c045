SELECT 'pg_ts_parser'::regclass::oid AS classid, p.oid, n.nspname AS schema, p.prsname AS name,
       quote_ident(n.nspname) || '.' || quote_ident(p.prsname) AS ident,
       NULL AS owner, quote_literal(d.description) AS comment,
       (SELECT string_agg(f.what || ' = ' || quote_ident(fn.nspname) || '.' || quote_ident(fp.proname), ', ' ORDER BY f.place)
        FROM (VALUES (1, 'START', p.prsstart), (2, 'GETTOKEN', p.prstoken), (3, 'END', p.prsend),
                     (4, 'HEADLINE', p.prsheadline), (5, 'LEXTYPES', p.prslextype)) f (place, what, oid)
        JOIN pg_proc fp ON fp.oid = f.oid JOIN pg_namespace fn ON fn.oid = fp.pronamespace) AS definition
FROM pg_ts_parser p
JOIN pg_namespace n ON n.oid = p.prsnamespace
LEFT JOIN pg_description d ON d.classoid = 'pg_ts_parser'::regclass AND d.objoid = p.oid AND d.objsubid = 0
WHERE n.nspname !~ '^pg_' AND n.nspname NOT IN ('information_schema', 'postkit')
