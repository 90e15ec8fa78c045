#!/usr/bin/env bats
# A deploy that does not get its lock says who has it, waits longer from time to time, and gives up when it was told to.

# shellcheck disable=SC2016 # what stands in quotes is SQL
load ../lib/common

setup_file() {
	PG_SETTINGS='-c max_prepared_transactions=2' shop_start canary <<-'SQL'
		CREATE TABLE users (id int PRIMARY KEY, email text NOT NULL);
		INSERT INTO users SELECT i, 'u' || i || '@x' FROM generate_series(1, 300) i;
	SQL
	imported_repo app "$(shop_url)"
	git config postkit.lockTimeout 500ms
	printf -- '-- migrate:up\nALTER TABLE users ADD COLUMN nick text;\n-- migrate:down\n' >db/migrations/20990101000000_nick.sql
	commit_all nick
}

setup() { cd "$T/app" || return 1; }
teardown() { let_go; }

# hold USER SQL: in an open transaction of USER, until let_go.
hold() {
	rm -f "$T/held"
	{ printf '%s\n' "BEGIN; LOCK TABLE users IN ACCESS SHARE MODE;" "$2" '\echo held' && sleep 600; } |
		PGAPPNAME=$'hol\x1bder' psql "postgresql://$1@/shop?host=$PROD_SOCKET&port=$PROD_PORT" -X -q >"$T/held" 2>&1 3>&- &
	until_true grep -qx held "$T/held"
}
is_old() { sql shop "SELECT 1 / count(*) FROM pg_stat_activity WHERE application_name LIKE 'hol%der' AND xact_start < clock_timestamp() - interval '10 s'"; }
# Until nobody holds it.
let_go() { sql shop "SELECT pg_terminate_backend(pid, 60000) FROM pg_stat_activity WHERE application_name LIKE 'hol%der'" >/dev/null; }
holder() { sql shop "SELECT pid FROM pg_stat_activity WHERE application_name LIKE 'hol%der'"; }
columns() { sql shop "SELECT count(*) FROM pg_attribute WHERE attrelid = 'users'::regclass AND attnum > 0"; }

@test "who holds the lock is named, with application, time and statement; then it gives up, and nothing was done" {
	hold shop "SELECT 'the  very
		last';"
	fails 128 git postkit deploy --yes --max-wait 2
	has "a lock was not granted in time: blocked by pid $(holder) (hol" 'der, user shop), idle in a transaction for ' \
		": SELECT 'the very last'" 'trying again in 0.'
	in_order 'error:' 'lock timeout' "blocked by pid $(holder)"
	hasnt $'\x1b'
	equal "$(columns)" 2
}

@test "a statement that may hold a password is not shown, nor is what we may not see" {
	hold postgres "ALTER ROLE canary PASSWORD 'canarybird';"
	fails 128 git postkit deploy --yes --max-wait 1
	has "blocked by pid $(holder) (postgres)"
	hasnt canarybird 'insufficient privilege'
	let_go
	sql postgres 'GRANT pg_read_all_stats TO shop'
	hold postgres "ALTER ROLE canary PASSWORD 'canarybird';"
	fails 128 git postkit deploy --yes --max-wait 1
	has "blocked by pid $(holder) (hol" '(a statement with a password)'
	hasnt canarybird
}

@test "when the lock is free again it goes on" {
	hold shop 'SELECT 1;'
	git-postkit deploy --yes >"$T/out" 2>&1 3>&- &
	until_true grep -q 'trying again' "$T/out"
	let_go
	wait %git-postkit || :
	until_true grep -q 'deployed 1 migration' "$T/out"
	equal "$(columns)" 3
}

