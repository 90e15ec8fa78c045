SELECT 'pg_type'::regclass::oid AS classid, t.oid, n.nspname AS schema, t.typname AS name,
       quote_ident(n.nspname) || '.' || quote_ident(t.typname) AS ident,
       quote_ident(pg_get_userbyid(t.typowner)) AS owner, quote_literal(d.description) AS comment,
       array_to_string(t.typacl, E'\n') AS acl,
       CASE WHEN t.typacl IS NOT NULL THEN array_to_string(acldefault('T', t.typowner), E'\n') END AS acl_default,
       (SELECT string_agg(quote_literal(e.enumlabel), E'\x01' ORDER BY e.enumsortorder)
        FROM pg_enum e WHERE e.enumtypid = t.oid) AS labels
FROM pg_type t
JOIN pg_namespace n ON n.oid = t.typnamespace
LEFT JOIN pg_description d ON d.classoid = 'pg_type'::regclass AND d.objoid = t.oid AND d.objsubid = 0
WHERE t.typtype = 'e' AND n.nspname !~ '^pg_' AND n.nspname NOT IN ('information_schema', 'postkit')
