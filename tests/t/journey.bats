#!/usr/bin/env bats
# The main job from the first command to production, on a production server with data and a bare
# origin. The tests build on each other.

load ../lib/common
load ../lib/physical

setup_file() {
	common_setup
	pg_start
	sql postgres 'CREATE ROLE shop LOGIN'
	sql postgres 'CREATE ROLE reader NOLOGIN'
	sql postgres 'CREATE DATABASE shop OWNER shop'
	sql shop <<-'SQL'
		SET ROLE shop;
		CREATE TABLE users (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, email text NOT NULL, plan varchar(10));
		CREATE TABLE orders (id int PRIMARY KEY, user_id bigint REFERENCES users, total numeric(10,2));
		CREATE VIEW spending AS SELECT user_id, sum(total) AS total FROM orders GROUP BY user_id;
		INSERT INTO users (email, plan) SELECT 'u' || i || '@x', 'free' FROM generate_series(1, 3000) i;
		INSERT INTO orders SELECT i, i % 3000 + 1, i FROM generate_series(1, 9000) i;
		GRANT SELECT ON spending TO reader;
	SQL
	new_repo app
}

setup() { cd "$T/app" || return 1; }

clone_sql() { psql "$(git postkit url)" -X -qAt -v ON_ERROR_STOP=1 -c "$1"; }
as_shop() { psql "postgresql://shop@/$1?host=$PROD_SOCKET&port=$PROD_PORT" -X -q -v ON_ERROR_STOP=1 >/dev/null; }
production() { git postkit fingerprint "$(pg_url shop)"; }

@test "init, remote add, import: a repository out of a production database" {
	ok git postkit init
	ok git postkit remote add prod "postgresql://shop@/shop?host=$PROD_SOCKET&port=$PROD_PORT" --default
	ok git postkit import --yes
	has 'proved: ' '_baseline.sql' 'recorded on prod'
	commit_all 'import'
	git push -q
	equal "$(git postkit fingerprint db/schema 2>/dev/null)" "$(git postkit fingerprint prod)"
}

@test "before a session status says what comes next, and so does every command that needs one" {
	git switch -q -c nick
	ok git postkit status
	has 'branch' nick 'next        git postkit start'
	local command
	for command in plan apply commit abort url; do
		fails 128 git postkit "$command"
		has 'git postkit start'
	done
}

@test "start copies production, with its data, owners and privileges" {
	ok git postkit start
	has template clone 'git postkit plan'
	equal "$(clone_sql 'SELECT count(*) FROM orders')" 9000
	equal "$(clone_sql "SELECT has_table_privilege('reader', 'spending', 'select')")" t
	equal "$(clone_sql "SELECT tableowner FROM pg_tables WHERE tablename = 'users'")" shop
	equal "$(clone_sql "SELECT last_value FROM users_id_seq")" 3000
	equal "$(git postkit fingerprint "$(git postkit url)")" "$(git postkit fingerprint prod)"
}

@test "start a second time says that there is a session" {
	run git postkit start
	has 'git postkit plan'
}

@test "a plan without changes says so" {
	ok git postkit plan
	has 'nothing to change'
	ok git postkit plan --exit-code
	fails 128 git postkit apply
	has 'git postkit'
}

@test "apply without a plan, and a change that was not planned, are refused" {
	sed -i 's/plan character varying(10)/plan character varying(20),\n    nick text/' db/schema/tables/users.sql
	fails 128 git postkit apply
	has 'git postkit plan'
}

@test "plan shows what changes, the SQL and what it locks, and changes nothing" {
	echo 'CREATE INDEX users_nick ON users (nick);' >db/schema/indexes/users_nick.sql
	cat >db/schema/views/active.sql <<-'SQL'
		CREATE VIEW active AS SELECT id, nick FROM users WHERE plan <> 'none';
		GRANT SELECT ON active TO reader;
	SQL
	ok git postkit plan
	has 'ALTER TABLE public.users ADD COLUMN nick text' 'locks ACCESS EXCLUSIVE' 'CREATE INDEX CONCURRENTLY users_nick' \
		'CREATE VIEW public.active' 'git postkit apply'
	fails 1 git postkit plan --exit-code
	equal "$(clone_sql "SELECT count(*) FROM information_schema.columns WHERE column_name = 'nick'")" 0
	ok git postkit status
	has planned 'git postkit apply'
}

