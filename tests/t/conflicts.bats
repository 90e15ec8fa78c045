#!/usr/bin/env bats
# Rows that contradict what a migration asks of them are counted and shown, before and when it fails.

load ../lib/common

setup_file() {
	shop_start <<-'SQL'
		CREATE DOMAIN code AS text;
		CREATE TABLE users (id int PRIMARY KEY, email text, "Age" text, code code);
		INSERT INTO users SELECT i, CASE WHEN i % 100 = 0 THEN NULL ELSE 'u' || i % 90 END, CASE WHEN i % 40 = 0 THEN 'n/a' ELSE '7' END,
			CASE WHEN i > 290 THEN '' ELSE 'c' END FROM generate_series(1, 300) i;
		CREATE TABLE orders (user_id int, "odd ""ref" int, total int);
		INSERT INTO orders SELECT CASE WHEN i > 90 THEN 1000 + i ELSE i END, NULLIF(i % 3, 0), i - 5 FROM generate_series(1, 100) i;
		CREATE TABLE parts (id int, at int, PRIMARY KEY (id, at)) PARTITION BY RANGE (at);
		CREATE TABLE parts_1 PARTITION OF parts FOR VALUES FROM (0) TO (100);
		INSERT INTO parts SELECT i, i FROM generate_series(1, 50) i;
		CREATE TABLE base (id int, user_id int);
		CREATE TABLE heir () INHERITS (base);
		INSERT INTO base VALUES (1, 1), (2, 2), (2, 3), (3, 9000);
		INSERT INTO heir VALUES (1, 8000);
	SQL
	imported_repo app "$(shop_url)"
	commit_all import
	git push -q
	git switch -q -c work
	git postkit start
}

setup() {
	cd "$T/app" || return 1
	git postkit migration --json | jq -r '.migrations[] | select(.state == "waiting") | .number' |
		xargs -r -n 1 git postkit migration --remove
}

# meets SQL ROWS TEXT...: as a hand-written migration it fails on the clone; the error says all this, and the first query
# that it gives lists so many rows.
meets() {
	printf -- '-- migrate:up%s\n%s\n-- migrate:down\n' "${OUTSIDE-}" "$1" >"$T/try.sql"
	ok git postkit migration try --file "$T/try.sql"
	fails 128 git postkit apply
	has "${@:3}"
	awk '/ in the way$/ || /^hint: / { on = 0 } sub(/^ *all of them: /, "") && !n++ { on = 1 } on' <<<"$output" >"$T/list.sql"
	equal "$(psql "$(git postkit url)" -X -qAt -v ON_ERROR_STOP=1 -f "$T/list.sql" | wc -l)" "$2"
	ok git postkit migration --remove "$(git postkit migration --json | jq -r '.migrations[] | select(.state == "waiting") | .number')"
}

@test "duplicates of a new unique key, primary key or index" {
	meets 'ALTER TABLE users ADD CONSTRAINT one_email UNIQUE (email)' 90 'UNIQUE one_email of users: 297 rows stand in the way' \
		'email = u1, rows = 4'
	meets "CREATE UNIQUE INDEX one ON users (lower(email), (id / 1000)) WHERE id > 200" 9 'UNIQUE one of users: 18 rows' 'lower(email) = u21, id / 1000 = 0, rows = 2'
	OUTSIDE=' transaction:false' meets 'CREATE UNIQUE INDEX CONCURRENTLY one ON public.users (email)' 90 'UNIQUE one of public.users: 297 rows'
	psql "$(git postkit url)" -X -q -c 'DROP INDEX IF EXISTS public.one'
	meets 'ALTER TABLE users DROP CONSTRAINT users_pkey, ADD PRIMARY KEY (email)' 90 'PRIMARY KEY of users: 297 rows' 'NOT NULL of email of users: 3 rows'
}

@test "nulls of a key, of NOT NULL, and of a new column without a default" {
	meets 'ALTER TABLE users ALTER email SET NOT NULL' 3 'NOT NULL of email of users: 3 rows stand in the way' 'id = 100, email = NULL'
	meets 'ALTER TABLE orders ADD PRIMARY KEY ("odd ""ref")' 2 'NOT NULL of "odd ""ref" of orders: 33 rows' 'ctid = (0,3), odd "ref = NULL'
	meets 'ALTER TABLE users ADD COLUMN must int NOT NULL' 300 'new column must of users: 300 rows'
}

