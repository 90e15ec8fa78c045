#!/usr/bin/env bats
# Less than everything: what settings and options leave out stays out, and the rest holds together.

load ../lib/common

export WORK_AS=reader

setup_file() {
	common_setup
	pg_start
	sql postgres "CREATE ROLE reader LOGIN"
}
setup() { cd "$T" || return 1; }

shop() {
	sql postgres "CREATE DATABASE $1"
	sql "$1" <<-'SQL'
		CREATE SCHEMA audit;
		CREATE TABLE users (id int PRIMARY KEY, name text, referred_by int REFERENCES users (id));
		CREATE TABLE orders (id int PRIMARY KEY, user_id int NOT NULL REFERENCES users (id), at timestamptz NOT NULL);
		CREATE TABLE audit.log (id bigint PRIMARY KEY, order_id int REFERENCES orders (id), what text);
		CREATE TABLE audit.seen (log_id bigint REFERENCES audit.log (id));
		CREATE TABLE events (at date, kind text) PARTITION BY RANGE (at);
		CREATE TABLE events_2020 PARTITION OF events FOR VALUES FROM ('2020-01-01') TO ('2021-01-01');
		CREATE TABLE events_2021 PARTITION OF events FOR VALUES FROM ('2021-01-01') TO ('2022-01-01');
		INSERT INTO users SELECT i, 'user ' || i, nullif(i - 1, 0) FROM generate_series(1, 100) i;
		INSERT INTO orders SELECT i, 1 + i % 100, now() - i * interval '1 day' FROM generate_series(1, 500) i;
		INSERT INTO audit.log SELECT i, i, 'w' FROM generate_series(1, 500) i;
		INSERT INTO audit.seen SELECT i FROM generate_series(1, 50) i;
		INSERT INTO events SELECT date '2020-01-01' + i, CASE WHEN i % 2 = 0 THEN 'noise' ELSE 'click' END FROM generate_series(0, 699) i;
		GRANT USAGE ON SCHEMA audit TO reader;
		GRANT SELECT ON ALL TABLES IN SCHEMA public, audit TO reader;
	SQL
}

clone() { git postkit psql -- -X -q -At -c "$1"; }
again() { git postkit abort --yes >/dev/null 2>&1 || :; }

@test "rows of tables that match a pattern stay out; keys to them do not hold, which is said, and no plan minds" {
	shop excluded
	work_on excluded
	ok git postkit start --exclude-data 'audit.log' --exclude-data 'events'
	has 'no rows of audit.log' 'no rows of public.events_2020' 'audit.seen.seen_log_id_fkey does not hold in the copy'
	equal "$(clone 'SELECT count(*) FROM audit.log')" 0
	equal "$(clone 'SELECT count(*) FROM events')" 0
	equal "$(clone 'SELECT count(*) FROM audit.seen')" 50
	equal "$(clone 'SELECT count(*) FROM orders')" 500
	ok git postkit diff prod "$(git postkit url)"
	equal "$output" ''
}

@test "plans and dry runs go by the schema of the remote, whatever keys do not hold" {
	sql postgres 'CREATE DATABASE kept OWNER reader'
	sql kept 'SET ROLE reader; CREATE TABLE a (id int PRIMARY KEY); CREATE TABLE b (a_id int REFERENCES a);
		INSERT INTO a VALUES (1), (2); INSERT INTO b VALUES (1), (2)'
	work_on kept
	printf '[postkit "table.public.a"]\n\twhere = id > 1\n' >>.postkit
	ok git postkit import --yes
	git add -A
	git commit -q -m 'import'
	ok git postkit start
	has 'public.b.b_a_id_fkey does not hold'
	hasnt warning
	echo 'CREATE TABLE more (id int);' >db/schema/tables/more.sql
	ok git postkit plan
	hasnt VALIDATE
	ok git postkit apply
	ok git postkit commit -m more
	ok git postkit deploy --dry-run
	has 'dry run passed'
}

@test "keys of partitioned tables, which servers check at once, say what to leave out" {
	shop parts
	sql parts "CREATE TABLE visits (at date, user_id int REFERENCES users (id)) PARTITION BY RANGE (at);
		CREATE TABLE visits_2020 PARTITION OF visits FOR VALUES FROM ('2020-01-01') TO ('2021-01-01');
		INSERT INTO visits VALUES ('2020-05-05', 7);
		GRANT SELECT ON visits, visits_2020 TO reader"
	work_on parts
	fails 128 git postkit start --where 'users=id < 5'
	has 'visits_user_id_fkey' 'leave them out as well'
	ok git postkit start --where 'users=id < 5' --where 'visits=user_id < 5'
}

@test "settings say it for the team, and a pattern that no table has is told" {
	shop team
	work_on team
	printf '[postkit]\n\texcludeData = audit.*\n\texcludeData = nothing\n' >>.postkit
	ok git postkit start
	has 'no rows of audit.seen' "warning: no table is 'nothing'"
	equal "$(clone 'SELECT count(*) FROM audit.seen')" 0
	again
	git config postkit.schemaOnly true
	ok git postkit start
	has 'copied from'
	equal "$(clone 'SELECT count(*) FROM orders')" 0
}

@test "a condition narrows a table and its partitions" {
	shop narrowed
	work_on narrowed
	printf "[postkit \"table.public.events\"]\n\twhere = kind <> 'noise'\n" >>.postkit
	ok git postkit start --where "orders=at > now() - interval '100 days'" --where 'order=false'
	has "warning: no table is 'order'" "of public.events_2020 the rows where kind <> 'noise'" 'of public.orders the rows where'
	equal "$(clone 'SELECT count(*) FROM events')" 350
	equal "$(clone 'SELECT count(*) FROM orders')" 99
	again
	fails 128 git postkit start --where 'orders=id IN (SELECT id FROM users)'
	has "condition of table 'public.orders': subqueries are not allowed"
	fails 129 git postkit start --where 'orders'
	has '--where takes a table and a condition'
}

@test "a template is taken again where it is what is wanted, and made anew where not" {
	shop templates
	work_on templates
	ok git postkit start --exclude-data 'audit.*'
	has 'copied from'
	again
	ok git postkit start
	has ', copied '
	hasnt 'tables copied from'
	equal "$(clone 'SELECT count(*) FROM audit.seen')" 0
	again
	ok git postkit start --exclude-data 'events'
	has 'copied from'
	equal "$(clone 'SELECT count(*) FROM audit.seen')" 50
	again
	ok git postkit start --fresh
	equal "$(clone 'SELECT count(*) FROM events')" 700
	again
	ok git postkit start --schema-only
	has 'copied from'
	equal "$(clone 'SELECT count(*) FROM users')" 0
}

@test "copy heeds the same settings and options" {
	shop copied
	work_on copied
	sql postgres 'CREATE DATABASE other'
	printf '[postkit]\n\texcludeData = audit.*\n' >>.postkit
	ok git postkit copy --where 'orders=id <= 10' --exclude-data events prod "$(pg_url other)"
	has 'no rows of audit.log' 'no rows of public.events_2020' 'of public.orders the rows where id <= 10'
	equal "$(sql other 'SELECT (SELECT count(*) FROM audit.log), (SELECT count(*) FROM orders), (SELECT count(*) FROM events), (SELECT count(*) FROM users)')" \
		'0|10|0|100'
}
