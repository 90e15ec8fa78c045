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
	imported_repo app "$(pg_url shop)" --no-hooks
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

# The database in which the files' meaning is kept: it stays the same one while it follows them.
meaning() {
	local_sql "$(git postkit url | sed 's,.*/\(pk_clone_[0-9a-f]*\).*,\1,')" "SELECT oid FROM pg_database
		WHERE shobj_description(oid, 'pg_database') ~ '\"kept\",\"label\":\"[0-9a-f]+ [0-9a-f]+ ' ORDER BY oid"
}
# The plan leads to what a database has that all files are loaded into.
planned_right() {
	local to
	to=$(git postkit plan --json --allow-destructive 2>/dev/null |
		python3 -c 'import json, sys; d = json.load(sys.stdin); print(d["to"] if d["proved"] else "not proved")')
	equal "$to" "$(git postkit fingerprint db/schema)"
}
# The same, and what was kept of the files before was made use of.
followed() { planned_right && equal "$(meaning)" "$here"; }

@test "what is kept follows files that change, to where loading all of them leads" {
	local here tables=db/schema/tables
	here=$(meaning)
	sed -i 's/    age integer/    age bigint/' $tables/users.sql
	followed
	cat >db/schema/functions/touch.sql <<-'SQL'
		CREATE FUNCTION public.touch() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN NEW.age := 1; RETURN NEW; END$$;
		CREATE TRIGGER touch BEFORE UPDATE ON public.users FOR EACH ROW EXECUTE FUNCTION public.touch();
	SQL
	followed
	sed -i 's/age := 1/age := 2/' db/schema/functions/touch.sql
	followed
	sed -i 's/^    age bigint/    nick text,\n    age bigint/' $tables/users.sql
	followed
	echo "COMMENT ON COLUMN public.users.nick IS 'how they call it';" >>$tables/users.sql
	echo 'GRANT SELECT (nick), UPDATE ON public.users TO PUBLIC;' >db/schema/grants/users.sql
	followed
	echo 'CREATE INDEX by_nick ON public.users (lower(nick)); CREATE INDEX ON public.users (age);' >db/schema/indexes/users.sql
	followed
	sed -i 's/lower(nick)/upper(nick)/' db/schema/indexes/users.sql
	followed
	sed -i 's/(age)/(age, nick)/' db/schema/indexes/users.sql
	followed
	echo "CREATE TYPE public.mood AS ENUM ('sad', 'ok');" >db/schema/enums/mood.sql
	echo 'CREATE TABLE public.days (m public.mood, u public.users); ALTER TABLE public.days ADD note text;' >$tables/days.sql
	followed
	sed -i "s/'sad', /'bad', 'sad', /" db/schema/enums/mood.sql
	followed
	echo 'CREATE TABLE public.guests (from_where text) INHERITS (public.users);' >$tables/guests.sql
	followed
	sed -i 's/^    nick text/    nick varchar(20)/' $tables/users.sql
	followed
	cat >db/schema/views/firsts.sql <<-'SQL'
		CREATE FUNCTION public.first_user() RETURNS public.users BEGIN ATOMIC SELECT u FROM public.users u; END;
		CREATE VIEW public.firsts AS SELECT (public.first_user()).email;
	SQL
	followed
	sed -i 's/    user_id integer/    user_id integer,\n    amount numeric/' $tables/orders.sql
	followed
	rm db/schema/views/firsts.sql $tables/guests.sql
	followed
	rm $tables/days.sql db/schema/enums/mood.sql db/schema/indexes/users.sql db/schema/grants/users.sql db/schema/functions/touch.sql
	sed -i /nick/d $tables/users.sql
	sed -i /amount/d $tables/orders.sql
	followed
}

@test "files are loaded anew where it cannot be told what a change touches" {
	local here
	here=$(meaning)
	# shellcheck disable=SC2016 # it is SQL
	echo 'DO $$BEGIN EXECUTE $x$CREATE TABLE public.hidden AS SELECT * FROM public.users$x$; END$$;' >db/schema/tables/hidden.sql
	planned_right
	[ "$(meaning)" != "$here" ] || tell 'it followed'
	here=$(meaning)
	sed -i 's/    age bigint/    age bigint,\n    size integer/' db/schema/tables/users.sql
	planned_right
	[ "$(meaning)" != "$here" ] || tell 'it followed'
	rm db/schema/tables/hidden.sql
	sed -i '/    size integer/d' db/schema/tables/users.sql
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
		echo "DO 'BEGIN END';" >db/schema/tables/do.sql # so that it is loaded anew
		ok git postkit plan
	done
	equal "$(kept | wc -l)" 4
	git checkout -q -- db
	git postkit abort --yes 2>/dev/null
	ok git postkit gc --dry-run
	has kept 'no session is left'
}
