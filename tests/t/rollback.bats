#!/usr/bin/env bats
# What ran last on production is taken back: its rows are counted, its way is tried on a copy, and whatever kills it, the
# next command knows the truth. The tests build on each other.

load ../lib/common

setup_file() {
	shop_start <<-'SQL'
		CREATE TABLE users (id int PRIMARY KEY, email text NOT NULL);
		INSERT INTO users SELECT i, 'u' || i || '@x' FROM generate_series(1, 300) i;
		CREATE TABLE "odd ""name;--" ("a b" int);
		INSERT INTO "odd ""name;--" VALUES (1), (2);
	SQL
	imported_repo app "$(shop_url)"
	commit_all import
	BASE=$(ls db/migrations)
	export BASE=${BASE%%_*}
}

setup() { cd "$T/app" || return 1; }

production() { git postkit fingerprint "$(pg_url shop)"; }
ran() { sql shop 'SELECT count(*) FROM postkit.schema_migrations'; }
# version WORD: of the migration whose name it is in.
version() { basename "$(ls db/migrations/*"$1"*.sql)" | cut -d_ -f1; }
# migrate NAME FILE SQL: a change of the schema files, planned, tried, committed and deployed.
migrate() {
	[ "$(git branch --list "work-$1")" ] || git switch -q -c "work-$1"
	git postkit start && printf '%s\n' "$3" >>"db/schema/$2" && git postkit plan "${@:4}" && git postkit apply &&
		git postkit commit -m "$1" && git switch -q main && git merge -q "work-$1" && git postkit deploy --yes
}
# by_hand NUMBER NAME UP DOWN: a migration without a header, committed and deployed.
by_hand() {
	printf -- '-- migrate:up\n%s\n-- migrate:down\n%s\n' "$3" "$4" >"db/migrations/$1_$2.sql"
	commit_all "$2"
	git postkit deploy --yes
}

@test "where nothing has run, or all that is to stay, there is nothing to roll back" {
	ok git postkit rollback --to "$BASE" --yes
	has 'nothing to roll back' "$BASE is the last one"
	pg_createdb empty
	git postkit remote add empty "$(pg_url empty)"
	ok git postkit rollback empty --yes
	has 'nothing to roll back' 'no migration has run'
	git postkit remote remove empty
}

@test "what has no way back is refused, with the way out" {
	fails 1 git postkit rollback --yes
	has 'no way back' "${BASE}_" 'git postkit plan'
	equal "$(ran)" 1
}

@test "without a terminal it asks for --yes; a dry run shows the way back and changes nothing" {
	migrate nick tables/users.sql 'ALTER TABLE users ADD COLUMN nick text;'
	local before
	before=$(production)
	fails 128 git postkit rollback
	has '--yes'
	ok git postkit rollback --dry-run --html "$T/back.html"
	has '1 migration to roll back' "after $BASE" 'DROP COLUMN nick' 'locks public.users: ACCESS EXCLUSIVE' 'dry run passed'
	equal "$(production)" "$before"
	run "$ROOT/tests/lib/page" "$T/back.html"
	equal "$status" 0
	in_order 'git postkit rollback: prod' 'The way back was tried and passed' 'What speaks for it' 'DROP COLUMN nick'
	hasnt 'has no way back' 'id="back"'
	equal "$(ran)" 2
	run ! git rev-parse -q --verify refs/postkit/deploys/prod~1
}

@test "the last migration is taken back: schema, tracking table, record; log, status and deploy tell" {
	ok git postkit rollback --yes
	has 'rolling back on' 'rolled back 1 migration'
	equal "$(ran)" 1
	equal "$(production)" "$(git cat-file blob refs/postkit/deploys/prod:record.json | jq -r .to)"
	equal "$(production)" "$(git cat-file blob refs/postkit/deploys/prod~1:record.json | jq -r .from)"
	equal "$(git cat-file blob refs/postkit/deploys/prod:record.json | jq -r '[.kind, .back_to, .complete] | @csv')" "\"rollback\",\"$BASE\",true"
	equal "$(git ls-tree --name-only refs/postkit/deploys/prod:migrations | wc -l)" 1
	equal "$(sql shop 'SELECT count(*), min(version), min(rolled_back_by) FROM postkit.rollbacks')" "1|$(version nick)|shop"
	ok git postkit drift
	ok git postkit log
	in_order nick 'prod  pending, rolled back 20' Ada
	run --separate-stderr git postkit log --json
	equal "$(jq -r '.migrations[0].remotes[0] | [.pending, has("rolled_back"), has("deployed")] | @csv' <<<"$output")" true,true,false
	ok git postkit status
	has '1 of 2 pending'
	ok git postkit deploy --dry-run
	has "$(version nick)" 'had been rolled back there at 20' 'by shop' 'dry run passed'
	run --separate-stderr git postkit deploy --dry-run --json
	equal "$(jq -r '.rolled_back_before | length' <<<"$output")" 1
}

