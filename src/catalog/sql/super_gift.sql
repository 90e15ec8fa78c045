-- What this transaction made, to be given to the role $1: a statement each.
SELECT format('ALTER %s %s OWNER TO %I', i.type, i.identity, $1::text)
FROM (SELECT 'pg_opclass'::regclass::oid AS class, oid, opcowner AS owner, xmin AS made FROM pg_opclass
      UNION ALL SELECT 'pg_opfamily'::regclass, oid, opfowner, xmin FROM pg_opfamily) o,
     pg_identify_object(o.class, o.oid, 0) i
WHERE o.made = pg_current_xact_id()::xid
      AND o.owner = (SELECT r.oid FROM pg_roles r WHERE r.rolname = current_user)
ORDER BY 1
