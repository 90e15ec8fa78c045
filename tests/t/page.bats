#!/usr/bin/env bats
# One document of a command, however it ends: as JSON, and as a page.
# shellcheck disable=SC2154 # $stderr comes from run

load ../lib/common

setup_file() {
	shop_start <<-'SQL'
		CREATE TABLE users (id int PRIMARY KEY, email text, age int);
		INSERT INTO users SELECT i, 'u' || i % 90, i FROM generate_series(1, 3000) i;
		CREATE TABLE orders (id int PRIMARY KEY, user_id int REFERENCES users, total int);
		INSERT INTO orders SELECT i, i, i FROM generate_series(1, 3000) i;
		CREATE TABLE "</script><img src=x onerror=alert(1)>" (id int PRIMARY KEY, U&"x\202Ey" text);
		INSERT INTO "</script><img src=x onerror=alert(1)>" VALUES (1, E'</style>\x1b<script>alert(2)</script>');
		COMMENT ON TABLE "</script><img src=x onerror=alert(1)>" IS '<svg onload=alert(3)>';
	SQL
	imported_repo app "$(shop_url)"
	git config postkit.largeRows 100000
	mkdir -p db/checks
	cat >db/checks/hostile.sql <<-'SQL'
		-- postkit:expect may-change
		SELECT id, U&"x\202Ey" FROM "</script><img src=x onerror=alert(1)>";
	SQL
	commit_all import
	git push -q
	git switch -q -c work
}

setup() {
	cd "$T/app" || return 1
}

# document STATUS COMMAND...: ends with that; its standard output is one JSON document, which $output is then.
document() {
	local wanted=$1
	shift
	run --separate-stderr "$@"
	[ "$status" -eq "$wanted" ] || tell "'$*' ended with status $status, not $wanted: $stderr"
	jq -es 'length == 1 and .[0].schema == 1' <<<"$output" >/dev/null || tell 'not one document'
}

# page FILE: what it says is $output; it is well formed, by itself and safe.
page() {
	run "$BATS_TEST_DIRNAME/../lib/page" "$1"
	[ "$status" -eq 0 ] || tell "$1 is no good page"
}

@test "what cannot begin is told in a document as well" {
	document 128 git postkit start --json --remote nobody
	equal "$(jq -c '[.ok, (.error | test("nobody"))]' <<<"$output")" '[false,true]'
	local command
	for command in plan apply; do
		document 128 git postkit "$command" --json
		equal "$(jq -c '[.ok, (.error | length > 0), (.hint | test("git postkit start"))]' <<<"$output")" '[false,true,true]'
	done
	document 128 git postkit deploy nobody --dry-run --json
	equal "$(jq -c '[.ok, (.error | test("nobody"))]' <<<"$output")" '[false,true]'
	document 0 git postkit start --json
	equal "$(jq -r .ok <<<"$output")" true
}

@test "an apply that fails tells what was applied, and what was measured until then" {
	printf -- '-- migrate:up\nUPDATE users SET age = age + 1 WHERE id <= 10;\n-- migrate:down\n' |
		git postkit migration first --file -
	printf -- '-- migrate:up\nALTER TABLE users ADD nick text;\nALTER TABLE users ADD UNIQUE (email);\n-- migrate:down\n' |
		git postkit migration second --file -
	document 128 git postkit apply --json
	equal "$(jq -c '[.ok, (.parts | map([.name, .applied, (.statements | length)]))]' <<<"$output")" '[false,[["first",true,1],["second",false,1]]]'
	equal "$(jq -c '[.sqlstate, .file, .line, (.error | test("could not create unique index")), (.detail | test("3000 rows|3,000 rows"))]' <<<"$output")" \
		'["23505","002_second.sql",3,true,true]'
	equal "$(jq -c '.parts[0] | [.waits, (.statements[0] | .rows, .written, .locks, (.wal > 100))]' <<<"$output")" \
		'[[],10,10,[{"relation":"public.users","mode":"ROW EXCLUSIVE"}],true]'
	equal "$(jq -c '.parts[1].waits | map([.relation, .mode, .reads > 0, .writes > 0])' <<<"$output")" \
		'[["public.users","ACCESS EXCLUSIVE",true,true]]'
	git postkit migration --remove "$(git postkit migration --json | jq -r '.migrations[] | select(.state == "waiting") | .number')"
	document 0 git postkit apply --json
	document 128 git postkit apply --json
	equal "$(jq -c '[.ok, .parts, (.error | length > 0)]' <<<"$output")" '[false,[],true]'
}

