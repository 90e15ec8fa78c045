#!/usr/bin/env bats
# What was done on a remote by other means: adopted as a migration that is recorded there and not run, or undone.

load ../lib/common

setup_file() {
	common_setup
	pg_start
	pg_createdb shop
	sql shop <<-'SQL'
		CREATE TABLE users (id int PRIMARY KEY, email text NOT NULL);
		CREATE TABLE orders (id int PRIMARY KEY, at date);
		CREATE VIEW recent AS SELECT id FROM orders;
	SQL
	imported_repo shop "$(pg_url shop)" --no-hooks
	commit_all import
	git push -q
	pg_createdb other
}

statements() { sed -nE 's/.*(statement|execute [^:]*): //p' "$T/prod/log" | grep -cE '^(CREATE|ALTER|DROP|INSERT|UPDATE|DELETE|TRUNCATE)'; }

@test "drift --adopt writes what was done on production into the schema files and a migration, and only reads there" {
	cd "$T/shop"
	ok git postkit drift --adopt
	has "'prod' has not drifted"
	sql shop <<-'SQL'
		CREATE INDEX users_email_idx ON users (email);
		ALTER TABLE users ADD COLUMN phone text;
		DROP VIEW recent;
		CREATE TABLE audit (what text, "a ""quoted"" name" int);
	SQL
	# A file that was changed by hand, too: the two changes are merged.
	sed -i '1s/^/-- who buys\n/' db/schema/tables/users.sql
	commit_all comment
	fails 1 git postkit drift
	has 'drift --adopt writes' '--revert prints'
	local before
	before=$(statements)
	ok git postkit drift --adopt
	has 'changed db/schema/tables/users.sql' 'changed db/schema/tables/audit.sql' 'changed db/schema/views/recent.sql' \
		'proved on a copy, forth and back' 'records the migration there and does not run it'
	equal "$(statements)" "$before"
	[ ! -e db/schema/views/recent.sql ]
	equal "$(head -n 1 db/schema/tables/users.sql)" '-- who buys'
	grep -q phone db/schema/tables/users.sql
	grep -qx -- '-- postkit:adopted: prod' db/migrations/*_drift_of_prod.sql
	[ -z "$(find .git -maxdepth 1 -name 'postkit-merge*')" ]
	commit_all adopt
	# It cannot be done in another way any more: what check has to say of it refuses nothing.
	ok git postkit check HEAD~1..HEAD
	has 'warning: SHARE lock on public.users'
	ok git postkit drift
	has 'drift_of_prod.sql is in it already; the next deploy records that'

	before=$(sql shop "SELECT oid FROM pg_class WHERE relname = 'audit'")
	ok git postkit deploy --dry-run
	ok git postkit deploy --yes
	has 'it is recorded there, not run' "recorded $(cd db/migrations && echo *_drift_of_prod.sql) on 'prod'"
	equal "$(sql shop "SELECT oid FROM pg_class WHERE relname = 'audit'")" "$before"
	equal "$(sql shop "SELECT count(*) FROM postkit.schema_migrations WHERE name = 'drift_of_prod' AND state = 'applied'")" 1
	ok git postkit drift
	hasnt 'is in it already'
	ok git postkit log
	in_order 'drift_of_prod' 'adopted'
	ok git postkit deploy --yes
	has 'nothing is pending'
	# Where it was not done it runs.
	git postkit remote add other "$(pg_url other)"
	ok git postkit deploy --yes other
	equal "$(git postkit fingerprint other)" "$(git postkit fingerprint prod)"
}

@test "what is adopted comes before what is pending, once both are merged" {
	cd "$T/shop"
	git push -q origin main
	sql shop 'ALTER TABLE orders ADD COLUMN paid boolean'
	git switch -q -c feature
	printf 'CREATE TABLE public.tags (id integer NOT NULL);\n' >db/schema/tables/tags.sql
	local from
	from=$(tail -qn +1 db/migrations/*.sql | sed -n 's/^-- postkit: from .* to \([0-9a-f]*\) .*/\1/p' | tail -n 1)
	printf -- '-- postkit: from %s to %s (pg15)\n-- migrate:up\nCREATE TABLE public.tags (id integer NOT NULL);\n-- migrate:down\nDROP TABLE public.tags;\n' \
		"$from" "$(git postkit fingerprint db/schema)" >db/migrations/20270101000000_tags.sql
	commit_all tags
	# What is pending must run behind it.
	local tags=db/migrations/20270101000000_tags.sql
	sed -i 's/^CREATE TABLE public.tags.*/&\nALTER TABLE public.orders ADD COLUMN paid boolean;/' $tags
	commit_all clash
	fails 1 git postkit drift --adopt prod
	has "'20270101000000_tags.sql' is pending, and fails behind what was done on 'prod'" 'column "paid"' '--revert prints how'
	[ -z "$(git status --porcelain)" ]
	git reset -q --hard HEAD~1
	git push -q origin feature:main
	ok git postkit drift --adopt prod
	has 'changed db/schema/tables/orders.sql' 'git postkit sync then puts the 1 pending migration behind it'
	hasnt 'tags.sql' 'users.sql'
	# Columns stay in the order that they have in the files.
	equal "$(git diff -U0 db/schema | sed -n 's/^[-+] *//p' | grep -v '^[-+]')" 'paid boolean,'
	equal "$(echo db/migrations/* | tr ' ' '\n' | tail -n 1)" "$tags"
	commit_all 'adopt before what is pending'
	ok git postkit sync
	has 'stays, since it ran on prod' 'behind it: 20270101000000_tags.sql'
	ok git postkit deploy --dry-run prod
	has 'it is recorded there, not run' 'dry run passed: 1 migration can be deployed'
	# Or on a branch that starts where production is.
	git reset -q --hard HEAD~2
	git switch -q main
	ok git postkit drift --adopt --json prod
	equal "$(jq -r '.schema_files[]' <<<"$output")" db/schema/tables/orders.sql
	equal "$(jq -r .file <<<"$output")" "$(echo db/migrations/*_drift_of_prod.sql | tr ' ' '\n' | tail -n 1)"
	commit_all 'adopt again'
	git fetch -q
	git merge -q --no-edit origin/main
	ok git postkit sync
	has 'stays, since it ran on prod' 'behind it: 20270101000000_tags.sql'
	ok git postkit deploy --yes prod
	has 'it is recorded there, not run' "deployed 1 migration to 'prod'"
	ok git postkit drift prod
}

