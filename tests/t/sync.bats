#!/usr/bin/env bats
# What becomes of migrations when branches meet: merge, rebase, squash, cherry-pick, revert, amend, a deleted branch,
# two work trees, a shallow clone, a fork of the repository.
# shellcheck disable=SC2154 # $stderr comes from run

load ../lib/common

setup_file() {
	common_setup
	pg_start
	pg_createdb shop
	sql shop 'CREATE TABLE users (id int PRIMARY KEY, email text NOT NULL)'
	imported_repo shop "$(pg_url shop)" --no-hooks
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
	hasnt 'lead to different schemas'
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
	# A clone that has run it goes on with it under the new name.
	ok git postkit start
	ok git merge -q --no-edit other
	run --separate-stderr git postkit sync --json
	[[ $stderr == *'the clone of this branch knows it by the new name'* ]] || tell "$stderr"
	equal "$(jq -r '.ok, .stays[-1].file, .stays[-1].settled, .stays[-1].where' <<<"$output" | paste -sd' ')" \
		'true 20270101000020_there.sql published origin/main'
	equal "$(jq -r '.migrations[].file' <<<"$output")" 20270101000010_here.sql
	equal "$(jq -r '.migrations[].new_file' <<<"$output")" "$(file_of here)"
	[[ $(file_of here) > 20270101000020_there.sql ]]
	equal "$(git diff --name-status -M50 HEAD~1 | cut -c1,5-)" \
		"R	db/migrations/20270101000010_here.sql	db/migrations/$(file_of here)"
	grep -q 'what here is for' "db/migrations/$(file_of here)"
	holds
	ok git postkit plan
	has '1 migration of the branch was run on the clone first' 'nothing to change'
	ok git postkit abort --yes
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
	has "'gone' cannot be asked"
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
	has 'a merge is not finished' 'git merge --continue'
	ok git postkit status
	has 'next        git merge --continue'
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

# sleeping: a statement has been at work on the repository's own server for a moment.
sleeping() {
	local server first
	server=$(pgrep -f "bin/postgres -D $XDG_STATE_HOME/" | head -n 1)
	first=$(pgrep -P "$server" -f 'postgres: .* SELECT$') && sleep 0.2 &&
		[ "$(pgrep -P "$server" -f 'postgres: .* SELECT$')" = "$first" ]
}

@test "Ctrl-C while it tries the way back ends it, and is not taken for a way back that fails" {
	fresh
	git switch -q -c other
	change there 20 'CREATE TABLE public.there (id integer NOT NULL);' 'SELECT pg_sleep(60); DROP TABLE public.there;' \
		<<<'CREATE TABLE public.there (id integer NOT NULL);'
	git switch -q main
	change here 10
	git merge -q --no-edit other
	git rev-parse HEAD >"$T/head"
	bash -c 'trap - INT; exec git-postkit sync' >"$T/out" 2>&1 3>&- &
	until_true sleeping
	kill -INT $!
	local status=0
	wait $! || status=$?
	output=$(cat "$T/out")
	equal "$status" 130
	hasnt 'fails'
	equal "$(git rev-parse HEAD)" "$(cat "$T/head")"
	equal "$(git status --porcelain)" ''
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
	git switch -q other
	change more 21
	git switch -q main
	git push -q origin main other
	git clone -q "$T/shop-origin.git" "$T/second"
	cd "$T/second"
	git merge -q --no-edit origin/other
	# Each of them by itself.
	sed -i '/^-- migrate:up/a CREATE TEMP TABLE left_over (i int);' db/migrations/2027*.sql
	commit_all 'more of them'
	ok git postkit sync
	has 'committed as'
	holds
	cd "$T" && rm -rf second
}

# ---- other ways on which branches meet ----

@test "rebase: the branch comes behind, the post-rewrite hook says sync, and the rebased commits stay as they are" {
	fork
	git postkit hooks install >/dev/null
	git switch -q other
	change more 21
	GIT_SEQUENCE_EDITOR='sed -i 1s/^pick/edit/' git rebase -q -i main
	ok git postkit status
	has 'next        git rebase --continue'
	ok git rebase --continue
	has 'next: git postkit sync'
	ok git postkit sync
	in_order '20270101000010_here.sql stays' 'behind it: 20270101000020_there.sql' 'behind it: 20270101000021_more.sql'
	# What follows the fork was proven on something else, too.
	equal "$(git diff --name-only HEAD~1 | paste -sd' ')" \
		'db/migrations/20270101000020_there.sql db/migrations/20270101000021_more.sql'
	equal "$(git log -3 --format=%s | paste -sd' ')" 'db: put there and 1 more behind here more there'
	holds
	# The commit can be made part of the one that it mends.
	git reset -q --soft HEAD~1
	git commit -q --amend --no-edit --no-verify
	holds
	git switch -q main
	ok git merge -q --ff-only other
	has '2 new migrations' 'next: git postkit deploy --dry-run'
}

@test "squash: what is staged has to be committed first, and loses nothing by that" {
	fork
	git postkit hooks install >/dev/null
	git merge -q --squash other
	fails 128 git postkit sync
	has 'changed and not committed'
	git commit -q -m squashed
	ok git postkit status --porcelain
	has 'chain forked' 'next git postkit sync'
	ok git postkit sync
	holds
	# The branch itself knows nothing of it: with it the same migration comes a second time, and is one.
	git switch -q other
	fails 1 git merge -q --no-edit main
	git checkout -q --theirs db
	git add -A
	git commit -q --no-edit
	ok git postkit sync
	has 'nothing to do'
	holds
}

@test "cherry-pick: a migration without the one below it is put where it fits, or told not to fit" {
	fresh
	git switch -q -c other
	change below 20
	change apart 21
	change upon 22 'ALTER TABLE public.below ADD COLUMN more text;' 'ALTER TABLE public.below DROP COLUMN more;' \
		<<<'CREATE INDEX users_email_idx ON public.users (email);'
	git switch -q main
	change here 10
	git cherry-pick other~1 >/dev/null
	fails 1 git postkit check start..HEAD
	has "does not start where '20270101000010_here.sql' leads to" 'git postkit sync'
	ok git postkit sync
	has 'behind it: 20270101000021_apart.sql'
	holds
	git cherry-pick other >/dev/null
	fails 1 git postkit sync
	has "'20270101000022_upon.sql' fails behind" 'relation "public.below" does not exist'
}

@test "revert: what follows is put in its place; what has run is given back by a migration, not by taking it away" {
	fresh
	change first 10
	change second 20
	git revert --no-edit HEAD~1 >/dev/null
	fails 1 git postkit check start..HEAD
	has "does not start where" 'git postkit sync'
	ok git postkit sync
	has 'behind it: 20270101000020_second.sql'
	holds

	fresh
	change ran 10
	git postkit deploy --yes prod
	git revert --no-edit HEAD >/dev/null
	fails 1 git postkit check HEAD~1..HEAD
	has "removed: was removed after it ran on 'prod'" 'undo it with a new migration'
	fails 1 git postkit deploy --yes prod
	has "'prod' has run migrations that commit" '20270101000010_ran'
	git reset -q --hard HEAD~1
	git postkit rollback --yes prod
	git update-ref -d refs/postkit/deploys/prod
}

@test "amend: a migration that nobody has may be changed, and what its header says then is found to be wrong" {
	fresh
	change first 10
	git push -q origin main
	git fetch -q
	change second 20
	sed -i 's/NOT NULL/NOT NULL, name text/' db/migrations/*_second.sql db/schema/tables/second.sql
	git commit -q -a --amend --no-edit
	# Its header is not true any more: nothing follows it, so the check of the schema files finds that.
	fails 1 git postkit check start..HEAD
	has 'schema files and migrations lead to different schemas'
	git reset -q --hard HEAD~1
	git commit -q --amend -m 'another message'
	holds
	ok git postkit sync
	has 'nothing to do'
}

@test "a branch that is deleted after the merge takes nothing with it; gc drops its session" {
	fork
	git switch -q other
	git postkit start >/dev/null
	git switch -q main
	git merge -q --no-edit other
	git branch -q -D other
	git reflog expire --expire=now --all
	git gc -q --prune=now
	ok git postkit sync
	holds
	ok git postkit gc
	has "other"
	equal "$(git for-each-ref refs/postkit/sessions)" ''
}

@test "two work trees sync each for itself" {
	fork
	git worktree add -q "$T/wt" other
	(cd "$T/wt" && git merge -q --no-edit main)
	git merge -q --ff-only other
	mkdir -p .git/postkit
	# Another sync is at work here, not there.
	exec 8>.git/postkit/sync.lock
	flock 8
	fails 128 git postkit sync
	has 'another git postkit sync is at work'
	cd "$T/wt"
	ok git postkit sync
	has 'committed as'
	holds
	exec 8>&-
	cd "$T/shop"
	ok git postkit sync
	holds
	# Both did the same: the merge of the two has one chain.
	ok git merge -q --no-edit other
	holds
	git worktree remove --force "$T/wt"
}

@test "a shallow clone checks and syncs as a whole one does" {
	fork
	git merge -q --no-edit other
	git push -q origin main other
	git clone -q --depth 1 "file://$T/shop-origin.git" "$T/shallow"
	cd "$T/shallow"
	equal "$(git rev-list --count HEAD)" 1
	# All is published; of what others have the earlier version stays.
	ok git postkit sync
	has '20270101000010_here.sql stays, since it is in origin/' 'behind it: 20270101000020_there.sql'
	ok git postkit check HEAD~1..HEAD
	ok git push -q origin main
	cd "$T" && rm -rf shallow
}

@test "in a fork of the repository what the other one has stays, and its records are fetched from there" {
	fork
	git postkit deploy --yes prod
	git push -q origin main
	git postkit records push
	git clone -q --bare "$T/shop-origin.git" "$T/fork.git"
	equal "$(git -C "$T/fork.git" for-each-ref refs/postkit)" ''
	git clone -q "$T/fork.git" "$T/mine"
	cd "$T/mine"
	git reset -q --hard start
	git remote add upstream "$T/shop-origin.git"
	change own 05
	git fetch -q upstream
	git merge -q --no-edit upstream/main
	# As far as is known here.
	ok git postkit sync --dry-run
	has '20270101000010_here.sql stays, since it is in' 'behind it: 20270101000005_own.sql becomes'
	ok git postkit records fetch upstream
	has 'prod: fetched'
	ok git postkit sync
	has '20270101000010_here.sql stays, since it ran on prod' 'committed as'
	holds
	cd "$T/shop"
	git postkit rollback --yes prod
	git update-ref -d refs/postkit/deploys/prod
	cd "$T" && rm -rf mine fork.git
}
