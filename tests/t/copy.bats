#!/usr/bin/env bats
# git postkit copy: everything comes along, or an error says what did not.

# shellcheck disable=SC2030,SC2031 # each test runs in a subshell of its own, on purpose

load ../lib/common
load ../lib/versions

setup_file() {
	common_setup
	pg_start
	sql postgres 'CREATE ROLE "Own er"; CREATE ROLE "read""er"; CREATE ROLE pol'
}

hostile() {
	sql postgres "CREATE DATABASE \"${1//\"/\"\"}\" OWNER \"Own er\""
	sql "$1" <<-'SQL'
		CREATE EXTENSION pg_trgm;
		CREATE EXTENSION postgres_fdw;
		CREATE SERVER s FOREIGN DATA WRAPPER postgres_fdw;
		CREATE USER MAPPING FOR "Own er" SERVER s OPTIONS (user 'u', password 'hush');
		SET ROLE "Own er";
		CREATE SCHEMA "My S";
		CREATE TYPE "My S"."M ood" AS ENUM ('a', 'b');
		CREATE TABLE "My S"."T ""'x" (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, "n n" text, m "My S"."M ood");
		INSERT INTO "My S"."T ""'x" ("n n", m) SELECT 'n' || i, 'b' FROM generate_series(1, 5000) i;
		CREATE INDEX ON "My S"."T ""'x" USING gin ("n n" public.gin_trgm_ops);
		ALTER TABLE "My S"."T ""'x" ENABLE ROW LEVEL SECURITY;
		CREATE POLICY "p p" ON "My S"."T ""'x" TO pol USING (true);
		GRANT USAGE ON SCHEMA "My S" TO "read""er";
		GRANT SELECT ON "My S"."T ""'x" TO "read""er";
		ALTER DEFAULT PRIVILEGES IN SCHEMA "My S" GRANT SELECT ON TABLES TO "read""er";
		CREATE TABLE "My S".c (id int REFERENCES "My S"."T ""'x");
		CREATE MATERIALIZED VIEW "My S".mv AS SELECT count(*) FROM "My S"."T ""'x";
		SELECT lo_from_bytea(4242, 'large');
		RESET ROLE;
		CREATE FUNCTION public.ev() RETURNS event_trigger LANGUAGE plpgsql AS 'begin end';
		CREATE EVENT TRIGGER ev ON ddl_command_end EXECUTE FUNCTION public.ev();
		CREATE PUBLICATION p FOR ALL TABLES;
	SQL
}

@test "data, owners, privileges and policies come along; passwords do not" {
	hostile 'Sh"op'
	sql postgres 'CREATE DATABASE "into" OWNER "Own er"'
	ok git postkit copy "postgresql://postgres@/Sh%22op?host=$PROD_SOCKET&port=$PROD_PORT" "$(pg_url into)"
	has 'copied 2 tables'
	equal "$(git postkit fingerprint "$(pg_url into)" 2>/dev/null)" \
		"$(git postkit fingerprint "postgresql://postgres@/Sh%22op?host=$PROD_SOCKET&port=$PROD_PORT" 2>/dev/null)"
	equal "$(sql into "SELECT count(*) FROM \"My S\".\"T \"\"'x\"")" 5000
	equal "$(sql into 'SELECT * FROM "My S".mv')" 5000
	equal "$(sql into "SELECT lomowner::regrole || convert_from(lo_get(oid), 'UTF8') FROM pg_largeobject_metadata")" \
		'"Own er"large'
	equal "$(sql into 'SELECT count(*) FROM pg_event_trigger')" 1
	equal "$(sql into 'SELECT umoptions FROM pg_user_mapping')" '{user=u}'
}

@test "a database that holds something is left alone" {
	pg_createdb full
	sql full 'CREATE TABLE mine (id int)'
	fails 128 git postkit copy "$(pg_url postgres)" "$(pg_url full)"
	has 'is not empty' 'mine'
	equal "$(sql full 'SELECT count(*) FROM mine')" 0
}

@test "missing roles are one error that lists them" {
	pg_createdb roles
	sql roles 'CREATE ROLE gone1; CREATE ROLE "go ne2"; CREATE TABLE a (id int); ALTER TABLE a OWNER TO gone1;
		GRANT SELECT ON a TO "go ne2"'
	pg_start other
	sql postgres 'CREATE DATABASE there'
	local to
	to=$(pg_url there)
	fails 128 git postkit copy "postgresql://postgres@/roles?host=$T/prod/s&port=$(port_of prod)" "$to"
	has '"go ne2"' 'gone1' '--no-owner'
	ok git postkit copy --no-owner "postgresql://postgres@/roles?host=$T/prod/s&port=$(port_of prod)" "$to"
	equal "$(sql there 'SELECT tableowner FROM pg_tables WHERE tablename = '"'a'")" postgres
	pg_stop other
}

