-- Names of what a schema file can make and make again, by itself; and how many there are that an unqualified use could mean.
WITH member AS (
    SELECT d.classid, d.objid FROM pg_depend d WHERE d.deptype = 'e'
), own AS (
    SELECT 'relation' AS space, c.relname AS name FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.oid >= 16384 AND n.nspname !~ '^pg_' AND n.nspname NOT IN ('information_schema', 'postkit')
          AND NOT EXISTS (SELECT FROM member m WHERE m.classid = 'pg_class'::regclass AND m.objid = c.oid)
    UNION ALL
    SELECT 'type', t.typname FROM pg_type t
    WHERE t.oid >= 16384 AND t.typtype IN ('e', 'd', 'r', 'b') AND NOT EXISTS (SELECT FROM pg_type e WHERE e.typarray = t.oid)
          AND NOT EXISTS (SELECT FROM member m WHERE m.classid = 'pg_type'::regclass AND m.objid = t.oid)
    UNION ALL
    SELECT 'routine', p.proname FROM pg_proc p
    WHERE p.oid >= 16384 AND NOT EXISTS (SELECT FROM member m WHERE m.classid = 'pg_proc'::regclass AND m.objid = p.oid)
)
SELECT o.name, CASE WHEN count(*) > 1 OR EXISTS (
           SELECT FROM pg_proc p WHERE min(o.space) = 'routine' AND p.proname = o.name OFFSET 1) OR EXISTS (
           SELECT FROM pg_type t WHERE min(o.space) <> 'routine' AND t.typname = o.name OFFSET 1) THEN 't' END AS doubtful
FROM own o GROUP BY o.name
