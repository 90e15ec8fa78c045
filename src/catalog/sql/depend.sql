-- Dependencies between user objects; 2200 is the schema public.
SELECT classid, objid, objsubid, refclassid, refobjid, refobjsubid, deptype
FROM pg_depend
WHERE deptype IN ('n', 'a', 'i') AND objid >= 16384 AND (refobjid >= 16384 OR refobjid = 2200)
      AND NOT (classid = refclassid AND objid = refobjid AND objsubid <> 0 AND refobjsubid = 0)
ORDER BY classid, objid, objsubid, refclassid, refobjid, refobjsubid
