SELECT 'pg_statistic_ext'::regclass::oid AS classid, s.oid, n.nspname AS schema, s.stxname AS name,
       quote_ident(n.nspname) || '.' || quote_ident(s.stxname) AS ident,
       quote_ident(pg_get_userbyid(s.stxowner)) AS owner, quote_literal(d.description) AS comment,
       -- the server names the columns in their order, which is no part of the picture
       'CREATE STATISTICS ' || quote_ident(n.nspname) || '.' || quote_ident(s.stxname) || def.kinds || ' ON '
       || concat_ws(', ', (SELECT string_agg(quote_ident(a.attname), ', ' ORDER BY a.attname) FROM pg_attribute a
                           WHERE a.attrelid = s.stxrelid AND a.attnum = ANY (s.stxkeys)),
                    (SELECT string_agg('(' || e || ')', ', ' ORDER BY i)
                     FROM unnest(pg_get_statisticsobjdef_expressions(s.oid)) WITH ORDINALITY x (e, i)))
       || ' FROM ' || quote_ident(tn.nspname) || '.' || quote_ident(t.relname) AS definition,
       CASE WHEN s.stxstattarget >= 0 THEN s.stxstattarget::text END AS target
FROM pg_statistic_ext s
JOIN pg_namespace n ON n.oid = s.stxnamespace
JOIN pg_class t ON t.oid = s.stxrelid
JOIN pg_namespace tn ON tn.oid = t.relnamespace
CROSS JOIN LATERAL (
    SELECT split_part(substr(pg_get_statisticsobjdef(s.oid), length('CREATE STATISTICS ' || quote_ident(n.nspname) || '.'
                      || quote_ident(s.stxname)) + 1), ' ON ', 1) AS kinds) def
LEFT JOIN pg_description d ON d.classoid = 'pg_statistic_ext'::regclass AND d.objoid = s.oid AND d.objsubid = 0
WHERE n.nspname !~ '^pg_' AND n.nspname NOT IN ('information_schema', 'postkit')
