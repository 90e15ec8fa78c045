#!/usr/bin/env bats
# diff, fingerprint, snapshot, lint, copy: scriptable, outside a repository, with exit codes and JSON.

# shellcheck disable=SC2154 # $stderr comes from run
load ../lib/common

setup_file() {
	common_setup
	pg_start
	pg_createdb one
	sql one 'CREATE TABLE t (id int PRIMARY KEY, name text); INSERT INTO t SELECT i, i FROM generate_series(1, 50) i'
	pg_createdb two
	sql two 'CREATE TABLE t (id int PRIMARY KEY, name text, more int); CREATE VIEW v AS SELECT id FROM t'
	mkdir "$T/schema"
	echo 'CREATE TABLE t (id int PRIMARY KEY, name text);' >"$T/schema/t.sql"
}

setup() { cd "$T" || return 1; }

json() { python3 -c "import json, sys; d = json.load(sys.stdin); assert d['schema'] == 1, d; $1" <<<"$output"; }
quiet() { run --separate-stderr "$@"; }

# ---- fingerprint, snapshot ----

@test "fingerprint of a database and of files that mean the same are equal" {
	quiet git postkit fingerprint "$(pg_url one)"
	[[ $output =~ ^[0-9a-f]{40}$ ]]
	equal "$stderr" ''
	equal "$(git postkit fingerprint schema)" "$output"
	equal "$(git postkit fingerprint schema/t.sql)" "$output"
	[ "$(git postkit fingerprint "$(pg_url two)")" != "$output" ]
}

@test "connection strings of both forms, services and PG variables are understood" {
	local want
	want=$(git postkit fingerprint "$(pg_url one)")
	equal "$(git postkit fingerprint "host=$PROD_SOCKET port=$PROD_PORT user=postgres dbname=one")" "$want"
	printf '[one]\nhost=%s\nport=%s\nuser=postgres\ndbname=one\n' "$PROD_SOCKET" "$PROD_PORT" >"$PGSERVICEFILE"
	equal "$(git postkit fingerprint service=one)" "$want"
	equal "$(PGHOST=$PROD_SOCKET PGPORT=$PROD_PORT PGUSER=postgres git postkit fingerprint postgresql:///one)" "$want"
	equal "$(PGPASSWORD=$PROD_PASSWORD git postkit fingerprint "postgresql://postgres@127.0.0.1:$PROD_PORT/one")" "$want"
}

@test "neither data, nor the order in which things were made, nor bloat enter the fingerprint" {
	pg_createdb three
	sql three 'CREATE TABLE zz (); DROP TABLE zz; CREATE TABLE t (x int, name text, id int);
		ALTER TABLE t DROP COLUMN x; ALTER TABLE t ADD PRIMARY KEY (id); ANALYZE'
	equal "$(git postkit fingerprint "$(pg_url three)")" "$(git postkit fingerprint "$(pg_url one)")"
}

@test "fingerprint and snapshot speak JSON" {
	quiet git postkit fingerprint --json "$(pg_url one)"
	json 'assert len(d["fingerprint"]) == 40'
	quiet git postkit snapshot --json "$(pg_url one)"
	json 'assert any("CREATE TABLE public.t" in str(o) for o in d["objects"])'
}

@test "a snapshot can be loaded: it means the same" {
	git postkit snapshot "$(pg_url two)" >again.sql
	equal "$(git postkit fingerprint again.sql)" "$(git postkit fingerprint "$(pg_url two)")"
}

# ---- diff ----

@test "diff exits with 0, with --exit-code 1 when there is one; equal sides print nothing" {
	quiet git postkit diff "$(pg_url one)" "$(pg_url two)"
	equal "$status" 0
	has 'ADD COLUMN more integer' 'CREATE VIEW'
	fails 1 git postkit diff --exit-code "$(pg_url one)" "$(pg_url two)"
	quiet git postkit diff --exit-code "$(pg_url one)" schema
	equal "$status" 0
	equal "$output$stderr" ''
}

@test "diff between a folder and a database can be run by psql as it is" {
	pg_createdb four
	sql four <schema/t.sql
	git postkit diff "$(pg_url four)" again.sql >up.sql
	sql four <up.sql
	equal "$(git postkit fingerprint "$(pg_url four)")" "$(git postkit fingerprint "$(pg_url two)")"
	git postkit diff --down schema again.sql >down.sql
	sql four <down.sql
	equal "$(git postkit fingerprint "$(pg_url four)")" "$(git postkit fingerprint "$(pg_url one)")"
}

@test "diff --online always builds indexes beside the traffic, never does not" {
	echo 'CREATE TABLE t (id int PRIMARY KEY, name text); CREATE INDEX t_name ON t (name);' >indexed.sql
	ok git postkit diff --online always "$(pg_url one)" indexed.sql
	has 'CREATE INDEX CONCURRENTLY'
	ok git postkit diff --online never "$(pg_url one)" indexed.sql
	hasnt CONCURRENTLY
	fails 129 git postkit diff --online sometimes "$(pg_url one)" indexed.sql
}

