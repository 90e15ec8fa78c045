#!/usr/bin/env bats
# start --physical: a copy of the files is as one of the rows, and of all else that they hold nothing is left or acts.

load ../lib/common
load ../lib/versions

setup_file() {
	common_setup
	source_start prod
}
setup() { cd "$T" || return 1; }

# A server whose settings, were they taken along, would run commands, wait for a primary or not start at all.
source_start() {
	PG_SETTINGS='-c wal_level=logical -c max_prepared_transactions=5 -c max_replication_slots=10 -c max_wal_senders=10' pg_start "$1"
	sql postgres <<-SQL
		ALTER SYSTEM SET archive_mode = on;
		ALTER SYSTEM SET archive_command = 'touch $T/REACHED';
		ALTER SYSTEM SET restore_command = 'touch $T/REACHED; false';
		ALTER SYSTEM SET recovery_end_command = 'touch $T/REACHED';
		ALTER SYSTEM SET shared_preload_libraries = 'not_installed_here';
		ALTER SYSTEM SET primary_conninfo = 'host=$PROD_SOCKET port=$PROD_PORT user=postgres application_name=reached';
		CREATE ROLE "own ""er" LOGIN PASSWORD 'canaryhash';
		CREATE ROLE copier LOGIN REPLICATION;
		CREATE ROLE reader LOGIN IN ROLE pg_read_all_data;
		CREATE ROLE dba SUPERUSER LOGIN PASSWORD 'canaryhash';
		CREATE ROLE deployer LOGIN REPLICATION IN ROLE "own ""er", pg_write_server_files, pg_execute_server_program;
		CREATE ROLE unused LOGIN;
		CREATE ROLE pol;
		GRANT pg_read_all_data TO copier;
	SQL
}

none_in_doubt() {
	local db gid
	sql postgres 'SELECT database, gid FROM pg_prepared_xacts' | while IFS='|' read -r db gid; do
		sql "$db" "ROLLBACK PREPARED '$gid'"
	done
}

