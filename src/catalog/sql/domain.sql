SELECT 'pg_type'::regclass::oid AS classid, t.oid, n.nspname AS schema, t.typname AS name,
       quote_ident(n.nspname) || '.' || quote_ident(t.typname) AS ident,
       quote_ident(pg_get_userbyid(t.typowner)) AS owner, quote_literal(d.description) AS comment,
       array_to_string(t.typacl, E'\n') AS acl,
       CASE WHEN t.typacl IS NOT NULL THEN array_to_string(acldefault('T', t.typowner), E'\n') END AS acl_default,
       format_type(t.typbasetype, t.typtypmod)
       || CASE WHEN t.typcollation <> b.typcollation
               THEN ' COLLATE ' || quote_ident(cn.nspname) || '.' || quote_ident(co.collname) ELSE '' END AS type,
       -- that of a base type it takes over as a literal
       coalesce(pg_get_expr(t.typdefaultbin, 0), quote_literal(t.typdefault) || '::' || format_type(t.typbasetype, t.typtypmod))
       AS default_value,
       CASE WHEN t.typnotnull THEN 'NOT NULL' END AS not_null,
       -- from 17 on a constraint with a name, and a comment
       (SELECT quote_ident(k.conname) || E'\x02' || CASE WHEN k.conname = t.typname || '_not_null' THEN 't' ELSE '' END -- pg>=17
               || E'\x02' || coalesce((SELECT quote_literal(description) FROM pg_description -- pg>=17
                                       WHERE classoid = 'pg_constraint'::regclass AND objoid = k.oid), '') -- pg>=17
        FROM pg_constraint k WHERE k.contypid = t.oid AND k.contype = 'n') AS not_null_constraint, -- pg>=17
       (SELECT string_agg(quote_ident(k.conname) || E'\x02' || pg_get_constraintdef(k.oid) || E'\x02'
                          || coalesce((SELECT quote_literal(description) FROM pg_description
                                       WHERE classoid = 'pg_constraint'::regclass AND objoid = k.oid), ''),
                          E'\x01' ORDER BY k.conname)
        FROM pg_constraint k WHERE k.contypid = t.oid AND k.contype = 'c') AS constraints
FROM pg_type t
JOIN pg_namespace n ON n.oid = t.typnamespace
JOIN pg_type b ON b.oid = t.typbasetype
LEFT JOIN pg_collation co ON co.oid = t.typcollation
LEFT JOIN pg_namespace cn ON cn.oid = co.collnamespace
LEFT JOIN pg_description d ON d.classoid = 'pg_type'::regclass AND d.objoid = t.oid AND d.objsubid = 0
WHERE t.typtype = 'd' AND n.nspname !~ '^pg_' AND n.nspname NOT IN ('information_schema', 'postkit')
