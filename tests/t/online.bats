#!/usr/bin/env bats
# The ways that do not block, with rows there: what SQL they are, that apply runs it, that it ends where
# the plain way ends, that the way back leads back, and that a kill in the middle costs nothing.

# shellcheck disable=SC2154 # $stderr comes from run
load ../lib/common

setup_file() {
	shop_start <<-'SQL'
		CREATE TYPE mood AS ENUM ('sad', 'ok');
		CREATE TABLE users (id bigint NOT NULL, email text NOT NULL, name varchar(40), mood mood, points int NOT NULL, old_ref text);
		CREATE TABLE orders (id serial PRIMARY KEY, user_id bigint, n int DEFAULT 7 NOT NULL, total numeric(10,2));
		CREATE TABLE log (id bigint NOT NULL, at date NOT NULL, user_id bigint) PARTITION BY RANGE (at);
		CREATE TABLE log_1 PARTITION OF log FOR VALUES FROM ('2020-01-01') TO ('2021-01-01');
		CREATE TABLE log_2 PARTITION OF log FOR VALUES FROM ('2021-01-01') TO ('2022-01-01') PARTITION BY RANGE (at);
		CREATE TABLE log_2a PARTITION OF log_2 FOR VALUES FROM ('2021-01-01') TO ('2021-07-01');
		CREATE TABLE log_2b PARTITION OF log_2 FOR VALUES FROM ('2021-07-01') TO ('2022-01-01');
		CREATE TABLE few (id int, a int);
		CREATE INDEX users_name ON users (name);
		CREATE VIEW members AS SELECT id, email FROM users;
		INSERT INTO users SELECT i, 'u' || i, 'n' || i, 'ok', i, 'r' FROM generate_series(1, 400) i;
		INSERT INTO orders (user_id, total) SELECT i % 400 + 1, i FROM generate_series(1, 900) i;
		INSERT INTO log SELECT i, date '2020-01-01' + i % 700, i % 400 + 1 FROM generate_series(1, 1400) i;
		INSERT INTO few SELECT i, i FROM generate_series(1, 5) i;
		ANALYZE;
	SQL
	imported_repo app "$(shop_url)"
	git config postkit.smallRows 50
	commit_all 'import'
	git switch -q -c work
	git postkit start >/dev/null
}

# A clone as production is, and files that say so.
setup() {
	cd "$T/app" || return 1
	[ ! -e "$T/used" ] || git postkit abort --yes >/dev/null
	[ ! -e "$T/used" ] || git postkit start >/dev/null
	rm -f "$T/used"
}
teardown() {
	exec 7>&-
	rm -f "$T/hold"
	cd "$T/app" && git reset -q --hard main && git clean -fdq db
}

clone_sql() { psql "$(git postkit url)" -X -qAt -v ON_ERROR_STOP=1 -c "$1"; }
clone_print() { git postkit fingerprint "$(git postkit url)"; }
schema() { cat >"db/schema/$1.sql"; }
edit() { sed -i "$2" "db/schema/tables/$1.sql"; }
plan_sql() { run --separate-stderr git postkit plan --sql "$@"; }

# there_and_back: plan, apply on the rows, the same fingerprint as the plain way's; and back.
there_and_back() {
	local before plain
	before=$(clone_print)
	touch "$T/used"
	ok git postkit plan --online never
	plain=$(git postkit plan --online never --json 2>/dev/null | python3 -c 'import json, sys; print(json.load(sys.stdin)["to"])')
	ok git postkit plan
	git postkit plan --down 2>/dev/null >"$T/down.sql"
	ok git postkit apply
	has 'the clone is what the schema files mean'
	equal "$(clone_print)" "$plain"
	ok git postkit plan
	has 'nothing to change'
	psql "$(git postkit url)" -X -q -v ON_ERROR_STOP=1 -f "$T/down.sql"
	equal "$(clone_print)" "$before"
}