@test "diff --json names each step" {
	quiet git postkit diff --json "$(pg_url one)" "$(pg_url two)"
	json 'assert [s for s in d["steps"] if "ADD COLUMN more" in s["sql"]]'
}

@test "schema files need no order and may refer across" {
	mkdir -p mixed/deep
	echo 'CREATE VIEW b.v AS SELECT a.f(id) AS x FROM a.t;' >mixed/0.sql
	echo 'CREATE FUNCTION a.f(x b.e) RETURNS b.e LANGUAGE sql AS $$ SELECT x $$; CREATE SCHEMA b;' >mixed/1.sql
	echo "CREATE TABLE a.t (id b.e REFERENCES b.r); CREATE SCHEMA a;" >mixed/deep/2.sql
	echo "CREATE TABLE b.r (e b.e PRIMARY KEY); CREATE TYPE b.e AS ENUM ('x');" >mixed/deep/3.sql
	quiet git postkit diff empty.sql mixed
	[ "$status" -ne 0 ]
	: >empty.sql
	ok git postkit diff empty.sql mixed
	has 'CREATE VIEW b.v' 'CREATE SCHEMA a'
	pg_createdb five
	git postkit diff empty.sql mixed 2>/dev/null | sql five
	equal "$(git postkit fingerprint "$(pg_url five)")" "$(git postkit fingerprint mixed)"
}

@test "a whole's keys and indexes take over what its partitions have of them, in whatever order files are" {
	mkdir parts
	echo 'CREATE TABLE whole (i int NOT NULL, ref text, CONSTRAINT a PRIMARY KEY (i)) PARTITION BY LIST (i);
		ALTER TABLE whole ADD CONSTRAINT b UNIQUE (i); CREATE INDEX ref ON ONLY whole (ref)' >parts/a.sql
	# made only in a second round, since its check needs a function that needs a table; the index is called like a column
	echo 'CREATE TABLE part (i int NOT NULL, ref text, CONSTRAINT part_pkey PRIMARY KEY (i), CHECK (named(ref)));
		ALTER TABLE part ADD CONSTRAINT part_i_key UNIQUE (i); CREATE INDEX part_ref_idx ON part (ref);
		ALTER TABLE whole ATTACH PARTITION part DEFAULT; ALTER INDEX ref ATTACH PARTITION part_ref_idx' >parts/b.sql
	echo "CREATE FUNCTION named(text) RETURNS boolean LANGUAGE sql BEGIN ATOMIC SELECT \$1 <> kind FROM (SELECT 'x' AS kind FROM later) l; END;
		CREATE TABLE later (i int)" >parts/c.sql
	ok git postkit snapshot parts
	equal "$(grep -o 'part_[a-z0-9_]*' <<<"$output" | sort -u | tr '\n' ' ')" 'part_i_key part_pkey part_ref_check part_ref_idx '
	pg_createdb parts
	git postkit diff "$(pg_url parts)" parts | sql parts
	equal "$(sql parts 'SELECT count(*) FROM pg_inherits')" 4
}

@test "usage errors exit with 129, what cannot be done with 128" {
	fails 129 git postkit diff "$(pg_url one)"
	fails 129 git postkit fingerprint
	fails 128 git postkit fingerprint nowhere.sql
	fails 128 git postkit fingerprint 'postgresql://nobody@127.0.0.1:1/x'
	fails 128 git postkit fingerprint "$(pg_url missing)"
	has missing
}

# ---- lint ----

@test "lint judges files: 1 when something is unsafe, with line, reason and safe way" {
	printf 'SELECT 1;\n\nALTER TABLE users ADD COLUMN a int NOT NULL;\n' >bad.sql
	printf 'CREATE TABLE fresh (a int);\nCREATE INDEX ON fresh (a);\n' >good.sql
	fails 1 git postkit lint bad.sql good.sql
	has bad.sql:3 required-column
	hasnt good.sql
	ok git postkit lint good.sql
}

@test "lint reads migrations, allowances and speaks JSON" {
	printf -- '-- migrate:up\n-- postkit:allow drop-table: replaced by v2\nDROP TABLE users;\n-- migrate:down\nSELECT 1;\n' >20240101000000_x.sql
	ok git postkit lint 20240101000000_x.sql
	quiet git postkit lint --json bad.sql
	equal "$status" 1
	json 'assert "required-column" in str(d)'
	fails 128 git postkit lint missing.sql
	fails 129 git postkit lint
}

