#!/usr/bin/env bats
# Security labels are part of the schema, whether or not their providers are loaded where it is looked at.

load ../lib/common
load ../lib/converge

setup_file() {
	common_setup
	mkdir "$T/lib"
	cc -shared -fPIC -I"$("$(pg_bin)/pg_config" --includedir-server)" -o "$T/lib/labels.so" "$ROOT/tests/data/labels/provider.c"
	chmod 755 "$T/lib" "$T/lib/labels.so"
	PG_SETTINGS="-c session_preload_libraries=$T/lib/labels.so" pg_start
	: >"$T/empty.sql"
	labels=$ROOT/tests/data/labels
	export labels
}

setup() { cd "$T" || return 1; }

# labels_of DB: what they are, in one line
labels_of() {
	sql "$1" "SELECT string_agg(concat_ws(' ', i.identity, l.provider, l.label), '; ' ORDER BY i.identity, l.provider)
		FROM pg_seclabel l, pg_identify_object(l.classoid, l.objoid, l.objsubid) i"
}

# with_rows FROM TO: rows that do not fit the new schema are nobody's fault.
with_rows() { converge_data labels "$@" || [ $? -eq 2 ]; }

# shellcheck disable=SC2154 # $why comes from converge.bash
@test "labels come, change, go, and are there again where something is made anew" {
	converge_load labels '' "$labels/old.sql" "$labels/new.sql" && converge_both labels &&
		with_rows old new && with_rows new old || tell "$why"
	new_repo copies
	converge_copies labels '' old && converge_copies labels '' new || tell "$why"
}

@test "labels go along with renames, and stand on columns of composite types, which pg_dump passes over" {
	pg_createdb renamed
	sql renamed "CREATE TYPE pair AS (x int, y text); SECURITY LABEL FOR mask ON COLUMN pair.y IS 'y'; CREATE TABLE t (a text); SECURITY LABEL FOR mask ON TABLE t IS 'x'; SECURITY LABEL FOR mask ON COLUMN t.a IS 'y'"
	cat >renamed.sql <<-'SQL'
		CREATE TYPE public.pair AS (x int, y text);
		SECURITY LABEL FOR mask ON COLUMN pair.y IS 'why';
		CREATE TABLE public.u (b text);
		SECURITY LABEL FOR mask ON TABLE u IS 'x';
		SECURITY LABEL FOR mask ON COLUMN u.b IS 'z';
	SQL
	git postkit diff --rename table:t=u --rename column:u.a=b "$(pg_url renamed)" renamed.sql >out.sql
	equal "$(grep -c LABEL out.sql)" 2
	sql renamed <out.sql
	equal "$(labels_of renamed)" 'public.pair.y mask why; public.u mask x; public.u.b mask z'
}

@test "what is labelled where the provider is not loaded is labelled where it is" {
	sql postgres 'CREATE ROLE app LOGIN'
	sql postgres 'CREATE DATABASE shop OWNER app'
	sql shop "CREATE TABLE people (name text, mail text); ALTER TABLE people OWNER TO app;
		SECURITY LABEL FOR mask ON COLUMN people.name IS 'MASKED WITH VALUE ''x''';
		CREATE PUBLICATION p FOR ALL TABLES; SECURITY LABEL FOR level ON PUBLICATION p IS 'low';
		CREATE SUBSCRIPTION sub CONNECTION '' PUBLICATION p WITH (connect = false, slot_name = NONE);
		SECURITY LABEL FOR level ON SUBSCRIPTION sub IS 'low'"
	new_repo shop
	ok git postkit init --no-hooks
	ok git postkit remote add prod "postgresql://app@/shop?host=$PROD_SOCKET&port=$PROD_PORT" --default
	ok git postkit import --yes
	hasnt 'not modelled'
	grep -q "SECURITY LABEL FOR level ON SUBSCRIPTION sub IS 'low'" -r db/schema
	commit_all import
	git switch -q -c masked
	ok git postkit start
	ok git postkit plan
	has 'nothing to change'
	sed -i "s/VALUE ''x''/VALUE NULL/" db/schema/tables/people.sql
	echo "SECURITY LABEL FOR mask ON COLUMN public.people.mail IS 'no';" >>db/schema/tables/people.sql
	ok git postkit plan
	has 'its provider decides whether it may be'
	ok git postkit apply
	ok git postkit commit -m masked
	git switch -q main
	git merge -q masked
	fails 128 git postkit deploy prod --yes
	has 'mask refuses this label'
	equal "$(labels_of shop)" "p level low; public.people.name mask MASKED WITH VALUE 'x'"
	sql shop "ALTER DATABASE shop SET session_preload_libraries = 'auto_explain'"
	fails 128 git postkit deploy prod --yes
	has 'security label provider "mask" is not loaded' 'session_preload_libraries' 'postkit.ignore'
	sql shop 'ALTER DATABASE shop RESET session_preload_libraries'
	sed -i "s/IS 'no'/IS 'yes'/" db/schema/tables/people.sql
	git postkit diff prod db/schema >out.sql
	sql shop <out.sql
	equal "$(labels_of shop)" 'p level low; public.people.mail mask yes; public.people.name mask MASKED WITH VALUE NULL'
}

