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