@test "orphans of a foreign key, also of one that is proven later" {
	meets 'ALTER TABLE orders ADD CONSTRAINT orders_user FOREIGN KEY (user_id) REFERENCES users' 10 \
		'FOREIGN KEY orders_user of orders: 10 rows' 'user_id = 1091'
	OUTSIDE=' transaction:false' meets 'ALTER TABLE orders ADD CONSTRAINT orders_user FOREIGN KEY (user_id) REFERENCES users NOT VALID;
		ALTER TABLE orders VALIDATE CONSTRAINT orders_user' 10 'FOREIGN KEY orders_user of orders: 10 rows'
	psql "$(git postkit url)" -X -q -c 'ALTER TABLE public.orders DROP CONSTRAINT orders_user'
}

@test "a key and a foreign key hold for a table's own rows, not for those of its heirs" {
	meets 'ALTER TABLE base ADD UNIQUE (id)' 1 'UNIQUE of base: 2 rows'
	meets 'ALTER TABLE base ADD FOREIGN KEY (user_id) REFERENCES users' 1 'FOREIGN KEY of base: 1 row'
	meets 'ALTER TABLE base ADD CHECK (user_id < 5000)' 2 'CHECK of base: 2 rows'
}

@test "rows that break a check, on all partitions, and a domain's" {
	meets 'ALTER TABLE orders ADD CONSTRAINT positive CHECK (total >= 0)' 4 'CHECK positive of orders: 4 rows'
	meets 'ALTER TABLE parts ADD CHECK (at > 10)' 10 'CHECK of parts: 10 rows' 'id = 1, at = 1'
	meets "ALTER DOMAIN code ADD CONSTRAINT said CHECK (VALUE <> '')" 10 'domain code of public.users: 10 rows' 'id = 291, code = '
}

@test "values that another type cannot hold; nothing is cut in silence" {
	meets 'ALTER TABLE users ALTER "Age" TYPE int USING "Age"::int' 7 'type integer of column "Age" of users: 7 rows' 'id = 40, Age = n/a'
	meets 'ALTER TABLE users ALTER email TYPE varchar(2)' 258 'type character varying(2) of column email of users: 258 rows'
	meets 'ALTER TABLE users ALTER id TYPE smallint USING users.id * 200' 137 'type smallint of column id of users: 137 rows'
}

@test "what an earlier statement of the migration did is seen" {
	meets "UPDATE users SET email = NULL WHERE id <= 20; ALTER TABLE users ALTER email SET NOT NULL" 3 'NOT NULL of email of users: 23 rows'
}

@test "hostile values and names are shown tame and short" {
	clone='UPDATE users SET email = E'"'"'\x1b[31m\n'"'"' || repeat('"'x'"', 500) WHERE id <= 6'
	meets "$clone; ALTER TABLE users ADD UNIQUE (email)" 90 'email = \x1B[31m\x0A' 'xxx..., rows = 6'
	[[ $output != *$'\x1b'* ]] || tell 'an escape sequence came through'
}

@test "plan says what rows its steps will meet, and apply meets them" {
	sed -i 's/email text/email text NOT NULL/; s/"Age" text/"Age" integer/' db/schema/tables/users.sql
	cat >>db/schema/tables/users.sql <<-'SQL'
		ALTER TABLE public.users ADD CONSTRAINT one_email UNIQUE (email);
		ALTER TABLE public.orders ADD CONSTRAINT orders_user FOREIGN KEY (user_id) REFERENCES public.users;
		ALTER TABLE public.orders ADD CONSTRAINT positive CHECK (total >= 0);
	SQL
	local how
	for how in never always; do
		ok git postkit plan --online=$how
		has 'NOT NULL of email of public.users: 3 rows' 'type integer of column "Age" of public.users: 7 rows' \
			'of public.users: 297 rows' 'FOREIGN KEY orders_user of public.orders: 10 rows' 'CHECK positive of public.orders: 4 rows' 'git postkit migration NAME --first'
		equal "$(grep -c 'in the way' <<<"$output")" 5
	done
	run --separate-stderr git postkit plan --json
	equal "$(jq -c '.conflicts | map(.rows) | sort' <<<"$output")" '[3,4,7,10,297]'
	fails 128 git postkit apply
	has 'in the way'
	git checkout -q db
}

@test "a plan whose rows are in order says nothing" {
	sed -i 's/email text/email text CHECK (email <> '"''"'), more text DEFAULT '"'x'"' NOT NULL/' db/schema/tables/users.sql
	echo 'CREATE UNIQUE INDEX one ON public.users (id, email);' >>db/schema/tables/users.sql
	ok git postkit plan
	hasnt 'in the way'
	git checkout -q db
}
