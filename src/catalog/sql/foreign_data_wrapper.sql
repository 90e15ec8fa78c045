-- Options that look like secrets are not even read, here and wherever options of foreign data are.
-- Who owns one must be a superuser: that is of the server, not of the schema.
-- The handler is known by what the wrapper depends on: a clone has it taken away, so that it never connects anywhere.
SELECT 'pg_foreign_data_wrapper'::regclass::oid AS classid, w.oid, NULL AS schema, w.fdwname AS name,
       quote_ident(w.fdwname) AS ident, NULL AS owner, quote_literal(d.description) AS comment,
       array_to_string(w.fdwacl, E'\n') AS acl,
       CASE WHEN w.fdwacl IS NOT NULL THEN array_to_string(acldefault('F', w.fdwowner), E'\n') END AS acl_default,
       (SELECT quote_ident(n.nspname) || '.' || quote_ident(p.proname) FROM pg_depend dp JOIN pg_proc p ON p.oid = dp.refobjid
        JOIN pg_namespace n ON n.oid = p.pronamespace
        WHERE dp.classid = 'pg_foreign_data_wrapper'::regclass AND dp.objid = w.oid AND dp.refclassid = 'pg_proc'::regclass
              AND p.prorettype = 'fdw_handler'::regtype) AS handler,
       (SELECT quote_ident(n.nspname) || '.' || quote_ident(p.proname) FROM pg_proc p
        JOIN pg_namespace n ON n.oid = p.pronamespace WHERE p.oid = w.fdwvalidator) AS validator,
       (SELECT string_agg(quote_ident(o.option_name) || E'\x02' || quote_literal(o.option_value), E'\x01' ORDER BY o.option_name)
        FROM pg_options_to_table(w.fdwoptions) o WHERE o.option_name = 'password_required'
            OR o.option_name !~* 'passw|passphrase|passcode|pwd|secret|token|credential|private|(api|access|auth|account)_?key') AS options
FROM pg_foreign_data_wrapper w
LEFT JOIN pg_description d ON d.classoid = 'pg_foreign_data_wrapper'::regclass AND d.objoid = w.oid AND d.objsubid = 0
