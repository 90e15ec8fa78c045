#!/usr/bin/env bats
# Clones that a command of the user's makes: the contract, kept by both sides, and what happens when it is not.

# shellcheck disable=SC2154,SC2016 # $status comes from run; scripts are written as they are to run
load ../lib/common

# Prod, with a role that deploys and is no superuser; and a command that makes each clone as a database server
# of its own would be: a database of another server, which it alone makes and drops.
setup() {
	common_setup
	pg_start farm
	export FARM_SOCKET=$PROD_SOCKET FARM_PORT=$PROD_PORT FARM=$T/farm-log
	pg_start
	sql postgres 'CREATE ROLE app LOGIN'
	sql postgres 'CREATE DATABASE shop OWNER app'
	sql shop 'SET ROLE app; CREATE TABLE t (id int PRIMARY KEY); INSERT INTO t VALUES (1), (2)'
	farm postgres 'CREATE ROLE app LOGIN'
	export PROD_DUMP=$T/shop.sql FARM_TOOLS
	FARM_TOOLS=$(pg_tools)
	"$FARM_TOOLS/pg_dump" -h "$PROD_SOCKET" -p "$PROD_PORT" -U postgres shop >"$PROD_DUMP"
	write_command
	new_repo
	git postkit init --no-hooks
	git postkit remote add prod "postgresql://app@/shop?host=$PROD_SOCKET&port=$PROD_PORT"
	git config postkit.remote.prod.cloneCommand "$T/bin/clone"
}

# Its own words go to stderr; its password is one to look for.
write_command() {
	cat >"$T/bin/clone" <<-'SH'
		#!/bin/sh
		set -eu
		psql() { "$FARM_TOOLS/psql" -X -q -v ON_ERROR_STOP=1 -h "$FARM_SOCKET" -p "$FARM_PORT" -U postgres "$@"; }
		echo "$1 $POSTKIT_CLONE_ID $POSTKIT_CLONE_REMOTE $POSTKIT_CLONE_PURPOSE $POSTKIT_CLONE_MAJOR" >>"$FARM"
		case $1 in
		create)
			echo "making $POSTKIT_CLONE_ID" >&2
			psql -d postgres -c "CREATE DATABASE \"$POSTKIT_CLONE_ID\" OWNER app" >&2
			psql -d "$POSTKIT_CLONE_ID" -f "$PROD_DUMP" >/dev/null
			[ ! -e "$FARM.hook" ] || . "$FARM.hook"
			echo "postgresql://${FARM_USER:-postgres}:s3cr3t-of-clones@/$POSTKIT_CLONE_ID?host=$FARM_SOCKET&port=$FARM_PORT"
			;;
		destroy)
			[ ! -e "$FARM.stuck" ] || { echo 'no way' >&2; exit 9; }
			psql -d postgres -c "DROP DATABASE IF EXISTS \"$POSTKIT_CLONE_ID\" WITH (FORCE)" >&2
			;;
		esac
	SH
	chmod +x "$T/bin/clone"
}

farm() { PROD_SOCKET=$FARM_SOCKET PROD_PORT=$FARM_PORT sql "$@"; }
farm_has() { equal "$(farm postgres "SELECT count(*) FROM pg_database WHERE datname LIKE 'pk-%'")" "$1"; }
local_clusters() { find "$POSTKIT_STATE_DIR" "$(git rev-parse --git-common-dir)" -name PG_VERSION | wc -l; }
calls() { grep -c "^$1 " "$FARM" || :; }
# Nothing that somebody may see holds the clone's password; a file of ours alone does.
no_secret() {
	hasnt s3cr3t
	local file
	equal "$(git for-each-ref --format='%(objectname)' refs/postkit | while read -r ref; do git log -p "$ref"; done |
		grep -c s3cr3t)" 0
	equal "$(git config --list | grep -c s3cr3t)" 0
	while IFS= read -r file; do
		equal "$(stat -c %a "$file")" 600
	done < <(grep -rl s3cr3t "$(git rev-parse --git-common-dir)" "$POSTKIT_STATE_DIR")
}

