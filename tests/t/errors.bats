#!/usr/bin/env bats
# Whatever is wrong: one clear error that says where, what to do next, an exit code, and nothing lost.

load ../lib/common

setup_file() {
	common_setup
	pg_start
	pg_createdb shop
	sql shop <<-'SQL'
		CREATE TABLE users (id int PRIMARY KEY, email text NOT NULL);
		CREATE TABLE orders (id int PRIMARY KEY, user_id int);
		INSERT INTO users SELECT i, 'u' || i FROM generate_series(1, 2000) i;
		INSERT INTO orders VALUES (1, 1);
	SQL
	imported_repo shop "$(pg_url shop)"
	commit_all import
}

# session NAME: a branch from main with a session.
session() {
	cd "$T/shop" || return 1
	git reset -q --hard
	git clean -qfd
	git switch -q -c "$1" main
	git postkit start >/dev/null
}

clone_sql() { psql "$(git postkit url)" -X -qAt -v ON_ERROR_STOP=1 -c "$1"; }

# local_databases: on the repository's own server.
local_databases() {
	local url
	url=$(git -C "$T/shop" postkit url)
	psql "$url" -X -qAt -c "SELECT datname FROM pg_database WHERE datname LIKE 'pk\\_%' ORDER BY 1"
}

# locks WHERE: are there such on production?
locks() { [ "$(sql shop "SELECT count(*) FROM pg_locks WHERE $1")" -gt 0 ]; }

# ---- input ----

@test "broken SQL in a schema file: file and line, and the session goes on" {
	session broken
	printf 'CREATE TABLE a (x int);\n\nCREATE TABLE b (x int,);\n' >db/schema/tables/b.sql
	fails 128 git postkit plan
	has db/schema/tables/b.sql:3 'syntax error'
	printf 'CREATE TABLE a (x int);\n\nCREATE TABLE b (\n\tx missing_type\n);\n' >db/schema/tables/b.sql
	fails 128 git postkit plan
	has db/schema/tables/b.sql: missing_type
	rm db/schema/tables/b.sql
	ok git postkit plan
	has 'nothing to change'
}

@test "a missing extension is named with the file that wants it" {
	session extension
	echo 'CREATE EXTENSION no_such_extension;' >db/schema/extensions/none.sql
	fails 128 git postkit plan
	has no_such_extension db/schema/extensions/none.sql
}

@test "a remote that does not exist, and one that is not there" {
	cd "$T/shop"
	git switch -q -C nowhere main
	fails 128 git postkit start --remote staging
	has "'staging'" 'hint: '
	git config postkit.remote.away.url "postgresql://u@127.0.0.1:1/shop"
	fails 128 git postkit start --remote away
	has '127.0.0.1:1/shop' 'refused'
	git config postkit.remote.nodb.url "$(pg_url nodb)"
	fails 128 git postkit start --remote nodb
	has 'nodb'
	ok git postkit status
	has 'session     none'
	local command
	for command in 'drift away' 'deploy --dry-run away' 'import --force away' 'remote test away'; do
		# shellcheck disable=SC2086 # two words
		run git postkit $command
		[ "$status" -ne 0 ] || tell "$command succeeded"
		has '127.0.0.1:1/shop'
	done
	git config --remove-section postkit.remote.away
	git config --remove-section postkit.remote.nodb
}

@test "passwords are shown nowhere and stored nowhere" {
	cd "$T/shop"
	git switch -q -C secret main
	local url command
	url=$(pg_url_tcp shop postgres canary-5ecret)
	for command in "fingerprint $url" "snapshot $url" "diff $url $url" "remote add leaky $url" "copy $url $url" "drift $url" \
		"start --remote $url" "deploy --dry-run $url"; do
		# shellcheck disable=SC2086 # words
		run git postkit $command
		[ "$status" -ne 0 ] || tell "'$command' succeeded with a wrong password"
		hasnt canary-5ecret || tell "from: $command"
	done
	run git postkit fingerprint "$url"
	has 'password authentication failed' 127.0.0.1
	# the right one, from the environment, works and leaves no trace
	git config postkit.remote.tcp.url "postgresql://postgres@127.0.0.1:$PROD_PORT/shop"
	export PGPASSWORD=$PROD_PASSWORD
	sql postgres "ALTER ROLE postgres PASSWORD 'canary-r1ght'"
	fails 128 git postkit fingerprint tcp
	export PGPASSWORD=canary-r1ght
	ok git postkit start --remote tcp
	hasnt canary
	ok git postkit status --fetch
	ok git postkit url
	hasnt canary
	run git postkit deploy --dry-run tcp
	hasnt canary
	ok git postkit abort --yes
	unset PGPASSWORD
	sql postgres "ALTER ROLE postgres PASSWORD '$PROD_PASSWORD'"
	git config --remove-section postkit.remote.tcp
	run ! grep -rqa canary- .git .postkit db
	[ -z "$(git log --all -Scanary- --format=%H)" ]
	run ! grep -rqa canary- "$T/state" --include='*.log' --include='*.conf' --include=log --include=settings
}

