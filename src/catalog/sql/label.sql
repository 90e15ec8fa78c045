-- Security labels, each provider's in one go, the last one first: they are put in front of one another.
SELECT -- an identity's sequence is an object under another address (identity.sql)
       CASE WHEN l.classoid = 'pg_class'::regclass AND l.objsubid = 0 AND EXISTS (
                SELECT FROM pg_depend d WHERE d.classid = l.classoid AND d.objid = l.objoid AND d.objsubid = 0
                       AND d.refclassid = l.classoid AND d.refobjsubid > 0 AND d.deptype = 'i')
            THEN 'pg_sequence'::regclass::oid ELSE l.classoid END AS classid,
       l.objoid AS oid, l.objsubid AS subid, l.provider, quote_ident(l.provider) AS quoted, quote_literal(l.label) AS text,
       i.type || ' ' || i.identity AS what
FROM (SELECT classoid, objoid, objsubid, provider, label FROM pg_seclabel
      UNION ALL SELECT classoid, objoid, 0, provider, label FROM pg_shseclabel -- a subscription is the cluster's
      WHERE classoid = 'pg_subscription'::regclass AND objoid IN (
          SELECT s.oid FROM pg_subscription s JOIN pg_database d ON d.oid = s.subdbid WHERE d.datname = current_database())) l,
     pg_identify_object(l.classoid, l.objoid, l.objsubid) i
WHERE l.classoid <> 'pg_largeobject'::regclass -- large objects are spoken of as such
      AND coalesce(i.schema, CASE i.type WHEN 'schema' THEN i.name END, '') !~ '^(pg_|(information_schema|postkit)$)'
      AND NOT EXISTS (SELECT FROM pg_depend m WHERE m.classid = l.classoid AND m.objid = l.objoid AND m.deptype = 'e')
ORDER BY l.provider COLLATE "C" DESC