@test "a session lives on a clone by the command from start to commit, and abort has it destroyed" {
	local clusters
	git postkit import prod
	commit_all 'import'
	git switch -q -c more
	clusters=$(local_clusters)
	ok git postkit start
	has "the cloneCommand of 'prod'" 'pk-'
	no_secret
	farm_has 1
	equal "$(git postkit psql -- -Atc 'SELECT count(*) FROM t')" 2
	equal "$(git postkit psql -- -Atc 'SELECT current_user')" app
	equal "$(git postkit psql -- -Atc "SELECT rolsuper FROM pg_roles WHERE rolname = session_user")" f
	equal "$(sed 's/pk-[0-9a-f]*-[0-9a-f]*/ID/' "$FARM")" 'create ID prod clone 15'
	ok git postkit status
	has there
	no_secret
	fails 128 git postkit start
	echo 'CREATE TABLE u (id int);' >db/schema/u.sql
	ok git postkit plan
	ok git postkit apply
	ok git postkit commit -m more
	equal "$(git postkit psql -- -Atc 'SELECT count(*) FROM u')" 0
	ok git postkit gc
	farm_has 1
	equal "$(local_clusters)" "$clusters"
	ok git postkit abort --yes
	farm_has 0
	equal "$(calls destroy)" 1
	equal "$(find "$(git rev-parse --git-common-dir)/postkit/made" -type f)" ''
}

@test "a dry run has a clone of its own, which goes whether it ends well or not" {
	git postkit import --yes prod
	commit_all 'import'
	git switch -q -c more
	git postkit start
	echo 'CREATE TABLE u (id int);' >db/schema/u.sql
	git postkit plan
	git postkit apply
	git postkit commit -m more
	# production has moved on by the record of the baseline
	"$FARM_TOOLS/pg_dump" -h "$PROD_SOCKET" -p "$PROD_PORT" -U postgres shop >"$PROD_DUMP"
	ok git postkit deploy --dry-run prod
	equal "$(sed -n 's/^\([a-z]*\) .* dry-run .*/\1/p' "$FARM" | tr '\n' ' ')" 'create destroy '
	farm_has 1
	sql shop 'SET ROLE app; CREATE TABLE u (x text)'
	run git postkit deploy --dry-run prod
	[ "$status" -ne 0 ]
	farm_has 1
	no_secret
}

@test "a string of somebody who is no superuser is used as it is, and must be able to act as who deploys" {
	farm postgres 'CREATE ROLE maker LOGIN CREATEDB CREATEROLE'
	git postkit import prod
	commit_all 'import'
	git switch -q -c more
	export FARM_USER=maker
	fails 128 git postkit start
	has "cannot act as 'app'" 'maker'
	farm_has 0
	farm postgres 'GRANT app TO maker'
	ok git postkit start
	equal "$(git postkit psql -- -Atc 'SELECT session_user, current_user')" 'maker|app'
	echo 'CREATE TABLE u (id int);' >db/schema/u.sql
	ok git postkit plan
	hasnt warning
	ok git postkit apply
	equal "$(git postkit psql -- -Atc "SELECT tableowner FROM pg_tables WHERE tablename = 'u'")" app
	no_secret
}

@test "a role that deploys and has powers over the clone's server is not handed on" {
	farm postgres 'ALTER ROLE app SUPERUSER'
	git switch -q -c more
	fails 128 git postkit start
	has 'powers over the server' NOSUPERUSER
	farm_has 0
}

@test "what the command prints is believed only when it is one connection string of the right major" {
	local what
	git switch -q -c more
	for what in 'exit 0' 'echo nonsense; exit 0' 'echo postgresql://a:s3cr3t@/x; echo; echo more; exit 0' \
		'echo "postgresql://postgres:s3cr3t@/?host=$FARM_SOCKET&port=$FARM_PORT"; exit 0' \
		'echo "postgresql://postgres:s3cr3t@/nodb?host=$FARM_SOCKET&port=$FARM_PORT"; exit 0' \
		'echo "postgresql://postgres:s3cr3t@/x?host=/nowhere"; echo the password is s3cr3t >&2; exit 4'; do
		echo "$what" >"$FARM.hook"
		fails 128 git postkit start
		no_secret
		farm_has 0
	done
	equal "$(calls create)" 6
	equal "$(calls destroy)" 6
	ok git postkit status
	has 'git postkit start'
}

