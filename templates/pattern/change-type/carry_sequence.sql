DO {q}
DECLARE
    s record;
    counted record;
    most CONSTANT bigint[] := ARRAY[32767, 2147483647, 9223372036854775807];
    least CONSTANT bigint[] := ARRAY[-32768, -2147483648, -9223372036854775808];
BEGIN
    FOR s IN SELECT d.objid::regclass::text AS name, d.deptype = 'i' AS internal, a.attidentity, q.* FROM pg_depend AS d
            JOIN pg_attribute AS a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid
            JOIN pg_sequence AS q ON q.seqrelid = d.objid
            WHERE d.classid = 'pg_class'::regclass AND d.refclassid = 'pg_class'::regclass AND d.refobjid = {table_text}::regclass
            AND a.attname = {carry_from_text} AND d.deptype IN ('a', 'i') LOOP
        IF NOT s.internal THEN
            EXECUTE format('ALTER SEQUENCE %s OWNED BY %s.%I', s.name, {table_text}::regclass, {carry_to_text});
            IF {counts} THEN
                EXECUTE format('ALTER SEQUENCE %s AS %s', s.name, {carry_type_text});
            END IF;
            CONTINUE;
        END IF;
        EXECUTE format('SELECT last_value, is_called FROM %s', s.name) INTO counted;
        ALTER TABLE {table} ALTER COLUMN {carry_from} DROP IDENTITY;
        EXECUTE format('ALTER TABLE %s ALTER COLUMN %I ADD GENERATED %s AS IDENTITY (SEQUENCE NAME %s START WITH %s INCREMENT BY %s %s %s CACHE %s %s)',
            {table_text}::regclass, {carry_to_text}, CASE s.attidentity WHEN 'a' THEN 'ALWAYS' ELSE 'BY DEFAULT' END, s.name,
            s.seqstart, s.seqincrement,
            -- a limit that is the old type's is none
            CASE WHEN s.seqmin = ANY (least) THEN '' ELSE 'MINVALUE ' || s.seqmin END,
            CASE WHEN s.seqmax = ANY (most) THEN '' ELSE 'MAXVALUE ' || s.seqmax END,
            s.seqcache, CASE WHEN s.seqcycle THEN 'CYCLE' ELSE 'NO CYCLE' END);
        PERFORM setval(s.name, counted.last_value, counted.is_called);
    END LOOP;
END
{q};
