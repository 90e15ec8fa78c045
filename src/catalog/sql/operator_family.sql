-- Operator families with what was added to them by ALTER OPERATOR FAMILY; the rest belongs to their classes.
SELECT 'pg_opfamily'::regclass::oid AS classid, f.oid, n.nspname AS schema, f.opfname || '.' || am.amname AS name,
       quote_ident(n.nspname) || '.' || quote_ident(f.opfname) || ' USING ' || quote_ident(am.amname) AS ident,
       quote_ident(pg_get_userbyid(f.opfowner)) AS owner, quote_literal(d.description) AS comment,
       (SELECT string_agg(m.text || E'\x02' || m.place, E'\x01' ORDER BY m.kind, m.number, m.place, m.text) FROM (
            SELECT 1 AS kind, a.amopstrategy AS number,
                   'OPERATOR ' || a.amopstrategy || ' ' || a.amopopr::regoperator
                   || coalesce(' FOR ORDER BY ' || quote_ident(sn.nspname) || '.' || quote_ident(sf.opfname), '') AS text,
                   'OPERATOR ' || a.amopstrategy || ' (' || format_type(a.amoplefttype, NULL) || ', '
                   || format_type(a.amoprighttype, NULL) || ')' AS place
            FROM pg_amop a
            LEFT JOIN pg_opfamily sf ON sf.oid = a.amopsortfamily LEFT JOIN pg_namespace sn ON sn.oid = sf.opfnamespace
            WHERE a.amopfamily = f.oid AND EXISTS (
                SELECT FROM pg_depend x WHERE x.classid = 'pg_amop'::regclass AND x.objid = a.oid
                AND x.refclassid = 'pg_opfamily'::regclass AND x.refobjid = f.oid)
            UNION ALL
            SELECT 2, a.amprocnum,
                   'FUNCTION ' || a.amprocnum || ' (' || format_type(a.amproclefttype, NULL) || ', '
                   || format_type(a.amprocrighttype, NULL) || ') ' || a.amproc::oid::regprocedure,
                   'FUNCTION ' || a.amprocnum || ' (' || format_type(a.amproclefttype, NULL) || ', '
                   || format_type(a.amprocrighttype, NULL) || ')'
            FROM pg_amproc a
            WHERE a.amprocfamily = f.oid AND EXISTS (
                SELECT FROM pg_depend x WHERE x.classid = 'pg_amproc'::regclass AND x.objid = a.oid
                AND x.refclassid = 'pg_opfamily'::regclass AND x.refobjid = f.oid)) m) AS members
FROM pg_opfamily f
JOIN pg_namespace n ON n.oid = f.opfnamespace
JOIN pg_am am ON am.oid = f.opfmethod
LEFT JOIN pg_description d ON d.classoid = 'pg_opfamily'::regclass AND d.objoid = f.oid AND d.objsubid = 0
WHERE n.nspname !~ '^pg_' AND n.nspname NOT IN ('information_schema', 'postkit')
