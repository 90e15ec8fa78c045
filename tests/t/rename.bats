#!/usr/bin/env bats
# Renames that somebody said, in schema files or by an option: rows, dependents and privileges stay; what
# was carried out says nothing any more; none is guessed.

# shellcheck disable=SC2154,SC2016 # $stderr comes from run; what stands in quotes is SQL
load ../lib/common

setup_file() {
	shop_start app <<-'SQL'
		CREATE SCHEMA crm;
		CREATE TYPE mood AS ENUM ('sad', 'ok', 'it''s');
		CREATE TYPE addr AS (street text, nr int);
		CREATE DOMAIN pos AS int CONSTRAINT positive CHECK (VALUE > 0);
		CREATE TABLE users (id serial PRIMARY KEY, name text, "Odd ""one""" mood DEFAULT 'sad', home addr,
			age pos, CONSTRAINT named CHECK (name <> ''));
		CREATE INDEX users_name ON users (name);
		CREATE VIEW adults AS SELECT id, name FROM users WHERE age > 18;
		CREATE FUNCTION f(u users) RETURNS text LANGUAGE sql AS 'SELECT ''x''::text';
		CREATE FUNCTION f(a int) RETURNS int LANGUAGE sql AS 'SELECT a';
		CREATE TABLE crm.notes (id int PRIMARY KEY, about int REFERENCES users, body text);
		CREATE TABLE a (x int, y text);
		CREATE TABLE b (p int, q date);
		INSERT INTO users (name, "Odd ""one""", home, age) SELECT 'u' || i, 'ok', ('s', i)::addr, i FROM generate_series(1, 2000) i;
		INSERT INTO crm.notes SELECT i, i, 'n' FROM generate_series(1, 500) i;
		INSERT INTO a SELECT 1, 'a';
		INSERT INTO b SELECT 2, '2020-01-01' FROM generate_series(1, 2);
		GRANT SELECT (name) ON users TO app;
		COMMENT ON COLUMN users.name IS 'in full';
	SQL
	imported_repo app "$(shop_url)"
	commit_all 'import'
	git push -q
	git switch -q -c renames
	git postkit start >/dev/null
}

setup() { cd "$T/app" || return 1; }

clone_sql() { psql "$(git postkit url)" -X -qAt -v ON_ERROR_STOP=1 -c "$1"; }

new_schema() {
	find db/schema -name '*.sql' -not -path '*/infra/*' -delete
	cat >db/schema/all.sql <<-'SQL'
		-- postkit:renamed-from crm
		CREATE SCHEMA sales;
		-- postkit:renamed-from mood
		CREATE TYPE feeling AS ENUM ('sad',
			-- postkit:renamed-from ok
			'fine', 'it''s');
		CREATE TYPE addr AS (street text,
			house int -- postkit:renamed-from nr
		);
		CREATE DOMAIN pos AS int
			-- postkit:renamed-from positive
			CONSTRAINT above_zero CHECK (VALUE > 0);
		-- postkit:renamed-from users
		CREATE TABLE clients (
			id serial PRIMARY KEY,
			full_name text, -- postkit:renamed-from name
			-- postkit:renamed-from "Odd ""one"""
			mood feeling DEFAULT 'sad',
			home addr, age pos,
			CONSTRAINT named CHECK (full_name <> '')
		);
		CREATE INDEX clients_name ON clients (full_name);
		CREATE VIEW adults AS SELECT id, full_name AS name FROM clients WHERE age > 18;
		CREATE FUNCTION client_name(u clients) RETURNS text LANGUAGE sql AS 'SELECT ''x''::text'; -- postkit:renamed-from f
		CREATE FUNCTION f(a int) RETURNS int LANGUAGE sql AS 'SELECT a';
		-- postkit:renamed-from notes
		CREATE TABLE sales.remarks (id int PRIMARY KEY, about int REFERENCES clients, body text);
		-- postkit:renamed-from b
		CREATE TABLE a (p int, q date);
		-- postkit:renamed-from a
		CREATE TABLE b (x int, y text);
		GRANT SELECT (full_name) ON clients TO app;
		COMMENT ON COLUMN clients.full_name IS 'in full';
	SQL
}

