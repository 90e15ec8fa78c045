#!/usr/bin/env bats
# The hooks: what installing keeps, what the pre-push hook refuses and lets pass.

load ../lib/common

setup_file() {
	common_setup
	pg_start
	pg_createdb shop
	sql shop <<-'SQL'
		CREATE TABLE users (id int PRIMARY KEY, email text NOT NULL, old text, twice int GENERATED ALWAYS AS (id * 2) STORED);
		INSERT INTO users SELECT i, 'u' || i, 'x' FROM generate_series(1, 2000) i;
		ANALYZE;
	SQL
	imported_repo shop "$(pg_url shop)"
	commit_all import
	git push -q
	chain=$(git postkit fingerprint prod)
	export chain
}

# branch NAME: new from main, in the shared repository.
branch() {
	cd "$T/shop" || return 1
	git reset -q --hard
	git clean -qfd
	git switch -q -c "$1" main
}

# migration NAME TEXT [DOWN] [FROM TO]: by hand, committed.
migration() {
	local file
	file=db/migrations/$(date -u -d "+$((++minutes)) minutes" +%Y%m%d%H%M%S)_$1.sql
	{
		[ -z "${4-}" ] || echo "-- postkit: from $4 to $5 (pg15)"
		echo '-- migrate:up'
		echo "$2"
		echo '-- migrate:down'
		echo "${3-}"
	} >"$file"
	echo "$file"
}

refused() {
	fails 1 git push -q origin HEAD
	has "$@"
	run git ls-remote origin "$(git branch --show-current)"
	[ -z "$output" ] || tell 'it is there all the same'
}

passes() {
	ok git push -q origin HEAD
	local said=$output
	[ -n "$(git ls-remote origin "$(git branch --show-current)")" ]
	output=$said
}

# ---- installing ----

@test "installing keeps the hook that is there, which runs first and sees what git says; uninstalling brings it back" {
	cd "$T" && new_repo kept
	printf '#!/bin/sh\necho mine: "%s"\ncat >"%s/seen"\n' "\$1" "$T" >.git/hooks/pre-push
	chmod +x .git/hooks/pre-push
	cp .git/hooks/pre-push "$T/mine"
	ok git postkit hooks install
	has 'pre-push: installed; the hook that was there runs first'
	ok git postkit hooks status
	has 'pre-push      installed, runs the hook that was there before first'
	echo x >x && commit_all x
	ok git push origin main
	has 'mine: origin'
	grep -q "refs/heads/main $(git rev-parse HEAD) refs/heads/main" "$T/seen"
	ok git postkit hooks uninstall
	cmp .git/hooks/pre-push "$T/mine"
	[ -x .git/hooks/pre-push ]
	[ -z "$(find .git/hooks -name '*postkit*')" ]
	[ ! -e .git/hooks/post-merge ]
}

@test "a kept hook that refuses still refuses" {
	cd "$T" && new_repo refusing
	printf '#!/bin/sh\nexit 3\n' >.git/hooks/pre-push
	chmod +x .git/hooks/pre-push
	git postkit hooks install
	echo x >x && commit_all x
	run git push -q origin main
	[ "$status" -ne 0 ]
}

@test "installing a second time changes nothing; what was changed by hand is left, but for --force" {
	cd "$T" && new_repo twice
	git postkit hooks install
	find .git/hooks -type f -exec cksum {} + | sort >"$T/before"
	ok git postkit hooks install
	find .git/hooks -type f -exec cksum {} + | sort | cmp - "$T/before"
	echo 'echo more' >>.git/hooks/post-merge
	run git postkit hooks install
	has 'post-merge: left alone, it was changed by hand'
	fails 1 git postkit hooks uninstall
	has 'post-merge: left alone'
	ok git postkit hooks install --force
	ok git postkit hooks status
	ok git postkit hooks uninstall
	[ -z "$(find .git/hooks -name 'p*' ! -name '*.sample')" ]
}

@test "stubs are of at most ten lines" {
	cd "$T/shop"
	local name
	for name in pre-push post-merge post-rewrite post-checkout; do
		[ "$(wc -l <".git/hooks/$name")" -le 10 ]
		[ -x ".git/hooks/$name" ]
	done
}

