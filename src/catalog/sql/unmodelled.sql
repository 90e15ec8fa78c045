-- User objects of kinds that are not modelled: reported, never passed over in silence.
WITH member AS (SELECT classid, objid FROM pg_depend WHERE deptype = 'e')
SELECT what FROM (
    -- whose options the role may not see: as in user_mapping.sql
    SELECT 'pg_user_mapping'::regclass AS cls, u.umid AS oid, 'options that the role may not see, of the user mapping for ' || u.usename || ' on server ' || u.srvname AS what
    FROM pg_user_mappings u JOIN pg_foreign_server s ON s.oid = u.srvid
    WHERE NOT (SELECT rolsuper FROM pg_roles WHERE rolname = current_user)
          AND NOT CASE WHEN u.umuser = 0 THEN pg_has_role(s.srvowner, 'USAGE')
                       ELSE u.usename = current_user
                            AND (pg_has_role(s.srvowner, 'USAGE') OR has_server_privilege(s.oid, 'USAGE')) END
    UNION ALL SELECT 'pg_largeobject'::regclass, 0, 'large objects' WHERE EXISTS (SELECT FROM pg_largeobject_metadata)
    UNION ALL
    SELECT 'pg_database'::regclass, d.oid, what FROM pg_database d
    LEFT JOIN pg_db_role_setting s ON s.setdatabase = d.oid AND s.setrole = 0,
    LATERAL (VALUES (CASE WHEN s.setconfig IS NOT NULL THEN 'settings of the database: '
                          || (SELECT string_agg(split_part(c, '=', 1), ', ' ORDER BY c) FROM unnest(s.setconfig) c) END),
                    (CASE WHEN d.datacl IS NOT NULL THEN 'privileges of the database' END)) v (what)
    -- those of databases of ours are not the user's
    WHERE d.datname = current_database() AND what IS NOT NULL
          AND coalesce(shobj_description(d.oid, 'pg_database'), '') NOT LIKE 'git-postkit:1 %'
) x
WHERE NOT EXISTS (SELECT FROM member m WHERE m.classid = x.cls AND m.objid = x.oid)
ORDER BY 1
