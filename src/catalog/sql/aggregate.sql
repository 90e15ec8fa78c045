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
       quote_ident(n.nspname) || '.' || quote_ident(p.proname) || '('
       || CASE WHEN p.pronargs = 0 AND a.aggkind = 'n' THEN '*' ELSE pg_get_function_arguments(p.oid) END || ')' AS head,
       format_type(p.prorettype, NULL) || ' ' || a.aggkind::text || ' ' || a.aggnumdirectargs AS shape,
       concat_ws(E',\n    ',
                 'SFUNC = ' || f.trans, 'STYPE = ' || format_type(a.aggtranstype, NULL),
                 CASE WHEN a.aggtransspace <> 0 THEN 'SSPACE = ' || a.aggtransspace END,
                 'FINALFUNC = ' || f.final, CASE WHEN a.aggfinalextra THEN 'FINALFUNC_EXTRA' END,
                 CASE WHEN a.aggfinalfn <> 0 AND a.aggfinalmodify <> usual.modify
                      THEN 'FINALFUNC_MODIFY = ' || CASE a.aggfinalmodify WHEN 'r' THEN 'READ_ONLY'
                           WHEN 's' THEN 'SHAREABLE' ELSE 'READ_WRITE' END END,
                 'COMBINEFUNC = ' || f.combine, 'SERIALFUNC = ' || f.serial, 'DESERIALFUNC = ' || f.deserial,
                 'INITCOND = ' || quote_literal(a.agginitval),
                 'MSFUNC = ' || f.mtrans, 'MINVFUNC = ' || f.minv,
                 CASE WHEN a.aggmtranstype <> 0 THEN 'MSTYPE = ' || format_type(a.aggmtranstype, NULL) END,
                 CASE WHEN a.aggmtransspace <> 0 THEN 'MSSPACE = ' || a.aggmtransspace END,
                 'MFINALFUNC = ' || f.mfinal, CASE WHEN a.aggmfinalextra THEN 'MFINALFUNC_EXTRA' END,
                 CASE WHEN a.aggmfinalfn <> 0 AND a.aggmfinalmodify <> usual.modify
                      THEN 'MFINALFUNC_MODIFY = ' || CASE a.aggmfinalmodify WHEN 'r' THEN 'READ_ONLY'
                           WHEN 's' THEN 'SHAREABLE' ELSE 'READ_WRITE' END END,
                 'MINITCOND = ' || quote_literal(a.aggminitval),
                 'SORTOP = ' || (SELECT 'OPERATOR(' || quote_ident(onn.nspname) || '.' || o.oprname || ')' FROM pg_operator o
                                 JOIN pg_namespace onn ON onn.oid = o.oprnamespace WHERE o.oid = a.aggsortop),
                 CASE WHEN a.aggkind = 'h' THEN 'HYPOTHETICAL' END,
                 CASE p.proparallel WHEN 's' THEN 'PARALLEL = SAFE' WHEN 'r' THEN 'PARALLEL = RESTRICTED' END) AS definition,
       CASE WHEN 'internal'::regtype IN (a.aggtranstype, a.aggmtranstype) THEN 't' END AS superuser
FROM pg_proc p
JOIN pg_aggregate a ON a.aggfnoid = p.oid
JOIN pg_namespace n ON n.oid = p.pronamespace
CROSS JOIN LATERAL (SELECT CASE WHEN a.aggkind = 'n' THEN 'r' ELSE 'w' END::"char" AS modify) usual
CROSS JOIN LATERAL (
    SELECT max(x.name) FILTER (WHERE x.oid = a.aggtransfn) AS trans, max(x.name) FILTER (WHERE x.oid = a.aggfinalfn) AS final,
           max(x.name) FILTER (WHERE x.oid = a.aggcombinefn) AS combine,
           max(x.name) FILTER (WHERE x.oid = a.aggserialfn) AS serial,
           max(x.name) FILTER (WHERE x.oid = a.aggdeserialfn) AS deserial,
           max(x.name) FILTER (WHERE x.oid = a.aggmtransfn) AS mtrans,
           max(x.name) FILTER (WHERE x.oid = a.aggminvtransfn) AS minv,
           max(x.name) FILTER (WHERE x.oid = a.aggmfinalfn) AS mfinal
    FROM (SELECT r.oid, quote_ident(rn.nspname) || '.' || quote_ident(r.proname) AS name
          FROM pg_proc r JOIN pg_namespace rn ON rn.oid = r.pronamespace
          WHERE r.oid IN (a.aggtransfn, a.aggfinalfn, a.aggcombinefn, a.aggserialfn, a.aggdeserialfn, a.aggmtransfn,
                          a.aggminvtransfn, a.aggmfinalfn)) x) f
LEFT JOIN pg_description d ON d.classoid = 'pg_proc'::regclass AND d.objoid = p.oid AND d.objsubid = 0
WHERE n.nspname !~ '^pg_' AND n.nspname NOT IN ('information_schema', 'postkit')
