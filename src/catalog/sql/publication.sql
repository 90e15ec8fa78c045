-- What is in them are objects of their own (publication_table.sql, publication_schema.sql). All tables, or those
-- of a schema, are a superuser's to publish: the owner says nothing then.
SELECT 'pg_publication'::regclass::oid AS classid, p.oid, NULL AS schema, p.pubname AS name, quote_ident(p.pubname) AS ident,
       CASE WHEN x.superuser IS NULL THEN quote_ident(pg_get_userbyid(p.pubowner)) END AS owner,
       quote_literal(d.description) AS comment,
       CASE WHEN p.puballtables THEN ' FOR ALL TABLES' ELSE '' END AS all_tables,
       quote_literal(concat_ws(', ', CASE WHEN p.pubinsert THEN 'insert' END, CASE WHEN p.pubupdate THEN 'update' END,
                               CASE WHEN p.pubdelete THEN 'delete' END, CASE WHEN p.pubtruncate THEN 'truncate' END)) AS publish,
       p.pubviaroot::text AS via_root,
       CASE p.pubgencols WHEN 's' THEN 'stored' ELSE 'none' END AS generated, -- pg>=18
       x.superuser
FROM pg_publication p
CROSS JOIN LATERAL (VALUES (CASE WHEN p.puballtables
           OR EXISTS (SELECT FROM pg_publication_namespace s WHERE s.pnpubid = p.oid) -- pg>=15
           THEN 't' END)) x (superuser)
LEFT JOIN pg_description d ON d.classoid = 'pg_publication'::regclass AND d.objoid = p.oid AND d.objsubid = 0
