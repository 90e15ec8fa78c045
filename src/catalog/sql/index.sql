-- Indexes that are not part of a constraint.
SELECT 'pg_class'::regclass::oid AS classid, c.oid, 'pg_class'::regclass::oid AS parent_class, i.indrelid AS parent_oid,
       n.nspname AS schema, c.relname AS name,
       quote_ident(n.nspname) || '.' || quote_ident(c.relname) AS ident,
       NULL AS owner, quote_literal(d.description) AS comment,
       quote_ident(c.relname) AS quoted, pg_get_indexdef(c.oid) AS definition,
       CASE WHEN NOT i.indisvalid AND t.relkind <> 'p' THEN 't' END AS invalid,
       quote_ident(ts.spcname) AS tablespace,
       (SELECT quote_ident(pn.nspname) || '.' || quote_ident(pc.relname) FROM pg_inherits ih
        JOIN pg_class pc ON pc.oid = ih.inhparent JOIN pg_namespace pn ON pn.oid = pc.relnamespace
        WHERE ih.inhrelid = c.oid) AS parent_index,
       (SELECT string_agg(a.attnum || ' ' || a.attstattarget, E'\x01' ORDER BY a.attnum) FROM pg_attribute a
        WHERE a.attrelid = c.oid AND a.attstattarget >= 0) AS statistics
FROM pg_index i
JOIN pg_class c ON c.oid = i.indexrelid
JOIN pg_class t ON t.oid = i.indrelid AND t.relkind IN ('r', 'p', 'm') AND t.relpersistence <> 't'
JOIN pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_tablespace ts ON ts.oid = c.reltablespace
LEFT JOIN pg_description d ON d.classoid = 'pg_class'::regclass AND d.objoid = c.oid AND d.objsubid = 0
WHERE NOT EXISTS (SELECT FROM pg_constraint k WHERE k.conindid = c.oid AND k.contype IN ('p', 'u', 'x'))
      AND n.nspname !~ '^pg_' AND n.nspname NOT IN ('information_schema', 'postkit')
