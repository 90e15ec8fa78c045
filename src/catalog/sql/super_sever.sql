-- What connects to elsewhere or reads the server's files, and what runs as superuser though a role can change it:
-- event triggers do that where a role makes a trusted extension. As those of a replica they fire for nobody; what they
-- are is kept where comments on a part of them would be, which have none, and is the picture's (event_trigger.sql).
UPDATE pg_catalog.pg_foreign_data_wrapper SET fdwhandler = 0 WHERE fdwhandler <> 0;
UPDATE pg_catalog.pg_proc p SET proacl = a.own
FROM (SELECT oid, ARRAY[pg_catalog.makeaclitem(proowner, proowner, 'EXECUTE', false)] AS own FROM pg_catalog.pg_proc) a
WHERE a.oid = p.oid AND p.probin ~ '(^|/)dblink(\.[a-z]+)?$' AND p.proacl IS DISTINCT FROM a.own;
INSERT INTO pg_catalog.pg_description (classoid, objoid, objsubid, description)
SELECT 'pg_catalog.pg_event_trigger'::pg_catalog.regclass, e.oid, 1, e.evtenabled
FROM pg_catalog.pg_event_trigger e JOIN pg_catalog.pg_proc p ON p.oid = e.evtfoid
JOIN pg_catalog.pg_roles r ON r.oid = p.proowner
WHERE e.evtenabled IN ('O', 'A') AND NOT r.rolsuper;
UPDATE pg_catalog.pg_event_trigger e SET evtenabled = 'R' FROM pg_catalog.pg_description d
WHERE d.classoid = 'pg_catalog.pg_event_trigger'::pg_catalog.regclass AND d.objoid = e.oid AND d.objsubid = 1
