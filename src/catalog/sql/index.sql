-- Indexes that are not part of a constraint. Of the usual ones, on columns as they are with operator classes that the
-- server would choose, the parts are said: it need not search its catalogs for what each of them is called.
SELECT c.oid, i.indrelid AS parent_oid, c.relname AS name,
       quote_literal(d.description) AS comment,
       quote_ident(c.relname) AS quoted,
       CASE WHEN usual.types IS NULL THEN pg_get_indexdef(c.oid) END AS definition,
       CASE WHEN usual.types IS NOT NULL THEN
            concat_ws(E'\x01', CASE WHEN i.indisunique THEN 'UNIQUE ' ELSE '' END, usual.amname, i.indkey, i.indoption, usual.types)
            END AS parts,
       CASE WHEN NOT i.indisvalid AND c.relkind <> 'I' THEN 't' END AS invalid,
       quote_ident(ts.spcname) AS tablespace,
       quote_ident(p.nspname) || '.' || quote_ident(p.relname) AS parent_index,
       CASE WHEN i.indexprs IS NOT NULL THEN -- other columns have none of their own
            (SELECT string_agg(a.attnum || ' ' || a.attstattarget, E'\x01' ORDER BY a.attnum) FROM pg_attribute a
             WHERE a.attrelid = c.oid AND a.attstattarget >= 0) END AS statistics
FROM pg_index i
JOIN (pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace AND c.relkind IN ('i', 'I') AND c.relpersistence <> 't'
           AND n.nspname !~ '^pg_' AND n.nspname NOT IN ('information_schema', 'postkit'))
     ON c.oid = i.indexrelid
LEFT JOIN (SELECT k.indclass, k.indcollation, min(m.amname) AS amname,
                  string_agg(format_type(o.opcintype, NULL), E'\x02' ORDER BY k.place) AS types
           FROM (SELECT x.indclass, x.indcollation, generate_subscripts(x.indclass, 1) AS place,
                        unnest(x.indclass) AS opclass, unnest(x.indcollation) AS collation
                 FROM (SELECT DISTINCT indclass, indcollation FROM pg_index WHERE indrelid >= 16384) x) k
           JOIN pg_opclass o ON o.oid = k.opclass
           JOIN pg_type t ON t.oid = o.opcintype
           JOIN pg_am m ON m.oid = o.opcmethod
           -- the server's own operator classes of these two kinds of index have no parameters
           GROUP BY k.indclass, k.indcollation
           HAVING bool_and(o.opcdefault AND o.oid < 16384 AND t.typtype = 'b' AND t.typcollation = k.collation
                           AND m.amname IN ('btree', 'hash'))) usual
     ON usual.indclass = i.indclass AND usual.indcollation = i.indcollation AND c.relkind = 'i' AND c.reloptions IS NULL
        AND i.indexprs IS NULL AND i.indpred IS NULL
        AND NOT i.indnullsnotdistinct -- pg>=15
LEFT JOIN (SELECT ih.inhrelid, pc.relname, pn.nspname FROM pg_inherits ih
           JOIN pg_class pc ON pc.oid = ih.inhparent AND pc.relkind = 'I'
           JOIN pg_namespace pn ON pn.oid = pc.relnamespace) p ON p.inhrelid = c.oid
LEFT JOIN pg_tablespace ts ON ts.oid = c.reltablespace
LEFT JOIN pg_description d ON d.classoid = 'pg_class'::regclass AND d.objoid = c.oid AND d.objsubid = 0
WHERE NOT EXISTS (SELECT FROM pg_constraint k WHERE k.conindid = c.oid AND k.contype IN ('p', 'u', 'x'))
