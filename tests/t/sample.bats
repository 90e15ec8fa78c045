#!/usr/bin/env bats
# A sample: a share of the rows that holds together, whatever refers to what.

# shellcheck disable=SC2154,SC2016 # $output comes from run; what stands in quotes is SQL
load ../lib/common

export WORK_AS=reader

setup_file() {
	common_setup
	pg_start
	sql postgres "CREATE ROLE reader LOGIN"
	shop
	times
}
setup() { cd "$T" || return 1; }

# Cycles, references to oneself, keys of several columns and NULLs, partitions on either side, names that need quotes.
shop() {
	sql postgres 'CREATE DATABASE shop'
	sql shop <<-'SQL'
		CREATE SCHEMA "Odd ""schema""";
		CREATE TYPE mood AS ENUM ('sad', 'fine', 'glad');
		CREATE TABLE plans (id int PRIMARY KEY, name text);
		CREATE TABLE users (id int PRIMARY KEY, email text UNIQUE, plan_id int REFERENCES plans,
			referred_by int REFERENCES users, last_order bigint, mood mood);
		CREATE TABLE orders (id bigint PRIMARY KEY, user_id int NOT NULL REFERENCES users ON DELETE CASCADE,
			at timestamptz NOT NULL, note text);
		ALTER TABLE users ADD CONSTRAINT users_last_order_fkey FOREIGN KEY (last_order) REFERENCES orders;
		CREATE TABLE lines (order_id bigint REFERENCES orders, no int, product int NOT NULL, PRIMARY KEY (order_id, no));
		CREATE TABLE "Odd ""schema"""."re'turns" ("pk_1" int PRIMARY KEY, "order id" bigint, "pk__no" int, "why; --" text,
			FOREIGN KEY ("order id", "pk__no") REFERENCES lines MATCH FULL);
		CREATE TABLE marks (a bigint, b int, FOREIGN KEY (a, b) REFERENCES lines);
		CREATE TABLE visits (id bigint, at date, user_id int REFERENCES users, PRIMARY KEY (id, at)) PARTITION BY RANGE (at);
		CREATE TABLE visits_2020 PARTITION OF visits FOR VALUES FROM ('2020-01-01') TO ('2021-01-01');
		CREATE TABLE visits_2021 PARTITION OF visits FOR VALUES FROM ('2021-01-01') TO ('2022-01-01');
		CREATE TABLE clicks (visit bigint, at date, FOREIGN KEY (visit, at) REFERENCES visits, x int);
		CREATE TABLE log (what text, n int);
		CREATE TABLE tags (name text COLLATE "C" PRIMARY KEY);
		CREATE TABLE tagged (id int PRIMARY KEY, tag text COLLATE "POSIX" REFERENCES tags);
		INSERT INTO tags SELECT 'tag ' || i FROM generate_series(1, 3000) i;
		INSERT INTO tagged SELECT i, CASE WHEN i % 3 > 0 THEN 'tag ' || 1 + i % 3000 END FROM generate_series(1, 6000) i;
		INSERT INTO plans SELECT i, 'plan ' || i FROM generate_series(1, 5) i;
		INSERT INTO users SELECT i, 'user' || i || '@example.org', 1 + i % 5, CASE WHEN i % 3 = 0 THEN 1 + i * 7 % i END, NULL,
			(ARRAY['sad', 'fine', 'glad']::mood[])[1 + i % 3] FROM generate_series(1, 4000) i;
		INSERT INTO orders SELECT i, 1 + i * 13 % 4000, now() - i * interval '1 hour', 'note' FROM generate_series(1, 12000) i;
		UPDATE users SET last_order = (SELECT max(id) FROM orders WHERE user_id = (users.id + 17) % 4000) WHERE id % 2 = 0;
		INSERT INTO lines SELECT 1 + i % 12000, i / 12000, i % 700 FROM generate_series(0, 29999) i;
		INSERT INTO "Odd ""schema"""."re'turns" SELECT i, CASE WHEN i % 4 > 0 THEN 1 + i * 11 % 12000 END,
			CASE WHEN i % 4 > 0 THEN 1 END, 'x' FROM generate_series(1, 3000) i;
		INSERT INTO marks SELECT CASE WHEN i % 5 > 0 THEN 1 + i * 7 % 12000 END, CASE WHEN i % 7 > 0 THEN 0 END
			FROM generate_series(1, 3000) i;
		INSERT INTO visits SELECT i, date '2020-01-01' + i % 700, 1 + i * 31 % 4000 FROM generate_series(1, 8000) i;
		INSERT INTO clicks SELECT i, date '2020-01-01' + i % 700, i FROM generate_series(1, 8000, 2) i;
		INSERT INTO log SELECT 'line ' || i % 2000, i % 3 FROM generate_series(1, 5000) i;
		GRANT USAGE ON SCHEMA "Odd ""schema""" TO reader;
		GRANT SELECT ON ALL TABLES IN SCHEMA public, "Odd ""schema""" TO reader;
	SQL
}