port_of() { sed -n 4p "$T/$1/data/postmaster.pid"; }

@test "a role that may not read is an error with the way out, and nothing is left behind" {
	pg_createdb secretive
	sql secretive 'CREATE ROLE nosy LOGIN; CREATE TABLE s (id int)'
	pg_createdb empty1
	mkdir "$T/tmp1"
	TMPDIR=$T/tmp1 fails 128 git postkit copy "postgresql://nosy@/secretive?host=$PROD_SOCKET&port=$PROD_PORT" "$(pg_url empty1)"
	has 'permission denied' 'pg_read_all_data'
	equal "$(sql empty1 "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'")" 0
	[ -z "$(ls -A "$T/tmp1")" ]
}

@test "the password is in no argument and the temporary folder is private" {
	pg_createdb tcp
	sql tcp 'CREATE TABLE t AS SELECT i FROM generate_series(1, 10) i'
	pg_createdb tcp2
	mkdir "$T/fake" "$T/tmp"
	local p
	for p in pg_dump pg_restore; do
		cat >"$T/fake/$p" <<-SCRIPT
			#!/bin/sh
			if [ "\${PGPASSFILE#*postkit-copy}" != "\$PGPASSFILE" ]; then
				echo "\$*" >>$T/args
				stat -c '%a' "\$(dirname "\$PGPASSFILE")" "\$PGPASSFILE" >>$T/modes
				env | grep -v ^PROD_PASSWORD= >>$T/environment
			fi
			exec $(pg_bin)/$p "\$@"
		SCRIPT
		chmod +x "$T/fake/$p"
	done
	ln -s "$(pg_bin)"/{psql,postgres,initdb,pg_ctl,pg_config} "$T/fake/"
	git config --global postkit.pgBin "$T/fake"
	TMPDIR=$T/tmp ok git postkit copy "$(pg_url_tcp tcp)" "$(pg_url_tcp tcp2)"
	git config --global --unset postkit.pgBin
	equal "$(sql tcp2 'SELECT count(*) FROM t')" 10
	grep -q postkit-copy "$T/args"
	run ! grep -q secret "$T/args" "$T/environment"
	equal "$(sort -u "$T/modes" | tr '\n' ' ')" '600 700 '
	[ -z "$(ls -A "$T/tmp")" ]
}


# What a database holds, as text: rows, sequences and large objects included, in an order of its own.
contents() { # DB [pg_dump's options]
	local db=$1
	shift
	"$(pg_tools)/pg_dump" "$@" -h "$PROD_SOCKET" -p "$PROD_PORT" -U postgres "$db" | grep -v '^.\(un\)\?restrict ' | LC_ALL=C sort
}
structure() { # DB
	"$(pg_tools)/pg_dump" -s -h "$PROD_SOCKET" -p "$PROD_PORT" -U postgres "$1" | grep -v '^.\(un\)\?restrict '
}
same() { # DB DB: on the server started last
	structure "$1" >"$T/structure.1"
	structure "$2" >"$T/structure.2"
	diff "$T/structure.1" "$T/structure.2"
	contents "$1" >"$T/contents.1"
	contents "$2" >"$T/contents.2"
	diff "$T/contents.1" "$T/contents.2"
	[ -s "$T/contents.1" ]
}

@test "whatever a database may hold, the copy holds, with any number of workers" {
	pg_createdb everything "$ROOT/tests/data/copy/everything.sql"
	local jobs
	for jobs in 1 2 5; do
		pg_createdb "everything_$jobs"
		ok git postkit copy --jobs "$jobs" "$(pg_url everything)" "$(pg_url "everything_$jobs")"
		same everything "everything_$jobs"
	done
	equal "$(sql everything_2 "SELECT count(*) FROM public.long")" 30000
	equal "$(sql everything_2 "SELECT relispopulated FROM pg_class WHERE relname = 'unfilled'")" f
	equal "$(sql everything_2 "SELECT n FROM public.a_second")" 60002
	equal "$(sql everything_2 "SELECT count(*) FROM pg_statistic s JOIN pg_class c ON c.oid = s.starelid WHERE relname = 'long'")" 4
	pg_createdb everything_s
	ok git postkit copy --schema-only "$(pg_url everything)" "$(pg_url everything_s)"
	structure everything >"$T/structure.1"
	structure everything_s >"$T/structure.2"
	diff "$T/structure.1" "$T/structure.2"
	equal "$(sql everything_s "SELECT count(*) FROM public.long")" 0
}