@test "outside a repository, in a bare one, in one with SHA-256, before the first commit" {
	mkdir -p "$T/plain" && cd "$T/plain"
	local command
	for command in status start plan deploy import log; do
		fails 128 git postkit "$command"
		has 'git init'
	done
	git init -q --bare bare.git && cd bare.git
	fails 128 git postkit start
	cd "$T/plain"
	git init -q --object-format=sha256 sha && cd sha
	fails 128 git postkit status
	has 'SHA-1' 'hint: '
	cd "$T/plain"
	git init -q empty && cd empty
	run git postkit start
	[ "$status" -ne 0 ]
	run git postkit status
	hasnt 'reference not found'
}

@test "a settings file that git cannot read is an error with its line" {
	cd "$T/shop"
	git switch -q -C settings main
	printf '[postkit]\n\tpgMajor = 15\n[broken\n' >.postkit
	fails 128 git postkit status
	has .postkit
	git checkout -q .postkit
}

@test "on a detached HEAD a session says what to do" {
	cd "$T/shop"
	git switch -q --detach main
	fails 128 git postkit start
	has 'git switch'
	git switch -q main
}

# ---- state ----

@test "each step out of turn names the state and the next command" {
	session turns
	fails 128 git postkit commit -m x
	has 'git postkit plan'
	fails 128 git postkit apply
	has 'git postkit plan'
	echo 'CREATE TABLE a (x int);' >db/schema/tables/a.sql
	git postkit plan
	fails 128 git postkit commit -m x
	has 'git postkit apply'
	git postkit apply
	echo 'CREATE TABLE b (x int);' >db/schema/tables/b.sql
	fails 128 git postkit commit -m x
	has 'git postkit'
	[ -z "$(git log main..HEAD)" ]
}

@test "what loses data is refused without --allow-destructive" {
	session destructive
	rm db/schema/tables/orders.sql
	sed -i '/email/d; s/id integer NOT NULL,$/id integer NOT NULL,/' db/schema/tables/users.sql
	run git postkit plan
	[ "$status" -eq 1 ] || [ "$status" -eq 128 ] || tell "status $status"
	has 'DROP TABLE public.orders' 'DROP COLUMN email' --allow-destructive
	run git postkit apply
	[ "$status" -ne 0 ] || tell 'it was applied'
	equal "$(clone_sql 'SELECT count(*) FROM orders')" 1
	ok git postkit plan --allow-destructive
	ok git postkit apply
	run clone_sql 'SELECT count(*) FROM orders'
	has 'does not exist'
	fails 128 git postkit commit -m gone
	has irreversible 'table public.orders comes back without the rows: 1' 'column public.users.email comes back without the values' \
		'git postkit commit --irreversible REASON'
	fails 129 git postkit commit -m gone --irreversible $'two\nlines'
	ok git postkit commit -m gone --irreversible 'orders moved elsewhere'
	grep -q '^-- postkit:irreversible: orders moved elsewhere$' db/migrations/*_gone.sql || tell "$(cat db/migrations/*_gone.sql)"
}

@test "a failing statement: which one, why; nothing of it stays, and a new plan goes on" {
	session failing
	clone_sql "INSERT INTO orders VALUES (2, NULL)"
	sed -i 's/user_id integer/user_id integer NOT NULL/' db/schema/tables/orders.sql
	echo 'CREATE TABLE aa (x int);' >db/schema/tables/aa.sql
	ok git postkit plan
	fails 128 git postkit apply
	has 'user_id' 'null values' 'hint: '
	equal "$(clone_sql "SELECT count(*) FROM pg_class WHERE relname = 'aa'")" 0
	ok git postkit status
	has 'git postkit apply'
	clone_sql 'DELETE FROM orders WHERE id = 2'
	ok git postkit apply
	echo secret >db/schema/.env
	ok git postkit commit -m 'In the end'
	equal "$(git status --short)" '?? db/schema/.env'
	rm db/schema/.env
}

# ---- safety ----

@test "a pulled file cannot run programs, read files or become superuser" {
	session pulled
	local text
	for text in "COPY users FROM PROGRAM 'touch $T/pwned; echo';" "COPY (SELECT 1) TO PROGRAM 'touch $T/pwned';" \
		"DO \$\$ BEGIN EXECUTE 'COPY (SELECT 1) TO PROGRAM ''touch $T/pwned'''; END \$\$;" \
		"CREATE TABLE x AS SELECT pg_read_file('/etc/passwd') AS a;" \
		"SET ROLE postkit_admin; COPY (SELECT 1) TO PROGRAM 'touch $T/pwned';" \
		"RESET ROLE; COPY (SELECT 1) TO PROGRAM 'touch $T/pwned';" \
		"RESET SESSION AUTHORIZATION; COPY (SELECT 1) TO PROGRAM 'touch $T/pwned';"; do
		echo "$text" >db/schema/tables/evil.sql
		fails 128 git postkit plan
		has db/schema/tables/evil.sql
		fails 128 git postkit fingerprint db/schema/tables/evil.sql
		rm db/schema/tables/evil.sql
		printf -- '-- migrate:up\n%s\n-- migrate:down\n' "$text" >evil.sql
		run git postkit migration evil -F evil.sql
		run git postkit plan
		run git postkit apply
		[ "$status" -ne 0 ] || tell "applied: $text"
		git postkit abort --yes
		git postkit start
		[ ! -e "$T/pwned" ] || tell "ran: $text"
	done
	echo 'ALTER ROLE CURRENT_USER SUPERUSER; ALTER ROLE postgres SUPERUSER;' >db/schema/infra/evil.sql
	cp db/schema/infra/evil.sql db/schema/tables/
	run git postkit plan
	run git postkit infra --apply
	run git postkit apply
	rm db/schema/*/evil.sql
	equal "$(clone_sql 'SELECT string_agg(rolname, chr(32)) FROM pg_roles WHERE rolsuper')" postkit_admin
	equal "$(clone_sql 'SELECT rolsuper FROM pg_roles WHERE rolname = session_user')" f
}

