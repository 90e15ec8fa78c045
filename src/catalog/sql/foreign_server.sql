SELECT 'pg_foreign_server'::regclass::oid AS classid, s.oid, NULL AS schema, s.srvname AS name,
       quote_ident(s.srvname) AS ident, quote_ident(pg_get_userbyid(s.srvowner)) AS owner,
       quote_literal(d.description) AS comment, array_to_string(s.srvacl, E'\n') AS acl,
       CASE WHEN s.srvacl IS NOT NULL THEN array_to_string(acldefault('S', s.srvowner), E'\n') END AS acl_default,
       quote_literal(s.srvtype) AS type, quote_literal(s.srvversion) AS version, quote_ident(w.fdwname) AS wrapper,
       (SELECT string_agg(quote_ident(o.option_name) || E'\x02' || quote_literal(o.option_value), E'\x01' ORDER BY o.option_name)
        FROM pg_options_to_table(s.srvoptions) o WHERE o.option_name = 'password_required'
            OR o.option_name !~* 'passw|passphrase|passcode|pwd|secret|token|credential|private|(api|access|auth|account)_?key') AS options
FROM pg_foreign_server s
JOIN pg_foreign_data_wrapper w ON w.oid = s.srvfdw
LEFT JOIN pg_description d ON d.classoid = 'pg_foreign_server'::regclass AND d.objoid = s.oid AND d.objsubid = 0