@test "an index that is built concurrently waits without a limit, and says behind whom; killed, its build is waited for" {
	local built
	printf -- '-- migrate:up transaction:false\nCREATE INDEX CONCURRENTLY users_email ON users (email);\n-- migrate:down\nDROP INDEX users_email;\n' \
		>db/migrations/20990102000000_email.sql
	commit_all email
	# Not even those that the role has itself.
	sql postgres "ALTER ROLE shop SET statement_timeout = '1s'; ALTER ROLE shop SET lock_timeout = '1s'"
	hold shop 'DELETE FROM users WHERE false;'
	# More than the server takes for a limit.
	git-postkit deploy --yes --max-wait 3000000 >"$T/out" 2>&1 3>&- &
	until_true grep -q "waiting for .* behind pid $(holder)" "$T/out"
	kill -9 %git-postkit
	built=$(sql shop "SELECT 'users_email'::regclass::oid")
	git-postkit deploy --yes >"$T/out" 2>&1 3>&- &
	until_true grep -q 'pid .* (git postkit deploy, user shop) is at work there, perhaps for an earlier run' "$T/out"
	let_go
	until_true grep -q 'deployed 1 migration' "$T/out"
	equal "$(sql shop "SELECT indexrelid FROM pg_index WHERE indrelid = 'users'::regclass AND indisvalid AND NOT indisprimary")" "$built"
	sql postgres 'ALTER ROLE shop RESET statement_timeout; ALTER ROLE shop RESET lock_timeout'
}

# migration NUMBER SQL: outside a transaction.
migration() {
	printf -- '-- migrate:up transaction:false\n%s\n-- migrate:down\n' "$2" >"db/migrations/20990102${1}000_step.sql"
	commit_all "step $1"
}
# waits PATTERN [SECONDS]: a statement does, for so long.
waits() { sql shop "SELECT 1 / count(*) FROM pg_stat_activity WHERE query LIKE '$1' AND wait_event_type = 'Lock' AND clock_timestamp() - query_start > interval '${2-0} s'"; }
# deploys beside what goes on: until somebody is waited for, and that has come to its end.
deploys_after() {
	git-postkit deploy --yes --allow-drift >"$T/out" 2>&1 3>&- &
	until_true grep -q "($1) is at work there" "$T/out"
	let_go
	until_true grep -q 'deployed 1 migration' "$T/out"
	hasnt_any_invalid
}
hasnt_any_invalid() { equal "$(invalid)" ''; }
killed_while() {
	git-postkit deploy --yes --allow-drift >"$T/out" 2>&1 3>&- &
	until_true waits "$1"
	kill -9 $!
}

@test "killed before its index was there, or while it rebuilt them, it is waited for, too" {
	migration 100 'CREATE INDEX CONCURRENTLY users_both ON users (email, id);'
	hold shop 'LOCK TABLE users IN SHARE MODE;'
	killed_while 'CREATE INDEX CONCURRENTLY%'
	deploys_after 'git postkit deploy, user shop'
	equal "$(sql shop "SELECT count(*) FROM pg_index WHERE indexrelid = 'users_both'::regclass AND indisvalid")" 1
	migration 101 'REINDEX TABLE CONCURRENTLY users;'
	hold shop 'LOCK TABLE users IN ROW EXCLUSIVE MODE;'
	killed_while 'REINDEX%'
	deploys_after 'git postkit deploy, user shop'
}

@test "an index that somebody builds in the place of ours, whom we cannot see, is waited for and kept" {
	migration 110 'CREATE INDEX CONCURRENTLY users_theirs ON users (email, id);'
	hold shop 'LOCK TABLE users IN ROW EXCLUSIVE MODE;'
	killed_while 'CREATE INDEX CONCURRENTLY%'
	sql postgres "SELECT pg_terminate_backend(pid, 60000) FROM pg_stat_activity WHERE query LIKE 'CREATE INDEX CONCURRENTLY%'"
	let_go
	sql shop 'DROP INDEX users_theirs'
	hold shop 'LOCK TABLE users IN ROW EXCLUSIVE MODE;'
	PGAPPNAME=dba sql shop 'CREATE INDEX CONCURRENTLY users_theirs ON users (email, id)' >"$T/dba" 2>&1 3>&- &
	local dba=$!
	until_true waits 'CREATE INDEX CONCURRENTLY%'
	deploys_after 'dba, user postgres'
	wait "$dba"
	equal "$(cat "$T/dba")" ''
}

