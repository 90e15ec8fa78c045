#!/usr/bin/env bats
# A deploy where the role, the remote or what others do to it is not as it should be: what is wrong is said, and nothing is done.

load ../lib/common

setup_file() {
	shop_start other <<-'SQL'
		CREATE TABLE users (id int PRIMARY KEY, email text NOT NULL);
		INSERT INTO users SELECT i, 'u' || i || '@x' FROM generate_series(1, 300) i;
	SQL
	sql postgres 'ALTER ROLE other LOGIN'
	imported_repo app "$(shop_url)"
	git postkit remote add others "postgresql://other@/shop?host=$PROD_SOCKET&port=$PROD_PORT"
	commit_all import
}

setup() { cd "$T/app" || return 1; }

# migration NUMBER UP [OPTION]: committed.
migration() {
	printf -- '-- migrate:up%s\n%s\n-- migrate:down\n' "${3+ $3}" "$2" >"db/migrations/$((20990101000000 + $1))_m$1.sql"
	commit_all "m$1"
}
ran() { sql shop 'SELECT count(*) FROM postkit.schema_migrations'; }

@test "a role that may not write there, or only reads, is told so before anything is tried" {
	migration 1 'ALTER TABLE users ADD COLUMN nick text;'
	fails 128 git postkit deploy others --yes
	in_order 'permission denied for schema postkit' 'hint: the role needs USAGE on the schema postkit and SELECT'
	sql postgres 'CREATE DATABASE "new ""one"'
	git postkit remote add new "postgresql://other@/new%20%22one?host=$PROD_SOCKET&port=$PROD_PORT"
	fails 128 git postkit deploy new --yes
	in_order 'the table of migrations cannot be made' 'GRANT CREATE ON DATABASE "new ""one" TO other'
	sql postgres 'ALTER ROLE shop SET default_transaction_read_only = on'
	fails 128 git postkit deploy --yes
	in_order "nothing can be written to 'prod': its sessions only read" 'hint: '
	hasnt 'dry run on a copy'
	fails 2 git postkit deploy --plan-only
	has "on 'prod' at present:" 'nothing can be deployed to it: its sessions only read'
	ok git postkit deploy --dry-run
	has 'nothing can be deployed to it'
	sql postgres 'ALTER ROLE shop RESET default_transaction_read_only'
	equal "$(ran)" 1
}

@test "options that mean nothing together, or at all, are usage errors" {
	fails 129 git postkit deploy --max-wait=-1 --yes
	has '--max-wait takes seconds, not -1'
	fails 129 git postkit deploy --plan-only --dry-run
	has 'does not go with --dry-run'
}

@test "what others did to it while it was tried is the cause that is named" {
	migration 2 'ALTER TABLE users ADD COLUMN a int; SELECT pg_sleep(1); SELECT 1 / 0;'
	git-postkit deploy --yes >"$T/out" 2>&1 3>&- &
	until_true grep -q 'ADD COLUMN a int' "$T/out"
	sql shop 'SET ROLE shop; CREATE TABLE meanwhile (i int)'
	wait %git-postkit && tell "it came to its end"
	run cat "$T/out"
	in_order "error: 'prod' has changed since it was compared with the chain" 'on the copy it came to this: ' 'division by zero' \
		'hint: run git postkit deploy prod again'
	sql shop 'DROP TABLE meanwhile'
	fails 128 git postkit deploy --yes
	in_order 'error: ' 'division by zero'
	hasnt "'prod' has changed"
	git reset -q --hard HEAD^
	equal "$(ran)" 1
}

@test "a connection that is ended while it has nothing to do is made again" {
	migration 5 'ALTER TABLE users ADD COLUMN five int; SELECT pg_sleep(1);'
	git-postkit deploy --yes >"$T/out" 2>&1 3>&- &
	until_true grep -q 'ADD COLUMN five int' "$T/out"
	equal "$(sql shop "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE application_name = 'git postkit deploy' AND state = 'idle'")" 1
	wait %git-postkit
	run cat "$T/out"
	in_order "the connection to 'prod' was lost, connecting again" "deploying to 'prod'" 'deployed 2 migrations'
}

