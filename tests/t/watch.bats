#!/usr/bin/env bats
# A deploy that does more harm to others than it may gives way: its own statement is cancelled, nobody else's, and tried
# again when they have had their turn.

# shellcheck disable=SC2016 # what stands in quotes is SQL
load ../lib/common

setup_file() {
	shop_start <<-'SQL'
		CREATE TABLE users (id int PRIMARY KEY, email text NOT NULL);
		INSERT INTO users SELECT i, 'u' || i || '@x' FROM generate_series(1, 300) i;
		CREATE TABLE orders (id int);
		INSERT INTO orders VALUES (1);
	SQL
	sql postgres 'GRANT pg_read_all_stats TO shop'
	imported_repo app "$(shop_url)"
	commit_all import
	git postkit deploy --yes
}

setup() { cd "$T/app" || return 1; }
teardown() {
	quit brake
	quit other
	quit deploy
	git config --unset-all postkit.remote.prod.maxBlocked || :
	git config --unset-all postkit.remote.prod.maxBlockedTime || :
	git config --unset-all postkit.remote.prod.maxErrors || :
	git config --unset-all postkit.remote.prod.maxLag || :
}

# session NAME SQL...: as a program of that name, which goes on reading its statements until quit.
session() {
	{ printf '%s\n' "${@:2}" && sleep 600; } | PGAPPNAME=$1 psql "$(pg_url shop)" -X -qAt >"$T/$1.out" 2>&1 3>&- &
}
# Until they are gone.
quit() { sql shop "SELECT pg_terminate_backend(pid, 60000) FROM pg_stat_activity WHERE application_name ~ '$1'" >/dev/null; }
# As long as it is there, migrations of slow() do not come to their end; on a copy it is not.
brake() {
	session brake "BEGIN; ${1-} SELECT pg_advisory_lock(4711);"
	until_true sql shop "SELECT 1 / count(*) FROM pg_locks WHERE locktype = 'advisory' AND objid = 4711"
}
slow() {
	printf -- '-- migrate:up\n%s;\nDO $$ BEGIN WHILE EXISTS (SELECT FROM pg_locks WHERE objid = 4711) LOOP PERFORM pg_sleep(0.02); END LOOP; END $$;\n-- migrate:down\n' \
		"$2" >"db/migrations/2099010${1}_slow.sql"
	commit_all slow
}
deploy() {
	git-postkit deploy --yes >"$T/out" 2>&1 3>&- &
	DEPLOY=$!
}
said() { until_true grep -qE "$1" "$T/out"; }
again() { [ "$(grep -c 'trying again' "$T/out")" -ge "$1" ]; }
# Asked by what does not fail meanwhile, which maxErrors would count.
locked() { [ "$(sql shop "SELECT count(*) FROM pg_locks WHERE relation = 'users'::regclass AND mode = 'AccessExclusiveLock' AND granted")" -gt 0 ]; }
has_lock() { until_true locked; }
columns() { sql shop "SELECT count(*) FROM pg_attribute WHERE attrelid = 'users'::regclass AND attnum > 0"; }

@test "too many that wait, be it in the queue behind another: it is cancelled, they go on, and so does it" {
	slow 1 'ALTER TABLE users ADD COLUMN a text'
	git config postkit.remote.prod.maxBlocked 1
	brake
	deploy
	has_lock
	session other1 'LOCK TABLE users IN ACCESS EXCLUSIVE MODE; SELECT 1;' # fails outside of a transaction
	session other2 'SELECT count(*) FROM users;'
	session other3 'BEGIN; ALTER TABLE users SET (fillfactor = 90); COMMIT; SELECT $$changed$$;'
	said 'cancelled and rolled back, since [23] sessions waited for it, more than maxBlocked allows .*pid [0-9]+ \(other.*trying again'
	until_true grep -qx 300 "$T/other2.out"
	until_true grep -qx changed "$T/other3.out"
	equal "$(columns)" 2
	quit brake
	said 'deployed 1 migration'
	equal "$(columns)" 3
	run cat "$T"/other*.out
	hasnt 'canceling statement'
}