# A database of everything that has an owner, and of what could reach out.
shop() {
	as_server mkdir "$(dirname "$PROD_SOCKET")/space-$1"
	sql postgres "CREATE TABLESPACE \"space =$1\" LOCATION '$(dirname "$PROD_SOCKET")/space-$1'"
	sql postgres "CREATE DATABASE \"$1\" OWNER \"own \"\"er\""
	sql postgres "ALTER DATABASE \"$1\" SET search_path = app, public; ALTER DATABASE \"$1\" SET work_mem = '7MB'"
	sql "$1" >/dev/null <<-SQL
		GRANT CREATE ON DATABASE "$1" TO reader;
		CREATE EXTENSION pg_trgm;
		CREATE EXTENSION postgres_fdw;
		CREATE EXTENSION dblink;
		CREATE SCHEMA app AUTHORIZATION "own ""er";
		CREATE SCHEMA root;
		CREATE TYPE root.mood AS ENUM ('a', 'b');
		CREATE TYPE root.pair AS (a int, b text);
		CREATE DOMAIN root.small AS int CHECK (VALUE < 100000);
		CREATE TYPE root.span AS RANGE (subtype = int);
		CREATE TABLE root.t (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, s serial, n text, m root.mood, v root.small)
			TABLESPACE "space =$1";
		INSERT INTO root.t (n, m, v) SELECT 'n' || i, 'b', i FROM generate_series(1, 5000) i;
		CREATE INDEX trgm ON root.t USING gin (n public.gin_trgm_ops) TABLESPACE "space =$1";
		CREATE TABLE root.parts (a int, b int) PARTITION BY LIST (a) TABLESPACE "space =$1";
		CREATE TABLE root.parts1 PARTITION OF root.parts FOR VALUES IN (1);
		CREATE STATISTICS root.st ON a, b FROM root.parts1;
		CREATE TABLE app.orders (id int PRIMARY KEY, t int REFERENCES root.t);
		ALTER TABLE app.orders OWNER TO "own ""er";
		INSERT INTO app.orders SELECT i, i FROM generate_series(1, 1000) i;
		GRANT SELECT, INSERT ON app.orders TO postgres WITH GRANT OPTION;
		GRANT UPDATE (t) ON app.orders TO postgres;
		GRANT SELECT ON root.t TO reader;
		GRANT UPDATE (n) ON root.t TO reader;
		REVOKE ALL ON TABLE root.parts FROM postgres;
		ALTER TABLE root.t ENABLE ROW LEVEL SECURITY;
		CREATE POLICY p ON root.t TO postgres, pol USING (true);
		ALTER DEFAULT PRIVILEGES IN SCHEMA app GRANT SELECT ON TABLES TO reader;
		ALTER DEFAULT PRIVILEGES FOR ROLE "own ""er" GRANT SELECT ON TABLES TO postgres;
		ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;
		CREATE FUNCTION root.f() RETURNS text LANGUAGE sql SECURITY DEFINER AS 'SELECT current_user::text';
		GRANT USAGE ON SCHEMA root TO PUBLIC;
		GRANT EXECUTE ON FUNCTION root.f TO PUBLIC;
		CREATE PROCEDURE root.proc() LANGUAGE sql AS '';
		CREATE AGGREGATE root.agg (int) (sfunc = int4pl, stype = int);
		CREATE OPERATOR root.=== (leftarg = int, rightarg = int, function = int4eq);
		CREATE OPERATOR FAMILY root.fam USING btree;
		CREATE COLLATION root.co FROM "C";
		CREATE VIEW root.v AS SELECT n FROM root.t;
		CREATE MATERIALIZED VIEW root.mv AS SELECT count(*) FROM root.t;
		CREATE TEXT SEARCH CONFIGURATION root.cfg (COPY = simple);
		CREATE SERVER s FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host '$PROD_SOCKET', port '$PROD_PORT', dbname 'postgres');
		CREATE USER MAPPING FOR postgres SERVER s OPTIONS (user 'postgres', password 'canarymap');
		CREATE USER MAPPING FOR reader SERVER s OPTIONS (user 'reader', password 'canarymap');
		CREATE FOREIGN TABLE root.far (rolname text) SERVER s OPTIONS (schema_name 'pg_catalog', table_name 'pg_roles');
		CREATE FUNCTION root.fire() RETURNS event_trigger LANGUAGE plpgsql AS \$\$BEGIN
			EXECUTE format('COPY (SELECT 1) TO PROGRAM %L', 'touch $T/REACHED'); END\$\$;
		CREATE PUBLICATION pub FOR TABLE root.t;
		SELECT lo_from_bytea(4242, 'large');
		COMMENT ON DATABASE "$1" IS 'the shop';
	SQL
	[ -n "${2-}" ] || return 0
	none_in_doubt # or no slot can be made
	sql postgres "CREATE DATABASE feed_$1"
	sql "feed_$1" 'CREATE TABLE fed (id int PRIMARY KEY); CREATE PUBLICATION fed FOR TABLE fed'
	sql "feed_$1" "SELECT pg_create_logical_replication_slot('slot_$1', 'pgoutput')" >/dev/null
	sql "$1" >/dev/null <<-SQL
		CREATE TABLE public.fed (id int PRIMARY KEY);
		CREATE SUBSCRIPTION sub CONNECTION 'host=$PROD_SOCKET port=$PROD_PORT user=postgres dbname=feed_$1 password=canarysub'
			PUBLICATION fed WITH (create_slot = false, slot_name = 'slot_$1', copy_data = false);
		CREATE EVENT TRIGGER fire ON ddl_command_end EXECUTE FUNCTION root.fire();
	SQL
	sql "$1" "BEGIN; INSERT INTO app.orders VALUES (9999, 1); PREPARE TRANSACTION 'doubt_$1'"
}

work_on() {
	local role=${2:-deployer}
	cd "$T" || return 1
	rm -rf "$T/$1-repo" "$T/$1-repo-origin.git"
	new_repo "$1-repo"
	git postkit init --no-hooks >/dev/null 2>&1
	git postkit remote add prod "postgresql://$role@/$1?host=$PROD_SOCKET&port=$PROD_PORT" --default >/dev/null 2>&1
}

# Where its servers lie; what copies have left there; the folder of the repository's own server; local_sql DB 'text': as superuser there.
local_root() {
	if [ "$(id -u)" -ne 0 ]; then echo "$PWD/.git/postkit"; else dirname "$(grep -lxF "$PWD/.git" "$POSTKIT_STATE_DIR"/*/repository)"; fi
}
left_of_copies() { find "$(local_root)" -maxdepth 1 -name 'copy-pg*' -o -maxdepth 1 -name 'pg*.tmp-*'; }
local_dir() { compgen -G "$(local_root)/pg[0-9][0-9]"; }
local_run() {
	local program=$1 db=$2 dir
	shift 2
	dir=$(local_dir)
	PGPASSWORD=$(cat "$dir/admin.secret") "$(pg_tools)/$program" -h "$(sed -n 5p "$dir/data/postmaster.pid")" -p 5432 \
		-U postkit_admin -d "$db" "$@"
}
local_sql() { local_run psql "$1" -X -q -At -c "$2"; }
clone_name() { local_sql postgres "SELECT datname FROM pg_database WHERE datname LIKE 'pk\\_clone%'"; }

