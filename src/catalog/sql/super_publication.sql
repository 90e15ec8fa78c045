-- Publications that this transaction made or changed although they hold no more than tables. $1: the role
SELECT quote_ident($1) || ' may not publish the tables of publication ' || quote_ident(p.pubname)
FROM pg_publication p
WHERE p.oid IN (SELECT r.prpubid FROM pg_publication_rel r WHERE r.xmin = pg_current_xact_id()::xid
                UNION SELECT o.oid FROM pg_publication o WHERE o.xmin = pg_current_xact_id()::xid)
      AND NOT p.puballtables
      AND NOT EXISTS (SELECT FROM pg_publication_namespace n WHERE n.pnpubid = p.oid) -- pg>=15
