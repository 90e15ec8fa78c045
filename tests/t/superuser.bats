#!/usr/bin/env bats
# Schema files that hold what only a superuser may make: what is harmless loads, what is not is refused
# unless the user trusts it, and nothing of it lends a branch a superuser's powers.

# shellcheck disable=SC2154 # $stderr comes from run
load ../lib/common

setup_file() {
	common_setup
	: >"$T/empty.sql"
	cat >"$T/pair.sql" <<-'SQL'
		CREATE TYPE public.pair AS (a int, b int);
		CREATE FUNCTION public.lt(public.pair, public.pair) RETURNS boolean LANGUAGE sql AS 'SELECT ($1).a < ($2).a';
		CREATE FUNCTION public.cmp(public.pair, public.pair) RETURNS int LANGUAGE sql AS 'SELECT ($1).a - ($2).a';
		CREATE OPERATOR public.<# (FUNCTION = public.lt, LEFTARG = public.pair, RIGHTARG = public.pair);
	SQL
}

setup() { cd "$T" || return 1; }

# loads FILE...: the files together
loads() {
	rm -rf files
	mkdir files
	cp "$@" files
	run --separate-stderr git postkit diff empty.sql files
}

refused() {
	[ "$status" -eq 128 ] || { echo "status $status: $output$stderr"; return 1; }
	for text; do [[ $stderr == *"$text"* ]] || { echo "no '$text' in: $stderr"; return 1; }; done
}

@test "operator classes, families and access methods load" {
	cat >class.sql <<-'SQL'
		CREATE INDEX i ON public.t (p public.pair_ops);
		CREATE TABLE public.t (p public.pair) USING heap2;
		ALTER OPERATOR FAMILY public.loose USING hash ADD OPERATOR 1 public.<# (public.pair, public.pair);
		CREATE OPERATOR FAMILY public.loose USING hash;
		CREATE OPERATOR CLASS public.pair_ops FOR TYPE public.pair USING btree AS
			OPERATOR 1 public.<#, FUNCTION 1 public.cmp(public.pair, public.pair);
		CREATE ACCESS METHOD heap2 TYPE TABLE HANDLER heap_tableam_handler;
		COMMENT ON ACCESS METHOD heap2 IS 'heap''s twin';
	SQL
	loads pair.sql class.sql
	equal "$status" 0
	has 'USING heap2' 'pair_ops'
}

@test "an operator class that takes values for what they are not is refused, with its place" {
	printf '\nCREATE OPERATOR CLASS public.c FOR TYPE text USING btree AS OPERATOR 1 <,\n  FUNCTION 1 (text, text) btint4cmp(int, int);' >class.sql
	loads class.sql
	refused class.sql:2:1 'wrong signature' postkit.superuserObjects
	echo 'CREATE OPERATOR CLASS public.c FOR TYPE text USING gist AS FUNCTION 1 gist_point_consistent(internal, point, smallint, oid, internal);' >class.sql
	loads class.sql
	refused class.sql:1:1 gist_point_consistent postkit.superuserObjects
}

@test "neither families nor schemas of others are open to the files" {
	echo 'ALTER OPERATOR FAMILY pg_catalog.integer_ops USING hash ADD OPERATOR 1 public.<# (public.pair, public.pair);' >class.sql
	loads pair.sql class.sql
	refused class.sql:1:1 'belongs to' postkit.superuserObjects
	echo 'CREATE OPERATOR FAMILY pg_catalog.mine USING hash;' >class.sql
	loads class.sql
	refused class.sql:1:1 'may not create in schema pg_catalog'
}

@test "settings of a file are no way into the superuser's session" {
	cat >class.sql <<-'SQL'
		SET search_path = public; SET standard_conforming_strings = off; SET session_replication_role = replica;
		CREATE OPERATOR FAMILY mine USING hash;
	SQL
	loads class.sql
	refused 'session_replication_role'
}

outside() {
	cat >"$1" <<-'SQL'
		CREATE OR REPLACE FUNCTION public.upper_c(text) RETURNS text LANGUAGE internal IMMUTABLE STRICT AS 'upper';
	SQL
}

