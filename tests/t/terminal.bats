#!/usr/bin/env bats
# Names and messages from elsewhere, as hostile as git and PostgreSQL let them be, through all commands: on a terminal
# and in every other form nothing of them is obeyed.

load ../lib/common

# What a name may hold where anything goes: a colour, a title, a line of its own, text that runs backwards, C1, a joiner.
HOSTILE=$'e\e[31m\e]0;owned\a\nFORGED: all is well\u202e\u009b2J\u200b'
# Refs may not hold ASCII's control characters.
BRANCH=$'b\u202e\u009b31mevil\u200b\u2066'

setup_file() {
	common_setup
	pg_start
	psql "$(pg_url)" -X -q -v ON_ERROR_STOP=1 -v h="$HOSTILE" -v db="$HOSTILE" >/dev/null <<-'SQL'
		CREATE ROLE shop LOGIN;
		CREATE ROLE :"h" LOGIN;
		GRANT :"h" TO shop;
		CREATE DATABASE shop OWNER shop;
		\c shop
		SET ROLE shop;
		CREATE TABLE users (id int PRIMARY KEY, email text);
		CREATE TABLE :"h" (:"h" int PRIMARY KEY, old text);
		COMMENT ON TABLE :"h" IS :'h';
		CREATE FUNCTION loud() RETURNS int LANGUAGE plpgsql AS $$ BEGIN RAISE WARNING E'\x1b[31mloud\nFORGED\u202e\u009b'; RETURN 1; END $$;
		INSERT INTO :"h" VALUES (1, 'x'), (2, :'h');
		GRANT SELECT ON :"h", users TO :"h";
	SQL
	imported_repo app "$(shop_url)"
	git postkit hooks install
	commit_all import
	git push -q
}

setup() { cd "$T/app" || return 1; }

idle() { [ "$(sql shop "SELECT count(*) FROM pg_stat_activity WHERE state = 'idle in transaction' AND xact_start < clock_timestamp() - interval '10 s'")" = 1 ]; }

gone() { [ "$(sql shop "SELECT count(*) FROM pg_stat_activity WHERE state = 'idle in transaction'")" = 0 ]; }

# shown [STATUS] ARGUMENT...: a command of ours, on a terminal. $output.
shown() {
	local expected=0
	case $1 in [0-9]*) expected=$1 && shift ;; esac
	run "$ROOT/tests/lib/shown" git postkit "$@"
	[ "$status" -eq "$expected" ] || tell "'git postkit $*' ended with status $status"
}
piped() {
	run "$ROOT/tests/lib/shown" --piped git postkit "$@"
	[[ $output != *' shows: '* ]] || tell "'git postkit $*' through a pipe"
}

@test "a branch, tables, columns, roles and programs with hostile names, from start to deploy" {
	# Somebody with such names is in the middle of something there.
	mkfifo "$T/said"
	PGAPPNAME=$HOSTILE PGUSER=$HOSTILE PGHOST=$PROD_SOCKET PGPORT=$PROD_PORT psql -X -q shop <"$T/said" >/dev/null &
	exec 9>"$T/said"
	echo "BEGIN; LOCK users IN ACCESS SHARE MODE;" >&9
	git switch -q -c "$BRANCH"
	shown start
	has 'on branch '"'"'b\x' 'git postkit plan'
	shown status
	has 'b\x'
	piped status --porcelain
	piped status --json
	printf 'CREATE TABLE public."%s2" (a int);\n' "$HOSTILE" >db/schema/evil.sql
	sed -i 's/email text/email text, phone text/' db/schema/tables/users.sql
	shown plan
	has 'users' 'FORGED'
	SQL=1 shown plan --sql
	SQL=1 shown plan --down
	shown plan --json
	shown plan --pattern
	SQL=1 shown diff prod db/schema
	shown apply
	shown commit -m "$HOSTILE"
	shown check
	shown log
	until_true idle
	shown 2 deploy --plan-only
	has 'on '"'prod'"' at present' 'e\x1B'
	exec 9>&-
	until_true gone
	shown deploy --dry-run
	shown deploy --yes
	shown log
	shown records push
	SQL=1 shown snapshot prod
	shown doctor
	shown gc --dry-run
	shown remote test prod
	sql shop "SET ROLE shop; ALTER TABLE \"$HOSTILE\" ADD COLUMN \"more$HOSTILE\" text"
	shown 1 drift
	has 'more'
	SQL=1 shown drift --revert
	git switch -q main
	shown status
	git switch -q "$BRANCH"
	shown abort --yes
}

@test "findings and what a server says with hostile names, in every form" {
	local form file=db/migrations/20990101000000_evil.sql
	git switch -q -c "unsafe$BRANCH" "$BRANCH"
	# shellcheck disable=SC2016
	printf -- '-- migrate:up\nDROP TABLE "%s";\nSELECT loud();\nDO $$BEGIN RAISE EXCEPTION E'"'"'\\x1b[2Jno\\nFORGED\\u202e'"'"'; END$$;\n-- migrate:down\n' "$HOSTILE" >$file
	commit_all evil
	shown 1 check main..HEAD
	has $file 'drops "e\x1B[31m'
	shown 1 lint $file
	run "$ROOT/tests/lib/shown" git push origin HEAD
	[ "$status" -ne 0 ]
	has 'refuses this push'
	hasnt ' shows: '
	for form in json sarif gitlab github markdown; do
		SQL=1 piped check --format "$form" main..HEAD
		has drop-table
		case $form in
		github) ! git postkit check --format github main..HEAD 2>/dev/null | grep -v '^::' || tell 'more than commands' ;;
		markdown) hasnt '<e' ;;
		*) git postkit check --format "$form" main..HEAD 2>/dev/null | python3 -c 'import json, sys; json.load(sys.stdin)' ;;
		esac
		[ "$form" = github ] || [ "$form" = markdown ] || shown 1 check --format "$form" main..HEAD
	done
	run "$ROOT/tests/lib/shown" git postkit deploy --dry-run --allow-drift
	[ "$status" -ne 0 ]
	has 'no' '\x1B[2J' '\xE2\x80\xAE'
	hasnt ' shows: '
}