# Of the majors for which there are client programs that write to them. Between majors every table goes as text.
@test "many tables are made side by side, however they hang together" {
	pg_createdb crowd
	# shellcheck disable=SC2016 # no variable is meant
	{
		echo 'CREATE SEQUENCE shared; CREATE TABLE parent (id int, note text);
			CREATE FUNCTION twice(int) RETURNS int LANGUAGE sql IMMUTABLE AS $$SELECT 2 * $1$$;
			CREATE TABLE parts (id int, at date) PARTITION BY RANGE (id);'
		for ((i = 0; i < 150; i++)); do
			echo "CREATE TABLE t$i (id serial, n int DEFAULT nextval('shared'), m int GENERATED ALWAYS AS (twice($i)) STORED,
				k int GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY);
				COMMENT ON TABLE t$i IS 't$i'; COMMENT ON COLUMN t$i.n IS 'n';
				CREATE TABLE heir$i (more int) INHERITS (parent); CREATE TABLE row$i (t t$i, h heir${i}[]);
				CREATE VIEW m$i AS SELECT t.id, (r.t).n FROM t$i t JOIN row$i r ON (r.t).id = t.id;
				CREATE TABLE of_view$i (v m$i); COMMENT ON VIEW m$i IS 'm$i';
				CREATE TABLE part$i PARTITION OF parts FOR VALUES FROM ($i) TO ($((i + 1)));
				INSERT INTO t$i SELECT FROM generate_series(1, $i); INSERT INTO row$i (t) SELECT t FROM t$i t;"
		done
		echo "INSERT INTO parts SELECT g, 'today' FROM generate_series(0, 149) g"
	} | sql crowd
	sql crowd 'CREATE TABLE owned (id int); ALTER SEQUENCE shared OWNED BY owned.id'
	local jobs
	for jobs in 1 3; do
		pg_createdb "crowd_$jobs"
		ok git postkit copy --jobs "$jobs" "$(pg_url crowd)" "$(pg_url "crowd_$jobs")"
		same crowd "crowd_$jobs"
	done
}

@test "copies hold the same on each major, and from an older one to a newer" {
	local major why oldest_url='' own_url=''
	for major in 14 "$(versions_major "$(pg_bin)")" 18; do
		versions_use "$major" || skip "$why"
		git config --global postkit.pgBin "$(pg_tools)"
		pg_start "v$major"
		pg_createdb everything "$ROOT/tests/data/copy/everything.sql"
		oldest_url=${oldest_url:-$(pg_url everything)}
		sql everything 'SET session_replication_role = replica; CREATE TABLE ruled (id int NOT NULL, t text DEFAULT 1) PARTITION BY LIST (id);
			CREATE TABLE ruled_one PARTITION OF ruled DEFAULT; ALTER TABLE ruled ALTER t SET DEFAULT 2, ALTER t SET (n_distinct = 3)'
		[ "$major" -ge 18 ] || own_url=$(pg_url everything)
		pg_createdb copied
		ok git postkit copy --jobs 2 "$(pg_url everything)" "$(pg_url copied)"
		same everything copied
	done
	pg_createdb older
	ok git postkit copy --jobs 2 "$oldest_url" "$(pg_url older)"
	contents everything --data-only >"$T/contents.1"
	contents older --data-only >"$T/contents.2"
	diff "$T/contents.1" "$T/contents.2"
	# what a server keeps for itself among the options of columns, and newer ones do not know
	pg_createdb newer
	ok git postkit copy --jobs 2 "$own_url" "$(pg_url newer)"
	equal "$(sql newer "SELECT attoptions FROM pg_attribute WHERE attrelid = 'ruled'::regclass AND attname = 't'")" '{n_distinct=3}'
	git config --global --unset postkit.pgBin
}

@test "a private clone holds the same, and its foreign keys are valid without being checked again" {
	pg_createdb private "$ROOT/tests/data/copy/everything.sql"
	sql private "UPDATE pg_constraint SET convalidated = true WHERE conname = 'later';
		SET session_replication_role = replica; INSERT INTO believed VALUES (2, 4711)"
	new_repo private
	git postkit init >/dev/null 2>&1
	git postkit remote add prod "$(pg_url private)" >/dev/null 2>&1
	git add -A
	git commit -qm schema
	git switch -qc work
	ok git postkit start --jobs 2
	local dir
	dir=$(git postkit url)
	equal "$("$(pg_tools)/psql" -XAt "$dir" -c 'SELECT count(*) FROM pg_constraint WHERE NOT convalidated')" 0
	equal "$("$(pg_tools)/psql" -XAt "$dir" -c 'SELECT id || user_id::text FROM believed WHERE id = 2')" 24711
	equal "$("$(pg_tools)/psql" -XAt "$dir" -c "SELECT md5(string_agg(l::text, '' ORDER BY id)) FROM long l")" \
		"$(sql private "SELECT md5(string_agg(l::text, '' ORDER BY id)) FROM long l")"
	equal "$("$(pg_tools)/psql" -XAt "$dir" -c "SELECT md5(string_agg(w::text, '' ORDER BY id)) FROM wide w")" \
		"$(sql private "SELECT md5(string_agg(w::text, '' ORDER BY id)) FROM wide w")"
	git postkit abort --yes
}