@test "plan --sql is SQL, --down the way back, --json one document" {
	run --separate-stderr git postkit plan --sql
	has 'ADD COLUMN nick'
	pg_createdb scratch
	sql postgres 'ALTER DATABASE scratch OWNER TO shop'
	sed '/^-- migrate:down/,$d' db/migrations/*_baseline.sql | as_shop scratch
	local before
	before=$(git postkit fingerprint "$(pg_url scratch)")
	as_shop scratch <<<"$output"
	run --separate-stderr git postkit plan --down
	as_shop scratch <<<"$output"
	equal "$(git postkit fingerprint "$(pg_url scratch)")" "$before"
	run --separate-stderr git postkit plan --json
	python3 -c 'import json, sys; assert json.load(sys.stdin)["schema"] == 1' <<<"$output"
}

@test "apply refuses schema files that are not those planned" {
	echo 'CREATE TABLE sneaky (a int);' >db/schema/tables/sneaky.sql
	fails 128 git postkit apply
	has 'git postkit plan'
	rm db/schema/tables/sneaky.sql
}

@test "apply runs the plan on the clone, and not on production" {
	local before
	before=$(production)
	ok git postkit apply
	has 'ADD COLUMN nick' 'users_nick' ' ms ' 'git postkit commit'
	equal "$(clone_sql 'SELECT count(nick) FROM users')" 0
	equal "$(clone_sql "SELECT has_table_privilege('reader', 'active', 'select')")" t
	equal "$(production)" "$before"
	ok git postkit status
	has applied 'git postkit commit'
}

@test "commit writes migrations that can be run by dbmate, with the schema files, in one commit" {
	echo unrelated >unrelated
	ok git postkit commit -m 'Add nick names'
	has '_add_nick_names.sql'
	equal "$(git log -1 --format=%s)" 'Add nick names'
	git log -1 --format=%B | grep -q '^Postkit-Migration: [0-9]\{14\}_add_nick_names.sql'
	git show --stat --format= HEAD | grep -q db/schema/tables/users.sql
	equal "$(git status --porcelain)" '?? unrelated'
	rm unrelated
	grep -hx -- '-- migrate:up.*' db/migrations/*nick*.sql
	head -n 1 db/migrations/*_add_nick_names.sql | grep -qE '^-- postkit: from [0-9a-f]{40} to [0-9a-f]{40} \(pg[0-9]+\)'
	run cat .git/refs/postkit/fingerprints
	git ls-tree --name-only "$(git rev-parse refs/postkit/fingerprints)" | grep -q '^[0-9a-f]\{40\}$'
}

@test "the migrations lead from the baseline to the schema files, and back" {
	pg_createdb again
	sql postgres 'ALTER DATABASE again OWNER TO shop'
	local file before
	for file in db/migrations/*.sql; do
		sed '/^-- migrate:down/,$d' "$file" | as_shop again
		[[ $file != *_baseline.sql ]] || before=$(git postkit fingerprint "$(pg_url again)")
	done
	equal "$(git postkit fingerprint "$(pg_url again)")" "$(git postkit fingerprint db/schema 2>/dev/null)"
	for file in $(printf '%s\n' db/migrations/*nick*.sql | tac); do
		sed '1,/^-- migrate:down/d' "$file" | as_shop again
	done
	equal "$(git postkit fingerprint "$(pg_url again)")" "$before"
}

@test "push passes the check, merge tells what is new" {
	ok git postkit status
	has 'next        git push'
	ok git push -q -u origin nick
	ok git postkit status
	has 'next        git postkit deploy, once this is merged'
	git switch -q main
	ok git merge nick
	has 'new migration' 'git postkit deploy --dry-run'
	ok git push -q
}

@test "status --fetch tells what is pending; a dry run changes nothing there" {
	local before
	before=$(production)
	ok git postkit status --fetch
	has pending 'next        git postkit deploy --dry-run'
	ok git postkit deploy --dry-run
	has 'pending' 'ADD COLUMN nick' 'dry run passed'
	equal "$(production)" "$before"
	equal "$(sql shop 'SELECT count(*) FROM postkit.schema_migrations')" 1
}

@test "deploy without a terminal asks for --yes" {
	fails 128 git postkit deploy
	has '--yes'
	equal "$(sql shop 'SELECT count(*) FROM postkit.schema_migrations')" 1
}

@test "deploy runs what is pending, records it there and here" {
	ok git postkit deploy --yes
	has 'deploying to' deployed
	equal "$(production)" "$(git postkit fingerprint db/schema 2>/dev/null)"
	equal "$(sql shop 'SELECT count(*) FROM postkit.schema_migrations')" "$(find db/migrations -name '*.sql' | wc -l)"
	equal "$(sql shop 'SELECT count(*) FROM orders')" 9000
	git rev-parse -q --verify refs/postkit/deploys/prod
	equal "$(sql shop "SELECT tableowner FROM pg_tables WHERE tablename = 'users'")" shop
	# others wait meanwhile: under the locks of a migration the schema is read as fast as without
	awk "/ SAVEPOINT postkit_read/ { inside = 1 } inside && /'jit', 'off'/ { n++ } /ROLLBACK TO SAVEPOINT postkit_read/ { inside = 0 }
		END { exit n == 0 }" "$T/prod/log"
}

@test "a second deploy has nothing to do" {
	ok git postkit deploy --yes
	has 'nothing is pending'
	ok git postkit deploy --dry-run
	has 'nothing is pending'
}

@test "log tells commit, remote and time; log --json is one document" {
	ok git postkit log
	has add_nick_names "$(git log -1 --format=%h --abbrev=7)" 'prod  20' baseline
	run --separate-stderr git postkit log --json
	python3 -c 'import json, sys; assert json.load(sys.stdin)["schema"] == 1' <<<"$output"
}

@test "drift: none, then object by object; deploy refuses until then" {
	ok git postkit drift
	sql shop 'CREATE TABLE by_hand (a int); ALTER TABLE users ALTER plan SET NOT NULL'
	fails 1 git postkit drift
	has by_hand users '+' 'NOT NULL'
	sql shop 'DROP TABLE by_hand; ALTER TABLE users ALTER plan DROP NOT NULL'
	ok git postkit drift
}

@test "a second branch gets its clone from the template, not from production" {
	git switch -q -c second
	: >"$T/prod/log"
	ok git postkit start
	has 'copied ' ' ago'
	hasnt 'tables copied'
	run ! grep -q 'COPY ' "$T/prod/log"
	equal "$(clone_sql 'SELECT count(*) FROM orders')" 9000
}

@test "a clone of a branch has what was deployed since the template was made" {
	equal "$(git postkit fingerprint "$(git postkit url)")" "$(production)"
	ok git postkit plan
	has 'nothing to change'
}

@test "switching branches switches databases, and the env file that the user named" {
	local second first
	second=$(git postkit url)
	git postkit env >"$T/printed"
	grep -qx "DATABASE_URL='\?\"\?$second\"\?'\?" "$T/printed"
	echo '.env' >>.git/info/exclude
	echo 'OTHER=1' >.env
	ok git postkit env --write .env
	grep -q "^DATABASE_URL=.*$(basename "${second%%\?*}")" .env
	grep -qx OTHER=1 .env
	git switch -q nick
	first=$(git postkit url)
	[ "$first" != "$second" ]
	grep -q "^DATABASE_URL=.*$(basename "${first%%\?*}")" .env
	git switch -q second
	equal "$(git postkit url)" "$second"
}

@test "two worktrees have their own sessions at once" {
	git worktree add -q -b third "$T/tree" main
	cd "$T/tree"
	ok git postkit start
	local here there
	here=$(git postkit url)
	echo 'CREATE TABLE third (a int);' >db/schema/tables/third.sql
	ok git postkit plan
	ok git postkit apply
	cd "$T/app"
	there=$(git postkit url)
	[ "$here" != "$there" ]
	ok git postkit status
	has second
	ok git postkit plan
	has 'nothing to change'
	cd "$T/tree"
	ok git postkit commit -m 'Third table'
	equal "$(git log -1 --format=%s third)" 'Third table'
}

@test "abort drops the clone of this branch and nothing else" {
	local mine other
	mine=$(git postkit url)
	git switch -q nick
	other=$(git postkit url)
	git switch -q second
	ok git postkit abort --yes
	run ! psql "$mine" -X -qAt -c 'SELECT 1'
	equal "$(psql "$other" -X -qAt -c 'SELECT count(*) FROM orders')" 9000
	fails 128 git postkit url
	equal "$(git postkit fingerprint prod)" "$(production)"
	ok git postkit start
	has clone
}

@test "gc drops the clones of branches that are gone, and no others" {
	local gone kept
	gone=$(git postkit url)
	git switch -q nick
	kept=$(git postkit url)
	git branch -q -D second
	ok git postkit gc --dry-run
	has second
	psql "$gone" -X -qAt -c 'SELECT 1'
	ok git postkit gc
	has second
	run ! psql "$gone" -X -qAt -c 'SELECT 1'
	equal "$(psql "$kept" -X -qAt -c 'SELECT count(*) FROM orders')" 9000
	ok git postkit gc
	has 'nothing to drop'
}

@test "what gc cannot read it takes for nothing that is gone" {
	local kept git
	kept=$(git postkit url)
	git=$(command -v git)
	# git is ended before it has said the settings
	mkdir -p "$T/ended"
	printf '#!/bin/sh\ncase "$*" in *--show-scope*) kill -9 $$ ;; esac\nexec %s "$@"\n' "$git" >"$T/ended/git"
	chmod +x "$T/ended/git"
	PATH=$T/ended:$PATH fails 128 git-postkit gc
	has "git's settings cannot be read: 'git config' ended with status 137"
	# the ref of a branch that another one is on is damaged
	git switch -q main
	cp .git/refs/heads/nick "$T/nick"
	echo damaged >.git/refs/heads/nick
	ok git postkit gc
	has 'nothing to drop'
	cp "$T/nick" .git/refs/heads/nick
	git switch -q nick
	equal "$(git postkit url)" "$kept"
	equal "$(psql "$kept" -X -qAt -c 'SELECT count(*) FROM orders')" 9000
}

@test "gc clears what a killed git and dead servers left, and nothing that may be somebody's" {
	local base=$XDG_RUNTIME_DIR/git-postkit- left young full begun held gone=4194305 place unasked
	python3 -c 'import os, time; child = os.fork() or os._exit(0); print(child, flush=True); time.sleep(600)' >"$T/unasked" 3>&- &
	until_true test -s "$T/unasked"
	unasked=$(cat "$T/unasked") # a process that has ended, and whose parent does not ask how
	until_true grep -q ') Z ' "/proc/$unasked/stat"
	if [ "$(id -u)" -eq 0 ]; then base=/run/git-postkit/; fi
	left=$base$(od -An -N8 -tx1 /dev/urandom | tr -d ' \n')
	young=$base$(od -An -N8 -tx1 /dev/urandom | tr -d ' \n')
	full=$base$(od -An -N8 -tx1 /dev/urandom | tr -d ' \n')
	begun=$base$(od -An -N8 -tx1 /dev/urandom | tr -d ' \n')
	[ -d "$(dirname "$base.")" ] || mkdir -m 711 "$(dirname "$base.")"
	mkdir -m 700 "$left" "$young" "$full" "$begun"
	python3 -c 'import socket, sys; socket.socket(socket.AF_UNIX).bind(sys.argv[1])' "$left/.s.PGSQL.5432"
	touch "$full/theirs"
	touch -d '2 minutes ago' "$left" "$full" "$begun"
	touch -d '2 days ago' .git/next-index-{$gone,$$,"$unasked"}.lock .git/config.lock
	touch .git/next-index-$((gone + 1)).lock
	place=$(find "$T/state" .git/postkit -path '*/pg*/admin.secret' -printf '%h' -quit)
	touch "$place/.pk-tmp-at-work"
	touch -d '2 minutes ago' "$place/.pk-tmp-killed"
	exec {held}<"$begun"
	flock -s "$held" # as who starts a server there
	ok git postkit gc
	kill $!
	has "next-index-$gone.lock" "next-index-$unasked.lock" "$place/.pk-tmp-killed"
	[ ! -e "$place/.pk-tmp-killed" ] && [ -e "$place/.pk-tmp-at-work" ]
	rm "$place/.pk-tmp-at-work"
	[ ! -e "$left" ] || tell "$left is there"
	exec {held}<&-
	rm -r "$young" "$full/theirs" "$full" "$begun"
	rm .git/next-index-$$.lock .git/next-index-$((gone + 1)).lock
	git switch -q -c locked
	fails 128 git postkit start
	has "could not lock" ".git/config.lock': when none is at work here, remove that file"
	rm .git/config.lock
	ok git postkit start
	psql "$(git postkit url)" -X -qAt -c 'SELECT 1' # its server and its socket stay
	ok git postkit gc
	psql "$(git postkit url)" -X -qAt -c 'SELECT 1'
	git postkit abort --yes
	git switch -q -
	git branch -q -D locked
}