@test "core.hooksPath of the repository is used" {
	cd "$T" && new_repo elsewhere
	git config core.hooksPath "$T/elsewhere-hooks"
	ok git postkit hooks install
	[ -x "$T/elsewhere-hooks/pre-push" ]
	[ ! -e .git/hooks/pre-push ]
	ok git postkit hooks status
	has "$T/elsewhere-hooks"
	ok git postkit hooks uninstall
	[ ! -e "$T/elsewhere-hooks/pre-push" ]
}

@test "beside a manager of hooks nothing is written, the line to add is printed" {
	cd "$T" && new_repo managed
	mkdir -p .husky/_
	git config core.hooksPath .husky/_
	run git postkit hooks install
	has husky 'nothing was written' '.husky/pre-push add: git-postkit --hook pre-push'
	[ -z "$(find .husky -type f)" ]
	git config --unset core.hooksPath
	rm -r .husky
	echo 'pre-commit:' >lefthook.yml
	run git postkit hooks install
	has lefthook 'git-postkit --hook pre-push'
	rm lefthook.yml
	echo 'repos: []' >.pre-commit-config.yaml
	run git postkit hooks install
	has pre-commit 'git-postkit check'
	[ ! -e .git/hooks/pre-push ]
	ok git postkit hooks install --chain
	[ -e .git/hooks/pre-push ]
}

@test "without the program a push is refused and told why; with POSTKIT=0 it goes on" {
	cd "$T" && new_repo bare
	git postkit hooks install
	sed -i 's,^tool=.*,tool=/nonexistent/git-postkit,' .git/hooks/pre-push
	echo x >x && commit_all x
	local path=$PATH
	PATH=/usr/bin:/bin run git push -q origin main
	[ "$status" -ne 0 ]
	has 'not installed'
	POSTKIT=0 PATH=/usr/bin:/bin run git push -q origin main
	equal "$status" 0
	PATH=$path
}

# ---- what passes ----

@test "a push without database changes says nothing and starts nothing" {
	branch plain
	git postkit gc --all --yes >/dev/null
	echo more >>README && commit_all 'no database'
	ok git push -q origin HEAD
	[ -z "$output" ] || tell 'it spoke'
	[ -z "$(find "$T/state" -name postmaster.pid)" ] || tell 'a server was started'
}

@test "a session's commit passes, and so does the deletion of a branch" {
	branch good
	git postkit start
	sed -i 's/old text/old text,\n    new text/' db/schema/tables/users.sql
	git postkit plan
	git postkit apply
	git postkit commit -m 'New column'
	passes
	ok git push -q origin --delete good
	ok git push -q "$T/shop-origin.git" HEAD:good
	git merge-base --is-ancestor main good
}

@test "the verdict is kept with the tree: the same tree needs no database again" {
	cd "$T/shop"
	git switch -q -C rewritten good
	git commit -q --amend -m 'Another message'
	ok git postkit check --no-database "main..HEAD"
	has 'nothing to refuse'
}

@test "check speaks JSON" {
	cd "$T/shop"
	run --separate-stderr git postkit check --json main..good
	python3 -c 'import json, sys; d = json.load(sys.stdin); assert d["schema"] == 1 and d["ok"] and d["migrations"] == 1' <<<"$output"
}

@test "POSTKIT=0 lets everything pass" {
	branch off
	migration off 'DROP TABLE users;' >/dev/null
	commit_all off
	POSTKIT=0 passes
}

# ---- what is refused ----

@test "an unsafe statement: reason, file, line and the safe way" {
	branch unsafe
	local file
	file=$(migration unsafe $'SELECT 1;\nCREATE INDEX users_email ON users (email);' 'DROP INDEX users_email;')
	echo 'CREATE INDEX users_email ON users (email);' >db/schema/indexes/users_email.sql
	commit_all unsafe
	refused "$file:3" 'index-blocking' 'CREATE INDEX CONCURRENTLY' 'refuses this push'
	fails 1 git postkit check main..HEAD
	has "$file:3" index-blocking
}