@test "materialized views are filled side by side, each after all that it reads" {
	pg_createdb views
	sql views "CREATE TABLE t AS SELECT generate_series(1, 10) AS i;
		CREATE FUNCTION later() RETURNS bigint STABLE LANGUAGE plpgsql AS 'BEGIN RETURN (SELECT sum(n) FROM public.\"z z\"); END';
		CREATE MATERIALIZED VIEW a AS SELECT later() AS n WITH NO DATA;
		CREATE MATERIALIZED VIEW b AS SELECT sum(i) AS n FROM t;
		CREATE MATERIALIZED VIEW c AS SELECT count(*) AS n FROM t;
		CREATE VIEW bc AS SELECT b.n + c.n AS n FROM b, c;
		CREATE MATERIALIZED VIEW d AS SELECT n FROM bc;
		CREATE MATERIALIZED VIEW \"z z\" AS SELECT n + 1 AS n FROM d;
		CREATE FUNCTION known() RETURNS bigint STABLE LANGUAGE sql BEGIN ATOMIC SELECT n FROM \"z z\"; END;
		CREATE MATERIALIZED VIEW f AS SELECT known() AS n;
		CREATE MATERIALIZED VIEW emptied AS SELECT 1 AS n;
		CREATE MATERIALIZED VIEW above AS SELECT n FROM emptied;
		CREATE MATERIALIZED VIEW e AS SELECT n FROM a WITH NO DATA;
		REFRESH MATERIALIZED VIEW a; REFRESH MATERIALIZED VIEW e; REFRESH MATERIALIZED VIEW emptied WITH NO DATA"
	pg_createdb views_1
	pg_createdb views_3
	local jobs
	fillers() { grep 'REFRESH MATERIALIZED VIEW public.[bc]\b' "$T/prod/log" | tail -n 2 | sed 's/.*\[\([0-9]*\)\].*/\1/' | sort -u | wc -l; }
	for jobs in 1 3; do
		ok git postkit copy --jobs "$jobs" "$(pg_url views)" "$(pg_url "views_$jobs")"
		equal "$(sql "views_$jobs" 'SELECT a.n, d.n, e.n, f.n FROM a, d, e, f')" '66|65|66|66'
		equal "$(sql "views_$jobs" "SELECT string_agg(relname, ' ' ORDER BY relname) FROM pg_class
			WHERE relkind = 'm' AND NOT relispopulated")" 'above emptied'
		equal "$(fillers)" "$((jobs > 1 ? 2 : 1))"
	done
	sql views 'CREATE MATERIALIZED VIEW fails AS SELECT 1 / count(*) AS n FROM t; DELETE FROM t'
	pg_createdb views_0
	fails 128 git postkit copy "$(pg_url views)" "$(pg_url views_0)"
	has 'REFRESH MATERIALIZED VIEW public.fails' 'division by zero'
}

@test "large tables are copied in parts, side by side, and none of their rows twice" {
	pg_createdb parts
	sql parts "CREATE TABLE big (id bigint, pad text);
		INSERT INTO big SELECT i, repeat('p', 500) FROM generate_series(1, 200000) i;
		DELETE FROM big WHERE id % 7 = 0; UPDATE big SET pad = 'q' WHERE id % 5 = 0;
		ALTER TABLE big ADD PRIMARY KEY (id); CREATE INDEX ON big (pad)"
	pg_createdb parts2
	ok git postkit copy --jobs 3 "$(pg_url parts)" "$(pg_url parts2)"
	equal "$(sql parts2 'SELECT count(*), count(DISTINCT id), sum(id) FROM big')" \
		"$(sql parts 'SELECT count(*), count(DISTINCT id), sum(id) FROM big')"
	grep -q "COPY (SELECT id, pad FROM ONLY public.big WHERE ctid >= '(0,0)' AND ctid < '" "$T/prod/log"
}

