DO {q}
<<postkit>>
DECLARE
    step CONSTANT bigint := 64;
    pause CONSTANT double precision := coalesce(nullif(current_setting('postkit.batch_pause', true), ''), '0');
    told CONSTANT boolean := coalesce(current_setting('postkit.batch_progress', true), '') = 'on';
    part regclass;
    first bigint;
    blocks bigint;
    done bigint;
    total bigint;
BEGIN
    LOOP
        done := 0;
        total := (SELECT sum(pg_relation_size(p) / current_setting('block_size')::bigint) FROM
            (SELECT {table_text}::regclass UNION SELECT relid FROM pg_partition_tree({table_text}) WHERE isleaf) AS parts (p));
        FOR part IN SELECT {table_text}::regclass UNION SELECT relid FROM pg_partition_tree({table_text}) WHERE isleaf LOOP
            first := 0;
            blocks := pg_relation_size(part) / current_setting('block_size')::bigint;
            WHILE first < blocks LOOP
                IF NOT pg_try_advisory_lock_shared(1886352244, 1885435251) THEN
                    RAISE EXCEPTION 'stopped after a batch, as asked' USING ERRCODE = 'PK001';
                END IF;
                PERFORM pg_advisory_unlock_shared(1886352244, 1885435251);
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
                done := done + step;
                IF told THEN
                    PERFORM set_config('application_name', format('git postkit: %s of %s blocks', least(done, total), total), false);
                END IF;
                IF pause > 0 THEN
                    PERFORM pg_sleep(pause);
                END IF;
            END LOOP;
        END LOOP;
        -- rows that were locked meanwhile, or moved to where it had been
        EXIT WHEN NOT EXISTS (SELECT FROM {table} AS t WHERE {todo});
        PERFORM pg_sleep(0.1);
    END LOOP;
END
{q};