@test "marks rename tables, columns, schemas, types, values, attributes, functions and domain constraints" {
	new_schema
	local oid
	oid=$(clone_sql "SELECT 'users'::regclass::oid, relfilenode FROM pg_class WHERE oid = 'users'::regclass")
	ok git postkit plan
	has '~ table public.users is renamed' 'RENAME COLUMN name TO full_name' "RENAME VALUE 'ok' TO 'fine'" \
		'ALTER SCHEMA crm RENAME TO sales' 'RENAME ATTRIBUTE nr TO house' 'proved'
	hasnt 'DROP TABLE' 'CREATE TABLE' 'DROP COLUMN' 'loses data'
	ok git postkit apply
	equal "$(clone_sql "SELECT 'clients'::regclass::oid, relfilenode FROM pg_class WHERE oid = 'clients'::regclass")" "$oid"
	equal "$(clone_sql 'SELECT count(full_name), count(*) FILTER (WHERE mood = $$fine$$), sum((home).house) FROM clients')" '2000|2000|2001000'
	equal "$(clone_sql 'SELECT count(*) FROM sales.remarks')" 500
	equal "$(clone_sql 'SELECT y FROM b')" a
	equal "$(clone_sql 'SELECT count(*), max(q) FROM a')" '2|2020-01-01'
	equal "$(clone_sql "SELECT nextval(pg_get_serial_sequence('clients', 'id'))")" 2001
	equal "$(clone_sql "SELECT has_column_privilege('app', 'clients', 'full_name', 'select')")" t
}

@test "what was carried out says nothing any more" {
	ok git postkit plan
	has 'nothing to change'
	ok git postkit commit -m 'New names'
	ok git postkit deploy --yes
	equal "$(sql shop 'SELECT count(full_name) FROM clients')" 2000
	equal "$(sql shop 'SELECT count(*) FROM a')" 2
	ok git postkit plan
	has 'nothing to change'
	ok git postkit diff prod db/schema --exit-code
}

@test "a new thing may have the old name" {
	echo 'CREATE TABLE users (one int);' >db/schema/users.sql
	ok git postkit plan --sql
	has 'CREATE TABLE public.users'
	hasnt RENAME
	rm db/schema/users.sql
}

@test "a drop and a creation that look like a rename are named, with the option, and not renamed" {
	sed -i 's/full_name/whole_name/' db/schema/all.sql
	fails 1 git postkit plan
	has 'column public.clients.full_name goes and whole_name comes' \
		'--rename column:public.clients.full_name=whole_name' 'postkit:renamed-from full_name' 'loses'
	run --separate-stderr git postkit plan --json
	python3 -c 'import json, sys; d = json.load(sys.stdin); assert d["likely_renames"][0]["option"] == "column:public.clients.full_name=whole_name", d' <<<"$output"
}

@test "--rename says it, for a plan alone" {
	ok git postkit plan --rename column:public.clients.full_name=whole_name
	has 'RENAME COLUMN full_name TO whole_name'
	hasnt 'goes and'
	sed -i 's/whole_name/full_name/' db/schema/all.sql
	ok git postkit plan
	has 'nothing to change'
}

@test "on a terminal it is asked" {
	sed -i 's/full_name/whole_name/' db/schema/all.sql
	command -v script >/dev/null || skip 'script is not installed'
	run script -qec 'git postkit plan' /dev/null <<<'y'
	has 'is it renamed?' 'postkit:renamed-from full_name' 'RENAME COLUMN full_name TO whole_name'
	sed -i 's/whole_name/full_name/' db/schema/all.sql
}

@test "what is asked for and is not there is an error, as is a mark that names nothing" {
	fails 129 git postkit plan --rename table:public.nobody=users
	has 'nothing of the old name'
	fails 129 git postkit plan --rename table:public.clients=nobody
	has 'nothing of the new name'
	fails 129 git postkit plan --rename table:a=b
	has 'one of the new name already'
	fails 129 git postkit plan --rename column:x
	has 'does not say what to rename'
	echo '-- postkit:renamed-from' | cat - db/schema/all.sql >all && mv all db/schema/all.sql
	fails 128 git postkit plan
	has 'db/schema/all.sql:' 'does not say the old name'
	sed -i 1d db/schema/all.sql
}

