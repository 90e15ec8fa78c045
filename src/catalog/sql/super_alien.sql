-- What this transaction did that is not the role's ($1) to do.
WITH me AS (SELECT pg_current_xact_id()::xid AS id),
     family AS (SELECT a.amopfamily AS oid FROM pg_amop a, me WHERE a.xmin = me.id
                UNION SELECT a.amprocfamily FROM pg_amproc a, me WHERE a.xmin = me.id)
SELECT 'operator family ' || quote_ident(n.nspname) || '.' || quote_ident(f.opfname)
       || ' belongs to ' || quote_ident(pg_get_userbyid(f.opfowner))
FROM pg_opfamily f JOIN pg_namespace n ON n.oid = f.opfnamespace, me
WHERE f.oid IN (SELECT family.oid FROM family) AND f.xmin <> me.id AND NOT pg_has_role($1::name, f.opfowner, 'USAGE')
UNION ALL
SELECT 'function ' || p.oid::regprocedure || ' belongs to ' || quote_ident(pg_get_userbyid(p.proowner))
FROM pg_proc p, me
WHERE p.xmin = me.id AND NOT pg_has_role($1::name, p.proowner, 'USAGE')
      AND NOT EXISTS ( -- a range's constructors are whose the range is
          SELECT FROM pg_depend d JOIN pg_type t ON t.oid = d.refobjid
          WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.refclassid = 'pg_type'::regclass
                AND d.deptype = 'i' AND pg_has_role($1::name, t.typowner, 'USAGE'))
UNION ALL
SELECT quote_ident($1) || ' may not create in schema ' || quote_ident(n.nspname)
FROM pg_namespace n, me
WHERE n.oid IN (SELECT c.opcnamespace FROM pg_opclass c WHERE c.xmin = me.id
                UNION SELECT f.opfnamespace FROM pg_opfamily f WHERE f.xmin = me.id
                UNION SELECT t.typnamespace FROM pg_type t WHERE t.xmin = me.id
                UNION SELECT s.prsnamespace FROM pg_ts_parser s WHERE s.xmin = me.id
                UNION SELECT s.tmplnamespace FROM pg_ts_template s WHERE s.xmin = me.id
                -- a range's constructors, which are the role's for no other reason
                UNION SELECT p.pronamespace FROM pg_proc p
                WHERE p.xmin = me.id AND NOT pg_has_role($1::name, p.proowner, 'USAGE'))
      AND NOT has_schema_privilege($1::name, n.oid, 'CREATE')
UNION ALL -- all tables, or those of a schema, are a superuser's to publish; of others their owners'
SELECT quote_ident($1) || ' may not publish the tables of publication ' || quote_ident(p.pubname)
FROM pg_publication p, me
WHERE p.oid IN (SELECT r.prpubid FROM pg_publication_rel r WHERE r.xmin = me.id
                UNION SELECT o.oid FROM pg_publication o WHERE o.xmin = me.id)
      AND NOT p.puballtables
      AND NOT EXISTS (SELECT FROM pg_publication_namespace n WHERE n.pnpubid = p.oid) -- pg>=15
UNION ALL -- a function that takes internal cannot be told by its signature from one that crashes the server
SELECT 'whether function ' || a.amproc::oid::regprocedure || ' suits the type cannot be seen'
FROM pg_amproc a JOIN pg_proc p ON p.oid = a.amproc, me
WHERE a.xmin = me.id AND 'internal'::regtype = ANY (p.proargtypes)
