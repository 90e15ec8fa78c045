-- Event triggers. Whose they are says nothing: it has to be a superuser.
SELECT 'pg_event_trigger'::regclass::oid AS classid, e.oid, NULL AS schema, e.evtname AS name, quote_ident(e.evtname) AS ident,
       quote_literal(d.description) AS comment,
       quote_ident(e.evtevent)
       || coalesce(' WHEN TAG IN (' || (SELECT string_agg(quote_literal(t.tag), ', ' ORDER BY t.n)
                                        FROM unnest(e.evttags) WITH ORDINALITY t (tag, n)) || ')', '')
       || ' EXECUTE FUNCTION ' || quote_ident(n.nspname) || '.' || quote_ident(p.proname) || '()' AS definition,
       CASE coalesce(s.description, e.evtenabled::text) WHEN 'D' THEN 'DISABLE' WHEN 'R' THEN 'ENABLE REPLICA' WHEN 'A' THEN 'ENABLE ALWAYS'
            ELSE 'ENABLE' END AS enabled
FROM pg_event_trigger e
JOIN pg_proc p ON p.oid = e.evtfoid
JOIN pg_namespace n ON n.oid = p.pronamespace
LEFT JOIN pg_description s ON s.classoid = 'pg_event_trigger'::regclass AND s.objoid = e.oid AND s.objsubid = 1 -- super_sever.sql
LEFT JOIN pg_description d ON d.classoid = 'pg_event_trigger'::regclass AND d.objoid = e.oid AND d.objsubid = 0