# pairs OLD NEW [OPTION...]: the diff, there, and back
pairs() {
	pg_createdb "p_$BATS_TEST_NUMBER"
	pg_createdb "q_$BATS_TEST_NUMBER"
	local from to
	from=$(pg_url "p_$BATS_TEST_NUMBER") to=$(pg_url "q_$BATS_TEST_NUMBER")
	sql "p_$BATS_TEST_NUMBER" "$1"
	sql "q_$BATS_TEST_NUMBER" "$2"
	shift 2
	cd "$T" || return 1
	git postkit diff "$from" "$to" "$@" >up.sql 2>err || { cat err; return 1; }
	git postkit diff "$from" "$to" "$@" --down >down.sql 2>err || { cat err; return 1; }
	local before
	before=$(git postkit fingerprint "$from")
	cat up.sql down.sql
	sql "p_$BATS_TEST_NUMBER" <up.sql
	[ "$(git postkit fingerprint "$from")" = "$(git postkit fingerprint "$to")" ] || return 1
	sql "p_$BATS_TEST_NUMBER" <down.sql
	[ "$(git postkit fingerprint "$from")" = "$before" ] || return 1
	sql "p_$BATS_TEST_NUMBER" <up.sql
}

@test "diff of two databases: chains, places changed, schemas changed, hostile names" {
	ok pairs 'CREATE SCHEMA s1; CREATE SCHEMA "S 2";
		CREATE TABLE s1.a (i int, j text); CREATE TABLE s1.b (k int); CREATE TABLE s1."c.d" (l date);
		CREATE TABLE s1.moves (m int PRIMARY KEY, n serial); CREATE TABLE "S 2".moves (o int);
		INSERT INTO s1.a VALUES (1, $$x$$); INSERT INTO s1.b VALUES (2); INSERT INTO s1.moves VALUES (3);' \
		'CREATE SCHEMA s1; CREATE SCHEMA "S 2"; CREATE SCHEMA s3;
		CREATE TABLE s1.b (j int, i text); CREATE TABLE s1.c (k int); CREATE TABLE s1."""=" (l date);
		CREATE TABLE "S 2".moves (m int PRIMARY KEY, n serial); CREATE TABLE s3.moves (o int);' \
		--rename table:s1.a=b --rename table:s1.b=c --rename 'table:s1."c.d"="""="' \
		--rename column:s1.a.i=j --rename column:s1.b.j=i \
		--rename 'table:s1.moves="S 2".moves' --rename 'table:"S 2".moves=s3.moves'
	equal "$(sql "p_$BATS_TEST_NUMBER" 'SELECT j, i FROM s1.b')" '1|x'
	equal "$(sql "p_$BATS_TEST_NUMBER" 'SELECT k FROM s1.c')" 2
	equal "$(sql "p_$BATS_TEST_NUMBER" 'SELECT m FROM "S 2".moves')" 3
}

@test "a name that something else gives free is taken" {
	ok pairs 'CREATE TABLE users (a int); CREATE VIEW clients AS SELECT 1 AS one; INSERT INTO users VALUES (1)' \
		'CREATE TABLE clients (a int)' --rename table:users=clients
	equal "$(sql "p_$BATS_TEST_NUMBER" 'SELECT a FROM clients')" 1
}

@test "a collation stands in the way of no table" {
	ok pairs "CREATE TABLE t (i int); INSERT INTO t VALUES (1); CREATE COLLATION c (locale = 'C')" \
		"CREATE TABLE t (i int); CREATE COLLATION t (locale = 'C')" --rename collation:c=t
	equal "$(sql "p_$BATS_TEST_NUMBER" 'SELECT i FROM t')" 1
}

@test "the attribute of a type is renamed with the columns of the tables of the type, and they with it alone" {
	local old='CREATE TYPE addr AS (street text, nr int); CREATE TABLE homes OF addr; CREATE TABLE kept (a addr);
		INSERT INTO homes VALUES ($$s$$, 1); CREATE VIEW v AS SELECT nr FROM homes'
	local new='CREATE TYPE addr AS (street text, "House nr" int); CREATE TABLE homes OF addr; CREATE TABLE kept (a addr);
		CREATE VIEW v AS SELECT "House nr" AS nr FROM homes'
	ok pairs "$old" "$new" --rename 'column:addr.nr="House nr"'
	equal "$(sql "p_$BATS_TEST_NUMBER" 'SELECT "House nr" FROM homes')" 1
	sql "p_$BATS_TEST_NUMBER" <"$T/down.sql"
	fails 129 git postkit diff "$(pg_url "p_$BATS_TEST_NUMBER")" "$(pg_url "q_$BATS_TEST_NUMBER")" \
		--rename 'column:public.homes.nr="House nr"'
	has 'the columns of public.homes are the attributes of public.addr' '--rename column:public.addr.nr="House nr"'
}

