#!/usr/bin/env bats
# A deploy where the role, the remote or what others do to it is not as it should be: what is wrong is said, and nothing is done.

# shellcheck disable=SC2016 # what stands in quotes is SQL
load ../lib/common
load ../lib/physical

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
# A statement that comes to its end on the copy when it is told to go on, and at once elsewhere.
STAYS='DO $$ BEGIN WHILE current_database() LIKE $x$pk%$x$ AND NOT EXISTS (SELECT FROM pg_locks WHERE objid = 4712) LOOP PERFORM pg_sleep(0.02); END LOOP; END $$;'
goes_on() { { echo 'SELECT pg_advisory_lock(4712);' && sleep 600; } | PGAPPNAME=on local_run psql postgres -X -q >/dev/null 2>&1 3>&- & }
stays_again() { local_sql postgres "SELECT pg_terminate_backend(pid, 60000) FROM pg_stat_activity WHERE application_name = 'on'" >/dev/null; }

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

@test "options that mean nothing together, or at all, are usage errors; so are names that no ref can have" {
	local name
	fails 129 git postkit deploy --max-wait=-1 --yes
	has '--max-wait takes seconds, not -1'
	fails 129 git postkit deploy --plan-only --dry-run
	has 'does not go with --dry-run'
	# What is deployed to it could not be recorded.
	for name in a..b a. a.lock; do
		fails 128 git postkit remote add "$name" "$(shop_url)"
		has "'$name' cannot be a remote's name"
	done
}

@test "what ends its transaction itself is refused before anything is run there, with the way out" {
	local what
	for what in 'ALTER TABLE users ADD COLUMN x int; COMMIT' 'DO $$ BEGIN COMMIT; END $$'; do
		migration 1 "$what;"
		fails 128 git postkit deploy --yes
		in_order 'error: ' 'dry run: ' 'hint: '
		hasnt 'deploying to'
		git reset -q --hard HEAD^
	done
	has 'invalid transaction termination' "a migration of their own that begins with '-- migrate:up transaction:false'"
}

@test "what others did to it while it was tried is the cause that is named" {
	local deploy
	migration 2 "ALTER TABLE users ADD COLUMN a int; $STAYS SELECT 1 / 0;"
	git-postkit deploy --yes >"$T/out" 2>&1 3>&- &
	deploy=$!
	until_true grep -q 'ADD COLUMN a int' "$T/out"
	sql shop 'SET ROLE shop; CREATE TABLE meanwhile (i int)'
	goes_on
	wait "$deploy" && tell "it came to its end"
	run cat "$T/out"
	in_order "error: 'prod' has changed since it was compared with the chain" 'on the copy it came to this: ' 'division by zero' \
		'hint: run git postkit deploy prod again'
	sql shop 'DROP TABLE meanwhile'
	fails 128 git postkit deploy --yes
	in_order 'error: ' 'division by zero'
	hasnt "'prod' has changed"
	stays_again
	git reset -q --hard HEAD^
	equal "$(ran)" 1
}