@test "indexes are built and dropped beside the traffic; a changed one while the old one serves" {
	schema indexes/users_points <<<'CREATE INDEX users_points ON users (points);'
	schema indexes/users_name <<<'CREATE INDEX users_name ON users (name DESC);'
	schema indexes/few_a <<<'CREATE INDEX few_a ON few (a);'
	plan_sql
	in_order 'CREATE INDEX few_a ON public.few' 'CREATE INDEX CONCURRENTLY users_name__new' 'CREATE INDEX CONCURRENTLY users_points' \
		'DROP INDEX CONCURRENTLY public.users_name' 'ALTER INDEX public.users_name__new RENAME TO users_name'
	there_and_back
}

@test "an index of a partitioned table is built partition by partition, then attached" {
	schema indexes/log_at <<<'CREATE INDEX log_at ON log (at, id);'
	plan_sql
	in_order 'CREATE INDEX CONCURRENTLY log_1_at_id_idx' 'CREATE INDEX log_at ON ONLY public.log' \
		'ALTER INDEX public.log_at ATTACH PARTITION public.log_1_at_id_idx'
	in_order 'CREATE INDEX CONCURRENTLY log_2a_at_id_idx' 'CREATE INDEX log_2_at_id_idx ON ONLY public.log_2'
	there_and_back
	equal "$(clone_sql "SELECT count(*) FROM pg_index WHERE NOT indisvalid")" 0
}

@test "steps that each have a transaction of their own are one migration, those that need them another" {
	schema indexes/log_at <<<'CREATE INDEX log_at ON log (at, id);'
	schema indexes/users_points <<<'CREATE INDEX users_points ON users (points);'
	edit orders 's/user_id bigint/user_id bigint CHECK (user_id > 0)/'
	run --separate-stderr git postkit plan
	has 'migration 1: steps 1 to 6 one by one, each committed by itself' 'migration 2: steps 7 to 12 in a transaction' \
		'+ index log_1_at_id_idx, since index public.log_at is made of one in each partition'
	hasnt 'migration 3'
	there_and_back
}

@test "foreign keys and checks hold for new rows first, and are proven in a transaction of their own" {
	edit users 's/id bigint NOT NULL/id bigint NOT NULL PRIMARY KEY/; s/points integer NOT NULL/points integer NOT NULL CHECK (points > 0)/'
	edit orders 's/user_id bigint/user_id bigint REFERENCES users/'
	plan_sql
	in_order 'ADD CONSTRAINT orders_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.users(id) NOT VALID' \
		'VALIDATE CONSTRAINT orders_user_id_fkey'
	in_order 'ADD CONSTRAINT users_points_check CHECK ((points > 0)) NOT VALID' 'VALIDATE CONSTRAINT users_points_check'
	run --separate-stderr git postkit plan --json
	python3 -c 'import json, sys
steps = [s for s in json.load(sys.stdin)["steps"] if "VALIDATE" in s["sql"]]
assert len(steps) == 2 and all(s["own_transaction"] and s["scan"] and s["lock"] == "SHARE UPDATE EXCLUSIVE" for s in steps), steps' <<<"$output"
	there_and_back
}

@test "a foreign key of a partitioned table is proven partition by partition" {
	edit users 's/id bigint NOT NULL/id bigint NOT NULL PRIMARY KEY/'
	edit log 's/user_id bigint/user_id bigint REFERENCES users/'
	plan_sql
	in_order 'ALTER TABLE public.log_1 ADD CONSTRAINT log_user_id_fkey' 'NOT VALID' 'ALTER TABLE public.log_1 VALIDATE' \
		'ALTER TABLE public.log ADD CONSTRAINT log_user_id_fkey'
	there_and_back
}

@test "NOT NULL goes by way of a check that is proven beside the traffic" {
	edit users 's/name character varying(40)/name character varying(40) NOT NULL/'
	plan_sql
	in_order 'CHECK (name IS NOT NULL) NOT VALID' 'VALIDATE CONSTRAINT postkit_name_not_null' \
		'ALTER COLUMN name SET NOT NULL' 'DROP CONSTRAINT postkit_name_not_null'
	there_and_back
}