# ---- interrupted ----


# Other users' statements cannot be seen, their locks can: the migrations take an advisory one.
locks_of() { [ "$(psql "$CLONE" -X -qAt -c "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND objid = 4711 AND $1")" -gt 0 ]; }
waiting() { locks_of granted; }
idle() { ! locks_of true; }

@test "kill -9 in the middle of apply: status tells the truth, apply goes on" {
	session killed
	local holder
	printf -- '-- migrate:up\nSELECT pg_advisory_xact_lock(4711);\nUPDATE users SET email = email || id;\n-- migrate:down\nSELECT 1;\n' >"$T/slow.sql"
	git postkit migration slow -F "$T/slow.sql"
	echo 'CREATE TABLE after_killed (a int);' >db/schema/tables/after.sql
	git postkit plan
	CLONE=$(git postkit url)
	{ echo 'SELECT pg_advisory_lock(4711);' && sleep 600; } | psql "$CLONE" -X -q >/dev/null 2>&1 3>&- &
	holder=$!
	until_true waiting
	git-postkit apply >"$T/apply.log" 2>&1 3>&- &
	until_true locks_of 'NOT granted'
	kill -9 $!
	wait $! || true
	ok git postkit status
	hasnt 'git postkit commit'
	has 'git postkit apply'
	kill "$holder"
	until_true idle
	equal "$(clone_sql "SELECT count(*) FROM users WHERE email = 'u1'")" 0 || equal "$(clone_sql "SELECT email FROM users WHERE id = 1")" u1
	ok git postkit apply
	equal "$(clone_sql 'SELECT email FROM users WHERE id = 1')" u11
	equal "$(clone_sql 'SELECT count(*) FROM after_killed')" 0
	ok git postkit commit -m 'After all'
}

@test "Ctrl-C in the middle of apply: cancelled, rolled back, 130" {
	session stopped
	printf -- '-- migrate:up\nUPDATE users SET email = 0;\nSELECT pg_advisory_xact_lock(4711), pg_sleep(30);\n-- migrate:down\nSELECT 1;\n' >"$T/slow.sql"
	git postkit migration slow -F "$T/slow.sql"
	git postkit plan
	CLONE=$(git postkit url)
	bash -c 'trap - INT; exec git-postkit apply' >"$T/apply.log" 2>&1 3>&- &
	until_true waiting
	kill -INT $!
	local status=0
	wait $! || status=$?
	equal "$status" 130
	until_true idle
	equal "$(clone_sql 'SELECT email FROM users WHERE id = 1')" u1
	ok git postkit status
	has 'git postkit apply'
	ok git postkit abort --yes
}

@test "Ctrl-C during start leaves nothing behind" {
	session before
	local had
	had=$(local_databases)
	git switch -q -c interrupted main
	sql shop "BEGIN; LOCK TABLE users; SELECT pg_sleep(600)" >/dev/null 2>&1 3>&- &
	local locker=$!
	until_true locks "mode = 'AccessExclusiveLock' AND relation = 'users'::regclass AND granted"
	bash -c 'trap - INT; exec git-postkit start --fresh' >"$T/start.log" 2>&1 3>&- &
	local starter=$!
	until_true locks 'NOT granted'
	kill -INT $starter
	local status=0
	wait $starter || status=$?
	kill $locker || :
	sql postgres "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE '%pg_sleep%' AND pid <> pg_backend_pid()" >/dev/null
	wait $locker || :
	output=$(cat "$T/start.log")
	equal "$status" 130
	git switch -q before
	equal "$(local_databases)" "$had"
	git switch -q interrupted
	ok git postkit status
	has 'session     none'
	ok git postkit start
}

@test "a clone that somebody dropped is said, with the command that mends it" {
	session dropped
	local db
	db=$(clone_sql 'SELECT current_database()')
	# from another database of the same server: that of the template's session
	git worktree add -q -b beside "$T/beside" main
	(cd "$T/beside" && git postkit start)
	psql "$(cd "$T/beside" && git postkit url)" -X -q -c "DROP DATABASE \"$db\" WITH (FORCE)"
	fails 128 git postkit plan
	has 'git postkit'
	ok git postkit status
	has 'git postkit'
	ok git postkit abort --yes
	ok git postkit start
}