@test "a deploy brings it again, and a second rollback takes it again" {
	ok git postkit deploy --yes
	equal "$(ran)" 2
	ok git postkit log
	hasnt 'rolled back'
	ok git postkit rollback --yes
	ok git postkit deploy --yes
	equal "$(sql shop 'SELECT count(*) FROM postkit.rollbacks')" 2
	equal "$(git rev-list --count refs/postkit/deploys/prod)" 5
}

@test "values in a column that goes are counted, and hold it up until they may go" {
	migrate notes tables/notes.sql 'CREATE TABLE notes (id int PRIMARY KEY, "body; --" text);'
	sql shop "UPDATE users SET nick = 'n' WHERE id <= 12"
	fails 1 git postkit rollback --to "$BASE" --yes
	in_order DROP 'would lose data' 'public.users.nick: the column goes, with 12 values' '--allow-destructive'
	hasnt 'notes: the table goes'
	fails 1 git postkit rollback --to "$BASE" --dry-run
	equal "$(ran)" 3
	run --separate-stderr git postkit rollback --to "$BASE" --dry-run --json --html "$T/refused.html"
	equal "$status" 1
	equal "$(jq -r '[.ok, .lost[0].what, .lost[0].table, .lost[0].column, .lost[0].rows, (.lost | length), .pending[0]] | @csv' <<<"$output")" \
		"false,\"column\",\"public.users\",\"nick\",12,1,\"$(basename db/migrations/*notes*.sql)\""
	run "$ROOT/tests/lib/page" "$T/refused.html"
	equal "$status" 0
	in_order "No: it cannot be rolled back like this" 'would lose data' 'Data that is lost' 'public.users.nick' '12'
}

@test "rows that came after the copy, or are not in it, hold it up too: the remote is asked" {
	sql shop 'UPDATE users SET nick = NULL'
	ok git postkit rollback --to "$BASE" --dry-run
	sql shop 'INSERT INTO notes VALUES (1)'
	run git -c postkit.refresh=never postkit rollback --to "$BASE" --yes
	equal "$status" 1
	has 'public.notes: the table goes, with rows that are there, though not in the copy'
	equal "$(ran)" 3
}

@test "several go in reverse order, with the data that may go" {
	ok git postkit rollback --to "$BASE" --yes --allow-destructive
	in_order 'data that is lost' 'public.notes: the table goes, with 1 row' 'rolling back on' notes nick 'rolled back 2 migrations'
	equal "$(ran)" 1
	equal "$(sql shop "SELECT to_regclass('notes') IS NULL")" t
	ok git postkit drift
	ok git postkit deploy --yes
	equal "$(ran)" 3
}

