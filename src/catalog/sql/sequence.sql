-- Sequences, but for those of identity columns, which are attributes of the column.
SELECT 'pg_class'::regclass::oid AS classid, c.oid, n.nspname AS schema, c.relname AS name,
       quote_ident(n.nspname) || '.' || quote_ident(c.relname) AS ident,
       quote_ident(pg_get_userbyid(c.relowner)) AS owner, quote_literal(d.description) AS comment,
       array_to_string(c.relacl, E'\n') AS acl,
       CASE WHEN c.relacl IS NOT NULL THEN array_to_string(acldefault('s', c.relowner), E'\n') END AS acl_default,
       CASE c.relpersistence WHEN 'u' THEN 'UNLOGGED' END AS persistence,
       format_type(s.seqtypid, NULL) AS type, s.seqstart::text AS start, s.seqincrement::text AS increment,
       s.seqmin::text AS min, s.seqmax::text AS max, s.seqcache::text AS cache,
       CASE WHEN s.seqcycle THEN 'CYCLE' ELSE 'NO CYCLE' END AS cycle,
       (SELECT quote_ident(tn.nspname) || '.' || quote_ident(t.relname) || '.' || quote_ident(a.attname)
        FROM pg_depend dp
        JOIN pg_class t ON t.oid = dp.refobjid
        JOIN pg_namespace tn ON tn.oid = t.relnamespace
        JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = dp.refobjsubid
        WHERE dp.classid = 'pg_class'::regclass AND dp.objid = c.oid AND dp.refclassid = 'pg_class'::regclass
              AND dp.refobjsubid > 0 AND dp.deptype = 'a') AS owned_by
FROM pg_class c
JOIN pg_sequence s ON s.seqrelid = c.oid
JOIN pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_description d ON d.classoid = 'pg_class'::regclass AND d.objoid = c.oid AND d.objsubid = 0
WHERE c.relkind = 'S' AND c.relpersistence <> 't'
      AND n.nspname !~ '^pg_' AND n.nspname NOT IN ('information_schema', 'postkit')
      AND NOT EXISTS (SELECT FROM pg_depend i WHERE i.classid = 'pg_class'::regclass AND i.objid = c.oid
                      AND i.refclassid = 'pg_class'::regclass AND i.deptype = 'i')
