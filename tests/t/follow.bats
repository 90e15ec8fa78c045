#!/usr/bin/env bats
# Remotes that follow a branch: what comes in there is told, tried or deployed, once, and nowhere else.

load ../lib/common

setup_file() {
	common_setup
	pg_start
	pg_createdb shop
	sql shop 'CREATE TABLE users (id int PRIMARY KEY, email text)'
	imported_repo shop "$(pg_url shop)"
	commit_all import
	git push -q
	git postkit deploy --yes >/dev/null
	git config postkit.remote.prod.follow main
}

# table NAME [BRANCH]: a branch from main (or BRANCH, reset to it) with a migration that makes it; main stays checked out.
table() {
	cd "$T/shop" || return 1
	git reset -q --hard
	POSTKIT=0 git switch -q -C "${2-$1}" "${3-main}"
	echo >>"$T/versions"
	printf -- '-- migrate:up\nCREATE TABLE %s (a int);\n-- migrate:down\nDROP TABLE %s;\n' "$1" "$1" \
		>"db/migrations/$((20300101000000 + $(wc -l <"$T/versions")))_$1.sql"
	echo "CREATE TABLE $1 (a int);" >"db/schema/tables/$1.sql"
	commit_all "$1"
	POSTKIT=0 git switch -q main
}

on_merge() { git config postkit.remote.prod.onMerge "$1"; }

# is_there TABLE...: on the remote
is_there() {
	local name
	for name in "$@"; do [ "$(sql shop "SELECT to_regclass('$name')")" = "$name" ] || tell "$name is not there"; done
}
is_absent() { [ -z "$(sql shop "SELECT to_regclass('$1')")" ] || tell "$1 is there"; }

deploys() { git log --format=%H refs/postkit/deploys/prod 2>/dev/null | wc -l; }

@test "told by default, with the remote and the command, once" {
	table told
	ok git merge told
	has 'postkit: 1 new migration (' "_told.sql) for 'prod', which follows main; next: git postkit deploy prod"
	equal "$(git rev-parse refs/postkit/tried/prod)" "$(git rev-parse HEAD)"
	ok git merge told
	hasnt postkit
	ok git switch -q told
	ok git switch -q main
	hasnt postkit
	git reset -q --hard HEAD~1
	ok git merge told
	hasnt postkit
	is_absent told
}

@test "the tracked settings make nothing follow, and other branches and squashes are not followed" {
	table other
	git switch -q -c elsewhere
	git config --unset postkit.remote.prod.follow
	git config -f .postkit postkit.remote.prod.follow elsewhere
	git config -f .postkit postkit.remote.prod.onMerge deploy
	commit_all settings
	ok git merge --no-edit other
	has 'next: git postkit deploy --dry-run'
	is_absent other
	git config postkit.remote.prod.follow main
	on_merge deploy
	git switch -q -c third main
	ok git merge --no-edit other
	hasnt 'which follows'
	git switch -q main
	ok git merge --squash other
	hasnt postkit:
	git reset -q --hard
	is_absent other
}

@test "dry-run tries it on a copy and leaves the remote alone" {
	on_merge dry-run
	table tried
	ok git merge tried
	has "for 'prod', which follows main; next: dry run" 'dry run passed: 2 migrations'
	is_absent tried
	on_merge nonsense
	table more
	ok git merge more
	has 'onMerge is tell, dry-run or deploy'
}

# follow_doctor: its status, and all that it says of following.
follow_doctor() {
	local said code=0
	said=$(git postkit doctor 2>&1) || code=$?
	echo "$code $(grep -A1 -E 'follows|onMerge' <<<"$said" | grep -v '^ok' | paste -sd'|')"
}

