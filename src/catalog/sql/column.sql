-- Columns of tables, and of views and composite types for what may hang on them (comments, privileges, defaults).
-- They are most of what there is to read: what follows from the relation is not said of each.
SELECT c.oid, a.attnum AS subid, a.attname AS name, quote_ident(a.attname) AS quoted,
       quote_literal(d.description) AS comment, array_to_string(a.attacl, E'\n') AS acl,
       format_type(a.atttypid, a.atttypmod) AS type,
       CASE WHEN a.attcollation <> t.typcollation THEN
       (SELECT co.collnamespace::regnamespace || '.' || quote_ident(co.collname) FROM pg_collation co
        WHERE co.oid = a.attcollation) END AS collation,
       CASE WHEN a.attnotnull THEN 'NOT NULL' END AS not_null, -- pg<18
       CASE WHEN a.attnotnull THEN 'NOT NULL' || CASE WHEN nn.connoinherit THEN ' NO INHERIT' ELSE '' END END AS not_null, -- pg>=18
       quote_ident(nn.conname) AS not_null_name, -- pg>=18
       -- what the server chooses by itself: nobody else in the schema has that name
       CASE WHEN nn.conname = c.relname || '_' || a.attname || '_not_null' AND same.conname IS NULL THEN 't' END AS not_null_usual, -- pg>=18
       CASE WHEN NOT nn.convalidated THEN 't' END AS not_null_invalid, -- pg>=18
       CASE WHEN nn.coninhcount > 0 THEN CASE WHEN nn.conislocal THEN 'local' ELSE 't' END END AS not_null_inherited, -- pg>=18
       CASE WHEN nn.conname <> ANY (apart.names) THEN 't' END AS not_null_apart, -- pg>=18
       quote_literal(nd.description) AS not_null_comment, -- pg>=18
       -- a default names no column: without its relation, which would be opened for it, the text is the same
       CASE WHEN a.attgenerated = '' THEN pg_get_expr(ad.adbin, 0) END AS default_value,
       CASE WHEN a.attgenerated = 's' THEN pg_get_expr(ad.adbin, ad.adrelid) || ') STORED'
            WHEN a.attgenerated = 'v' THEN pg_get_expr(ad.adbin, ad.adrelid) || ')' END AS generated,
       CASE WHEN c.relispartition THEN NULL ELSE -- pg>=17
       CASE a.attidentity WHEN 'a' THEN 'ALWAYS' WHEN 'd' THEN 'BY DEFAULT' END
       END -- pg>=17
       AS identity,
       CASE WHEN a.attstorage <> t.typstorage THEN CASE a.attstorage WHEN 'p' THEN 'PLAIN' WHEN 'e' THEN 'EXTERNAL'
            WHEN 'm' THEN 'MAIN' WHEN 'x' THEN 'EXTENDED' END END AS storage,
       CASE t.typstorage WHEN 'p' THEN 'PLAIN' WHEN 'e' THEN 'EXTERNAL' WHEN 'm' THEN 'MAIN' ELSE 'EXTENDED' END AS type_storage,
       CASE a.attcompression WHEN 'p' THEN 'pglz' WHEN 'l' THEN 'lz4' END AS compression,
       CASE WHEN a.attstattarget >= 0 THEN a.attstattarget::text END AS statistics,
       -- pg_attver is the server's own bookkeeping (15.20 and its like), mostly all there is; pg_dump leaves it out too
       CASE WHEN NOT starts_with(a.attoptions[1], 'pg_attver=') OR a.attoptions[2] IS NOT NULL THEN
       (SELECT string_agg(quote_ident(o.option_name) || '=' || quote_literal(o.option_value), E'\x01' ORDER BY o.option_name)
        FROM pg_options_to_table(a.attoptions) o WHERE o.option_name <> 'pg_attver') END AS options,
       CASE WHEN a.attfdwoptions IS NOT NULL THEN
            (SELECT string_agg(quote_ident(o.option_name) || E'\x02' || quote_literal(o.option_value), E'\x01' ORDER BY o.option_name)
             FROM pg_options_to_table(a.attfdwoptions) o WHERE o.option_name = 'password_required'
            OR o.option_name !~* 'passw|passphrase|passcode|pwd|secret|token|credential|private|(api|access|auth|account)_?key')
            END AS foreign_options,
       CASE WHEN a.attinhcount > 0 THEN CASE WHEN a.attislocal THEN 'local' ELSE 't' END END AS inherited,
       CASE WHEN c.relkind = 'p' AND EXISTS ( -- columns of the partition key go with the table alone
                SELECT FROM pg_depend kd WHERE kd.classid = 'pg_class'::regclass AND kd.objid = c.oid AND kd.objsubid = a.attnum
                AND kd.refclassid = 'pg_class'::regclass AND kd.refobjid = c.oid AND kd.refobjsubid = 0 AND kd.deptype = 'i')
            THEN 't' END AS in_key,
       t.typcategory AS category,
       CASE WHEN a.atttypmod >= 0 OR t.typname IN ('bpchar', '_bpchar', 'bit', '_bit') THEN -- NULL: the type itself
       nullif(format_type(a.atttypid, NULL), format_type(a.atttypid, a.atttypmod)) END AS base_type,
       CASE t.typtype WHEN 'd' THEN -- at the bottom of domains
            (WITH RECURSIVE d (oid, base) AS (SELECT t.oid, t.typbasetype UNION ALL
                 SELECT b.oid, b.typbasetype FROM d JOIN pg_type b ON b.oid = d.base)
             SELECT format_type(oid, NULL) FROM d WHERE base = 0) END AS root_type
