-- What of a role's the script of extension $1 (NULL: of any that is there) would take for what an extension has that it
-- requires: scripts look into the schema that they are for before those of the extensions.
WITH required AS (SELECT DISTINCT r.name FROM pg_available_extension_versions v, unnest(v.requires) r (name)
                  WHERE v.name = $1 OR $1 IS NULL AND v.name IN (SELECT extname FROM pg_extension)),
     object AS (SELECT 'pg_type'::regclass AS class, oid, typname AS name, typnamespace AS schema, typowner AS owner, 'type' AS kind
                FROM pg_type
                UNION ALL SELECT 'pg_proc'::regclass, oid, proname, pronamespace, proowner, 'function' FROM pg_proc
                UNION ALL SELECT 'pg_operator'::regclass, oid, oprname, oprnamespace, oprowner, 'operator' FROM pg_operator)
SELECT o.kind || ' ' || quote_ident(n.nspname) || '.' || o.name || ' would take the place of what extension '
       || quote_ident(e.extname) || ' has'
FROM required q
JOIN pg_extension e ON e.extname = q.name
JOIN pg_depend d ON d.refclassid = 'pg_extension'::regclass AND d.refobjid = e.oid AND d.deptype = 'e'
JOIN object m ON m.class = d.classid AND m.oid = d.objid
JOIN object o ON o.class = m.class AND o.name = m.name AND o.schema <> m.schema
JOIN pg_namespace n ON n.oid = o.schema
JOIN pg_roles r ON r.oid = o.owner
WHERE NOT r.rolsuper
ORDER BY 1 LIMIT 1
