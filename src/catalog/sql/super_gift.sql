-- What this transaction made, to be given to the role $1: a statement each. Array types go with theirs.
SELECT format('ALTER %s %s OWNER TO %I', i.type, i.identity, $1::text)
FROM (SELECT 'pg_opclass'::regclass::oid AS class, oid, opcowner AS owner, xmin AS made FROM pg_opclass
      UNION ALL SELECT 'pg_opfamily'::regclass, oid, opfowner, xmin FROM pg_opfamily
      UNION ALL SELECT 'pg_proc'::regclass, oid, proowner, xmin FROM pg_proc
      UNION ALL SELECT 'pg_language'::regclass, oid, lanowner, xmin FROM pg_language
      UNION ALL SELECT 'pg_type'::regclass, t.oid, t.typowner, t.xmin FROM pg_type t
                WHERE NOT EXISTS (SELECT FROM pg_type e WHERE e.typarray = t.oid)) o,
     pg_identify_object(o.class, o.oid, 0) i
WHERE o.made = pg_current_xact_id()::xid AND o.oid >= 16384
      AND o.owner = (SELECT r.oid FROM pg_roles r WHERE r.rolname = current_user)
ORDER BY 1