@test "a role that may select copies all, with as many connections as it was given" {
	pg_createdb readable "$ROOT/tests/data/copy/everything.sql"
	sql readable "SET session_replication_role = replica; ALTER TABLE secret DISABLE ROW LEVEL SECURITY; SELECT lo_unlink(oid) FROM pg_largeobject_metadata;
		CREATE ROLE selects LOGIN; GRANT USAGE ON SCHEMA \"S \"\"q'; --\" TO selects;
		GRANT SELECT ON ALL TABLES IN SCHEMA public, \"S \"\"q'; --\" TO selects;
		GRANT SELECT ON ALL SEQUENCES IN SCHEMA public, \"S \"\"q'; --\" TO selects;
		REVOKE TEMPORARY ON DATABASE readable FROM PUBLIC"
	sql postgres "ALTER ROLE selects PASSWORD 'hush'"
	local jobs port
	for jobs in 1 2; do
		pg_createdb "readable_$jobs"
		counting "$T/most_$jobs" >"$T/port_$jobs" 3>&- &
		until_true test -s "$T/port_$jobs"
		port=$(cat "$T/port_$jobs")
		ok git postkit copy --jobs "$jobs" "$(PROD_PORT=$port pg_url_tcp readable selects hush)" "$(pg_url "readable_$jobs")"
		kill $!
		equal "$(cat "$T/most_$jobs")" "$jobs"
		same readable "readable_$jobs"
	done
	hasnt_locks
}

# counting FILE: a way to the server, of which it says the port. FILE: how many were connected at once, at most. Whoever
# has gone counts no longer, though his session ends a moment later.
counting() {
	exec python3 - "$PROD_PORT" "$1" <<-'PYTHON'
		import socket
		import sys
		import threading

		ESTABLISHED = 1
		listener = socket.create_server(("127.0.0.1", 0), backlog=64)
		clients, most = [], 0


		def is_there(client):
		    return client.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 1)[0] == ESTABLISHED


		def pump(source, to):
		    try:
		        while data := source.recv(1 << 16):
		            to.sendall(data)
		    except OSError:
		        pass
		    for end in (source, to):
		        try:
		            end.shutdown(socket.SHUT_RDWR)
		        except OSError:
		            pass


		print(listener.getsockname()[1], flush=True)
		while True:
		    client = listener.accept()[0]
		    clients.append(client)
		    most = max(most, sum(map(is_there, clients)))
		    with open(sys.argv[2], "w", encoding="ascii") as file:
		        print(most, file=file)
		    server = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
		    for ends in ((client, server), (server, client)):
		        threading.Thread(target=pump, args=ends, daemon=True).start()
	PYTHON
}

# ACCESS SHARE is the only lock that was asked for by name.
hasnt_locks() { run ! grep -E 'LOCK TABLE.* IN (ROW|SHARE|EXCLUSIVE|ACCESS EXCLUSIVE)' "$T/prod/log"; }

@test "row security is an error, not fewer rows" {
	pg_createdb secured
	sql secured "CREATE ROLE hidden LOGIN; CREATE TABLE s (id int); INSERT INTO s VALUES (1); GRANT SELECT ON s TO hidden;
		ALTER TABLE s ENABLE ROW LEVEL SECURITY; CREATE POLICY none ON s USING (false)"
	pg_createdb secured2
	fails 128 git postkit copy "postgresql://hidden@/secured?host=$PROD_SOCKET&port=$PROD_PORT" "$(pg_url secured2)"
	has 'row-level security' 'BYPASSRLS'
}

@test "what the source changes meanwhile is not in the copy, and cannot be emptied under it" {
	pg_createdb moving
	sql moving "CREATE TABLE a AS SELECT i, repeat('x', 1000) AS x FROM generate_series(1, 60000) i;
		CREATE TABLE b AS SELECT 1 AS one"
	pg_createdb moving2
	# It stands still at the first table that it makes, when it has its snapshot, for as long as this takes.
	"$(pg_tools)/psql" -X -q -h "$PROD_SOCKET" -p "$PROD_PORT" -U postgres -d moving2 \
		-c 'BEGIN; LOCK TABLE pg_class IN SHARE MODE; SELECT pg_sleep(600)' >/dev/null 2>&1 3>&- &
	until_true in_moving2 "wait_event = 'PgSleep'"
	git-postkit copy --jobs 2 "$(pg_url moving)" "$(pg_url moving2)" 3>&- &
	local pid=$!
	until_true in_moving2 "wait_event_type = 'Lock' AND backend_type = 'client backend'"
	sql moving 'INSERT INTO b VALUES (2)'
	fails 1 "$(pg_tools)/psql" -X -h "$PROD_SOCKET" -p "$PROD_PORT" -U postgres -d moving -v ON_ERROR_STOP=1 \
		-c "SET lock_timeout = '1ms'" -c 'TRUNCATE a'
	has 'lock timeout'
	sql postgres "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'moving2' AND wait_event = 'PgSleep'" >/dev/null
	wait "$pid"
	equal "$(sql moving2 'SELECT count(*) FROM a')" 60000
	equal "$(sql moving2 'SELECT count(*) FROM b')" 1
}
in_moving2() { [ "$(sql postgres "SELECT count(*) FROM pg_stat_activity WHERE datname = 'moving2' AND $1")" -gt 0 ]; }

