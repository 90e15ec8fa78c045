#!/usr/bin/env bats
# A pooler between us and the server: whether sessions are ours is found out by what it does, with a real one.

# shellcheck disable=SC2016,SC2153 # a search path; PROD_PORT comes from pg_start
load ../lib/common

setup_file() {
	PATH=$PATH:/usr/sbin
	command -v pgbouncer >/dev/null || skip 'no pgbouncer'
	shop_start <<<'CREATE TABLE users (id int PRIMARY KEY)'
	pool_start
	imported_repo app "$(shop_url)"
	git postkit remote add shared "postgresql://shop@/shared?host=$PROD_SOCKET&port=$POOL_PORT"
	git postkit remote add own "postgresql://shop@/own?host=$PROD_SOCKET&port=$POOL_PORT"
	printf -- '-- migrate:up\nALTER TABLE users ADD COLUMN nick text;\n-- migrate:down\nALTER TABLE users DROP COLUMN nick;\n' >db/migrations/20990101000000_nick.sql
	commit_all nick
}

setup() { cd "$T/app" || return 1; }

# Database "shared" gives sessions to transactions, "own" to connections; both are shop.
pool_start() {
	local tries
	mkdir "$T/pool"
	echo '"shop" ""' >"$T/pool/users"
	for tries in 1 2 3 4 5; do
		export POOL_PORT=$((20000 + (RANDOM * 32768 + RANDOM) % 40000))
		cat >"$T/pool/ini" <<-INI
			[databases]
			shared = host=$PROD_SOCKET port=$PROD_PORT dbname=shop pool_mode=transaction
			own = host=$PROD_SOCKET port=$PROD_PORT dbname=shop pool_mode=session
			[pgbouncer]
			listen_addr = 127.0.0.1
			listen_port = $POOL_PORT
			unix_socket_dir = $PROD_SOCKET
			auth_type = trust
			auth_file = $T/pool/users
			logfile = $T/pool/log
			pidfile = $T/pool/pid
		INI
		if [ "$(id -u)" -eq 0 ]; then chown -R postgres: "$T/pool"; fi
		as_server pgbouncer -q "$T/pool/ini" >/dev/null 2>&1 3>&- 4>&- &
		until_true test -S "$PROD_SOCKET/.s.PGSQL.$POOL_PORT" && return 0
	done
	echo "no pool after $tries tries" >&2
	return 1
}
through() { psql -X -qAt -h "$PROD_SOCKET" -p "$POOL_PORT" -U shop -d "$1" -c "$2"; }

@test "one that gives each transaction another session is refused, with the way out; its sessions keep no settings of ours" {
	equal "$(through shared 'SELECT 1')" 1
	fails 128 git postkit deploy shared --yes
	in_order "'shared' is reached through a pooler that gives each transaction another session" 'lock' \
		'hint: let postkit.remote.shared.url name the server itself, or a pool in session mode'
	fails 128 git postkit deploy shared --dry-run
	has 'another session'
	fails 128 git postkit rollback shared --yes
	has 'another session'
	for command in 'start --remote' drift 'import --force --yes' 'deploy --plan-only'; do
		# shellcheck disable=SC2086
		fails 128 git postkit $command shared
		in_order "'shared' is reached through a pooler" 'hint: let postkit.remote.shared.url name the server itself'
	done
	fails 128 git postkit copy "postgresql://shop@/shared?host=$PROD_SOCKET&port=$POOL_PORT" "$(pg_url postgres)"
	in_order 'is reached through a pooler' 'hint: name the server itself'
	equal "$(sql shop "SELECT count(*) FROM pg_attribute WHERE attrelid = 'users'::regclass AND attnum > 0")" 1
	equal "$(through shared 'SHOW search_path')" '"$user", public'
}

@test "one that keeps a session for a connection is as none" {
	ok git postkit deploy own --yes --allow-drift
	has 'deployed 1 migration'
	equal "$(sql shop "SELECT count(*) FROM pg_attribute WHERE attrelid = 'users'::regclass AND attnum > 0")" 2
	ok git postkit deploy prod --yes
	has 'nothing is pending'
}