# All that a dump says of the clone, and what catalogs have beside that.
picture() {
	local db
	db=$(clone_name)
	local_run pg_dump "$db" -s | grep -v restrict
	local_run pg_dump "$db" -a -n root -n app | grep -v restrict
	local_sql "$db" "SELECT classid::regclass, pg_describe_object(classid, objid, objsubid), deptype, refobjid::regrole
		FROM pg_shdepend WHERE dbid = (SELECT oid FROM pg_database WHERE datname = current_database())
		AND refclassid = 'pg_authid'::regclass ORDER BY 1, 2, 3, 4"
	local_sql "$db" "SELECT r FROM pg_authid r WHERE rolname !~ '^pg_' ORDER BY rolname" | sed 's/SCRAM[^)]*/hash/; s/^([0-9]*/(/'
	local_sql "$db" "SELECT roleid::regrole, member::regrole FROM pg_auth_members ORDER BY roleid::regrole::text, member::regrole::text"
	local_sql "$db" "SELECT setrole::regrole, setconfig FROM pg_db_role_setting WHERE setdatabase <> 0 ORDER BY 1, 2"
	local_sql "$db" "SELECT spcname FROM pg_tablespace ORDER BY 1"
	local_sql "$db" "SELECT subname, subenabled, subconninfo, subslotname FROM pg_subscription"
	local_sql "$db" "SELECT pubname, pubowner::regrole FROM pg_publication"
	local_sql "$db" "SELECT usename, umoptions FROM pg_user_mappings ORDER BY 1"
	local_sql "$db" "SELECT evtname, evtenabled, evtowner::regrole FROM pg_event_trigger"
	local_sql "$db" "SELECT datacl, datdba::regrole FROM pg_database WHERE datname = current_database()"
	local_sql "$db" "SELECT oid::regclass, relowner::regrole, relacl FROM pg_class WHERE relname !~ '^pg_toast'
		ORDER BY oid::regclass::text COLLATE \"C\""
	# a multirange's owner is whoever made it, not whose the range is now
	local_sql "$db" "SELECT oid::regtype, typowner::regrole, typacl FROM pg_type WHERE typname !~ 'pg_toast|_multirange$'
		ORDER BY oid::regtype::text COLLATE \"C\""
	local_sql "$db" "SELECT oid::regprocedure, proowner::regrole, (SELECT array_agg(a::text ORDER BY a::text)
		FROM unnest(coalesce(proacl, acldefault('f', proowner))) a) FROM pg_proc ORDER BY oid::regprocedure::text COLLATE \"C\""
}

same_as_rows() {
	ok git postkit start
	picture >"$T/rows"
	ok git postkit abort --yes
	ok git postkit start --physical --fresh
	hasnt canary
	picture >"$T/files"
	diff "$T/rows" "$T/files"
	equal "$(wc -l <"$T/files" | awk '{ print ($1 > 1000) }')" 1
}

@test "a copy of the files is one of the rows to the last owner and right, of the superuser's things too" {
	shop shop all
	work_on shop postgres
	same_as_rows
	has "2 other databases (feed_shop, postgres)"
}

