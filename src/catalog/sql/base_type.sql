-- Base types, and shells that never became more. Their array types go with them.
SELECT 'pg_type'::regclass::oid AS classid, t.oid, n.nspname AS schema, t.typname AS name,
       quote_ident(n.nspname) || '.' || quote_ident(t.typname) AS ident,
       quote_ident(pg_get_userbyid(t.typowner)) AS owner, quote_literal(d.description) AS comment,
       array_to_string(t.typacl, E'\n') AS acl,
       CASE WHEN t.typacl IS NOT NULL THEN array_to_string(acldefault('T', t.typowner), E'\n') END AS acl_default,
       CASE WHEN t.typisdefined THEN concat_ws(E',\n    ',
           'INPUT = ' || f.input, 'OUTPUT = ' || f.output,
           CASE WHEN t.typlen = -1 THEN 'INTERNALLENGTH = variable' ELSE 'INTERNALLENGTH = ' || t.typlen END,
           CASE WHEN t.typbyval THEN 'PASSEDBYVALUE' END,
           'ALIGNMENT = ' || CASE t.typalign WHEN 'c' THEN 'char' WHEN 's' THEN 'int2' WHEN 'd' THEN 'double' ELSE 'int4' END,
           CASE WHEN t.typcategory <> 'U' THEN 'CATEGORY = ' || quote_literal(t.typcategory::text) END,
           CASE WHEN t.typispreferred THEN 'PREFERRED = true' END,
           'DEFAULT = ' || quote_literal(t.typdefault),
           CASE WHEN t.typelem <> 0 THEN 'ELEMENT = ' || format_type(t.typelem, NULL) END,
           CASE WHEN t.typdelim <> ',' THEN 'DELIMITER = ' || quote_literal(t.typdelim::text) END,
           CASE WHEN t.typcollation <> 0 THEN 'COLLATABLE = true' END) END AS fixed,
       'RECEIVE = ' || f.receive AS receive, 'SEND = ' || f.send AS send,
       'TYPMOD_IN = ' || f.typmod_in AS typmod_in, 'TYPMOD_OUT = ' || f.typmod_out AS typmod_out,
       'ANALYZE = ' || f.analyze AS analyze, 'SUBSCRIPT = ' || f.subscript AS subscript,
       CASE WHEN t.typisdefined THEN 'STORAGE = ' || CASE t.typstorage WHEN 'p' THEN 'plain' WHEN 'e' THEN 'external'
            WHEN 'm' THEN 'main' ELSE 'extended' END END AS storage
FROM pg_type t
JOIN pg_namespace n ON n.oid = t.typnamespace
LEFT JOIN LATERAL (
    SELECT max(p.name) FILTER (WHERE p.oid = t.typinput) AS input, max(p.name) FILTER (WHERE p.oid = t.typoutput) AS output,
           max(p.name) FILTER (WHERE p.oid = t.typreceive) AS receive, max(p.name) FILTER (WHERE p.oid = t.typsend) AS send,
           max(p.name) FILTER (WHERE p.oid = t.typmodin) AS typmod_in,
           max(p.name) FILTER (WHERE p.oid = t.typmodout) AS typmod_out,
           max(p.name) FILTER (WHERE p.oid = t.typanalyze) AS analyze,
           max(p.name) FILTER (WHERE p.oid = t.typsubscript) AS subscript
    FROM (SELECT f.oid, quote_ident(fn.nspname) || '.' || quote_ident(f.proname) AS name
          FROM pg_proc f JOIN pg_namespace fn ON fn.oid = f.pronamespace
          WHERE f.oid IN (t.typinput, t.typoutput, t.typreceive, t.typsend, t.typmodin, t.typmodout, t.typanalyze,
                          t.typsubscript)) p) f ON true
LEFT JOIN pg_description d ON d.classoid = 'pg_type'::regclass AND d.objoid = t.oid AND d.objsubid = 0
WHERE (t.typtype = 'b' OR NOT t.typisdefined) AND NOT EXISTS (SELECT FROM pg_type e WHERE e.typarray = t.oid)
      AND n.nspname !~ '^pg_' AND n.nspname NOT IN ('information_schema', 'postkit')
