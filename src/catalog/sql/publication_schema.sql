-- pg_publication_namespace came with 15.
SELECT
       'pg_publication_namespace'::regclass::oid AS classid, s.oid, 'pg_publication'::regclass::oid AS parent_class, s.pnpubid AS parent_oid, -- pg>=15
       NULL::oid AS classid, NULL::oid AS oid, NULL::oid AS parent_class, NULL::oid AS parent_oid, -- pg<15
       NULL AS schema, quote_ident(n.nspname) AS name,
       quote_ident(n.nspname) || ' IN ' || quote_ident(p.pubname) AS ident
FROM pg_publication p
JOIN pg_publication_namespace s ON s.pnpubid = p.oid -- pg>=15
JOIN pg_namespace n ON n.oid = s.pnnspid -- pg>=15
JOIN pg_namespace n ON false -- pg<15
WHERE n.nspname <> 'postkit'