clone() { git postkit psql -- -X -q -At -c "$1"; }
again() { git postkit abort --yes >/dev/null 2>&1 || :; }
fresh() { printf 'DROP DATABASE IF EXISTS %s;\nCREATE DATABASE %s;\n' "$1" "$1" | sql postgres; }
# A line for each table: what its rows are.
rows_of() {
	sql "$1" "SELECT string_agg(format('SELECT %L, md5(string_agg(t::text, chr(10) ORDER BY t::text COLLATE \"C\")) FROM %s t', c.oid::regclass, c.oid::regclass), ' UNION ALL ')
		FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE relkind = 'r' AND nspname !~ '^pg_' AND nspname <> 'information_schema'" |
		sql "$1" | sort
}
# Every foreign key is there, valid, and holds when it is looked at again.
holds_together() {
	local key
	equal "$(sql "$1" "SELECT count(*) FROM pg_constraint WHERE contype = 'f' AND NOT convalidated")" 0
	sql "$1" "SELECT format('ALTER TABLE %s DROP CONSTRAINT %I', conrelid::regclass, conname), format('ALTER TABLE %s ADD CONSTRAINT %I %s', conrelid::regclass, conname, pg_get_constraintdef(oid))
		FROM pg_constraint WHERE contype = 'f' AND conparentid = 0" >"$T/keys"
	[ "$(wc -l <"$T/keys")" -gt 0 ]
	while IFS= read -r key; do
		sql "$1" "BEGIN; ${key%%|*}; ${key#*|}; ROLLBACK"
	done <"$T/keys"
}
# The share of rows that came, in percent: of FROM, in TO, of TABLE.
percent() { echo $((100 * $(sql "$2" "SELECT count(*) FROM $3") / $(sql "$1" "SELECT count(*) FROM $3"))); }

@test "a sample is a share of every table, closed under foreign keys of all sorts" {
	work_on shop
	fresh part
	ok git postkit copy --no-owner --sample 10% prod "$(pg_url part)"
	has 'a sample of' 'refer to'
	holds_together part
	local table share
	for table in users orders lines visits clicks log marks tags tagged '"Odd ""schema"""."re'"'"'turns"'; do
		share=$(percent shop part "$table")
		[ "$share" -ge 5 ] && [ "$share" -le 25 ] || tell "$table: $share%"
	done
	equal "$(sql part 'SELECT count(*) FROM plans')" 5
	equal "$(sql part 'SELECT count(*) > 0 FROM visits_2020, visits_2021')" t
}

@test "the same seed has the same rows, however the source lies on its disk; another has others" {
	work_on shop
	fresh first
	fresh second
	fresh third
	ok git postkit copy --no-owner --sample 8% --jobs 1 prod "$(pg_url first)"
	sql shop 'UPDATE orders SET note = note; UPDATE log SET n = n; UPDATE users SET mood = mood; ANALYZE'
	sql shop VACUUM
	ok git postkit copy --no-owner --sample 8% --jobs 4 prod "$(pg_url second)"
	equal "$(rows_of first)" "$(rows_of second)"
	ok git postkit copy --no-owner --sample 8% --seed other prod "$(pg_url third)"
	[ "$(rows_of first)" != "$(rows_of third)" ]
	holds_together third
}

