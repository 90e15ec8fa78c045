#!/usr/bin/env bats
# Schemas that plans keep in the local server, to start from the next time.

load ../lib/common

setup_file() {
	common_setup
	pg_start
	pg_createdb shop
	sql shop 'CREATE TABLE users (id int PRIMARY KEY, email text NOT NULL);
		CREATE TABLE orders (id int PRIMARY KEY, user_id int REFERENCES users);
		CREATE VIEW spending AS SELECT user_id, count(*) FROM orders GROUP BY 1'
	new_repo app
	git postkit init --no-hooks >/dev/null
	git postkit remote add prod "$(pg_url shop)" --default 2>/dev/null
	git postkit import --yes >/dev/null 2>&1
	commit_all import
	git switch -q -c work
	git postkit start 2>/dev/null
}

setup() { cd "$T/app" || return 1; }

# of any database of the local server
local_sql() { psql "$(git postkit url | sed "s,/pk_clone_[0-9a-f]*,/$1,")" -X -qAt -v ON_ERROR_STOP=1 -c "$2"; }
kept() {
	local_sql "$(git postkit url | sed 's,.*/\(pk_clone_[0-9a-f]*\).*,\1,')" \
		"SELECT datname FROM pg_database WHERE shobj_description(oid, 'pg_database') LIKE '%\"kept\"%' ORDER BY 1"
}

@test "a plan keeps what the files mean and the schema of the clone; the next one makes no more" {
	sed -i 's/    email text NOT NULL/    email text NOT NULL,\n    age integer/' db/schema/tables/users.sql
	local sql
	sql=$(git postkit plan --sql 2>/dev/null)
	[[ $sql == *'ADD COLUMN age integer'* ]] || tell "$sql"
	equal "$(kept | wc -l)" 2
	equal "$(git postkit plan --sql 2>/dev/null)" "$sql"
	equal "$(kept | wc -l)" 2
}

@test "other files are loaded anew, and proved on the schema that was kept" {
	sed -i 's/    age integer/    age bigint/' db/schema/tables/users.sql
	ok git postkit plan --sql
	has 'ADD COLUMN age bigint'
	equal "$(kept | wc -l)" 3
	ok git postkit plan
	has 'proved on a copy of the schema'
}

@test "a kept schema that somebody changed is found out, and is not used" {
	local sql db
	sql=$(git postkit plan --sql 2>/dev/null)
	for db in $(kept); do
		local_sql "$db" 'CREATE TABLE public.stray (id int); ALTER TABLE public.orders ADD stray int'
	done
	equal "$(git postkit plan --sql 2>/dev/null)" "$sql"
}

@test "no more than a few are kept, and gc drops them with the last session" {
	local i
	for i in 1 2 3 4 5; do
		sed -i "s/    age [^,]*/    age varchar($i)/" db/schema/tables/users.sql
		ok git postkit plan
	done
	equal "$(kept | wc -l)" 4
	git checkout -q -- db
	git postkit abort --yes 2>/dev/null
	ok git postkit gc --dry-run
	has kept 'no session is left'
}
