-- The options show where the role may see them, as pg_user_mappings has it; never passwords.
SELECT 'pg_user_mapping'::regclass::oid AS classid, u.umid AS oid, NULL AS schema,
       quote_ident(u.srvname) || '.' || quote_ident(u.usename) AS name,
       'FOR ' || CASE WHEN u.umuser = 0 THEN 'PUBLIC' ELSE quote_ident(u.usename) END || ' SERVER ' || quote_ident(u.srvname) AS ident,
       NULL AS owner, NULL AS comment,
       (SELECT string_agg(quote_ident(o.option_name) || E'\x02' || quote_literal(o.option_value), E'\x01' ORDER BY o.option_name)
        FROM pg_options_to_table(u.umoptions) o WHERE o.option_name = 'password_required'
            OR o.option_name !~* 'passw|passphrase|passcode|pwd|secret|token|credential|private|(api|access|auth|account)_?key') AS options,
       CASE WHEN (SELECT rolsuper FROM pg_roles WHERE rolname = current_user)
                 OR CASE WHEN u.umuser = 0 THEN pg_has_role(s.srvowner, 'USAGE')
                         ELSE u.usename = current_user
                              AND (pg_has_role(s.srvowner, 'USAGE') OR has_server_privilege(s.oid, 'USAGE')) END
            THEN 't' END AS seen
FROM pg_user_mappings u
JOIN pg_foreign_server s ON s.oid = u.srvid
