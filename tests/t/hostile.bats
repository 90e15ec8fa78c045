#!/usr/bin/env bats
# A branch that means harm is merged, checked out, looked at and tried: nothing of it runs but what the role of the
# remote may do to a copy, and it is refused in plain words.

load ../lib/common

setup_file() {
	shop_start <<<"CREATE TABLE users (id int PRIMARY KEY, email text); INSERT INTO users VALUES (1, 'a'), (2, 'b')"
	imported_repo app "$(shop_url)"
	git postkit hooks install
	commit_all import
	STATE=$(production)
	export STATE
}

setup() {
	cd "$T/app" || return 1
	git switch -q -f main
	git clean -qfd
	git switch -q -c "try$BATS_TEST_NUMBER"
	# as somebody else would commit it
	git switch -q -c "evil$BATS_TEST_NUMBER"
}

# All that somebody could do harm to there: rows, records, definitions, roles, settings, other databases.
production() {
	sql shop "SELECT (SELECT md5(string_agg(u::text, ',' ORDER BY id)) FROM users u), (SELECT count(*) FROM postkit.schema_migrations),
		(SELECT md5(string_agg(r::text, ',' ORDER BY oid)) FROM pg_authid r), (SELECT count(*) FROM pg_db_role_setting),
		(SELECT string_agg(datname, ',' ORDER BY 1) FROM pg_database), (SELECT count(*) FROM pg_largeobject_metadata), (SELECT count(*) FROM pg_extension)"
	git postkit fingerprint "$(pg_url shop)"
}

# evil TEXT: a migration.
evil() { printf -- '-- migrate:up\n%s\n-- migrate:down\nSELECT 1;\n' "$1" >db/migrations/20990101000000_evil.sql; }

# came_in: it is committed, checked out elsewhere, merged, looked at. $output: of the merge and the look.
came_in() {
	git add -A && git commit -qm evil --no-verify
	git switch -q "try$BATS_TEST_NUMBER"
	run bash -c 'git merge -q "$1"; git postkit status; git postkit log; git switch -q main; git switch -q "$2"' - \
		"evil$BATS_TEST_NUMBER" "try$BATS_TEST_NUMBER"
	untouched
}
untouched() {
	[ ! -e "$T/pwned" ] || tell 'a program was run'
	equal "$(production)" "$STATE"
	hasnt $'\e'
}
# refused TEXT...: a dry run says so, and nothing has happened.
refused() {
	run git postkit deploy --dry-run
	[ "$status" -ne 0 ] || tell 'the dry run passed'
	has "$@"
	untouched
}

@test "statements that reach out of the database are refused by the dry run" {
	local text
	while IFS= read -r text; do
		evil "${text%%	*}"
		came_in
		refused "${text##*	}"
		git switch -q "evil$BATS_TEST_NUMBER"
	done <<-LIST
		COPY users FROM PROGRAM 'touch $T/pwned';	COPY ... PROGRAM is not possible here
		COPY (SELECT 1) TO PROGRAM 'touch $T/pwned';	COPY ... PROGRAM is not possible here
		\\! touch $T/pwned	is a command of psql, not SQL
		RESET SESSION AUTHORIZATION; COPY (SELECT 1) TO PROGRAM 'touch $T/pwned';	COPY ... PROGRAM is not possible here
		DO \$\$BEGIN EXECUTE 'RESET SESSION AUTHORIZATION'; EXECUTE 'COPY (SELECT 1) TO PROGRAM ''touch $T/pwned'''; END\$\$;	privileges of the pg_execute_server_program role
		CREATE EXTENSION dblink; SELECT dblink_exec('host=$PROD_SOCKET port=$PROD_PORT user=postgres dbname=shop', 'DROP TABLE users');	permission denied for function dblink_exec
		LOAD '/tmp/evil.so';	access to library "/tmp/evil.so" is not allowed
		SELECT pg_read_file('/etc/passwd');	permission denied for function pg_read_file
		SELECT lo_export(lo_create(0), '$T/pwned');	permission denied for function lo_export
	LIST
}

@test "a symbolic link for a migration, and one that leads to a device, are no migrations" {
	ln -s /etc/passwd db/migrations/20990101000000_link.sql
	came_in
	refused "20990101000000_link.sql' is not a regular file"
	git switch -q "evil$BATS_TEST_NUMBER"
	ln -sf /dev/zero db/migrations/20990101000000_link.sql
	came_in
	refused 'is not a regular file'
}