@test "what superusers alone may rename, comment on and grant" {
	local old="CREATE FOREIGN DATA WRAPPER w; GRANT USAGE ON FOREIGN DATA WRAPPER w TO PUBLIC;
		DO 'BEGIN IF to_regrole(''granted'') IS NULL THEN CREATE ROLE granted; END IF; END';
		GRANT USAGE ON FOREIGN DATA WRAPPER w TO granted;
		CREATE FUNCTION f() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END';
		CREATE EVENT TRIGGER e ON ddl_command_end EXECUTE FUNCTION f();
		CREATE TEXT SEARCH TEMPLATE tt (LEXIZE = dsimple_lexize);
		CREATE TEXT SEARCH PARSER tp (START = prsd_start, GETTOKEN = prsd_nexttoken, END = prsd_end, LEXTYPES = prsd_lextype);
		CREATE LANGUAGE l HANDLER plpgsql_call_handler;
		CREATE CONVERSION c FOR 'LATIN1' TO 'UTF8' FROM iso8859_1_to_utf8;
		CREATE TRANSFORM FOR integer LANGUAGE plpgsql (TO SQL WITH FUNCTION int4recv(internal));
		COMMENT ON TRANSFORM FOR integer LANGUAGE plpgsql IS 'numbers';
		CREATE CAST (date AS bigint) WITH INOUT;
		COMMENT ON CAST (date AS bigint) IS 'days'"
	ok pairs "$old" "$old; ALTER FOREIGN DATA WRAPPER w RENAME TO ww; ALTER EVENT TRIGGER e RENAME TO ee;
		ALTER TEXT SEARCH TEMPLATE tt RENAME TO ttt; ALTER TEXT SEARCH PARSER tp RENAME TO ttp; ALTER LANGUAGE l RENAME TO ll;
		ALTER CONVERSION c RENAME TO cc" \
		--rename foreign_data_wrapper:w=ww --rename event_trigger:e=ee --rename text_search_template:tt=ttt \
		--rename text_search_parser:tp=ttp --rename language:l=ll --rename conversion:c=cc
	hasnt DROP
}

@test "values that change places, and what hangs on an enum" {
	ok pairs "CREATE TYPE e AS ENUM ('a', 'b'); CREATE TABLE t (x e DEFAULT 'a'); INSERT INTO t VALUES ('a'), ('b')" \
		"CREATE TYPE e AS ENUM ('b', 'a'); CREATE TABLE t (x e DEFAULT 'b')" --rename value:e.a=b --rename value:e.b=a
	equal "$(sql "p_$BATS_TEST_NUMBER" 'SELECT x FROM t ORDER BY x' | tr '\n' ' ')" 'b a '
}

@test "sizes follow a table to its new name" {
	pg_createdb big
	sql big 'CREATE TABLE users (a int); INSERT INTO users SELECT generate_series(1, 5000); ANALYZE'
	echo 'CREATE TABLE clients (a int); CREATE INDEX clients_a ON clients (a);' >"$T/big.sql"
	cd "$T"
	ok git postkit diff "$(pg_url big)" big.sql --rename table:users=clients
	has 'RENAME TO clients' CONCURRENTLY
}

@test "views without rows are known as such beside renames" {
	local old="CREATE TABLE t (i int); CREATE MATERIALIZED VIEW filled AS SELECT i FROM t; CREATE MATERIALIZED VIEW empty AS SELECT i FROM t"
	ok pairs "$old WITH NO DATA" "${old//(i int)/(i int, k int)}; ALTER TABLE t RENAME TO u;
		CREATE MATERIALIZED VIEW full_too AS SELECT i FROM filled; CREATE MATERIALIZED VIEW empty_too AS SELECT i FROM empty" --rename table:t=u
	equal "$(grep -c 'WITH NO DATA' <<<"$output")" 1
}

@test "names that heirs have are taken by the columns of their parents" {
	ok pairs 'CREATE TABLE p (a int, b text); CREATE TABLE h (c text) INHERITS (p); CREATE TABLE hh (d int) INHERITS (h);
		CREATE TABLE q (e int, CONSTRAINT k CHECK (e > 0)); CREATE TABLE two (f int, CONSTRAINT f CHECK (f > 0)) INHERITS (p, q);
		CREATE TABLE m (x int); CREATE TABLE n (x int); CREATE TABLE mn () INHERITS (m, n);
		INSERT INTO hh VALUES (1, $$b$$, $$c$$, 2); INSERT INTO two VALUES (3, $$b$$, 4, 5); INSERT INTO mn VALUES (6)' \
		'CREATE TABLE p (d int, c text); CREATE TABLE h () INHERITS (p); CREATE TABLE hh () INHERITS (h);
		CREATE TABLE q (d int, CONSTRAINT f CHECK (d > 0)); CREATE TABLE two (f int, CONSTRAINT g CHECK (f > 0)) INHERITS (q);
		CREATE TABLE m (y int); CREATE TABLE n (y int); CREATE TABLE mn () INHERITS (m, n)' \
		--rename column:p.a=d --rename column:p.b=c --rename column:q.e=d --rename constraint:q.k=f \
		--rename constraint:two.f=g --rename column:m.x=y --rename column:n.x=y
	equal "$(sql "p_$BATS_TEST_NUMBER" 'SELECT d, c FROM hh')" '1|b'
	equal "$(sql "p_$BATS_TEST_NUMBER" 'SELECT f, d FROM two')" '5|4'
	equal "$(sql "p_$BATS_TEST_NUMBER" 'SELECT y FROM m')" 6
}

