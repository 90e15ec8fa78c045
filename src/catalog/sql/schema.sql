-- Schemas. public counts too: who owns it and who may create in it is part of a schema.
SELECT 'pg_namespace'::regclass::oid AS classid, n.oid, NULL AS schema, n.nspname AS name,
       quote_ident(n.nspname) AS ident,
       -- before 15 public belongs to whoever made the cluster, whose name says nothing
       CASE WHEN NOT (n.nspname = 'public' AND n.nspowner = 10) THEN quote_ident(pg_get_userbyid(n.nspowner)) END AS owner,
       quote_literal(d.description) AS comment, array_to_string(n.nspacl, E'\n') AS acl,
       CASE WHEN n.nspacl IS NOT NULL THEN array_to_string(acldefault('n', n.nspowner), E'\n') END AS acl_default
FROM pg_namespace n
LEFT JOIN pg_description d ON d.classoid = 'pg_namespace'::regclass AND d.objoid = n.oid AND d.objsubid = 0
WHERE n.nspname !~ '^pg_' AND n.nspname NOT IN ('information_schema', 'postkit')
