#!/usr/bin/env bats
# The connection is lost at COMMIT: what became of it is found out, and what is not known is not said.

load ../lib/common

setup_file() {
	common_setup
	pg_start
	sql postgres 'CREATE DATABASE shop'
	sql shop 'CREATE TABLE users (id int PRIMARY KEY)'
	python3 -c "
import signal, sys
sys.path.insert(0, '$ROOT/tests/fault')
from proxy import Proxy
proxy = Proxy(('127.0.0.1', $PROD_PORT))
signal.signal(signal.SIGUSR1, lambda *_: proxy.set(''))
print(proxy.port, flush=True)
while True:
	signal.pause()
" >"$T/port" 2>/dev/null 3>&- 4>&- &
	echo $! >"$T/proxy"
	until_true test -s "$T/port"
	new_repo app
	cd "$T/app" || return 1
	git postkit init
	echo "127.0.0.1:*:*:postgres:$PROD_PASSWORD" >"$PGPASSFILE"
	chmod 600 "$PGPASSFILE"
	git postkit remote add prod "postgresql://postgres@127.0.0.1:$(cat "$T/port")/shop?sslmode=disable&gssencmode=disable" --default
	git postkit import --yes
	commit_all schema
	git postkit deploy --yes
}

setup() { cd "$T/app" || return 1; }
teardown() { sql postgres 'ALTER SYSTEM RESET synchronous_standby_names' && sql postgres 'SELECT pg_reload_conf()'; }

# migration VERSION COLUMN: its COMMIT waits for a standby that there is not, on the remote alone.
migration() {
	printf -- '-- migrate:up\nSET LOCAL synchronous_commit = on;\nALTER TABLE users ADD COLUMN %s text;\n-- migrate:down\n' "$2" \
		>"db/migrations/$1_$2.sql"
	commit_all "$2"
	sql postgres "ALTER SYSTEM SET synchronous_standby_names = 'nobody'"
	sql postgres 'SELECT pg_reload_conf()'
}
waits() { sql shop "SELECT 1 / count(*) FROM pg_stat_activity WHERE wait_event = 'SyncRep'"; }
columns() { sql shop "SELECT count(*) FROM pg_attribute WHERE attrelid = 'users'::regclass AND attnum > 0"; }

# lose_commit: a deploy whose connections are cut while its COMMIT is at work, until it waits for that one.
lose_commit() {
	git postkit deploy --yes >"$T/out" 2>&1 3>&- 4>&- &
	deploy=$!
	until_true waits
	kill -USR1 "$(cat "$T/proxy")"
	until_true grep -q "its COMMIT is still at work on 'prod'" "$T/out"
	sql postgres 'ALTER SYSTEM RESET synchronous_standby_names' && sql postgres 'SELECT pg_reload_conf()'
}

@test "a COMMIT that is still at work when we are back is waited for, and was one" {
	migration 20990101000000 nick
	lose_commit
	wait "$deploy"
	output=$(cat "$T/out")
	in_order "the connection to 'prod' was lost, connecting again" 'its COMMIT is still at work' \
		"'20990101000000_nick.sql' was committed before the connection was lost" 'deployed 1 migration'
	equal "$(columns)" 2
	ok git postkit deploy --yes
	has 'nothing is pending'
}

@test "a transaction that was committed without its row is of unknown outcome" {
	sql shop "CREATE FUNCTION postkit.none() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
		CREATE TRIGGER none BEFORE INSERT ON postkit.schema_migrations FOR EACH ROW EXECUTE FUNCTION postkit.none()"
	migration 20990102000000 phone
	lose_commit
	status=0
	wait "$deploy" || status=$?
	equal "$status" 3
	output=$(cat "$T/out")
	has 'it is not known whether it was committed: its transaction was committed, and its row in postkit.schema_migrations says otherwise'
	equal "$(columns)" 3
}
