-- Functions that the transaction $2 made for the role $1, and that only a superuser may call leakproof.
SELECT format('ALTER %s %s LEAKPROOF', i.type, i.identity)
FROM pg_proc p, pg_identify_object('pg_proc'::regclass, p.oid, 0) i
WHERE p.xmin::text = $2 AND pg_has_role($1::name, p.proowner, 'USAGE')