@test "primary and unique keys take an index that was built beside the traffic" {
	edit users 's/id bigint NOT NULL/id bigint NOT NULL PRIMARY KEY/; s/email text NOT NULL/email text NOT NULL UNIQUE DEFERRABLE/'
	plan_sql
	in_order 'CREATE UNIQUE INDEX CONCURRENTLY users_email_key' 'ADD CONSTRAINT users_email_key UNIQUE USING INDEX users_email_key DEFERRABLE' \
		'CREATE UNIQUE INDEX CONCURRENTLY users_pkey' 'ADD CONSTRAINT users_pkey PRIMARY KEY USING INDEX users_pkey'
	there_and_back
}

@test "a column with a default of its own for each row: column, default, rows in batches, NOT NULL" {
	edit users 's/old_ref text/old_ref text,\n    token uuid DEFAULT gen_random_uuid() NOT NULL/'
	plan_sql
	in_order 'ADD COLUMN token uuid, ALTER COLUMN token SET DEFAULT gen_random_uuid()' 'SET token = DEFAULT' COMMIT 'ALTER COLUMN token SET NOT NULL'
	touch "$T/used"
	ok git postkit plan
	ok git postkit apply
	equal "$(clone_sql 'SELECT count(DISTINCT token) FROM users')" 400
	git postkit abort --yes >/dev/null
	git postkit start >/dev/null
	there_and_back
}

@test "rows that the role cannot see are filled all the same" {
	edit users 's/old_ref text/old_ref text,\n    token uuid DEFAULT gen_random_uuid() NOT NULL/'
	echo 'ALTER TABLE users ENABLE ROW LEVEL SECURITY; ALTER TABLE users FORCE ROW LEVEL SECURITY;' >>db/schema/tables/users.sql
	touch "$T/used"
	ok git postkit plan
	ok git postkit apply
	sed -i 's/gen_random_uuid() NOT NULL/gen_random_uuid() NOT NULL,\n    second uuid DEFAULT gen_random_uuid() NOT NULL/' db/schema/tables/users.sql
	ok git postkit plan
	hasnt 'in batches'
	ok git postkit apply
	equal "$(clone_sql 'ALTER TABLE users NO FORCE ROW LEVEL SECURITY; SELECT count(DISTINCT token), count(DISTINCT second) FROM users')" '400|400'
}

@test "an enum value is committed before its use, and nothing is gone meanwhile" {
	schema enums/mood <<<"CREATE TYPE mood AS ENUM ('sad', 'ok', 'great');"
	edit users "s/mood public.mood/mood public.mood DEFAULT 'great'/; s/email text/email character varying(80)/"
	run --separate-stderr git postkit plan --json --allow-destructive
	python3 -c 'import json, sys
steps = json.load(sys.stdin)["steps"]
at = {s["sql"].split()[0] + " " + s["sql"].split()[1]: s["migration"] for s in steps}
assert [s["migration"] for s in steps if "ADD VALUE" in s["sql"]] == [1], steps
assert [s["migration"] for s in steps if "SET DEFAULT" in s["sql"]] == [2], steps
assert at["DROP VIEW"] == at["CREATE VIEW"] == 2, at' <<<"$output"
	touch "$T/used"
	ok git postkit plan --allow-destructive
	ok git postkit apply
	has 'the clone is what the schema files mean'
}

@test "what is made anew is gone for one transaction, not while rows are filled" {
	edit users 's/old_ref text/old_ref text,\n    token uuid DEFAULT gen_random_uuid() NOT NULL/'
	schema views/members <<<'CREATE VIEW members AS SELECT token, id FROM users;'
	run --separate-stderr git postkit plan --json
	python3 -c 'import json, sys
steps = json.load(sys.stdin)["steps"]
views = [(s["migration"], s["sql"][:11]) for s in steps if "VIEW" in s["sql"][:12]]
assert views == [(2, "DROP VIEW p"), (2, "CREATE VIEW")], views' <<<"$output"
	there_and_back
}