@test "what belongs to a row that was chosen comes with it, all of it" {
	work_on shop
	fresh part
	ok git postkit copy --no-owner --sample 5% prod "$(pg_url part)"
	sql part 'SELECT user_id, count(*) FROM orders GROUP BY 1 ORDER BY 1' >"$T/part"
	sql shop 'SELECT user_id, count(*) FROM orders GROUP BY 1 ORDER BY 1' >"$T/shop"
	# nearly all: orders that others refer to come alone
	[ $((10 * $(comm -12 <(sort "$T/part") <(sort "$T/shop") | wc -l))) -ge $((6 * $(wc -l <"$T/part"))) ]
}

@test "a sample has masks and conditions, and keys that are masked still hold" {
	work_on shop
	cat >>.postkit <<-'INI'
		[postkit]
			sample = 10%
		[postkit "table.log"]
			sample = 50%
		[postkit "table.public.visits"]
			where = at < '2020-07-01'
		[postkit "table.public.marks"]
			keep = all
		[postkit "table.nothing"]
			sample = 3%
		[mask "public.users"]
			id = fake.number(id, 1, 2000000000)
			email = fake.email(email)
	INI
	ok git postkit start
	has 'a sample of' 'columns masked' "warning: no table is 'nothing'"
	hasnt 'does not hold'
	equal "$(clone 'SELECT count(*) FROM marks')" 3000
	equal "$(clone "SELECT count(*) > 1500 FROM log")" t
	equal "$(clone "SELECT count(*) FROM users WHERE id BETWEEN 1 AND 4000 AND email ~ '^user'")" 0
	equal "$(clone 'SELECT count(*) FROM orders o LEFT JOIN users u ON u.id = o.user_id WHERE u.id IS NULL')" 0
	equal "$(clone 'SELECT count(*) FROM clicks c LEFT JOIN visits v ON v.id = c.visit AND v.at = c.at WHERE v.id IS NULL')" 0
	again
	ok git postkit start
	hasnt 'tables copied from'
	again
	ok git postkit start --sample 20% --fresh
	has 'tables copied from'
}

@test "tables that are left out are not asked for, and keys to them do not hold, which is said" {
	work_on shop
	ok git postkit start --sample 10% --exclude-data orders
	has 'public.lines.lines_order_id_fkey does not hold' 'public.users.users_last_order_fkey does not hold'
	equal "$(clone 'SELECT count(*) FROM orders')" 0
	equal "$(clone 'SELECT count(*) FROM marks m LEFT JOIN lines l ON l.order_id = m.a AND l.no = m.b WHERE m.a + m.b IS NOT NULL AND l.no IS NULL')" 0
}

@test "a share that is none is refused" {
	work_on shop
	fails 129 git postkit start --sample 5
	has "--sample: '5' is not a share" '5%'
	fails 129 git postkit start --sample 0%
	fails 129 git postkit start --sample 101%
	fails 129 git postkit start --seed 3
	has '--seed is for samples'
}

