-- Statements that drop what has one of the names ($1: JSON). NULL: something of them cannot be dropped by itself.
WITH wanted AS (
    SELECT w.name::name AS name FROM jsonb_array_elements_text($1::jsonb) w (name)
), space AS (
    SELECT n.oid, n.nspname FROM pg_namespace n WHERE n.nspname !~ '^pg_' AND n.nspname NOT IN ('information_schema', 'postkit')
), bound AS ( -- it goes with another, and not without it
    SELECT d.classid, d.objid FROM pg_depend d WHERE d.deptype IN ('i', 'e') AND d.objsubid = 0 AND d.objid >= 16384
), found AS (
    SELECT k.word, format('%I.%I', s.nspname, c.relname) AS ident,
           EXISTS (SELECT FROM bound b WHERE b.classid = 'pg_class'::regclass AND b.objid = c.oid) AS bound
    FROM pg_class c JOIN wanted w ON w.name = c.relname JOIN space s ON s.oid = c.relnamespace
    LEFT JOIN (VALUES ('r', 'TABLE'), ('p', 'TABLE'), ('v', 'VIEW'), ('m', 'MATERIALIZED VIEW'), ('S', 'SEQUENCE'),
                      ('i', 'INDEX'), ('I', 'INDEX')) k (kind, word) ON k.kind = c.relkind::text
    WHERE c.relkind <> 'c'
    UNION ALL
    SELECT CASE t.typtype WHEN 'd' THEN 'DOMAIN' ELSE 'TYPE' END, format('%I.%I', s.nspname, t.typname),
           EXISTS (SELECT FROM bound b WHERE b.classid = 'pg_type'::regclass AND b.objid = t.oid)
    FROM pg_type t JOIN wanted w ON w.name = t.typname JOIN space s ON s.oid = t.typnamespace
    LEFT JOIN pg_class c ON c.oid = t.typrelid
    WHERE (t.typtype IN ('e', 'd', 'r', 'b') OR c.relkind = 'c') AND NOT EXISTS (SELECT FROM pg_type e WHERE e.typarray = t.oid)
    UNION ALL
    SELECT CASE WHEN p.prokind <> 'a' THEN 'ROUTINE' END,
           format('%I.%I(%s)', s.nspname, p.proname, pg_get_function_identity_arguments(p.oid)),
           EXISTS (SELECT FROM bound b WHERE b.classid = 'pg_proc'::regclass AND b.objid = p.oid)
    FROM pg_proc p JOIN wanted w ON w.name = p.proname JOIN space s ON s.oid = p.pronamespace
)
SELECT CASE WHEN NOT bool_or(f.bound) THEN 'DROP ' || f.word || ' IF EXISTS ' || string_agg(f.ident, ', ') || ' CASCADE' END
FROM found f GROUP BY f.word