@test "numbers go on where they were when an identity takes the place of a sequence, and back" {
	edit orders 's/id integer .*,/id integer GENERATED BY DEFAULT AS IDENTITY,/'
	rm db/schema/sequences/*
	touch "$T/used"
	ok git postkit plan
	git postkit plan --down 2>/dev/null >"$T/down.sql"
	hasnt 'loses'
	ok git postkit apply
	equal "$(clone_sql 'INSERT INTO orders (user_id) VALUES (1) RETURNING id')" 901
	psql "$(git postkit url)" -X -q -v ON_ERROR_STOP=1 -f "$T/down.sql" >/dev/null
	equal "$(clone_sql 'INSERT INTO orders (user_id) VALUES (1) RETURNING id')" 902
}

@test "a new type that would lock too long is offered as a pattern, which keeps the rows" {
	edit orders 's/n integer/n bigint/'
	git config postkit.remote.prod.maxLock 1ms
	ok git postkit plan
	has 'longer than others may wait (maxLock); --pattern shows a way around'
	run --separate-stderr git postkit plan --pattern
	has 'ADD COLUMN n__new bigint' 'BEFORE INSERT OR UPDATE ON public.orders' 'SET n__new = t.n' 'RENAME COLUMN n__new TO n'
	touch "$T/used"
	git postkit migration widen --first -F - <<<"$output"
	fails 128 git postkit apply
	has 'the migration written by hand changed the schema'
	git config --unset postkit.remote.prod.maxLock
	ok git postkit plan
	has 'nothing to change'
	equal "$(clone_sql "SELECT count(*), sum(n), pg_typeof(min(n)) FROM orders")" '900|6300|bigint'
	equal "$(clone_sql 'INSERT INTO orders (user_id) VALUES (1) RETURNING n')" 7
	equal "$(clone_sql "SELECT count(*) FROM pg_proc WHERE proname ~ 'postkit'")" 0
	ok git postkit commit -m 'Wider numbers'
}

@test "without a limit, or below it, there is no pattern; what took longer all the same is said" {
	edit orders 's/n integer/n bigint/'
	ok git -c postkit.maxLock=0 postkit plan
	hasnt maxLock
	touch "$T/used"
	ok git postkit apply
	hasnt maxLock
	# what was measured counts, not what was guessed
	edit orders 's/n bigint/n numeric/'
	ok git postkit plan
	hasnt maxLock
	ok git -c postkit.maxLock=1ms postkit apply
	has 'under a lock (ACCESS EXCLUSIVE on public.orders) longer than others may wait (maxLock)'
	edit orders 's/n numeric/n bigint/'
	run --separate-stderr git postkit plan --pattern --allow-destructive
	equal "$status" 0
	equal "$output" ''
}

@test "the option, the setting and sizes decide between the ways" {
	schema indexes/users_points <<<'CREATE INDEX users_points ON users (points); CREATE INDEX few_a ON few (a);'
	plan_sql
	has 'CREATE INDEX few_a' 'CREATE INDEX CONCURRENTLY users_points'
	plan_sql --online never
	hasnt CONCURRENTLY
	plan_sql --online always
	has 'CREATE INDEX CONCURRENTLY few_a' 'CREATE INDEX CONCURRENTLY users_points'
	run --separate-stderr git -c postkit.online=always postkit plan --sql
	has 'CREATE INDEX CONCURRENTLY few_a'
	run --separate-stderr git -c postkit.online=always postkit plan --sql --online auto
	has 'CREATE INDEX few_a'
	run --separate-stderr git -c postkit.smallRows=400 postkit plan --sql
	has 'CREATE INDEX users_points'
	run --separate-stderr git -c postkit.smallRows=4 postkit plan --sql
	has 'CREATE INDEX CONCURRENTLY few_a'
	printf '[postkit]\n\tsmallRows = 4\n\thugeRows = 5\n' >>.postkit
	run --separate-stderr git -c postkit.smallRows=4 postkit plan --sql
	ok git postkit doctor
	has hugerows
	hasnt smallrows
	fails 128 git -c postkit.online=sometimes postkit plan
	has "postkit.online is auto, always or never, not 'sometimes'"
	fails 128 git -c postkit.smallRows=many postkit plan
	has 'postkit.smallRows is a number of rows'
	fails 128 git -c postkit.maxLock=5 postkit plan
	has 'postkit.maxLock is not a time' 500ms
	fails 128 git -c postkit.online=sometimes postkit diff db/schema db/schema
	fails 129 git postkit plan --online sometimes
}

@test "what is lost is counted to the row" {
	edit users 's/    old_ref text/    old_ref varchar(9)/; s/name character varying(40)/name character varying(3)/'
	sed -i 's/,$/,/; /old_ref/d; s/points integer NOT NULL,/points integer NOT NULL/' db/schema/tables/users.sql
	rm db/schema/tables/few.sql db/schema/tables/log*.sql
	fails 1 git postkit plan
	has 'loses the rows: 5, ' 'loses the values: 400, ' 'not stored' '--allow-destructive'
	# n100 to n400 do not fit
	has 'what the new type cannot hold of the values; where it takes nothing less, the change fails: 301, '
	hasnt 'loses the rows: about' 'loses the values: about'
	fails 1 git postkit plan --json
	python3 -c 'import json, sys
text = sys.stdin.read()
steps = [s for s in json.JSONDecoder().raw_decode(text[text.index("{"):])[0]["steps"] if s["destructive"]]
assert all(s["lost"]["counted"] for s in steps), steps
assert sum(s["lost"]["rows"] for s in steps if s["kind"] == "table") == 1405, steps' <<<"$output"
}

@test "what only looks like a loss is none" {
	edit users "s/points integer NOT NULL/points integer DEFAULT 3 NOT NULL/"
	edit orders 's/n integer DEFAULT 7 NOT NULL/n integer NOT NULL/'
	schema views/members <<<'CREATE VIEW members AS SELECT email, id FROM users;'
	ok git postkit plan
	hasnt loses
	there_and_back
	equal "$(clone_sql 'SELECT count(*), sum(points) FROM users')" '400|80200'
}

@test "a column whose type is replaced says so, and what would fail; a view above another names that" {
	touch "$T/used"
	schema views/above <<<'CREATE VIEW above AS SELECT id FROM members;'
	ok git postkit plan
	ok git postkit apply
	schema enums/mood <<<"CREATE TYPE mood AS ENUM ('ok', 'fine');"
	schema views/members <<<'CREATE VIEW members AS SELECT email, id FROM users;'
	ok git postkit plan
	has '~ column mood, since enum public.mood is made anew' 'a value that cannot be cast fails it' \
		'enum public.mood is made anew, since values go, or change their order' \
		'view public.above is made anew, since view public.members is made anew'
}

@test "what is made anew says for whose sake" {
	edit users 's/id bigint NOT NULL/id numeric NOT NULL/'
	ok git postkit plan
	has 'view public.members is made anew, since column public.users.id changes its type'
	hasnt 'there is no ALTER'
}

# ---- interrupted ----

journalled() {
	edit users 's/name character varying(40)/name character varying(40) NOT NULL/'
	schema indexes/users_points <<<'CREATE INDEX users_points ON users (points); CREATE INDEX users_id ON users (id);'
	ok git postkit plan
	touch "$T/used"
}
building() { [ "$(clone_sql "SELECT count(*) FROM pg_index WHERE NOT indisvalid")" -gt 0 ]; }
built() { ! building; }

# What the server runs for us, whatever role it acts as.
as_login() { clone_sql "SET ROLE NONE; $1"; }
# hold, let_go: builds of indexes end only when no transaction sees the rows as they were before.
hold() {
	mkfifo "$T/hold"
	psql "$(git postkit url)" -X -q <"$T/hold" >/dev/null 2>&1 3>&- &
	holder=$!
	exec 7>"$T/hold"
	echo 'BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT pg_advisory_lock(4711);' >&7
	until_true held 4711
}
held() { [ "$(clone_sql "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND objid = $1")" -gt 0 ]; }
let_go() {
	exec 7>&-
	wait "$holder" || true
	rm "$T/hold"
}

@test "kill -9 while an index is built: status tells, apply goes on, nothing is done twice" {
	journalled
	hold
	git-postkit apply >"$T/apply.log" 2>&1 3>&- &
	until_true building
	kill -9 $!
	wait $! || true
	ok git postkit status
	has 'git postkit apply'
	hasnt 'git postkit commit'
	let_go
	until_true built
	ok git postkit apply
	has 'the clone is what the schema files mean'
	# the checks were through before the kill
	hasnt 'postkit_name_not_null'
	ok git postkit plan
	has 'nothing to change'
	ok git postkit commit -m 'After all'
}

@test "an index that a failed build left invalid is dropped and built again" {
	journalled
	hold
	git-postkit apply >"$T/apply.log" 2>&1 3>&- &
	until_true building
	as_login "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query ~ '^CREATE INDEX CONC' AND pid <> pg_backend_pid()"
	wait $! || true
	let_go
	equal "$(clone_sql 'SELECT count(*) FROM pg_index WHERE NOT indisvalid')" 1
	ok git postkit apply
	has 'the clone is what the schema files mean'
	equal "$(clone_sql 'SELECT count(*) FROM pg_index WHERE NOT indisvalid')" 0
	ok git postkit commit -m 'After all'
}

@test "what the steps of a pattern make is told as SQL that schema files can hold" {
	touch "$T/used"
	ok git postkit migration --pattern rename-column users name full_name
	has 'git postkit apply runs them on the clone; after that the schema files have to say what they made'
	fails 1 git postkit apply
	has 'only on the clone' 'make the schema files say the same, then git postkit plan'
	eval "$(sed -n 's/^hint: .*what to change: //p' <<<"$output")" >db/schema/full_name.sql
	ok git postkit plan
	has 'nothing to change: the clone is what the schema files mean'
	ok git postkit commit -m 'Two names'
	git show --stat HEAD | grep -q full_name.sql
}

@test "a partition leaves beside the traffic, and takes no CHECK of its bounds along; ended half-way, apply ends it" {
	# a DEFAULT partition, or a CHECK of that name: the plain way
	schema tables/log_3 <<<'CREATE TABLE log_3 PARTITION OF log DEFAULT;'
	edit log_1 '/ATTACH PARTITION/d'
	plan_sql
	has 'ALTER TABLE ONLY public.log DETACH PARTITION public.log_1;'
	rm db/schema/tables/log_3.sql
	edit log_1 's/^);/, CONSTRAINT log_1_at_check CHECK (id > 0));/'
	plan_sql
	has 'ALTER TABLE ONLY public.log DETACH PARTITION public.log_1;'
	git checkout -q db
	edit log_1 '/ATTACH PARTITION/d'
	edit log_2a '/ATTACH PARTITION/d'
	plan_sql
	in_order 'ALTER TABLE public.log DETACH PARTITION public.log_1 CONCURRENTLY;' \
		'ALTER TABLE public.log_1 DROP CONSTRAINT IF EXISTS log_1_at_check;'
	in_order 'ALTER TABLE public.log_2 DETACH PARTITION public.log_2a CONCURRENTLY;' \
		'ALTER TABLE public.log_2a DROP CONSTRAINT IF EXISTS log_2a_at_check;'
	there_and_back
	git postkit abort --yes >/dev/null
	git postkit start >/dev/null
	ok git postkit plan
	hold
	echo 'SELECT count(*) FROM log; SELECT pg_advisory_lock(4712);' >&7
	until_true held 4712
	git-postkit apply >"$T/apply.log" 2>&1 3>&- &
	until_true leaving
	as_login "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query ~ 'DETACH PARTITION' AND pid <> pg_backend_pid()"
	wait $! || true
	let_go
	equal "$(clone_sql 'SELECT count(*) FROM pg_inherits WHERE inhdetachpending')" 1
	ok git postkit apply
	has 'the clone is what the schema files mean'
	equal "$(clone_sql 'SELECT count(*) FROM pg_inherits WHERE inhdetachpending')" 0
	ok git postkit commit -m 'Two tables of their own'
}
leaving() { [ "$(as_login 'SELECT count(*) FROM pg_inherits WHERE inhdetachpending')" -gt 0 ]; }

@test "another plan keeps what an interrupted migration has done, with a way back" {
	journalled
	hold
	git-postkit apply >"$T/apply.log" 2>&1 3>&- &
	until_true building
	kill -9 $!
	wait $! || true
	let_go
	until_true built
	schema indexes/users_points <<<'CREATE INDEX users_id ON users (id); CREATE INDEX users_email ON users (email);'
	ok git postkit plan
	ok git postkit apply
	has 'the clone is what the schema files mean'
	equal "$(clone_sql "SELECT attnotnull FROM pg_attribute WHERE attrelid = 'users'::regclass AND attname = 'name'")" t
	ok git postkit commit -m 'Another'
	[ "$(git diff --name-only HEAD~ -- db/migrations | wc -l)" -ge 2 ] || tell 'what was done is in no migration'
}

@test "a plan's locks, rewrites and scans are what the server does" {
	local url
	schema enums/mood <<<"CREATE TYPE mood AS ENUM ('sad', 'ok', 'great');"
	edit users "s/id bigint NOT NULL/id bigint NOT NULL PRIMARY KEY/; s/email text NOT NULL/email varchar(90) NOT NULL UNIQUE/
		s/name character varying(40)/name text NOT NULL/; s/mood public.mood/mood public.mood DEFAULT 'great'/
		s/points integer/points bigint/; s/old_ref text/old_ref text, token uuid DEFAULT gen_random_uuid() NOT NULL/"
	edit orders 's/user_id bigint/user_id bigint REFERENCES users/; s/total numeric(10,2)/total numeric(12,2)/; s/n integer/n smallint/'
	schema indexes/more <<<'CREATE INDEX log_at ON log (at, id); CREATE INDEX users_points ON users (points);'
	schema views/members <<<'CREATE VIEW members AS SELECT id, email, token FROM users;'
	for online in always never; do
		sql postgres 'DROP DATABASE IF EXISTS marked'
		sql postgres 'CREATE DATABASE marked TEMPLATE shop OWNER shop'
		sql marked 'ANALYZE; DROP SCHEMA postkit CASCADE'
		url="postgresql://shop@/marked?host=$PROD_SOCKET&port=$PROD_PORT"
		git postkit diff "$url" db/schema --json --online "$online" >"$T/marks.json"
		run "$ROOT/tests/lib/marks" "$url" <"$T/marks.json"
		[ "$status" -eq 0 ] || tell "marks of --online=$online"
	done
}

@test "helpers take no name that is taken, and none is cut into another" {
	local long
	long=$(printf 'x%.0s' {1..63})
	sql shop <<-SQL
		SET ROLE shop;
		ALTER TABLE users ADD COLUMN $long int, ADD COLUMN ${long%x}y int, ADD CONSTRAINT postkit_name_not_null CHECK (points > -1);
		UPDATE users SET $long = 1, ${long%x}y = 2;
		CREATE TABLE users_name__new (a int);
		CREATE INDEX i${long%x} ON users (points);
		CREATE INDEX i${long%xx}y ON users (points, id);
	SQL
	git postkit abort --yes >/dev/null
	git postkit start --fresh >/dev/null 2>&1
	git rm -rq db/schema db/migrations
	git postkit import --yes >/dev/null 2>&1
	edit users "s/$long integer/$long integer NOT NULL/; s/${long%x}y integer/${long%x}y integer NOT NULL/; s/name character varying(40)/name character varying(40) NOT NULL/"
	sed -i 's/(points)/(points DESC)/; s/(points, id)/(points DESC, id)/; s/(name)/(name DESC)/' db/schema/indexes/*.sql
	there_and_back
	touch "$T/used"
}
