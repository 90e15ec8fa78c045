-- Indexes that are not part of a constraint.
SELECT 'pg_class'::regclass::oid AS classid, c.oid, 'pg_class'::regclass::oid AS parent_class, i.indrelid AS parent_oid,
       n.nspname AS schema, c.relname AS name,
       quote_ident(n.nspname) || '.' || quote_ident(c.relname) AS ident,
       NULL AS owner, quote_literal(d.description) AS comment,
       quote_ident(c.relname) AS quoted,
       -- what the server would say, without its search through the catalogs for each index: most are of this form
       CASE WHEN plain.keys IS NULL THEN pg_get_indexdef(c.oid)
            ELSE 'CREATE ' || CASE WHEN i.indisunique THEN 'UNIQUE ' ELSE '' END || 'INDEX ' || quote_ident(c.relname)
                 || ' ON ' || quote_ident(tn.nspname) || '.' || quote_ident(t.relname)
                 || ' USING ' || quote_ident(am.amname) || ' (' || plain.keys || ')'
                 || coalesce(' INCLUDE (' || plain.included || ')', '') END AS definition,
       CASE WHEN NOT i.indisvalid AND t.relkind <> 'p' THEN 't' END AS invalid,
       quote_ident(ts.spcname) AS tablespace,
       quote_ident(p.nspname) || '.' || quote_ident(p.relname) AS parent_index,
       CASE WHEN i.indexprs IS NOT NULL THEN -- other columns have none of their own
            (SELECT string_agg(a.attnum || ' ' || a.attstattarget, E'\x01' ORDER BY a.attnum) FROM pg_attribute a
             WHERE a.attrelid = c.oid AND a.attstattarget >= 0) END AS statistics
FROM pg_index i
JOIN pg_class c ON c.oid = i.indexrelid
JOIN pg_class t ON t.oid = i.indrelid AND t.relkind IN ('r', 'p', 'm') AND t.relpersistence <> 't'
JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN pg_namespace tn ON tn.oid = t.relnamespace
JOIN pg_am am ON am.oid = c.relam
LEFT JOIN (SELECT k.indexrelid, count(*) AS n,
                  string_agg(quote_ident(a.attname) || CASE k.option WHEN 0 THEN '' WHEN 1 THEN ' DESC NULLS LAST'
                             WHEN 2 THEN ' NULLS FIRST' WHEN 3 THEN ' DESC' END, ', ' ORDER BY k.place)
                  FILTER (WHERE k.opclass IS NOT NULL) AS keys,
                  string_agg(quote_ident(a.attname), ', ' ORDER BY k.place) FILTER (WHERE k.opclass IS NULL) AS included
           FROM (SELECT x.indexrelid, x.indrelid, generate_subscripts(x.indkey, 1) AS place, unnest(x.indkey) AS attnum,
                        unnest(x.indclass) AS opclass, unnest(x.indcollation) AS collation, unnest(x.indoption) AS option
                 FROM pg_index x WHERE x.indrelid >= 16384 AND x.indexprs IS NULL AND x.indpred IS NULL AND NOT x.indisprimary
                      AND NOT x.indnullsnotdistinct -- pg>=15
                ) k
           JOIN (SELECT tc.oid, ta.attnum, ta.attname, ta.atttypid, ta.attcollation FROM pg_class tc
                 JOIN pg_attribute ta ON ta.attrelid = tc.oid AND ta.attnum > 0
                 WHERE tc.relkind IN ('r', 'p', 'm') AND tc.oid >= 16384) a ON a.oid = k.indrelid AND a.attnum = k.attnum
           LEFT JOIN pg_opclass o ON o.oid = k.opclass
           -- the server's own operator classes of these two kinds of index have no parameters
           WHERE k.opclass IS NULL OR (a.attcollation = k.collation AND o.opcdefault AND o.oid < 16384
                 AND o.opcmethod IN (SELECT m.oid FROM pg_am m WHERE m.amname IN ('btree', 'hash')) AND
                 (o.opcintype = a.atttypid OR (o.opcintype = 'text'::regtype AND a.atttypid = 'varchar'::regtype)))
           GROUP BY k.indexrelid) plain
     ON plain.indexrelid = c.oid AND plain.n = i.indnatts AND c.relkind = 'i' AND c.reloptions IS NULL
LEFT JOIN (SELECT ih.inhrelid, pc.relname, pn.nspname FROM pg_inherits ih
           JOIN pg_class pc ON pc.oid = ih.inhparent AND pc.relkind = 'I'
           JOIN pg_namespace pn ON pn.oid = pc.relnamespace) p ON p.inhrelid = c.oid
LEFT JOIN pg_tablespace ts ON ts.oid = c.reltablespace
LEFT JOIN pg_description d ON d.classoid = 'pg_class'::regclass AND d.objoid = c.oid AND d.objsubid = 0
WHERE NOT EXISTS (SELECT FROM pg_constraint k WHERE k.conindid = c.oid AND k.contype IN ('p', 'u', 'x'))
      AND n.nspname !~ '^pg_' AND n.nspname NOT IN ('information_schema', 'postkit')
