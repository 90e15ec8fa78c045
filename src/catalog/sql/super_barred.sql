-- Functions that a superuser would run who makes a wrapper with the validator $1 (an OID), or a user mapping (NULL):
-- only such as a superuser made may be.
SELECT 'function ' || p.oid::regprocedure || ' would run as superuser'
FROM pg_proc p JOIN pg_language l ON l.oid = p.prolang
WHERE l.lanname NOT IN ('internal', 'c')
      AND (p.oid = $1::oid OR $1 IS NULL AND p.oid IN (SELECT fdwvalidator FROM pg_foreign_data_wrapper))
