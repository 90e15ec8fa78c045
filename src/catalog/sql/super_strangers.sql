-- How much there is that is not the login role's ($1) to give away.
SELECT count(*) FROM (
    SELECT proowner FROM pg_proc
    UNION ALL SELECT relowner FROM pg_class
    UNION ALL SELECT typowner FROM pg_type
    UNION ALL SELECT nspowner FROM pg_namespace
    UNION ALL SELECT oprowner FROM pg_operator
    UNION ALL SELECT opcowner FROM pg_opclass
    UNION ALL SELECT opfowner FROM pg_opfamily
    UNION ALL SELECT collowner FROM pg_collation
    UNION ALL SELECT conowner FROM pg_conversion
    UNION ALL SELECT lanowner FROM pg_language
    UNION ALL SELECT cfgowner FROM pg_ts_config
    UNION ALL SELECT dictowner FROM pg_ts_dict
    UNION ALL SELECT stxowner FROM pg_statistic_ext
    UNION ALL SELECT fdwowner FROM pg_foreign_data_wrapper
    UNION ALL SELECT srvowner FROM pg_foreign_server
    UNION ALL SELECT evtowner FROM pg_event_trigger
    UNION ALL SELECT pubowner FROM pg_publication
    UNION ALL SELECT subowner FROM pg_subscription
              WHERE subdbid = (SELECT oid FROM pg_database WHERE datname = current_database())
    UNION ALL SELECT lomowner FROM pg_largeobject_metadata
    UNION ALL SELECT spcowner FROM pg_tablespace
    UNION ALL SELECT datdba FROM pg_database) AS o (owner)
WHERE NOT pg_has_role($1::name, o.owner, 'MEMBER')
