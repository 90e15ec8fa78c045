#!/usr/bin/env bats
# git postkit copy: everything comes along, or an error says what did not.

# shellcheck disable=SC2030,SC2031 # each test runs in a subshell of its own, on purpose

load ../lib/common

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
	fails 128 git postkit copy "postgresql://nosy@/secretive?host=$PROD_SOCKET&port=$PROD_PORT" "$(pg_url empty1)"
	has 'permission denied' 'pg_read_all_data'
	equal "$(sql empty1 "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'")" 0
	[ -z "$(compgen -G '/tmp/postkit-copy-*' | head -n 1)" ] || ! ls -d /tmp/postkit-copy-*/data
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

@test "interrupted in the middle, nothing is left on this machine" {
	pg_createdb slow
	sql slow 'CREATE TABLE big AS SELECT i, repeat(md5(i::text), 20) AS x FROM generate_series(1, 200000) i;
		CREATE INDEX ON big (x)'
	pg_createdb slow2
	mkdir -p "$T/tmp2"
	TMPDIR=$T/tmp2 git-postkit copy "$(pg_url slow)" "$(pg_url slow2)" 3>&- &
	local pid=$! status=0
	sleep 0.7
	kill -TERM "$pid"
	wait "$pid" || status=$?
	equal "$status" 130
	[ -z "$(ls -A "$T/tmp2")" ]
	sleep 0.3
	equal "$(sql postgres "SELECT count(*) FROM pg_stat_activity WHERE datname = 'slow'")" 0
}
