#!/usr/bin/env bats
# Who uses what a migration takes away: production's pg_stat_statements, and the tracked files.

# shellcheck disable=SC2154,SC2016 # $stderr comes from run; $1 is the queries'
load ../lib/common

EXTENSION=pg_stat_statements

setup_file() {
	common_setup
	[ -e "$(dirname "$(pg_bin)")/lib/$EXTENSION.so" ] || {
		echo "# $EXTENSION is not installed beside that server: nothing here is tested" >&3
		touch "$T/none"
		return 0
	}
	PG_SETTINGS="-c shared_preload_libraries=$EXTENSION -c $EXTENSION.track=all" pg_start
	sql postgres 'CREATE ROLE deployer LOGIN; CREATE ROLE app LOGIN; CREATE ROLE "Odd ""role" LOGIN'
	sql postgres 'CREATE DATABASE shop OWNER deployer'
	sql shop <<-'SQL'
		CREATE SCHEMA stats;
		CREATE EXTENSION pg_stat_statements SCHEMA stats;
		GRANT USAGE ON SCHEMA stats TO PUBLIC;
		GRANT pg_read_all_stats TO deployer;
		SET ROLE deployer;
		CREATE SCHEMA crm;
		CREATE TYPE public.state AS ENUM ('new', 'shipped');
		CREATE TABLE public.users (id int PRIMARY KEY, email text, name text, fax text);
		CREATE TABLE public.orders (id int PRIMARY KEY, user_id int, state public.state, "od""d col" int);
		CREATE TABLE public.idle (id int);
		CREATE TABLE crm.users (id int, email text);
		CREATE FUNCTION public.price(int) RETURNS int LANGUAGE sql AS 'SELECT $1';
		CREATE VIEW public.members AS SELECT id FROM public.users;
		CREATE FUNCTION public.fee(int) RETURNS int LANGUAGE sql AS 'SELECT $1';
		CREATE FUNCTION public.fee(int, public.state, int DEFAULT 1) RETURNS int LANGUAGE sql AS 'SELECT $1';
		CREATE TABLE public.visits (id int, page text, kind public.state[]) PARTITION BY LIST (id);
		CREATE TABLE public."visits 1" PARTITION OF public.visits FOR VALUES IN (1);
		CREATE VIEW public.pages AS SELECT page AS shown FROM public.visits;
		CREATE VIEW public.pages_too AS SELECT shown FROM public.pages;
		INSERT INTO public.users SELECT i, i || '@example.org', 'n' FROM generate_series(1, 20) i;
		GRANT USAGE ON SCHEMA crm TO app;
		GRANT ALL ON ALL TABLES IN SCHEMA public, crm TO app, "Odd ""role";
	SQL
	sql postgres 'ALTER ROLE "Odd ""role" IN DATABASE shop SET search_path = crm, public'
	new_repo app
	git postkit init >/dev/null
	git postkit remote add prod "$(url deployer)" --default >/dev/null
	git postkit import --yes >/dev/null 2>&1
	mkdir src
	printf 'q = "select email from users"\nmail = user.email\nemails = 1\n' >src/app.py
	printf 'email email email\n' >package-lock.json
	printf 'never tracked: email\n' >src/untracked.txt
	echo untracked.txt >src/.gitignore
	commit_all 'import'
	git push -q
	work
}

url() { echo "postgresql://$1@/shop?host=$PROD_SOCKET&port=$PROD_PORT"; }
as() { psql "$(url "$1")" -X -qAt -v ON_ERROR_STOP=1 -c "$2" >/dev/null; }

# What the programs of before the migration do.
work() {
	sql shop 'SELECT stats.pg_stat_statements_reset()' >/dev/null
	for _ in 1 2 3; do as app "SELECT email FROM users WHERE name = 'secret-of-ada'"; done
	as app "UPDATE public.users SET email = 'secret' WHERE id = 1 /* user='secret-tag' */"
	as app 'SELECT * FROM orders'
	as app "INSERT INTO users (id, email) VALUES ((random() * 1000000)::int + 100, 'x')"
	as app 'SELECT price(3)'
	as app 'SELECT id FROM members'
	as app 'SELECT "od""d col" FROM orders'
	as 'Odd "role' 'SELECT email FROM users'
	as app 'SELECT fee(1)'
	as app 'SELECT public.fee(1)'
	as app "SELECT fee(1, 'new')"
	as app 'SELECT page FROM "visits 1"'
	as app 'INSERT INTO "visits 1" (id, page) VALUES (1, NULL)'
	as app 'SELECT kind FROM visits'
	as app 'SELECT shown FROM pages_too'
	as app "SELECT 'new'::state"
	as app "BEGIN; DECLARE c CURSOR FOR SELECT name FROM users WHERE email = 'secret'; FETCH c; COMMIT"
}

