-- mappings: token type \x02 dictionaries, in the order in which they are asked.
SELECT 'pg_ts_config'::regclass::oid AS classid, c.oid, n.nspname AS schema, c.cfgname AS name,
       quote_ident(n.nspname) || '.' || quote_ident(c.cfgname) AS ident,
       quote_ident(pg_get_userbyid(c.cfgowner)) AS owner, quote_literal(d.description) AS comment,
       quote_ident(pn.nspname) || '.' || quote_ident(p.prsname) AS parser,
       (SELECT string_agg(quote_ident(m.alias) || E'\x02' || m.dictionaries, E'\x01' ORDER BY m.alias)
        FROM (SELECT t.alias, string_agg(quote_ident(xn.nspname) || '.' || quote_ident(x.dictname), ', ' ORDER BY m.mapseqno)
                     AS dictionaries
              FROM pg_ts_config_map m
              JOIN ts_token_type(c.cfgparser) t ON t.tokid = m.maptokentype
              JOIN pg_ts_dict x ON x.oid = m.mapdict
              JOIN pg_namespace xn ON xn.oid = x.dictnamespace
              WHERE m.mapcfg = c.oid GROUP BY t.alias) m) AS mappings
FROM pg_ts_config c
JOIN pg_namespace n ON n.oid = c.cfgnamespace
JOIN pg_ts_parser p ON p.oid = c.cfgparser
JOIN pg_namespace pn ON pn.oid = p.prsnamespace
LEFT JOIN pg_description d ON d.classoid = 'pg_ts_config'::regclass AND d.objoid = c.oid AND d.objsubid = 0
WHERE n.nspname !~ '^pg_' AND n.nspname NOT IN ('information_schema', 'postkit')
