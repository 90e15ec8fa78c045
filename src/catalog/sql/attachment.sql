-- A partition's place under its parent. Its catalog has no OIDs: the partition's own stands for it.
SELECT 'pg_inherits'::regclass::oid AS classid, c.oid, 'pg_class'::regclass::oid AS parent_class, c.oid AS parent_oid,
       n.nspname AS schema, c.relname AS name,
       quote_ident(n.nspname) || '.' || quote_ident(c.relname) AS ident,
       NULL AS owner, NULL AS comment,
       quote_ident(pn.nspname) || '.' || quote_ident(p.relname) AS of_table, p.oid AS of_oid,
       pg_get_expr(c.relpartbound, c.oid) AS bound
FROM pg_inherits i
JOIN pg_class c ON c.oid = i.inhrelid AND c.relispartition AND c.relkind IN ('r', 'p', 'f')
JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN pg_class p ON p.oid = i.inhparent
JOIN pg_namespace pn ON pn.oid = p.relnamespace
WHERE n.nspname !~ '^pg_' AND n.nspname NOT IN ('information_schema', 'postkit')
