-- The role's ($1) shells, taken over while a type is made: only the very owner of a shell can make it one.
SELECT format('ALTER TYPE %I.%I OWNER TO %I', n.nspname, t.typname, current_user)
FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace
WHERE NOT t.typisdefined AND t.oid >= 16384 AND pg_get_userbyid(t.typowner) = $1
