SELECT 'pg_class'::regclass::oid AS classid, c.oid, n.nspname AS schema, c.relname AS name,
       quote_ident(n.nspname) || '.' || quote_ident(c.relname) AS ident,
       quote_ident(pg_get_userbyid(c.relowner)) AS owner, quote_literal(d.description) AS comment,
       array_to_string(c.relacl, E'\n') AS acl,
       CASE WHEN c.relacl IS NOT NULL THEN array_to_string(acldefault('r', c.relowner), E'\n') END AS acl_default,
       rtrim(pg_get_viewdef(c.oid), ';') AS definition,
       (SELECT string_agg(quote_ident(o.option_name) || '=' || quote_literal(o.option_value), E'\x01' ORDER BY o.option_name)
        FROM pg_options_to_table(c.reloptions) o) AS options,
       CASE WHEN am.amname <> 'heap' THEN quote_ident(am.amname) END AS access_method,
       quote_ident(ts.spcname) AS tablespace,
       (SELECT quote_ident(ic.relname) FROM pg_index ix JOIN pg_class ic ON ic.oid = ix.indexrelid
        WHERE ix.indrelid = c.oid AND ix.indisclustered) AS clustered_on,
       CASE WHEN NOT c.relispopulated THEN 't' END AS empty
FROM pg_class c
JOIN pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_am am ON am.oid = c.relam
LEFT JOIN pg_tablespace ts ON ts.oid = c.reltablespace
LEFT JOIN pg_description d ON d.classoid = 'pg_class'::regclass AND d.objoid = c.oid AND d.objsubid = 0
WHERE c.relkind = 'm' AND n.nspname !~ '^pg_' AND n.nspname NOT IN ('information_schema', 'postkit')