@test "names that lead out of the folder are refused" {
	local blob inner outer dir tree
	blob=$(printf -- '-- migrate:up\nSELECT 1;\n' | git hash-object -w --stdin)
	inner=$(git ls-tree HEAD:db/migrations; printf '100644 blob %s\t../20990101000000_up.sql\n' "$blob")
	dir=$(python3 -c '
import subprocess, sys
data = b""
for line in sorted(sys.argv[1].splitlines(), key=lambda l: l.split("\t")[1]):
    mode, _, rest = line.split(" ", 2)
    oid, name = rest.split("\t")
    data += mode.encode() + b" " + name.encode() + b"\0" + bytes.fromhex(oid)
print(subprocess.run(["git", "hash-object", "-w", "-t", "tree", "--literally", "--stdin"], input=data, capture_output=True).stdout.decode().strip())
' "$inner")
	outer=$(git ls-tree HEAD:db | sed "s,^040000 tree [0-9a-f]*	migrations$,040000 tree $dir	migrations," | git mktree --missing)
	tree=$(git ls-tree HEAD | sed "s,^040000 tree [0-9a-f]*	db$,040000 tree $outer	db," | git mktree --missing)
	dir=$(git commit-tree -p HEAD -m up "$tree")
	run git postkit deploy --dry-run --commit "$dir"
	[ "$status" -ne 0 ] || tell 'it was taken'
	has "holds the unsafe name '../20990101000000_up.sql'"
	untouched
	[ ! -e db/20990101000000_up.sql ]
}

@test "tracked settings bring no remotes, no commands, no hooks and no deploys" {
	cat >>.postkit <<-CONFIG
		[postkit]
			schemaPath = ../../../etc
			pgBin = $T/app/evil
			server = postgresql://postgres@/postgres?host=$PROD_SOCKET&port=$PROD_PORT
		[postkit "remote.prod"]
			url = postgresql://postgres@/shop?host=$PROD_SOCKET&port=$PROD_PORT
			cloneCommand = touch $T/pwned
			follow = try$BATS_TEST_NUMBER
			onMerge = deploy
		[core]
			hooksPath = evil
			sshCommand = touch $T/pwned
			pager = touch $T/pwned
		[alias]
			postkit = "!touch $T/pwned"
	CONFIG
	mkdir evil
	printf '#!/bin/sh\ntouch %s/pwned\n' "$T" | tee evil/{post-merge,post-checkout,postgres,initdb,psql,pg_restore,pg_dump} >evil/pre-push
	chmod +x evil/*
	printf -- '-- migrate:up\nCREATE TABLE gone (a int);\n-- migrate:down\nDROP TABLE gone;\n' >db/migrations/20990101000000_evil.sql
	came_in
	run git postkit remote list
	has 'shop@'
	hasnt 'postgres@'
	ok git postkit deploy --dry-run
	has "on a copy of 'prod'" 'dry run passed: 1 migration'
	untouched
}

@test "escape sequences in names and comments reach no terminal" {
	local red=$'\e[2Jred'
	printf -- '-- migrate:up\n-- %s\nCREATE TABLE "%s" (a int); COMMENT ON TABLE "%s" IS '"'%s'"';\nSELECT 1/0 AS "%s";\n-- migrate:down\n' \
		"$red" "$red" "$red" "$red" "$red" >db/migrations/20990101000000_red.sql
	came_in
	refused '20990101000000_red.sql' 'CREATE TABLE "' 'division by zero'
	git mv db/migrations/20990101000000_red.sql $'db/migrations/20990101000000_\e]0;owned\a\e[2Jred.sql'
	git commit -qm red --no-verify
	refused 'red.sql' "is not a migration's name"
	git switch -q -C "$(printf 'evil\302\23331m%s' "$BATS_TEST_NUMBER")" "evil$BATS_TEST_NUMBER"
	run git postkit status
	has 'evil'
	hasnt $'\e' $'\302\233'
}

@test "a migration of many megabytes is refused before it is read" {
	{
		printf -- '-- migrate:up\nSELECT 1;\n-- '
		head -c $((65 << 20)) /dev/zero | tr '\0' x
	} >db/migrations/20990101000000_huge.sql
	git config core.compression 1
	came_in
	refused '20990101000000_huge.sql' 'larger than 64 MB'
	fails 128 git postkit check
	has '20990101000000_huge.sql: the file is larger than 64 MB'
	truncate -s 65M db/schema/huge.sql
	fails 128 git postkit diff db/schema prod
	has 'huge.sql: the file is larger than 64 MB'
}

@test "nothing hides behind a byte of zero" {
	printf 'SELECT 1;\0\nDROP TABLE users;\n' >a.sql
	fails 128 git postkit lint a.sql
	has 'a.sql: the file holds a NUL byte'
}