@test "nothing of the other server's settings, workers or links acts in the copy, and none of its clients can" {
	shop quiet all
	sql postgres "ALTER ROLE pol SET session_preload_libraries = 'not_installed_either'"
	work_on quiet
	local url walsender asked
	walsender="SELECT active_pid FROM pg_replication_slots WHERE slot_name = 'slot_quiet' AND active"
	is_streaming() { [ -n "$(sql postgres "$walsender")" ]; }
	until_true is_streaming
	walsender=$(sql postgres "$walsender")
	asked=$(grep -c 'START_REPLICATION SLOT "slot_quiet"' "$T/prod/log")
	ok git postkit start --physical
	url=$(git postkit url)
	# the subscriber that was there, and nobody else, asked for its slot
	sleep 2
	equal "$(sql postgres "SELECT active_pid FROM pg_replication_slots WHERE slot_name = 'slot_quiet'")" "$walsender"
	equal "$(grep -c 'START_REPLICATION SLOT "slot_quiet"' "$T/prod/log")" "$asked"
	equal "$(sql postgres "SELECT count(*) FROM pg_replication_slots")" "$(sql postgres "SELECT count(*) FROM pg_subscription")"
	equal "$(sql postgres "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'reached'")" 0
	[ ! -e "$T/REACHED" ]
	equal "$(local_sql postgres "SELECT current_setting('listen_addresses') || current_setting('archive_mode')
		|| current_setting('shared_preload_libraries') || current_setting('primary_conninfo') || pg_is_in_recovery()")" offfalse
	equal "$(local_sql postgres 'SELECT count(*) FROM pg_replication_slots')" 0
	equal "$(local_sql postgres 'SELECT count(*) FROM pg_prepared_xacts')" 0
	equal "$(local_sql postgres "SELECT count(*) FROM pg_database WHERE datname !~ '^(pk_(clone|template)_|postgres$|template0$)'")" 0
	# one superuser and one login, both ours; no password but theirs, no power
	equal "$(local_sql postgres "SELECT string_agg(rolname, ' ' ORDER BY rolname) FROM pg_authid WHERE rolcanlogin
		OR rolsuper OR rolpassword IS NOT NULL OR rolreplication OR rolcreaterole OR rolbypassrls")" 'postkit postkit_admin'
	equal "$(local_sql postgres "SELECT count(*) FROM pg_auth_members m WHERE roleid < 16384 AND member >= 16384")" 0
	equal "$(psql -X -w -Atc 'SELECT root.f()' "$url")" postgres
	equal "$(local_sql postgres "SELECT rolsuper FROM pg_roles WHERE rolname = 'postgres'")" f
	fails 1 psql -X -w -c 'SELECT * FROM root.far' "$url"
	fails 1 psql -X -w -c "COPY (SELECT 1) TO PROGRAM 'touch $T/REACHED'" "$url"
	fails 1 psql -X -w -c "SELECT dblink_connect('host=$PROD_SOCKET port=$PROD_PORT dbname=postgres user=postgres')" "$url"
	ok psql -X -w -c 'SET ROLE postgres; CREATE TABLE root.more ()' "$url"
	[ ! -e "$T/REACHED" ]
	sql postgres 'ALTER ROLE pol RESET ALL'
}

@test "passwords, and rows of other databases, are in no file that stays" {
	shop secret all
	sql feed_secret "INSERT INTO fed SELECT 1; CREATE TABLE private AS SELECT 'canaryrow' || i AS v FROM generate_series(1, 100) i;
		CHECKPOINT; UPDATE private SET v = v || 'x'"
	sql secret "ALTER DATABASE secret SET my.key = 'canarysetting'"
	sql secret "SET session_replication_role = replica; DO \$\$BEGIN FOR i IN 1..150 LOOP
		EXECUTE format('CREATE SERVER s%s FOREIGN DATA WRAPPER postgres_fdw', i);
		EXECUTE format('CREATE USER MAPPING FOR postgres SERVER s%s OPTIONS (user ''u'', password ''canarymap%s'')', i, repeat('x', 90));
		END LOOP; END\$\$"
	# a crash while a database was made
	as_server mkdir "$T/prod/data/base/98765"
	echo canarylost | as_server tee "$T/prod/data/base/98765/1259" >/dev/null
	work_on secret
	ok git postkit start --physical
	has 'feed_secret'
	local dir hash
	dir=$(local_dir)
	git postkit stop >/dev/null 2>&1 || local_sql postgres CHECKPOINT
	hash=$(sql postgres "SELECT rolpassword FROM pg_authid WHERE rolname = 'dba'")
	[ -n "$hash" ]
	grep -rqaF "$hash" "$T/prod/data" # so it would be found
	fails 1 grep -rlaF "$hash" "$dir"
	fails 1 grep -rla canary "$dir"
	[ ! -e "$dir/data/base/98765" ]
}

@test "what would be masked or left out is not copied so" {
	pg_createdb masked
	sql masked "CREATE TABLE users (id int PRIMARY KEY, email text); INSERT INTO users VALUES (1, 'real@shop.test')"
	work_on masked copier
	local setting
	for setting in 'mask.public.users.email fake.email(email)' 'mask.required true' 'postkit.excludeData users' 'postkit.schemaOnly true'; do
		git config -f .postkit "${setting% *}" "${setting##* }"
		fails 128 git postkit start --physical
		has 'is to be masked, or less than everything' 'with --no-physical'
		git config -f .postkit --unset "${setting% *}"
	done
	fails 128 git postkit start --physical --schema-only
	equal "$(left_of_copies)" ''
	fails 128 git -c postkit.copyMethod=fast postkit start
	git config -f .postkit postkit.copyMethod physical # a branch cannot ask for it
	ok git postkit start
	hasnt 'other database'
	ok git postkit abort --yes
	git config postkit.copyMethod physical
	ok git postkit start --fresh
	has 'other database'
	git switch -q -c second
	ok git postkit start --fresh # a clone is in the way of files
	has 'the rows of' 'which holds the clone'
	hasnt 'other database'
	ok git postkit abort --yes
	git switch -q -
	ok git postkit abort --yes
	ok git postkit start --fresh --no-physical
	hasnt 'other database' 'the rows of'
	ok git postkit abort --yes
	git config -f .postkit mask.public.users.email 'fake.email(email)'
	ok git postkit start --fresh
	has 'the rows of' 'is to be masked'
	equal "$(local_sql "$(clone_name)" "SELECT count(*), count(*) FILTER (WHERE email ~ 'real') FROM users")" '1|0'
}