@test "edge cases come on purpose: NULLs, extremes, the longest, each value of an enum, references to nothing" {
	sql postgres 'CREATE DATABASE edges'
	sql edges <<-'SQL'
		CREATE TYPE hue AS ENUM ('red', 'green', 'blue');
		CREATE DOMAIN amount AS numeric(12, 2);
		CREATE TABLE parents (id int PRIMARY KEY);
		CREATE TABLE things (id int PRIMARY KEY, "a ""b" text, n int, price amount, at timestamptz, hue hue, ok boolean,
			doc jsonb, raw bytea, tags text[], pair hue[], parent int, who name);
		INSERT INTO parents SELECT generate_series(1, 3000);
		INSERT INTO things SELECT i, 'text', 5, 1.50, '2020-01-01', 'red', true, '{}', '\x00', '{a}', '{red}', 1 + i % 3000, 'x'
			FROM generate_series(1, 20000) i;
		UPDATE things SET n = NULL WHERE id = 7;
		UPDATE things SET n = -2147483648 WHERE id = 8;
		UPDATE things SET n = 2147483647 WHERE id = 9;
		UPDATE things SET "a ""b" = '' WHERE id = 10;
		UPDATE things SET "a ""b" = repeat('long ', 100) WHERE id = 11;
		UPDATE things SET price = -1 WHERE id = 12;
		UPDATE things SET at = 'infinity' WHERE id = 13;
		UPDATE things SET hue = 'blue' WHERE id = 14;
		UPDATE things SET hue = 'green' WHERE id = 15;
		UPDATE things SET ok = false WHERE id = 16;
		UPDATE things SET doc = jsonb_build_object('x', repeat('y', 500)) WHERE id = 17;
		UPDATE things SET tags = ARRAY(SELECT generate_series(1, 50)::text) WHERE id = 18;
		UPDATE things SET doc = 'null' WHERE id = 20;
		UPDATE things SET doc = NULL WHERE id = 21;
		UPDATE things SET parent = 999999 WHERE id = 19;
		ALTER TABLE things ADD FOREIGN KEY (parent) REFERENCES parents NOT VALID;
		GRANT SELECT ON ALL TABLES IN SCHEMA public TO reader;
	SQL
	work_on edges
	fresh part
	ok git postkit copy --no-owner --sample 0.1% prod "$(pg_url part)"
	has 'rows for edge cases'
	equal "$(sql part "SELECT string_agg(id::text, ' ' ORDER BY id) FROM things WHERE id BETWEEN 7 AND 19 OR id = 21")" \
		'7 8 9 10 11 12 13 14 15 16 17 18 19 21'
	[ "$(sql part 'SELECT count(*) FROM things')" -lt 100 ]
	equal "$(sql part 'SELECT count(*) FROM things t LEFT JOIN parents p ON p.id = t.parent WHERE p.id IS NULL')" 1
	fresh part
	git config postkit.sampleEdges false
	ok git postkit copy --no-owner --sample 0.1% prod "$(pg_url part)"
	[ "$(sql part 'SELECT count(*) FROM things WHERE id BETWEEN 7 AND 19')" -lt 5 ]
}

times() {
	sql postgres 'CREATE DATABASE times'
	sql times <<-'SQL'
		CREATE TABLE kinds (id int PRIMARY KEY, created_at timestamptz);
		CREATE TABLE orders (id int PRIMARY KEY, kind int REFERENCES kinds, created_at timestamptz, "Seen at" date, refund_of int REFERENCES orders);
		CREATE TABLE lines (order_id int NOT NULL REFERENCES orders, no int, what text, PRIMARY KEY (order_id, no));
		CREATE TABLE logins (id int PRIMARY KEY, at timestamp);
		INSERT INTO kinds SELECT i, now() - interval '5 years' FROM generate_series(1, 9) i;
		INSERT INTO orders SELECT i, 1 + i % 9, now() - i * interval '1 day',
			current_date - CASE WHEN i < 56 THEN i ELSE i + 9 END, CASE WHEN i = 10 THEN 500 END FROM generate_series(1, 600) i;
		INSERT INTO lines SELECT i, n, repeat('x', 200) FROM generate_series(1, 600) i, generate_series(1, 30) n;
		INSERT INTO logins SELECT i, now() - i * interval '1 day' FROM generate_series(1, 400) i;
		GRANT SELECT ON ALL TABLES IN SCHEMA public TO reader;
	SQL
	sql times 'VACUUM ANALYZE'
}

