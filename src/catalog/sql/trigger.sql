SELECT 'pg_trigger'::regclass::oid AS classid, g.oid, 'pg_class'::regclass::oid AS parent_class, g.tgrelid AS parent_oid,
       n.nspname AS schema, g.tgname AS name,
       quote_ident(g.tgname) || ' ON ' || quote_ident(n.nspname) || '.' || quote_ident(c.relname) AS ident,
       NULL AS owner, quote_literal(d.description) AS comment,
       quote_ident(g.tgname) AS quoted, pg_get_triggerdef(g.oid) AS definition,
       CASE g.tgenabled WHEN 'D' THEN 'DISABLE' WHEN 'R' THEN 'ENABLE REPLICA' WHEN 'A' THEN 'ENABLE ALWAYS' END AS enabled
FROM pg_trigger g
JOIN pg_class c ON c.oid = g.tgrelid
JOIN pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_description d ON d.classoid = 'pg_trigger'::regclass AND d.objoid = g.oid AND d.objsubid = 0
WHERE NOT g.tgisinternal AND g.tgparentid = 0
      AND n.nspname !~ '^pg_' AND n.nspname NOT IN ('information_schema', 'postkit')
