-- options: as the server keeps them, "name = 'value', ...", which is what CREATE and ALTER take.
SELECT 'pg_ts_dict'::regclass::oid AS classid, x.oid, n.nspname AS schema, x.dictname AS name,
       quote_ident(n.nspname) || '.' || quote_ident(x.dictname) AS ident,
       quote_ident(pg_get_userbyid(x.dictowner)) AS owner, quote_literal(d.description) AS comment,
       quote_ident(tn.nspname) || '.' || quote_ident(t.tmplname) AS template,
       nullif(x.dictinitoption, '') AS options
FROM pg_ts_dict x
JOIN pg_namespace n ON n.oid = x.dictnamespace
JOIN pg_ts_template t ON t.oid = x.dicttemplate
JOIN pg_namespace tn ON tn.oid = t.tmplnamespace
LEFT JOIN pg_description d ON d.classoid = 'pg_ts_dict'::regclass AND d.objoid = x.oid AND d.objsubid = 0
WHERE n.nspname !~ '^pg_' AND n.nspname NOT IN ('information_schema', 'postkit')
