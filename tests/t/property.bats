#!/usr/bin/env bats
# After the SQL of a diff has run on one schema it is the other one, in both directions: the second
# diff is empty, fingerprints and dumps are equal. Of each pair in tests/data/pairs this is asked in pairs_*.bats.

# shellcheck disable=SC2154 # $why comes from converge.bash
load ../lib/common
load ../lib/converge
load ../lib/pairs

setup_file() { pairs_begin; }

@test "each pair of schemas is asked for by its name" {
	equal "$(cat "$ROOT"/tests/t/{pairs_*,property}.bats | sed -n 's/.*both_ways \([a-z-]*\); }$/\1/p' | sort)" "$(ls -1 "$pairs")"
}

# They are no part of a copy by TEMPLATE, so each way has databases of its own; dumps hold the connection.
@test "subscriptions, but for what they reach" {
	local way from to
	for way in 'old new' 'new old'; do
		read -r from to <<<"$way"
		pg_createdb "s_$from$to" && pg_createdb "s_$to$from"
		sql "s_$from$to" <"$ROOT/tests/data/subscriptions/$from.sql" 2>/dev/null
		sql "s_$to$from" <"$ROOT/tests/data/subscriptions/$to.sql" 2>/dev/null
		ok git postkit diff "$(pg_url "s_$from$to")" "$(pg_url "s_$to$from")"
		hasnt hush
		sql "s_$from$to" "$output" 2>/dev/null
		equal "$(git postkit diff "$(pg_url "s_$from$to")" "$(pg_url "s_$to$from")")" ''
		equal "$(git postkit fingerprint "$(pg_url "s_$from$to")")" "$(git postkit fingerprint "$(pg_url "s_$to$from")")"
		equal "$(sql postgres 'SELECT count(*) FROM pg_subscription WHERE subenabled')" 0
		sql postgres "DELETE FROM pg_subscription"
		sql postgres "DROP DATABASE s_$from$to"
		sql postgres "DROP DATABASE s_$to$from"
	done
}

# A superuser may do most of it whatever is withheld.
@test "owners who may not use what is theirs, and are no superusers" {
	local way from to side on="host=$PROD_SOCKET port=$PROD_PORT user=pair_own dbname="
	for way in 'old new' 'new old'; do
		read -r from to <<<"$way"
		for side in "$from" "$to"; do
			pg_createdb "o_$side" "$pairs/own-rights/setup.sql"
			sql "o_$side" "ALTER DATABASE o_$side OWNER TO pair_own"
			sql "o_$side" <"$pairs/own-rights/$side.sql" >/dev/null
		done
		git postkit diff "${on}o_$from" "${on}o_$to" >"$T/own.sql" 2>/dev/null
		PGUSER=pair_own psql -X -q -v ON_ERROR_STOP=1 -h "$PROD_SOCKET" -p "$PROD_PORT" -d "o_$from" -f "$T/own.sql"
		equal "$(git postkit diff "${on}o_$from" "${on}o_$to" 2>/dev/null)" ''
		sql postgres 'DROP DATABASE o_old'
		sql postgres 'DROP DATABASE o_new'
	done
}