@test "of a migration of very many statements those are shown that took long or kept others out" {
	migration 6 "$(for i in {1..103}; do echo "SELECT $i;"; done; echo 'ALTER TABLE users ADD COLUMN b int;')"
	ok git postkit deploy --dry-run
	in_order 'SELECT 100' 'ADD COLUMN b int' 'for 3 more statements'
	hasnt 'SELECT 101'
	equal "$(git postkit deploy --dry-run --json 2>/dev/null | jq '.dry_run[0].statements | length')" 104
}

@test "an index whose build failed is named as what is left, and status says that it is half way" {
	migration 7 'CREATE UNIQUE INDEX CONCURRENTLY users_email ON users (email);' transaction:false
	ok git postkit deploy --dry-run
	sql shop "INSERT INTO users VALUES (301, 'u1@x')"
	git config postkit.refresh never
	fails 128 git postkit deploy --yes
	in_order 'could not create unique index "users_email"' 'index public.users_email is left there, invalid' \
		'hint: 0 of 1 statements are done and stay; git postkit deploy prod goes on after them'
	ok git postkit status --fetch
	has "half way: 20990101000007_m7.sql: its deploy was begun and has not come to its end"
	equal "$(git postkit status --fetch --json | jq '.remotes[] | select(.name == "prod") | .half_way | length')" 1
	sql shop 'DELETE FROM users WHERE id = 301'
	ok git postkit deploy --yes
	has 'index public.users_email was left invalid by a build that failed, it is built again' 'deployed 1 migration'
	ok git postkit status --fetch
	hasnt 'half way'
}

@test "what a migration leaves in the session reaches no other, nor what is read for the fingerprint" {
	local table sql
	sql postgres 'CREATE DATABASE alone OWNER shop'
	imported_repo alone "postgresql://shop@/alone?host=$PROD_SOCKET&port=$PROD_PORT"
	commit_all import
	git switch -qc work
	git postkit start
	for table in one two three; do
		echo "CREATE TABLE $table (i int);" >"db/schema/tables/$table.sql"
		git postkit plan && git postkit apply && git postkit commit -m "$table"
	done
	# Under the header that says where it leads to.
	sql='CREATE TEMP TABLE left_over (i int); CREATE TEMP TABLE pg_class (LIKE pg_catalog.pg_class);
		DO $$ BEGIN EXECUTE '"'DEALLOCATE ALL'; EXECUTE 'PREPARE postkit_read_18 AS SELECT 1'"'; END $$;'
	for table in one two; do
		awk -v sql="$sql" '{ print } /^-- migrate:up/ { print sql }' db/migrations/*_"$table".sql >"$T/edited"
		cp "$T/edited" db/migrations/*_"$table".sql
	done
	commit_all 'more of them'
	printf -- '-- migrate:up transaction:false\nCREATE TEMP TABLE left_over AS SELECT 1;\nINSERT INTO left_over VALUES (2);\n-- migrate:down\nSELECT 1;\n' \
		>db/migrations/20990201000000_steps.sql
	commit_all steps
	ok git postkit deploy --yes
	has 'way back: ' 'deployed 4 migrations'
	hasnt 'not tried'
	ok git postkit drift
	equal "$(git cat-file blob refs/postkit/deploys/prod:record.json | jq -r .to)" "$(git postkit fingerprint "$(pg_url alone)")"
}

@test "of idle timeouts that are too short for a deploy it has longer ones, and migrations with it, whatever they reset" {
	sql postgres "ALTER ROLE shop SET idle_session_timeout = '300ms'; ALTER ROLE shop SET idle_in_transaction_session_timeout = '5ms'"
	migration 90 'RESET ALL;'
	migration 91 "CREATE TABLE idle AS SELECT current_setting('idle_session_timeout') a, current_setting('idle_in_transaction_session_timeout') b;"
	ok git postkit deploy --yes
	hasnt 'was lost'
	equal "$(sql shop 'SELECT a, b FROM idle')" '1min|1min'
	sql postgres "ALTER ROLE shop SET idle_session_timeout = '2min'; ALTER ROLE shop RESET idle_in_transaction_session_timeout"
	migration 92 "CREATE TABLE idle_too AS SELECT current_setting('idle_session_timeout') a, current_setting('idle_in_transaction_session_timeout') b;"
	ok git postkit deploy --yes
	equal "$(sql shop 'SELECT a, b FROM idle_too')" '2min|0'
	sql postgres 'ALTER ROLE shop RESET idle_session_timeout'
}