@test "doctor names remotes that are told what to do, and follow no branch or one that is not there, and no others" {
	local mend='      mend: git config postkit.remote.prod.follow BRANCH'
	on_merge nonsense
	equal "$(follow_doctor)" "1 bad   after a merge: postkit.remote.prod.onMerge is tell, dry-run or deploy, not 'nonsense'"
	on_merge tell
	equal "$(follow_doctor)" '0 '
	git config postkit.remote.prod.follow trunk
	equal "$(follow_doctor)" "0 warn  'prod' follows trunk, which is no branch here|$mend"
	git config --unset postkit.remote.prod.follow
	equal "$(follow_doctor)" "0 warn  postkit.remote.prod.onMerge is set, but 'prod' follows no branch|$mend"
	git config --unset postkit.remote.prod.onMerge
	equal "$(follow_doctor)" '0 '
	git config postkit.remote.prod.follow refs/heads/main
	equal "$(follow_doctor)" '0 '
	git config postkit.remote.prod.follow main
}

@test "deploy does it, after a merge, a rebase and a checkout" {
	local before
	on_merge deploy
	table merged
	before=$(deploys)
	ok git merge merged
	has "which follows main; next: deploy, as the settings say" "deployed 4 migrations to 'prod'"
	is_there told tried more merged
	equal "$(deploys)" $((before + 1))
	table rebased upstream
	echo local >>README
	commit_all local
	ok git rebase upstream
	has "deployed 1 migration to 'prod'"
	is_there rebased
	table pulled
	git switch -q pulled
	git branch -f main pulled
	ok git switch main
	has "deployed 1 migration to 'prod'"
	is_there pulled
	ok git switch pulled
	ok git switch main
	hasnt postkit
	equal "$(deploys)" $((before + 3))
}

stands() { grep -q '^State:.*stopped' "/proc/$1/status"; }
one_is_left() {
	local pid n=0
	for pid; do ! kill -0 "$pid" || n=$((n + 1)); done
	[ "$n" -eq 1 ]
}

@test "of many at a time one deploys" {
	local i pids=()
	on_merge deploy
	table raced
	POSTKIT=0 git merge -q raced
	# all have read which commit was tried last before any can write
	mkdir -p .git/refs/postkit/tried
	touch .git/refs/postkit/tried/prod.lock
	for i in 1 2 3 4; do
		POSTKIT_HOOK='' bash -c 'kill -STOP $$; exec git-postkit --hook post-merge 0' >"$T/race.$i" 2>&1 &
		pids+=($!)
	done
	for i in "${pids[@]}"; do until_true stands "$i"; done
	kill -CONT "${pids[@]}"
	# one waits for it, a second long; the others have found it at work
	until_true one_is_left "${pids[@]}"
	rm .git/refs/postkit/tried/prod.lock
	for i in "${pids[@]}"; do wait "$i"; done
	equal "$(cat "$T"/race.? | grep -c 'next: deploy')" 1
	equal "$(cat "$T"/race.? | grep -c 'deployed 1 migration')" 1
	is_there raced
}

@test "what a hook that was killed did not see to the end is named by the next one, once" {
	local hook child
	on_merge deploy
	table killed
	POSTKIT=0 git merge -q killed
	# a server that lets us in and says nothing
	python3 -c 'if True:
		import socket, sys, time
		at = socket.create_server(("127.0.0.1", 0))
		print(at.getsockname()[1], file=open(sys.argv[1], "w"), flush=True)
		time.sleep(600)' "$T/silent" &
	until [ -s "$T/silent" ]; do :; done
	git config postkit.remote.prod.url "postgresql://shop@127.0.0.1:$(cat "$T/silent")/shop"
	POSTKIT_HOOK='' git-postkit --hook post-merge 0 >"$T/killed.out" 2>&1 &
	hook=$!
	until_true pgrep -P "$hook" -f 'deploy --yes'
	child=$(pgrep -P "$hook" -f 'deploy --yes')
	kill -KILL "$hook" "$child"
	wait "$hook" || :
	kill %1
	git config postkit.remote.prod.url "$(pg_url shop)"
	equal "$(git rev-parse refs/postkit/tried/prod)" "$(git rev-parse HEAD)"
	run -0 git-postkit --hook post-merge 0
	has "postkit: what came in with $(git rev-parse --short=10 HEAD) for 'prod' was not seen to the end" \
		'not tried again by itself; next: git postkit deploy prod'
	is_absent killed
	run -0 git-postkit --hook post-merge 0
	hasnt postkit
	# killed before it was written down that it is tried: it is tried
	git update-ref -d refs/postkit/tried/prod
	touch ".git/postkit/trying/prod/$(git rev-parse HEAD)"
	run -0 git-postkit --hook post-merge 0
	hasnt 'was not seen'
	has "deployed 1 migration to 'prod'"
	is_there killed
	equal "$(ls .git/postkit/trying/prod)" ''
}

