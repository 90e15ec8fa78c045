SELECT 'pg_language'::regclass::oid AS classid, l.oid, NULL AS schema, l.lanname AS name, quote_ident(l.lanname) AS ident,
       quote_ident(pg_get_userbyid(l.lanowner)) AS owner, quote_literal(d.description) AS comment,
       array_to_string(l.lanacl, E'\n') AS acl,
       CASE WHEN l.lanacl IS NOT NULL THEN array_to_string(acldefault('l', l.lanowner), E'\n') END AS acl_default,
       CASE WHEN l.lanpltrusted THEN 'TRUSTED ' ELSE '' END AS trusted,
       concat_ws(' ', 'HANDLER ' || (SELECT quote_ident(fn.nspname) || '.' || quote_ident(f.proname) FROM pg_proc f
                                     JOIN pg_namespace fn ON fn.oid = f.pronamespace WHERE f.oid = l.lanplcallfoid),
                 'INLINE ' || (SELECT quote_ident(fn.nspname) || '.' || quote_ident(f.proname) FROM pg_proc f
                               JOIN pg_namespace fn ON fn.oid = f.pronamespace WHERE f.oid = l.laninline),
                 'VALIDATOR ' || (SELECT quote_ident(fn.nspname) || '.' || quote_ident(f.proname) FROM pg_proc f
                                  JOIN pg_namespace fn ON fn.oid = f.pronamespace WHERE f.oid = l.lanvalidator)) AS definition
FROM pg_language l
LEFT JOIN pg_description d ON d.classoid = 'pg_language'::regclass AND d.objoid = l.oid AND d.objsubid = 0
WHERE l.lanispl AND l.oid >= 16384