# paced DB: a repository whose remote of that name is copied so slowly that there is time for what befalls the copy.
paced() {
	new_repo "$1"
	git config "postkit.remote.$1.url" "$(pg_url "$1")"
	git config "postkit.remote.$1.maxRate" 1MB
}

# DB...: sessions end a moment after their clients.
all_left() {
	local db
	for db; do
		[ "$(sql postgres "SELECT count(*) FROM pg_stat_activity WHERE datname = '$db' AND backend_type = 'client backend'")" -eq 0 ] || return 1
	done
}

@test "a snapshot older than allowed is let go, with a message" {
	pg_createdb aging
	sql aging "CREATE TABLE a AS SELECT i, md5(i::text) AS x FROM generate_series(1, 300000) i"
	pg_createdb aging2
	fails 128 git postkit copy --max-snapshot-age 50ms "$(pg_url aging)" "$(pg_url aging2)"
	has 'snapshot' '50 ms' '--max-snapshot-age'
	until_true all_left aging
	fails 128 git -c postkit.maxSnapshotAge=soon postkit copy "$(pg_url aging)" "$(pg_url aging2)"
	has 'maxSnapshotAge'
	ok git -c postkit.maxSnapshotAge=10min postkit copy "$(pg_url aging)" "$(pg_url aging2)"
}

@test "no more comes a second than is allowed, of rows of any size" {
	local rows started
	local -A others=([small]=large [large]=small)
	pg_createdb paced
	sql paced "CREATE TABLE small AS SELECT i, repeat(md5(i::text), 30) AS x FROM generate_series(1, 6500) i;
		CREATE TABLE large (i int, x text);
		ALTER TABLE large ALTER x SET STORAGE EXTERNAL; INSERT INTO large VALUES (1, repeat(md5('1'), 200000))"
	new_repo paced
	git config postkit.remote.paced.url "$(pg_url paced)"
	git config postkit.remote.paced.maxRate 4MB
	for rows in small large; do # 6 MB of many rows, and in one
		pg_createdb "paced_$rows"
		started=$(date +%s%N)
		ok git postkit copy --exclude-data "${others[$rows]}" paced "$(pg_url "paced_$rows")"
		[ $((($(date +%s%N) - started) / 1000000)) -ge 1300 ]
		equal "$(sql "paced_$rows" "SELECT md5(string_agg(x, '' ORDER BY i)) FROM $rows")" \
			"$(sql paced "SELECT md5(string_agg(x, '' ORDER BY i)) FROM $rows")"
	done
	git config postkit.remote.paced.maxRate 1GB
	fails 128 git postkit copy paced "$(pg_url paced_small)"
	has 'maxRate' 'is not a rate'
}

@test "rows that break a rule of the copy, and a source that goes away, are one message" {
	pg_createdb broken
	sql broken "CREATE TABLE fine AS SELECT 1; CREATE TABLE bad (id int);
		INSERT INTO bad SELECT i FROM generate_series(1, 100000) i; INSERT INTO bad VALUES (0);
		ALTER TABLE bad ADD CONSTRAINT positive CHECK (id > 0) NOT VALID;
		UPDATE pg_constraint SET convalidated = true WHERE conname = 'positive'"
	pg_createdb broken2
	fails 128 git postkit copy "$(pg_url broken)" "$(pg_url broken2)"
	has 'cannot copy public.bad' 'positive'
	until_true all_left broken broken2

	pg_createdb away
	sql away "CREATE TABLE big AS SELECT i, repeat(md5(i::text), 20) AS x FROM generate_series(1, 150000) i"
	pg_createdb away2
	paced away
	mkdir "$T/tmp3"
	TMPDIR=$T/tmp3 git-postkit copy away "$(pg_url away2)" 3>&- >"$T/away.out" 2>&1 &
	local pid=$! status=0
	sql postgres "DO \$\$ BEGIN
		WHILE NOT EXISTS (SELECT FROM pg_stat_activity WHERE datname = 'away' AND query ~ 'COPY .*public.big') LOOP
			PERFORM pg_stat_clear_snapshot(), pg_sleep(0.001);
		END LOOP;
		PERFORM pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'away';
	END \$\$"
	wait "$pid" || status=$?
	equal "$status" 128
	grep -q '^error: ' "$T/away.out"
	grep -q '^hint: ' "$T/away.out"
	[ -z "$(ls -A "$T/tmp3")" ]
}

