-- What the statements to come do to tables that are there, told as notices "saw {...}": the server's own word,
-- apart from what git postkit measures. For a database that is thrown away.
CREATE SCHEMA judge;
CREATE TABLE judge.before AS
SELECT c.oid, c.relkind, c.relfilenode, c.oid::regclass::text AS name FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'm', 'i') AND n.nspname !~ '^(pg_|judge$)' AND n.nspname <> 'information_schema';

-- So far, by table.
CREATE FUNCTION judge.rows_read() RETURNS json LANGUAGE sql AS $$
	SELECT coalesce(json_object_agg(s.relid, s.seq_tup_read + coalesce(s.idx_tup_fetch, 0)), '{}')
	FROM pg_stat_xact_all_tables s JOIN judge.before b ON b.oid = s.relid
$$;

CREATE FUNCTION judge.rewrite() RETURNS event_trigger LANGUAGE plpgsql AS $$
BEGIN
	IF EXISTS (SELECT FROM judge.before WHERE oid = pg_event_trigger_table_rewrite_oid()) THEN
		RAISE NOTICE 'saw %', json_build_object('query', current_query(), 'rewritten',
			pg_event_trigger_table_rewrite_oid()::regclass, 'reason', pg_event_trigger_table_rewrite_reason());
	END IF;
END $$;
CREATE FUNCTION judge.start() RETURNS event_trigger LANGUAGE plpgsql AS $$
BEGIN
	PERFORM set_config('judge.read', judge.rows_read()::text, false),
		set_config('judge.files', (SELECT coalesce(json_object_agg(c.oid, c.relfilenode), '{}')::text FROM pg_class c JOIN judge.before USING (oid)), false);
END $$;
CREATE FUNCTION judge.finish() RETURNS event_trigger LANGUAGE plpgsql AS $$
BEGIN
	RAISE NOTICE 'saw %', json_build_object('query', current_query(), 'tag', tg_tag,
		'read', (SELECT coalesce(sum(n.value::bigint - coalesce(current_setting('judge.read')::json ->> n.key, '0')::bigint), 0)
			 FROM json_each_text(judge.rows_read()) n),
		'locks', (SELECT coalesce(json_agg(DISTINCT l.mode), '[]') FROM pg_locks l JOIN judge.before b ON b.oid = l.relation
			  WHERE l.pid = pg_backend_pid() AND b.relkind <> 'i'
				AND l.mode IN ('ShareLock', 'ShareRowExclusiveLock', 'ExclusiveLock', 'AccessExclusiveLock')),
		'files', (SELECT coalesce(json_agg(b.name), '[]') FROM judge.before b JOIN pg_class c USING (oid)
			  WHERE b.relkind = 'i' AND c.relfilenode::text IS DISTINCT FROM
				current_setting('judge.files')::json ->> c.oid::text));
END $$;
CREATE EVENT TRIGGER judge_rewrite ON table_rewrite EXECUTE FUNCTION judge.rewrite();
CREATE EVENT TRIGGER judge_start ON ddl_command_start EXECUTE FUNCTION judge.start();
CREATE EVENT TRIGGER judge_finish ON ddl_command_end EXECUTE FUNCTION judge.finish();