@test "lint reads standard input, goose's files and what is meant for psql" {
	fails 1 git postkit lint - <<<'DROP TABLE users;'
	has '<stdin>:1:1' drop-table
	printf -- '-- +goose NO TRANSACTION\n-- +goose Up\nCREATE INDEX CONCURRENTLY i ON a (b);\n-- +goose Down\nDROP TABLE a;\n' >goose.sql
	ok git postkit lint goose.sql
	sed -i 1d goose.sql
	fails 1 git postkit lint goose.sql
	has goose.sql:2:1 concurrently-in-tx
	hasnt drop-table
	printf '\\set x 1\nCOPY a FROM stdin;\nDROP TABLE \x27b;\n\\.\nSELECT 1 \\g\nDROP TABLE c;\n\\i other.sql\n' >psql.sql
	fails 1 git postkit lint psql.sql
	has psql.sql:6:1 'drops c with all' psql.sql:7:1 not-analysed
	hasnt "'b"
}

@test "lint ends with 2 where nothing could be judged, and reads the other files of one that is broken" {
	echo 'FROBNICATE users;' >newer.sql
	fails 2 git postkit lint newer.sql
	has newer.sql:1:1 not-analysed
	echo "SELECT 'open" >open.sql
	fails 2 git postkit lint open.sql
	has open.sql:1 unterminated
	echo 'DROP TABLE users;' >drops.sql
	fails 1 git postkit lint open.sql drops.sql
	has open.sql:1 drops.sql:1:1
	echo '-- nothing yet' >empty.sql
	ok git postkit lint empty.sql
}