@test "one that waits too long each time: it gives up when it was told to, and nothing was done" {
	slow 2 'ALTER TABLE users ADD COLUMN b text'
	git config postkit.remote.prod.maxBlockedTime 300ms
	brake
	session other '\set ON_ERROR_STOP on' 'SELECT count(*) FROM users \watch 0.05'
	fails 128 git postkit deploy --yes --max-wait 3
	in_order 'cancelled and rolled back, since 1 session waited for it, more than maxBlockedTime allows' 'trying again' \
		'error:' 'cancelled and rolled back for the sake of others: 1 session waited' 'SELECT count(*) FROM users' \
		'hint:' 'postkit.remote.prod'
	equal "$(columns)" 3
	quit brake
	ok git postkit deploy --yes
	run grep -c canceling "$T/other.out"
	equal "$output" 0
}

@test "transactions of others that fail meanwhile count, our own do not" {
	slow 3 'ALTER TABLE users ADD COLUMN c text'
	git config postkit.remote.prod.maxErrors 1
	git config postkit.lockTimeout 200ms
	brake 'LOCK TABLE users IN ACCESS SHARE MODE;'
	deploy
	until_true again 3
	run cat "$T/out"
	hasnt maxErrors
	kill -INT "$DEPLOY"
	wait "$DEPLOY" || :
	quit brake
	git config --unset postkit.lockTimeout
	git config postkit.remote.prod.maxErrors 3
	brake
	deploy
	has_lock
	session other 'SELECT 1 / 0;' 'SELECT 1 / 0;' 'SELECT 1 / 0;' 'SELECT 1 / 0;' 'SELECT 1 / 0;'
	said 'since [45] transactions were rolled back in the database meanwhile, more than maxErrors allows'
	quit brake
	said 'deployed 1 migration'
}

@test "an index that is built concurrently gives way too; what it left is dropped and built again" {
	printf -- '-- migrate:up transaction:false\nCREATE INDEX CONCURRENTLY users_email ON users (email);\n-- migrate:down\nDROP INDEX users_email;\n' \
		>db/migrations/20990104_email.sql
	commit_all email
	git config postkit.remote.prod.maxBlockedTime 200ms
	brake 'DELETE FROM users WHERE false;'
	deploy
	until_true sql shop "SELECT 1 / count(*) FROM pg_index WHERE NOT indisvalid"
	session other 'ANALYZE users;' "SELECT 'analyzed';"
	said 'cancelled and rolled back, since 1 session waited'
	until_true grep -qx analyzed "$T/other.out"
	said 'users_email was left invalid by a build that failed, it is built again'
	quit brake
	said 'deployed 1 migration'
	equal "$(sql shop "SELECT count(*), bool_and(indisvalid) FROM pg_index WHERE indrelid = 'users'::regclass")" '2|t'
}

# slow_two N STATEMENT: of users, and after that the statement.
slow_two() {
	slow "$1" 'ALTER TABLE users ADD COLUMN two_'"$1"' text'
	sed -i "s/^-- migrate:down/$2;\n&/" "db/migrations/2099010${1}_slow.sql"
	commit_all 'two tables'
}
waits() { until_true sql shop "SELECT 1 / count(*) FROM pg_stat_activity WHERE application_name = '$1' AND wait_event_type = 'Lock'"; }

