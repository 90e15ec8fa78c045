-- Wrappers and servers that the role $1 may not use: how to let it, and how to take that back.
SELECT format('GRANT USAGE ON %s TO %I', what, $1::text), format('REVOKE USAGE ON %s FROM %I', what, $1::text)
FROM (SELECT format('FOREIGN DATA WRAPPER %I', fdwname) AS what FROM pg_foreign_data_wrapper
      WHERE NOT has_foreign_data_wrapper_privilege($1::name, oid, 'USAGE')
      UNION ALL SELECT format('FOREIGN SERVER %I', srvname) FROM pg_foreign_server
      WHERE NOT has_server_privilege($1::name, oid, 'USAGE')) x
