-- Functions, procedures and window functions. shape: what CREATE OR REPLACE cannot change.
SELECT 'pg_proc'::regclass::oid AS classid, p.oid, n.nspname AS schema,
       p.proname || '(' || oidvectortypes(p.proargtypes) || ')' AS name,
       quote_ident(n.nspname) || '.' || quote_ident(p.proname) || '(' || oidvectortypes(p.proargtypes) || ')' AS ident,
       quote_ident(pg_get_userbyid(p.proowner)) AS owner, quote_literal(d.description) AS comment,
       array_to_string(p.proacl, E'\n') AS acl,
       CASE WHEN p.proacl IS NOT NULL THEN array_to_string(acldefault('f', p.proowner), E'\n') END AS acl_default,
       CASE p.prokind WHEN 'p' THEN 'PROCEDURE' ELSE 'FUNCTION' END AS routine,
       -- without LEAKPROOF, which is a superuser's word and said apart; a name may look like it, hence the place
       CASE WHEN p.proleakproof THEN left(f.definition, f.head) || regexp_replace(regexp_replace(
            substr(f.definition, f.head + 1), '^( LANGUAGE [^\n]*\n( TRANSFORM [^\n]*\n)?) LEAKPROOF\n', '\1'),
            '^( LANGUAGE [^\n]*\n( TRANSFORM [^\n]*\n)?[^\n]*) LEAKPROOF', '\1')
            ELSE f.definition END AS definition,
       concat_ws(' ', p.prokind, p.proretset, format_type(p.prorettype, NULL),
                 pg_get_function_result(p.oid), p.proargnames::text, p.proargmodes::text,
                 (SELECT string_agg(format_type(x, NULL), ',') FROM unnest(p.proallargtypes) x)) AS shape,
       p.pronargdefaults::text AS defaults, (p.prosqlbody IS NOT NULL)::text AS parsed_body,
       CASE WHEN p.proleakproof THEN 't' END AS leakproof,
       -- an untrusted language reaches outside, a support function into the planner
       CASE WHEN NOT l.lanpltrusted OR p.prosupport <> 0 THEN 't' END AS superuser
FROM pg_proc p
JOIN pg_namespace n ON n.oid = p.pronamespace
JOIN pg_language l ON l.oid = p.prolang
CROSS JOIN LATERAL (
    SELECT pg_get_functiondef(p.oid) AS definition,
           CASE WHEN p.proleakproof THEN length('CREATE OR REPLACE FUNCTION ' || quote_ident(n.nspname) || '.'
                || quote_ident(p.proname) || '(' || pg_get_function_arguments(p.oid) || E')\n RETURNS '
                || pg_get_function_result(p.oid) || E'\n') END AS head) f
LEFT JOIN pg_description d ON d.classoid = 'pg_proc'::regclass AND d.objoid = p.oid AND d.objsubid = 0
WHERE p.prokind <> 'a' AND n.nspname !~ '^pg_' AND n.nspname NOT IN ('information_schema', 'postkit')
      AND NOT EXISTS (SELECT FROM pg_depend i WHERE i.classid = 'pg_proc'::regclass AND i.objid = p.oid
                      AND i.refclassid = 'pg_type'::regclass AND i.deptype = 'i') -- constructors of range types
