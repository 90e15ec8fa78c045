-- What stands for what in pg_depend: parts of the catalog that belong to an object of ours.
SELECT 'pg_rewrite'::regclass::oid AS classid, r.oid, 0 AS subid, 'pg_class'::regclass::oid AS to_class, r.ev_class AS to_oid, 0 AS to_sub
FROM pg_rewrite r WHERE r.rulename = '_RETURN' AND r.oid >= 16384
UNION ALL
SELECT 'pg_attrdef'::regclass, ad.oid, 0, 'pg_class'::regclass, ad.adrelid, ad.adnum FROM pg_attrdef ad
UNION ALL -- row types; the relation behind a composite type
SELECT CASE c.relkind WHEN 'c' THEN 'pg_class'::regclass ELSE 'pg_type'::regclass END,
       CASE c.relkind WHEN 'c' THEN c.oid ELSE c.reltype END, 0,
       CASE c.relkind WHEN 'c' THEN 'pg_type'::regclass ELSE 'pg_class'::regclass END,
       CASE c.relkind WHEN 'c' THEN c.reltype ELSE c.oid END, 0
FROM pg_class c WHERE c.reltype <> 0 AND c.oid >= 16384
UNION ALL -- array types
SELECT 'pg_type'::regclass, t.typarray, 0, 'pg_type'::regclass, t.oid, 0 FROM pg_type t WHERE t.typarray >= 16384
UNION ALL -- multiranges
SELECT 'pg_type'::regclass, r.rngmultitypid, 0, 'pg_type'::regclass, r.rngtypid, 0 FROM pg_range r WHERE r.rngtypid >= 16384
UNION ALL -- the index of a constraint
SELECT 'pg_class'::regclass, k.conindid, 0, 'pg_constraint'::regclass, k.oid, 0
FROM pg_constraint k WHERE k.contype IN ('p', 'u', 'x') AND k.conindid <> 0
UNION ALL -- domain constraints
SELECT 'pg_constraint'::regclass, k.oid, 0, 'pg_type'::regclass, k.contypid, 0 FROM pg_constraint k WHERE k.contypid <> 0
UNION ALL
SELECT d.classid, d.objid, CASE d.deptype WHEN 'e' THEN d.objsubid ELSE 0 END, d.refclassid, d.refobjid,
       CASE d.deptype WHEN 'e' THEN -1 WHEN 'i' THEN d.refobjsubid ELSE 0 END
FROM pg_depend d
WHERE d.deptype = 'e' -- members of extensions
      OR d.deptype = 'i' AND (
         -- the sequence of an identity column
         d.classid = 'pg_class'::regclass AND d.refclassid = 'pg_class'::regclass AND d.refobjsubid > 0
         -- the constructors of a range type, and the cast that comes with it
         OR d.classid IN ('pg_proc'::regclass, 'pg_cast'::regclass) AND d.refclassid = 'pg_type'::regclass)
UNION ALL -- what operator classes and families are made of
SELECT d.classid, d.objid, 0, d.refclassid, d.refobjid, 0 FROM pg_depend d
WHERE d.classid IN ('pg_amop'::regclass, 'pg_amproc'::regclass) AND d.objid >= 16384
      AND (d.refclassid = 'pg_opclass'::regclass OR d.refclassid = 'pg_opfamily'::regclass AND d.refobjid =
           CASE d.classid WHEN 'pg_amop'::regclass THEN (SELECT a.amopfamily FROM pg_amop a WHERE a.oid = d.objid)
                ELSE (SELECT a.amprocfamily FROM pg_amproc a WHERE a.oid = d.objid) END)