@test "rows since some time, by a column; what belongs to them goes with them, what others look up in stays" {
	work_on times
	git config postkit.sampleEdges false
	fresh part
	ok git postkit copy --no-owner --since 90d prod "$(pg_url part)"
	holds_together part
	# the order of 500 days ago is one that another refers to
	equal "$(sql part "SELECT count(*), count(*) FILTER (WHERE id > 90), max(id) FROM orders")" '90|1|500'
	equal "$(sql part 'SELECT count(*), count(*) FILTER (WHERE order_id = 500) FROM lines')" '2670|0'
	equal "$(sql part 'SELECT (SELECT count(*) FROM kinds), (SELECT count(*) FROM logins)')" '9|400'
	fresh part
	ok git postkit copy --no-owner --since 'order_id 8w' prod "$(pg_url part)"
	has "warning: no table has a date or time in a column 'order_id'"
	printf '[postkit "table.logins"]\n\tsince = at 30d\n[postkit "table.public.orders"]\n\tsince = Seen at\n' >>.postkit
	fresh part
	ok git postkit copy --no-owner --since 8w prod "$(pg_url part)"
	# none was seen eight weeks ago, or nearly: midnight may have come since then
	equal "$(sql part 'SELECT (SELECT count(*) FROM orders), (SELECT count(*) FROM logins)')" '56|29'
	fails 129 git postkit start --since yesterday
	has "'yesterday' is no length of time" '90d'
	printf '[postkit "table.public.kinds"]\n\tsince = nothing\n' >>.postkit
	fails 128 git postkit start --since 90d
	has "since of table 'public.kinds': there is no column 'nothing'"
}

@test "as large a sample as fits, and an error where none does" {
	work_on times
	sql times "INSERT INTO lines SELECT i, n, repeat('y', 400) FROM generate_series(1, 600) i, generate_series(31, 90) n"
	sql times 'VACUUM ANALYZE'
	fresh part
	ok git postkit copy --no-owner --max-size 12MB prod "$(pg_url part)"
	has 'a sample of ' ' in all'
	[ "$(sql part 'SELECT pg_database_size(current_database()) / 1024')" -lt $((12 * 1024 + 200)) ]
	[ "$(sql part 'SELECT pg_database_size(current_database()) / 1024')" -gt $((9 * 1024)) ]
	holds_together part
	sql times "SELECT lo_from_bytea(4711, convert_to(string_agg(md5(i::text), ''), 'UTF8')) FROM generate_series(1, 300000) i" >/dev/null
	sql times 'GRANT SELECT ON LARGE OBJECT 4711 TO reader'
	fresh part
	fails 128 git postkit copy --no-owner --max-size 12MB prod "$(pg_url part)"
	fresh part
	ok git postkit copy --no-owner --max-size 12MB --exclude-data pg_largeobject prod "$(pg_url part)"
	hasnt 'warning'
	equal "$(sql part 'SELECT length(lo_get(4711))')" 0
	[ "$(sql part 'SELECT pg_database_size(current_database()) / 1024')" -lt $((12 * 1024 + 200)) ]
	sql times 'SELECT lo_unlink(4711)' >/dev/null
	sql times 'VACUUM pg_largeobject'
	fresh part
	ok git postkit copy --no-owner --max-size 1GB prod "$(pg_url part)"
	equal "$(sql part 'SELECT count(*) FROM lines')" 54000
	fresh part
	fails 128 git postkit copy --no-owner --max-size 100kB prod "$(pg_url part)"
	has 'no sample is as small as 100 kB' '--exclude-data'
	fails 129 git postkit copy --no-owner --max-size 10 prod "$(pg_url part)"
	has "'10' is not a size" 10GB
}

