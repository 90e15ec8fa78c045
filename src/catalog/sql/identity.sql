-- Sequences of identity columns, for their comments and privileges, and whether they are logged otherwise than their
-- table; what they count, the options, is the column's affair.
SELECT 'pg_sequence'::regclass::oid AS classid, c.oid, dp.refobjid AS parent_oid, dp.refobjsubid AS column,
       array_to_string(c.relacl, E'\n') AS acl,
       CASE WHEN c.relacl IS NOT NULL THEN array_to_string(acldefault('s', c.relowner), E'\n') END AS acl_default,
       CASE WHEN c.relpersistence <> t.relpersistence THEN CASE c.relpersistence WHEN 'u' THEN 'UNLOGGED' ELSE 'LOGGED' END END AS logging, -- pg>=15
       name.ident AS sequence, quote_literal(d.description) AS text,
       concat_ws(E'\x01', 'SEQUENCE NAME ' || name.ident, 'START WITH ' || s.seqstart, 'INCREMENT BY ' || s.seqincrement,
                 'MINVALUE ' || s.seqmin, 'MAXVALUE ' || s.seqmax, 'CACHE ' || s.seqcache,
                 CASE WHEN s.seqcycle THEN 'CYCLE' ELSE 'NO CYCLE' END) AS options
FROM pg_class c
JOIN pg_namespace n ON n.oid = c.relnamespace AND n.nspname !~ '^pg_' AND n.nspname NOT IN ('information_schema', 'postkit')
JOIN pg_sequence s ON s.seqrelid = c.oid
JOIN pg_depend dp ON dp.classid = 'pg_class'::regclass AND dp.objid = c.oid AND dp.objsubid = 0
     AND dp.refclassid = 'pg_class'::regclass AND dp.refobjsubid > 0 AND dp.deptype = 'i'
JOIN pg_class t ON t.oid = dp.refobjid AND t.relkind IN ('r', 'p', 'f')
CROSS JOIN LATERAL (SELECT quote_ident(n.nspname) || '.' || quote_ident(c.relname) AS ident) name
LEFT JOIN pg_description d ON d.classoid = 'pg_class'::regclass AND d.objoid = c.oid AND d.objsubid = 0
WHERE c.relkind = 'S' AND c.relpersistence <> 't'
