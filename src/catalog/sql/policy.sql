SELECT 'pg_policy'::regclass::oid AS classid, p.oid, 'pg_class'::regclass::oid AS parent_class, p.polrelid AS parent_oid,
       n.nspname AS schema, p.polname AS name,
       quote_ident(p.polname) || ' ON ' || quote_ident(n.nspname) || '.' || quote_ident(c.relname) AS ident,
       NULL AS owner, quote_literal(d.description) AS comment,
       CASE WHEN NOT p.polpermissive THEN 'AS RESTRICTIVE ' ELSE '' END
       || CASE p.polcmd WHEN 'r' THEN 'FOR SELECT' WHEN 'a' THEN 'FOR INSERT' WHEN 'w' THEN 'FOR UPDATE'
               WHEN 'd' THEN 'FOR DELETE' ELSE 'FOR ALL' END AS command,
       (SELECT string_agg(CASE WHEN r = 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(r)) END, ', '
                          ORDER BY CASE WHEN r = 0 THEN '' ELSE pg_get_userbyid(r) END)
        FROM unnest(p.polroles) r) AS roles,
       pg_get_expr(p.polqual, p.polrelid) AS using_expr, pg_get_expr(p.polwithcheck, p.polrelid) AS check_expr
FROM pg_policy p
JOIN pg_class c ON c.oid = p.polrelid
JOIN pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_description d ON d.classoid = 'pg_policy'::regclass AND d.objoid = p.oid AND d.objsubid = 0
WHERE n.nspname !~ '^pg_' AND n.nspname NOT IN ('information_schema', 'postkit')
