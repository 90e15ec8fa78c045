-- What else was dropped: names of objects, and of the relations that lost a part. A row of NULL: that is not understood.
-- Foreign keys name their table; triggers, policies, rules and checks of domains what they use: so whoever made them is known.
WITH d AS (
    SELECT g.*, b.refers_to, EXISTS (SELECT FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
                                     WHERE n.nspname = g.address_names[1] AND c.relname = g.address_names[2]) AS survives
    FROM postkit.reload_dropped g LEFT JOIN postkit.reload_before b ON b.oid = g.objid AND b.sort <> 'r'
    WHERE g.schema_name IS DISTINCT FROM 'pg_toast'
)
SELECT DISTINCT CASE
    WHEN object_type IN ('table', 'view', 'materialized view', 'sequence', 'index', 'type', 'composite type', 'function',
                         'procedure', 'statistics object') THEN coalesce(object_name, address_names[2])
    WHEN object_type IN ('table column', 'default value', 'table constraint') THEN address_names[2] END
FROM d
WHERE NOT (object_type IN ('trigger', 'policy', 'rule', 'domain constraint')
           OR object_type IN ('table column', 'default value', 'table constraint') AND NOT survives
           OR object_type = 'table constraint' AND refers_to <> 0 AND NOT EXISTS (SELECT FROM pg_class r WHERE r.oid = refers_to))
