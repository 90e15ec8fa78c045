-- Operators, but for shells: those stand for a commutator or negator that nobody has made.
SELECT 'pg_operator'::regclass::oid AS classid, o.oid, n.nspname AS schema,
       o.oprname || '(' || coalesce(format_type(nullif(o.oprleft, 0), NULL) || ',', '') || format_type(o.oprright, NULL)
       || ')' AS name,
       quote_ident(n.nspname) || '.' || o.oprname || ' (' || coalesce(format_type(nullif(o.oprleft, 0), NULL), 'NONE')
       || ', ' || format_type(o.oprright, NULL) || ')' AS ident,
       quote_ident(pg_get_userbyid(o.oprowner)) AS owner, quote_literal(d.description) AS comment,
       quote_ident(n.nspname) || '.' || o.oprname AS operator,
       (SELECT quote_ident(fn.nspname) || '.' || quote_ident(f.proname) FROM pg_proc f
        JOIN pg_namespace fn ON fn.oid = f.pronamespace WHERE f.oid = o.oprcode) AS function,
       format_type(nullif(o.oprleft, 0), NULL) AS left_type, format_type(o.oprright, NULL) AS right_type,
       com.reference AS commutator, neg.reference AS negator,
       CASE WHEN o.oprcanmerge THEN 't' END AS merges, CASE WHEN o.oprcanhash THEN 't' END AS hashes,
       (SELECT quote_ident(fn.nspname) || '.' || quote_ident(f.proname) FROM pg_proc f
        JOIN pg_namespace fn ON fn.oid = f.pronamespace WHERE f.oid = o.oprrest) AS restriction,
       (SELECT quote_ident(fn.nspname) || '.' || quote_ident(f.proname) FROM pg_proc f
        JOIN pg_namespace fn ON fn.oid = f.pronamespace WHERE f.oid = o.oprjoin) AS joining
FROM pg_operator o
JOIN pg_namespace n ON n.oid = o.oprnamespace
-- how it is written, what it is, and whether it is a shell
LEFT JOIN LATERAL (
    SELECT quote_ident(xn.nspname) || '.' || x.oprname || E'\x02' || quote_ident(xn.nspname) || '.' || x.oprname || ' ('
           || coalesce(format_type(nullif(x.oprleft, 0), NULL), 'NONE') || ', ' || format_type(x.oprright, NULL) || ')'
           || E'\x02' || CASE WHEN x.oprcode = 0 THEN 's' ELSE '' END AS reference
    FROM pg_operator x JOIN pg_namespace xn ON xn.oid = x.oprnamespace WHERE x.oid = o.oprcom) com ON true
LEFT JOIN LATERAL (
    SELECT quote_ident(xn.nspname) || '.' || x.oprname || E'\x02' || quote_ident(xn.nspname) || '.' || x.oprname || ' ('
           || coalesce(format_type(nullif(x.oprleft, 0), NULL), 'NONE') || ', ' || format_type(x.oprright, NULL) || ')'
           || E'\x02' || CASE WHEN x.oprcode = 0 THEN 's' ELSE '' END AS reference
    FROM pg_operator x JOIN pg_namespace xn ON xn.oid = x.oprnamespace WHERE x.oid = o.oprnegate) neg ON true
LEFT JOIN pg_description d ON d.classoid = 'pg_operator'::regclass AND d.objoid = o.oid AND d.objsubid = 0
WHERE o.oprcode <> 0 AND n.nspname !~ '^pg_' AND n.nspname NOT IN ('information_schema', 'postkit')
