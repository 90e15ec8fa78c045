SELECT 'pg_class'::regclass::oid AS classid, c.oid, n.nspname AS schema, c.relname AS name,
       quote_ident(n.nspname) || '.' || quote_ident(c.relname) AS ident,
       quote_ident(pg_get_userbyid(c.relowner)) AS owner, quote_literal(d.description) AS comment,
       array_to_string(c.relacl, E'\n') AS acl,
       CASE WHEN c.relacl IS NOT NULL THEN array_to_string(acldefault('r', c.relowner), E'\n') END AS acl_default,
       CASE c.relpersistence WHEN 'u' THEN 'UNLOGGED' END AS persistence,
       CASE c.relkind WHEN 'p' THEN pg_get_partkeydef(c.oid) END AS partition_key,
       CASE WHEN c.relispartition THEN 't' END AS is_partition,
       CASE WHEN NOT c.relispartition THEN h.parents END AS inherits,
       CASE WHEN c.reloftype <> 0 THEN format_type(c.reloftype, NULL) END AS of_type,
       CASE WHEN c.reloptions IS NOT NULL THEN
       (SELECT string_agg(quote_ident(o.option_name) || '=' || quote_literal(o.option_value), E'\x01' ORDER BY o.option_name)
        FROM pg_options_to_table(c.reloptions) o) END AS options,
       CASE WHEN tc.reloptions IS NOT NULL THEN
       (SELECT string_agg('toast.' || quote_ident(o.option_name) || '=' || quote_literal(o.option_value), E'\x01' ORDER BY o.option_name)
        FROM pg_options_to_table(tc.reloptions) o) END AS toast_options,
       -- a partitioned table holds none, or what its partitions are to have
       CASE WHEN am.amname <> 'heap' OR c.relkind = 'p' THEN quote_ident(am.amname) END AS access_method,
       quote_ident(ts.spcname) AS tablespace,
       CASE WHEN c.relrowsecurity THEN 't' END AS row_security,
       CASE WHEN c.relforcerowsecurity THEN 't' END AS force_row_security,
       CASE c.relreplident WHEN 'f' THEN 'FULL' WHEN 'n' THEN 'NOTHING'
            WHEN 'i' THEN 'USING INDEX ' || quote_ident(x.identity) END AS replica_identity,
       quote_ident(x.clustered) AS clustered_on
FROM pg_class c
JOIN pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_am am ON am.oid = c.relam
LEFT JOIN pg_tablespace ts ON ts.oid = c.reltablespace
LEFT JOIN pg_class tc ON tc.oid = c.reltoastrelid AND tc.reloptions IS NOT NULL
LEFT JOIN (SELECT i.inhrelid, string_agg(quote_ident(pn.nspname) || '.' || quote_ident(p.relname), E'\x01' ORDER BY i.inhseqno) AS parents
           FROM pg_inherits i JOIN pg_class p ON p.oid = i.inhparent JOIN pg_namespace pn ON pn.oid = p.relnamespace
           GROUP BY i.inhrelid) h ON h.inhrelid = c.oid
LEFT JOIN (SELECT ix.indrelid, max(ic.relname::text) FILTER (WHERE ix.indisreplident) AS identity,
                  max(ic.relname::text) FILTER (WHERE ix.indisclustered) AS clustered
           FROM pg_index ix JOIN pg_class ic ON ic.oid = ix.indexrelid WHERE ix.indisreplident OR ix.indisclustered
           GROUP BY ix.indrelid) x ON x.indrelid = c.oid
LEFT JOIN pg_description d ON d.classoid = 'pg_class'::regclass AND d.objoid = c.oid AND d.objsubid = 0
WHERE c.relkind IN ('r', 'p') AND c.relpersistence <> 't'
      AND n.nspname !~ '^pg_' AND n.nspname NOT IN ('information_schema', 'postkit')
