#!/usr/bin/env bats
# What settings leave out: ignored objects and grantees that are not the team's, in every command alike.

# shellcheck disable=SC2154,SC2016 # $stderr comes from run; what stands in quotes is SQL
load ../lib/common

setup_file() {
	common_setup
	pg_start
	sql postgres 'CREATE ROLE shop LOGIN; CREATE ROLE app; CREATE ROLE cloud_admin'
	sql postgres 'CREATE DATABASE shop OWNER shop'
	sql shop <<-'SQL'
		SET ROLE shop;
		CREATE SCHEMA legacy;
		CREATE TYPE legacy.kind AS ENUM ('person', 'firm');
		CREATE TABLE legacy.people (id int PRIMARY KEY, kind legacy.kind);
		CREATE TABLE audit_log (id serial PRIMARY KEY, what text);
		CREATE INDEX audit_log_what ON audit_log (what);
		CREATE TABLE orders (id int PRIMARY KEY, buyer int REFERENCES legacy.people);
		CREATE VIEW buyers AS SELECT o.id, p.kind FROM orders o JOIN legacy.people p ON p.id = o.buyer;
		CREATE TABLE events (id int, at date) PARTITION BY RANGE (at);
		CREATE TABLE events_p2020 PARTITION OF events FOR VALUES FROM ('2020-01-01') TO ('2021-01-01');
		GRANT SELECT ON orders TO app;
		GRANT ALL ON orders TO cloud_admin;
		ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO cloud_admin;
	SQL
	new_repo app
	cat >.postkit <<-'INI'
		[postkit]
			ignore = schema:legacy
			ignore = table:audit_*
			ignore = table:events_p*
			grantees = !cloud_*
	INI
}

setup() { cd "$T/app" || return 1; }

clone_sql() { psql "$(git postkit url)" -X -qAt -v ON_ERROR_STOP=1 -c "$1"; }

@test "import writes no file for what is ignored, says what it left out, and its files prove" {
	ok git postkit init
	ok git postkit remote add prod "postgresql://shop@/shop?host=$PROD_SOCKET&port=$PROD_PORT" --default
	ok git postkit import --yes
	has 'proved: ' 'left out' '1 schema' '3 tables' 'privileges'
	run grep -rlE 'CREATE TABLE.*(audit_log|people|events_p)|TO cloud_admin' db
	equal "$output" ''
	commit_all 'import'
	git push -q
}

@test "a fingerprint counts only what is managed, and the settings reach every command" {
	local before
	before=$(git postkit fingerprint prod 2>/dev/null)
	sql shop 'SET ROLE shop; ALTER TABLE audit_log ADD COLUMN more int; GRANT SELECT ON events TO cloud_admin;
		CREATE TABLE events_p2021 PARTITION OF events FOR VALUES FROM ($$2021-01-01$$) TO ($$2022-01-01$$)'
	equal "$(git postkit fingerprint prod 2>/dev/null)" "$before"
	ok git postkit drift
	has 'has the schema that its migrations made' 'left out'
	sql shop 'REVOKE SELECT ON orders FROM app'
	fails 1 git postkit drift
	sql shop 'SET ROLE shop; GRANT SELECT ON orders TO app'
}

@test "schema files may refer to what is ignored: the clone knows it" {
	git switch -q -c change
	ok git postkit start
	cat >db/schema/tables/visits.sql <<-'SQL'
		CREATE TABLE visits (id int PRIMARY KEY, who int REFERENCES legacy.people, kind legacy.kind);
	SQL
	ok git postkit plan
	has 'CREATE TABLE public.visits' 'left out'
	hasnt audit_log events_p 'CREATE SCHEMA' cloud_admin
	ok git postkit apply
	equal "$(clone_sql 'SELECT count(*) FROM legacy.people')" 0
	equal "$(clone_sql "SELECT has_table_privilege('cloud_admin', 'orders', 'insert')")" t
	ok git postkit commit -m 'Visits'
	ok git postkit deploy --yes
	equal "$(sql shop 'SELECT count(*) FROM visits, audit_log')" 0
}

@test "the parent of ignored partitions is changed with them" {
	cat >db/schema/tables/events.sql <<-'SQL'
		CREATE TABLE events (id bigint NOT NULL, at date, note text DEFAULT 'x') PARTITION BY RANGE (at);
		CREATE INDEX events_id ON events (id);
	SQL
	ok git postkit plan --online always
	ok git postkit apply
	equal "$(clone_sql "SELECT count(*) FROM pg_index i JOIN pg_class c ON c.oid = indrelid WHERE relname LIKE 'events%' AND indisvalid")" 3
	ok git postkit abort --yes
	git switch -q main
}

@test "a check refers to ignored objects without a clone only where a schema file defines them" {
	git switch -q change
	git checkout -q -- .
	ok git postkit check HEAD # commit left its verdict
	hasnt 'not checked'
	git update-ref -d refs/notes/postkit
	ok git postkit check HEAD
	has 'not checked' ignore
	cat >db/schema/legacy.sql <<-'SQL'
		-- not ours: only for others to refer to
		CREATE SCHEMA legacy;
		CREATE TYPE legacy.kind AS ENUM ('person', 'firm');
		CREATE TABLE legacy.people (id int PRIMARY KEY, kind legacy.kind);
	SQL
	equal "$(git postkit fingerprint db/schema 2>/dev/null)" "$(git postkit fingerprint prod 2>/dev/null)"
	commit_all 'What is ignored, for reference'
	ok git postkit check HEAD
	hasnt 'not checked' disagree
}

@test "diff, fingerprint and snapshot take patterns on the command line" {
	cd "$T"
	pg_createdb one
	sql one 'CREATE TABLE a (x int); CREATE TABLE b (x int)'
	pg_createdb two
	sql two 'CREATE TABLE a (x int); CREATE TABLE b (x bigint); GRANT SELECT ON a TO cloud_admin'
	ok git postkit diff "$(pg_url one)" "$(pg_url two)" --ignore table:b --grantees '!cloud_*' --exit-code
	fails 1 git postkit diff "$(pg_url one)" "$(pg_url two)" --ignore table:b --exit-code
	has GRANT
	run --separate-stderr git postkit snapshot "$(pg_url one)" --ignore 'public.b'
	hasnt 'public.b'
	run --separate-stderr git postkit fingerprint --json "$(pg_url one)" --ignore 'table:?' --ignore '!table:a'
	python3 -c 'import json, sys; assert json.load(sys.stdin)["left_out"] == ["table public.b"]' <<<"$output"
}

@test "a pattern for a kind that does not exist is an error, not a pattern without effect" {
	fails 129 git postkit fingerprint "$(pg_url shop)" --ignore tabel:x
	has "no kind of object 'tabel'" materialized_view
}

@test "--strict has nothing against a picture that is whole" {
	cd "$T"
	ok git postkit fingerprint --strict "$(pg_url one)"
	ok git postkit diff --strict "$(pg_url one)" "$(pg_url two)"
}