@test "what was rolled back is named, and is not deployed again by itself, nor what comes behind it" {
	on_merge deploy
	table undone
	git merge -q undone
	git postkit rollback --yes --allow-destructive >/dev/null
	is_absent undone
	table behind
	ok git merge behind
	has "rolled back on 'prod' before, and not deployed again by itself" _undone.sql 'git postkit deploy prod' \
		'that is not tried again by itself'
	is_absent undone
	is_absent behind
	fails 1 git postkit deploy --yes --unless-rolled-back
	ok git postkit deploy --yes
	is_there undone behind
}

@test "the user's git command succeeds, whatever becomes of it, and nothing waits for an answer" {
	on_merge deploy
	table unreachable
	git config postkit.remote.prod.url "postgresql://nobody@127.0.0.1:$PROD_PORT/shop"
	git config credential.helper '!sed -n 1p /dev/tty #'
	ok timeout 60 "$ROOT/tests/lib/terminal" never never git merge unreachable
	has 'that is not tried again by itself; next: git postkit deploy prod'
	git config --unset credential.helper
	git config postkit.remote.prod.url "$(pg_url shop)"
	is_absent unreachable
	git merge-base --is-ancestor unreachable main
	git postkit deploy --yes >/dev/null
}

@test "the jobs of init --ci try and deploy, once, and not what was rolled back" {
	python3 -c 'import yaml' 2>/dev/null || skip 'there is no YAML parser for python3'
	local forge
	table by_job
	POSTKIT=0 git merge -q by_job
	git postkit init --no-hooks --ci github >/dev/null
	git postkit init --no-hooks --ci gitlab >/dev/null
	"$ROOT/tests/lib/cijob" .github/workflows/postkit.yml after-merge 'dry run or deploy' >"$T/github"
	"$ROOT/tests/lib/cijob" .gitlab/postkit.yml postkit-after-merge >"$T/gitlab"
	git push -q origin main
	POSTKIT_URL="postgresql://postgres@127.0.0.1:$PROD_PORT/shop"
	export POSTKIT_URL POSTKIT_PASSWORD=$PROD_PASSWORD URL=$POSTKIT_URL
	for forge in github gitlab; do
		cd "$T"
		rm -rf job
		git clone -q "$T/shop-origin.git" "$T/job"
		cd "$T/job"
		PGPASSWORD=$PROD_PASSWORD ON_MERGE=dry-run POSTKIT_ON_MERGE=dry-run ok sh -e "$T/$forge"
		has 'dry run passed: 1 migration'
		is_absent by_job
	done
	PGPASSWORD=$PROD_PASSWORD ON_MERGE=yes fails 1 sh -e "$T/github"
	PGPASSWORD=$PROD_PASSWORD ON_MERGE=deploy ok sh -e "$T/github"
	has "deployed 1 migration to 'prod'"
	is_there by_job
	[ -n "$(git ls-remote origin refs/postkit/deploys/prod)" ]
	POSTKIT_ON_MERGE=deploy ok sh -e "$T/gitlab"
	has "nothing is pending on 'prod'"
	hasnt "$PROD_PASSWORD"
	git push -q origin :refs/postkit/deploys/prod
	POSTKIT_PUSH_TOKEN=secret CI_SERVER_URL=$T CI_PROJECT_PATH=shop-origin POSTKIT_ON_MERGE=deploy ok sh -e "$T/gitlab"
	equal "$(git credential fill <<<$'protocol=https\nhost=forge.test\n' | grep password)" password=
	equal "$(POSTKIT_PUSH_TOKEN=secret git credential fill <<<$'protocol=https\nhost=forge.test\n' | grep password)" password=secret
	run ! grep -rq secret .git
	PGPASSWORD=$PROD_PASSWORD git postkit rollback --yes --allow-destructive >/dev/null
	[ -n "$(git ls-remote origin refs/postkit/deploys/prod)" ]
	POSTKIT_ON_MERGE=deploy fails 1 sh -e "$T/gitlab"
	has 'rolled back on' _by_job.sql
	is_absent by_job
	cd "$T/shop"
	git postkit deploy --yes >/dev/null
}