@test "references that no key declares are followed where settings name them" {
	sql postgres 'CREATE DATABASE wild'
	sql wild <<-'SQL'
		CREATE SCHEMA app;
		CREATE TABLE app.posts (id bigint PRIMARY KEY);
		CREATE TABLE app."Photos" (id uuid PRIMARY KEY, n int);
		CREATE TABLE app.places (region text, id int, PRIMARY KEY (region, id));
		CREATE TABLE app.comments (id int PRIMARY KEY, subject_type text, subject_id text, "Region" varchar(9), place int) PARTITION BY RANGE (id);
		CREATE TABLE app.comments_1 PARTITION OF app.comments FOR VALUES FROM (0) TO (5000);
		CREATE TABLE app.comments_2 PARTITION OF app.comments FOR VALUES FROM (5000) TO (50000);
		INSERT INTO app.posts SELECT generate_series(1, 5000);
		INSERT INTO app."Photos" SELECT md5(i::text)::uuid, i FROM generate_series(1, 5000) i;
		INSERT INTO app.places SELECT CASE WHEN i % 2 = 0 THEN 'east' ELSE 'west' END, i FROM generate_series(1, 5000) i;
		INSERT INTO app.comments SELECT i, CASE i % 3 WHEN 0 THEN 'Post' WHEN 1 THEN 'Photo' ELSE 'Odd' END,
			CASE i % 3 WHEN 0 THEN (1 + i * 7 % 5000)::text WHEN 1 THEN md5((1 + i % 5000)::text)::uuid::text ELSE 'none' END,
			CASE WHEN i % 2 = 0 THEN 'east' ELSE 'west' END, CASE WHEN i % 5 > 0 THEN 2 * (i % 2400) + 2 + i % 2 END FROM generate_series(1, 10000) i;
		UPDATE app.comments SET subject_id = '0' WHERE id = 3;
		GRANT USAGE ON SCHEMA app TO reader;
		GRANT SELECT ON ALL TABLES IN SCHEMA app TO reader;
	SQL
	work_on wild
	cat >>.postkit <<-'INI'
		[postkit "table.app.comments"]
			reference = subject_id -> app.posts(id) when subject_type = 'Post'
			reference = "subject_id -> app.\"Photos\"(id) when subject_type = 'Photo'"
			reference = "(\"Region\", place) -> app.places(region, id)"
	INI
	ok git postkit start --sample 5%
	equal "$(clone "SELECT count(*) FROM app.comments c LEFT JOIN app.posts p ON p.id::text = c.subject_id WHERE subject_type = 'Post' AND p.id IS NULL")" 1
	equal "$(clone "SELECT count(*) FROM app.comments c LEFT JOIN app.\"Photos\" p ON p.id::text = c.subject_id WHERE subject_type = 'Photo' AND p.id IS NULL")" 0
	[ "$(clone "SELECT count(*) FROM app.comments c LEFT JOIN app.places p ON p.id = c.place AND p.region = c.\"Region\" WHERE c.place IS NOT NULL AND p.id IS NULL")" -le \
		"$(sql wild "SELECT least(3, count(*)) FROM app.comments c LEFT JOIN app.places p ON p.id = c.place AND p.region = c.\"Region\" WHERE c.place IS NOT NULL AND p.id IS NULL")" ]
	equal "$(clone "SELECT count(*) BETWEEN 200 AND 1500 FROM app.comments")" t
	again
	git config 'postkit.table.app.places.reference' 'id = app.posts'
	fails 129 git postkit start --sample 5%
	has "'id = app.posts' is not a reference" 'column -> schema.table(column)'
	git config 'postkit.table.app.places.reference' 'id -> app.posts(nothing)'
	fails 128 git postkit start --sample 5%
	has "'app.posts' has no column 'nothing'"
	git config 'postkit.table.app.places.reference' 'id -> app.posts(id) when id in (select 1)'
	fails 128 git postkit start --sample 5%
	has 'subqueries are not allowed'
}

@test "plans go by the sizes of the remote, not by those of the sample" {
	sql postgres 'CREATE DATABASE big OWNER reader'
	sql big <<-'SQL'
		SET ROLE reader;
		CREATE TABLE events (id int PRIMARY KEY, what text);
		INSERT INTO events SELECT i, 'event ' || i FROM generate_series(1, 50000) i;
		RESET ROLE;
	SQL
	sql big 'VACUUM ANALYZE'
	work_on big
	ok git postkit import --yes
	git add -A
	git commit -q -m import
	ok git postkit start --sample 1%
	[ "$(clone 'SELECT count(*) FROM events')" -lt 800 ]
	echo 'CREATE INDEX events_what ON events (what);' >>"$(find db -name 'events.sql')"
	ok git postkit plan
	has '50,000 rows'
	ok git postkit apply
	ok git postkit commit -m index
	ok git postkit deploy --dry-run
	has 'dry run passed'
	# linting spoils what it runs on
	echo 'CREATE INDEX events_more ON events (what);' >more.sql
	fails 1 git postkit lint --scratch "$(git postkit url)" more.sql
	has '50,000 rows read' index-blocking
}