setup() {
	[ ! -e "$T/none" ] || skip "$EXTENSION is not installed beside that server"
	cd "$T/app" || return 1
}

# migration SQL: a file that is not committed.
migration() {
	mkdir -p db/migrations
	printf -- '-- migrate:up\n%s\n-- migrate:down\n' "$1" >"$T/20300101000000_it.sql"
}
lint() { git postkit lint --remote prod "$T/20300101000000_it.sql" "$@"; }


# connections: how often somebody came to production so far.
connections() { grep -c 'statement: BEGIN TRANSACTION READ ONLY; SET LOCAL statement_timeout' "$T/prod/log" || :; }
# Whatever production wrote down, but of its checkpoints, which come by themselves.
heard() { grep -v ' LOG:  checkpoint ' "$T/prod/log" || :; }

@test "a column that queries use is dropped: the queries with calls and role, and the lines that name it" {
	migration 'ALTER TABLE users DROP COLUMN email;'
	fails 1 lint
	has 'used by 4 queries, 6 calls since 20' '3 calls of' 'by app: SELECT email FROM users WHERE name = $1' \
		'UPDATE public.users SET email = $1 WHERE id = $2' 'INSERT INTO users (id, email) VALUES (' \
		'SELECT name FROM users WHERE email = $1' 'src/app.py:1: q = "select email from users"' 'src/app.py:2: mail = user.email' \
		"tracked files: 2 lines in 1 file with 'email'"
	grep -Eq "pg_stat_statements of 'prod': [1-9][0-9] statements since 20" <<<"$output" # ours are among them
	hasnt secret 'emails = 1' package-lock untracked db/schema 'Odd "role'
}

@test "names are resolved as the role that runs the query has them" {
	migration 'ALTER TABLE crm.users DROP COLUMN email;'
	fails 1 lint
	has 'used by 1 query, 1 call since' 'by Odd "role: SELECT email FROM users'
	migration 'ALTER TABLE public.orders RENAME COLUMN "od""d col" TO plain;'
	fails 1 lint
	has 'used by 2 queries, 2 calls' 'SELECT "od""d col" FROM orders' 'SELECT * FROM orders  (all columns)'
	migration 'ALTER TABLE public.users RENAME COLUMN fax TO phone;'
	fails 1 lint
	has 'no use found' "no line with 'fax'"
	hasnt 'used by'
}

@test "where no use is found, what was looked at is said, and the level stays" {
	migration 'DROP VIEW IF EXISTS crm.nothing;'
	ok lint
	has warning "there is no view crm.nothing there" "no line with 'nothing'"
	migration 'DROP TABLE idle;'
	fails 1 lint
	has 'drops idle with all its data [drop-table]' 'no use found' "tracked files: no line with 'idle'"
}

@test "views, functions and schemas that are used are errors, unless a setting says other" {
	migration 'DROP VIEW members;'
	fails 1 lint
	has 'error: programs that read members fail; used by 1 query, 1 call' 'SELECT id FROM members'
	migration 'ALTER FUNCTION price(int) RENAME TO cost;'
	fails 1 lint
	has 'error: programs that call price fail; used by 1 query' 'SELECT price($1)' '[rename-function]'
	ok git -c postkit.rule.rename-function.level=warning postkit lint --remote prod "$T/20300101000000_it.sql"
	has 'warning: programs that call price fail; used by 1 query'
	migration 'DROP SCHEMA crm CASCADE;'
	fails 1 lint
	has 'used by 1 query' 'by Odd "role: SELECT email FROM users'
	ok git postkit lint "$T/20300101000000_it.sql" --format json || [ "$status" -eq 1 ]
	hasnt usage
}