@test "labels are left out by their providers' names, and that is said" {
	pg_createdb ignored
	sql ignored 'CREATE TABLE t ()'
	print=$(git postkit fingerprint "$(pg_url ignored)")
	sql ignored "SECURITY LABEL FOR mask ON TABLE t IS 'x'; SECURITY LABEL FOR level ON TABLE t IS 'y'"
	run --separate-stderr git postkit fingerprint --ignore 'security_label:*' "$(pg_url ignored)"
	equal "$output" "$print"
	# shellcheck disable=SC2154 # comes from run
	[[ $stderr == *'left out'*': 2 security labels'* ]]
	run git postkit snapshot --ignore security_label:mask "$(pg_url ignored)"
	has 'FOR level' '1 security label'
	hasnt 'FOR mask'
}

@test "a label on what is not modelled by itself is reported" {
	pg_createdb row_type
	sql row_type "CREATE TABLE t (); SECURITY LABEL FOR mask ON TYPE t IS 'x'"
	ok git postkit fingerprint "$(pg_url row_type)"
	has 'not modelled' 'security label of mask on type public.t'
	fails 1 git postkit fingerprint --strict "$(pg_url row_type)"
}

@test "a label that says not whose it is, or on what nobody has, is an error with its place" {
	cat >nobodys.sql <<-'SQL'
		CREATE TABLE public.t ();
		SECURITY LABEL ON TABLE t IS 'x';
	SQL
	fails 128 git postkit diff empty.sql nobodys.sql
	has 'nobodys.sql:2:1' 'say whose label it is'
	sed "s/LABEL.*/LABEL FOR \"Some One\" ON COLUMN public.t.c IS 'x';/" nobodys.sql >nothing.sql
	fails 128 git postkit diff empty.sql nothing.sql
	has 'nothing.sql:2:1' 'column "c" of relation "public.t" does not exist'
}

@test "hostile labels are text, and only owners give them" {
	cat >hostile.sql <<-'SQL'
		CREATE TABLE public."a is 'b' on" ("IS ; x" text);
		SECURITY /* on */ LABEL FOR "p'); DROP TABLE pg_class; --" ON -- is
			COLUMN public."a is 'b' on"."IS ; x" IS '''); SELECT 1; --
			$1 \';
		SECURITY LABEL FOR 'p2' ON TABLE public."a is 'b' on" IS U&'\0041';
		SECURITY LABEL FOR p2 ON TYPE pg_catalog.int4 IS 'mine';
	SQL
	fails 128 git postkit diff empty.sql hostile.sql
	has 'hostile.sql:6:1' 'must be owner of type integer'
	sed -i '$d' hostile.sql
	git postkit diff empty.sql hostile.sql >out.sql
	grep -qF "IS 'A'" out.sql
	equal "$(git postkit diff out.sql hostile.sql)" ''
}
