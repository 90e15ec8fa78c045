SELECT 'pg_proc'::regclass::oid AS classid, p.oid, n.nspname AS schema,
       p.proname || '(' || oidvectortypes(p.proargtypes) || ')' AS name,
       -- an ordered-set aggregate names its arguments as it was made; all others by type
       quote_ident(n.nspname) || '.' || quote_ident(p.proname) || '('
       || CASE WHEN a.aggkind <> 'n' THEN pg_get_function_identity_arguments(p.oid)
               WHEN p.pronargs = 0 THEN '*' ELSE oidvectortypes(p.proargtypes) END || ')' AS ident,
       quote_ident(pg_get_userbyid(p.proowner)) AS owner, quote_literal(d.description) AS comment,
       array_to_string(p.proacl, E'\n') AS acl,
       CASE WHEN p.proacl IS NOT NULL THEN array_to_string(acldefault('f', p.proowner), E'\n') END AS acl_default,
       quote_ident(n.nspname) || '.' || quote_ident(p.proname) || '(' || oidvectortypes(p.proargtypes) || ')' AS signature,
       CASE WHEN p.pronargs = 0 AND a.aggkind = 'n' THEN '*' ELSE pg_get_function_arguments(p.oid) END AS arguments,
       concat_ws(E',\n    ',
                 'SFUNC = ' || (SELECT quote_ident(fn.nspname) || '.' || quote_ident(f.proname) FROM pg_proc f
                                JOIN pg_namespace fn ON fn.oid = f.pronamespace WHERE f.oid = a.aggtransfn),
                 'STYPE = ' || format_type(a.aggtranstype, NULL),
                 CASE WHEN a.aggtransspace <> 0 THEN 'SSPACE = ' || a.aggtransspace END,
                 'FINALFUNC = ' || (SELECT quote_ident(fn.nspname) || '.' || quote_ident(f.proname) FROM pg_proc f
                                    JOIN pg_namespace fn ON fn.oid = f.pronamespace WHERE f.oid = a.aggfinalfn),
                 CASE WHEN a.aggfinalextra THEN 'FINALFUNC_EXTRA' END,
                 CASE WHEN a.aggfinalfn::oid <> 0 AND a.aggfinalmodify <> CASE WHEN a.aggkind = 'n' THEN 'r' ELSE 'w' END::"char"
                      THEN 'FINALFUNC_MODIFY = ' || CASE a.aggfinalmodify WHEN 'r' THEN 'READ_ONLY'
                           WHEN 's' THEN 'SHAREABLE' ELSE 'READ_WRITE' END END,
                 'COMBINEFUNC = ' || (SELECT quote_ident(fn.nspname) || '.' || quote_ident(f.proname) FROM pg_proc f
                                      JOIN pg_namespace fn ON fn.oid = f.pronamespace WHERE f.oid = a.aggcombinefn),
                 'SERIALFUNC = ' || (SELECT quote_ident(fn.nspname) || '.' || quote_ident(f.proname) FROM pg_proc f
                                     JOIN pg_namespace fn ON fn.oid = f.pronamespace WHERE f.oid = a.aggserialfn),
                 'DESERIALFUNC = ' || (SELECT quote_ident(fn.nspname) || '.' || quote_ident(f.proname) FROM pg_proc f
                                       JOIN pg_namespace fn ON fn.oid = f.pronamespace WHERE f.oid = a.aggdeserialfn),
                 'INITCOND = ' || quote_literal(a.agginitval),
                 'MSFUNC = ' || (SELECT quote_ident(fn.nspname) || '.' || quote_ident(f.proname) FROM pg_proc f
                                 JOIN pg_namespace fn ON fn.oid = f.pronamespace WHERE f.oid = a.aggmtransfn),
                 'MINVFUNC = ' || (SELECT quote_ident(fn.nspname) || '.' || quote_ident(f.proname) FROM pg_proc f
                                   JOIN pg_namespace fn ON fn.oid = f.pronamespace WHERE f.oid = a.aggminvtransfn),
                 CASE WHEN a.aggmtranstype <> 0 THEN 'MSTYPE = ' || format_type(a.aggmtranstype, NULL) END,
                 CASE WHEN a.aggmtransspace <> 0 THEN 'MSSPACE = ' || a.aggmtransspace END,
                 'MFINALFUNC = ' || (SELECT quote_ident(fn.nspname) || '.' || quote_ident(f.proname) FROM pg_proc f
                                     JOIN pg_namespace fn ON fn.oid = f.pronamespace WHERE f.oid = a.aggmfinalfn),
                 CASE WHEN a.aggmfinalextra THEN 'MFINALFUNC_EXTRA' END,
                 CASE WHEN a.aggmfinalfn::oid <> 0 AND a.aggmfinalmodify <> CASE WHEN a.aggkind = 'n' THEN 'r' ELSE 'w' END::"char"
                      THEN 'MFINALFUNC_MODIFY = ' || CASE a.aggmfinalmodify WHEN 'r' THEN 'READ_ONLY'
                           WHEN 's' THEN 'SHAREABLE' ELSE 'READ_WRITE' END END,
                 'MINITCOND = ' || quote_literal(a.aggminitval),
                 'SORTOP = ' || (SELECT 'OPERATOR(' || quote_ident(onn.nspname) || '.' || o.oprname || ')' FROM pg_operator o
                                 JOIN pg_namespace onn ON onn.oid = o.oprnamespace WHERE o.oid = a.aggsortop),
                 CASE WHEN a.aggkind = 'h' THEN 'HYPOTHETICAL' END,
                 CASE p.proparallel WHEN 's' THEN 'PARALLEL = SAFE' WHEN 'r' THEN 'PARALLEL = RESTRICTED' END) AS definition
FROM pg_proc p
JOIN pg_aggregate a ON a.aggfnoid = p.oid
JOIN pg_namespace n ON n.oid = p.pronamespace
LEFT JOIN pg_description d ON d.classoid = 'pg_proc'::regclass AND d.objoid = p.oid AND d.objsubid = 0
WHERE n.nspname !~ '^pg_' AND n.nspname NOT IN ('information_schema', 'postkit')