@test "functions that reach outside are refused, and load once the user's own settings say so" {
	outside out.sql
	loads out.sql
	refused out.sql:1:1 'permission denied for language internal' postkit.superuserObjects
	new_repo wanted
	git config postkit.superuserObjects true
	ok git postkit diff ../empty.sql ../out.sql
	has upper_c
}

@test "a tracked file cannot say that they load" {
	outside out.sql
	new_repo tracked
	printf '[postkit]\n\tsuperuserObjects = true\n' >.postkit
	fails 128 git postkit diff ../empty.sql ../out.sql
	has 'permission denied for language internal'
}

@test "what the other side holds word for word loads, and not with a word changed" {
	pg_start
	pg_createdb holder
	cat >all.sql <<-'SQL'
		CREATE TYPE public.stamp;
		CREATE FUNCTION public.stamp_in(cstring) RETURNS public.stamp LANGUAGE internal IMMUTABLE STRICT AS 'int4in';
		CREATE FUNCTION public.stamp_out(public.stamp) RETURNS cstring LANGUAGE internal IMMUTABLE STRICT AS 'int4out';
		CREATE TYPE public.stamp (INPUT = public.stamp_in, OUTPUT = public.stamp_out, LIKE = int4);
		CREATE CAST (public.stamp AS int4) WITHOUT FUNCTION;
		CREATE CAST (int8 AS bool) WITH INOUT AS ASSIGNMENT;
		CREATE FUNCTION public.call() RETURNS language_handler LANGUAGE c AS '$libdir/plpgsql', 'plpgsql_call_handler';
		CREATE LANGUAGE plx HANDLER public.call;
		CREATE TRANSFORM FOR text LANGUAGE plx (TO SQL WITH FUNCTION textrecv(internal));
		CREATE AGGREGATE public.collected(anynonarray) (SFUNC = array_agg_transfn, STYPE = internal,
			FINALFUNC = array_agg_finalfn, FINALFUNC_EXTRA);
		CREATE FUNCTION public.sure(int) RETURNS int LANGUAGE sql LEAKPROOF AS 'SELECT 1';
		CREATE TEXT SEARCH TEMPLATE public.plain (LEXIZE = dsimple_lexize);
		CREATE TABLE public.t (s public.stamp, x text);
		CREATE OPERATOR CLASS public.text_gin FOR TYPE text USING gin AS
			FUNCTION 2 pg_catalog.ginarrayextract(anyarray, internal, internal), STORAGE text;
	SQL
	sql holder <all.sql
	git postkit snapshot "$(pg_url holder)" >files.sql
	fails 128 git postkit fingerprint files.sql
	ok git postkit diff --exit-code "$(pg_url holder)" files.sql
	equal "$output" ''
	sed "s/'int4in'/'oidin'/; s/int4in/oidin/" files.sql >changed.sql
	fails 128 git postkit diff "$(pg_url holder)" changed.sql
	has 'permission denied for language internal' changed.sql
}

@test "LEAKPROOF is a word that a superuser adds to the role's own function" {
	printf 'CREATE FUNCTION public.sure(leakproof int) RETURNS int\n  LANGUAGE sql LEAKPROOF AS $$ SELECT 1 $$;\n' >sure.sql
	loads sure.sql
	equal "$status" 0
	has 'ALTER FUNCTION public.sure(integer) LEAKPROOF'
	echo 'ALTER FUNCTION pg_catalog.lower(text) LEAKPROOF;' >sure.sql
	loads sure.sql
	refused sure.sql:1:1 'belongs to'
}

@test "trusted text is not trusted where it would run a domain's check" {
	pg_start two
	pg_createdb reader
	cat >reads.sql <<-'SQL'
		CREATE DOMAIN public.d AS int CHECK (VALUE > 0);
		CREATE TYPE public.c AS (x public.d);
		CREATE FUNCTION public.f(a public.c DEFAULT '(1)'::public.c) RETURNS int LANGUAGE internal AS 'int4up';
	SQL
	sql reader <reads.sql
	git postkit snapshot "$(pg_url reader)" >files.sql
	fails 128 git postkit diff "$(pg_url reader)" files.sql
	has 'permission denied for language internal'
}