@test "rows that come without a new column that has to be there" {
	migration 'ALTER TABLE users ADD COLUMN country text NOT NULL;'
	fails 1 lint
	has 'used by 1 query, 1 call' 'INSERT INTO users (id, email) VALUES (' "no line with 'insert' and 'users'"
	migration 'ALTER TABLE users ADD COLUMN country text; ALTER TABLE users ADD CONSTRAINT c CHECK (country IS NOT NULL) NOT VALID;
		ALTER TABLE users VALIDATE CONSTRAINT c; ALTER TABLE users ALTER COLUMN country SET NOT NULL;'
	fails 1 lint
	has "programs that insert into users without 'country' fail; used by 1 query" '[required-column]'
	migration "ALTER TABLE users ADD COLUMN country text DEFAULT 'x'; ALTER TABLE users ALTER COLUMN country SET NOT NULL;"
	run lint
	hasnt required-column
	printf 'INSERT INTO USERS (id) VALUES (1)\n' >src/seed.txt
	git add src/seed.txt
	migration 'ALTER TABLE users ADD COLUMN country text NOT NULL;'
	fails 1 lint
	has 'src/seed.txt:1: INSERT INTO USERS'
	git rm -qf src/seed.txt
}

@test "one of several functions is dropped: its calls are told by the number of their arguments" {
	migration 'DROP FUNCTION fee(int);'
	fails 1 lint
	has 'used by 1 query, 2 calls' 'SELECT fee($1)'
	hasnt 'fee($1, $2)' 'more may use it'
	migration 'DROP FUNCTION fee(int, state, int);'
	fails 1 lint
	has 'used by 1 query, 1 call' 'SELECT fee($1, $2)'
	hasnt 'more may use it'
	migration 'DROP FUNCTION fee(text);'
	ok lint
	has '2 more may use it'
	hasnt 'used by'
}

@test "what goes with it: partitions by their own names, views that read the column, views of those" {
	migration 'ALTER TABLE visits DROP COLUMN page CASCADE;'
	fails 1 lint
	has 'used by 3 queries' 'SELECT page FROM "visits 1"  (through public."visits 1")' \
		'SELECT shown FROM pages_too  (through the view public.pages_too)'
	migration 'ALTER TABLE visits RENAME COLUMN page TO site;'
	fails 1 lint
	has 'used by 2 queries' '(through public."visits 1")'
	hasnt pages_too
	migration 'ALTER TABLE visits RENAME TO seen;'
	fails 1 lint
	has 'used by 1 query' 'SELECT kind FROM visits'
	migration 'ALTER TABLE visits ADD COLUMN country text NOT NULL;'
	fails 1 lint
	has 'used by 1 query' 'INSERT INTO "visits 1" (id, page) VALUES ($1, $2)  (through public."visits 1")'
	migration 'DROP TABLE visits CASCADE;'
	fails 1 lint
	has 'used by 4 queries' 'SELECT kind FROM visits'
}

@test "values of enums: the queries on columns of the type may mean it, the files tell" {
	printf "state == 'new'\n" >src/state.py
	git add src/state.py
	migration "ALTER TYPE state RENAME VALUE 'new' TO 'open';"
	fails 1 lint
	has 'which keeps no values: 3 use the type or a column of it' "src/state.py:1: state == 'new'" \
		'may use   1 call of' 'SELECT * FROM orders  (all columns)' 'SELECT kind FROM visits' 'SELECT $1::state'
	hasnt 'no use found' 'used by'
	sql shop 'CREATE TYPE crm.mood AS ENUM ($$new$$); ALTER TYPE crm.mood OWNER TO deployer'
	migration "ALTER TYPE crm.mood RENAME VALUE 'new' TO 'open';"
	fails 1 lint
	has 'which keeps no values: none uses the type or a column of it'
	sql shop 'DROP TYPE crm.mood'
	git rm -qf src/state.py
}

@test "as JSON: what was found, and what was asked" {
	migration 'ALTER TABLE users DROP COLUMN email;'
	fails 1 lint --format json
	python3 -c '
import json, sys
u = json.load(sys.stdin)["findings"][0]["usage"]
assert u["queries_found"] == 4 and u["calls"] == 6 and u["lines_found"] == 2, u
assert u["remote_asked"] and u["repository_asked"] and len(u["queries"]) == 4, u
assert u["queries"][0]["calls"] == 3 and u["queries"][0]["role"] == "app", u
assert u["lines"][0]["file"] == "src/app.py" and u["lines"][0]["line"] == 1, u
' <<<"$output"
}

