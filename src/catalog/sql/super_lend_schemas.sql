-- Schemas that the role $1 may not use, or make things in: how to let it, and how to take that back.
SELECT format('GRANT %s ON SCHEMA %I TO %I', may, nspname, $1::text), format('REVOKE %s ON SCHEMA %I FROM %I', may, nspname, $1::text)
FROM pg_namespace, unnest(ARRAY['USAGE', 'CREATE']) may
WHERE nspname !~ '^pg_' AND nspname <> 'information_schema' AND NOT has_schema_privilege($1::name, oid, may)