@test "on a server: what is pushed to the branch that is followed is told, tried or deployed, by its own settings alone" {
	local bare=$T/server.git
	git config postkit.remote.prod.follow nothing
	git clone -q --bare "$T/shop" "$bare"
	git remote add server "$bare"
	git -C "$bare" postkit hooks install --server
	git -C "$bare" config postkit.remote.prod.url "$(pg_url_tcp shop)"
	git -C "$bare" config postkit.remote.prod.follow main
	table first
	git merge -q first
	ok git push server main
	has "remote: postkit: 1 new migration (" "_first.sql) for 'prod', which follows main; next: git postkit deploy prod"
	is_absent first
	git -C "$bare" config postkit.remote.prod.onMerge deploy
	table second
	ok git push server second
	hasnt 'for '
	git merge -q second
	ok git push server main
	has "remote: deployed 2 migrations to 'prod'"
	hasnt secret 'CREATE TABLE'
	[ "$(grep -c remote: <<<"$output")" -le 4 ] || tell 'it is a long story'
	is_there first second
	equal "$(git -C "$bare" rev-parse refs/postkit/tried/prod)" "$(git rev-parse HEAD)"
	git config -f .postkit postkit.remote.prod.onMerge deploy
	git config -f .postkit postkit.remote.prod.follow evil
	commit_all settings
	table evil evil
	ok git push server evil
	hasnt deployed
	is_absent evil
	run git push server HEAD:refs/postkit/tried/prod --force
	[ "$status" -ne 0 ]
	has "'refs/postkit/tried/prod' is this repository's own and cannot be pushed"
	run git push server HEAD:refs/postkit/held
	[ "$status" -ne 0 ]
}

@test "on a server: two pushes at a time, a push back and forth, a failure, and a branch that is deleted" {
	local bare=$T/server.git old i pids=()
	git -C "$bare" config receive.denyDeleteCurrent ignore
	old=$(git rev-parse main)
	table third
	git merge -q third
	git push -q server main:refs/heads/stage
	# as post-receive gets it, twice
	git -C "$bare" update-ref refs/heads/main main
	git fetch -q server
	for i in 1 2; do
		(cd "$bare" && echo "$old $(git rev-parse stage) refs/heads/main" |
			GIT_DIR=. git-postkit --hook post-receive >"$T/twice.$i" 2>&1) &
		pids+=($!)
	done
	for i in "${pids[@]}"; do wait "$i"; done
	equal "$(cat "$T"/twice.? | grep -c 'next: deploy')" 1
	equal "$(cat "$T"/twice.? | grep -c 'deployed 1 migration')" 1
	is_there third
	git -C "$bare" config receive.denyNonFastForwards false
	POSTKIT=0 git push -q --no-verify server "$old:refs/heads/old"
	git -C "$bare" update-ref refs/heads/main "$old"
	ok git push server main
	hasnt 'which follows'
	git -C "$bare" config postkit.remote.prod.url 'postgresql://nobody:secret@127.0.0.1:1/shop'
	table failing
	git merge -q failing
	ok git push server main
	has 'remote: error: ' 'remote: postkit: that is not tried again by itself; next: git postkit deploy prod'
	hasnt secret
	[ "$(grep -c remote: <<<"$output")" -le 8 ] || tell 'it is a long story'
	equal "$(git -C "$bare" rev-parse main)" "$(git rev-parse main)"
	ok git push server --delete main
	ok git push server main
	hasnt 'which follows'
}
