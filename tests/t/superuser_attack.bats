#!/usr/bin/env bats
# What a branch writes runs as nobody but its role: schema files whose types, functions and event triggers would
# run code wherever a superuser does something for them.

load ../lib/common

setup_file() {
	common_setup
	: >"$T/empty.sql"
	mkdir -m 777 "$T/loot"
	pg_start
	sql postgres 'CREATE ROLE app LOGIN'
	sql postgres 'CREATE DATABASE app OWNER app'
	sql app <<-'SQL'
		CREATE FUNCTION fired() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN END $$;
		ALTER FUNCTION fired() OWNER TO app;
		CREATE EVENT TRIGGER fires ON ddl_command_end EXECUTE FUNCTION fired();
		CREATE EVENT TRIGGER always ON ddl_command_end EXECUTE FUNCTION fired();
		ALTER EVENT TRIGGER always ENABLE ALWAYS;
	SQL
}

setup() {
	cd "$T" || return 1
	rm -f loot/*
}

# steals NAME: what a body does where it is run as superuser
steals() { echo "IF (SELECT rolsuper FROM pg_catalog.pg_roles WHERE rolname = current_user) THEN
	EXECUTE 'COPY (SELECT 1) TO PROGRAM ''cat >>$T/loot/$1'''; END IF;"; }

# A domain whose check does.
domain() {
	cat <<-SQL
		CREATE FUNCTION public.good(int) RETURNS boolean LANGUAGE plpgsql AS \$\$ BEGIN $(steals domain) RETURN true; END \$\$;
		CREATE DOMAIN public.d AS int CHECK (public.good(VALUE));
	SQL
}

loads() {
	rm -rf files
	mkdir files
	cp "$1" files
	run git postkit diff empty.sql files
	nothing_stolen
}

nothing_stolen() { equal "$(ls "$T/loot")" ''; }

@test "a publication's filter is not read by a superuser" {
	{
		domain
		echo "CREATE TABLE public.t (x public.d[]); CREATE SCHEMA s;"
		echo "CREATE PUBLICATION p FOR TABLE public.t WHERE (x = '{1}'), TABLES IN SCHEMA s;"
	} >a.sql
	loads a.sql
	equal "$status" 128
	has 'a.sql:5:1' 'types of the files would read its values'
}

@test "no function of a range gets to where all names are found" {
	echo "CREATE TYPE public.r AS RANGE (SUBTYPE = text); ALTER FUNCTION public.r(text, text) RENAME TO format;" >a.sql
	loads a.sql
	equal "$status" 0
	echo "ALTER FUNCTION public.format(text, text) SET SCHEMA pg_catalog;" >>a.sql
	loads a.sql
	equal "$status" 128
	has 'a.sql:2:1' 'may not create in schema pg_catalog'
}

@test "foreign data and dblink reach nothing, whoever validates them" {
	cat >a.sql <<-SQL
		CREATE EXTENSION file_fdw;
		CREATE FOREIGN DATA WRAPPER w HANDLER file_fdw_handler;
		CREATE SERVER s FOREIGN DATA WRAPPER w;
		CREATE FOREIGN TABLE public.ft (l text) SERVER s OPTIONS (program 'touch $T/loot/program; echo a');
		DO 'BEGIN PERFORM * FROM public.ft; END';
	SQL
	loads a.sql
	equal "$status" 128
	has 'foreign-data wrapper "w" has no handler'
	cat >a.sql <<-'SQL'
		CREATE EXTENSION dblink;
		DO $$ BEGIN PERFORM public.dblink_connect('host=127.0.0.1 port=1 password=x'); END $$;
	SQL
	loads a.sql
	equal "$status" 128
	has 'permission denied for function dblink_connect'
}

@test "the script of an extension finds nothing of the files for what it requires" {
	{
		domain
		cat <<-'SQL'
			CREATE SCHEMA bad;
			CREATE TYPE bad.cube AS (x public.d);
			CREATE FUNCTION bad.cube_is_point(bad.cube) RETURNS boolean LANGUAGE sql AS 'SELECT true';
			CREATE FUNCTION bad.cube_dim(bad.cube) RETURNS int LANGUAGE sql AS 'SELECT 1';
			CREATE FUNCTION bad.cube_distance(bad.cube, bad.cube) RETURNS float8 LANGUAGE sql AS 'SELECT 1::float8';
			DO 'BEGIN IF to_regtype(''bad.cube'') IS NOT NULL THEN EXECUTE ''CREATE EXTENSION cube SCHEMA public''; END IF; END';
			CREATE EXTENSION earthdistance SCHEMA bad;
		SQL
	} >a.sql
	loads a.sql
	equal "$status" 128
	has 'would take the place of what extension cube has'
	echo 'CREATE EXTENSION earthdistance CASCADE; CREATE SCHEMA s; CREATE TYPE s.cube AS (x int);' >a.sql
	loads a.sql
	equal "$status" 0
}

@test "an event trigger of the files fires for nobody" {
	cat >a.sql <<-SQL
		CREATE FUNCTION public.fired() RETURNS event_trigger LANGUAGE plpgsql AS \$\$ BEGIN $(steals fired) END \$\$;
		CREATE EVENT TRIGGER e ON ddl_command_end EXECUTE FUNCTION public.fired();
		ALTER EVENT TRIGGER e ENABLE ALWAYS;
		CREATE EVENT TRIGGER off ON sql_drop EXECUTE FUNCTION public.fired();
		ALTER EVENT TRIGGER off DISABLE;
		DO 'BEGIN IF EXISTS (SELECT FROM pg_catalog.pg_event_trigger) THEN EXECUTE ''CREATE EXTENSION pg_trgm''; END IF; END';
		COMMENT ON EVENT TRIGGER e IS 'late';
	SQL
	loads a.sql
	equal "$status" 0
	has 'ALTER EVENT TRIGGER e ENABLE ALWAYS' 'ALTER EVENT TRIGGER off DISABLE' "IS 'late'"
	grep -v '^DO ' a.sql >b.sql
	sed -i 's/\(ALTER.* e \)ENABLE ALWAYS/\1DISABLE/; s/\(ALTER.* off \)DISABLE/\1ENABLE REPLICA/; s/late/now/' b.sql
	git postkit diff a.sql b.sql >c.sql
	equal "$(grep -c "ALTER EVENT TRIGGER\|IS 'now'" c.sql)" 3
}

@test "neither event triggers nor the copy for the proof run what a branch put into the clone" {
	new_repo app
	git postkit init
	git postkit remote add prod "postgresql://app@/app?host=$PROD_SOCKET&port=$PROD_PORT" --default
	git postkit import --yes
	commit_all import
	git switch -q -c bad
	ok git postkit start
	{
		domain
		echo "CREATE TABLE public.t (x public.d[] DEFAULT '{1}');"
		echo "CREATE OR REPLACE FUNCTION public.fired() RETURNS event_trigger LANGUAGE plpgsql AS \$\$ BEGIN $(steals fired) END \$\$;"
	} >db/schema/a.sql
	find db/schema -name 'fired*' -delete
	ok git postkit plan
	ok git postkit apply
	echo 'CREATE TABLE public.more (i int); CREATE EXTENSION pg_trgm; CREATE OPERATOR FAMILY public.f USING hash;' >db/schema/b.sql
	ok git postkit plan
	has 'proved'
	ok git postkit apply
	nothing_stolen
	git postkit abort --yes
}

@test "folders that lead out of the work tree are refused, links among the files are none" {
	cd app
	git switch -q -f main
	git clean -fdq db
	mkdir "$T/out"
	echo 'CREATE TABLE theirs (i int);' >"$T/out/x.sql"
	ln -s "$T/out" db/schema/more
	ok git postkit diff --exit-code prod db/schema
	rm db/schema/more
	mv db/migrations db/kept
	ln -s "$T/out" db/migrations
	fails 128 git postkit status
	has "'db/migrations' is a link that leads out"
	rm db/migrations
	ln -s kept db/migrations
	ok git postkit status
	rm db/migrations
	mv db/kept db/migrations
}

@test "what a branch sets for its role and says of its databases is not another's" {
	cd "$T/app"
	git switch -q -c sets
	cat >db/schema/a.sql <<-'SQL'
		DO $$ BEGIN SET ROLE NONE; ALTER ROLE postkit SET search_path = evil; EXCEPTION WHEN undefined_object THEN NULL; END $$;
	SQL
	ok git postkit start
	ok git postkit plan
	url=$(git postkit url)
	db=${url##*/}
	psql "$url" -X -q -c "COMMENT ON DATABASE \"${db%%\?*}\" IS 'git-postkit:1 {}'" || true
	git switch -q -f main
	git clean -fdq db
	git switch -q -c another
	ok git postkit start
	ok git postkit plan
	# shellcheck disable=SC2016 # not ours to expand
	equal "$(psql "$(git postkit url)" -X -qAt -c 'SHOW search_path')" '"$user", public'
}