@test "a command that fails shows its words; what it left it is told to destroy, by gc too" {
	git switch -q -c more
	echo 'echo out of disks >&2; exit 5' >"$FARM.hook"
	fails 128 git postkit start
	has 'exit status 5' 'out of disks'
	farm_has 0
	touch "$FARM.stuck"
	fails 128 git postkit start
	has 'could not destroy' 'git postkit gc'
	farm_has 1
	run git postkit gc
	has 'exit status 9'
	rm "$FARM.stuck"
	ok git postkit gc
	has 'left by a command'
	farm_has 0
	equal "$(find "$(git rev-parse --git-common-dir)/postkit/made" -type f)" ''
}

@test "a command that takes too long is ended with all that it started, and told to destroy" {
	git switch -q -c more
	echo 'sleep 600' >"$FARM.hook"
	git config postkit.remote.prod.cloneTimeout 5 # in which it is made, and destroyed
	fails 128 git postkit start
	has 'in 5 seconds' cloneTimeout
	farm_has 0
	equal "$(pgrep -f "$T/bin/clone" || :)" ''
}

@test "Ctrl-C while it makes a clone destroys it; after a kill -9 gc does" {
	local pid status=0
	git switch -q -c more
	echo 'touch "$FARM.there"; sleep 600' >"$FARM.hook"
	git-postkit start >"$T/out" 2>&1 3>&- &
	pid=$!
	until_true test -e "$FARM.there"
	kill -TERM "$pid"
	wait "$pid" || status=$?
	equal "$status" 130
	farm_has 0
	rm "$FARM.there"
	git-postkit start >"$T/out" 2>&1 3>&- &
	pid=$!
	until_true test -e "$FARM.there"
	ok git postkit gc
	farm_has 1
	kill -KILL "$pid"
	wait "$pid" || :
	ok git postkit gc
	farm_has 0
}

@test "sessions whose branch went and remotes that went: gc destroys their clones by the command that made them" {
	git switch -q -c more
	ok git postkit start
	git switch -q main
	git branch -q -D more
	git config --unset postkit.remote.prod.cloneCommand
	ok git postkit gc
	farm_has 0
	equal "$(calls destroy)" 1
}

@test "a pulled file cannot name a command" {
	git config --unset postkit.remote.prod.cloneCommand
	printf '[postkit "remote.prod"]\n\tcloneCommand = touch %s\n' "$T/ran" >>.postkit
	git switch -q -c more
	ok git postkit start
	[ ! -e "$T/ran" ]
}

@test "where settings mask or leave out, a command that knows nothing of it makes no clone" {
	git postkit import --yes prod
	commit_all 'import'
	git switch -q -c more
	local setting word
	while IFS='|' read -r setting word; do
		printf '%b' "$setting" >.postkit
		fails 128 git postkit start
		has "makes clones of everything" ": $word" 'postkit.remote.prod.cloneAsMade true'
	done <<-'CASES'
		[mask "public.t"]\n\tid = id + 1\n|masks
		[mask]\n\trequired = true\n|mask.required
		[postkit]\n\texcludeData = t\n|excludeData
		[postkit]\n\tschemaOnly = true\n|schemaOnly
		[postkit "table.public.t"]\n\twhere = id > 1\n|where
	CASES
	printf -- '-- migrate:up\nCREATE TABLE u (id int);\n' >db/migrations/20300101000000_u.sql
	commit_all 'more'
	fails 128 git postkit deploy --dry-run prod
	has "makes clones of everything"
	[ ! -e "$FARM" ]
	# a branch cannot say that it is well
	printf '[postkit "remote.prod"]\n\tcloneAsMade = true\n' >>.postkit
	fails 128 git postkit start
	git config postkit.remote.prod.cloneAsMade true
	fails 129 git postkit start --exclude-data t
	has '--exclude-data'
	ok git postkit start
	has "what the cloneCommand of 'prod' makes is taken as it is, without: where"
	farm_has 1
}