@test "what the role may not read is said, with what would let it" {
	git postkit remote add blind "$(url app)" >/dev/null
	migration 'ALTER TABLE crm.users DROP COLUMN email;'
	fails 1 git postkit lint --remote blind "$T/20300101000000_it.sql"
	has "no use found; " "are other roles', which this one may not read (GRANT pg_read_all_stats lets it)"
	hasnt 'used by'
	sql shop 'REVOKE USAGE ON SCHEMA stats FROM PUBLIC'
	fails 1 git postkit lint --remote blind "$T/20300101000000_it.sql"
	sql shop 'GRANT USAGE ON SCHEMA stats TO PUBLIC'
	has 'not now: permission denied' 'read '
	rm -r .git/postkit/usage
	sql shop 'REVOKE USAGE ON SCHEMA stats FROM PUBLIC'
	fails 1 git postkit lint --remote blind "$T/20300101000000_it.sql"
	sql shop 'GRANT USAGE ON SCHEMA stats TO PUBLIC'
	has 'not asked: permission denied' 'GRANT pg_read_all_stats'
	hasnt 'no use found'
}

@test "without the extension, with an old one, and without its library" {
	pg_createdb bare
	sql bare 'CREATE TABLE users (id int, email text)'
	git postkit remote add bare "$(pg_url bare)" >/dev/null
	migration 'ALTER TABLE users DROP COLUMN email;'
	fails 1 git postkit lint --remote bare "$T/20300101000000_it.sql"
	has 'not asked: the extension pg_stat_statements is not installed in that database' 'src/app.py:1'
	sql bare "CREATE SCHEMA \"o'dd \"\"s\"; CREATE EXTENSION pg_stat_statements SCHEMA \"o'dd \"\"s\" VERSION '1.7'"
	sql bare 'SELECT email FROM users' >/dev/null
	fails 1 git postkit lint --remote bare "$T/20300101000000_it.sql"
	has 'used by 1 query, 1 call [drop-column]' 'by postgres: SELECT email FROM users'
	sql bare "DROP EXTENSION pg_stat_statements; CREATE TABLE pg_stat_statements (query text)"
	fails 1 git postkit lint --remote bare "$T/20300101000000_it.sql"
	has 'used by 1 query' '(not now: the extension pg_stat_statements is not installed in that database)'
	(
		pg_start plain
		pg_createdb bare
		sql bare 'CREATE TABLE users (id int, email text); CREATE EXTENSION pg_stat_statements'
		git postkit remote add plain "$(pg_url bare)" >/dev/null
	)
	fails 1 git postkit lint --remote plain "$T/20300101000000_it.sql"
	has 'not asked: pg_stat_statements must be loaded via' 'which takes a restart'
	test -e .git/postkit/usage/bare.json
	git postkit remote remove bare >/dev/null 2>&1
	test ! -e .git/postkit/usage/bare.json
	pg_stop plain
	fails 1 git postkit lint --remote plain "$T/20300101000000_it.sql"
	has "pg_stat_statements of 'plain': not asked: "
	hasnt 'no use found'
}

@test "names that a shell, git or SQL could take for something else" {
	printf '%s\n' '--open-files-in-pager=touch' "it's" 'a.b*' 'axb' >src/odd.txt
	git add src/odd.txt
	migration 'ALTER TABLE users RENAME COLUMN "--open-files-in-pager=touch" TO x; ALTER TABLE users RENAME COLUMN "it'"'"'s" TO y;
		ALTER TABLE users RENAME COLUMN "a.b*" TO z; ALTER TABLE users RENAME COLUMN "new
line" TO w;'
	fails 1 lint
	hasnt 'odd.txt:4'
	has 'src/odd.txt:1: --open-files' "src/odd.txt:2: it's" 'src/odd.txt:3: a.b*' 'not searched: git grep looks for no such name'
	git rm -qf src/odd.txt
}

