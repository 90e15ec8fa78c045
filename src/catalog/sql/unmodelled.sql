-- User objects of kinds that are not modelled: reported, never passed over in silence.
WITH member AS (SELECT classid, objid FROM pg_depend WHERE deptype = 'e')
SELECT what FROM (
    SELECT 'pg_foreign_data_wrapper'::regclass AS cls, oid, 'foreign-data wrapper ' || fdwname AS what FROM pg_foreign_data_wrapper
    UNION ALL SELECT 'pg_foreign_server'::regclass, oid, 'server ' || srvname FROM pg_foreign_server
    UNION ALL SELECT 'pg_class'::regclass, oid, 'foreign table ' || oid::regclass FROM pg_class WHERE relkind = 'f'
    UNION ALL SELECT 'pg_publication'::regclass, oid, 'publication ' || pubname FROM pg_publication
    UNION ALL SELECT 'pg_event_trigger'::regclass, oid, 'event trigger ' || evtname FROM pg_event_trigger
) x
WHERE NOT EXISTS (SELECT FROM member m WHERE m.classid = x.cls AND m.objid = x.oid)
ORDER BY 1
