#!/usr/bin/env bats
# What a plan says: by object, with why, locks, transactions, rows and bytes, losses and the settings in
# force; in short; in colour on a terminal alone; and fit to be shown whatever names and bodies hold.

# shellcheck disable=SC2154 # $stderr comes from run
load ../lib/common

setup_file() {
	shop_start reader <<-'SQL'
		CREATE TABLE users (id bigint PRIMARY KEY, email text NOT NULL, name varchar(40), plan varchar(10));
		CREATE TABLE orders (id bigint PRIMARY KEY, user_id bigint REFERENCES users, total numeric(10,2), old_ref text);
		CREATE TABLE legacy (id int, payload text);
		CREATE VIEW spending AS SELECT user_id, sum(total)::text AS total FROM orders GROUP BY user_id;
		GRANT SELECT ON spending TO reader;
		CREATE FUNCTION total_of(u bigint) RETURNS numeric LANGUAGE sql AS 'SELECT sum(total) FROM orders WHERE user_id = u';
		INSERT INTO users SELECT i, 'u' || i, 'n' || i, 'free' FROM generate_series(1, 5000) i;
		INSERT INTO orders SELECT i, i % 5000 + 1, i, 'r' FROM generate_series(1, 20000) i;
		INSERT INTO legacy SELECT i, repeat('x', 100) FROM generate_series(1, 3000) i;
		ANALYZE;
	SQL
	imported_repo app "$(shop_url)"
	commit_all 'import'
	git push -q
	git switch -q -c work
	git postkit start >/dev/null
}

setup() { cd "$T/app" || return 1; }
teardown() { cd "$T/app" && git checkout -q -- . && git clean -fdq db; }

json() { python3 -c "import json, sys; d = json.load(sys.stdin); assert d['schema'] == 1, d; $1" <<<"$output"; }
line_of() { grep -nF -- "$1" <<<"$output" | head -n 1 | cut -d: -f1; }

change() {
	sed -i 's/name character varying(40)/name character varying(40) NOT NULL,\n    nick text/; s/plan character varying(10)/plan text/' \
		db/schema/tables/users.sql
	sed -i '/old_ref/d; s/total numeric(10,2),/total double precision,/' db/schema/tables/orders.sql
	rm db/schema/tables/legacy.sql
	cat >db/schema/tables/coupons.sql <<-'SQL'
		CREATE TABLE coupons (code text PRIMARY KEY, user_id bigint REFERENCES users);
		CREATE INDEX coupons_user ON coupons (user_id);
	SQL
}

@test "steps stand with their object, numbered as they run" {
	change
	run --separate-stderr git postkit plan --allow-destructive
	equal "$status" 0
	has '~ table public.users' '+ column nick' '- column old_ref' '+ table public.coupons' '- table public.legacy' \
		'+ index coupons_user' '-/+ view public.spending is made anew, since column public.orders.total changes its type'
	[ "$(line_of '+ column nick')" -gt "$(line_of '~ table public.users')" ]
	[ "$(line_of '+ index coupons_user')" -gt "$(line_of '+ table public.coupons')" ]
	# every number once, from 1 without a gap
	local numbers
	numbers=$(grep -oE '^ {1,7}[0-9]+  [A-Z]' <<<"$output" | grep -oE '[0-9]+' | sort -n | tr '\n' ' ')
	equal "$numbers" "$(seq -s ' ' "$(wc -w <<<"$numbers")") "
}

@test "each step says what it locks, reads, rewrites and loses, with rows and bytes" {
	change
	run git postkit plan --allow-destructive
	has 'about 5,000 rows, ' 'locks ACCESS EXCLUSIVE while it rewrites about 20,000 rows, ' 'loses the rows: ' 'loses the values: ' \
		'locks SHARE UPDATE EXCLUSIVE while it reads about 5,000 rows'
	hasnt $'\e'
}

