DO {q}
<<postkit>>
DECLARE
    most CONSTANT bigint := 64;
    aim CONSTANT double precision := 0.05;
    pause CONSTANT double precision := coalesce(nullif(current_setting('postkit.batch_pause', true), ''), '0');
    told CONSTANT boolean := coalesce(current_setting('postkit.batch_progress', true), '') = 'on';
    part regclass;
    step bigint := 16;
    first bigint;
    blocks bigint;
    done bigint;
    total bigint;
    began timestamptz;
    took double precision;
    changed bigint;
    passed bigint;
    remaining bigint;
    before bigint;
BEGIN
    LOOP
        done := 0;
        passed := 0;
        total := (SELECT sum(pg_relation_size(p) / current_setting('block_size')::bigint) FROM
            ({parts}) AS parts (p));
        FOR part IN {parts} LOOP
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
                began := clock_timestamp();
                {batch}
                GET DIAGNOSTICS changed = ROW_COUNT;
                COMMIT;
                took := extract(epoch FROM clock_timestamp() - began);
                first := first + step;
                done := done + step;
                passed := passed + changed;
                -- others wait for its rows as long as a batch takes
                step := CASE WHEN took > aim THEN greatest(step / 2, 1) WHEN took < aim / 4 THEN least(step * 2, most) ELSE step END;
                IF told THEN
                    PERFORM set_config('application_name', format('git postkit: %s of %s blocks', least(done, total), total), false);
                END IF;
                IF pause > 0 THEN
                    PERFORM pg_sleep(pause);
                END IF;
            END LOOP;
        END LOOP;
        -- rows that were locked meanwhile, or moved to where it had been; or that stay so, whatever they are set to
        remaining := (SELECT count(*) FROM {rows} AS t WHERE {todo});
        EXIT WHEN remaining = 0 OR (passed > 0 AND remaining >= before);
        before := remaining;
        PERFORM pg_sleep(0.1);
    END LOOP;
END
{q};