@test "plan tells it, from one connection that only reads; with usage = never there is none" {
	git switch -q -c work
	git postkit start >/dev/null
	work
	sed -i '/email/d' db/schema/tables/users.sql
	rm db/schema/tables/idle.sql
	sed -i "s/, 'shipped'//" db/schema/enums/state.sql
	local before
	before=$(connections)
	fails 1 git postkit plan
	has "the data in 'email' of public.users" 'used by 4 queries, 6 calls' 'src/app.py:1' \
		'drops public.idle (0 rows) with all its data [drop-table]' 'no use found' "tracked files: no line with 'idle'"
	has "programs that write or compare with 'shipped' of public.state fail" 'which keeps no values: ' "no line with 'shipped'"
	equal "$(connections)" $((before + 1))
	fails 1 git -c postkit.usage=never postkit plan
	hasnt 'used by' 'no use found' 'looked at'
	fails 1 git -c postkit.remote.prod.usage=never postkit plan
	hasnt 'used by'
	printf '[postkit]\n\tusage = never\n' >>.postkit
	fails 1 git postkit plan
	has 'used by 4 queries'
	git checkout -q .postkit
	run --separate-stderr git postkit plan --json
	python3 -c '
import json, sys
usage = json.load(sys.stdin)["usage"]
assert [u["queries_found"] for u in usage if u["rule"] == "drop-column"] == [4], usage
' <<<"$output"
	before=$(connections)
	run git postkit plan --sql
	equal "$(connections)" "$before"
	fails 128 git -c postkit.usage=perhaps postkit plan
	has 'postkit.usage is auto or never'
}

@test "a copy made by start is no use" {
	sql shop 'SELECT stats.pg_stat_statements_reset()' >/dev/null
	git switch -q -c copied main
	git postkit start --fresh >/dev/null
	git postkit abort --yes >/dev/null
	as app 'UPDATE orders SET state = NULL'
	git postkit start --refresh >/dev/null
	git postkit abort --yes >/dev/null
	git postkit start --fresh --sample 50% >/dev/null
	migration 'DROP TABLE users; DROP TABLE idle;'
	fails 1 lint
	has 'no use found; without ' ' by which git postkit copied tables'
	hasnt 'used by'
}

@test "check and the hook go by what was read before, and connect to nobody" {
	git switch -q -c pushed main
	work
	mkdir -p db/migrations
	printf -- '-- migrate:up\nALTER TABLE users DROP COLUMN email;\n-- migrate:down\nALTER TABLE users ADD COLUMN email text;\n' \
		>db/migrations/20300101000000_drop_email.sql
	printf 'not committed: email\n' >>src/app.py
	git add db
	git commit -q -m 'drop email'
	rm -rf .git/postkit/usage
	: >"$T/prod/log"
	fails 1 git postkit check --no-database
	has "pg_stat_statements of 'prod': not asked: what runs there was never read from here" \
		'src/app.py:2: mail = user.email' "2 lines in 1 file with 'email'"
	hasnt 'no use found' 'used by'
	equal "$(heard)" ''
	migration 'ALTER TABLE users DROP COLUMN email;'
	fails 1 lint
	equal "$(stat -c %a .git/postkit/usage/prod.json)" 600
	run grep -c secret .git/postkit/usage/prod.json
	equal "$output" 0
	: >"$T/prod/log"
	fails 1 git postkit check --no-database
	has 'used by 4 queries, 6 calls since 20' ', read ' 'SELECT email FROM users WHERE name = $1'
	fails 1 git push -q origin pushed
	has 'used by 4 queries'
	equal "$(heard)" ''
	run --separate-stderr git postkit check --no-database --json
	python3 -c '
import json, sys
found = [f["usage"]["queries_found"] for f in json.load(sys.stdin)["findings"] if f["rule"] == "drop-column"]
assert found == [4], found
' <<<"$output"
	echo '{' >.git/postkit/usage/prod.json
	fails 1 git postkit check --no-database
	has 'not asked: '
	hasnt 'used by'
	git checkout -q src
}

@test "deploy --dry-run tells it from the connection that it has" {
	rm -rf .git/postkit/usage
	git switch -q -c deployed main
	git postkit start >/dev/null
	work
	sed -i '/email/d' db/schema/tables/users.sql
	git postkit plan --allow-destructive >/dev/null 2>&1
	git postkit apply >/dev/null
	git postkit commit -m 'drop email' --irreversible 'nobody writes any more' >/dev/null
	: >"$T/prod/log"
	ok git postkit deploy --dry-run
	has 'used by 4 queries, 6 calls' 'SELECT email FROM users WHERE name = $1' 'src/app.py:1'
	equal "$(connections)" 1
	run --separate-stderr git postkit deploy --dry-run --json
	python3 -c '
import json, sys
usage = json.load(sys.stdin)["usage"]
assert [u["queries_found"] for u in usage] == [4], usage
' <<<"$output"
	ok git -c postkit.usage=never postkit deploy --dry-run
	hasnt 'used by'
	equal "$(sql shop "SELECT count(*) FROM pg_attribute WHERE attrelid = 'public.users'::regclass AND attname = 'email'")" 1
}