@test "transactions, summary and settings stand below" {
	change
	run git postkit plan --allow-destructive
	has 'migration 1: step' 'in a transaction' 'to create, ' 'to change, ' 'to drop' '3 steps lose data' 'proved on a copy' \
		'as role shop; ways that do not block where tables are large (--online=auto)'
	run git postkit plan --online never --allow-destructive
	has 'the plain way everywhere (--online=never)'
}

@test "a loss is refused, and shown all the same" {
	change
	fails 1 git postkit plan
	has 'loses the rows' 'the plan loses data, so it is not stored' '--allow-destructive'
}

@test "the way back says what it cannot restore, on one line whatever names hold" {
	printf 'CREATE TABLE odd (x int, "new\nline" int);' >db/schema/tables/odd.sql
	ok git postkit plan
	ok git postkit apply
	rm db/schema/tables/odd.sql
	change
	run --separate-stderr git postkit plan --down --allow-destructive
	has '-- column public.orders.old_ref comes back without the values: 20,000, ' '-- table public.legacy comes back without the rows: 3,000, ' \
		'-- table public.odd comes back without the rows: none now'
	hasnt 'public.coupons comes back'
	printf 'CREATE TABLE odd (x int);' >db/schema/tables/odd.sql
	run --separate-stderr git postkit plan --down --allow-destructive
	has '-- column public.odd."new\x0Aline" comes back without the values'
	run --separate-stderr git postkit plan --allow-destructive
	has 'lose data, which the way back does not restore'
	git postkit abort --yes >/dev/null
	git postkit start >/dev/null
}

@test "why something is made anew is said of its own change, too" {
	cat >db/schema/functions/total.sql <<-'SQL'
		CREATE FUNCTION total_of(who bigint) RETURNS numeric LANGUAGE sql AS 'SELECT sum(total) FROM orders WHERE user_id = who';
	SQL
	grep -lr 'FUNCTION public.total_of(u ' db/schema/functions | xargs rm
	sed -i 's/SELECT orders.user_id,/SELECT orders.user_id AS who,/' db/schema/views/spending.sql
	run --separate-stderr git postkit plan
	has 'function public.total_of(bigint) is made anew, since its kind, its result or the names of its arguments change' \
		'view public.spending is made anew, since its columns change otherwise than by new ones at the end'
	hasnt 'there is no ALTER'
}

@test "nothing is said when nothing changes" {
	run --separate-stderr git postkit plan
	equal "$output" 'nothing to change: the clone is what the schema files mean'
	for option in --sql --down; do
		run --separate-stderr git postkit plan "$option"
		equal "$output" ''
	done
	run --separate-stderr git postkit diff prod db/schema --stat
	equal "$output" ''
}

@test "--stat is a line an object; --json has all of it" {
	change
	run git postkit plan --stat --allow-destructive
	has '~ table public.users' 'loses data' 'to create, ' '-/+ view public.spending'
	hasnt 'ALTER TABLE'
	run --separate-stderr git postkit plan --json --allow-destructive
	json 'assert d["role"] == "shop" and d["online"] == "auto" and d["proved"], d
s = [s for s in d["steps"] if s["object"] == "public.spending"]
assert all(x["why"] == "column public.orders.total changes its type" for x in s), s
assert any(x.get("within") == "public.users" for x in d["steps"])'
	run --separate-stderr git postkit diff prod db/schema --stat
	has '- table public.legacy'
	fails 129 git postkit plan --stat --json
}

@test "colour is for terminals, or when it is asked for" {
	change
	run --separate-stderr git -c color.ui=always postkit plan --allow-destructive
	has $'\e[32m+ table public.coupons' $'\e[31m- table public.legacy'
}

@test "long statements and long lines are cut, and --sql has them" {
	{
		echo 'CREATE FUNCTION long() RETURNS int LANGUAGE plpgsql AS $$ BEGIN'
		for i in {1..100}; do echo "  PERFORM $i;"; done
		echo 'RETURN 1; END $$;'
		printf "CREATE TABLE wide (a text DEFAULT '%s');\n" "$(printf 'ü%.0s' {1..600})"
	} >db/schema/functions/long.sql
	ok git postkit plan
	has 'more lines, which --sql shows' 'PERFORM 20;' ' ...'
	hasnt 'PERFORM 90;' $'\xef\xbf\xbd'
	iconv -f UTF-8 -t UTF-8 <<<"$output" >/dev/null
	run --separate-stderr git postkit plan --sql
	has 'PERFORM 90;'
}

