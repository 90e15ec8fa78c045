#!/usr/bin/env bats
# The dry run of a deploy goes back and comes again: what has no way back on the data is refused, what is lost on it is told.
# The tests build on each other.

load ../lib/common

setup_file() {
	shop_start <<-'SQL'
		CREATE TABLE users (id int PRIMARY KEY, email text NOT NULL, "n ick" text);
		INSERT INTO users SELECT i, 'u' || i || '@x', 'n' || i FROM generate_series(1, 300) i;
	SQL
	imported_repo app "$(shop_url)"
	mkdir -p db/checks db/schema/seeds
	echo 'SELECT count(*) FROM users' >db/checks/users.sql
	echo "INSERT INTO users VALUES (1000, 'seeded') ON CONFLICT DO NOTHING" >db/schema/seeds/one.sql
	printf -- '-- postkit:expect may-change\nSELECT email FROM users WHERE id = 300' >>db/checks/last.sql
	sed -i '1i -- postkit:expect may-change' db/checks/users.sql
	commit_all import
	git postkit deploy --yes
	n=$(date -u +%Y%m%d%H%M%S)
	export n
}

setup() { cd "$T/app" || return 1; }

production() { git postkit fingerprint "$(pg_url shop)"; }
# by_hand NAME UP DOWN [MARK]: the migration after those that are there, without a header.
by_hand() {
	local count
	count=$(find db/migrations -name '*.sql' | wc -l)
	printf -- '%s\n-- migrate:up%s\n%s\n-- migrate:down%s\n%s\n' "${4-}" "${5-}" "$2" "${5-}" "$3" >"db/migrations/$((n + count))_$1.sql"
	commit_all "$1"
}
drop_last() { git reset -q --hard HEAD~1; }
back() { sed -n "/\"way_back\":/,/^	}/s/^\t\t\"$1\":[[:space:]]*\(.*\)/\1/p" <<<"$output" | sed 's/,$//'; }

@test "what leads back to the same schema and data is proven, whatever seeds come after" {
	by_hand one 'ALTER TABLE users ADD age int DEFAULT 7' 'ALTER TABLE users DROP age'
	by_hand two 'CREATE INDEX CONCURRENTLY by_age ON users (age)' 'DROP INDEX CONCURRENTLY by_age' '' ' transaction:false'
	by_hand three "UPDATE users SET email = upper(email)" "UPDATE users SET email = lower(email)" '-- postkit:allow-file unbatched-dml: small'
	local before
	before=$(production)
	ok git postkit deploy --dry-run
	has 'way back: 3 migrations back and again in' 'to the same schema and the same data'
	equal "$(production)" "$before"
	run git postkit deploy --dry-run --json
	equal "$(back result)" '"proven"'
	equal "$(back migrations)" 3
	equal "$(sql shop "SELECT count(*) FROM pg_class WHERE relname = 'rollbacks'")" 0
	ok git postkit deploy --yes
	equal "$(sql shop 'SELECT count(*), min(age) FROM users')" '301|7'
}

@test "what no transaction of ours holds is looked at from beside" {
	by_hand slow "CREATE FUNCTION slow(int) RETURNS int IMMUTABLE LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(0.002); RETURN \$1; END'" \
		'DROP FUNCTION slow'
	by_hand procedure "CREATE PROCEDURE commits() LANGUAGE plpgsql AS 'BEGIN LOCK TABLE users IN SHARE MODE; PERFORM pg_sleep(0.6); COMMIT; END'" \
		'DROP PROCEDURE commits'
	by_hand beside "CREATE INDEX CONCURRENTLY users_slow ON users (slow(id));
		DO 'BEGIN BEGIN LOCK TABLE users; PERFORM pg_sleep(0.6); RAISE division_by_zero; EXCEPTION WHEN division_by_zero THEN NULL; END; END';
		CALL commits();
		SET vacuum_cost_delay = 50; SET vacuum_cost_limit = 1; VACUUM (DISABLE_PAGE_SKIPPING) users;" \
		'DROP INDEX CONCURRENTLY users_slow' '' ' transaction:false'
	run --separate-stderr git postkit deploy --dry-run --json --html "$T/beside.html"
	equal "$(jq -c '[.dry_run[-1].statements[] | select(.sql | startswith("SET") | not) | [.sampled, .lock, .relation, (.locks | length > 0), (.locks[0].seconds > 0.1)]]' <<<"$output")" \
		'[[true,"SHARE UPDATE EXCLUSIVE","public.users",true,true],[true,"ACCESS EXCLUSIVE","public.users",true,true],[true,"SHARE","public.users",true,true],[true,"SHARE UPDATE EXCLUSIVE","public.users",true,true]]'
	equal "$(jq -c '[.dry_run[-1].statements[0].phases[].phase] | any(startswith("building index"))' <<<"$output")" true
	grep -q 'sampled from a second connection' "$T/beside.html"
	drop_last
	drop_last
	drop_last
}

@test "what is not brought back is told, and is no reason to refuse" {
	by_hand lossy "UPDATE users SET \"n ick\" = NULL WHERE id < 4; DELETE FROM users WHERE id = 300" \
		"INSERT INTO users VALUES (300, 'another')" '-- postkit:allow-file unbatched-dml: small'
	ok git postkit deploy --dry-run
	has 'to the same schema, but not to the same data' 'public.users' 'db/checks/last.sql:2: other rows than before'
	run git postkit deploy --dry-run --json
	equal "$(back result)" '"loses"'
	drop_last
}

@test "a way back that fails on the data is refused, before anything is done" {
	by_hand fails "ALTER TABLE users DROP CONSTRAINT users_pkey; INSERT INTO users SELECT * FROM users WHERE id = 1" \
		'ALTER TABLE users ADD PRIMARY KEY (id)'
	fails 1 git postkit deploy --yes
	has 'the way back' 'could not create unique index' "-- postkit:irreversible: REASON"
	equal "$(sql shop 'SELECT count(*) FROM users')" 301
	ok git -c postkit.wayBack=never postkit deploy --dry-run
	has 'way back: not tried: postkit.wayBack says never'
	drop_last
}

@test "a way back that leads to another schema is refused" {
	by_hand other 'ALTER TABLE users ADD a int' 'ALTER TABLE users RENAME a TO b'
	fails 1 git postkit deploy --dry-run
	has 'does not lead to the schema that was there before it' 'users.sql'
	drop_last
}

@test "behind what is irreversible nothing is tried" {
	by_hand gone 'ALTER TABLE users DROP "n ick"' 'ALTER TABLE users ADD "n ick" text' \
		$'-- postkit:irreversible: nobody reads them\n-- postkit:allow-file drop-column: nobody reads them'
	by_hand after 'ALTER TABLE users ADD c int' 'ALTER TABLE users DROP c'
	ok git postkit deploy --dry-run
	has 'way back: 1 migration back and again' 'no further: ' 'marked as irreversible: nobody reads them'
	run git postkit deploy --dry-run --json
	equal "$(back result)" '"in part"'
	git -c postkit.wayBack=1ns postkit deploy --dry-run >"$T/out" 2>&1 && return 1
	run cat "$T/out"
	has "postkit.wayBack: '1ns' is neither always, never, nor a time"
	ok git -c postkit.wayBack=0 postkit deploy --dry-run
	has 'way back: not tried: the way there took'
}
