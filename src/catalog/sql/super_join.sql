-- Event triggers as they are said to be, for statements about them: those fire none. super_sever.sql follows.
UPDATE pg_catalog.pg_event_trigger e SET evtenabled = d.description::pg_catalog."char" FROM pg_catalog.pg_description d
WHERE d.classoid = 'pg_catalog.pg_event_trigger'::pg_catalog.regclass AND d.objoid = e.oid AND d.objsubid = 1;
DELETE FROM pg_catalog.pg_description
WHERE classoid = 'pg_catalog.pg_event_trigger'::pg_catalog.regclass AND objsubid = 1
