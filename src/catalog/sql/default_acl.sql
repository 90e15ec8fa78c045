-- ALTER DEFAULT PRIVILEGES: what new objects of a role get.
SELECT 'pg_default_acl'::regclass::oid AS classid, a.oid, NULL AS schema,
       pg_get_userbyid(a.defaclrole) || '.' || coalesce(n.nspname, '') || '.' || a.defaclobjtype::text AS name,
       quote_ident(pg_get_userbyid(a.defaclrole)) || ' ' || coalesce(quote_ident(n.nspname), '*') || ' '
       || a.defaclobjtype::text AS ident,
       NULL AS owner, NULL AS comment,
       array_to_string(a.defaclacl, E'\n') AS acl,
       -- inside a schema they add to the global ones; globally they replace the built-in ones
       CASE WHEN a.defaclnamespace = 0 THEN array_to_string(acldefault(
            CASE a.defaclobjtype WHEN 'S' THEN 's' ELSE a.defaclobjtype END, a.defaclrole), E'\n') END AS acl_default,
       'ALTER DEFAULT PRIVILEGES FOR ROLE ' || quote_ident(pg_get_userbyid(a.defaclrole))
       || coalesce(' IN SCHEMA ' || quote_ident(n.nspname), '') AS prefix,
       CASE a.defaclobjtype WHEN 'r' THEN 'TABLES' WHEN 'S' THEN 'SEQUENCES' WHEN 'f' THEN 'FUNCTIONS'
            WHEN 'T' THEN 'TYPES' WHEN 'L' THEN 'LARGE OBJECTS' ELSE 'SCHEMAS' END AS on_kind,
       CASE WHEN cardinality(a.defaclacl) = 0 THEN 't' END AS nobody
FROM pg_default_acl a
LEFT JOIN pg_namespace n ON n.oid = a.defaclnamespace
