-- Schemas. public counts too: who owns it and who may create in it is part of a schema, as far as that is not
-- what it has from the start (given).
SELECT 'pg_namespace'::regclass::oid AS classid, n.oid, NULL AS schema, n.nspname AS name,
       quote_ident(n.nspname) AS ident,
       -- before 15 public belongs to whoever made the cluster, whose name says nothing
       CASE WHEN NOT (n.nspname = 'public' AND n.nspowner = 10) THEN quote_ident(pg_get_userbyid(n.nspowner)) END AS owner,
       quote_literal(d.description) AS comment,
       array_to_string(CASE WHEN p.given IS NULL THEN n.nspacl ELSE coalesce(n.nspacl, acldefault('n', n.nspowner)) END, E'\n') AS acl,
       CASE WHEN n.nspacl IS NOT NULL OR p.given IS NOT NULL
            THEN concat_ws(E'\n', array_to_string(acldefault('n', n.nspowner), E'\n'), p.given) END AS acl_default,
       p.granted
FROM pg_namespace n
LEFT JOIN (VALUES ('public', '=U/', 'USAGE')) p (name, given, granted) ON p.name = n.nspname -- pg>=15
LEFT JOIN (VALUES ('public', '=UC/', 'CREATE, USAGE')) p (name, given, granted) ON p.name = n.nspname -- pg<15
LEFT JOIN pg_description d ON d.classoid = 'pg_namespace'::regclass AND d.objoid = n.oid AND d.objsubid = 0
WHERE n.nspname !~ '^pg_' AND n.nspname NOT IN ('information_schema', 'postkit')
