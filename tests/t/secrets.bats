#!/usr/bin/env bats
# Every way by which a password comes, and the commands that need one: it is in no output, trace, argument of a program,
# file, ref or JSON.
# shellcheck disable=SC2154,SC2030,SC2031 # $status and $output come from run
load ../lib/common

SECRET=canary-pa55word

setup_file() {
	common_setup
	pg_start prod
	sql postgres "CREATE ROLE shop LOGIN PASSWORD '$SECRET'"
	sql postgres 'CREATE DATABASE shop OWNER shop'
	sql shop 'SET ROLE shop; CREATE TABLE users (id int PRIMARY KEY, email text); INSERT INTO users VALUES (1, NULL)'
	cc -std=gnu11 -D_GNU_SOURCE -O1 -fPIC -shared -o "$T/shim.so" "$ROOT/tests/fault/shim.c" -ldl
	export URL=postgresql://shop@127.0.0.1:$PROD_PORT/shop
	new_repo shop
	git postkit init --no-hooks
	git postkit remote add prod "$URL" --default
}

setup() { cd "$T/shop" || return 1; }

# secretly ARGS...: the shim looks at each program that is run and each file that is written.
secretly() {
	rm -f "$T/calls" "$T/points" "$T/trace"
	run env LD_PRELOAD="$T/shim.so" FAULT_SHARED="$T/calls" FAULT_LOG="$T/points" FAULT_SECRET="$SECRET" GIT_TRACE=1 \
		GIT_TRACE_SETUP=1 GIT_TRACE2_EVENT="$T/trace" git-postkit "$@"
	hasnt "$SECRET" || tell "from: $*"
	[ -s "$T/points" ] || tell "nothing was looked at: $*"
	# but for the password file of pg_dump and pg_restore, in a folder of its own that is gone with it
	! grep '^0 ' "$T/points" | grep -v '/postkit-copy-#/.pk-tmp-#$' || tell "by: $*"
	! grep -F "$SECRET" "$T/trace" || tell "from: $*"
}

succeeds() {
	secretly "$@"
	[ "$status" -eq 0 ] || tell "$* ended with $status: $output"
}

none_is_kept() {
	run ! grep -rlaF --exclude-dir=data --exclude="$1" --exclude=answer "$SECRET" "$T/shop" "$T/state" "$T/cache" "$T/home"
	equal "$(git cat-file --batch-all-objects --batch --unordered | grep -caF "$SECRET")" 0
}

@test "from the password file: the work of a branch, to production and back" {
	echo "*:*:*:shop:$SECRET" >"$PGPASSFILE"
	chmod 600 "$PGPASSFILE"
	succeeds import --yes
	commit_all import
	git switch -q -c work
	succeeds start --json
	echo 'CREATE TABLE more (id int PRIMARY KEY);' >db/schema/more.sql
	succeeds migration fill -F - <<<$'-- migrate:up\nUPDATE users SET email = \'\';\n-- migrate:down\nUPDATE users SET email = NULL;'
	local command
	for command in 'plan --json' 'apply --json' 'commit -m indexed' 'url' 'env' 'status --fetch --json' 'sync --fetch' 'check' 'log --json' \
		'lint --json db/migrations/*fill.sql' 'grants' 'infra' 'seed' 'mask' 'doctor --json' 'drift --json' 'deploy --dry-run --json' 'deploy --yes' \
		'log -n 1' 'rollback --yes --allow-destructive' 'abort --yes' 'gc --yes --all' 'remote --json'; do
		# shellcheck disable=SC2086 # words
		succeeds $command
	done
	equal "$(sql shop 'SELECT count(*) FROM postkit.schema_migrations')" 2
	none_is_kept pgpass
	rm "$PGPASSFILE"
}

@test "from a service, a variable, a credential helper and a connection string" {
	local command
	git switch -q -c second
	printf '[shop]\nhost=127.0.0.1\nport=%s\nuser=shop\ndbname=shop\npassword=%s\n' "$PROD_PORT" "$SECRET" >"$PGSERVICEFILE"
	for command in 'fingerprint' 'snapshot' 'drift --json' 'diff --json db/schema'; do
		git config postkit.remote.prod.url service=shop
		# shellcheck disable=SC2086
		succeeds $command prod
		git config postkit.remote.prod.url "$URL"
		# shellcheck disable=SC2086
		PGPASSWORD=$SECRET succeeds $command prod
		git config credential.helper "!f() { [ \$1 != get ] || cat '$T/answer'; }; f"
		printf 'username=shop\npassword=%s\n' "$SECRET" >"$T/answer"
		# shellcheck disable=SC2086
		succeeds $command prod
		if [ "$command" = snapshot ]; then
			succeeds start
			succeeds abort --yes
		fi
		git config --unset credential.helper
	done
	sql postgres 'CREATE DATABASE empty OWNER shop'
	local with=${URL/shop@/shop:$SECRET@}
	succeeds fingerprint "$with"
	succeeds snapshot "$with"
	succeeds diff "$with" db/schema
	succeeds copy "$with" "${with/%shop/empty}"
	none_is_kept pg_service.conf
	[ -z "$(find /tmp -maxdepth 1 -name 'postkit-copy-*' -newer "$PGSERVICEFILE" -exec grep -rlF "$SECRET" {} +)" ]
}
