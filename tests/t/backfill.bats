#!/usr/bin/env bats
# A backfill in batches shows how far it is, stops when it is asked to, or by Ctrl-C, with whole batches done, and goes on.

# shellcheck disable=SC2016 # what stands in quotes is SQL
load ../lib/common

setup_file() {
	shop_start <<-'SQL'
		CREATE TABLE people (id int PRIMARY KEY, name text NOT NULL);
		INSERT INTO people SELECT i, repeat('x', 900) FROM generate_series(1, 8000) i;
	SQL
	imported_repo app "$(shop_url)"
	mkdir -p made
	git postkit migration --pattern rename-column people name full_name --step expand --output made
	git postkit migration --pattern rename-column people name full_name --step backfill --output made
	mv made/*_expand_*.sql db/migrations/20990101000000_expand.sql
	mv made/*_backfill_*.sql db/migrations/20990102000000_backfill.sql
	rmdir made
	commit_all steps
	git config postkit.remote.prod.batchPause 1s # so that it does not end before it is stopped
}

setup() { cd "$T/app" || return 1; }

deploy() {
	"${@:-env}" git-postkit deploy --yes >"$T/out" 2>&1 3>&- &
	DEPLOY=$!
}
said() { until_true grep -qE "$1" "$T/out"; }
filled() { sql shop 'SELECT count(*) FROM people WHERE full_name IS NOT NULL'; }
fills() { until_true sql shop "SELECT 1 / (count(*) > $1)::int FROM people WHERE full_name IS NOT NULL"; }
is_over() { until_true sql shop "SELECT 1 / (count(*) = 0)::int FROM pg_stat_activity WHERE application_name ~ '^git postkit'"; }
state() { sql shop "SELECT state FROM postkit.schema_migrations ORDER BY version DESC LIMIT 1"; }

@test "--plan-only tells what would be run, and runs, tries and copies nothing" {
	local log=$T/prod/log start copies
	start=$(wc -c <"$log")
	copies=$(find "$T" -path '*/pg[0-9]*/data/base/*' -prune | sort)
	fails 2 git postkit deploy --plan-only --yes
	in_order '2 pending migrations' '20990101000000_expand.sql, expand' 'ALTER TABLE public.people ADD COLUMN full_name text' \
		'20990102000000_backfill.sql, backfill, outside a transaction' '2 migrations would be run' 'deploy prod --dry-run'
	hasnt 'dry run on' 'CREATE TABLE postkit'
	run --separate-stderr git postkit deploy --plan-only --json
	equal "$status $(jq -r '.plan[0].statements[0], .plan[1].stage, .plan[1].transaction' <<<"$output" | paste -sd'|')" \
		'2 ALTER TABLE public.people ADD COLUMN full_name text|backfill|false'
	equal "$(jq '.plan | length' <<<"$output")" 2
	fails 2 git postkit deploy --plan-only --stage expand
	in_order '20990102000000_backfill.sql waits' '20990101000000_expand.sql, expand' '1 migration would be run'
	hasnt '20990102000000_backfill.sql, backfill'
	# the remote is only read, and nothing is made here
	tail -c "+$((start + 1))" "$log" >"$T/asked"
	grep -q 'FROM "\?postkit"\?.' "$T/asked"
	run grep -iE '(statement|execute [^:]*): *(CREATE|ALTER|DROP|GRANT|INSERT|UPDATE|DELETE|TRUNCATE|COPY|LOCK)' "$T/asked"
	equal "$output" ''
	equal "$(find "$T" -path '*/pg[0-9]*/data/base/*' -prune | sort)" "$copies"
	equal "$(sql shop "SELECT (SELECT count(*) FROM postkit.schema_migrations), count(*) FROM pg_attribute WHERE attrelid = 'people'::regclass AND attnum > 0")" '1|2'
}

@test "--stage ends before what is of a later stage, and says so" {
	fails 129 git postkit deploy --stage all
	ok git postkit deploy --stage expand --yes
	has '20990102000000_backfill.sql waits: it is of a later stage' 'deployed 1 migration'
	equal "$(filled)" 0
	ok git postkit deploy --stage expand --yes
	has 'waits' 'nothing is pending'
}

@test "--pause ends it after the present batch, says how to go on, and nothing of others is needed" {
	local some
	fails 1 git postkit deploy --pause
	has "nothing is deployed to 'prod' at present"
	deploy
	fills 0 || tell "$(cat "$T/out")"
	until_true sql shop "SELECT 1 / count(*) FROM pg_stat_activity WHERE application_name ~ '^git postkit: [0-9]+ of [0-9]+ blocks$'"
	ok git postkit deploy --pause
	has 'asking the deploy of pid' 'has stopped' 'git postkit deploy prod goes on'
	wait "$DEPLOY" && status=0 || status=$?
	said 'error: .*stopped, as git postkit deploy --pause asked'
	said 'what is done stays; git postkit deploy prod goes on from there'
	equal "$status" 2
	is_over
	some=$(filled)
	[ "$some" -gt 0 ] && [ "$some" -lt 8000 ]
	equal "$(state)" started
}

@test "Ctrl-C, too, and what was filled stays" {
	local before
	before=$(filled)
	deploy
	fills "$before"
	kill -INT "$DEPLOY"
	wait "$DEPLOY" && status=0 || status=$?
	equal "$status" 130
	said 'interrupted'
	said 'git postkit deploy prod goes on'
	is_over
	[ "$(filled)" -ge "$before" ]
}

@test "it goes on to its end, with a bar on a terminal" {
	git config postkit.remote.prod.batchPause 20ms
	ok "$ROOT/tests/lib/terminal" none none git postkit deploy --yes
	has 'backfill [' '%' 'deployed 1 migration'
	equal "$(filled)" 8000
	equal "$(state)" applied
}

@test "an index that is built concurrently has a bar for each phase; a pause comes between two statements" {
	local now
	printf -- '-- migrate:up transaction:false\nCREATE INDEX CONCURRENTLY by_full ON people (full_name);\nCREATE INDEX CONCURRENTLY by_both ON people (full_name, name);\n-- migrate:down\nDROP INDEX by_full;\nDROP INDEX by_both;\n' \
		>db/migrations/20990104000000_index.sql
	commit_all index
	{ printf 'BEGIN; DELETE FROM people WHERE false;\n' && sleep 600; } | PGAPPNAME=brake psql "$(pg_url shop)" -X -q >/dev/null 2>&1 3>&- &
	until_true sql shop "SELECT 1 / count(*) FROM pg_stat_activity WHERE application_name = 'brake' AND state = 'idle in transaction'"
	deploy "$ROOT/tests/lib/terminal" none none
	until_true sql shop "SELECT 1 / count(*) FROM pg_stat_progress_create_index WHERE phase = 'waiting for writers before build'"
	now=$(sql shop 'SELECT clock_timestamp()')
	until_true sql shop "SELECT 1 / count(*) FROM pg_stat_activity WHERE query ~ 'pg_stat_progress_create_index' AND application_name = 'git postkit deploy'
		AND query_start > '$now'"
	git-postkit deploy --pause >"$T/pause" 2>&1 3>&- &
	until_true grep -q asking "$T/pause"
	sql shop "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'brake'" >/dev/null
	until_true grep -q 'has stopped' "$T/pause"
	said 'stopped, as git postkit deploy --pause asked'
	said 'by_full: waiting for writers before build'
	equal "$(state)" 'started 1'
	ok git postkit deploy --yes
	equal "$(sql shop "SELECT count(*), bool_and(indisvalid) FROM pg_index WHERE indrelid = 'people'::regclass")" '3|t'
}

@test "the contract is held until its days are over since the step before ran there, by the clock of the remote" {
	git postkit migration --pattern rename-column people name full_name --step contract --output made
	mv made/*_contract_*.sql db/migrations/20990105000000_contract.sql
	rmdir made
	run grep -c '^-- postkit:stage: contract after 1d$' db/migrations/20990105000000_contract.sql
	equal "$output" 1
	commit_all contract
	ok git postkit deploy --yes
	has '20990105000000_contract.sql waits: not before 20' ' UTC, by its stage' 'nothing is pending'
	ok git postkit deploy --plan-only
	has '20990105000000_contract.sql waits: not before 20' 'nothing is pending'
	fails 1 git postkit deploy --stage contract --yes
	has 'error:' '20990105000000_contract.sql waits: not before'
	equal "$(sql shop "SELECT count(*) FROM pg_attribute WHERE attrelid = 'people'::regclass AND attname = 'full_name'")" 1
	sql shop "UPDATE postkit.schema_migrations SET applied_at = applied_at - interval '23 hours' WHERE version = '20990102000000'"
	fails 1 git postkit deploy --stage contract --yes
	sql shop "UPDATE postkit.schema_migrations SET applied_at = applied_at - interval '61 minutes' WHERE version = '20990102000000'"
	# ... and as long as rows differ still
	sql shop "ALTER TABLE people DISABLE TRIGGER USER; UPDATE people SET name = 'other' WHERE id = 1; ALTER TABLE people ENABLE TRIGGER USER"
	fails 128 git -c postkit.wayBack=never postkit deploy --stage contract --yes
	has 'dry run: rows differ in the two columns'
	hasnt 'deploying to'
	equal "$(sql shop "SELECT count(*) FROM pg_trigger WHERE tgrelid = 'people'::regclass AND NOT tgisinternal")" 1
	sql shop 'UPDATE people SET name = name WHERE id = 1'
	ok git -c postkit.wayBack=never postkit deploy --stage contract --yes # it knows nothing of the indexes
	has 'deployed 1 migration'
	printf -- '-- postkit:stage: shrink\n-- migrate:up\nSELECT 1;\n' >db/migrations/20990106000000_odd.sql
	commit_all odd
	fails 128 git postkit deploy --yes
	has '20990106000000_odd.sql:1' "'-- postkit:stage' names no stage" 'contract after 7d'
}

@test "what plan fills in batches rests, stops and goes on as well, passes over rows that others hold, and comes to its end" {
	sql postgres 'CREATE DATABASE mill OWNER shop'
	sql mill <<-'SQL'
		SET ROLE shop;
		CREATE FUNCTION nothing() RETURNS text LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
		CREATE TABLE people (id int PRIMARY KEY, name text NOT NULL);
		INSERT INTO people SELECT i, repeat('x', 900) FROM generate_series(1, 3000) i;
		ANALYZE;
	SQL
	new_repo mill
	git postkit init --no-hooks
	git postkit remote add prod "postgresql://shop@/mill?host=$PROD_SOCKET&port=$PROD_PORT" --default
	git postkit import --yes
	commit_all import
	git config postkit.smallRows 10
	git switch -q -c work
	git postkit start
	sed -i 's/^    name text NOT NULL/    name text NOT NULL,\n    token uuid DEFAULT gen_random_uuid() NOT NULL,\n    zero text DEFAULT public.nothing()/' db/schema/tables/people.sql
	ok git postkit plan --sql
	has 'SET token = DEFAULT' 'SET zero = DEFAULT'
	ok git postkit plan
	ok git postkit apply
	ok git postkit commit -m tokens

	filled() { sql mill 'SELECT count(*) FROM people WHERE token IS NOT NULL'; }
	until_filled() { until_true sql mill "SELECT 1 / (count(*) = $1)::int FROM people WHERE token IS NOT NULL"; }
	git config postkit.remote.prod.batchPause 1s
	deploy
	until_true sql mill "SELECT 1 / count(*) FROM pg_stat_activity WHERE application_name ~ '^git postkit: [0-9]+ of [0-9]+ blocks$'" || tell "$(cat "$T/out")"
	ok git postkit deploy --pause
	wait "$DEPLOY" && status=0 || status=$?
	equal "$status" 2
	said 'stopped, as git postkit deploy --pause asked'
	[ "$(filled)" -gt 0 ] && [ "$(filled)" -lt 2999 ]
	{ printf 'BEGIN; UPDATE people SET name = name WHERE id = 3000;\n' && sleep 600; } | PGAPPNAME=holder psql "$(pg_url mill)" -X -q >/dev/null 2>&1 3>&- &
	until_true sql mill "SELECT 1 / count(*) FROM pg_stat_activity WHERE application_name = 'holder' AND state = 'idle in transaction'"
	git config postkit.remote.prod.batchPause 0
	deploy
	until_filled 2999 || tell "$(cat "$T/out")"
	sql mill "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'holder'" >/dev/null
	wait "$DEPLOY" && status=0 || status=$?
	equal "$status" 0
	equal "$(sql mill "SELECT count(DISTINCT token), count(zero) FROM people")" '3000|0'
	equal "$(sql mill "SELECT attnotnull FROM pg_attribute WHERE attrelid = 'people'::regclass AND attname = 'token'")" t
}
