SELECT 'pg_collation'::regclass::oid AS classid, c.oid, n.nspname AS schema, c.collname AS name,
       quote_ident(n.nspname) || '.' || quote_ident(c.collname) AS ident,
       quote_ident(pg_get_userbyid(c.collowner)) AS owner, quote_literal(d.description) AS comment,
       concat_ws(', ', 'provider = ' || CASE c.collprovider WHEN 'i' THEN 'icu' WHEN 'b' THEN 'builtin' ELSE 'libc' END,
                 CASE WHEN NOT c.collisdeterministic THEN 'deterministic = false' END,
                 'locale = ' || quote_literal(coalesce(
                     c.colliculocale, -- pg>=15 pg<17
                     c.colllocale, -- pg>=17
                     CASE WHEN c.collcollate = c.collctype THEN c.collcollate END)),
                 CASE WHEN c.collcollate <> c.collctype THEN 'lc_collate = ' || quote_literal(c.collcollate)
                      || ', lc_ctype = ' || quote_literal(c.collctype) END,
                 'rules = ' || quote_literal(c.collicurules), -- pg>=16
                 NULL) AS definition
FROM pg_collation c
JOIN pg_namespace n ON n.oid = c.collnamespace
LEFT JOIN pg_description d ON d.classoid = 'pg_collation'::regclass AND d.objoid = c.oid AND d.objsubid = 0
WHERE n.nspname !~ '^pg_' AND n.nspname NOT IN ('information_schema', 'postkit')
