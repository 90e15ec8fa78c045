SELECT 'pg_publication_rel'::regclass::oid AS classid, r.oid, 'pg_publication'::regclass::oid AS parent_class, r.prpubid AS parent_oid,
       NULL AS schema, quote_ident(n.nspname) || '.' || quote_ident(c.relname) AS name,
       quote_ident(n.nspname) || '.' || quote_ident(c.relname) || ' IN ' || quote_ident(p.pubname) AS ident,
       quote_ident(n.nspname) || '.' || quote_ident(c.relname) AS relation,
       CASE WHEN r.prattrs IS NOT NULL THEN -- pg>=15
       (SELECT string_agg(quote_ident(a.attname), ', ' ORDER BY a.attname) FROM pg_attribute a -- pg>=15
        WHERE a.attrelid = r.prrelid AND a.attnum = ANY (r.prattrs::int2[])) END AS columns, -- pg>=15
       pg_get_expr(r.prqual, r.prrelid) AS filter, -- pg>=15
       CASE WHEN EXISTS (SELECT FROM pg_publication_namespace s WHERE s.pnpubid = p.oid) THEN 't' END -- pg>=15
       NULL -- pg<15
       AS superuser
FROM pg_publication_rel r
JOIN pg_publication p ON p.oid = r.prpubid
JOIN pg_class c ON c.oid = r.prrelid
JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname <> 'postkit'