@test "two documents for standard output, or a page that has no place, are refused before anything is done" {
	fails 129 git postkit plan --json --html -
	fails 129 git postkit deploy --html "$T/page.html"
	fails 128 git postkit plan --html "$T"
	has 'is a folder'
	fails 128 git postkit lint db/migrations/
	has 'is a folder' 'git postkit lint db/migrations/*.sql'
	mkdir "$T/closed"
	ok git postkit lint --html "$T/new/folder/page.html" /dev/null
	page "$T/new/folder/page.html"
	has 'Yes: nothing was found'
}

@test "a plan's page: steps, locks, the way back, and that nothing was run" {
	echo 'CREATE INDEX emails ON public.users (email);' >>db/schema/tables/users.sql
	sed -i 's/id integer NOT NULL,/&\n    "<i>\x1b" text,/' db/schema/tables/*script*.sql
	ok git postkit plan --html "$T/plan.html"
	git postkit plan --json >"$T/plan.json"
	has 'CREATE INDEX CONCURRENTLY emails ON public.users'
	page "$T/plan.html"
	has 'Yes, as far as a plan can tell' 'CREATE INDEX CONCURRENTLY emails ON public.users' 'reads all of' 'SHARE UPDATE EXCLUSIVE' \
		'The way back' 'DROP INDEX CONCURRENTLY public.emails' 'Nothing has been run on data' \
		'public."</script><img src=x onerror=alert(1)>"' '\x1B' 'Not to scale'
	sed -i 's/age integer/age bigint/' db/schema/tables/users.sql
	ok git -c postkit.largeRows=100 postkit plan
	has 'error: ACCESS EXCLUSIVE lock on public.users' '[type-rewrite]' 'git push refuses it unless' 'git postkit lint --fix'
	run --separate-stderr git -c postkit.largeRows=100 postkit plan --html -
	equal "$status" 0
	equal "${output:0:15}" '<!DOCTYPE html>'
	printf '%s\n' "$output" >"$T/plan2.html"
	page "$T/plan2.html"
	in_order 'The plan works, but not as it is for production' 'What speaks against it' 'finding at level error' 'type-rewrite' 'ALTER TABLE public.users ADD COLUMN age_new bigint' 'rewrites all of'
}

@test "apply's page has what was measured, and the checks' rows as a table" {
	printf -- '-- migrate:up\nUPDATE "</script><img src=x onerror=alert(1)>" SET U&"x\\202Ey" = '"'<b>\xe2\x80\xae'"';\nCREATE INDEX ages ON users (age);\nDROP INDEX ages;\n-- migrate:down\n' |
		git postkit migration fill --file -
	document 0 git postkit apply --json --html "$T/apply.html"
	echo "$output" >"$T/apply.json"
	equal "$(jq -c '.parts | map(.statements | map(.files | map([.relation, .index_of, .built]))) | flatten(1) | map(select(. != []))' <<<"$output")" \
		'[[["public.users",null,false],["public.users_pkey","public.users",false]],[["public.emails","public.users",true]],[["public.ages","public.users",true]]]'
	page "$T/apply.html"
	in_order 'Applied on the clone, but not fit for production as it is' 'Statements and the locks they hold' 'What would have waited in production' \
		'Checks, before and after' 'db/checks/hostile.sql:2' 'Statements' 'What was not measured'
	has '<b>' 'U+202E' '\x1B' '− before' '+ after' 'NULL' '<script>alert(2)</script>' 'writes all of' 'builds index' 'public.ages' 'SHARE'
}

@test "a dry run's page, of one that passes and of one that does not" {
	ok git postkit commit -m 'bigger ages'
	ok git -c postkit.rule.type-rewrite.level=off postkit deploy --dry-run --html "$T/deploy.html"
	page "$T/deploy.html"
	has 'git postkit deploy: prod' 'No read waits longer than' "$(git rev-parse HEAD)" '_bigger_ages.sql' 'one transaction' \
		'The way back' 'It has no way back' 'ALTER TABLE public.users ALTER COLUMN age TYPE integer'
	document 0 git postkit deploy --dry-run --json --html "$T/large.html"
	echo "$output" >"$T/deploy.json"
	equal "$(jq -c '.findings | map(select(.measured)) | map([.rule, (.file | endswith("_bigger_ages.sql")), (.fact | test("^ACCESS EXCLUSIVE on public.users for .* rows read, public.users written anew$"))])' <<<"$output")" \
		'[["type-rewrite",true,true]]'
	page "$T/large.html"
	in_order 'The dry run passed, but this speaks against it' 'at level error' 'Measured:' 'ACCESS EXCLUSIVE on public.users for' 'The safe way'
	sql shop "INSERT INTO users VALUES (0, NULL, NULL)"
	printf -- '-- migrate:up\nALTER TABLE users ADD COLUMN "<u>" text;\nALTER TABLE users ALTER age SET NOT NULL;\n-- migrate:down\n' \
		>db/migrations/29991231000000_no_nulls.sql
	commit_all 'no nulls'
	fails 128 git postkit deploy --dry-run --html "$T/failed.html"
	page "$T/failed.html"
	in_order 'No: the dry run failed' 'contains null values' 'SQLSTATE' '23502' 'id = 0' 'ADD COLUMN "<u>" text'
}

@test "what a sample lacks is said" {
	git switch -q -c sampled main
	ok git postkit start --sample 10%
	printf -- '-- migrate:up\nUPDATE users SET age = 1;\n-- migrate:down\nUPDATE users SET age = 2;\n' | git postkit migration ones --file -
	document 0 git postkit apply --json --html "$T/sampled.html"
	equal "$(jq -c '.sampled | map(select(.relation == "public.users")) | map(.rows_there > 3 * .rows_here)' <<<"$output")" '[true]'
	page "$T/sampled.html"
	in_order 'What was not measured' 'The copy holds less than its source' 'public.users' 'rows here, about'
	git switch -q work
}

@test "the man page has every key of these documents" {
	local section key
	section=$(sed -n '/^\.Sh DOCUMENTS/,/^\.Sh LOOKING/p' "$ROOT/src/man/git-postkit.1")
	equal "$(cat "$T"/{plan,apply,deploy}.json | jq -s length)" 3
	output=
	while IFS= read -r key; do
		grep -qw -- "$key" <<<"$section" || output+="$key"$'\n'
	done < <(jq -rs '[paths | .[] | strings] | unique[]' "$T"/{plan,apply,deploy}.json)
	[ -z "$output" ] || tell 'not in the section DOCUMENTS:'
}

@test "lint's and check's pages quote the line, and have the safe way" {
	cat >bad.sql <<-'SQL'
		SELECT 'é'; CREATE INDEX bad ON public.users (email);
		-- postkit:allow drop-column: </b> nobody reads it
		ALTER TABLE public.users DROP COLUMN email;
		SELEKT '<s>';
	SQL
	fails 1 git postkit lint bad.sql --html "$T/lint.html"
	page "$T/lint.html"
	has 'No: what was found forbids it' 'index-blocking' 'bad.sql:1:13' $'\nCREATE INDEX bad ON public.users (email)\n' \
		'CREATE INDEX CONCURRENTLY bad ON public.users (email)' 'Allowed all the same' '</b> nobody reads it' "SELEKT '<s>'" \
		'1 statement could not be read'
	fails 1 git postkit check origin/main..HEAD --html "$T/check.html"
	page "$T/check.html"
	has 'No: it is refused' "$(git rev-parse HEAD)" "$(git rev-parse origin/main)" '29991231000000_no_nulls.sql' 'not-null-scan' 'ALTER TABLE users ADD CONSTRAINT'
}
