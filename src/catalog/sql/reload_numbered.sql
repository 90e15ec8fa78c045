-- A name that the server may have chosen because another was taken then, where either of them came or went since.
WITH now AS (
    SELECT c.oid, c.relname AS name, c.relnamespace AS schema, c.relkind IN ('i', 'I', 'S') AS chosen
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.oid >= 16384 AND n.nspname <> 'pg_toast'
    UNION ALL
    SELECT k.oid, k.conname, k.connamespace, true FROM pg_constraint k WHERE k.oid >= 16384
), both_times AS (
    SELECT coalesce(n.name, b.name)::text AS name, coalesce(n.schema, b.schema) AS schema,
           coalesce(n.chosen, b.sort <> 'r') AS chosen, n.oid IS NULL OR b.oid IS NULL AS moved
    FROM now n FULL JOIN postkit.reload_before b ON b.oid = n.oid
), told AS (
    SELECT schema, name AS base, false AS numbered, moved FROM both_times
    UNION ALL
    SELECT schema, regexp_replace(name, '[0-9]+$', ''), true, moved FROM both_times WHERE chosen AND name ~ '[0-9]$'
)
SELECT 1 FROM told GROUP BY schema, base HAVING bool_or(numbered) AND NOT bool_and(numbered) AND bool_or(moved) LIMIT 1