@test "another index of that name, which is valid, is not taken for ours" {
	migration 120 'SELECT pg_advisory_lock(4711);
SELECT pg_advisory_unlock_all();
CREATE UNIQUE INDEX CONCURRENTLY users_same ON users (id, email);'
	hold shop 'SELECT pg_advisory_lock(4711);'
	git-postkit deploy --yes --allow-drift >"$T/out" 2>&1 3>&- &
	until_true waits 'SELECT pg_advisory_lock(4711)%'
	sql shop 'SET ROLE shop; CREATE INDEX users_same ON users (lower(email))'
	let_go
	wait $! || :
	grep -q 'relation "users_same" already exists' "$T/out"
	fails 128 git postkit deploy --yes --allow-drift
	has 'relation "users_same" already exists'
	sql shop 'DROP INDEX users_same'
	ok git postkit deploy --yes --allow-drift
	equal "$(sql shop "SELECT indisunique FROM pg_index WHERE indexrelid = 'users_same'::regclass AND indisvalid")" t
}

@test "a timeout that a step sets is its own, and the other one is still ours" {
	sql postgres "ALTER ROLE shop SET statement_timeout = '1s'; ALTER ROLE shop SET lock_timeout = '1s'"
	migration 130 "SET lock_timeout = '77s';
CREATE TABLE told AS SELECT current_setting('lock_timeout') AS own;
CREATE INDEX CONCURRENTLY users_slow ON users (id, email);"
	hold shop 'LOCK TABLE users IN ROW EXCLUSIVE MODE;'
	git-postkit deploy --yes --allow-drift >"$T/out" 2>&1 3>&- &
	until_true waits 'CREATE INDEX CONCURRENTLY%' 1.5
	let_go
	until_true grep -q 'deployed 1 migration' "$T/out"
	equal "$(sql shop 'SELECT own FROM told')" '77s'
}

@test "a partition that was half way detached is let go in the time that takes" {
	sql shop "SET ROLE shop; CREATE TABLE halves (i int) PARTITION BY RANGE (i); CREATE TABLE half PARTITION OF halves FOR VALUES FROM (1) TO (10)"
	migration 140 'ALTER TABLE halves DETACH PARTITION half CONCURRENTLY;'
	hold shop 'SELECT * FROM halves;'
	git-postkit deploy --yes --allow-drift >"$T/out" 2>&1 3>&- &
	until_true waits 'ALTER TABLE halves%' 1.5
	sql shop "SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE query LIKE 'ALTER TABLE halves%'"
	wait $! || :
	git-postkit deploy --yes --allow-drift >"$T/out" 2>&1 3>&- &
	until_true waits 'ALTER TABLE%FINALIZE' 1.5
	let_go
	until_true grep -q 'deployed 1 migration' "$T/out"
	equal "$(sql shop "SELECT count(*) FROM pg_inherits WHERE inhparent = 'halves'::regclass")" 0
	sql shop 'DROP TABLE halves, half, told; DROP INDEX users_both, users_theirs, users_same, users_slow'
	sql postgres 'ALTER ROLE shop RESET statement_timeout; ALTER ROLE shop RESET lock_timeout'
}

reindexes() { sql shop "SELECT 1 / count(*) FROM pg_stat_activity WHERE query LIKE 'REINDEX%' AND wait_event_type = 'Lock'"; }
invalid() { sql shop "SELECT string_agg(indexrelid::regclass::text, ' ' ORDER BY indexrelid) FROM pg_index WHERE NOT indisvalid AND indrelid = 'users'::regclass"; }

