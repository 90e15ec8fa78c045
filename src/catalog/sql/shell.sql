-- The name of a type alone, which its functions need before it can be made of them. See depend.sql.
SELECT 'pg_type'::regclass::oid AS classid, t.oid, -1 AS subid, 'pg_type'::regclass::oid AS parent_class, t.oid AS parent_oid,
       n.nspname AS schema, t.typname AS name, quote_ident(n.nspname) || '.' || quote_ident(t.typname) AS ident,
       NULL AS owner, NULL AS comment
FROM pg_type t
JOIN pg_namespace n ON n.oid = t.typnamespace
LEFT JOIN pg_range r ON r.rngtypid = t.oid
WHERE (t.typtype = 'b' OR NOT t.typisdefined OR r.rngcanonical <> 0)
      AND NOT EXISTS (SELECT FROM pg_type e WHERE e.typarray = t.oid)
      AND n.nspname !~ '^pg_' AND n.nspname NOT IN ('information_schema', 'postkit')
