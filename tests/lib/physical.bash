# Servers that are copied as files, and pictures of such copies. After common.bash.
# shellcheck shell=bash disable=SC2154 # $status, $output and $stderr come from run

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

# Where its servers lie; what copies have left there; the folder of the repository's own server; local_sql DB 'text': as superuser there.
local_root() {
	if [ "$(id -u)" -ne 0 ]; then echo "$PWD/.git/postkit"; else dirname "$(grep -lxF "$PWD/.git" "$POSTKIT_STATE_DIR"/*/repository)"; fi
}
left_of_copies() { find "$(local_root)" -maxdepth 1 -name 'copy-pg*' -o -maxdepth 1 -name 'pg*.tmp-*'; }
# in_files TEXT DIR: those that hold it, of a server that runs, whose files come and go.
in_files() {
	[ -d "$2" ] || tell "there is no folder '$2'" || return 1
	grep -rlaF "$1" "$2" 2>"$T/grep" || ! grep -v 'No such file or directory$' "$T/grep"
}
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