FROM pg_attribute a
JOIN (pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace AND c.relkind IN ('r', 'p', 'f', 'v', 'm', 'c')
           AND c.relpersistence <> 't' AND n.nspname !~ '^pg_' AND n.nspname NOT IN ('information_schema', 'postkit'))
     ON c.oid = a.attrelid
JOIN pg_type t ON t.oid = a.atttypid
-- by a hash of all: a look at the index for each would take longer
LEFT JOIN (SELECT adrelid, adnum, adbin FROM pg_attrdef OFFSET 0) ad ON ad.adrelid = a.attrelid AND ad.adnum = a.attnum
LEFT JOIN pg_description d ON d.classoid = 'pg_class'::regclass AND d.objoid = c.oid AND d.objsubid = a.attnum
LEFT JOIN pg_constraint nn ON nn.contype = 'n' AND nn.conrelid = a.attrelid AND nn.conkey[1] = a.attnum -- pg>=18
LEFT JOIN (SELECT connamespace, conname FROM pg_constraint WHERE coninhcount = 0 -- pg>=18
           GROUP BY connamespace, conname HAVING count(*) > 1) same -- pg>=18
       ON same.connamespace = nn.connamespace AND same.conname = nn.conname -- pg>=18
LEFT JOIN pg_description nd ON nd.classoid = 'pg_constraint'::regclass AND nd.objoid = nn.oid AND nd.objsubid = 0 -- pg>=18
LEFT JOIN (SELECT h.inhparent, ha.attname, array_agg(hn.conname) AS names FROM pg_inherits h -- pg>=18
           JOIN pg_attribute ha ON ha.attrelid = h.inhrelid -- pg>=18
           JOIN pg_constraint hn ON hn.conrelid = ha.attrelid AND hn.contype = 'n' AND hn.conkey[1] = ha.attnum -- pg>=18
           WHERE hn.coninhcount > 0 GROUP BY h.inhparent, ha.attname) apart -- pg>=18
     ON apart.inhparent = c.oid AND apart.attname = a.attname -- pg>=18
WHERE a.attnum > 0 AND NOT a.attisdropped