@test "a role that may not, a version, a name or a setting that does not fit is one error that names the other way" {
	pg_createdb misfit
	sql misfit 'CREATE EXTENSION pg_trgm; CREATE TABLE t (id int)'
	work_on misfit reader
	fails 128 git postkit start --physical
	has "role 'reader' may not replicate" 'with --no-physical'
	work_on misfit copier
	sql misfit "UPDATE pg_extension SET extversion = '0.1' WHERE extname = 'pg_trgm'"
	fails 128 git postkit start --physical
	has 'extension pg_trgm 0.1' 'with --no-physical'
	sql misfit "UPDATE pg_extension SET extversion = '1.6' WHERE extname = 'pg_trgm'"
	sql misfit "CREATE FUNCTION pg_catalog.lower(int) RETURNS text LANGUAGE sql AS 'SELECT 1::text'"
	fails 128 git postkit start --physical
	has 'function lower(integer)' 'with --no-physical'
	sql misfit 'DROP FUNCTION pg_catalog.lower(int); ALTER FUNCTION pg_catalog.upper(text) OWNER TO reader'
	fails 128 git postkit start --physical
	has 'function upper(text)'
	sql misfit 'ALTER FUNCTION pg_catalog.upper(text) OWNER TO postgres; GRANT CREATE ON SCHEMA pg_catalog TO reader'
	fails 128 git postkit start --physical
	has 'rights to schema pg_catalog'
	sql misfit 'REVOKE CREATE ON SCHEMA pg_catalog FROM reader; CREATE ROLE postkit'
	fails 128 git postkit start --physical
	has 'a role named postkit'
	sql misfit "DROP ROLE postkit; ALTER ROLE ALL SET session_preload_libraries = 'auto_explain'"
	fails 128 git postkit start --physical
	has 'the setting session_preload_libraries' 'with --no-physical'
	sql misfit 'ALTER ROLE ALL RESET session_preload_libraries'
	sed -i '1i local replication all reject' "$T/prod/data/pg_hba.conf"
	sql misfit 'SELECT pg_reload_conf()' >/dev/null
	fails 128 git postkit start --physical
	has 'pg_hba.conf' 'with --no-physical'
	sed -i 1d "$T/prod/data/pg_hba.conf"
	sql misfit 'SELECT pg_reload_conf()' >/dev/null
	until_true ok git postkit start --physical
}

@test "other clones are not thrown away for it" {
	pg_createdb one
	work_on one copier
	ok git postkit start
	git switch -q -c two
	fails 128 git postkit start --physical --fresh
	has "the clone 'pk_clone_" 'git postkit abort' 'with --no-physical'
	ok git postkit start
	ok git postkit abort --yes
	git switch -q main
	ok git postkit abort --yes
	ok git postkit start --physical --fresh
	ok git postkit doctor
	ok git postkit status
}

no_backup() { [ "$(sql postgres "SELECT count(*) FROM pg_stat_replication WHERE application_name = 'pg_basebackup'")" = 0 ]; }