# Where columns come in the middle they stand at the end, which the dumps do not tell apart.
@test "values of rows mean the same columns wherever these stand, also within values of composite types" {
	local side
	for side in old new; do
		pg_createdb "places_$side"
	done
	sql places_old <<-'SQL' >/dev/null
		CREATE TABLE t (b int, "a t" text);
		CREATE TYPE pair AS (l t, m int);
		CREATE DOMAIN few AS t[];
		CREATE TABLE h (i int);
	SQL
	sql places_new <<-'SQL' >/dev/null
		CREATE TABLE t (b int, c int, a int, "a t" text);
		CREATE TYPE pair AS (l t, m int);
		CREATE DOMAIN few AS t[];
		CREATE TABLE h (i int, p pair DEFAULT '("(1,2,3,""x """"q"""" ("")",4)', f few DEFAULT '{"(1,2,,\"y, \\\\ z\")",NULL}',
			r pair[] DEFAULT ARRAY[ROW(ROW(1, 2, 3, 'a, (')::t, 4)::pair, ROW('(1,2,3,)'::t, 5)::pair, ROW(ROW(1, 2, 3, E'\\''')::t, 6)::pair]);
		CREATE FUNCTION body() RETURNS t LANGUAGE plpgsql AS $$ BEGIN RETURN '(1,2,3,x)'::public.t; END $$;
		COMMENT ON FUNCTION body() IS '''(1,2,3,x)''::public.t';
		INSERT INTO t VALUES (1, 2, 3, 'x');
		CREATE FUNCTION rows_of(int) RETURNS SETOF t LANGUAGE sql BEGIN ATOMIC SELECT 1; SELECT * FROM t WHERE b = $1; END;
		CREATE FUNCTION made() RETURNS t LANGUAGE sql BEGIN ATOMIC WITH x AS (SELECT b, c FROM t) SELECT b, c, 4, 'a, (;' FROM x; END;
		CREATE FUNCTION added() RETURNS t LANGUAGE sql BEGIN ATOMIC INSERT INTO t (a) VALUES (5) RETURNING *; END;
	SQL
	ok git postkit diff "$(pg_url places_old)" "$(pg_url places_new)"
	sql places_old "$output"
	for side in old new; do
		sql "places_$side" "INSERT INTO h DEFAULT VALUES; SELECT to_jsonb(h) FROM h; TRUNCATE t; INSERT INTO t (b, c, a) VALUES (1, 2, 3)
			RETURNING b; SELECT to_jsonb(x) FROM rows_of(1) x; SELECT to_jsonb(made()); SELECT to_jsonb(added())" >"$T/places.$side"
	done
	equal "$(cat "$T/places.old")" "$(cat "$T/places.new")"
	equal "$(git postkit diff "$(pg_url places_old)" "$(pg_url places_new)")" ''
}

without_rows() {
	sql "$1" "SELECT format('TRUNCATE ONLY %s CASCADE;', c.oid::regclass) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
		WHERE c.relkind = 'r' AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'" | sql "$1" >/dev/null || {
		why='rows stay'
		return 1
	}
}

# Ten of all combinations of different pairs; SEED=N for others, the same ones each time.
@test "unrelated schemas lead to each other" {
	local seed=${SEED:-4} i a b failed=''
	local -a names=()
	for a in "$pairs"/*/; do
		names+=("$(basename "$a")")
	done
	cat "$pairs"/*/setup.sql >"$T/setup.sql"
	RANDOM=$seed
	for i in {1..10}; do
		a=${names[RANDOM % ${#names[@]}]} b=$a
		while [ "$b" = "$a" ]; do
			b=${names[RANDOM % ${#names[@]}]}
		done
		# rows that some pairs bring along need not fit the other schema
		converge_load "r_$i" "$T/setup.sql" "$pairs/$a/old.sql" "$pairs/$b/new.sql" &&
			without_rows "r_${i}_old" && without_rows "r_${i}_new" && converge_both "r_$i" || failed+="$a/old.sql, $b/new.sql: $why"$'\n'
	done
	[ -z "$failed" ] || {
		echo "seed $seed"
		echo "$failed"
		return 1
	}
}

# Most are put together here, of the numbers of columns, which is faster; they must be what the server says.
@test "definitions of indexes and keys are the server's own words" {
	local words="SET search_path = ''; SELECT indexdef FROM pg_indexes WHERE schemaname = 'public'
		UNION ALL SELECT format('%s %I %s', conrelid::regclass, conname, pg_get_constraintdef(oid)) FROM pg_constraint
		WHERE conrelid >= 16384 AND contype <> 'n' ORDER BY 1"
	pg_createdb words
	"$ROOT/tests/bench/schema" 8 | sql words >/dev/null
	sql words "
		CREATE DOMAIN code AS varchar(8);
		CREATE TABLE \"Odd \"\"Names\" (id int, \"A b\" text COLLATE \"C\", c varchar(9), d code, e int[], f numeric,
			g inet, h cidr, i char(3), j name, k bool, l text);
		CREATE INDEX ON \"Odd \"\"Names\" (\"A b\", c, id DESC);
		CREATE INDEX ON \"Odd \"\"Names\" (\"A b\" COLLATE \"POSIX\");
		CREATE INDEX ON \"Odd \"\"Names\" (l COLLATE \"C\", l text_pattern_ops);
		CREATE INDEX ON \"Odd \"\"Names\" (id NULLS FIRST, f DESC NULLS LAST) INCLUDE (\"A b\", k);
		CREATE UNIQUE INDEX ON \"Odd \"\"Names\" (c, d, e);
		CREATE INDEX ON \"Odd \"\"Names\" USING hash (c);
		CREATE INDEX ON \"Odd \"\"Names\" USING brin (id, f);
		CREATE INDEX ON \"Odd \"\"Names\" USING gin (e);
		CREATE INDEX ON \"Odd \"\"Names\" USING gist (h inet_ops);
		CREATE INDEX ON \"Odd \"\"Names\" (g, h, i, j, k) WITH (fillfactor = 70);
		CREATE INDEX ON \"Odd \"\"Names\" (id, (f + 1)) WHERE k;
		CREATE MATERIALIZED VIEW mat AS SELECT 1 AS one, 'x'::varchar AS two;
		CREATE UNIQUE INDEX ON mat (one, two);
		CREATE TABLE parts (id int, at date) PARTITION BY RANGE (at);
		CREATE TABLE parts_1 PARTITION OF parts DEFAULT;
		CREATE INDEX ON parts (at DESC, id);
		CREATE TABLE \"K 1\" (gone int, a int, \"b c\" int, d int UNIQUE, e int, PRIMARY KEY (\"b c\", a), UNIQUE (e) INCLUDE (d),
			UNIQUE (a) DEFERRABLE INITIALLY DEFERRED, UNIQUE (d, e) WITH (fillfactor = 70));
		ALTER TABLE \"K 1\" DROP gone, ADD \"select\" int REFERENCES \"K 1\" (d) ON DELETE RESTRICT;
		CREATE TABLE refs (x int DEFAULT 0, y int, z int, id int PRIMARY KEY REFERENCES refs,
			FOREIGN KEY (y, x) REFERENCES \"K 1\" MATCH FULL ON UPDATE CASCADE ON DELETE SET DEFAULT,
			FOREIGN KEY (z) REFERENCES \"K 1\" (d) ON UPDATE SET NULL,
			FOREIGN KEY (x) REFERENCES \"K 1\" (e) DEFERRABLE);
		ALTER TABLE refs ADD FOREIGN KEY (y) REFERENCES \"K 1\" (d) NOT VALID"
	pg_createdb nothing
	pg_createdb again
	git postkit diff "$(pg_url nothing)" "$(pg_url words)" 2>/dev/null | sql again >/dev/null
	equal "$(sql again "$words")" "$(sql words "$words")"
	equal "$(sql words "$words" | wc -l)" 103
}

# What the judge counts is whether there is a value, not which.
@test "values of a row type are kept, by the names of what they are made of" {
	local b="CREATE DOMAIN d AS a[]; CREATE TYPE pair AS (l a, r d); CREATE TABLE b (id int, one a, many a[], d d, p pair, ps pair[])"
	echo "CREATE TABLE a (x int, t text, gone int, c text); $b" >"$T/values_old.sql"
	echo "CREATE TABLE a (t text, x bigint, come int DEFAULT 7, c text); $b" >"$T/values_new.sql"
	converge_load values '' "$T/values_old.sql" "$T/values_new.sql" || tell "$why"
	sql values_old "
		INSERT INTO a VALUES (1, 'r', 2, 'c');
		INSERT INTO b VALUES (1, (1, 'a\"b,(c)', 2, ''), '{\"(2,,,)\",NULL}', '{}', ((3, 'x', 5, 'z'), '{\"(4,,,)\"}'), NULL),
			(2, NULL, NULL, NULL, NULL, NULL), (3, ROW(NULL, NULL, NULL, NULL), NULL, NULL, NULL, NULL);
		UPDATE b SET ps = ARRAY[p, NULL] WHERE id = 1"
	git postkit diff "$(pg_url values_old)" "$(pg_url values_new)" 2>/dev/null | sql values_old
	equal "$(sql values_old 'SELECT x, t, come, c FROM a')" '1|r|7|c'
	equal "$(sql values_old "SELECT (one).x, (one).t, (one).come IS NULL, (one).c, (many[1]).x, (many[1]).t IS NULL, many[2] IS NULL, d,
		((p).l).c, ((p).r)[1] IS NOT NULL, (((p).r)[1]).x, (ps[1]).l = (p).l, ps[2] IS NULL FROM b WHERE id = 1")" \
		'1|a"b,(c)|t||2|t|t|{}|z|f|4|t|t'
	equal "$(sql values_old "SELECT one IS NULL, num_nulls(one, many, d, p, ps) FROM b WHERE id > 1 ORDER BY id")" 't|5'$'\n''t|4'
}

@test "a typed table and its heirs stay, with their rows, when the type is replaced" {
	echo "CREATE TYPE kind AS (k int, v text, gone int); CREATE TABLE typed OF kind; CREATE TABLE heir (h int) INHERITS (typed)" >"$T/follow_old.sql"
	echo "CREATE TYPE kind AS (k bigint, v text, come date); CREATE TABLE typed OF kind; CREATE TABLE heir (h int) INHERITS (typed)" >"$T/follow_new.sql"
	converge_load follow '' "$T/follow_old.sql" "$T/follow_new.sql" || tell "$why"
	sql follow_old "INSERT INTO typed VALUES (1, 'one', 2); INSERT INTO heir VALUES (3, 'two', 4, 5)"
	local tables="SELECT 'typed'::regclass::oid, 'heir'::regclass::oid" before
	before=$(sql follow_old "$tables")
	git postkit diff "$(pg_url follow_old)" "$(pg_url follow_new)" 2>/dev/null | sql follow_old
	equal "$(sql follow_old "$tables")" "$before"
	equal "$(sql follow_old 'SELECT k, v, come FROM typed ORDER BY k; SELECT h FROM heir')" $'1|one|\n3|two|\n5'
	equal "$(git postkit fingerprint "$(pg_url follow_old)")" "$(git postkit fingerprint "$(pg_url follow_new)")"
}

@test "what writes or reads all rows of a table is one statement" {
	echo "CREATE TABLE t (a int, b int DEFAULT 3, c text, d int); CREATE TABLE n (a int, b int)" >"$T/once_old.sql"
	echo "CREATE UNLOGGED TABLE t (a bigint, b bigint DEFAULT 4, c text NOT NULL, d numeric, g bigint GENERATED ALWAYS AS (a + b) STORED);
		CREATE TABLE n (a int NOT NULL, b int NOT NULL, CONSTRAINT less CHECK (a < b))" >"$T/once_new.sql"
	converge_load once '' "$T/once_old.sql" "$T/once_new.sql" && converge_both once || tell "$why"
	run git postkit diff "$(pg_url once_old)" "$(pg_url once_new)"
	equal "$(grep -c 'ALTER TABLE' <<<"$output")" 2
	has $'ALTER TABLE public.n\n    ALTER COLUMN a SET NOT NULL,\n    ALTER COLUMN b SET NOT NULL,\n    ADD CONSTRAINT less CHECK ((a < b));' \
		$'ALTER TABLE public.t\n    SET UNLOGGED,\n    ALTER COLUMN a TYPE bigint,\n    ALTER COLUMN b TYPE bigint,'
	run git postkit diff --json "$(pg_url once_old)" "$(pg_url once_new)"
	has 'once for all of these' '"object":	"public.t"'
}

# Columns that were dropped count as well, so that a table may have no room for a new one.
@test "as many columns as a table can have" {
	columns() { seq -s ', ' -f "c%g int" "$1" "$2"; }
	echo "CREATE TABLE wide ($(columns 1 1600)); CREATE VIEW v AS SELECT c1, c1600 FROM wide; INSERT INTO wide VALUES (1, 2);" >"$T/wide_old.sql"
	echo "CREATE TABLE wide ($(columns 1 1598), c1599 bigint, d text DEFAULT 'new'); CREATE VIEW v AS SELECT c1, d FROM wide;" >"$T/wide_new.sql"
	converge_load wide '' "$T/wide_old.sql" "$T/wide_new.sql" && converge_both wide || {
		echo "$why"
		return 1
	}
}