@test "tables, keys, indexes, sequences, views and types change names in a circle" {
	ok pairs "CREATE TABLE a (i int CONSTRAINT b PRIMARY KEY, j int); CREATE INDEX c ON a (j); CREATE SEQUENCE d; CREATE VIEW e AS SELECT 1 AS one;
		CREATE TYPE f AS (x int); CREATE TYPE g AS ENUM ('v'); CREATE MATERIALIZED VIEW h AS SELECT 1 AS one;
		CREATE TABLE k (i int CONSTRAINT l UNIQUE, CONSTRAINT m CHECK (i > 0)); INSERT INTO a VALUES (1, 2); INSERT INTO k VALUES (3)" \
		"CREATE TABLE b (i int CONSTRAINT c PRIMARY KEY, j int); CREATE INDEX d ON b (j); CREATE SEQUENCE e; CREATE VIEW f AS SELECT 1 AS one;
		CREATE TYPE g AS (x int); CREATE TYPE h AS ENUM ('v'); CREATE MATERIALIZED VIEW a AS SELECT 1 AS one;
		CREATE TABLE l (i int CONSTRAINT m UNIQUE, CONSTRAINT k CHECK (i > 0))" \
		--rename table:a=b --rename constraint:a.b=c --rename index:c=d --rename sequence:d=e --rename view:e=f --rename type:f=g \
		--rename enum:g=h --rename materialized_view:h=a --rename table:k=l --rename constraint:k.l=m --rename constraint:k.m=k
	hasnt 'DROP ' 'CREATE '
	equal "$(sql "p_$BATS_TEST_NUMBER" 'SELECT i, j, (SELECT i FROM l) FROM b')" '1|2|3'
}

@test "what goes along with a table, or is of a type, follows it" {
	ok pairs 'CREATE SCHEMA s; CREATE TABLE t (id serial CONSTRAINT key PRIMARY KEY, n int GENERATED ALWAYS AS IDENTITY, i int); CREATE INDEX ON t (i);
		CREATE TABLE s.u (id int); CREATE INDEX t_i_idx ON s.u (id); CREATE SEQUENCE s.t_n_seq;
		CREATE TYPE c AS (x int, y int); CREATE TABLE of_c OF c; INSERT INTO t (i) VALUES (7); INSERT INTO of_c VALUES (1, 2)' \
		'CREATE SCHEMA s; CREATE TABLE s.t (id serial CONSTRAINT key PRIMARY KEY, n int GENERATED ALWAYS AS IDENTITY (SEQUENCE NAME s.numbers), i int);
		CREATE INDEX of_t ON s.t (i); CREATE TABLE s.u (id int); CREATE INDEX t_i_idx ON s.u (id); CREATE SEQUENCE s.t_n_seq;
		CREATE TYPE c AS (y int, x int); CREATE TABLE of_c OF c' \
		--rename table:t=s.t --rename index:t_i_idx=of_t --rename attribute:c.x=y --rename attribute:c.y=x
	hasnt 'DROP ' 'CREATE '
	equal "$(sql "p_$BATS_TEST_NUMBER" 'SELECT i, y, x FROM s.t, of_c')" '7|1|2'
}

@test "partitions' shares of a trigger bear its name" {
	ok pairs "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'; CREATE TABLE w (i int) PARTITION BY LIST (i);
		CREATE TABLE p PARTITION OF w DEFAULT; CREATE TRIGGER a BEFORE INSERT ON w FOR EACH ROW EXECUTE FUNCTION f();
		CREATE TRIGGER b BEFORE INSERT ON p FOR EACH ROW EXECUTE FUNCTION f()" \
		"CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'; CREATE TABLE w (i int) PARTITION BY LIST (i);
		CREATE TABLE p PARTITION OF w DEFAULT; CREATE TRIGGER b BEFORE INSERT ON w FOR EACH ROW EXECUTE FUNCTION f();
		CREATE TRIGGER a BEFORE INSERT ON p FOR EACH ROW EXECUTE FUNCTION f()" \
		--rename trigger:w.a=b --rename trigger:p.b=a
	hasnt 'DROP ' 'CREATE '
}