@test "ended half way it leaves nothing, and the template that was there stays" {
	pg_createdb big
	sql big "CREATE TABLE t AS SELECT i, repeat(md5(i::text), 30) AS v FROM generate_series(1, 300000) i"
	sql big CHECKPOINT
	work_on big copier
	ok git postkit start
	ok git postkit abort --yes
	local pid
	git-postkit start --physical --fresh >"$T/said" 2>&1 &
	pid=$!
	until_true compgen -G "$(local_root)/copy-pg*/pg*/data/base"
	kill -TERM "$pid"
	status=0
	wait "$pid" || status=$?
	[ "$status" -ne 0 ]
	equal "$(left_of_copies)" ''
	until_true no_backup
	ok git postkit start
	has 'copied' 'ago'
	ok git postkit abort --yes
	git-postkit start --physical --fresh >"$T/said" 2>&1 &
	pid=$!
	until_true compgen -G "$(local_root)/copy-pg*/pg*/data/base"
	kill -KILL "$pid"
	wait "$pid" || :
	[ -n "$(left_of_copies)" ]
	mkdir -p "$(local_root)/pg99.tmp-0123" "$(local_dir).tmp-0123/data"
	ok git postkit gc
	equal "$(left_of_copies)" ''
	git-postkit start --physical --fresh >"$T/said" 2>&1 &
	pid=$!
	until_true compgen -G "$(local_root)/copy-pg*/pg*/data/base"
	kill -KILL "$pid"
	wait "$pid" || :
	mkdir -p "$(local_dir).tmp-0123/data"
	ok git postkit start # any use of the server removes it
	equal "$(left_of_copies)" ''
	ok git postkit abort --yes
	equal "$(left_of_copies)" ''
	ok git postkit start --physical --fresh
	equal "$(local_sql "$(clone_name)" 'SELECT count(*) FROM t')" 300000
}

@test "a copy of files is brought up to date by what has changed since, as one of rows is" {
	none_in_doubt # since when all would count as new
	pg_createdb later
	sql later "CREATE TABLE plain AS SELECT i, md5(i::text) AS v FROM generate_series(1, 20000) i;
		CREATE TABLE grown (id serial PRIMARY KEY, v text); INSERT INTO grown (v) SELECT i FROM generate_series(1, 100) i;
		CREATE TABLE shrunk AS SELECT i FROM generate_series(1, 100) i;
		CREATE TABLE doubtful (i int);
		CREATE TABLE \"st \"\"ill\" AS SELECT i FROM generate_series(1, 100) i;
		CREATE UNLOGGED TABLE lost AS SELECT i FROM generate_series(1, 100) i" >/dev/null
	sql later "SELECT lo_from_bytea(77, 'large')" >/dev/null
	sql later "BEGIN; INSERT INTO doubtful VALUES (1); PREPARE TRANSACTION 'in doubt'"
	work_on later postgres
	digests() {
		local t
		for t in plain grown shrunk doubtful '"st ""ill"' lost; do
			"$@" "SELECT count(*), md5(string_agg(t::text, ',' ORDER BY t::text)) FROM $t t"
		done
		"$@" "SELECT last_value, lo_get(77) FROM grown_id_seq"
	}
	as_there() { diff <(digests sql later) <(digests local_sql "$(clone_name)"); }
	refreshed() {
		ok git postkit abort --yes
		ok git postkit start --refresh
	}
	ok git postkit start --physical
	sql later "COMMIT PREPARED 'in doubt'"
	refreshed
	# what the backup is without: rows in doubt, and of unlogged tables
	has '2 of 6 tables changed since'
	as_there
	refreshed
	has 'nothing has changed since'
	ok git postkit abort --yes
	ok git postkit start --fresh --physical
	sql later "INSERT INTO grown (v) SELECT 'later' FROM generate_series(1, 10); DELETE FROM shrunk WHERE i = 7"
	refreshed
	has '3 of 6 tables changed since'
	as_there
	# an insertion and a deletion, so that the numbers are the same
	sql later "INSERT INTO plain VALUES (0, 'new'); DELETE FROM plain WHERE i = 9"
	refreshed
	has '1 of 6 tables changed since'
	as_there
	ok git postkit abort --yes
	ok git postkit start --fresh --physical
	sql later 'ALTER TABLE grown ADD more int'
	refreshed
	# and the one that a backup is without
	has "its schema was brought to the remote's, and 2 of 6 tables changed since"
	as_there
}

