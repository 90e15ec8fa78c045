-- User objects of kinds that are not modelled: reported, never passed over in silence.
WITH member AS (SELECT classid, objid FROM pg_depend WHERE deptype = 'e')
SELECT what FROM (
    SELECT 'pg_cast'::regclass AS cls, oid, 'cast ' || format_type(castsource, NULL) || ' as ' || format_type(casttarget, NULL) AS what
    FROM pg_cast WHERE oid >= 16384
    UNION ALL SELECT 'pg_operator'::regclass, oid, 'operator ' || oid::regoperator FROM pg_operator WHERE oid >= 16384
    UNION ALL SELECT 'pg_opclass'::regclass, oid, 'operator class ' || opcname FROM pg_opclass WHERE oid >= 16384
    UNION ALL SELECT 'pg_opfamily'::regclass, oid, 'operator family ' || opfname FROM pg_opfamily WHERE oid >= 16384
    UNION ALL SELECT 'pg_conversion'::regclass, oid, 'conversion ' || conname FROM pg_conversion WHERE oid >= 16384
    UNION ALL SELECT 'pg_language'::regclass, oid, 'language ' || lanname FROM pg_language WHERE oid >= 16384
    UNION ALL SELECT 'pg_transform'::regclass, oid, 'transform for ' || format_type(trftype, NULL) FROM pg_transform WHERE oid >= 16384
    UNION ALL SELECT 'pg_am'::regclass, oid, 'access method ' || amname FROM pg_am WHERE oid >= 16384
    UNION ALL SELECT 'pg_foreign_data_wrapper'::regclass, oid, 'foreign-data wrapper ' || fdwname FROM pg_foreign_data_wrapper
    UNION ALL SELECT 'pg_foreign_server'::regclass, oid, 'server ' || srvname FROM pg_foreign_server
    UNION ALL SELECT 'pg_class'::regclass, oid, 'foreign table ' || oid::regclass FROM pg_class WHERE relkind = 'f'
    UNION ALL SELECT 'pg_publication'::regclass, oid, 'publication ' || pubname FROM pg_publication
    UNION ALL SELECT 'pg_event_trigger'::regclass, oid, 'event trigger ' || evtname FROM pg_event_trigger
    UNION ALL SELECT 'pg_type'::regclass, t.oid, 'base type ' || format_type(t.oid, NULL) FROM pg_type t
              WHERE t.typtype IN ('b', 'p') AND t.oid >= 16384 AND t.typcategory <> 'A' 
) x
WHERE NOT EXISTS (SELECT FROM member m WHERE m.classid = x.cls AND m.objid = x.oid)
ORDER BY 1
