#!/usr/bin/env bats
# After the SQL of a diff has run on one schema it is the other one, in both directions: the second
# diff is empty, fingerprints and dumps are equal. The pairs lie in tests/data/pairs.

# shellcheck disable=SC2154 # $why comes from converge.bash
load ../lib/common
load ../lib/converge

setup_file() {
	common_setup
	pg_start
	pairs=$ROOT/tests/data/pairs
	export pairs
}

# both_ways PAIR: plainly, by the ways that do not block, and with rows. On failure the SQL is shown.
both_ways() {
	local case=p_${1//-/_} failed=0
	converge_load "$case" "$pairs/$1/setup.sql" "$pairs/$1/old.sql" "$pairs/$1/new.sql" &&
		converge_both "$case" && ONLINE=always converge_both "$case" && with_rows "$case" old new && with_rows "$case" new old || failed=1
	[ "$failed" -eq 0 ] || {
		echo "$why"
		tail -n 100 "$T/$case".*.sql
	}
	return "$failed"
}

# with_rows CASE FROM TO: rows that do not fit the new schema are nobody's fault.
with_rows() { converge_data "$@" || [ $? -eq 2 ]; }

@test "columns and tables come and go" { both_ways columns-added; }
@test "columns change their type" { both_ways column-types; }
@test "several changes that write or read all rows of a table" { both_ways one-rewrite; }
@test "columns change default, NOT NULL, identity, generation, collation, storage, comment" { both_ways column-properties; }
@test "primary, unique and foreign keys" { both_ways keys; }
@test "two keys of the same columns" { both_ways doubled-keys; }
@test "several keys of the same columns, of which partitions have shares" { both_ways partition-key-twins; }
@test "a column may be null where heirs keep theirs NOT NULL" { both_ways not-null-of-heirs; }
@test "columns whose types have no cast to each other" { both_ways column-casts; }
@test "columns in another order" { both_ways column-order; }
@test "aliases of columns that stand in other places" { both_ways column-places; }
@test "foreign keys that cross" { both_ways crossed-keys; }
@test "checks and exclusion constraints" { both_ways checks; }
@test "heirs that leave, and columns they had whose type changes" { both_ways heirs-leave; }
@test "indexes of every sort" { both_ways indexes; }
@test "sequences and who owns them" { both_ways sequences; }
@test "tables and their sequences, logged and unlogged" { both_ways logging; }
@test "foreign keys between tables that become logged or unlogged" { both_ways logging-keys; }
@test "identities: in place of defaults, comments and privileges of their sequences" { both_ways identities; }
@test "values are added to an enum" { both_ways enum-append; }
@test "values are taken from an enum that is in use" { both_ways enum-rebuilt; }
@test "composite types, domains and ranges" { both_ways types; }
@test "typed tables, and values of composite types that are replaced" { both_ways typed-tables; }
@test "tables that become typed ones have the columns of the type, in its order" { both_ways typed-order; }
@test "a table changes before anything takes its row type" { both_ways row-types-new; }
@test "literals of composite values whose type changes" { both_ways row-literals; }
@test "values of rows name columns by their places" { both_ways row-places; }
@test "what computes columns of tables made anew is made anew too" { both_ways moved-defaults; }
@test "types and relations give way to others while columns have them" { both_ways types-swapped; }
@test "functions, procedures and aggregates, also where they have to be dropped first" { both_ways functions; }
@test "tables whose row types columns and expressions have" { both_ways row-types; }
@test "views on views on a column that changes" { both_ways views; }
@test "materialized views and their indexes" { both_ways matviews; }
@test "everything that hangs on a column whose type changes" { both_ways dependents; }
@test "triggers" { both_ways triggers; }
@test "row security and policies" { both_ways policies; }
@test "partitions attached, detached, moved and made" { both_ways partitions; }
@test "partitions in the place of others that go late, and whose rows foreign keys refer to while their bounds change" { both_ways partition-bounds; }
@test "tables that are made anew keep their rows" { both_ways moved; }
@test "partitions become one table, but for one that stays by itself; their defaults" { both_ways moved-partitions; }
@test "names, options and comments of what partitions share, while a column changes its type" { both_ways partition-shares; }
@test "indexes and keys that some partitions have no share of" { both_ways partition-wholes; }
@test "indexes of the same columns, of which partitions have shares" { both_ways partition-doubles; }
@test "keys of the same columns, of which partitions have shares" { both_ways partition-key-doubles; }
@test "keys of partitions that are shares of an index" { both_ways partition-key-shares; }
@test "functions and operator classes by which tables are divided are made anew" { both_ways partition-key-makers; }
@test "foreign keys of partitions that come and go" { both_ways partition-keys; }
@test "foreign keys of partitions to their wholes, whose keys they have twice" { both_ways partitions-refer; }
@test "inheritance" { both_ways inheritance; }
@test "heirs that go while a type that they have too goes" { both_ways heirs-go; }
@test "defaults of tables made anew, of what goes with others" { both_ways defaults-away; }
@test "defaults that types give" { both_ways given-defaults; }
@test "types of columns of heirs that parents lose or gain" { both_ways heirs-alone; }
@test "heirs that keep some of several parents" { both_ways several-parents; }
@test "types of columns that heirs have from several parents" { both_ways parents-types; }
@test "domains over composite types and arrays" { both_ways domains-of-composites; }
@test "heirs and partitions of which a type, a parent or a key changes" { both_ways heirs; }
@test "checks of one name move between tables and their heirs" { both_ways heir-checks; }
@test "checks that partitions of partitions have of the whole" { both_ways partition-checks; }
@test "columns of heirs that are computed no more" { both_ways computed-heirs; }
@test "heirs that join parents have their checks in the same form" { both_ways checks-of-heirs; }
@test "foreign keys between columns that change their type" { both_ways key-types; }
@test "privileges where the owner changes" { both_ways column-owners; }
@test "types of types that are replaced" { both_ways nested-types; }
@test "parents and views in whose place others come" { both_ways parents-replaced; }
@test "privileges, owners and default privileges" { both_ways privileges; }
@test "what default privileges give and take when it is made" { both_ways default-privileges; }
@test "owners who may not use what is theirs" { both_ways own-rights; }
@test "comments" { both_ways comments; }
@test "hostile names" { both_ways names; }
@test "schemas with references across" { both_ways schemas; }
@test "extensions" { both_ways extensions; }
@test "operators, their commutators and negators" { both_ways operators; }
@test "operator classes and families, access methods" { both_ways operator-classes; }
@test "casts and conversions" { both_ways casts; }
@test "base types and shells" { both_ways base-types; }
@test "what depends on itself in a circle" { both_ways circles; }
@test "changes in place that wait for each other" { both_ways changes-in-circles; }
@test "views and materialized views that need themselves, through functions, types and tables" { both_ways views-in-circles; }
@test "domains whose checks and defaults need what has such values" { both_ways domains-in-circles; }
@test "bodies of functions in circles with tables that use them" { both_ways bodies-in-circles; }
@test "enums that everything uses lose values and change their order" { both_ways enums-in-use; }
@test "domains that types, functions and columns use" { both_ways domains-in-use; }
@test "collations in use by everything" { both_ways collations-in-use; }
@test "ranges that types, functions and columns use" { both_ways ranges-in-use; }
@test "ranges whose constructors have kept an old name" { both_ways ranges-renamed; }
@test "base types that types, functions and columns use" { both_ways base-types-in-use; }
@test "aggregates: moving, ordered-set, hypothetical, of internal state" { both_ways aggregates; }
@test "routines with every attribute" { both_ways routines; }
@test "languages and transforms" { both_ways languages; }
@test "one name that changes its kind" { both_ways kinds-swapped; }
@test "shells and multiranges take names that others give free" { both_ways names-given; }
@test "one name that changes its kind, with all that uses it" { both_ways kinds-swapped-in-use; }
@test "text search configurations, dictionaries, parsers and templates" { both_ways text-search; }
@test "what changes its name alone keeps everything else" { both_ways renamed; }
@test "foreign data: wrappers, servers, user mappings without secrets, tables" { both_ways foreign-data; }
@test "states of triggers and rules, also of partitions; views that call themselves" { both_ways trigger-states; }
@test "publications and what is in them" { both_ways publications; }
@test "event triggers" { both_ways event-triggers; }
@test "event triggers that forbid all else" {
	converge_load forbidden '' "$pairs/ddl-forbidden/old.sql" "$pairs/ddl-forbidden/new.sql" && converge_both forbidden || tell "$why"
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

@test "from nothing and back" { both_ways nothing; }

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