@test "a clone server serves samples by a role that is no superuser" {
	local here=$PROD_SOCKET port=$PROD_PORT
	sql postgres 'CREATE DATABASE owned OWNER reader'
	sql owned <<-'SQL'
		SET ROLE reader;
		CREATE TABLE logs (id int PRIMARY KEY, what text);
		CREATE TABLE marks (log int REFERENCES logs, mark int);
		INSERT INTO logs SELECT i, 'log ' || i FROM generate_series(1, 5000) i;
		INSERT INTO marks SELECT i, 7 FROM generate_series(1, 5000) i;
		RESET ROLE;
	SQL
	sql owned 'VACUUM ANALYZE'
	work_on owned
	ok git postkit import --yes
	git add -A
	git commit -q -m import
	pg_start farm
	sql postgres 'CREATE ROLE maker LOGIN CREATEDB CREATEROLE; CREATE ROLE reader LOGIN; GRANT reader TO maker'
	git config postkit.remote.prod.cloneServer "postgresql://maker@/postgres?host=$PROD_SOCKET&port=$PROD_PORT"
	PROD_SOCKET=$here PROD_PORT=$port
	ok git postkit start --sample 10%
	equal "$(clone "SELECT bool_and(convalidated) FROM pg_constraint WHERE contype = 'f'")" t
	[ "$(clone 'SELECT count(*) FROM logs')" -lt 1000 ]
	echo 'CREATE INDEX logs_what ON logs (what);' >>"$(find db -name 'logs.sql')"
	ok git postkit plan
	has '5,000 rows'
	again
}

@test "18: rows that together cover a period come all" {
	# shellcheck source=tests/lib/versions.bash
	. "$ROOT/tests/lib/versions.bash"
	versions_use 18 || skip "${why-}"
	git config --global postkit.pgBin "$(pg_bin):$(pg_tools)"
	pg_start periods
	sql postgres 'CREATE ROLE reader LOGIN'
	sql postgres 'CREATE DATABASE periods'
	sql periods <<-'SQL'
		CREATE TABLE rates (room int4range, during daterange, PRIMARY KEY (room, during WITHOUT OVERLAPS));
		CREATE TABLE stays (id int PRIMARY KEY, room int4range, during daterange, FOREIGN KEY (room, PERIOD during) REFERENCES rates (room, PERIOD during));
		INSERT INTO rates SELECT int4range(i, i + 1), daterange(date '2020-01-01' + 10 * k, date '2020-01-11' + 10 * k)
			FROM generate_series(1, 1000) i, generate_series(0, 3) k;
		INSERT INTO stays SELECT i, int4range(i, i + 1), '[2020-01-05,2020-01-25)' FROM generate_series(1, 1000) i;
		GRANT SELECT ON ALL TABLES IN SCHEMA public TO reader;
	SQL
	work_on periods
	fresh part
	ok git postkit copy --no-owner --sample 10% prod "$(pg_url part)"
	holds_together part
	[ "$(sql part 'SELECT count(*) FROM stays')" -gt 0 ]
	git config --global --unset postkit.pgBin
}

@test "the oldest and the newest server are sampled alike" {
	local major why
	# shellcheck source=tests/lib/versions.bash
	. "$ROOT/tests/lib/versions.bash"
	for major in 14 18; do
		versions_use "$major" || skip "$why"
		git config --global postkit.pgBin "$(pg_bin):$(pg_tools)"
		pg_start "server-$major"
		sql postgres 'CREATE ROLE reader LOGIN'
		shop
		work_on shop
		fresh part
		ok git postkit copy --no-owner --sample 10% prod "$(pg_url part)"
		holds_together part
		rows_of part >"$T/rows-$major"
	done
	git config --global --unset postkit.pgBin
	# but for the times, which are those of the test
	diff <(grep -v '^orders' "$T/rows-14") <(grep -v '^orders' "$T/rows-18")
}
