-- Constraints of tables. A partition's share of a foreign key is there, since it stays when the partition is detached;
-- what the server keeps for the partitions at the other end of one is not. Of usual keys the parts are said: the server need
-- not search its catalogs for what each of them is called.
SELECT 'pg_constraint'::regclass::oid AS classid, k.oid, 'pg_class'::regclass::oid AS parent_class, k.conrelid AS parent_oid,
       k.conname AS name, CASE WHEN k.contype <> 'f' OR k.conparentid = 0 THEN quote_literal(d.description) END AS comment,
       quote_ident(k.conname) AS quoted, k.contype AS type,
       -- NOT VALID is an attribute of its own, so that validating is a change in place
       CASE WHEN usual.parts IS NOT NULL THEN NULL
            WHEN k.convalidated
            AND k.conenforced -- pg>=18
            AND ic.reloptions IS NULL AND ts.spcname IS NULL THEN pg_get_constraintdef(k.oid)
            ELSE regexp_replace(pg_get_constraintdef(k.oid), '( DEFERRABLE( INITIALLY DEFERRED)?)?( NOT VALID| NOT ENFORCED)?$',
                     coalesce((SELECT ' WITH (' || string_agg(quote_ident(o.option_name) || '=' || quote_literal(o.option_value), ', '
                                                              ORDER BY o.option_name) || ')'
                               FROM pg_options_to_table(ic.reloptions) o), '')
                     || coalesce(' USING INDEX TABLESPACE ' || quote_ident(ts.spcname), '') || '\1') END AS definition,
       usual.parts, nullif(k.confrelid, 0) AS other_oid,
       quote_literal(xd.description) AS index_comment,
       CASE WHEN NOT k.convalidated
            AND k.conenforced -- pg>=18
            THEN 't' END AS not_valid,
       CASE WHEN NOT k.conenforced THEN 't' END AS not_enforced, -- pg>=18
       CASE WHEN k.coninhcount > 0 AND NOT k.conislocal THEN 't' END AS inherited,
       coalesce(quote_ident(pk.conname) || ' ON ' || pk.conrelid::regclass,
                -- a key can be a share of an index that belongs to no constraint
                xi.inhparent::regclass::text) AS whole,
       concat_ws(' ', CASE WHEN k.condeferrable THEN 'DEFERRABLE' ELSE 'NOT DEFERRABLE' END,
                 CASE WHEN k.condeferred THEN 'INITIALLY DEFERRED' ELSE 'INITIALLY IMMEDIATE' END) AS deferrable,
       CASE WHEN k.contype = 'f' THEN k.confrelid::regclass END AS references_table,
       CASE WHEN k.coninhcount > 0 AND k.contype = 'c' THEN 't' END AS merged
FROM pg_constraint k
JOIN (pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace AND c.relpersistence <> 't' AND c.relkind IN ('r', 'p', 'f')
           AND n.nspname !~ '^pg_' AND n.nspname NOT IN ('information_schema', 'postkit'))
     ON c.oid = k.conrelid
-- few have any: there is no need to look through all
LEFT JOIN pg_class ic ON ic.oid = k.conindid AND k.contype IN ('p', 'u') AND (ic.reloptions IS NOT NULL OR ic.reltablespace <> 0)
LEFT JOIN pg_index ix ON ix.indexrelid = k.conindid AND k.contype IN ('p', 'u')
     AND (ix.indnkeyatts <> ix.indnatts
          OR ix.indnullsnotdistinct -- pg>=15
     )
LEFT JOIN pg_tablespace ts ON ts.oid = ic.reltablespace
LEFT JOIN pg_constraint pk ON pk.oid = k.conparentid
LEFT JOIN pg_inherits xi ON xi.inhrelid = k.conindid AND k.contype IN ('p', 'u', 'x') AND k.conparentid = 0
LEFT JOIN pg_description xd ON xd.classoid = 'pg_class'::regclass AND xd.objoid = k.conindid AND xd.objsubid = 0
     AND k.contype IN ('p', 'u', 'x')
LEFT JOIN pg_description d ON d.classoid = 'pg_constraint'::regclass AND d.objoid = k.oid AND d.objsubid = 0
-- keys of which there is no more to say than this
CROSS JOIN LATERAL (SELECT CASE WHEN k.contype IN ('p', 'u', 'f') AND k.convalidated AND NOT k.condeferrable
                                AND ic.oid IS NULL AND ix.indexrelid IS NULL
                                AND k.confdelsetcols IS NULL -- pg>=15
                                AND k.conenforced AND NOT k.conperiod -- pg>=18
                           THEN concat_ws(E'\x01', array_to_string(k.conkey, ' '), array_to_string(k.confkey, ' '),
                                          CASE WHEN k.contype = 'f' THEN k.confmatchtype::text || k.confupdtype::text || k.confdeltype::text END)
                           END AS parts) usual
WHERE k.contype IN ('p', 'u', 'f', 'c', 'x') AND (k.contype <> 'f' OR k.conparentid = 0 OR k.confrelid = pk.confrelid)
