#!/usr/bin/env bats
# What becomes of migrations when branches meet: merge, rebase, squash, cherry-pick, revert, amend, a deleted branch,
# two work trees, a shallow clone, a fork of the repository.

load ../lib/common

setup_file() {
	common_setup
	pg_start
	pg_createdb shop
	sql shop 'CREATE TABLE users (id int PRIMARY KEY, email text NOT NULL)'
	new_repo shop
	git postkit init --no-hooks
	git postkit remote add prod "$(pg_url shop)"
	git postkit import --yes
	commit_all import
	git push -q
	git tag start
	git push -q origin start
}

# fresh: the repository as it was when only the import was there, on main.
fresh() {
	cd "$T/shop" || return 1
	git reset -q --hard
	git clean -qfd
	git switch -q main
	git reset -q --hard start
	git branch | grep -v '^\*' | xargs -r git branch -q -D
	rm -rf .git/hooks/p*
	git push -q -f --prune origin start:refs/heads/main 'refs/heads/*:refs/heads/*'
}

# change NAME SECOND [UP DOWN]: a table of that name in the schema files, and the migration for it, committed. SECOND: when
# it was made. The file's text comes from standard input where UP is given.
change() {
	local name=$1 up=${3-"CREATE TABLE public.$1 (id integer NOT NULL);"} down=${4-"DROP TABLE public.$1;"} from file
	from=$(tail -qn +1 db/migrations/*.sql | sed -n 's/^-- postkit: from .* to \([0-9a-f]*\) .*/\1/p' | tail -n 1)
	if [ -n "${3-}" ]; then cat; else echo "$up"; fi >"db/schema/tables/$name.sql"
	file=db/migrations/202701010000$2_$name.sql
	printf -- '-- postkit: from %s to %s (pg15)\n-- what %s is for\n-- migrate:up\n%s\n-- migrate:down\n%s\n' \
		"$from" "$(git postkit fingerprint db/schema)" "$name" "$up" "$down" >"$file"
	commit_all "$name"
}

# fork: main has `here`, which is older than `there` on the branch other.
fork() {
	fresh
	git switch -q -c other
	change there 20
	git switch -q main
	change here "${1:-10}"
}

# holds: the chain follows itself and agrees with the schema files.
holds() {
	ok git postkit check start..HEAD
	has 'nothing to refuse'
	ok git postkit status --porcelain
	hasnt forked
}

file_of() { cd db/migrations && echo *_"$1".sql; }

# ---- merges ----

@test "after a merge of branches from one state check, status and the hooks say sync, which puts the later behind the earlier" {
	fork
	git postkit hooks install >/dev/null
	ok git merge -q --no-edit other
	has '20270101000020_there.sql); next: git postkit sync'
	fails 1 git postkit check start..HEAD
	has "starts from the same schema as '20270101000010_here.sql'" 'git postkit sync'
	ok git postkit status
	has 'forked' 'next        git postkit sync'
	fails 1 git push -q origin main
	has 'git postkit sync'
	git rev-parse HEAD >"$T/head"
	ok git postkit sync --dry-run
	has '20270101000010_here.sql stays' 'behind it: 20270101000020_there.sql' 'the way back: proven'
	equal "$(git rev-parse HEAD)" "$(cat "$T/head")"
	[ -z "$(git status --porcelain)" ]
	ok git postkit sync
	has 'committed as'
	equal "$(git rev-parse HEAD~1)" "$(cat "$T/head")"
	equal "$(git log -1 --format=%s)" 'db: put there behind here'
	equal "$(git log -1 --format='%(trailers:key=Postkit-Migration,valueonly)' | head -n 1)" 20270101000020_there.sql
	# Nothing but its header is another one.
	equal "$(git diff --numstat HEAD~1 | tr '\t' ' ')" '1 1 db/migrations/20270101000020_there.sql'
	holds
	ok git push -q origin main
	ok git postkit sync
	has 'follow each other, nothing to do'
}

@test "what others have stays where it is, though it is later: the own one gets a later version and a new name" {
	fork
	git push -q origin other:main
	git fetch -q
	ok git merge -q --no-edit other
	ok git postkit sync --json
	equal "$(jq -r '.ok, .stays[-1].file, .stays[-1].settled, .stays[-1].where' <<<"$output" | paste -sd' ')" \
		'true 20270101000020_there.sql published origin/main'
	equal "$(jq -r '.migrations[].file' <<<"$output")" 20270101000010_here.sql
	equal "$(jq -r '.migrations[].new_file' <<<"$output")" "$(file_of here)"
	[[ $(file_of here) > 20270101000020_there.sql ]]
	equal "$(git diff --name-status -M50 HEAD~1 | cut -c1,5-)" \
		"R	db/migrations/20270101000010_here.sql	db/migrations/$(file_of here)"
	grep -q 'what here is for' "db/migrations/$(file_of here)"
	holds
}

@test "what has run stays, says the record or the remote itself; when both sides have run, nothing is changed" {
	fork
	git postkit deploy --yes prod
	git switch -q other
	git merge -q --no-edit main
	# The branch comes after what has run, whatever its own order.
	ok git postkit sync
	has '20270101000010_here.sql stays, since it ran on prod'
	holds

	fork 30
	git update-ref refs/keep/deploys refs/postkit/deploys/prod
	git update-ref -d refs/postkit/deploys/prod
	sql shop "UPDATE postkit.schema_migrations SET version = '20270101000030' WHERE name = 'here'"
	git merge -q --no-edit other
	ok git postkit sync --dry-run
	has '20270101000020_there.sql stays'
	ok git postkit sync --fetch --dry-run
	has '20270101000030_here.sql stays, since it ran on prod' 'behind it: 20270101000020_there.sql becomes'

	sql shop "INSERT INTO postkit.schema_migrations (version, name) VALUES ('20270101000020', 'there')"
	fails 1 git postkit sync --fetch
	has 'both have run already' '20270101000020_there.sql ran on prod' 'git postkit rollback'
	fails 1 git postkit sync --fetch --json
	equal "$(jq -r .ok <<<"${output%error:*}")" false
	git postkit remote add gone "$(pg_url gone)"
	fails 128 git postkit sync --fetch
	has "'gone' can't be asked"
	git postkit remote remove gone
	sql shop "DELETE FROM postkit.schema_migrations WHERE version >= '2027'; DROP TABLE here"
	git update-ref -d refs/keep/deploys
}

@test "changes that are in each other's way are told, and nothing is written" {
	fresh
	git switch -q -c other
	change twice 20
	git switch -q main
	change twice 10
	git merge -q --no-edit other
	fails 1 git postkit sync
	has "'20270101000020_twice.sql' fails behind '20270101000010_twice.sql'" 'already exists' 'git rm db/migrations/20270101000020_twice.sql'
	fails 1 git postkit sync --json
	equal "$(jq -r .ok <<<"${output%error:*}")" false

	fresh
	change f 05 "CREATE FUNCTION public.f() RETURNS int LANGUAGE sql AS 'SELECT 0';" 'DROP FUNCTION public.f();' \
		<<<"CREATE FUNCTION public.f() RETURNS int LANGUAGE sql AS 'SELECT 0';"
	git switch -q -c other
	change f 20 "CREATE OR REPLACE FUNCTION public.f() RETURNS int LANGUAGE sql AS 'SELECT 2';" '' \
		<<<"CREATE FUNCTION public.f() RETURNS int LANGUAGE sql AS 'SELECT 2';"
	git switch -q main
	change f 10 "CREATE OR REPLACE FUNCTION public.f() RETURNS int LANGUAGE sql AS 'SELECT 1';" '' \
		<<<"CREATE FUNCTION public.f() RETURNS int LANGUAGE sql AS 'SELECT 1';"
	git merge -q -X ours --no-edit other
	fails 1 git postkit sync
	has 'do not lead to what the schema files say' '~ public/function/f' 'postkit start, plan, apply and commit'
	[ -z "$(git status --porcelain)" ]
	# Resolved for the later one, both agree.
	git reset -q --hard HEAD~1
	git merge -q -X theirs --no-edit other
	ok git postkit sync
	has 'the way back: none'
	holds
}

@test "what is changed and not committed, and what is not merged to the end, is refused; what git refuses is taken back" {
	fork 30
	git push -q origin other:main
	git fetch -q
	ok git merge -q --no-commit other
	fails 128 git postkit sync
	has 'a merge is not finished'
	git commit -q --no-edit
	echo '-- more' >>db/schema/tables/here.sql
	fails 128 git postkit sync
	has 'changed and not committed' 'db/schema/tables/here.sql'
	git checkout -q db/schema
	echo new >elsewhere
	git add elsewhere
	git rev-parse HEAD >"$T/head"
	printf '#!/bin/sh\nexit 1\n' >.git/hooks/pre-commit
	chmod +x .git/hooks/pre-commit
	fails 128 git postkit sync
	has 'git commit refused' 'as they were'
	equal "$(git status --porcelain)" 'A  elsewhere'
	equal "$(git rev-parse HEAD)" "$(cat "$T/head")"
	[ ! -e .git/postkit/sync.json ]

	# Killed while git's commit is made: half of the files are written.
	cat >.git/hooks/pre-commit <<-'HOOK'
		#!/bin/sh
		kill -9 "$(ps -o ppid= -p "$PPID" | tr -d ' ')"
		exit 1
	HOOK
	run git postkit sync
	[ "$status" -ne 0 ]
	[ -e .git/postkit/sync.json ]
	[ "$(git status --porcelain)" != 'A  elsewhere' ]
	rm .git/hooks/pre-commit
	ok git postkit sync
	has 'was cut short; what it had written is taken back' 'committed as'
	equal "$(git status --porcelain)" 'A  elsewhere'
	holds
}

@test "branches of several migrations, one without a header, come behind each other as they were" {
	fresh
	git switch -q -c other
	change b1 12
	printf -- '-- migrate:up\nINSERT INTO public.b1 VALUES (1);\n-- migrate:down\nDELETE FROM public.b1;\n' \
		>db/migrations/20270101000013_rows.sql
	commit_all rows
	git switch -q main
	change a1 11
	change a2 14
	git push -q origin main
	git merge -q --no-edit other
	ok git postkit sync
	in_order '20270101000014_a2.sql stays, since it is in origin/main' '20270101000012_b1.sql becomes' \
		'20270101000013_rows.sql becomes'
	equal "$(cd db/migrations && printf '%s ' 2027* | sed 's/[0-9]*_//g')" 'a1.sql a2.sql b1.sql rows.sql '
	equal "$(cat db/migrations/*_rows.sql | head -n 1)" '-- migrate:up'
	holds
}

@test "a repository without the schemas of the chain runs it from the start" {
	fork
	git push -q origin main other
	git clone -q "$T/shop-origin.git" "$T/second"
	cd "$T/second"
	git merge -q --no-edit origin/other
	ok git postkit sync
	has 'committed as'
	holds
	cd "$T" && rm -rf second
}