@test "an allowance with a reason lets one statement pass, one without a reason does not" {
	branch allowed
	git postkit start
	sed -i '/old text/d; s/email text NOT NULL,/email text NOT NULL,/' db/schema/tables/users.sql
	git postkit plan --allow-destructive
	git postkit apply
	git postkit commit -m 'Drop old' --irreversible 'nobody reads it'
	refused drop-column
	local file
	file=$(ls db/migrations/*drop_old*)
	sed -i 's/^ALTER TABLE \(.*DROP\)/-- postkit:allow drop-column:\nALTER TABLE \1/' "$file"
	commit_all 'without a reason'
	refused bad-allowance
	sed -i 's/drop-column:$/drop-column: nothing reads it since March/' "$file"
	commit_all 'with a reason'
	passes
}

# lossy NAME UP [DOWN] [FROM TO]: the lines for which a reason is asked.
lossy() {
	branch "lossy_$1"
	migration "$@" >/dev/null
	commit_all lossy
	git postkit check --no-database --json main..HEAD 2>/dev/null | python3 -c '
import json, sys
print(*[r["line"] for r in json.load(sys.stdin)["reasons"] if r["rule"] == "irreversible"])'
}

@test "by hand, what loses data says why that may be, or has a way back that brings it back" {
	local file two=2222222222222222222222222222222222222222
	equal "$(lossy column 'ALTER TABLE users DROP COLUMN old;' 'ALTER TABLE users ADD COLUMN old text;')" 2
	equal "$(lossy table $'SELECT 1;\nDROP TABLE users;' 'CREATE TABLE users (id int);')" 3
	equal "$(lossy all 'DELETE FROM users;')" 2
	equal "$(lossy some 'DELETE FROM users WHERE id = 1;')" ''
	equal "$(lossy truncate 'TRUNCATE users;')" 2
	equal "$(lossy narrow 'ALTER TABLE users ALTER COLUMN email TYPE varchar(3);' '' "$chain" "$two")" 3
	equal "$(lossy wide 'ALTER TABLE users ALTER COLUMN id TYPE bigint;' '' "$chain" "$two")" ''
	equal "$(lossy restored 'ALTER TABLE users DROP COLUMN old;' \
		'ALTER TABLE users ADD COLUMN old text; UPDATE public.users SET old = b.old FROM backup b WHERE b.id = users.id;')" ''
	equal "$(lossy elsewhere 'ALTER TABLE users DROP COLUMN old;' 'UPDATE others SET old = 1;')" 2
	equal "$(lossy own 'CREATE TABLE t (a int); INSERT INTO t VALUES (1); DELETE FROM t; DROP TABLE t;')" ''
	equal "$(lossy detached $'ALTER TABLE users DETACH PARTITION users_1;\nDROP TABLE users;')" ''
	equal "$(lossy attached $'ALTER TABLE others DETACH PARTITION users_1;\nDROP TABLE users;')" 3
	equal "$(lossy computed 'ALTER TABLE users DROP COLUMN twice;' '' "$chain" "$two")" ''
	equal "$(lossy renamed 'ALTER TABLE users DROP COLUMN email; ALTER TABLE users RENAME COLUMN old TO email;')" ''
	equal "$(lossy quoted 'CREATE TABLE "Odd ""t" (a int); TRUNCATE "Odd ""t"; TRUNCATE "odd ""t";')" 2
	minutes=60 # after what was made in a shell of its own
	migration later 'DROP TABLE "Odd ""t";' >/dev/null
	commit_all later
	run git postkit check --no-database main..HEAD
	equal "$(grep -c 'error: irreversible: loses data' <<<"$output")" 1
	hasnt 'later.sql:2: error: irreversible'
	branch lossy_reason
	file=$(migration reason 'ALTER TABLE users DROP COLUMN old; DROP TABLE users;')
	commit_all lossy
	refused "$file:2: error: irreversible" ', and 1 more' 'postkit:irreversible: <reason>'
	sed -i '1i -- postkit:irreversible: nobody reads it' "$file"
	commit_all 'with a reason'
	run git postkit check --no-database main..HEAD
	hasnt irreversible:
}

@test "the pushed commit counts, not the work tree" {
	branch committed
	local file
	file=$(migration committed 'TRUNCATE users;')
	commit_all committed
	printf -- '-- migrate:up\nSELECT 1;\n-- migrate:down\n' >"$file"
	refused truncate
	git checkout -q -- .
	branch clean
	echo x >>README && commit_all x
	migration dirty 'DROP TABLE users;' >/dev/null
	git add -A
	passes
}

@test "a published migration that was edited or removed" {
	branch edited
	local file
	file=$(ls db/migrations/*_baseline.sql)
	sed -i 's/email text NOT NULL/email text/' "$file"
	commit_all edited
	refused 'edited' "$file" 'git cat-file -p'
	branch removed
	git push -q origin HEAD
	git rm -q "$file"
	git commit -q -m removed
	fails 1 git push -q origin HEAD
	has 'removed' "$file" 'give it back'
	fails 1 git postkit check --no-database
	has "after it was published in 'origin/removed'"
	fails 1 git postkit check --no-database HEAD
	has "after it was published in '$(git rev-parse --short=12 HEAD~1)'"
}

@test "a chain that does not hold" {
	branch broken
	local file
	file=$(migration broken 'CREATE TABLE broken (a int);' 'DROP TABLE broken;' \
		1111111111111111111111111111111111111111 2222222222222222222222222222222222222222)
	echo 'CREATE TABLE broken (a int);' >db/schema/tables/broken.sql
	commit_all broken
	refused "$file" chain
}

@test "a file that is no migration" {
	branch malformed
	echo 'CREATE TABLE x ();' >db/migrations/20300101000000_no_marker.sql
	echo 'CREATE TABLE x ();' >db/schema/tables/x.sql
	commit_all malformed
	refused 20300101000000_no_marker.sql malformed
	# a newer grammar than ours may know it: the dry run is the judge
	branch syntax
	migration syntax 'CREATE TABLEX x ();' >/dev/null
	commit_all syntax
	passes
	has _syntax.sql:2:1 not-analysed
}

@test "schema files and migrations that disagree, either way" {
	branch disagree
	echo 'CREATE TABLE only_file (a int);' >db/schema/tables/only_file.sql
	commit_all disagree
	refused disagree only_file
	branch disagree_too
	migration only_migration 'CREATE TABLE only_migration (a int);' 'DROP TABLE only_migration;' \
		"$chain" 2222222222222222222222222222222222222222 >/dev/null
	commit_all disagree
	refused 'lead to different schemas'
}

@test "schema files that do not load" {
	branch unloadable
	printf 'CREATE TABLE fine (a int);\nCREATE TABLE bad (a missing_type);\n' >db/schema/tables/bad.sql
	commit_all unloadable
	refused db/schema/tables/bad.sql:2 missing_type
}

@test "a push from a linked worktree, and of a branch that is not checked out, is checked" {
	branch linked
	migration linked 'LOCK TABLE users; DROP TABLE users;' >/dev/null
	commit_all linked
	git switch -q main
	git worktree add -q "$T/tree" -b in_tree main
	cd "$T/tree"
	fails 1 git push -q origin linked
	has drop-table explicit-lock
	ok git postkit hooks status
}

# ---- what is told ----

@test "a merge that brings migrations says so in one line, and does no more" {
	cd "$T/shop"
	git reset -q --hard
	git switch -q main
	run git merge -q good
	equal "$status" 0
	has 'postkit: 1 new migration' 'git postkit deploy --dry-run'
	equal "$(sql shop 'SELECT count(*) FROM postkit.schema_migrations')" 1
}

@test "settings that deploy by themselves count only in .git/config and above" {
	cd "$T/shop"
	git switch -q -c pulled main
	printf '[postkit]\n\tautoDryRun = true\n[postkit "remote.prod"]\n\tdeployOnMerge = pulled\n' >>.postkit
	git config -f .postkit postkit.remote.prod.deployOnMerge pulled
	commit_all 'settings'
	migration auto 'CREATE TABLE auto (a int);' 'DROP TABLE auto;' >/dev/null
	git switch -q -c source
	echo 'CREATE TABLE auto (a int);' >db/schema/tables/auto.sql
	commit_all auto
	git switch -q pulled
	run git merge -q source
	has 'new migration'
	hasnt 'dry run passed' deployed
	equal "$(sql shop 'SELECT count(*) FROM postkit.schema_migrations')" 1
}

@test "deployOnMerge in .git/config deploys what is merged into that branch" {
	cd "$T/shop"
	git switch -q main
	git switch -q -c release HEAD~1
	git config postkit.remote.prod.deployOnMerge release
	run git merge -q main
	has "for 'prod', which follows release; next: deploy" deployed
	equal "$(sql shop 'SELECT count(*) FROM postkit.schema_migrations')" 2
}
