SELECT 'pg_class'::regclass::oid AS classid, c.oid, n.nspname AS schema, c.relname AS name,
       quote_ident(n.nspname) || '.' || quote_ident(c.relname) AS ident,
       quote_ident(pg_get_userbyid(c.relowner)) AS owner, quote_literal(d.description) AS comment,
       array_to_string(c.relacl, E'\n') AS acl,
       CASE WHEN c.relacl IS NOT NULL THEN array_to_string(acldefault('r', c.relowner), E'\n') END AS acl_default,
       CASE WHEN c.relispartition THEN 't' END AS is_partition,
       CASE WHEN NOT c.relispartition THEN
            (SELECT string_agg(quote_ident(pn.nspname) || '.' || quote_ident(p.relname), E'\x01' ORDER BY i.inhseqno)
             FROM pg_inherits i JOIN pg_class p ON p.oid = i.inhparent JOIN pg_namespace pn ON pn.oid = p.relnamespace
             WHERE i.inhrelid = c.oid) END AS inherits,
       quote_ident(s.srvname) AS server,
       (SELECT string_agg(quote_ident(o.option_name) || E'\x02' || quote_literal(o.option_value), E'\x01' ORDER BY o.option_name)
        FROM pg_options_to_table(f.ftoptions) o WHERE o.option_name = 'password_required'
            OR o.option_name !~* 'passw|passphrase|passcode|pwd|secret|token|credential|private|(api|access|auth|account)_?key') AS options
FROM pg_foreign_table f
JOIN pg_class c ON c.oid = f.ftrelid
JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN pg_foreign_server s ON s.oid = f.ftserver
LEFT JOIN pg_description d ON d.classoid = 'pg_class'::regclass AND d.objoid = c.oid AND d.objsubid = 0
WHERE n.nspname !~ '^pg_' AND n.nspname NOT IN ('information_schema', 'postkit')
