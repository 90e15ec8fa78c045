-- A partition's share of a trigger, where it is enabled in another way than that of the whole, at the top.
WITH RECURSIVE share (oid, whole) AS (
    SELECT g.oid, g.tgparentid FROM pg_trigger g LEFT JOIN pg_constraint k ON k.oid = g.tgconstraint
    WHERE g.tgparentid <> 0 AND coalesce(k.contype, 't') = 't' -- not those of keys
    UNION ALL SELECT s.oid, g.tgparentid FROM share s JOIN pg_trigger g ON g.oid = s.whole WHERE g.tgparentid <> 0
)
SELECT 'pg_trigger'::regclass::oid AS classid, g.oid, 'pg_class'::regclass::oid AS parent_class, g.tgrelid AS parent_oid,
       n.nspname AS schema, g.tgname AS name,
       quote_ident(g.tgname) || ' ON ' || quote_ident(n.nspname) || '.' || quote_ident(c.relname) AS ident,
       quote_ident(g.tgname) AS quoted,
       CASE g.tgenabled WHEN 'D' THEN 'DISABLE' WHEN 'R' THEN 'ENABLE REPLICA' WHEN 'A' THEN 'ENABLE ALWAYS' ELSE 'ENABLE' END AS enabled,
       CASE w.tgenabled WHEN 'D' THEN 'DISABLE' WHEN 'R' THEN 'ENABLE REPLICA' WHEN 'A' THEN 'ENABLE ALWAYS' ELSE 'ENABLE' END AS whole_enabled
FROM share s
JOIN pg_trigger g ON g.oid = s.oid
JOIN pg_trigger w ON w.oid = s.whole AND w.tgparentid = 0
JOIN pg_class c ON c.oid = g.tgrelid
JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE g.tgenabled <> w.tgenabled AND n.nspname !~ '^pg_' AND n.nspname NOT IN ('information_schema', 'postkit')