# alone NAME [SETTINGS]: a server that holds one database, large enough, with a name that is none of a sane person's.
# shellcheck disable=SC2016,SC1003
ALONE='al"one; $x -- %s \'
alone() {
	PG_SETTINGS="-c log_replication_commands=on -c log_checkpoints=on ${2-}" pg_start "$1"
	sql postgres 'CREATE ROLE copier LOGIN REPLICATION IN ROLE pg_read_all_data; CREATE ROLE reader LOGIN IN ROLE pg_read_all_data'
	sql postgres "CREATE DATABASE \"${ALONE//\"/\"\"}\""
	sql "$ALONE" "CREATE TABLE t AS SELECT i AS id, repeat(md5(i::text), 60) AS v FROM generate_series(1, 112000) i;
		CREATE TABLE \"o \"\"ther\" (id int PRIMARY KEY, v text); INSERT INTO \"o \"\"ther\" SELECT i, i FROM generate_series(1, 100) i"
	sql postgres CHECKPOINT
	LOG=$T/$1/log
	cd "$T" || return 1
	rm -rf "$T/$1-repo" "$T/$1-repo-origin.git"
	new_repo "$1-repo"
	git postkit init --no-hooks >/dev/null 2>&1
	git postkit remote add prod "host=$PROD_SOCKET port=$PROD_PORT user=copier dbname='al\"one; \$x -- %s \\\\'" --default >/dev/null 2>&1
}
backups() { grep -c 'received replication command: BASE_BACKUP' "$LOG" || :; }
again() {
	ok git postkit abort --yes
	run --separate-stderr git postkit start --fresh "$@"
	[ "$status" -eq 0 ] || tell "start ended with $status"
}
same_rows() {
	local query='SELECT count(*), md5(string_agg(t::text, chr(10) ORDER BY id)) FROM'
	equal "$(local_sql "$(clone_name)" "$query t")" "$(sql "$ALONE" "$query t")"
	equal "$(local_sql "$(clone_name)" "$query \"o \"\"ther\" t")" "$(sql "$ALONE" "$query \"o \"\"ther\" t")"
}

@test "unasked, files come when they are quicker and of one database alone, and nobody else's data ever does" {
	alone alone
	local was
	ok git postkit start
	has 'its files, which are here sooner'
	hasnt 'other database' warning
	equal "$(backups)" 1
	same_rows
	grep -rqaF 'SCRAM-SHA-256$4096:' "$T/alone/data/global" # of postgres, so it would be found
	local_sql postgres CHECKPOINT
	was=$(sql postgres "SELECT rolpassword FROM pg_authid WHERE rolname = 'postgres'")
	fails 1 grep -rlaF "$was" "$(local_dir)"
	again --json
	equal "$(jq -r '.method + " " + .method_reason' <<<"$output")" 'files which are here sooner'
	was=$(backups)
	# whatever says that rows are wanted
	again --no-physical --json
	equal "$(jq -r '.method + " " + (.method_reason // "unsaid")' <<<"$output")" 'rows unsaid'
	git config postkit.copyMethod logical
	again --json
	equal "$(jq -r .method <<<"$output")" rows
	git config postkit.copyMethod auto
	# one that may not
	sql postgres 'ALTER ROLE copier NOREPLICATION'
	again
	has "its rows, for role 'copier' may not replicate"
	# shellcheck disable=SC2154 # run sets it
	[[ $stderr != *warning* && $stderr != *'the rows of'* && $stderr != *--physical* ]]
	sql postgres 'ALTER ROLE copier REPLICATION'
	# of another's data there may be any
	sql postgres 'REVOKE CONNECT ON DATABASE postgres FROM PUBLIC'
	again
	has 'its rows, for with the files come databases that nobody asked for'
	[[ $stderr == *'--physical would copy '*' of files instead'*' of 1 other database, dropped on arrival'* ]]
	sql postgres 'GRANT CONNECT ON DATABASE postgres TO PUBLIC; SELECT lo_create(7)' >/dev/null
	again
	has 'its rows, for with the files come databases'
	sql postgres 'SELECT lo_unlink(7); CREATE SCHEMA s; CREATE TABLE s.t ()' >/dev/null
	again
	has 'its rows, for with the files come databases'
	sql postgres 'DROP SCHEMA s CASCADE'
	sql postgres "CREATE DATABASE \"an other's\" IS_TEMPLATE true"
	again
	has 'its rows, for with the files come databases'
	sql postgres "ALTER DATABASE \"an other's\" IS_TEMPLATE false"
	sql postgres "DROP DATABASE \"an other's\""
	sql template1 'CREATE TABLE mine AS SELECT i, md5(i::text) FROM generate_series(1, 50000) i'
	again
	has 'its rows, for with the files come databases'
	sql template1 'DROP TABLE mine'
	# what files would come without
	sql "$ALONE" 'CREATE UNLOGGED TABLE u (a int)'
	again
	has 'its rows, for files come without those of unlogged tables'
	sql "$ALONE" 'DROP TABLE u'
	# a clone in the way
	git switch -q -c second
	run git postkit start --fresh
	has 'its rows, for a physical copy takes the place' 'which holds the clone'
	ok git postkit abort --yes
	git switch -q -
	equal "$(backups)" "$was"
	git config postkit.remote.prod.maxRate 60M
	again
	has 'its rows, which are here as soon as the files'
	equal "$(backups)" "$was"
	again --physical
	grep -q 'BASE_BACKUP.*MAX_RATE.*61440' "$LOG"
	git config postkit.remote.prod.maxRate 60
	ok git postkit abort --yes
	fails 128 git postkit start --fresh
	has "postkit.remote.prod.maxRate: '60' is not a rate"
	pg_stop alone
}