@test "what a name or a body holds cannot reach the terminal as it is" {
	printf 'CREATE TABLE "a\e[31mred\rb\tc\u202e" (x int DEFAULT 1, "new\nline" text);\nCOMMENT ON TABLE "a\e[31mred\rb\tc\u202e" IS $$\e]0;title\a$$;' \
		>db/schema/tables/odd.sql
	run git postkit plan
	hasnt $'\e' $'\r' $'\a' $'\u202e'
	has '\x1B[31mred\x0Db' '\xE2\x80\xAE'
	run git postkit plan --stat
	hasnt $'\e' $'\r' $'\u202e'
}

@test "a body that is not valid is an error with its place; those that stay as they are, are left alone" {
	cat >db/schema/functions/later.sql <<-'SQL'
		CREATE FUNCTION uses_later() RETURNS int LANGUAGE sql AS 'SELECT a FROM later';
		CREATE TABLE later (a int);
		CREATE FUNCTION broken(x int) RETURNS int LANGUAGE plpgsql AS $$
		BEGIN
			IF x > 1 THEN
				RETURN 2
			END IF;
		END $$;
	SQL
	fails 128 git postkit plan
	has 'db/schema/functions/later.sql:7' "the body of 'broken' is not valid" 'syntax error'
	sed -i 's/RETURN 2/RETURN 2;/; s/SELECT a/SELECT missing/' db/schema/functions/later.sql
	fails 128 git postkit plan
	has 'db/schema/functions/later.sql:1' "'uses_later'" 'missing'
	sed -i '1i SET check_function_bodies = off;' db/schema/functions/later.sql
	ok git postkit plan
	rm db/schema/functions/later.sql
	# broken on production already
	sql shop "SET ROLE shop; SET check_function_bodies = off; CREATE FUNCTION old() RETURNS int LANGUAGE sql AS 'SELECT nothing FROM nowhere'"
	git postkit abort --yes >/dev/null
	git postkit start --fresh >/dev/null
	git postkit diff db/schema prod 2>/dev/null | sed '/^SET/d' >db/schema/functions/old.sql
	ok git postkit plan
	has 'nothing to change'
}

@test "a planned statement that fails is shown itself, with what to do" {
	sed -i 's/email text NOT NULL/email text NOT NULL,\n    twice text/' db/schema/tables/users.sql
	ok git postkit plan
	ok git postkit apply
	ok git postkit commit -m twice
	psql "$(git postkit url)" -qX -c "UPDATE users SET twice = 'x'"
	sed -i 's/    twice text/    twice text UNIQUE/' db/schema/tables/users.sql
	ok git postkit plan --online never
	fails 128 git postkit apply
	has 'a planned statement fails on the clone' 'users_twice_key' 'in: ALTER TABLE public.users ADD CONSTRAINT users_twice_key' 'rows stand in the way'
	hasnt 'plan.sql'
}

@test "rights that an owner has not are taken last, and lent where something has to be done" {
	cat >db/schema/vault.sql <<-'SQL'
		CREATE SCHEMA vault;
		REVOKE ALL ON SCHEMA vault FROM shop;
		CREATE TABLE vault.keys (id bigint PRIMARY KEY, user_id bigint REFERENCES public.users);
	SQL
	ok git postkit plan --sql
	has 'REVOKE CREATE, USAGE ON SCHEMA vault FROM shop'
	[ "$(line_of 'FOREIGN KEY')" -lt "$(line_of 'REVOKE')" ]
	ok git postkit plan --down
	[ "$(line_of 'GRANT CREATE, USAGE ON SCHEMA vault TO shop')" -lt "$(line_of 'DROP TABLE')" ]
}
