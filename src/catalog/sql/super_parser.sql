-- Functions of text search that this transaction put together otherwise than the server or an extension has them:
-- they take what another one left in memory for what it is not. $1: the role
WITH me AS (SELECT pg_current_xact_id()::xid AS id)
SELECT 'the functions of text search parser ' || p.prsname || ' may not belong together'
FROM pg_ts_parser p, me
WHERE p.xmin = me.id AND NOT EXISTS (
    SELECT FROM pg_ts_parser o WHERE o.xmin <> me.id AND o.prsstart = p.prsstart AND o.prstoken = p.prstoken
           AND o.prsend = p.prsend AND o.prslextype = p.prslextype AND p.prsheadline IN (0, o.prsheadline))
UNION ALL
SELECT 'the functions of text search template ' || t.tmplname || ' may not belong together'
FROM pg_ts_template t, me
WHERE t.xmin = me.id AND NOT EXISTS (
    SELECT FROM pg_ts_template o WHERE o.xmin <> me.id AND o.tmplinit = t.tmplinit AND o.tmpllexize = t.tmpllexize)
UNION ALL
SELECT quote_ident($1) || ' may not create in schema ' || quote_ident(n.nspname)
FROM pg_namespace n, me
WHERE n.oid IN (SELECT prsnamespace FROM pg_ts_parser p WHERE p.xmin = me.id
                UNION SELECT tmplnamespace FROM pg_ts_template t WHERE t.xmin = me.id)
      AND NOT has_schema_privilege($1::name, n.oid, 'CREATE')
