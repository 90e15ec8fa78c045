-- As size.sql, of a copy that holds less than its source: of what was copied the source's (clone/sizes.h).
SELECT c.oid,
       CASE WHEN o.rel IS NOT NULL THEN o.rows
            WHEN c.reltuples >= 0 AND c.relpages > 0 THEN c.reltuples::bigint
            ELSE f.bytes / 64 END AS rows,
       CASE WHEN o.rel IS NOT NULL THEN o.bytes ELSE f.bytes END AS bytes
FROM pg_class c LEFT JOIN postkit.source_sizes o ON o.rel = c.oid,
     LATERAL (SELECT CASE WHEN c.reltuples >= 0 AND c.relpages > 0
                          THEN c.relpages * current_setting('block_size')::bigint
                          ELSE pg_relation_size(c.oid) END AS bytes OFFSET 0) f
WHERE c.relkind IN ('r', 'm') AND c.oid >= 16384