@test "what REINDEX CONCURRENTLY left when it was cancelled is dropped before it is run again, and nobody else's" {
	sql shop "CREATE INDEX users_other_ccnew ON users (id)"
	sql shop "UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'users_other_ccnew'::regclass"
	printf -- '-- migrate:up transaction:false\nSELECT 1;\nREINDEX TABLE CONCURRENTLY users;\n-- migrate:down\n' \
		>db/migrations/20990102200000_reindex.sql
	commit_all reindex
	hold shop 'LOCK TABLE users IN ROW EXCLUSIVE MODE;'
	git-postkit deploy --yes --allow-drift >"$T/out" 2>&1 3>&- &
	until_true reindexes
	sql shop "SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE query LIKE 'REINDEX%' AND wait_event_type = 'Lock'"
	wait %git-postkit || :
	grep -q '1 of 2 statements are done' "$T/out"
	let_go
	[[ $(invalid) == 'users_other_ccnew '*_ccnew* ]]
	ok git postkit deploy --yes --allow-drift
	has 'index public.users_pkey_ccnew was left invalid' 'deployed 1 migration'
	equal "$(invalid)" users_other_ccnew
	sql shop 'DROP INDEX users_other_ccnew'
	# from here on the remote is what it is now
	printf -- '-- migrate:up\nSELECT 1;\n-- migrate:down\n' >db/migrations/20990102300000_nothing.sql
	commit_all nothing
	ok git postkit deploy --yes --allow-drift
}

@test "what is there that could be in the way is told before: open and prepared transactions, and that others cannot be seen" {
	printf -- '-- migrate:up\nALTER TABLE users ADD COLUMN other text;\n-- migrate:down\n' >db/migrations/20990102500000_other.sql
	commit_all other
	ok git postkit deploy --dry-run
	hasnt 'at present'
	sql postgres 'REVOKE pg_read_all_stats FROM shop'
	hold postgres 'SELECT 1;'
	sql shop "BEGIN; SELECT 1; PREPARE TRANSACTION E'left\x1b open'"
	ok git postkit deploy --dry-run
	in_order 'at present' '1 session of others does cannot be seen' "transaction 'left" "open' is prepared and not ended" 'dry run passed'
	hasnt $'\x1b' 'is open for'
	let_go
	hold shop "SELECT 'old';"
	sleep 5
	until_true is_old
	sql shop "ROLLBACK PREPARED E'left\x1b open'"
	run --separate-stderr git postkit deploy --dry-run --json
	equal "$(jq '.present | length' <<<"$output")" 1
	[[ $(jq -r '.present[0]' <<<"$output") == 'a transaction is open for '*": pid $(holder) (hol"*"der, user shop), idle in a transaction for "*": SELECT 'old';" ]]
	let_go
	ok git postkit deploy --yes
}

@test "the disk that a large table needs while it is rewritten is told" {
	sql shop "INSERT INTO users SELECT i, repeat('x', 200) FROM generate_series(1000, 60000) i"
	printf -- '-- migrate:up\nALTER TABLE users ALTER id TYPE bigint;\n-- migrate:down\n' >db/migrations/20990102600000_wide.sql
	commit_all wide
	ok git postkit deploy --dry-run
	has 'public.users is rewritten: about 1' 'MB of free disk' 'which cannot be asked here'
	sql shop 'GRANT pg_read_all_settings TO shop'
	sql shop 'BEGIN; LOCK TABLE users IN ROW EXCLUSIVE MODE; LOCK TABLE users IN ROW SHARE MODE; LOCK TABLE users IN ACCESS SHARE MODE;
		PREPARE TRANSACTION $$kept$$'
	hold postgres 'LOCK TABLE users IN SHARE UPDATE EXCLUSIVE MODE;'
	sql shop 'ALTER ROLE shop CONNECTION LIMIT 6'
	ok git postkit deploy --dry-run
	has 'MB of free disk is needed for it, and ' 'B is free' \
		"public.users is locked (ROW EXCLUSIVE) by prepared transaction 'kept', until COMMIT PREPARED or ROLLBACK PREPARED; 1 more such lock" \
		"public.users is locked (SHARE UPDATE EXCLUSIVE) by pid $(holder) (" 'connections are left to the role'
	sql shop 'ALTER ROLE shop CONNECTION LIMIT -1; REVOKE pg_read_all_settings FROM shop'
	sql shop 'ROLLBACK PREPARED $$kept$$'
	let_go
	git reset -q --hard HEAD~1
}

