-- User objects of kinds that are not modelled: reported, never passed over in silence.
WITH member AS (SELECT classid, objid FROM pg_depend WHERE deptype = 'e')
SELECT what FROM (
    SELECT 'pg_publication'::regclass AS cls, oid, 'publication ' || pubname AS what FROM pg_publication
    UNION ALL SELECT 'pg_event_trigger'::regclass, oid, 'event trigger ' || evtname FROM pg_event_trigger
    UNION ALL -- whose options the role may not see: as in user_mapping.sql
    SELECT 'pg_user_mapping'::regclass, u.umid, 'user mapping for ' || u.usename || ' on server ' || u.srvname
    FROM pg_user_mappings u JOIN pg_foreign_server s ON s.oid = u.srvid
    WHERE NOT CASE WHEN (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) THEN true
                   WHEN u.umuser = 0 THEN pg_has_role(s.srvowner, 'USAGE')
                   ELSE u.usename = current_user
                        AND (pg_has_role(s.srvowner, 'USAGE') OR has_server_privilege(s.oid, 'USAGE')) END
) x
WHERE NOT EXISTS (SELECT FROM member m WHERE m.classid = x.cls AND m.objid = x.oid)
ORDER BY 1
