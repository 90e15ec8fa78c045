#!/usr/bin/env bats
# git postkit migration --pattern: from expand to contract on a real server, while programs go on writing.

load ../lib/common
load ../lib/sections

setup_file() {
	common_setup
	pg_start
	sql postgres 'CREATE ROLE app'
	cd "$T" || return 1
	new_repo shop
	mkdir -p db/schema
	cat >db/schema/people.sql <<-'SQL'
		CREATE TABLE people (
		    id bigint PRIMARY KEY,
		    name text NOT NULL DEFAULT 'nobody',
		    points integer NOT NULL DEFAULT 3,
		    street text,
		    town text
		);
		CREATE TABLE "We;ird {new}" ("key ""k" int, "it's" json, PRIMARY KEY ("key ""k"));
		CREATE TABLE parted (id int NOT NULL, v int) PARTITION BY RANGE (id);
		CREATE TABLE parted_1 PARTITION OF parted FOR VALUES FROM (0) TO (100);
		CREATE TABLE parted_2 PARTITION OF parted FOR VALUES FROM (100) TO (1000);
		CREATE TABLE counted (part int, "i'd" int GENERATED ALWAYS AS IDENTITY (START WITH 5 INCREMENT BY 3), PRIMARY KEY (part, "i'd"));
		CREATE TABLE serially (id serial PRIMARY KEY, part int);
		CREATE TABLE serially_parted (id smallserial, part int) PARTITION BY LIST (part);
		CREATE TABLE serially_1 PARTITION OF serially_parted DEFAULT;
		CREATE TABLE keyed (part int, id int, v int, street text, PRIMARY KEY (part, id)) PARTITION BY LIST (part);
		CREATE TABLE keyed_1 PARTITION OF keyed DEFAULT;
		CREATE TABLE triggered (id int PRIMARY KEY, v int);
		CREATE FUNCTION more() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.v := NEW.v + 1; RETURN NEW; END $$;
		CREATE TRIGGER zzz BEFORE INSERT OR UPDATE ON triggered FOR EACH ROW EXECUTE FUNCTION more();
		CREATE TYPE mood AS ENUM ('good', 'bad');
		CREATE TABLE made (
		    id int PRIMARY KEY,
		    n int GENERATED ALWAYS AS IDENTITY,
		    twice int GENERATED ALWAYS AS (id * 2) STORED
		);
	SQL
}

setup() { cd "$T/shop" || return 1; }
teardown() { [ -z "${WRITERS-}" ] || kill "${WRITERS[@]}" 2>/dev/null || :; }