@test "lint says of many files what it says of each, in their order, as far as the first that it cannot read" {
	local i
	mkdir many
	for ((i = 10; i < 60; i++)); do
		case $((i % 3)) in
		0) echo "DROP TABLE t$i; SELECT 1;" ;;
		1) printf -- '-- migrate:up\nALTER TABLE t%s ADD COLUMN a int NOT NULL;\n-- migrate:down\nSELECT 1;\n' "$i" ;;
		2) echo "SELECT 'open" ;;
		esac >"many/$i.sql"
	done
	for i in many/*.sql; do git postkit lint "$i" || true; done >one-by-one 2>/dev/null
	for i in 1 2 3 4 5; do
		git postkit lint many/*.sql >together 2>/dev/null || equal $? 1
		cmp one-by-one together
	done
	git postkit lint many/*.sql many/12.sql ./many/12.sql 2>/dev/null | grep -c 't12 with all' >count
	equal "$(cat count)" 2
	quiet git postkit lint --json many/[12]*.sql missing.sql many/[3-5]*.sql
	equal "$status" 128
	json 'assert len({f["file"] for f in d["findings"]}) == 20 and "missing.sql" in d["error"]'
}

@test "lint speaks the formats of forges" {
	printf 'SELECT 1;\n  DROP TABLE a;\n-- postkit:allow drop-table: gone\nDROP TABLE b;\n' >forge.sql
	fails 1 git postkit lint --format github forge.sql
	has '::error file=forge.sql,line=2,endLine=2,col=3,endColumn=15,title=drop-table::drops a' '::notice file=forge.sql,line=4'
	quiet git postkit lint --format gitlab forge.sql
	equal "$status" 1
	python3 -c 'import json, sys
d = json.loads(sys.argv[1])
assert {x["location"]["lines"]["begin"] for x in d} == {2, 4}
assert len({x["fingerprint"] for x in d}) == len(d)' "$output"
	quiet git postkit lint --format sarif forge.sql
	python3 -c 'import json, sys
run = json.loads(sys.argv[1])["runs"][0]
rules = run["tool"]["driver"]["rules"]
for r in run["results"]:
    assert rules[r["ruleIndex"]]["id"] == r["ruleId"]
assert [len(r.get("suppressions", [])) for r in run["results"] if r["ruleId"] == "drop-table"] == [0, 1]' "$output"
	fails 1 git postkit lint --format markdown forge.sql
	has '#### error: drop-table' 'DROP TABLE a' 'Allowed: gone'
	fails 129 git postkit lint --format html forge.sql
	# no name is a command to the runner
	cp forge.sql ::warning::forge.sql
	GITHUB_ACTIONS=true fails 1 git postkit lint ::warning::forge.sql
	has '\x3A:warning::forge.sql:2:3: error'
	run grep -c '^ *::' <<<"$output"
	equal "$output" 0
}

@test "lint takes a file as one transaction where the runner does" {
	echo 'CREATE INDEX CONCURRENTLY i ON a (b);' >alone.sql
	ok git postkit lint alone.sql
	fails 1 git postkit lint --single-transaction alone.sql
	has concurrently-in-tx
}

@test "levels and thresholds of lint are settings, and those that mean nothing are errors" {
	new_repo levels
	echo 'DROP VIEW v; DROP TABLE t;' >a.sql
	fails 1 git postkit lint a.sql
	ok git -c postkit.rule.drop-table.level=warning postkit lint a.sql
	has warning drop-table
	fails 1 git -c postkit.rule.drop-table.level=off -c postkit.rule.drop-view.level=error postkit lint a.sql
	has drop-view
	hasnt drop-table
	fails 128 git -c postkit.rule.drop-tables.level=off postkit lint a.sql
	has drop-tables 'lint --rules'
	fails 128 git -c postkit.rule.drop-table.level=loud postkit lint a.sql
	fails 128 git -c postkit.largeRows=many postkit lint a.sql
	pg_createdb sized
	sql sized 'CREATE TABLE t AS SELECT g AS a FROM generate_series(1, 50) g'
	echo 'SET lock_timeout = 900; CREATE INDEX i ON t (a); DROP INDEX i;' >a.sql
	ok git postkit lint --scratch "$(pg_url sized)" a.sql
	hasnt index-blocking
	git config postkit.remote.prod.url postgresql://db.example.org/x
	git config postkit.remote.prod.largeRows 50
	fails 1 git postkit lint --scratch "$(pg_url sized)" a.sql
	has index-blocking '50 rows read'
	ok git postkit lint --large-rows 51 --scratch "$(pg_url sized)" a.sql
}

@test "lint on a scratch database tells what was seen, and takes back what was not" {
	pg_createdb scratch
	sql scratch "CREATE TABLE big AS SELECT g AS id, 'x' || g % 100 AS v FROM generate_series(1, 3000) g"
	sql scratch 'CREATE TABLE small (id int); ALTER TABLE big ADD CHECK (v IS NOT NULL)'
	cat >seen.sql <<-'SQL'
		ALTER TABLE big ALTER v SET NOT NULL;
		CREATE INDEX ON small (id);
		DO $$ BEGIN EXECUTE 'UPDATE ' || 'big SET id = id + 1'; END $$;
		CREATE UNIQUE INDEX CONCURRENTLY dup ON big (v);
		DROP TABLE small;
	SQL
	fails 1 git postkit lint --scratch "$(pg_url scratch)" seen.sql
	has seen.sql:3:1 bulk-dml '3,000 rows changed' seen.sql:4:1 data-conflict 'could not create unique index'
	hasnt not-null-scan index-blocking
	has seen.sql:5:1 drop-table
	# what came before the failure stays done, and nothing after it
	equal "$(sql scratch 'SELECT min(id) FROM big')" 2
	equal "$(sql scratch "SELECT count(*) FROM pg_class WHERE relname = 'small'")" 1
	# the index that the failure left is no longer passed over
	echo 'CREATE INDEX CONCURRENTLY IF NOT EXISTS dup ON big (v);' >again.sql
	ok git postkit lint --scratch "$(pg_url scratch)" again.sql
	has invalid-index-retry
}

@test "lint spoils no remote, and nothing that is not on this machine" {
	new_repo scratchy
	git config postkit.remote.prod.url "$(pg_url postgres)"
	echo 'CREATE TABLE spoilt (a int);' >a.sql
	fails 128 git postkit lint --scratch "$(pg_url postgres)" a.sql
	has 'may not be spoilt'
	fails 128 git postkit lint --scratch prod a.sql
	fails 128 git postkit lint --scratch postgresql://db.example.org/x a.sql
	has 'may not be spoilt'
	equal "$(sql postgres "SELECT count(*) FROM pg_class WHERE relname = 'spoilt'")" 0
}

# ---- copy ----

@test "copy brings schema, data, sequences and owners, outside a repository" {
	sql postgres 'CREATE ROLE keeper'
	sql two 'ALTER VIEW v OWNER TO keeper; INSERT INTO t VALUES (1, E'"'a\\\\tb\\\\\\\\'"', NULL); CREATE SEQUENCE s; SELECT nextval('"'s'"')' >/dev/null
	pg_createdb copied
	ok git postkit copy "$(pg_url two)" "$(pg_url copied)"
	equal "$(git postkit fingerprint "$(pg_url copied)")" "$(git postkit fingerprint "$(pg_url two)")"
	equal "$(sql copied 'TABLE t')" "$(sql two 'TABLE t')"
	equal "$(sql copied "SELECT viewowner FROM pg_views WHERE viewname = 'v'")" keeper
	equal "$(sql copied 'SELECT last_value, is_called FROM s')" '1|t'
}

@test "copy into a database that is not empty is refused, and --schema-only brings no rows" {
	run git postkit copy "$(pg_url one)" "$(pg_url copied)"
	[ "$status" -ne 0 ]
	equal "$(sql copied 'SELECT count(*) FROM t')" 1
	pg_createdb shell
	ok git postkit copy --schema-only "$(pg_url one)" "$(pg_url shell)"
	equal "$(sql shell 'SELECT count(*) FROM t')" 0
}
