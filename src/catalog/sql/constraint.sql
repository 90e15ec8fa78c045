-- Constraints of tables. Foreign keys of partitions that come from their parent are left out: the server makes them.
SELECT 'pg_constraint'::regclass::oid AS classid, k.oid, 'pg_class'::regclass::oid AS parent_class, k.conrelid AS parent_oid,
       n.nspname AS schema, k.conname AS name,
       quote_ident(k.conname) || ' ON ' || quote_ident(n.nspname) || '.' || quote_ident(c.relname) AS ident,
       NULL AS owner, quote_literal(d.description) AS comment,
       quote_ident(k.conname) AS quoted, k.contype AS type,
       -- NOT VALID is an attribute of its own, so that validating is a change in place
       regexp_replace(pg_get_constraintdef(k.oid), '( DEFERRABLE( INITIALLY DEFERRED)?)?( NOT VALID| NOT ENFORCED)?$',
           coalesce((SELECT ' WITH (' || string_agg(quote_ident(o.option_name) || '=' || quote_literal(o.option_value), ', '
                                                    ORDER BY o.option_name) || ')'
                     FROM pg_class ic, pg_options_to_table(ic.reloptions) o WHERE ic.oid = k.conindid AND k.contype IN ('p', 'u')), '')
           || coalesce((SELECT ' USING INDEX TABLESPACE ' || quote_ident(ts.spcname) FROM pg_class ic
                        JOIN pg_tablespace ts ON ts.oid = ic.reltablespace
                        WHERE ic.oid = k.conindid AND k.contype IN ('p', 'u')), '') || '\1') AS definition,
       (SELECT quote_literal(xd.description) FROM pg_description xd WHERE xd.classoid = 'pg_class'::regclass
        AND xd.objoid = k.conindid AND xd.objsubid = 0 AND k.contype IN ('p', 'u', 'x')) AS index_comment,
       CASE WHEN NOT k.convalidated
            AND k.conenforced -- pg>=18
            THEN 't' END AS not_valid,
       CASE WHEN NOT k.conenforced THEN 't' END AS not_enforced, -- pg>=18
       CASE WHEN k.coninhcount > 0 AND NOT k.conislocal THEN 't' END AS inherited,
       (SELECT quote_ident(pk.conname) || ' ON ' || quote_ident(pn.nspname) || '.' || quote_ident(pc.relname)
        FROM pg_constraint pk JOIN pg_class pc ON pc.oid = pk.conrelid JOIN pg_namespace pn ON pn.oid = pc.relnamespace
        WHERE pk.oid = k.conparentid) AS parent_constraint,
       concat_ws(' ', CASE WHEN k.condeferrable THEN 'DEFERRABLE' ELSE 'NOT DEFERRABLE' END,
                 CASE WHEN k.condeferred THEN 'INITIALLY DEFERRED' ELSE 'INITIALLY IMMEDIATE' END) AS deferrable,
       CASE WHEN k.contype = 'f' THEN (SELECT quote_ident(fn.nspname) || '.' || quote_ident(fc.relname)
            FROM pg_class fc JOIN pg_namespace fn ON fn.oid = fc.relnamespace WHERE fc.oid = k.confrelid) END AS references_table,
       CASE WHEN k.coninhcount > 0 AND k.contype = 'c' THEN 't' END AS merged
FROM pg_constraint k
JOIN pg_class c ON c.oid = k.conrelid AND c.relpersistence <> 't' AND c.relkind IN ('r', 'p')
JOIN pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_description d ON d.classoid = 'pg_constraint'::regclass AND d.objoid = k.oid AND d.objsubid = 0
WHERE k.contype IN ('p', 'u', 'f', 'c', 'x') AND NOT (k.contype = 'f' AND k.conparentid <> 0)
      AND n.nspname !~ '^pg_' AND n.nspname NOT IN ('information_schema', 'postkit')
