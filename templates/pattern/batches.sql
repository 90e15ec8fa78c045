DO {q}
<<postkit>>
DECLARE
    step CONSTANT bigint := 64;
    part regclass;
    first bigint;
    blocks bigint;
BEGIN
    LOOP
        FOR part IN SELECT {table_text}::regclass UNION SELECT relid FROM pg_partition_tree({table_text}) WHERE isleaf LOOP
            first := 0;
            blocks := pg_relation_size(part) / current_setting('block_size')::bigint;
            WHILE first < blocks LOOP
                WHILE NOT pg_try_advisory_xact_lock_shared({key}) LOOP
                    COMMIT;
                    PERFORM pg_sleep(1);
                END LOOP;
                EXECUTE {q2}WITH batch AS (
                        SELECT t.ctid FROM ONLY {q2} || part::text || {q2} AS t
                        WHERE t.ctid >= format('(%s,0)', $1)::tid AND t.ctid < format('(%s,0)', $2)::tid AND {todo}
                        FOR UPDATE SKIP LOCKED){fill}{q2}
                    USING first, first + step;
                COMMIT;
                first := first + step;
            END LOOP;
        END LOOP;
        -- rows that were locked meanwhile, or moved to where it had been
        EXIT WHEN NOT EXISTS (SELECT FROM {table} AS t WHERE {todo});
        PERFORM pg_sleep(0.1);
    END LOOP;
END
{q};