@test "what goes gives its name to what is renamed" {
	ok pairs 'CREATE TABLE a (i int); CREATE TABLE b (j text); INSERT INTO a VALUES (1)' 'CREATE TABLE b (i int)' --rename table:a=b
	has 'DROP TABLE public.b__renamed'
	equal "$(sql "p_$BATS_TEST_NUMBER" 'SELECT count(*) FROM b')" 1
}

@test "a shell type in the way goes, and comes again on the way back; none is renamed" {
	ok pairs "CREATE TYPE b; COMMENT ON TYPE b IS 'soon'; CREATE TYPE s; CREATE TABLE a (i int); INSERT INTO a VALUES (1)" \
		'CREATE TABLE b (i int); CREATE TYPE t' --rename table:a=b --rename type:s=t
	hasnt 'DROP TABLE' __renamed
	equal "$(sql "p_$BATS_TEST_NUMBER" 'SELECT i FROM b')" 1
}

@test "what moves to a new schema is not in the one that gave it its name" {
	ok pairs 'CREATE SCHEMA a; CREATE SCHEMA b; CREATE SCHEMA k; CREATE TABLE a.x (i int); CREATE TABLE a.t (i serial PRIMARY KEY); CREATE TABLE k.x (i int);
		CREATE TABLE b.t (i serial PRIMARY KEY, n int GENERATED ALWAYS AS IDENTITY); CREATE TYPE a.e AS ENUM ($$v$$); CREATE SEQUENCE b.s;
		CREATE FUNCTION b.f(a.e, k.x) RETURNS int LANGUAGE sql AS $$SELECT 1$$; CREATE TABLE b.y (i int); CREATE TABLE b.z (i int);
		CREATE DOMAIN a.d AS int CONSTRAINT one CHECK (VALUE > 0); CREATE VIEW k.gone AS SELECT 1 AS one;
		INSERT INTO a.x VALUES (1); INSERT INTO a.t VALUES (2); INSERT INTO b.t VALUES (3); INSERT INTO k.x VALUES (4); INSERT INTO b.y VALUES (5)' \
		'CREATE SCHEMA a; CREATE SCHEMA b; CREATE SCHEMA c; CREATE TABLE c.x (i int); CREATE TABLE a.x (i serial PRIMARY KEY); CREATE TABLE b.x (i int);
		CREATE TABLE a.t (i serial PRIMARY KEY, n int GENERATED ALWAYS AS IDENTITY); CREATE TYPE a.e AS ENUM ($$v$$); CREATE SEQUENCE a.s;
		CREATE FUNCTION a.g(a.e, b.x) RETURNS int LANGUAGE sql AS $$SELECT 1$$; CREATE TABLE b.y (i int); CREATE TABLE b.z (i int);
		CREATE DOMAIN c.d AS int CONSTRAINT two CHECK (VALUE > 0)' \
		--rename schema:a=c --rename table:a.t=a.x --rename table:b.t=a.t --rename type:a.e=a.e --rename sequence:b.s=a.s \
		--rename 'function:b.f(a.e, k.x)=a.g' --rename table:k.x=b.x --rename table:b.y=z --rename table:b.z=y --rename constraint:a.d.one=two
	hasnt 'DROP TABLE'
	equal "$(sql "p_$BATS_TEST_NUMBER" 'SELECT (SELECT i FROM c.x), (SELECT i FROM a.x), (SELECT i FROM a.t), (SELECT i FROM b.x), (SELECT i FROM b.z)')" '1|2|3|4|5'
}

@test "marks say what moves to a new schema whose name another had" {
	local old='CREATE SCHEMA a; CREATE SCHEMA b; CREATE TABLE a.t (i int); CREATE TABLE b.t (i int); INSERT INTO a.t VALUES (1); INSERT INTO b.t VALUES (2)'
	pg_createdb marked
	sql marked "$old"
	cd "$T"
	cat >marks.sql <<-'SQL'
		-- postkit:renamed-from a
		CREATE SCHEMA c;
		CREATE SCHEMA a;
		CREATE SCHEMA b;
		CREATE TABLE c.t (i int);
		-- postkit:renamed-from b.t
		CREATE TABLE a.t (i int);
	SQL
	git postkit diff "$(pg_url marked)" marks.sql >up.sql
	sql marked <up.sql
	equal "$(sql marked 'SELECT (SELECT i FROM c.t), (SELECT i FROM a.t)')" '1|2'
	ok git postkit diff "$(pg_url marked)" marks.sql
	hasnt ';'
}

