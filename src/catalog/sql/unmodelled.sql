-- What a database has that is not modelled: reported, never passed over in silence.
SELECT what FROM (
    SELECT 'large objects' AS what WHERE EXISTS (SELECT FROM pg_largeobject_metadata)
    UNION ALL -- that are not what the extension, or the server itself, gave
    SELECT DISTINCT 'privileges on ' || CASE WHEN o.subid <> 0 THEN 'columns of ' ELSE '' END || i.type || ' ' || i.identity || CASE WHEN m.objid IS NULL THEN ', of the server' ELSE ', of an extension' END
    FROM (SELECT 'pg_class'::regclass::oid AS classid, oid, 0 AS subid, relacl AS acl,
                 acldefault(CASE relkind WHEN 'S' THEN 's' ELSE 'r' END::"char", relowner) AS born
          FROM pg_class WHERE relacl IS NOT NULL
          UNION ALL SELECT 'pg_class'::regclass, attrelid, attnum, attacl, '{}' FROM pg_attribute WHERE attacl IS NOT NULL
          UNION ALL SELECT 'pg_proc'::regclass, oid, 0, proacl, acldefault('f', proowner) FROM pg_proc WHERE proacl IS NOT NULL
          UNION ALL SELECT 'pg_type'::regclass, oid, 0, typacl, acldefault('T', typowner) FROM pg_type WHERE typacl IS NOT NULL
          UNION ALL SELECT 'pg_namespace'::regclass, oid, 0, nspacl, acldefault('n', nspowner) FROM pg_namespace WHERE nspacl IS NOT NULL
          UNION ALL SELECT 'pg_language'::regclass, oid, 0, lanacl, acldefault('l', lanowner) FROM pg_language WHERE lanacl IS NOT NULL
          UNION ALL SELECT 'pg_foreign_data_wrapper'::regclass, oid, 0, fdwacl, acldefault('F', fdwowner)
                    FROM pg_foreign_data_wrapper WHERE fdwacl IS NOT NULL) o
    LEFT JOIN pg_depend m ON m.classid = o.classid AND m.objid = o.oid AND m.objsubid = 0
         AND m.refclassid = 'pg_extension'::regclass AND m.deptype = 'e'
    LEFT JOIN pg_init_privs p ON p.classoid = o.classid AND p.objoid = o.oid AND p.objsubid = o.subid,
    pg_identify_object(o.classid, o.oid, 0) i
    WHERE (m.objid IS NOT NULL OR o.oid < 16384 OR o.subid < 0) AND o.oid <> 2200 -- the schema public is modelled
          -- nor is what initdb gives on these in pg_init_privs
          AND i.identity <> 'information_schema' AND coalesce(i.schema, '') <> 'information_schema'
          AND NOT (o.acl @> coalesce(p.initprivs, o.born) AND coalesce(p.initprivs, o.born) @> o.acl)
    UNION ALL
    SELECT v.what FROM pg_database d
    LEFT JOIN pg_shdescription said ON said.classoid = 'pg_database'::regclass AND said.objoid = d.oid,
    LATERAL (SELECT 'settings of the database' || coalesce(' for role ' || quote_ident(pg_get_userbyid(nullif(s.setrole, 0))), '') || ': '
                    || (SELECT string_agg(split_part(c, '=', 1), ', ' ORDER BY c) FROM unnest(s.setconfig) c)
             FROM pg_db_role_setting s WHERE s.setdatabase = d.oid
             UNION ALL SELECT 'privileges of the database' WHERE d.datacl IS NOT NULL
             UNION ALL SELECT 'the comment on the database' WHERE said.description IS NOT NULL
             UNION ALL SELECT 'security labels of ' || l.provider || ' on the database' FROM pg_shseclabel l
             WHERE l.classoid = 'pg_database'::regclass AND l.objoid = d.oid) v (what)
    -- those of databases of ours are not the user's
    WHERE d.datname = current_database() AND coalesce(said.description, '') NOT LIKE 'git-postkit:1 %'
) x
ORDER BY 1