@test "an interrupt while it looks or waits ends it, and nothing was done" {
	printf -- '-- migrate:up\nALTER TABLE users ADD COLUMN more text;\n-- migrate:down\n' >db/migrations/20990103000000_more.sql
	commit_all more
	local pid before
	before=$(columns)
	hold shop 'SELECT 1;'
	git config postkit.lockTimeout 60s
	git-postkit deploy --yes >"$T/out" 2>&1 3>&- &
	pid=$!
	until_true sql shop "SELECT 1 / count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
	kill -INT "$pid"
	wait "$pid" && status=0 || status=$?
	equal "$status" 130
	equal "$(columns)" "$before"
}

@test "a statement has the time that the dry run saw it need: short where others wait for it, long where they do not" {
	sql shop 'CREATE TABLE parts (id int) PARTITION BY LIST (id); ALTER TABLE parts OWNER TO shop'
	sql shop 'SET ROLE shop; CREATE TABLE parts1 PARTITION OF parts FOR VALUES IN (1); CREATE TABLE parts2 PARTITION OF parts FOR VALUES IN (2)'
	git config postkit.lockTimeout 900ms
	git config postkit.remote.prod.statementTimeout 1s
	printf -- '-- migrate:up\nCREATE TABLE seen AS SELECT 1 AS at;\nALTER TABLE users ALTER email SET STATISTICS 200;\nALTER TABLE parts ADD COLUMN more text;\nDO $$ BEGIN END $$;\n-- migrate:down\nDROP TABLE seen;\n' \
		>db/migrations/20990104000000_times.sql
	commit_all times
	ok git postkit deploy --yes --allow-drift
	run grep -oE 'SET (lock|statement)_timeout = [0-9]+; .*|SET (lock|statement)_timeout = .*' "$T/prod/log"
	in_order 'SET lock_timeout = 60000; SET statement_timeout = 0' 'SET lock_timeout = 300; SET statement_timeout = 1000' \
		'SET lock_timeout = 900'
	printf -- '-- migrate:up\nALTER TABLE users ADD COLUMN late text;\nDO $$ BEGIN PERFORM pg_sleep(2) FROM pg_roles WHERE rolname = $x$slowdown$x$; END $$;\n-- migrate:down\n' \
		>db/migrations/20990105000000_late.sql
	commit_all late
	sql shop 'CREATE ROLE slowdown'
	fails 128 git postkit deploy --yes --allow-drift
	in_order 'statement timeout' 'it took' 'on the copy, and was given 1.0 s here' 'postkit.remote.prod.statementTimeout'
	ok git -c postkit.remote.prod.statementTimeout=0 postkit deploy --yes --allow-drift
	# who waits for the first table waits while the next one is waited for
	printf -- '-- migrate:up\nALTER TABLE users ADD COLUMN last text;\nDO $$ BEGIN PERFORM pg_sleep(1) FROM pg_roles WHERE rolname = $x$slowdown$x$; END $$;\nALTER TABLE parts ADD COLUMN last text;\n-- migrate:down\n' \
		>db/migrations/20990106000000_last.sql
	commit_all last
	ok git -c postkit.remote.prod.statementTimeout=0 postkit deploy --yes --allow-drift
	run grep -oE 'SET lock_timeout = [0-9]+|ALTER TABLE parts ADD COLUMN last' "$T/prod/log"
	in_order 'SET lock_timeout = 900' 'SET lock_timeout = 20
ALTER TABLE parts ADD COLUMN last'
}