@test "a partition or heir that leaves keeps its names, or gets others, and its values" {
	local old='CREATE TABLE w (i int, j int, l int, CONSTRAINT c CHECK (j > 0)) PARTITION BY LIST (i); CREATE TABLE p PARTITION OF w FOR VALUES IN (1) PARTITION BY LIST (i);
		CREATE TABLE pp PARTITION OF p FOR VALUES IN (1); CREATE TABLE q PARTITION OF w FOR VALUES IN (2); CREATE INDEX ON w (j);
		CREATE TABLE a (x int, y int); CREATE TABLE h (z int) INHERITS (a); INSERT INTO w VALUES (1, 2, 3), (2, 3, 4); INSERT INTO h VALUES (1, 2, 3)'
	ok pairs "$old" 'CREATE TABLE w (i int, k int, l int, CONSTRAINT d CHECK (k > 0)) PARTITION BY LIST (i); CREATE TABLE p (i int, j int, m int, CONSTRAINT c CHECK (j > 0)) PARTITION BY LIST (i);
		CREATE TABLE pp PARTITION OF p FOR VALUES IN (1); CREATE TABLE q PARTITION OF w FOR VALUES IN (2); CREATE INDEX ON w (k); CREATE INDEX ON p (j);
		CREATE TABLE a (w int, y int); CREATE TABLE h (x int, v int, z int)' \
		--rename column:w.j=k --rename constraint:w.c=d --rename column:p.l=m --rename column:a.x=w --rename column:h.y=v
	hasnt 'ADD COLUMN' 'DROP COLUMN'
	equal "$(sql "p_$BATS_TEST_NUMBER" 'SELECT j, m, (SELECT k FROM w), (SELECT x FROM h), (SELECT v FROM h) FROM pp')" '2|3|3|1|2'
}

@test "an heir that leaves keeps its columns where those of its parents change places" {
	ok pairs 'CREATE TABLE a (x int, y int); CREATE TABLE b () INHERITS (a); CREATE TABLE c (x int) INHERITS (a, b); INSERT INTO c VALUES (1, 2)' \
		'CREATE TABLE a (y int, x int); CREATE TABLE b () INHERITS (a); CREATE TABLE c (x int, y int)' --rename column:a.x=y --rename column:a.y=x
	equal "$(sql "p_$BATS_TEST_NUMBER" 'SELECT x, y FROM c')" '1|2'
}

@test "a typed table that leaves its type keeps its columns under its own names, or others" {
	ok pairs 'CREATE TYPE c AS (x int, y int); CREATE TYPE d AS (u int, y int); CREATE TABLE kept OF c; CREATE TABLE own OF c; CREATE TABLE other OF c;
		INSERT INTO kept VALUES (1, 2); INSERT INTO own VALUES (3, 4); INSERT INTO other VALUES (5, 6)' \
		'CREATE TYPE c AS (z int, y int); CREATE TYPE d AS (w int, y int); CREATE TABLE kept (x int, y int); CREATE TABLE own (a int, y int); CREATE TABLE other OF d' \
		--rename column:c.x=z --rename column:d.u=w --rename column:own.x=a --rename column:other.x=w
	hasnt 'DROP COLUMN'
	equal "$(sql "p_$BATS_TEST_NUMBER" 'SELECT x, a, w FROM kept, own, other')" '1|3|5'
}

@test "functions are renamed together with the types that they take" {
	ok pairs 'CREATE SCHEMA s; CREATE TYPE s.t AS (x int); CREATE TYPE u AS (x int); CREATE FUNCTION f(s.t, int, u[]) RETURNS int LANGUAGE sql AS $$SELECT 1$$;
		CREATE FUNCTION f(u, int, s.t[]) RETURNS int LANGUAGE sql AS $$SELECT 2$$' \
		'CREATE SCHEMA r; CREATE TYPE r."u,v" AS (x int); CREATE TYPE s AS (x int); CREATE FUNCTION g(r."u,v", int, s[]) RETURNS int LANGUAGE sql AS $$SELECT 1$$;
		CREATE FUNCTION g(s, int, r."u,v"[]) RETURNS int LANGUAGE sql AS $$SELECT 2$$' \
		--rename 'function:f(s.t, integer, public.u[])=g' --rename 'function:f(public.u, integer, s.t[])=g' --rename type:u=s \
		--rename 'type:s.t="u,v"' --rename schema:s=r
	hasnt 'DROP ' 'CREATE '
	equal "$(sql "p_$BATS_TEST_NUMBER" 'SELECT g(NULL::s, 1, NULL)')" 2
}