@test "a hand-written migration goes the same way" {
	git switch -q main
	git switch -q -c fill
	ok git postkit start
	cat >"$T/fill.sql" <<-'SQL'
		-- postkit:irreversible: nobody had a nick name before
		-- postkit:stage: backfill
		-- migrate:up
		UPDATE users SET nick = split_part(email, '@', 1) WHERE nick IS NULL;
		-- migrate:down
		UPDATE users SET nick = NULL;
	SQL
	ok git postkit migration fill_nick --first -F "$T/fill.sql"
	ok git postkit plan
	has fill_nick
	ok git postkit apply
	equal "$(clone_sql 'SELECT count(nick) FROM users')" 3000
	# The clone is lost: what was written waits again, with all that its author said in it.
	clone=$(clone_sql 'SELECT current_database()')
	local_sql postgres "DROP DATABASE $clone WITH (FORCE)"
	ok git postkit start
	has 'the clone of this session was gone' 'wait to be applied again'
	git show "refs/postkit/sessions/$(git config branch.fill.postkitSession):session.json" | grep -A1 '"first"' | grep -q _fill_nick
	ok git postkit apply
	equal "$(clone_sql 'SELECT count(nick) FROM users')" 3000
	ok git postkit commit -m 'Fill nick names'
	grep -q '^-- postkit:irreversible: nobody had a nick name before$' db/migrations/*_fill_nick*.sql
	grep -q '^-- postkit:stage: backfill$' db/migrations/*_fill_nick*.sql
	git switch -q main
	git merge -q fill
	ok git postkit deploy --yes
	equal "$(sql shop 'SELECT count(nick) FROM users')" 3000
}

@test "infra, grants and seeds travel along; seeds run again only when they changed" {
	git switch -q -c parts main
	ok git postkit start
	cat >db/schema/infra/writer.sql <<-'SQL'
		DO $$ BEGIN IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'writer') THEN CREATE ROLE writer; END IF; END $$;
	SQL
	echo 'GRANT INSERT ON users TO writer;' >db/schema/grants/writer.sql
	echo "INSERT INTO orders VALUES (10001, NULL, 0) ON CONFLICT DO NOTHING;" >db/schema/seeds/orders.sql
	ok git postkit infra
	has 'CREATE ROLE writer'
	ok git postkit plan
	has 'GRANT INSERT ON TABLE public.users TO writer'
	ok git postkit apply
	has 'seeds: db/schema/seeds/orders.sql'
	equal "$(clone_sql 'SELECT total FROM orders WHERE id = 10001')" 0.00
	ok git postkit seed --apply
	has unchanged
	ok git postkit commit -m 'Parts'
	git switch -q main
	git merge -q parts
	# a role that may not make roles says so, and nothing has happened
	fails 128 git postkit deploy --yes
	has 'permission denied' db/schema/infra/writer.sql
	sql postgres 'ALTER ROLE shop CREATEROLE'
	ok git postkit deploy --yes
	equal "$(sql shop "SELECT has_table_privilege('writer', 'users', 'insert'), (SELECT total FROM orders WHERE id = 10001)")" 't|0.00'
	sql shop 'DELETE FROM orders WHERE id = 10001'
	ok git postkit seed --apply --remote prod --yes
	has unchanged
	echo "INSERT INTO orders VALUES (10002, NULL, 0) ON CONFLICT DO NOTHING;" >>db/schema/seeds/orders.sql
	ok git postkit seed --apply --remote prod --yes
	equal "$(sql shop 'SELECT count(*) FROM orders WHERE id > 10000')" 2
	commit_all 'more seeds'
	ok git postkit drift
}

@test "two branches that change the same database from one state are a fork, and that is refused" {
	git switch -q -c left main
	git postkit start
	echo 'CREATE TABLE left_one (a int);' >db/schema/tables/left_one.sql
	git postkit plan
	git postkit apply
	ok git postkit commit -m 'left'
	git switch -q main
	git merge -q left
	git merge -q --no-edit third
	run git postkit check
	[ "$status" -ne 0 ] || tell 'a fork passed the check'
	has third_table
}

@test "doctor finds nothing wrong that it would not mend" {
	run git postkit doctor
	has 'hooks are installed' "remote 'prod' answers"
	hasnt 'local servers of repositories that are gone'
}

nobody_stays() { ! pgrep -f "$T/state"; }

@test "gc --all leaves no server behind, and the work untouched" {
	git switch -q -C end main
	ok git postkit gc --all --yes
	run pgrep -f "postgres .*$T/state"
	[ -z "$output" ] || tell 'servers still run'
	until_true nobody_stays # who watches them ends with them
	equal "$(git status --porcelain)" ''
	ok git postkit status
	has 'git postkit sync'
}