at_commit() { sql postgres "SELECT 1 / count(*) FROM pg_stat_activity WHERE wait_event = 'SyncRep' AND application_name = 'git postkit deploy'"; }
replicas_wanted() {
	sql postgres "ALTER SYSTEM SET synchronous_standby_names = '$1'"
	sql postgres 'SELECT pg_reload_conf()'
	until_true sql postgres "SELECT 1 / (current_setting('synchronous_standby_names') = '$1')::int"
}

@test "a COMMIT that no replica confirms: it is told before, and while it waits; interrupted, what is committed counts" {
	local before
	ok git postkit deploy --yes
	printf -- '-- migrate:up\nALTER TABLE users ADD COLUMN sync1 text;\n-- migrate:down\nALTER TABLE users DROP COLUMN sync1;\n' >db/migrations/20990301000000_one.sql
	printf -- '-- migrate:up\nALTER TABLE users ADD COLUMN sync2 text;\n-- migrate:down\nALTER TABLE users DROP COLUMN sync2;\n' >db/migrations/20990302000000_two.sql
	commit_all sync
	before=$(columns)
	sql postgres 'ALTER ROLE shop SET synchronous_commit = on'
	replicas_wanted nobody
	git-postkit deploy --yes >"$T/out" 2>&1 3>&- &
	until_true at_commit || tell "$(cat "$T/out")"
	until_true grep -q 'waiting for .* behind a synchronous replica (synchronous_standby_names)' "$T/out" || tell "$(cat "$T/out")"
	kill -INT $!
	wait $! && status=0 || status=$?
	equal "$status" 130
	output=$(cat "$T/out")
	in_order "no synchronous replica is connected: each COMMIT will wait for one (synchronous_standby_names = 'nobody')" \
		'deploying to' 'migrations are done on' interrupted
	replicas_wanted ''
	equal "$(sql shop "SELECT string_agg(version, ' ') FROM postkit.schema_migrations WHERE version > '20990301' AND state = 'applied'")" 20990301000000
	ok git postkit deploy --yes
	has 'deployed 1 migration'
	hasnt 'synchronous'
	equal "$(columns)" $((before + 2))
}

@test "programs that write all the while lose nothing, and fail in nothing, while it waits, gives way and goes on" {
	local writer deploy
	sql shop 'SET ROLE shop; CREATE TABLE counts (id int PRIMARY KEY, n int NOT NULL); INSERT INTO counts SELECT i, 0 FROM generate_series(0, 9) i'
	git config postkit.lockTimeout 200ms
	printf -- '-- migrate:up\nALTER TABLE counts ADD COLUMN note text;\nALTER TABLE counts ADD CHECK (n >= 0);\n-- migrate:down\n' >db/migrations/20990401000000_counts.sql
	commit_all counts
	echo 'UPDATE counts SET n = n + 1 WHERE id = :client_id;' >"$T/write"
	PGAPPNAME=writer "$(pg_tools)/pgbench" -n -T 600 -c 2 -R 200 -f "$T/write" --log --log-prefix="$T/told" -h "$PROD_SOCKET" -p "$PROD_PORT" \
		-U shop shop >"$T/writer" 2>&1 3>&- &
	writer=$!
	hold shop 'LOCK TABLE counts IN ROW EXCLUSIVE MODE;'
	git-postkit deploy --yes --allow-drift >"$T/out" 2>&1 3>&- &
	deploy=$!
	until_true grep -q 'trying again' "$T/out" || tell "$(cat "$T/out")"
	let_go
	wait "$deploy" && status=0 || status=$?
	equal "$status" 0
	# what has not come to its end by now never does, so that who was told what is known to the row
	sql shop "BEGIN; LOCK TABLE counts; SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'writer'; COMMIT" >/dev/null
	wait "$writer" || :
	run grep -v -e 'administrator command' -e 'backend died' "$T/writer"
	hasnt 'aborted in command'
	equal "$(cat "$T"/told.* | wc -l)" "$(sql shop 'SELECT sum(n) FROM counts')"
	[ "$(cat "$T"/told.* | wc -l)" -gt 10 ]
}