@test "values take the names that others give free, and may be empty" {
	ok pairs "CREATE TYPE e AS ENUM ('', 'b', 'c', 'd'); CREATE TABLE t (x e); INSERT INTO t VALUES (''), ('b'), ('c'), ('d');
		CREATE DOMAIN d AS int CONSTRAINT one CHECK (VALUE > 0) CONSTRAINT two CHECK (VALUE < 9)" \
		"CREATE TYPE e AS ENUM ('b', 'c', 'x', ''); CREATE TABLE t (x e);
		CREATE DOMAIN d AS int CONSTRAINT two CHECK (VALUE > 0) CONSTRAINT one CHECK (VALUE < 9)" \
		--rename 'value:e.""=b' --rename value:e.b=c --rename value:e.c=x --rename 'value:public.e.d=""' \
		--rename constraint:d.one=two --rename constraint:d.two=one
	hasnt 'DROP ' 'CREATE '
	equal "$(sql "p_$BATS_TEST_NUMBER" 'SELECT x FROM t ORDER BY x' | tr '\n' ' ')" 'b c x  '
	fails 129 git postkit diff "$(pg_url "p_$BATS_TEST_NUMBER")" "$(pg_url "q_$BATS_TEST_NUMBER")" --rename 'table:t=""'
	has 'does not say what to rename'
}

@test "marks say of an empty value what it was, and of a value that it was empty" {
	pg_createdb empty
	sql empty "CREATE TYPE e AS ENUM ('', 'b', 'c')"
	cd "$T"
	printf '%s\n' 'CREATE TYPE e AS ENUM (' "-- postkit:renamed-from ''" "'a', '', -- postkit:renamed-from b" "-- postkit:renamed-from \"\"" "'c');" >marks.sql
	ok git postkit diff "$(pg_url empty)" marks.sql
	equal "$(grep -c 'RENAME VALUE' <<<"$output")" 2
	has "RENAME VALUE '' TO 'a'" "RENAME VALUE 'b' TO ''"
	printf '%s\n' '-- postkit:renamed-from ""' 'CREATE TABLE t (i int);' >marks.sql
	fails 128 git postkit diff "$(pg_url empty)" marks.sql
	has 'does not say the old name'
}

@test "renames are tried where a function has the name of the schema of a base type, and reads such values" {
	local old="CREATE SCHEMA s; CREATE TYPE s.x; CREATE FUNCTION s.x_in(cstring) RETURNS s.x LANGUAGE internal IMMUTABLE STRICT AS 'int4in';
		CREATE FUNCTION s.x_out(s.x) RETURNS cstring LANGUAGE internal IMMUTABLE STRICT AS 'int4out';
		CREATE TYPE s.x (INPUT = s.x_in, OUTPUT = s.x_out, LIKE = int4); CREATE TABLE t (x s.x);
		CREATE FUNCTION s() RETURNS bigint LANGUAGE sql BEGIN ATOMIC SELECT count(*) FROM t; END"
	ok pairs "$old" "$old; ALTER TABLE t RENAME TO u" --rename table:t=u
	hasnt DROP
}

@test "what is renamed may lie in a schema whose owner has no right to it" {
	sql postgres "CREATE ROLE keeper"
	ok pairs "CREATE SCHEMA vault AUTHORIZATION keeper; CREATE TABLE vault.gold (bars int); ALTER TABLE vault.gold OWNER TO keeper;
			REVOKE ALL ON SCHEMA vault FROM keeper; INSERT INTO vault.gold VALUES (3)" \
		"CREATE SCHEMA safe AUTHORIZATION keeper; CREATE TABLE safe.silver (bars int); ALTER TABLE safe.silver OWNER TO keeper;
			REVOKE ALL ON SCHEMA safe FROM keeper" \
		--rename schema:vault=safe --rename table:vault.gold=silver
	equal "$(sql "p_$BATS_TEST_NUMBER" 'SELECT bars FROM safe.silver')" 3
}