@test "a target that is full is one message" {
	pg_createdb much
	sql much "CREATE TABLE big AS SELECT i, repeat('x', 1000) AS x FROM generate_series(1, 50000) i"
	pg_createdb full_disk
	mkdir "$T/small"
	mount -t tmpfs -o size=12m tmpfs "$T/small" 2>/dev/null || skip "only root may mount a small disk"
	as_server_owns "$T/small"
	sql postgres "CREATE TABLESPACE small LOCATION '$T/small'"
	sql postgres "DROP DATABASE full_disk"
	sql postgres "CREATE DATABASE full_disk TABLESPACE small"
	local status=0
	git-postkit copy "$(pg_url much)" "$(pg_url full_disk)" >"$T/full.out" 2>&1 || status=$?
	sql postgres "DROP DATABASE full_disk"
	sql postgres "DROP TABLESPACE small"
	umount "$T/small"
	equal "$status" 128
	equal "$(grep -c '^error: ' "$T/full.out")" 1
	# The server says which write failed, or that one was cut short: by chance.
	grep -q "^hint: .*disk is full" "$T/full.out"
}
as_server_owns() { chown postgres: "$1"; }

@test "text that is not UTF-8 comes through unchanged" {
	local encoding
	for encoding in LATIN1 SQL_ASCII EUC_JP; do
		sql postgres "CREATE DATABASE \"enc_$encoding\" ENCODING '$encoding' LOCALE 'C' TEMPLATE template0"
		sql postgres "CREATE DATABASE \"enc2_$encoding\" ENCODING '$encoding' LOCALE 'C' TEMPLATE template0"
		sql "enc_$encoding" "CREATE TABLE t (id int, v text CHECK (v <> 'x')); INSERT INTO t VALUES (1, convert_from('\\xc2a7', 'UTF8'))"
		if [ "$encoding" = SQL_ASCII ]; then sql "enc_$encoding" "SET client_encoding = SQL_ASCII; INSERT INTO t VALUES (2, E'\\xe9\\xff')"; fi
		ok git postkit copy "$(pg_url "enc_$encoding")" "$(pg_url "enc2_$encoding")"
		equal "$(sql "enc2_$encoding" "SELECT string_agg(encode(textsend(v), 'hex'), ',' ORDER BY id) FROM t")" \
			"$(sql "enc_$encoding" "SELECT string_agg(encode(textsend(v), 'hex'), ',' ORDER BY id) FROM t")"
		equal "$(PGCLIENTENCODING=SQL_ASCII sql "enc2_$encoding" 'SELECT v FROM t ORDER BY id' | od -c)" \
			"$(PGCLIENTENCODING=SQL_ASCII sql "enc_$encoding" 'SELECT v FROM t ORDER BY id' | od -c)"
	done
}

@test "tables whose statistics cannot be gathered are copied, which is said" {
	pg_createdb raises
	sql raises "CREATE FUNCTION bad(int) RETURNS int IMMUTABLE LANGUAGE plpgsql AS 'BEGIN IF \$1 > 1 THEN RAISE ''no''; END IF; RETURN 1; END';
		CREATE TABLE t (a int, b int); CREATE STATISTICS s ON bad(a), b FROM t;
		INSERT INTO t VALUES (1, 1), (2, 2); CREATE TABLE u AS SELECT generate_series(1, 50) AS i"
	pg_createdb raises2
	ok git postkit copy "$(pg_url raises)" "$(pg_url raises2)"
	has 'no statistics' 'ANALYZE public.t: no'
	equal "$(sql raises2 "SELECT (SELECT count(*) FROM t) || ' ' || count(*) FROM pg_statistic WHERE starelid = 'u'::regclass")" '2 1'
}

@test "no lock is taken twice where the source has no room for that, nor kept of what is read; too many tables are an error" {
	local i two three
	pg_createdb crowded2
	pg_createdb crowded3
	two=$(pg_url crowded2) three=$(pg_url crowded3)
	PG_SETTINGS='-c max_locks_per_transaction=10 -c max_connections=20' pg_start narrow
	pg_createdb crowded
	for i in 0 1 2 3 4 5; do
		sql crowded "DO \$\$BEGIN FOR i IN 1..65 LOOP EXECUTE format('CREATE TABLE t${i}_%s (id int)', i);
			EXECUTE format('INSERT INTO t${i}_%s VALUES (1)', i); END LOOP; END\$\$"
	done
	ok git postkit copy --jobs 3 "$(pg_url crowded)" "$two"
	has 'copied 390 tables'
	for i in 6 7 8; do
		sql crowded "DO \$\$BEGIN FOR i IN 1..200 LOOP EXECUTE format('CREATE TABLE t${i}_%s (id int)', i); END LOOP; END\$\$"
	done
	fails 128 git postkit copy --jobs 3 "$(pg_url crowded)" "$three"
	has 'out of shared memory' 'no room for the locks' 'max_locks_per_transaction'
	equal "$("$(pg_tools)/psql" -XAt "$three" -c "SELECT count(*) FROM pg_class WHERE relname ~ '^t._'")" 0
	pg_stop narrow
}