@test "one that waits for it while it waits for that one: it steps back before the server ends either of the two" {
	# Neither finds out by itself, nor gives up.
	sql postgres "ALTER ROLE shop SET deadlock_timeout = '10min'; ALTER ROLE postgres SET deadlock_timeout = '10min'"
	git config postkit.lockTimeout 10min
	git config postkit.remote.prod.maxBlockedTime 10min
	slow_two 5 'ALTER TABLE orders ADD COLUMN g text'
	brake
	deploy
	has_lock
	session other 'BEGIN; UPDATE orders SET id = 2; SELECT count(*) FROM users; COMMIT; SELECT $$ended$$;'
	waits other
	quit brake
	said 'since it and another session waited for each other \(pid [0-9]+ \(other, user postgres\).*trying again'
	until_true grep -qx ended "$T/other.out"
	said 'deployed 1 migration'
	equal "$(sql shop 'SELECT id, g FROM orders')" '2|'
	sql postgres 'ALTER ROLE shop RESET deadlock_timeout'
}

@test "a circle of waits that the server solves by its queue is no reason to step back" {
	git config postkit.remote.prod.maxBlockedTime 10min
	slow_two 6 'INSERT INTO orders VALUES (3)'
	brake
	deploy
	has_lock
	session other1 'BEGIN; SELECT count(*) FROM orders; SELECT count(*) FROM users; COMMIT; SELECT $$ended$$;'
	waits other1
	session other2 'BEGIN; TRUNCATE orders; ROLLBACK; SELECT $$ended$$;'
	waits other2
	quit brake
	said 'deployed 1 migration'
	run cat "$T/out"
	hasnt 'trying again'
	until_true grep -qx ended "$T/other1.out"
	until_true grep -qx ended "$T/other2.out"
	equal "$(sql shop 'SELECT id FROM orders ORDER BY id')" $'2\n3'
	sql postgres 'ALTER ROLE postgres RESET deadlock_timeout'
	git config --unset postkit.lockTimeout
}

@test "while a replica is behind nothing is begun, and what runs is cancelled" {
	as_server "$(pg_bin)/pg_basebackup" -D "$T/prod/replica" -R -c fast -d "host=$PROD_SOCKET port=$PROD_PORT user=postgres application_name=copy"
	as_server "$(pg_bin)/pg_ctl" -D "$T/prod/replica" -s -w -l "$T/prod/replica.log" start \
		-o "-c port=$PROD_PORT -c unix_socket_directories=$T/prod -c listen_addresses= -c hot_standby=on -c wal_receiver_status_interval=1" </dev/null >/dev/null 2>&1 3>&- 4>&-
	replica() { psql -X -qAt -h "$T/prod" -p "$PROD_PORT" -U postgres postgres -c "$1"; }
	local before
	before=$(columns)
	slow 7 'ALTER TABLE users ADD COLUMN e text'
	git config postkit.remote.prod.maxLag 1s
	brake
	deploy
	has_lock
	replica 'SELECT pg_wal_replay_pause()'
	sql shop 'CREATE TABLE lagging (a int); DROP TABLE lagging'
	said "cancelled and rolled back, since replica 'copy' is .* behind, more than maxLag allows"
	quit brake
	said "^replica 'copy' is .* behind, more than maxLag allows, trying again"
	equal "$(columns)" "$before"
	replica 'SELECT pg_wal_replay_resume()'
	said 'deployed 1 migration'
	sql postgres 'REVOKE pg_read_all_stats FROM shop'
	slow 8 'ALTER TABLE users ADD COLUMN f text'
	fails 128 git postkit deploy --yes
	has 'maxLag' 'cannot be kept' 'pg_read_all_stats'
	git postkit remote add replica "postgresql://shop@/shop?host=$T/prod&port=$PROD_PORT"
	fails 128 git postkit deploy replica --yes
	has "nothing can be written to 'replica': it is a standby" 'hint: let postkit.remote.replica.url name the primary'
	git config postkit.remote.prod.maxLag 1x
	fails 128 git postkit deploy --yes
	has 'postkit.remote.prod.maxLag is not a time'
	git config postkit.remote.prod.maxLag 0
	git config postkit.remote.prod.maxBlocked -- -1
	fails 128 git postkit deploy --yes
	has 'postkit.remote.prod.maxBlocked is not a number'
	stop_pid "$(head -n 1 "$T/prod/replica/postmaster.pid")"
}
