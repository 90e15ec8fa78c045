-- Dependencies between user objects; 2200 is the schema public. Without those within one object of ours: of a
-- row, array or multirange type on what it comes with, of a constraint's index or triggers on it, of a default on its column.
WITH RECURSIVE share (oid, whole) AS ( -- a partition's share of a trigger, and what that is a share of
    SELECT g.oid, g.tgparentid FROM pg_trigger g LEFT JOIN pg_constraint k ON k.oid = g.tgconstraint
    WHERE g.tgparentid <> 0 AND coalesce(k.contype, 't') = 't' -- not those of keys
    UNION ALL SELECT s.oid, g.tgparentid FROM share s JOIN pg_trigger g ON g.oid = s.whole WHERE g.tgparentid <> 0
), maker AS ( -- functions that a type is made of and that are about the type: they need no more than its shell
    SELECT f.refobjid AS fn, f.objid AS type FROM pg_depend f
    WHERE f.classid = 'pg_type'::regclass AND f.refclassid = 'pg_proc'::regclass AND f.deptype = 'n' AND f.objid >= 16384
          AND EXISTS (SELECT FROM pg_depend t WHERE t.classid = 'pg_proc'::regclass AND t.objid = f.refobjid
                      AND t.refclassid = 'pg_type'::regclass AND t.refobjid = f.objid)
)
SELECT CASE WHEN deptype = 'i' AND classid = 'pg_class'::regclass AND refobjsubid > 0 -- the sequence of an identity column
            THEN 'pg_sequence'::regclass ELSE classid END AS classid,
       objid, objsubid, refclassid, refobjid, refobjsubid,
       -- is it an expression that names a type?
       (CASE WHEN d.refclassid <> 'pg_type'::regclass THEN false
            WHEN d.classid = 'pg_class'::regclass THEN d.objsubid = 0
                 AND EXISTS (SELECT FROM pg_class c WHERE c.oid = d.objid AND c.relkind IN ('i', 'I'))
            WHEN d.classid = 'pg_proc'::regclass THEN
                 EXISTS (SELECT FROM pg_proc p WHERE p.oid = d.objid AND (p.proargdefaults IS NOT NULL OR p.prosqlbody IS NOT NULL))
            WHEN d.classid = 'pg_type'::regclass THEN
                 EXISTS (SELECT FROM pg_type t WHERE t.oid = d.objid AND t.typtype = 'd' AND t.typdefaultbin IS NOT NULL)
            ELSE d.classid IN ('pg_rewrite'::regclass, 'pg_attrdef'::regclass, 'pg_constraint'::regclass, 'pg_policy'::regclass,
                               'pg_trigger'::regclass, 'pg_statistic_ext'::regclass, 'pg_publication_rel'::regclass)
       END)::int AS expression
FROM pg_depend d
WHERE deptype IN ('n', 'a', 'i') AND objid >= 16384 AND (refobjid >= 16384 OR refobjid = 2200)
      AND NOT (classid = refclassid AND objid = refobjid AND objsubid <> 0 AND refobjsubid = 0)
      AND NOT (deptype = 'i' AND refobjsubid = 0 AND (classid = 'pg_type'::regclass OR refclassid = 'pg_constraint'::regclass
                                                      OR classid = 'pg_class'::regclass AND refclassid = 'pg_class'::regclass))
      AND NOT (deptype = 'a' AND classid = 'pg_attrdef'::regclass)
      AND NOT (classid = 'pg_proc'::regclass AND refclassid = 'pg_type'::regclass
               AND (objid, refobjid) IN (SELECT fn, type FROM maker))
UNION ALL
SELECT 'pg_proc'::regclass, m.fn, 0, 'pg_type'::regclass, m.type, -1, 0 FROM maker m
UNION ALL
SELECT DISTINCT 'pg_type'::regclass, m.type, 0, 'pg_type'::regclass, m.type, -1, 0 FROM maker m
UNION ALL
SELECT 'pg_trigger'::regclass, s.oid, 0, 'pg_trigger'::regclass, s.whole, 0, 0 FROM share s