@test "memory stays small with large rows and many of them" {
	pg_createdb heavy
	sql heavy "CREATE TABLE rows AS SELECT i, md5(i::text) AS x FROM generate_series(1, 400000) i;
		CREATE TABLE wide AS SELECT i, repeat(md5(i::text), 60000) AS x FROM generate_series(1, 40) i;
		ALTER TABLE wide ALTER x SET STORAGE EXTERNAL; UPDATE wide SET x = x || '.';
		CREATE TYPE pair AS (a int, b text);
		CREATE TABLE huge (gone int, id int PRIMARY KEY, b bytea, n numeric, j jsonb, a text[], c pair,
			g int GENERATED ALWAYS AS (id * 2) STORED, z text);
		ALTER TABLE huge DROP gone, ALTER b SET STORAGE EXTERNAL, ALTER z SET STORAGE EXTERNAL;
		INSERT INTO huge (id, b, n) VALUES (1, convert_to(repeat('0123456789abcdef', 100 * 65536), 'UTF8'), 'NaN'), (2, '', 1.5);
		INSERT INTO huge (id, j) VALUES (3, jsonb_build_object('k', repeat('xyz', 3000000)));
		INSERT INTO huge (id, a, c) VALUES (4, ARRAY[repeat('q', 9000000), NULL], ROW(1, repeat('r', 7000000))::pair);
		INSERT INTO huge (id, z) SELECT i, repeat(md5(i::text), 200) FROM generate_series(5, 400) i;
		INSERT INTO huge (id, z) VALUES (401, repeat('ü', 5000001))"
	pg_createdb heavy2
	local db
	command -v /usr/bin/time >/dev/null || skip "GNU time is not here"
	/usr/bin/time -f '%M' -o "$T/rss" git-postkit copy "$(pg_url heavy)" "$(pg_url heavy2)"
	for db in heavy heavy2; do
		sql "$db" "SELECT count(*), sum(id), string_agg(md5(h::text), ' ' ORDER BY id) FROM huge h" >"$T/$db.huge"
	done
	cmp "$T/heavy.huge" "$T/heavy2.huge"
	grep -q '^401|80601|' "$T/heavy2.huge"
	sanitized || [ "$(tail -n 1 "$T/rss")" -le 65536 ] || {
		cat "$T/rss"
		false
	}
	# chosen, masked, and large all the same
	new_repo masked
	printf '[mask "public.huge"]\n\tn = n + 1\n\tz = upper(z)\n[mask "public.sized"]\n\tb = b\n' >.postkit
	sql heavy "CREATE TABLE sized (id int PRIMARY KEY, b text) PARTITION BY LIST (id); CREATE TABLE sized_1 PARTITION OF sized DEFAULT;
		INSERT INTO sized SELECT i, repeat(md5(i::text), 400000 / i) FROM generate_series(1, 50) i"
	pg_createdb heavy3
	/usr/bin/time -f '%M' -o "$T/rss" git-postkit copy --where 'rows=i < 9' --where 'wide=i < 3' --where 'huge=id <> 3' \
		"$(pg_url heavy)" "$(pg_url heavy3)"
	sql heavy "SELECT id, md5(ROW(b, n + 1, j, a, c, g, upper(z))::text) FROM huge WHERE id <> 3 ORDER BY id" >"$T/heavy.huge"
	sql heavy3 "SELECT id, md5(ROW(b, n, j, a, c, g, z)::text) FROM huge ORDER BY id" >"$T/heavy3.huge"
	cmp "$T/heavy.huge" "$T/heavy3.huge"
	equal "$(sql heavy3 'SELECT sum(length(b)), md5(string_agg(md5(b), id::text)) FROM sized_1')" \
		"$(sql heavy 'SELECT sum(length(b)), md5(string_agg(md5(b), id::text)) FROM sized_1')"
	sanitized || [ "$(tail -n 1 "$T/rss")" -le 65536 ] || {
		cat "$T/rss"
		false
	}
}

@test "interrupted in the middle, nothing is left on this machine" {
	pg_createdb slow
	sql slow 'CREATE TABLE big AS SELECT i, repeat(md5(i::text), 20) AS x FROM generate_series(1, 200000) i;
		CREATE INDEX ON big (x)'
	pg_createdb slow2
	mkdir -p "$T/tmp2"
	paced slow
	sending() { [ "$(sql postgres "SELECT count(*) FROM pg_stat_activity WHERE datname = 'slow' AND query LIKE '%COPY (%' AND state = 'active'")" -gt 0 ]; }
	TMPDIR=$T/tmp2 git-postkit copy slow "$(pg_url slow2)" 3>&- &
	local pid=$! status=0
	until_true sending
	kill -TERM "$pid"
	wait "$pid" || status=$?
	equal "$status" 130
	[ -z "$(ls -A "$T/tmp2")" ]
	until_true all_left slow
}
