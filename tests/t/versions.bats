#!/usr/bin/env bats
# Every major version from 14 to 18 that can be had: a schema with what came with it and before
# (data/versions/<major>.*.sql, all up to that one) converges, is written into files and read back,
# and is worked on in a session.

load ../lib/common
load ../lib/converge
load ../lib/versions

setup_file() { common_setup; }
teardown() { pg_stop "v${MAJOR-}"; }

# The schema of a side for the version in use.
schema() {
	local side=$1 file
	for file in "$ROOT"/tests/data/versions/*."$side".sql; do
		file=${file##*/}
		[ "${file%%.*}" -gt "$MAJOR" ] || cat "$ROOT/tests/data/versions/$file"
	done
}

# A server of that version, with both schemas in databases v_old and v_new; or the test is skipped.
begin() {
	MAJOR=$1
	versions_use "$MAJOR" || skip "${why-}"
	git config --global postkit.pgBin "$(pg_bin):$(pg_tools)"
	pg_start "v$MAJOR"
	schema old >"$T/old.sql"
	schema new >"$T/new.sql"
	converge_load v '' "$T/old.sql" "$T/new.sql" || tell "$why"
}

# Out of the database into files, by import; they give the same picture in a server of our own.
files_give_the_same() {
	rm -rf "$T/files" "$T/files-origin.git"
	new_repo files
	ok git postkit init --no-hooks
	ok git postkit remote add here "$(pg_url v_new)" --default
	ok git postkit import --yes
	has 'proved: '
	ok git postkit diff here db/schema
	hasnt ';'
}

# From import to deploy.
session_works() {
	commit_all 'import'
	git switch -q -c later
	ok git postkit start
	echo 'CREATE TABLE later (id int PRIMARY KEY, name text NOT NULL);' >db/schema/tables/later.sql
	ok git postkit plan
	has 'CREATE TABLE public.later'
	ok git postkit apply
	ok git postkit commit -m 'later'
	ok git postkit deploy here --yes
	equal "$(sql v_new "SELECT count(*) FROM pg_class WHERE relname = 'later'")" 1
	ok git postkit drift here
	[ "$MAJOR" -lt 17 ] || builds_take_their_time
	ok git postkit gc --all --yes
}

waits() { sql v_new "SELECT 1 / count(*) FROM pg_stat_activity WHERE query LIKE 'CREATE INDEX CONCURRENTLY%' AND wait_event_type = 'Lock' AND clock_timestamp() - query_start > interval '3.5 s'"; }

# From 17 on a role or a database can limit the time of a transaction, too.
builds_take_their_time() {
	sql v_new 'ALTER DATABASE v_new SET transaction_timeout = 3000'
	printf -- '-- migrate:up transaction:false\nCREATE INDEX CONCURRENTLY later_name ON later (name);\n-- migrate:down\nDROP INDEX later_name;\n' \
		>db/migrations/20990101000000_index.sql
	commit_all index
	PGOPTIONS='-c transaction_timeout=0' psql "$(pg_url v_new)" -X -q -c 'BEGIN; LOCK TABLE later IN ACCESS SHARE MODE; SELECT pg_sleep(600)' \
		>/dev/null 2>&1 3>&- &
	until_true sql v_new "SELECT 1 / count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep'"
	git-postkit deploy here --yes >"$T/out" 2>&1 3>&- &
	until_true waits
	sql v_new "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE wait_event = 'PgSleep'" >/dev/null
	until_true grep -q 'deployed 1 migration' "$T/out"
	printf -- '-- migrate:up\nSELECT pg_sleep(3);\n-- migrate:down\n' >db/migrations/20990102000000_long.sql
	commit_all long
	fails 128 git postkit deploy here --yes
	has 'transaction timeout' "nothing of '20990102000000_long.sql' was committed; the transaction_timeout of the role or the database" \
		'when that is changed, run git postkit deploy here again'
	sql v_new 'ALTER DATABASE v_new RESET transaction_timeout'
	ok git postkit deploy here --yes
}

converges() {
	begin "$1"
	converge_both v || tell "$why"
	files_give_the_same
}

@test "14: what it can hold converges, and goes through files and a session" { converges 14; session_works; }
@test "15: what it can hold converges, and goes through files" { converges 15; }
@test "16: what it can hold converges, and goes through files and a session" { converges 16; session_works; }
@test "17: what it can hold converges, and goes through files and a session" { converges 17; session_works; }
@test "18: what it can hold converges, and goes through files and a session" { converges 18; session_works; }