# steps DB PATTERN WORD...: a database with rows, and the pattern's steps in $DIR, which lint has nothing to say of.
steps() {
	pg_createdb "$1" db/schema/people.sql
	sql "$1" "INSERT INTO people SELECT i, 'name ' || i, i, 'street ' || i, 'town ' || i % 9 FROM generate_series(1, 20000) i;
		INSERT INTO \"We;ird {new}\" SELECT i, '{}' FROM generate_series(1, 500) i; INSERT INTO parted SELECT i, i FROM generate_series(1, 900) i;
		CREATE TABLE said (id bigint PRIMARY KEY, v text); CREATE TABLE told (stop text)"
	DIR=steps/$1
	shift
	ok git postkit migration --pattern "$@" --step all -o "$DIR"
	ok git postkit lint "$DIR"/*.sql
	hasnt ' warning: ' ' error: '
}

step() { run_section "$1" "$DIR"/*_"$2"_*.sql "${3-up}"; }

# writes DB NAME INSERT UPDATE: a program that writes rows until it is told to stop, and keeps what it said last of each
# in a table. Both statements take $1, the row, and $2, the value.
writes() {
	local first=$((RANDOM * 100000 + 1000000))
	sql "$1" <<-SQL >"$T/$2.log" 2>&1 &
		DO \$program\$
		<<writes>>
		DECLARE id bigint; v text; n int := 0;
		BEGIN
		    WHILE NOT EXISTS (SELECT FROM told WHERE stop = '$2') LOOP
		        n := n + 1;
		        v := (n % 1000 + 1)::text;
		        IF n % 3 = 0 THEN
		            id := $first + n;
		            EXECUTE \$x\$$3\$x\$ USING id, v;
		        ELSE
		            id := 1 + (random() * 19999)::int;
		            -- whoever writes a row has it to itself, and says so in the order of its writes
		            PERFORM FROM people WHERE people.id = writes.id FOR UPDATE;
		            EXECUTE \$x\$$4\$x\$ USING id, v;
		        END IF;
		        INSERT INTO said VALUES (id, v) ON CONFLICT ON CONSTRAINT said_pkey DO UPDATE SET v = EXCLUDED.v;
		        COMMIT;
		        PERFORM pg_sleep(0.001);
		    END LOOP;
		    INSERT INTO told VALUES ('$2 stopped after ' || n);
		END
		\$program\$;
	SQL
	WRITERS+=($!)
}

# numbers DB TABLE: a program that adds rows, which the table numbers.
numbers() {
	sql "$1" "DO \$\$ BEGIN WHILE NOT EXISTS (SELECT FROM told) LOOP INSERT INTO $2 (part) VALUES (7); COMMIT; PERFORM pg_sleep(0.001); END LOOP; END \$\$" &
	WRITERS+=($!)
}
numbered_at_least() { [ "$(sql "$1" "SELECT count(*) FROM $2 WHERE part = 7")" -ge "$3" ]; }

# Every program ends well, having written while the steps ran.
stopped() { # DB NAME...
	local db=$1 name
	shift
	for name in "$@"; do sql "$db" "INSERT INTO told VALUES ('$name')"; done
	for name in "$@"; do
		until_true has_stopped "$db" "$name" || tell "$(cat "$T/$name.log")"
	done
}
has_stopped() { [ "$(sql "$1" "SELECT 1 FROM told WHERE stop LIKE '$2 stopped%'")" = 1 ]; }

said_at_least() { [ "$(sql "$1" 'SELECT count(*) FROM said')" -ge "$2" ]; }

@test "rename-column: programs of both names write all the while, and no write is lost" {
	WRITERS=()
	steps rename rename-column people name full_name
	sql rename 'CREATE INDEX by_name ON people (name); CREATE VIEW seen AS SELECT id, name FROM people'
	writes rename old "INSERT INTO people (id, name) VALUES (\$1, \$2)" "UPDATE people SET name = \$2 WHERE id = \$1"
	until_true said_at_least rename 30
	step rename expand
	step rename backfill
	equal "$(sql rename 'SELECT count(*) FROM people WHERE full_name IS DISTINCT FROM name')" 0
	writes rename new "INSERT INTO people (id, full_name) VALUES (\$1, \$2)" "UPDATE people SET full_name = \$2 WHERE id = \$1"
	until_true said_at_least rename 300
	stopped rename old
	step rename contract
	until_true said_at_least rename 400
	stopped rename new
	equal "$(sql rename 'SELECT count(*) FROM said JOIN people USING (id) WHERE v IS DISTINCT FROM full_name')" 0
	equal "$(sql rename 'SELECT count(*) FROM said LEFT JOIN people USING (id) WHERE people.id IS NULL')" 0
	equal "$(sql rename "SELECT attnotnull, (SELECT count(*) FROM pg_indexes WHERE indexname = 'by_name' AND indexdef LIKE '%full_name%')
		FROM pg_attribute WHERE attrelid = 'people'::regclass AND attname = 'full_name'")" 't|1'
	equal "$(sql rename "SELECT count(*) FROM pg_trigger WHERE NOT tgisinternal AND tgrelid = 'people'::regclass")" 0
	step rename contract down
	equal "$(sql rename 'SELECT count(*) FROM people WHERE full_name IS DISTINCT FROM name')" 0
	step rename contract
}

@test "change-type: values, default and NOT NULL come over, and what hangs on the column is not lost" {
	WRITERS=()
	steps type change-type people points bigint
	writes type old "INSERT INTO people (id, points) VALUES (\$1, \$2::int)" "UPDATE people SET points = \$2::int WHERE id = \$1"
	until_true said_at_least type 30
	step type expand
	step type backfill
	sql type 'CREATE INDEX by_points ON people (points)'
	run step type contract
	has 'something hangs on the column still'
	sql type 'DROP INDEX by_points'
	step type contract
	until_true said_at_least type 300
	stopped type old
	equal "$(sql type 'SELECT count(*) FROM said JOIN people USING (id) WHERE v::bigint IS DISTINCT FROM points')" 0
	equal "$(sql type "SELECT format_type(atttypid, -1), attnotnull, pg_get_expr(adbin, adrelid) FROM pg_attribute JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
		WHERE attrelid = 'people'::regclass AND attname = 'points'")" 'bigint|t|3'
	step type contract down
	step type expand down
	equal "$(sql type "SELECT format_type(atttypid, -1) FROM pg_attribute WHERE attrelid = 'people'::regclass AND attname = 'points'")" integer
}

@test "change-type: identity and serial columns go on counting where they were, their keys go over, and all of it back" {
	local table column key before
	WRITERS=()
	pg_createdb counting
	while read -r table column key; do
		sql postgres 'DROP DATABASE counting'
		rm -rf steps/counting
		steps counting change-type "$table" "$column" bigint
		sql counting "INSERT INTO $table (part) SELECT 1 FROM generate_series(1, 3000)"
		before=$(git postkit fingerprint "$(pg_url counting)" 2>/dev/null)
		numbers counting "$table"
		until_true numbered_at_least counting "$table" 20
		step counting expand
		step counting backfill
		step counting contract
		until_true numbered_at_least counting "$table" "$(($(sql counting "SELECT count(*) FROM $table WHERE part = 7") + 30))"
		sql counting "INSERT INTO told VALUES ('stop')"
		wait "${WRITERS[-1]}"
		sql counting "INSERT INTO $table (part) VALUES (7)"
		equal "$(sql counting "SELECT count(*) = count(DISTINCT $column), (max($column) - min($column)) % (SELECT increment_by FROM pg_sequences WHERE sequencename LIKE '${table}_i%'),
			(SELECT data_type || ' ' || max_value FROM pg_sequences WHERE sequencename LIKE '${table}_i%') FROM $table")" 't|0|bigint 9223372036854775807'
		equal "$(sql counting "SELECT pg_typeof($column) FROM $table LIMIT 1; SELECT count(*) FROM pg_constraint WHERE conrelid = '$table'::regclass AND contype = 'p'")" \
			"bigint
$key"
		step counting contract down
		step counting backfill down
		step counting expand down
		equal "$(git postkit fingerprint "$(pg_url counting)" 2>/dev/null)" "$before"
		sql counting "INSERT INTO $table (part) VALUES (8)"
		equal "$(sql counting "SELECT count(*) = count(DISTINCT $column) FROM $table")" t
	done <<-'TABLES'
		counted "i'd" 1
		serially id 1
		serially_parted id 0
	TABLES
}

# in_order_of_programs DB STEP UP|DOWN: who has the table alone, as programs do before they come to a partition, is not met in one.
in_order_of_programs() {
	local holder step
	"$(pg_tools)/psql" -X -q -h "$PROD_SOCKET" -p "$PROD_PORT" -U postgres -d "$1" \
		-c 'BEGIN; LOCK TABLE ONLY keyed IN ROW EXCLUSIVE MODE; SELECT pg_sleep(600)' >/dev/null 2>&1 3>&- &
	holder=$!
	until_true locks "$1" keyed "mode = 'RowExclusiveLock' AND granted"
	step "$@" 3>&- &
	step=$!
	until_true locks "$1" keyed "mode = 'AccessExclusiveLock' AND NOT granted"
	fails 1 locks "$1" keyed_1 "mode = 'AccessExclusiveLock'"
	sql "$1" "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE relation = 'keyed'::regclass AND mode = 'RowExclusiveLock'" >/dev/null
	wait "$holder" || :
	wait "$step"
}
locks() { [ "$(sql "$1" "SELECT count(*) FROM pg_locks WHERE relation = '$2'::regclass AND $3")" -gt 0 ]; }

@test "steps of a partitioned table come to its partitions when they have the table, as programs do" {
	local db words
	while read -r db words; do
		# shellcheck disable=SC2086 # several words
		steps "$db" $words
		sql "$db" "INSERT INTO keyed SELECT i % 3, i, i, 'street ' || i FROM generate_series(1, 300) i"
		step "$db" expand
		in_order_of_programs "$db" expand down
		step "$db" expand
		step "$db" backfill
		in_order_of_programs "$db" contract up
		equal "$(sql "$db" "SELECT count(*) FROM keyed")" 300
		step "$db" contract down
		in_order_of_programs "$db" contract up
	done <<-'PATTERNS'
		keyed_type change-type keyed v bigint
		keyed_name rename-column keyed street road
		keyed_split split-table keyed moved street
	PATTERNS
}

@test "change-type: what refers to the key, or looks at the column, is named before anything is lost" {
	steps refers change-type serially id bigint
	sql refers 'CREATE TABLE child (s int REFERENCES serially); CREATE VIEW seen AS SELECT id FROM serially'
	step refers expand
	step refers backfill
	run step refers contract
	has 'something hangs on the column still' 'constraint child_s_fkey on table child' 'view seen'
	equal "$(sql refers "SELECT format_type(atttypid, -1) FROM pg_attribute WHERE attrelid = 'serially'::regclass AND attname = 'id'")" integer
}

@test "rename-column: an identity column keeps its numbers, its key and what refers to it under the new name" {
	steps renumber rename-column counted "\"i'd\"" '"n; --"'
	sql renumber "INSERT INTO counted (part) SELECT 1 FROM generate_series(1, 100); CREATE TABLE child (part int, i int, FOREIGN KEY (part, i) REFERENCES counted);
		CREATE VIEW seen AS SELECT \"i'd\" FROM counted"
	step renumber expand
	step renumber backfill
	sql renumber 'INSERT INTO counted (part) VALUES (2)'
	step renumber contract
	sql renumber 'INSERT INTO counted (part) VALUES (2)'
	equal "$(sql renumber 'SELECT count(DISTINCT "n; --"), max("n; --") FROM counted')" '102|308'
	step renumber contract down
	step renumber expand down
	equal "$(sql renumber "SELECT count(*) FROM seen")" 102
}

@test "rename-column, change-type: what a trigger of the table makes of a row goes over, whatever its name" {
	steps fires rename-column triggered v w
	sql fires 'INSERT INTO triggered SELECT i, i FROM generate_series(1, 500) i'
	step fires expand
	step fires backfill
	equal "$(sql fires 'SELECT count(*) FROM triggered WHERE v IS DISTINCT FROM w')" 0
	step fires contract
	step fires contract down
	equal "$(sql fires 'SELECT count(*) FROM triggered WHERE v IS DISTINCT FROM w')" 0
}

@test "drop-column: programs that no longer write it do before it goes" {
	WRITERS=()
	steps drop drop-column people name
	writes drop old "INSERT INTO people (id, name, town) VALUES (\$1, 'x', \$2)" "UPDATE people SET name = 'x', town = \$2 WHERE id = \$1"
	until_true said_at_least drop 30
	step drop expand
	writes drop new "INSERT INTO people (id, town) VALUES (\$1, \$2)" "UPDATE people SET town = \$2 WHERE id = \$1"
	until_true said_at_least drop 200
	stopped drop old
	sql drop "INSERT INTO people (id, name) VALUES (0, NULL)"
	step drop contract
	until_true said_at_least drop 300
	stopped drop new
	equal "$(sql drop 'SELECT count(*) FROM said JOIN people USING (id) WHERE v IS DISTINCT FROM town')" 0
	equal "$(sql drop "SELECT count(*) FROM pg_attribute WHERE attrelid = 'people'::regclass AND attname = 'name'")" 0
}

@test "split-table: both tables say the same until the columns go" {
	WRITERS=()
	steps split split-table people addresses street town
	writes split old "INSERT INTO people (id, town) VALUES (\$1, \$2)" "UPDATE people SET town = \$2 WHERE id = \$1"
	until_true said_at_least split 30
	step split expand
	step split backfill
	equal "$(sql split 'SELECT count(*) FROM people p LEFT JOIN addresses a USING (id) WHERE (p.street, p.town) IS DISTINCT FROM (a.street, a.town)')" 0
	writes split new "WITH p AS (INSERT INTO people (id) VALUES (\$1) RETURNING id) SELECT \$2" \
		"INSERT INTO addresses (id, town) VALUES (\$1, \$2) ON CONFLICT (id) DO UPDATE SET town = EXCLUDED.town"
	until_true said_at_least split 300
	stopped split old
	equal "$(sql split 'SELECT count(*) FROM people p JOIN addresses a USING (id) WHERE (p.street, p.town) IS DISTINCT FROM (a.street, a.town)')" 0
	step split contract
	until_true said_at_least split 400
	stopped split new
	# rows that the new program made have no address until it writes one
	equal "$(sql split 'SELECT count(*) FROM said JOIN addresses USING (id) WHERE v IS DISTINCT FROM town')" 0
	equal "$(sql split 'SELECT count(*) FROM addresses WHERE id <= 20000')" 20000
	step split contract down
	equal "$(sql split 'SELECT count(*) FROM people p JOIN addresses a USING (id) WHERE (p.street, p.town) IS DISTINCT FROM (a.street, a.town)')" 0
	step split expand down
	equal "$(sql split "SELECT to_regclass('addresses') IS NULL")" t
}

# Every session of it has a search path that finds nothing of the application's.
writer() { sql "$1" "SET search_path = elsewhere; SET ROLE app; $2"; }

@test "split-table: a role that owns nothing writes both tables, which give it the same rights" {
	steps rights split-table people addresses street town
	sql rights 'CREATE SCHEMA elsewhere; GRANT SELECT, INSERT, UPDATE ON people TO app; GRANT SELECT (town) ON people TO PUBLIC; GRANT UPDATE (name) ON people TO PUBLIC'
	step rights expand
	writer rights "INSERT INTO public.people (id, town) VALUES (20001, 'x'); UPDATE public.people SET town = 'y' WHERE id <= 10 OR id = 20001"
	equal "$(sql rights "SELECT count(*) FROM addresses WHERE town = 'y'")" 11
	writer rights "UPDATE public.addresses SET town = 'z' WHERE id <= 3"
	equal "$(sql rights "SELECT count(*) FROM people WHERE town = 'z'")" 3
	equal "$(sql rights "SELECT (SELECT string_agg(privilege_type, ' ' ORDER BY privilege_type) FROM information_schema.role_table_grants
		WHERE table_name = 'addresses' AND grantee = 'app'), (SELECT string_agg(column_name || ' ' || privilege_type, ' ')
		FROM information_schema.column_privileges WHERE table_name = 'addresses' AND grantee = 'PUBLIC')")" 'INSERT SELECT UPDATE|town SELECT'
	# nobody else hangs a function that has the owner's rights on a table of his own
	sql rights 'GRANT USAGE, CREATE ON SCHEMA elsewhere TO app'
	run writer rights "CREATE TABLE t AS SELECT 1::bigint AS id, 's' AS street, 't' AS town;
		CREATE TRIGGER t BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION public.zz_postkit_people_addresses()"
	has 'permission denied for function'
	step rights backfill
	step rights contract
	step rights contract down
	writer rights "UPDATE public.people SET town = 'again' WHERE id = 5"
	equal "$(sql rights 'SELECT town FROM addresses WHERE id = 5')" again
}

@test "split-table: a table with row security gives no rights before there are policies" {
	steps policies split-table people addresses street
	sql policies 'GRANT SELECT ON people TO app; ALTER TABLE people ENABLE ROW LEVEL SECURITY'
	step policies expand
	equal "$(sql policies "SELECT has_table_privilege('app', 'addresses', 'SELECT')")" f
}

@test "split-table: a row that goes from the new table stays away" {
	steps gone split-table people addresses street town
	step gone expand
	step gone backfill
	sql gone 'DELETE FROM addresses WHERE id IN (1, 2, 3); UPDATE people SET points = 7 WHERE id = 1; DELETE FROM people WHERE id = 4'
	sql gone 'DELETE FROM addresses WHERE id = 6; UPDATE addresses SET id = 6 WHERE id = 5; UPDATE people SET street = NULL, town = NULL WHERE id = 7'
	equal "$(sql gone 'SELECT id, street, town FROM people WHERE id < 8 ORDER BY id')" '1||
2||
3||
5||
6|street 5|town 5
7||'
	step gone backfill
	equal "$(sql gone 'SELECT id, street, town FROM addresses WHERE id < 8 ORDER BY id')" '6|street 5|town 5
7||'
	step gone contract
}

@test "split-table: a key that the triggers could not compare is refused before anything is made" {
	steps keyed split-table people addresses street
	sql keyed 'CREATE EXTENSION citext; ALTER TABLE people ALTER COLUMN id TYPE citext'
	run step keyed expand
	has "a key of an extension's type"
	equal "$(sql keyed "SELECT to_regclass('addresses') IS NULL")" t
}

@test "split-table: columns of types without equality move" {
	steps json split-table '"We;ird {new}"' sides "it's"
	step json expand
	step json backfill
	sql json "UPDATE \"We;ird {new}\" SET \"it's\" = '[1]' WHERE \"key \"\"k\" = 1; UPDATE sides SET \"it's\" = '[2]' WHERE \"key \"\"k\" = 2"
	equal "$(sql json "SELECT count(*) FROM sides JOIN \"We;ird {new}\" w USING (\"key \"\"k\") WHERE sides.\"it's\"::text = w.\"it's\"::text")" 500
	step json contract
}

@test "change-type: a type of the schema files is found whatever the writer's search path" {
	steps mood change-type people street mood
	sql mood "UPDATE people SET street = 'good'; CREATE SCHEMA elsewhere; GRANT INSERT ON people TO app"
	step mood expand
	writer mood "INSERT INTO public.people (id, street) VALUES (0, 'bad')"
	step mood backfill
	step mood contract
	step mood contract down
	writer mood "INSERT INTO public.people (id, street) VALUES (-1, 'bad')"
	equal "$(sql mood 'SELECT street, count(*) FROM people GROUP BY 1 ORDER BY 1')" 'bad|2
good|20000'
}

@test "a backfill passes over rows that others hold, waits when told to, and goes on after it was cancelled" {
	WRITERS=()
	local key
	steps slow rename-column people name full_name
	step slow expand
	key=$(grep -o 'pg_advisory_lock([0-9]*)' "$DIR"/*_backfill_*.sql)
	sql slow "BEGIN; SELECT $key; SELECT pg_sleep(600)" >/dev/null 2>&1 &
	WRITERS+=($!)
	until_true is_paused slow
	step slow backfill >"$T/slow.log" 2>&1 &
	WRITERS+=($!)
	until_true is_waiting slow
	equal "$(sql slow 'SELECT count(*) FROM people WHERE full_name IS NOT NULL')" 0
	sql slow "SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE query LIKE 'DO %' AND pid <> pg_backend_pid()" >/dev/null
	until_true grep -q 'canceling statement' "$T/slow.log"
	sql slow "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE '%pg_sleep(600)%' AND pid <> pg_backend_pid()" >/dev/null
	sql slow "BEGIN; UPDATE people SET points = 0 WHERE id IN (1, 20000); SELECT pg_sleep(600)" >/dev/null 2>&1 &
	WRITERS+=($!)
	until_true holds_rows slow
	step slow backfill >"$T/slow.log" 2>&1 &
	WRITERS+=($!)
	until_true all_but_two slow
	sql slow "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE '%pg_sleep(600)%' AND pid <> pg_backend_pid()" >/dev/null
	until_true test_filled slow
	step slow contract
}
is_paused() { [ "$(sql "$1" "SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND granted LIMIT 1")" = 1 ]; }
is_waiting() { [ "$(sql "$1" "SELECT 1 FROM pg_stat_activity WHERE query LIKE 'DO %' AND wait_event = 'PgSleep' AND pid <> pg_backend_pid()")" = 1 ]; }
holds_rows() { [ "$(sql "$1" "SELECT 1 FROM pg_stat_activity WHERE query LIKE '%UPDATE people%pg_sleep(600)%' AND wait_event = 'PgSleep' AND pid <> pg_backend_pid()")" = 1 ]; }
all_but_two() { [ "$(sql "$1" 'SELECT count(*) FROM people WHERE full_name IS NULL')" = 2 ]; }
test_filled() { [ "$(sql "$1" 'SELECT count(*) FROM people WHERE full_name IS DISTINCT FROM name')" = 0 ]; }

@test "names that need quotes, types without equality, and partitions are filled as well" {
	# shellcheck disable=SC2016 # the name has dollar signs
	steps odd rename-column '"We;ird {new}"' "it's" '"b\c $postkit$ %"'
	step odd expand
	step odd backfill
	step odd contract
	equal "$(sql odd "SELECT count(*) FROM \"We;ird {new}\" WHERE \"b\\c \$postkit\$ %\"::text = '{}'")" 500
	rm -r "$DIR"
	ok git postkit migration --pattern change-type parted v 'numeric(10,2)' --step all -o "$DIR"
	step odd expand
	step odd backfill
	step odd contract
	equal "$(sql odd 'SELECT count(*), sum(v) FROM parted')" '900|405450.00'
}

@test "without a folder the steps wait in the session, and run on the clone as they are" {
	local file
	pg_createdb prod db/schema/people.sql
	sql prod "INSERT INTO people SELECT i, 'name ' || i FROM generate_series(1, 500) i"
	new_repo sessions
	git postkit init --no-hooks >/dev/null
	git config postkit.remote.prod.url "$(pg_url prod)"
	ok git postkit import --yes
	commit_all 'import'
	git switch -q -c work
	ok git postkit start
	ok git postkit migration --pattern rename-column people name full_name
	has 'expand_rename_column_people.sql waits' 'backfill_rename_column_people.sql waits' '--step contract'
	hasnt 'contract_rename_column_people.sql waits'
	ok git postkit migration
	has 'waiting  001_expand_rename_column_people.sql, before the plan'
	ok git postkit migration --pattern rename-column people name full_name --step contract
	fails 1 git postkit apply
	has 'the schema files do not mean what the clone has now'
	equal "$(psql "$(git postkit url)" -XAtc 'SELECT count(full_name) FROM people')" 500
	sed -i "s/ name text/ full_name text/" "$(git grep -lE "CREATE TABLE (public[.])?people" db/schema)"
	ok git postkit plan
	ok git postkit commit -m 'full names'
	set -- db/migrations/*rename_column_people*
	equal $# 3

	# whatever edited schema files want, steps begin with what is there
	file=$(git grep -lE 'CREATE TABLE (public[.])?people' db/schema)
	git switch -q -c later
	sed -i 's/points integer/points bigint/' "$file"
	ok git postkit migration --pattern change-type people points bigint --step all -o "$T/late"
	ok git postkit start
	ok git postkit migration --pattern change-type people points bigint
	hasnt 'contract_change_type'
	git commit -qam 'edited first'
	ok git postkit migration --pattern change-type people points bigint --step contract
	file=refs/postkit/sessions/$(git config branch.later.postkitSession):manual/003_contract_change_type_people.sql
	equal "$(git show "$file" | grep 'ADD COLUMN')" 'ALTER TABLE public.people ADD COLUMN points integer;'
	equal "$(grep -h 'ADD COLUMN' "$T"/late/*_contract_*.sql)" 'ALTER TABLE public.people ADD COLUMN points integer;'
	fails 128 git postkit migration --pattern rename-column people full_names x
	has 'the clone has no column full_names in table public.people' 'not with what edited schema files want'
}

@test "what cannot be made is said" {
	fails 129 git postkit migration --pattern nothing people name x
	fails 129 git postkit migration --pattern rename-column people name
	fails 129 git postkit migration --pattern drop-column people name --step backfill -o steps/x
	fails 129 git postkit migration --step all
	fails 128 git postkit migration --pattern rename-column nobody name x -o steps/x
	has 'define no table'
	fails 128 git postkit migration --pattern rename-column people nothing x -o steps/x
	has 'no column'
	fails 128 git postkit migration --pattern change-type people name 'text; DROP TABLE people' -o steps/x
	has 'is not a type'
	fails 128 git postkit migration --pattern change-type people name citext -o steps/x
	has 'extensions.citext'
	fails 128 git postkit migration --pattern change-type made n text -o steps/x
	has 'is an identity column, which counts in smallint, integer or bigint'
	fails 128 git postkit migration --pattern drop-column made n -o steps/x
	has 'identity'
	fails 128 git postkit migration --pattern split-table made other twice -o steps/x
	has 'generated'
	fails 128 git postkit migration --pattern split-table people other street town street -o steps/x
	has 'column street is named twice'
	fails 128 git postkit migration --pattern split-table parted other v -o steps/x
	has 'no primary key'
	fails 128 git postkit migration --pattern rename-column people name x
	has 'session'
}