@test "schema files that cannot be changed by themselves are told, and what was written by hand is taken as it is" {
	cd "$T/shop"
	cat db/schema/tables/*.sql >db/schema/all.sql
	git rm -q -r db/schema/tables
	commit_all 'one file'
	sql shop 'ALTER TABLE orders ADD COLUMN gift boolean'
	fails 1 git postkit drift --adopt prod
	has "the schema files cannot be changed by themselves" '~ public/table/orders.sql' 'by hand'
	[ -z "$(git status --porcelain)" ]
	sed -i 's/paid boolean/paid boolean, gift boolean/' db/schema/all.sql
	ok git postkit drift --adopt prod
	has 'the schema files mean it already'
	commit_all 'adopt by hand'
	ok git postkit deploy --yes prod
}

@test "drift --revert prints what undoes it, and nothing is written" {
	cd "$T/shop"
	sql shop 'ALTER TABLE orders DROP COLUMN gift; CREATE SCHEMA "ev	il"'
	git postkit drift --revert prod >"$T/revert.sql"
	grep -q 'ADD COLUMN gift boolean' "$T/revert.sql"
	[ -z "$(git status --porcelain)" ]
	# It is a file that psql can run as it is, up to the way back.
	sed '/^-- migrate:down/,$d' "$T/revert.sql" | sql shop
	ok git postkit drift prod
	fails 129 git postkit drift --revert --adopt prod
	fails 129 git postkit drift --adopt --commit HEAD prod
	git update-ref -d refs/postkit/fingerprints
	git for-each-ref --format='delete %(refname)' refs/postkit/sessions | git update-ref --stdin
	sql shop 'DROP TABLE audit'
	fails 128 git postkit drift --adopt prod
	has 'is not in this repository' 'git postkit records fetch'
}
