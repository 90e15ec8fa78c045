-- Estimates for what has rows. A relation that was never analysed is guessed from its file.
SELECT c.oid,
       CASE WHEN c.reltuples >= 0 AND c.relpages > 0 THEN c.reltuples::bigint ELSE f.bytes / 64 END AS rows, f.bytes
FROM pg_class c, LATERAL (SELECT CASE WHEN c.reltuples >= 0 AND c.relpages > 0
                                      THEN c.relpages * current_setting('block_size')::bigint
                                      ELSE pg_relation_size(c.oid) END AS bytes OFFSET 0) f
WHERE c.relkind IN ('r', 'm') AND c.oid >= 16384
