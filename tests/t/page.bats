#!/usr/bin/env bats
# One document of a command, however it ends: as JSON, and as a page.
# shellcheck disable=SC2154 # $stderr comes from run

load ../lib/common

setup_file() {
	common_setup
	pg_start
	sql postgres 'CREATE ROLE shop LOGIN'
	sql postgres 'CREATE DATABASE shop OWNER shop'
	sql shop <<-'SQL'
		SET ROLE shop;
		CREATE TABLE users (id int PRIMARY KEY, email text, age int);
		INSERT INTO users SELECT i, 'u' || i % 90, i FROM generate_series(1, 3000) i;
		CREATE TABLE orders (id int PRIMARY KEY, user_id int REFERENCES users, total int);
		INSERT INTO orders SELECT i, i, i FROM generate_series(1, 3000) i;
	SQL
	new_repo app
	cd "$T/app" || return 1
	git postkit init
	git postkit remote add prod "postgresql://shop@/shop?host=$PROD_SOCKET&port=$PROD_PORT" --default
	git postkit import --yes
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