@test "a connection that is ended while it has nothing to do is made again" {
	local deploy
	migration 5 "ALTER TABLE users ADD COLUMN five int; $STAYS"
	git-postkit deploy --yes >"$T/out" 2>&1 3>&- &
	deploy=$!
	until_true grep -q 'ADD COLUMN five int' "$T/out"
	equal "$(sql shop "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE application_name = 'git postkit deploy' AND state = 'idle'")" 1
	goes_on
	wait "$deploy"
	stays_again
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
	# Another one of that name, on another table of the same name, is no concern of it.
	sql shop 'SET ROLE shop; CREATE SCHEMA two; CREATE TABLE two.users (email text); CREATE INDEX users_email ON two.users (email)'
	migration 7 'CREATE UNIQUE INDEX CONCURRENTLY users_email ON users (email);' transaction:false
	ok git postkit deploy --dry-run --allow-drift
	sql shop "INSERT INTO users VALUES (301, 'u1@x')"
	git config postkit.refresh never
	fails 128 git postkit deploy --yes --allow-drift
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

@test "what is half way is gone on with before an older migration that came since, and nothing of it is run twice" {
	migration 9 'UPDATE users SET email = email || 1 WHERE id = 1; CREATE UNIQUE INDEX CONCURRENTLY users_lower ON users (lower(email));' transaction:false
	ok git postkit deploy --dry-run
	git config postkit.refresh never
	sql shop "INSERT INTO users VALUES (301, 'U2@x')"
	fails 128 git postkit deploy --yes
	has '1 of 2 statements are done'
	sql shop 'DELETE FROM users WHERE id = 301'
	migration 8 'ALTER TABLE users ADD COLUMN eight int;'
	ok git postkit deploy --yes --allow-out-of-order
	in_order "deploying to 'prod'" m9.sql m8.sql 'deployed 2 migrations'
	equal "$(sql shop 'SELECT email FROM users WHERE id = 1')" u1@x1
}

@test "an index that others left invalid is neither passed over nor dropped" {
	sql shop 'CREATE INDEX users_id ON users (id)'
	sql shop "UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'users_id'::regclass"
	migration 10 'CREATE INDEX CONCURRENTLY IF NOT EXISTS users_id ON users (id);' transaction:false
	for _ in first again; do
		fails 1 git postkit deploy --yes --allow-drift
		in_order 'error: ' 'index public.users_id is there already, invalid, and was not left by this migration' \
			'hint: where nobody is building it: DROP INDEX CONCURRENTLY public.users_id'
	done
	sql shop 'DROP INDEX users_id'
	ok git postkit deploy --yes
	equal "$(sql shop "SELECT indisvalid FROM pg_index WHERE indexrelid = 'users_id'::regclass")" t
	# In a transaction, too, and the one that the statement's own search path finds.
	sql shop 'SET ROLE shop; CREATE INDEX users_id ON two.users (email)'
	sql shop "UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'two.users_id'::regclass"
	local passing='CREATE INDEX IF NOT EXISTS users_id ON users (email);' up
	for up in "$passing" "DO \$\$ BEGIN $passing END \$\$;"; do
		migration 11 "ALTER TABLE users ADD COLUMN eleven int; SET search_path = two; $up SELECT 1;"
		fails 1 git postkit deploy --yes --allow-drift
		in_order 'error: db/migrations/20990101000011_m11.sql:2:' 'index two.users_id is there already, invalid, and was not left by this migration' \
			'hint: where nobody is building it: DROP INDEX CONCURRENTLY two.users_id'
		git reset -q --hard HEAD^
	done
	equal "$(sql shop "SELECT count(*) FROM pg_attribute WHERE attname = 'eleven'")" 0
	# That of a partitioned table is invalid by itself where it was made ON ONLY it.
	sql shop 'SET ROLE shop; CREATE TABLE two.parts (i int) PARTITION BY RANGE (i); CREATE TABLE two.part PARTITION OF two.parts DEFAULT;
		CREATE INDEX parts_i ON ONLY two.parts (i)'
	migration 11 'CREATE INDEX IF NOT EXISTS parts_i ON two.parts (i);'
	fails 1 git postkit deploy --yes --allow-drift
	in_order 'index two.parts_i is invalid: not all partitions have a valid one for it' 'hint: ' 'ALTER INDEX two.parts_i ATTACH PARTITION'
	git reset -q --hard HEAD^
	migration 11 'CREATE INDEX IF NOT EXISTS parts_i ON ONLY two.parts (i); CREATE INDEX IF NOT EXISTS users_id ON users (email);'
	ok git postkit deploy --yes --allow-drift
	sql shop 'DROP TABLE two.parts; DROP INDEX two.users_id'
	migration 12 'SELECT 1;'
	ok git postkit deploy --yes --allow-drift
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
	# The clone of a new session has them run, each by itself as well, and so has what is tried and applied in a session.
	git switch -qc later
	ok git postkit start
	echo 'CREATE TEMP TABLE left_over (i int);' >"$T/left_over.sql"
	ok git postkit migration once --file "$T/left_over.sql"
	ok git postkit migration again --file "$T/left_over.sql"
	printf -- '-- migrate:up transaction:false\n%s\n-- migrate:down\n' "$(cat "$T/left_over.sql")" >"$T/steps.sql"
	ok git postkit migration alone --file "$T/steps.sql"
	ok git postkit migration last --file "$T/left_over.sql"
	ok git postkit plan
	ok git postkit apply
	git switch -q work
	ok git postkit deploy --yes
	has 'way back: ' 'deployed 4 migrations'
	hasnt 'not tried'
	ok git postkit drift
	equal "$(git cat-file blob refs/postkit/deploys/prod:record.json | jq -r .to)" "$(git postkit fingerprint "$(pg_url alone)")"
}

@test "grants that make more of the schema there than on the copy: it is deployed, recorded, and told" {
	sql postgres 'CREATE DATABASE more OWNER shop'
	imported_repo more "postgresql://shop@/more?host=$PROD_SOCKET&port=$PROD_PORT"
	commit_all import
	git switch -qc work
	git postkit start
	echo 'CREATE TABLE four (i int);' >db/schema/tables/four.sql
	git postkit plan && git postkit apply && git postkit commit -m four
	mkdir -p db/schema/grants
	echo "DO \$\$ BEGIN IF current_setting('log_statement') = 'all' THEN CREATE TABLE five (); END IF; END \$\$;" >db/schema/grants/more.sql
	commit_all grants
	fails 2 git postkit deploy --yes
	in_order "error: deployed and recorded, but now the schema of 'prod' is not what " 'not expected: public/table/five.sql' \
		'hint: grants or seeds' 'git postkit drift prod'
	equal "$(git cat-file blob refs/postkit/deploys/prod:record.json | jq -r .to)" "$(git postkit fingerprint "$(pg_url more)")"
}

@test "what ran out of order is no drift: later migrations go on from there, and it is rolled back first" {
	local branch first
	cd "$T/more" || return 1
	sql more 'DROP TABLE five'
	git rm -q db/schema/grants/more.sql
	commit_all 'without grants'
	for branch in early late; do
		git switch -qc $branch work
		git postkit start
		echo "CREATE TABLE $branch (i int);" >db/schema/tables/$branch.sql
		git postkit plan && git postkit apply && git postkit commit -m $branch
		sleep 1 # versions are seconds
	done
	git postkit deploy --yes
	git merge -q early
	first=$(basename db/migrations/*_early.sql)
	fails 1 git postkit deploy --yes
	in_order 'pending migrations are older than' "$first" '--allow-out-of-order'
	ok git postkit deploy --yes --allow-out-of-order
	ok git postkit drift
	git switch -qc later
	git postkit start
	echo 'CREATE TABLE later (i int);' >db/schema/tables/later.sql
	git postkit plan && git postkit apply && git postkit commit -m later
	ok git postkit deploy --yes
	ok git postkit rollback --yes --to "$(basename db/migrations/*_four.sql | cut -d_ -f1)"
	in_order "rolling back on 'prod'" _later.sql "$first" _late.sql 'rolled back 3 migrations'
	ok git postkit drift
	# What somebody else has made there is not taken for where it led.
	ok git postkit deploy --yes --commit late^1
	sql more 'SET ROLE shop; CREATE TABLE by_hand (i int)'
	ok git postkit deploy --yes --allow-out-of-order --allow-drift
	fails 1 git postkit drift
	has by_hand
	fails 1 git postkit deploy --yes
	sql more 'DROP TABLE by_hand'
}

@test "of idle timeouts that are too short for a deploy it has longer ones, and migrations with it, whatever they reset" {
	sql postgres "ALTER ROLE shop SET idle_session_timeout = '1s'; ALTER ROLE shop SET idle_in_transaction_session_timeout = '1s'"
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
