SELECT 'pg_type'::regclass::oid AS classid, t.oid, n.nspname AS schema, t.typname AS name,
       quote_ident(n.nspname) || '.' || quote_ident(t.typname) AS ident,
       quote_ident(pg_get_userbyid(t.typowner)) AS owner, quote_literal(d.description) AS comment,
       array_to_string(t.typacl, E'\n') AS acl,
       CASE WHEN t.typacl IS NOT NULL THEN array_to_string(acldefault('T', t.typowner), E'\n') END AS acl_default,
       concat_ws(', ', 'subtype = ' || format_type(r.rngsubtype, NULL),
                 CASE WHEN NOT o.opcdefault
                      THEN 'subtype_opclass = ' || quote_ident(opn.nspname) || '.' || quote_ident(o.opcname) END,
                 CASE WHEN r.rngcollation <> st.typcollation
                      THEN 'collation = ' || quote_ident(cn.nspname) || '.' || quote_ident(co.collname) END,
                 CASE WHEN r.rngcanonical::oid <> 0
                      THEN 'canonical = ' || quote_ident(fcn.nspname) || '.' || quote_ident(fc.proname) END,
                 CASE WHEN r.rngsubdiff::oid <> 0
                      THEN 'subtype_diff = ' || quote_ident(fdn.nspname) || '.' || quote_ident(fd.proname) END,
                 'multirange_type_name = ' || quote_ident(mn.nspname) || '.' || quote_ident(m.typname)) AS definition,
       -- those with a name that any other would stand in the way of; a multirange has two more
       (SELECT string_agg(p.oid::regprocedure || E'\x02' || CASE d.refobjid WHEN r.rngmultitypid THEN 't' ELSE '' END, E'\x01'
                          ORDER BY p.pronargs DESC, p.oid::regprocedure::text)
        FROM pg_depend d JOIN pg_proc p ON p.oid = d.objid
        WHERE d.classid = 'pg_proc'::regclass AND d.refclassid = 'pg_type'::regclass AND d.deptype = 'i'
              AND (d.refobjid = r.rngtypid OR d.refobjid = r.rngmultitypid AND p.pronargs = 0)) AS constructors,
       quote_ident(mn.nspname) || '.' || quote_ident(m.typname) AS multirange,
       CASE WHEN r.rngcanonical::oid <> 0 THEN 't' END AS canonical
FROM pg_range r
JOIN pg_type t ON t.oid = r.rngtypid
JOIN pg_namespace n ON n.oid = t.typnamespace
JOIN pg_type st ON st.oid = r.rngsubtype
JOIN pg_type m ON m.oid = r.rngmultitypid
JOIN pg_namespace mn ON mn.oid = m.typnamespace
JOIN pg_opclass o ON o.oid = r.rngsubopc
JOIN pg_namespace opn ON opn.oid = o.opcnamespace
LEFT JOIN pg_collation co ON co.oid = r.rngcollation
LEFT JOIN pg_namespace cn ON cn.oid = co.collnamespace
LEFT JOIN pg_proc fc ON fc.oid = r.rngcanonical
LEFT JOIN pg_namespace fcn ON fcn.oid = fc.pronamespace
LEFT JOIN pg_proc fd ON fd.oid = r.rngsubdiff
LEFT JOIN pg_namespace fdn ON fdn.oid = fd.pronamespace
LEFT JOIN pg_description d ON d.classoid = 'pg_type'::regclass AND d.objoid = t.oid AND d.objsubid = 0
WHERE n.nspname !~ '^pg_' AND n.nspname NOT IN ('information_schema', 'postkit')
