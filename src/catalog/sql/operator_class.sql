SELECT 'pg_opclass'::regclass::oid AS classid, c.oid, n.nspname AS schema, c.opcname || '.' || am.amname AS name,
       quote_ident(n.nspname) || '.' || quote_ident(c.opcname) || ' USING ' || quote_ident(am.amname) AS ident,
       quote_ident(pg_get_userbyid(c.opcowner)) AS owner, quote_literal(d.description) AS comment,
       quote_ident(n.nspname) || '.' || quote_ident(c.opcname) AS quoted,
       CASE WHEN c.opcdefault THEN 'DEFAULT ' ELSE '' END || 'FOR TYPE ' || format_type(c.opcintype, NULL)
       || ' USING ' || quote_ident(am.amname)
       || ' FAMILY ' || quote_ident(fn.nspname) || '.' || quote_ident(f.opfname) AS head,
       -- a class of nothing cannot be said; that its own type is stored changes nothing
       concat_ws(E'\x01', CASE WHEN c.opckeytype <> 0 THEN 'STORAGE ' || format_type(c.opckeytype, NULL) END,
           (SELECT string_agg(m.text, E'\x01' ORDER BY m.kind, m.number, m.text) FROM (
                SELECT 1 AS kind, a.amopstrategy AS number,
                       'OPERATOR ' || a.amopstrategy || ' ' || a.amopopr::regoperator
                       || coalesce(' FOR ORDER BY ' || quote_ident(sn.nspname) || '.' || quote_ident(sf.opfname), '') AS text
                FROM pg_amop a
                LEFT JOIN pg_opfamily sf ON sf.oid = a.amopsortfamily LEFT JOIN pg_namespace sn ON sn.oid = sf.opfnamespace
                WHERE a.amopfamily = c.opcfamily AND EXISTS (
                    SELECT FROM pg_depend x WHERE x.classid = 'pg_amop'::regclass AND x.objid = a.oid
                    AND x.refclassid = 'pg_opclass'::regclass AND x.refobjid = c.oid)
                UNION ALL
                SELECT 2, a.amprocnum,
                       'FUNCTION ' || a.amprocnum || ' (' || format_type(a.amproclefttype, NULL) || ', '
                       || format_type(a.amprocrighttype, NULL) || ') ' || a.amproc::oid::regprocedure
                FROM pg_amproc a
                WHERE a.amprocfamily = c.opcfamily AND EXISTS (
                    SELECT FROM pg_depend x WHERE x.classid = 'pg_amproc'::regclass AND x.objid = a.oid
                    AND x.refclassid = 'pg_opclass'::regclass AND x.refobjid = c.oid)) m)) AS members,
       format_type(c.opcintype, NULL) AS type
FROM pg_opclass c
JOIN pg_namespace n ON n.oid = c.opcnamespace
JOIN pg_am am ON am.oid = c.opcmethod
JOIN pg_opfamily f ON f.oid = c.opcfamily
JOIN pg_namespace fn ON fn.oid = f.opfnamespace
LEFT JOIN pg_description d ON d.classoid = 'pg_opclass'::regclass AND d.objoid = c.oid AND d.objsubid = 0
WHERE n.nspname !~ '^pg_' AND n.nspname NOT IN ('information_schema', 'postkit')
