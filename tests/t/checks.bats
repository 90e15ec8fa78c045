#!/usr/bin/env bats
# The project's checks: queries that are asked before and after, on a clone with production's rows.

load ../lib/common

setup_file() {
	shop_start <<-'SQL'
		CREATE TABLE users (id int PRIMARY KEY, email text NOT NULL, plan text);
		INSERT INTO users SELECT i, 'u' || i || '@x', CASE WHEN i % 3 = 0 THEN 'pro' ELSE 'free' END FROM generate_series(1, 300) i;
		CREATE TABLE "odd ""name" ("a|b" int, "c""d;--" text);
		INSERT INTO "odd ""name" VALUES (1, E'\x1b[31mred'), (2, NULL);
		CREATE FUNCTION writes() RETURNS int LANGUAGE plpgsql AS $$ BEGIN INSERT INTO users VALUES (999, 'w', 'w'); RETURN 1; END $$;
	SQL
	imported_repo app "$(shop_url)"
	commit_all import
	git push -q
	git switch -q -c work
	git postkit start
	mkdir -p db/checks
}

setup() {
	cd "$T/app" || return 1
	rm -f db/checks/*
}

clone_sql() { psql "$(git postkit url)" -X -qAt -v ON_ERROR_STOP=1 -c "$1"; }

# try SQL: as a hand-written migration, applied on the clone.
try() {
	printf -- '-- migrate:up\n%s\n-- migrate:down\n' "$1" >"$T/try.sql"
	git postkit migration try --file "$T/try.sql" >/dev/null || return 1
	run git postkit apply "${@:2}"
}

# of JSON-PATH: of the document in $output.
of() { sed -n '/^{/,/^}/p' <<<"$output" | jq -r "$1"; }

@test "without a folder, or with an empty one, nothing is asked and nothing said" {
	try "UPDATE users SET plan = plan"
	equal "$status" 0
	hasnt checks
	touch db/checks/empty.sql
	try "UPDATE users SET plan = plan"
	equal "$status" 0
	hasnt checks
}

@test "the same rows in another order pass; others are shown as a table, and the answer is no" {
	echo 'SELECT plan, count(*) FROM users GROUP BY plan ORDER BY random()' >db/checks/plans.sql
	try "UPDATE users SET email = upper(email)"
	equal "$status" 0
	has 'checks: 1 as expected'
	try "UPDATE users SET plan = 'pro' WHERE id = 1"
	equal "$status" 1
	has 'checks: 1 of 1 do not come to what they expect' 'db/checks/plans.sql:1: differs: 2 rows added, 2 removed; expected: same' \
		'plan | count' '- free | 200' '+ free | 199' '+ pro  | 101'
}

@test "differences that are declared pass, and those of another size do not" {
	cat >db/checks/declared.sql <<-'SQL'
		-- which users there are
		-- postkit:expect added 2, removed 1: two come, one goes
		SELECT id FROM users;

		-- postkit:expect may-change
		SELECT count(*) FROM users;
		-- postkit:expect empty
		SELECT id FROM users WHERE plan = 'nobody';
	SQL
	try "INSERT INTO users VALUES (401, 'a', 'free'), (402, 'b', 'free'); DELETE FROM users WHERE id = 400 OR id = 3;"
	equal "$status" 0
	has 'checks: 3 as expected'
	try "INSERT INTO users VALUES (403, 'a', 'nobody')"
	equal "$status" 1
	has 'checks: 2 of 3' 'declared.sql:3: differs: 1 row added, 0 removed; expected: added 2, removed 1' '+ 403' \
		'declared.sql:8: differs: 1 row; expected: empty'
	try "DELETE FROM users WHERE plan = 'nobody'; DELETE FROM users WHERE id > 400; INSERT INTO users VALUES (3, 'u3', 'pro')"
}

@test "--json carries results, counts and rows" {
	echo 'SELECT id, email FROM users WHERE id = 5' >db/checks/five.sql
	try "UPDATE users SET email = NULLIF(email, '') || '!' WHERE id = 5" --json
	equal "$status" 1
	equal "$(of '.checks[0] | [.file, .line, .expected, .result, .added, .removed, .rows_before, .rows_after] | @csv')" \
		'"db/checks/five.sql",1,"same","differs",1,1,1,1'
	equal "$(of '.checks[0].differences | map(.what + " " + (.values | join(","))) | join(";")')" 'removed 5,U5@X;added 5,U5@X!'
}

@test "a query that names what the migration makes is new; one that names what it drops fails" {
	echo "SELECT count(*) FROM made" >db/checks/made.sql
	try "CREATE TABLE made (a int)"
	equal "$status" 1
	has 'made.sql:1: new: nothing to compare with: before the migration relation "made" does not exist' 'checks: 0 as expected, 1 new'
	try "DROP TABLE made"
	equal "$status" 1
	has 'made.sql:1: failed: it fails after the migration: relation "made" does not exist'
}

@test "a query that fails half way before, and gives other columns after, is not compared" {
	echo 'SELECT *, 1 / (id - 250) AS part FROM users' >db/checks/part.sql
	try "ALTER TABLE users ADD COLUMN extra text DEFAULT 'e'; DELETE FROM users WHERE id = 250"
	equal "$status" 1
	has 'part.sql:1: failed: it fails before the migration: division by zero'
	hasnt 'removed' ' | '
	rm db/checks/part.sql
	try "ALTER TABLE users DROP COLUMN extra"
}

@test "an error in one query leaves the others" {
	printf 'SELECT 1/0;\nSELECT count(*) FROM users;\n' >db/checks/error.sql
	try "UPDATE users SET plan = plan"
	equal "$status" 1
	has 'checks: 1 of 2' 'error.sql:1: failed: it fails after the migration: division by zero'
}

@test "what is no query, and expectations that cannot be read, are refused before anything is run" {
	local before
	before=$(clone_sql "SELECT sum(xmin::text::bigint) FROM users")
	printf 'SELECT 1;\nDELETE FROM users;\n' >db/checks/bad.sql
	try "UPDATE users SET plan = plan"
	equal "$status" 128
	has 'db/checks/bad.sql:2:1' 'a check is a query'
	local text
	for text in '-- postkit:expect fewer' '-- postkit:expect added' '-- postkit:expect added 1, added 2' '-- postkit:allow x' \
		$'-- postkit:expect same\n-- postkit:expect empty'; do
		printf '%s\nSELECT 1;\n' "$text" >db/checks/bad.sql
		fails 128 git postkit apply
		has 'db/checks/bad.sql:'
	done
	printf 'SELECT 1;\n-- postkit:expect empty\n' >db/checks/bad.sql
	fails 128 git postkit apply
	has 'db/checks/bad.sql:2:1' 'above no query'
	equal "$(clone_sql "SELECT sum(xmin::text::bigint) FROM users")" "$before"
	rm db/checks/bad.sql
	ok git postkit apply
}

@test "a check that tries to write writes nothing, whatever it calls or sets" {
	cat >db/checks/writes.sql <<-'SQL'
		-- postkit:expect may-change
		SELECT writes();
		-- postkit:expect may-change
		SELECT set_config('transaction_read_only', 'off', false), writes();
		-- postkit:expect may-change
		SELECT 1 FROM users WHERE set_config('default_transaction_read_only', 'off', false) = 'off';
		-- postkit:expect may-change
		SELECT writes();
	SQL
	try "UPDATE users SET plan = plan"
	equal "$status" 1
	has 'writes.sql:2: failed' 'writes.sql:4: failed' 'writes.sql:8: failed' 'read-only transaction'
	equal "$(clone_sql 'SELECT count(*) FROM users WHERE id = 999')" 0
}

@test "a pulled file limits checks, but does not take the limit away" {
	echo 'SELECT 1' >db/checks/one.sql
	cp .postkit "$T/settings"
	for limit in 0 5000h soon; do
		git config -f .postkit postkit.checkTimeout "$limit"
		fails 128 git postkit apply
		has 'postkit.checkTimeout'
	done
	cp "$T/settings" .postkit
}

@test "a check that takes too long is stopped" {
	echo 'SELECT pg_sleep(60)' >db/checks/slow.sql
	git config postkit.checkTimeout 200ms
	try "UPDATE users SET plan = plan"
	git config --unset postkit.checkTimeout
	equal "$status" 1
	has 'slow.sql:1: failed' 'statement timeout'
}

@test "names and values as hostile as they may be are shown tame" {
	printf 'SELECT * FROM "odd ""name"' >"db/checks/odd name;\$(x).sql"
	try $'UPDATE "odd ""name" SET "c""d;--" = E\'a|b\\n\\x1b[2J\' WHERE "a|b" = 1'
	[[ $output != *$'\x1b'* ]] || tell 'an escape sequence came through' || return 1
	try $'UPDATE "odd ""name" SET "a|b" = 7 WHERE "a|b" = 1'
	equal "$status" 1
	# shellcheck disable=SC2016 # a name, not code
	has 'odd name;$(x).sql:1: differs' '\x0A\x1B[2J'
	[[ $output != *$'\x1b'* ]] || tell 'an escape sequence came through'
}

@test "of a huge answer sums are kept, which still tell that it differs" {
	echo "SELECT i, repeat('x', 1000) FROM generate_series(1, 200000 + (SELECT count(*) FROM users WHERE plan = 'more')::int) i" >db/checks/huge.sql
	local most=400000
	! sanitized || most=unlimited
	printf -- '-- migrate:up\nUPDATE users SET plan = plan;\n-- migrate:down\n' >"$T/try.sql"
	git postkit migration try --file "$T/try.sql"
	run bash -c "ulimit -v $most; git postkit apply"
	equal "$status" 0
	has 'checks: 1 as expected'
	try "UPDATE users SET plan = 'more' WHERE id = 9"
	equal "$status" 1
	has 'other rows, too many to tell which (200000 before, 200001 after)'
}

@test "a dry run asks the commit's checks, and what they say holds up the deploy" {
	git stash -q -u 2>/dev/null || :
	git switch -q main
	mkdir -p db/checks
	echo 'SELECT count(*) FROM users' >db/checks/count.sql
	printf -- '-- migrate:up\nDELETE FROM users WHERE id = 7;\n-- migrate:down\n' >db/migrations/20990101000000_less.sql
	commit_all less
	fails 1 git postkit deploy --dry-run
	has 'checks: 1 of 1' 'count.sql:1: differs' '- 300' '+ 299' 'error: dry run: 1 of 1 checks'
	fails 1 git postkit deploy --yes
	equal "$(sql shop 'SELECT count(*) FROM users')" 300
	run --separate-stderr git postkit deploy --dry-run --json
	equal "$status" 1
	equal "$(of '[.ok, .checks[0].result] | @csv')" 'false,"differs"'
	printf -- '-- postkit:expect added 1, removed 1: one user goes\nSELECT count(*) FROM users\n' >db/checks/count.sql
	commit_all declared
	ok git postkit deploy --yes
	has 'checks: 1 as expected'
	equal "$(sql shop 'SELECT count(*) FROM users')" 299
}

@test "what becomes of rows is told without a check: number, other values, new columns, dropped ones" {
	git switch -q work
	rm -rf db/checks/*
	try "UPDATE users SET email = 'x' || email WHERE id = 9; ALTER TABLE users ADD COLUMN nick text; ALTER TABLE users RENAME plan TO tier;"
	has 'rows:' 'public.users: ' '; other values in email; new nick: ' ' NULL'
	hasnt 'gone plan' 'new tier' 'in tier' 'no statement says so'
	try "CREATE FUNCTION sneak() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN DELETE FROM users WHERE id = 11; RETURN NULL; END';
		CREATE TRIGGER sneak AFTER UPDATE ON \"odd \"\"name\" FOR EACH STATEMENT EXECUTE FUNCTION sneak();
		ALTER TABLE users DROP COLUMN nick, ADD CHECK (id > 5) NOT VALID; UPDATE \"odd \"\"name\" SET \"a|b\" = \"a|b\" + 1" --json
	equal "$(of '.tables[] | select(.name == "public.users") | [.written, .rows_before - .rows_after, (.columns | map(.what + " " + .name) | join(","))] | @csv')" \
		'false,1,"gone nick"'
	try "ALTER TABLE users ADD COLUMN again int"
	has 'not proven: CHECK users_id_check of public.users: ' '  id = 1'
	try "CREATE TABLE copy AS SELECT email AS other, id FROM users; DROP TABLE users; ALTER TABLE copy RENAME TO users"
	has ' rows; new other: 0 NULL; gone email with ' ' values; gone tier with '
	hasnt 'other values in'
	try "ALTER TABLE users ADD PRIMARY KEY (id)"
	hasnt 'rows:'
	try "UPDATE users SET id = id + 1000"
	has 'other values in id'
	hasnt 'other values in again' 'other values in other'
	try "ALTER TABLE users ALTER id TYPE numeric(10,2)"
	hasnt 'other values in'
	try "DROP TABLE \"odd \"\"name\""
	has 'public."odd ""name": gone, with 2 rows'
}

@test "a hand-written migration keeps the reason why it is irreversible" {
	git stash -q -u
	git switch -q main
	git switch -q -c reasoned
	ok git postkit start
	rm db/schema/functions/writes*
	printf -- '-- migrate:up\nSELECT 1;\n-- migrate:down\n' >"$T/try.sql"
	ok git postkit migration none --file "$T/try.sql"
	run git postkit apply
	has 'no row differs; expected: added 1, removed 1, which is to go once its migration has run'
	rm -r db/checks
	printf -- '-- postkit:irreversible: it was empty\n-- migrate:up\nDROP FUNCTION writes();\n-- migrate:down\n' >"$T/try.sql"
	ok git postkit migration reasoned --file "$T/try.sql"
	ok git postkit apply
	ok git postkit commit -m reasoned
	grep -qx -- '-- postkit:irreversible: it was empty' db/migrations/*_reasoned.sql
}