@test "unasked, what stops a backup half way leads to rows and is said; asked for, it is the error" {
	alone narrow '-c max_wal_senders=1'
	ok git postkit start
	has 'warning: the rows of ' 'for its files could not be: pg_basebackup' max_wal_senders
	hasnt 'its files, '
	has 'hint: git config postkit.copyMethod logical'
	equal "$(backups)" 1
	equal "$(left_of_copies)" ''
	same_rows
	again --json
	equal "$(jq -r .method <<<"$output")" rows
	[[ $(jq -r .method_reason <<<"$output") == *max_wal_senders* ]]
	ok git postkit abort --yes
	fails 128 git postkit start --fresh --physical
	has 'all places for replication are taken' 'with --no-physical'
	equal "$(left_of_copies)" ''
	ok git postkit start --fresh --jobs 1
	has 'its files'
	pg_stop narrow
}

@test "a checkpoint is hurried only where there is little to write" {
	alone slow '-c checkpoint_timeout=30s -c checkpoint_completion_target=0.01'
	last_checkpoint() { grep 'checkpoint starting' "$LOG" | tail -n 1; }
	ok git postkit start --physical
	[[ $(last_checkpoint) =~ (immediate|fast)' force' ]]
	sql "$ALONE" 'UPDATE t SET id = id'
	again --physical
	[[ $(last_checkpoint) == *force* ]]
	[[ ! $(last_checkpoint) =~ immediate|fast ]]
	has copied
	pg_stop slow
}

@test "a standby gives its files as well" {
	alone first
	mkdir -p "$T/standby/s"
	if [ "$(id -u)" -eq 0 ]; then chown postgres: "$T/standby" "$T/standby/s"; fi
	as_server "$(pg_bin)/pg_basebackup" -R -c fast -D "$T/standby/data" -h "$PROD_SOCKET" -p "$PROD_PORT" -U copier
	as_server "$(pg_bin)/pg_ctl" -D "$T/standby/data" -s -w -l "$T/standby/log" start -o "-c listen_addresses= -c port=$PROD_PORT \
		-c unix_socket_directories=$T/standby/s -c log_replication_commands=on -c shared_buffers=32MB" </dev/null >/dev/null 2>&1 3>&- 4>&-
	git postkit remote remove prod >/dev/null 2>&1
	git postkit remote add prod "host=$T/standby/s port=$PROD_PORT user=copier dbname='al\"one; \$x -- %s \\\\'" --default >/dev/null 2>&1
	sql "$ALONE" 'INSERT INTO t SELECT i, i::text FROM generate_series(200001, 200100) i'
	has_come() { [ "$(PROD_SOCKET=$T/standby/s sql "$ALONE" 'SELECT count(*) FROM t')" = 112100 ]; }
	until_true has_come
	LOG=$T/standby/log
	ok git postkit start
	has 'its files'
	equal "$(backups)" 1
	same_rows
	equal "$(local_sql postgres 'SELECT pg_is_in_recovery()')" f
	pg_stop standby
	pg_stop first
}

# A pg_restore of 17 and later does not write to older servers, so that 16 and 17 may have no copy of rows to compare with.
copied_by() {
	versions_use "$1" || {
		# shellcheck disable=SC2154 # versions_use gives it
		echo "# PostgreSQL $1 left out: $why" >&3
		return 0
	}
	source_start "prod$1"
	git config --global postkit.pgBin "$PG_BIN:$(pg_tools)"
	shop "v$1" all
	work_on "v$1" postgres
	if [ "$1" = 14 ] || [ "$1" = 18 ]; then
		same_as_rows
	else
		ok git postkit start --physical
		equal "$(local_sql "$(clone_name)" "SELECT count(*) FROM root.t WHERE n LIKE 'n%'")" 5000
		equal "$(local_sql "$(clone_name)" "SELECT relowner::regrole FROM pg_class WHERE oid = 'root.t'::regclass")" postgres
		equal "$(local_sql postgres "SELECT count(*) FROM pg_authid WHERE rolsuper OR rolpassword IS NOT NULL")" 2
		[ ! -e "$T/REACHED" ]
	fi
	pg_stop "prod$1"
}
@test "from PostgreSQL 14" { copied_by 14; }
@test "from PostgreSQL 16" { copied_by 16; }
@test "from PostgreSQL 17" { copied_by 17; }
@test "from PostgreSQL 18" { copied_by 18; }