@test "data is seen to go whatever takes it: a function, TRUNCATE, the fall of a schema, a key that cascades" {
	# shellcheck disable=SC2016 # SQL
	by_hand 20990101000000 odd 'CREATE SCHEMA "s ""x"; CREATE TABLE "s ""x"."t;--" AS SELECT 1 AS a;
		CREATE FUNCTION clear() RETURNS void LANGUAGE sql AS $$ DELETE FROM users WHERE id > 290 $$;
		CREATE TABLE kept AS SELECT generate_series(1, 5) AS a; CREATE TABLE parent (id int PRIMARY KEY); INSERT INTO parent VALUES (1);
		CREATE TABLE child (p int REFERENCES parent ON DELETE CASCADE); INSERT INTO child VALUES (1), (1);' \
		'SELECT clear(); DELETE FROM parent; DROP TABLE child, parent; DROP FUNCTION clear(); ALTER TABLE kept RENAME TO was_kept;
		DO $$ BEGIN EXECUTE format($q$TRUNCATE %I$q$, $q$odd "name;--$q$); END $$; DROP SCHEMA "s ""x" CASCADE; DROP TABLE was_kept;'
	fails 1 git postkit rollback --yes
	has 'public.users: deletes 10 rows' '"s ""x"."t;--": the table goes' 'public."odd ""name;--": deletes rows that were not counted' \
		'public.kept: the table goes, with 5 rows' 'public.child: deletes 2 rows'
	equal "$(sql shop 'SELECT count(*) FROM users')" 300
	ok git postkit rollback --yes --allow-destructive
	equal "$(sql shop 'SELECT count(*) FROM users')" 290
	equal "$(ran)" 3
	git rm -q db/migrations/20990101000000_odd.sql
	commit_all 'without odd'
}

@test "drift, an edited file and one that is not there are refused" {
	sql shop 'CREATE TABLE by_hand (a int)'
	fails 1 git postkit rollback --yes
	has 'is not what its migrations made of it' 'by_hand' '--allow-drift'
	sql shop 'DROP TABLE by_hand'
	local file
	file=$(ls db/migrations/*notes*.sql)
	sed -i 's/^-- migrate:down/-- migrate:down\n-- edited/' "$file"
	commit_all edited
	fails 1 git postkit rollback --yes
	has 'was changed after it ran' 'git cat-file -p'
	git rm -q "$file"
	commit_all gone
	fails 1 git postkit rollback --yes
	has 'does not have' '--commit'
	equal "$(ran)" 3
	ok git postkit rollback --dry-run --commit HEAD~2
	git reset -q --hard HEAD~2
	fails 128 git postkit rollback --to 20010101000000 --yes
	has "no migration '20010101000000' has run"
}

@test "what is marked as irreversible stays, and what came after it can go" {
	by_hand 20990102000000 marked 'CREATE TABLE marked (a int);' 'DROP TABLE marked;'
	git reset -q --hard HEAD~1
	sql shop "DROP TABLE marked; DELETE FROM postkit.schema_migrations WHERE version = '20990102000000'"
	printf -- '-- postkit:irreversible: the old rows are of no use\n-- migrate:up\nCREATE TABLE marked (a int);\n-- migrate:down\nDROP TABLE marked;\n' \
		>db/migrations/20990102000000_marked.sql
	commit_all marked
	git postkit deploy --yes
	by_hand 20990103000000 later 'CREATE TABLE later (a int);' 'DROP TABLE later;'
	fails 1 git postkit rollback --yes --to "$BASE"
	has '20990102000000_marked.sql: marked as irreversible: the old rows are of no use' '--to 20990102000000 goes back as far'
	ok git postkit rollback --yes
	fails 1 git postkit rollback --yes --allow-destructive
	has 'marked as irreversible' 'a new migration'
	git reset -q --hard HEAD~2
	sql shop "DROP TABLE marked; DELETE FROM postkit.schema_migrations WHERE version = '20990102000000'"
}

# hold TABLE: read by a session of its own, until let_go; nobody can change it then.
hold() {
	psql "$(pg_url shop)" -X -q -c "SET application_name = 'holder'; BEGIN; LOCK TABLE $1 IN ACCESS SHARE MODE; SELECT pg_sleep(600)" >/dev/null 2>&1 3>&- &
	until_true holds
}
holds() { sql shop "SELECT 1 / count(*) FROM pg_stat_activity WHERE application_name = 'holder' AND wait_event = 'PgSleep'"; }
# Until nobody holds it.
let_go() { sql shop "SELECT pg_terminate_backend(pid, 60000) FROM pg_stat_activity WHERE application_name = 'holder'" >/dev/null; }
waits() { sql shop "SELECT 1 / count(*) FROM pg_stat_activity WHERE application_name = 'git postkit rollback' AND wait_event_type = 'Lock'"; }
nobody() { sql shop "SELECT 1 / (1 - least(1, count(*))) FROM pg_stat_activity WHERE application_name = 'git postkit rollback'"; }
notes_gone() { sql shop "SELECT 1 / (1 - count(*)) FROM pg_class WHERE relname = 'notes'"; }

@test "killed between two migrations: the next command tells the truth, and goes on where it was" {
	local pid
	hold users
	git-postkit rollback --to "$BASE" --yes >"$T/killed" 2>&1 3>&- &
	pid=$!
	until_true notes_gone
	until_true waits
	kill -9 "$pid"
	sql shop "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'git postkit rollback'" >/dev/null
	let_go
	until_true nobody
	equal "$(ran)" 2
	ok git postkit status --fetch
	has '1 of 3 pending' notes
	ok git postkit deploy --dry-run
	has 'notes.sql had been rolled back there' '1 pending migration'
	ok git postkit rollback --yes
	has 'an earlier rollback of' 'it is recorded now' '1 migration to roll back' 'rolled back 1 migration'
	equal "$(ran)" 1
	equal "$(git cat-file blob refs/postkit/deploys/prod~1:record.json | jq -r '[.kind, .complete, (.migrations | length)] | @csv')" '"rollback",false,1'
	ok git postkit drift
	ok git postkit deploy --yes
	equal "$(ran)" 3
}

@test "killed when all was done but the record: the same command again takes nothing more" {
	local record
	ok git postkit rollback --yes
	equal "$(ran)" 2
	record=$(git rev-parse refs/postkit/deploys/prod~1)
	# As it is left when it is killed before the record: the journal is there, the record is not.
	mkdir -p .git/postkit/deploys
	jq '{schema: 1, started: .started, from: .from, back_to: .back_to, versions: [.migrations[].version]}' \
		<<<"$(git cat-file blob refs/postkit/deploys/prod:record.json)" >.git/postkit/deploys/prod.json
	git update-ref refs/postkit/deploys/prod "$record"
	ok git postkit rollback --yes
	has 'an earlier rollback of' 'it is recorded now' 'nothing to roll back'
	equal "$(ran)" 2
	equal "$(git rev-parse refs/postkit/deploys/prod~1)" "$record"
	ok git postkit deploy --yes
	equal "$(ran)" 3
}

@test "killed, and its lock is still held there: whoever gets it next writes the record" {
	local journal=.git/postkit/deploys/prod.json
	ok git postkit rollback --yes
	jq '{schema: 1, started: .started, from: .from, back_to: .back_to, versions: [.migrations[].version]}' \
		<<<"$(git cat-file blob refs/postkit/deploys/prod:record.json)" >"$journal"
	git update-ref refs/postkit/deploys/prod refs/postkit/deploys/prod~1
	psql "$(pg_url shop)" -X -q -c "SET application_name = 'holder'; SELECT pg_advisory_lock(1886352244, 1802073088), pg_sleep(600)" \
		>/dev/null 2>&1 3>&- &
	until_true holds
	fails 128 git postkit deploy --yes --max-wait 1
	in_order "another deploy to 'prod' is running: pid " '(holder, user postgres)'
	hasnt 'since  UTC'
	[ -e "$journal" ]
	git-postkit deploy --yes >"$T/next" 2>&1 3>&- &
	until_true grep -q 'waiting for another deploy' "$T/next"
	let_go
	wait %git-postkit
	grep -q 'an earlier rollback of .* it is recorded now' "$T/next"
	[ ! -e "$journal" ]
	equal "$(git log --format=%s -2 refs/postkit/deploys/prod | wc -l)" 2
	equal "$(git cat-file blob refs/postkit/deploys/prod~1:record.json | jq -r .kind)" rollback
	equal "$(git cat-file blob refs/postkit/deploys/prod:record.json | jq -r .kind)" null
	equal "$(ran)" 3
}

@test "two at once: the second waits, says for whom, and touches nothing" {
	hold notes
	git-postkit rollback --yes >"$T/first" 2>&1 3>&- &
	until_true waits
	fails 128 git postkit rollback --yes --allow-destructive --max-wait 1
	has "another deploy to 'prod' is running: " 'git postkit rollback'
	equal "$(ran)" 3
	let_go
	wait %git-postkit || :
	until_true nobody
	equal "$(ran)" 2
	grep -q 'rolled back 1 migration' "$T/first"
	ok git postkit deploy --yes
}

@test "outside a transaction: half way it stays so, is gone on with, and deploy leaves it alone" {
	printf -- '-- migrate:up transaction:false\n%s\n-- migrate:down transaction:false\n%s\n%s\n%s\n' \
		'CREATE INDEX CONCURRENTLY users_email ON users (email);' 'DROP INDEX CONCURRENTLY users_email;' \
		"SELECT 1 / (1 - count(*)) FROM pg_stat_activity WHERE application_name = 'holder';" 'SELECT 3;' \
		>db/migrations/20990104000000_email.sql
	commit_all email
	git postkit deploy --yes
	hold '"odd ""name;--"'
	fails 128 git postkit rollback --yes
	has 'division by zero' '1 of 3 statements are done' "--to $(version notes) goes on after them"
	let_go
	equal "$(sql shop "SELECT state FROM postkit.schema_migrations WHERE version = '20990104000000'")" 'rolling back 1'
	fails 1 git postkit deploy --yes
	has 'rollback of migration' 'has not come to its end' 'git postkit rollback prod goes on'
	ok git postkit drift
	has 'half way' 'git postkit rollback'
	ok git postkit status --fetch
	has '1 of 4 pending' 'half way: 20990104000000_email.sql: its rollback was begun'
	fails 1 git postkit rollback --to 20990104000000 --yes
	has 'cannot stay' 'half way'
	ok git postkit rollback --yes
	has 'was begun by an earlier rollback' 'rolled back 1 migration'
	equal "$(ran)" 3
	equal "$(sql shop "SELECT count(*) FROM pg_class WHERE relname = 'users_email'")" 0
	ok git postkit deploy --yes
	equal "$(ran)" 4
}
