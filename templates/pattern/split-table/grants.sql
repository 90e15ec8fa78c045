DO {q}
DECLARE
    given text;
BEGIN
    FOR given IN
        SELECT format('GRANT %s%s ON %s TO %s%s', a.privilege_type, said.columns, {new_table_text},
                CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE a.grantee::regrole::text END,
                CASE WHEN a.is_grantable THEN ' WITH GRANT OPTION' ELSE '' END)
        FROM pg_class AS c CROSS JOIN LATERAL (
            SELECT '' AS columns, c.relacl AS acl
            UNION ALL SELECT format('(%I)', attname), attacl FROM pg_attribute
            WHERE attrelid = c.oid AND attname IN ({keys_text}, {columns_text})) AS said
        CROSS JOIN aclexplode(said.acl) AS a
        WHERE c.oid = {table_text}::regclass AND a.grantee <> c.relowner AND NOT c.relrowsecurity LOOP
        EXECUTE given;
    END LOOP;
END
{q};
