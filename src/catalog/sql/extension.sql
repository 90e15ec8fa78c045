SELECT 'pg_extension'::regclass::oid AS classid, e.oid, NULL AS schema, e.extname AS name,
       quote_ident(e.extname) AS ident, NULL AS owner,
       -- the comment comes with the extension; only one that somebody wrote counts
       CASE WHEN d.description IS DISTINCT FROM a.comment THEN quote_literal(d.description) END AS comment,
       quote_ident(n.nspname) AS in_schema
FROM pg_extension e
JOIN pg_namespace n ON n.oid = e.extnamespace
LEFT JOIN pg_description d ON d.classoid = 'pg_extension'::regclass AND d.objoid = e.oid AND d.objsubid = 0
LEFT JOIN pg_available_extensions a ON a.name = e.extname
WHERE e.extname <> 'plpgsql'
