-- The connection, which may hold a password, is not read, nor the slot, nor whether it is enabled: see subscription.c.
SELECT 'pg_subscription'::regclass::oid AS classid, s.oid, NULL AS schema, s.subname AS name, quote_ident(s.subname) AS ident,
       quote_literal(d.description) AS comment,
       (SELECT string_agg(quote_ident(p), ', ' ORDER BY p) FROM unnest(s.subpublications) p) AS publications,
       s.subbinary::text AS binary,
       CASE WHEN s.substream THEN 'on' ELSE 'off' END AS streaming, -- pg<16
       CASE s.substream WHEN 't' THEN 'on' WHEN 'p' THEN 'parallel' ELSE 'off' END AS streaming, -- pg>=16
       quote_literal(s.subsynccommit) AS synchronous_commit,
       (s.subtwophasestate <> 'd')::text AS two_phase, -- pg>=15
       s.subdisableonerr::text AS disable_on_error, -- pg>=15
       s.subpasswordrequired::text AS password_required, -- pg>=16
       s.subrunasowner::text AS run_as_owner, -- pg>=16
       quote_literal(s.suborigin) AS origin, -- pg>=16
       s.subfailover::text AS failover -- pg>=17
       NULL AS failover -- pg<17
FROM pg_subscription s
LEFT JOIN pg_description d ON d.classoid = 'pg_subscription'::regclass AND d.objoid = s.oid AND d.objsubid = 0
WHERE s.subdbid = (SELECT oid FROM pg_database WHERE datname = current_database())
