#!/usr/bin/env bats
# A session on a production that holds what only a superuser may make: imported, planned, applied on a
# clone whose role is none, deployed by one. The tests build on each other.

load ../lib/common

setup_file() {
	common_setup
	pg_start
	sql postgres 'CREATE ROLE app LOGIN SUPERUSER'
	sql postgres 'CREATE DATABASE app OWNER app'
	sql app <<-'SQL'
		SET ROLE app;
		CREATE TYPE "st""amp";
		CREATE FUNCTION stamp_in(cstring) RETURNS "st""amp" LANGUAGE internal IMMUTABLE STRICT AS 'int4in';
		CREATE FUNCTION stamp_out("st""amp") RETURNS cstring LANGUAGE internal IMMUTABLE STRICT AS 'int4out';
		CREATE TYPE "st""amp" (INPUT = stamp_in, OUTPUT = stamp_out, LIKE = int4);
		CREATE FUNCTION stamp_lt("st""amp", "st""amp") RETURNS boolean LANGUAGE internal IMMUTABLE STRICT AS 'int4lt';
		CREATE FUNCTION stamp_cmp("st""amp", "st""amp") RETURNS int LANGUAGE internal IMMUTABLE STRICT AS 'btint4cmp';
		CREATE OPERATOR < (FUNCTION = stamp_lt, LEFTARG = "st""amp", RIGHTARG = "st""amp");
		CREATE OPERATOR CLASS stamp_ops DEFAULT FOR TYPE "st""amp" USING btree AS OPERATOR 1 <, FUNCTION 1 stamp_cmp("st""amp", "st""amp");
		CREATE FUNCTION plx_call() RETURNS language_handler LANGUAGE c AS '$libdir/plpgsql', 'plpgsql_call_handler';
		CREATE TRUSTED LANGUAGE plx HANDLER plx_call;
		CREATE TABLE events (at "st""amp", what text);
		CREATE INDEX events_at ON events (at);
		INSERT INTO events SELECT i::text::"st""amp", 'e' || i FROM generate_series(1, 2000) i;
		CREATE CAST ("st""amp" AS int) WITHOUT FUNCTION;
		CREATE FUNCTION sure(int) RETURNS int LANGUAGE sql LEAKPROOF AS 'SELECT $1';
	SQL
	new_repo app
}

setup() { cd "$T/app" || return 1; }

clone_sql() { psql "$(git postkit url)" -X -qAt -v ON_ERROR_STOP=1 -c "$1"; }

@test "import proves what it wrote, since the database holds it" {
	ok git postkit init
	ok git postkit remote add prod "postgresql://app@/app?host=$PROD_SOCKET&port=$PROD_PORT" --default
	ok git postkit import --yes
	has 'proved: '
	hasnt warning
	commit_all 'import'
	git push -q
	equal "$(git postkit diff --exit-code prod db/schema)" ''
}

@test "a session plans, applies and takes back, on a clone whose role is no superuser" {
	git switch -q -c pairs
	ok git postkit start
	cat >db/schema/pair.sql <<-'SQL'
		CREATE TYPE pair AS (a int, b int);
		CREATE FUNCTION pair_lt(pair, pair) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT ($1).a < ($2).a';
		CREATE FUNCTION pair_cmp(pair, pair) RETURNS int LANGUAGE sql IMMUTABLE LEAKPROOF AS 'SELECT ($1).a - ($2).a';
		CREATE OPERATOR <# (FUNCTION = pair_lt, LEFTARG = pair, RIGHTARG = pair);
		CREATE OPERATOR CLASS pair_ops FOR TYPE pair USING btree AS OPERATOR 1 <#, FUNCTION 1 pair_cmp(pair, pair);
		COMMENT ON OPERATOR CLASS pair_ops USING btree IS 'by a';
		CREATE ACCESS METHOD heap2 TYPE TABLE HANDLER heap_tableam_handler;
		CREATE TABLE pairs (p pair) USING heap2;
		CREATE INDEX pairs_p ON pairs (p pair_ops);
	SQL
	ok git postkit plan
	has 'CREATE OPERATOR CLASS public.pair_ops' 'only a superuser may run this'
	equal "$(clone_sql "SELECT rolsuper FROM pg_roles WHERE rolname = current_user")" f
	ok git postkit apply
	equal "$(clone_sql "SELECT opcowner::regrole FROM pg_opclass WHERE opcname = 'pair_ops'")" app
	equal "$(clone_sql "INSERT INTO pairs VALUES ('(1,2)'), ('(0,3)'); SELECT count(*) FROM pairs")" 2
}

@test "what reaches outside goes away and comes back, as the clone held it" {
	rm -r db/schema/languages
	git rm -q --cached -r db/schema/languages
	ok git postkit plan --allow-destructive
	has 'DROP LANGUAGE plx'
	ok git postkit apply
	git checkout -q HEAD -- db/schema/languages
	ok git postkit plan
	has 'CREATE TRUSTED LANGUAGE plx'
	ok git postkit apply
	equal "$(clone_sql "SELECT lanowner::regrole FROM pg_language WHERE lanname = 'plx'")" app
}

@test "what production does not hold is no part of a plan until the user says so" {
	echo "CREATE FUNCTION up(text) RETURNS text LANGUAGE internal AS 'upper';" >db/schema/up.sql
	fails 128 git postkit plan
	has 'db/schema/up.sql:1:1' 'permission denied for language internal' 'postkit.superuserObjects'
	# Nor does it where the ref comes from elsewhere that says what a database of the user's holds.
	git clone -q --bare . "$T/theirs.git"
	sql postgres 'CREATE DATABASE theirs OWNER app'
	sql theirs "SET ROLE app; CREATE FUNCTION up(text) RETURNS text LANGUAGE internal AS 'upper'"
	git clone -q "$T/theirs.git" "$T/theirs"
	(cd "$T/theirs" && git rm -qr db && git postkit remote add prod "postgresql://app@/theirs?host=$PROD_SOCKET&port=$PROD_PORT" --default &&
		git postkit import --yes)
	git fetch -q "$T/theirs" '+refs/postkit/held:refs/postkit/held'
	grep -rlw upper "$T/theirs/db/schema" | xargs cat >db/schema/up.sql
	fails 128 git postkit plan
	has 'permission denied for language internal'
	git config postkit.superuserObjects true
	ok git postkit plan
	ok git postkit apply
	equal "$(clone_sql "SELECT up('x')")" X
}

@test "commit, merge, deploy: production's superuser runs it all" {
	ok git postkit commit -m 'pairs'
	git switch -q main
	git merge -q --no-edit pairs
	ok git postkit deploy --yes
	equal "$(git postkit diff --exit-code prod db/schema)" ''
	equal "$(sql app "SELECT count(*) FROM events")" 2000
}

