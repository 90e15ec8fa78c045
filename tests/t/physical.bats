#!/usr/bin/env bats
# start --physical: a copy of the files is as one of the rows, and of all else that they hold nothing is left or acts.

load ../lib/common
load ../lib/physical
load ../lib/versions

export WORK_AS=deployer

setup_file() {
	common_setup
	source_start prod
}
setup() { cd "$T" || return 1; }

@test "a copy of the files is one of the rows to the last owner and right, of the superuser's things too" {
	shop shop all
	work_on shop postgres
	same_as_rows
	has "2 other databases (feed_shop, postgres)"
}

@test "what lies in tablespaces there does so here, by rows and by files, and as the schema files say" {
	local db
	for db in whole 'a b'; do
		as_server mkdir "$(dirname "$PROD_SOCKET")/space-$db"
		sql postgres "CREATE TABLESPACE \"$db\" LOCATION '$(dirname "$PROD_SOCKET")/space-$db'"
	done
	sql postgres 'CREATE DATABASE whole TABLESPACE whole'
	pg_createdb spaced
	for db in spaced whole; do
		sql "$db" 'CREATE TABLE t AS SELECT 1 AS i; CREATE TABLE p (i int PRIMARY KEY) PARTITION BY RANGE (i) TABLESPACE "a b";
			CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (1) TO (9); CREATE TABLE back (i int) TABLESPACE whole;
			CREATE MATERIALIZED VIEW mv TABLESPACE "a b" AS SELECT i FROM t;
			CREATE TABLE tagged (a int, tablespace text, UNIQUE (a) USING INDEX TABLESPACE "a b")'
		work_on "$db" postgres
		ok git postkit import
		has 'proved: '
		ok git postkit start
		ok git postkit plan
		has 'nothing to change'
		ok git postkit abort --yes
		ok git postkit start --physical --fresh
		ok git postkit plan
		has 'nothing to change'
		equal "$(local_sql "$(clone_name)" "SELECT string_agg(c.relname, ' ' ORDER BY c.relname) FROM pg_class c
			JOIN pg_tablespace s ON s.oid = c.reltablespace WHERE s.spcname = 'a b' AND c.relkind <> 't'")" 'mv p p1 tagged_a_key'
	done
	equal "$(local_sql "$(clone_name)" 'SELECT i FROM mv')" 1
	# one that only a file names, for whoever deploys
	printf 'CREATE TABLE more (i int PRIMARY KEY USING INDEX TABLESPACE "not there");\n' >db/schema/more.sql
	ok git postkit plan
	has 'USING INDEX TABLESPACE "not there"'
	ok git postkit apply
	equal "$(local_sql postgres "SELECT string_agg(spcname, ', ' ORDER BY oid) FROM pg_tablespace WHERE oid >= 16384")" \
		'a b, not there'
}

@test "nothing of the other server's settings, workers or links acts in the copy, and none of its clients can" {
	shop quiet all
	sql postgres "ALTER ROLE pol SET session_preload_libraries = 'not_installed_either'"
	work_on quiet
	local url walsender asked
	# streaming: what it says in the log as it starts is there
	walsender="SELECT active_pid FROM pg_replication_slots JOIN pg_stat_replication ON pid = active_pid
		WHERE slot_name = 'slot_quiet' AND state = 'streaming'"
	is_streaming() { [ -n "$(sql postgres "$walsender")" ]; }
	until_true is_streaming
	walsender=$(sql postgres "$walsender")
	asked=$(grep -c 'START_REPLICATION SLOT "slot_quiet"' "$T/prod/log")
	ok git postkit start --physical
	url=$(git postkit url)
	# the subscriber that was there, and nobody else, asked for its slot
	sleep 2
	until_true no_backup
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
	ok in_files "$hash" "$dir"
	equal "$output" ''
	ok in_files canary "$dir"
	equal "$output" ''
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
	git config postkit.remote.prod.maxRate 10M # which takes longer than until it is ended
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
	until_true no_backup
	[ -n "$(left_of_copies)" ]
	mkdir -p "$(local_root)/pg99.tmp-0123" "$(local_dir).tmp-0123/data"
	ok git postkit gc
	equal "$(left_of_copies)" ''
	git-postkit start --physical --fresh >"$T/said" 2>&1 &
	pid=$!
	until_true compgen -G "$(local_root)/copy-pg*/pg*/data/base"
	kill -KILL "$pid"
	wait "$pid" || :
	until_true no_backup
	mkdir -p "$(local_dir).tmp-0123/data"
	ok git postkit start # any use of the server removes it
	equal "$(left_of_copies)" ''
	ok git postkit abort --yes
	equal "$(left_of_copies)" ''
	git config --unset postkit.remote.prod.maxRate
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
