#!/usr/bin/env bats
# git postkit lint --fix: what is rewritten, what stays byte for byte, and what is refused.

# shellcheck disable=SC2154 # $stderr comes from run
load ../lib/common
load ../lib/sections

setup_file() {
	common_setup
	pg_start
}

setup() { cd "$T" || return 1; }

# project NAME: a repository with a migration that makes tables, and room behind it.
project() {
	new_repo "$1"
	mkdir -p db/migrations
	cat >db/migrations/20260101000000_base.sql <<-'SQL'
		-- migrate:up
		CREATE TABLE customers (id bigint PRIMARY KEY, email text, code int);
		CREATE TABLE orders (id bigint, customer_id bigint, total numeric, note text);
		CREATE INDEX by_note ON orders (note);
		-- migrate:down
		DROP TABLE orders;
		DROP TABLE customers;
	SQL
	M=db/migrations/20260102000000_keys.sql
}

# migration [FOLDER]: standard input as the migration, from which a copy is kept.
migration() {
	cat >"$M"
	cp "$M" "$T/original.sql"
}

schema() { git postkit fingerprint "$(pg_url "$1")" 2>/dev/null; }

# The files lead where the original did, and each of them back to where it began.
proves() { # NAME
	local db=$1 file steps=() i
	pg_createdb "${db}_a"
	run_section "${db}_a" db/migrations/20260101000000_base.sql up
	run_section "${db}_a" "$T/original.sql" up
	pg_createdb "${db}_b"
	run_section "${db}_b" db/migrations/20260101000000_base.sql up
	for file in db/migrations/20260102*.sql; do
		steps+=("$(schema "${db}_b")")
		run_section "${db}_b" "$file" up
	done
	equal "$(schema "${db}_b")" "$(schema "${db}_a")"
	i=${#steps[@]}
	while read -r file; do
		i=$((i - 1))
		run_section "${db}_b" "$file" down
		equal "$(schema "${db}_b")" "${steps[i]}"
	done < <(printf '%s\n' db/migrations/20260102*.sql | sort -r)
}

@test "what can be rewritten becomes migrations in their order, that lead to the same schema and back" {
	project several
	migration <<-'SQL'
		-- what this is for
		-- migrate:up

		-- the reference
		ALTER TABLE orders ADD FOREIGN KEY (customer_id) REFERENCES customers ON DELETE CASCADE; -- behind it
		ALTER TABLE orders
		    ADD COLUMN placed date,
		    ADD CONSTRAINT positive CHECK (total > 0),   -- a comment, with a comma
		    ADD CHECK (length(note) < 100);
		/* block; comment */
		CREATE INDEX orders_customer ON orders (customer_id);
		DO $$ BEGIN CREATE INDEX from_block ON orders (total); END $$;
		ALTER TABLE orders ALTER COLUMN customer_id SET NOT NULL;
		ALTER TABLE orders ADD PRIMARY KEY (id, customer_id);
		ALTER TABLE customers ADD UNIQUE (email) DEFERRABLE INITIALLY DEFERRED;
		DROP INDEX IF EXISTS by_note -- before its end
		;
		-- the end
		-- migrate:down
		CREATE INDEX by_note ON orders (note);
		ALTER TABLE customers DROP CONSTRAINT customers_email_key;
		ALTER TABLE orders DROP CONSTRAINT orders_pkey, ALTER COLUMN id DROP NOT NULL;
		ALTER TABLE orders ALTER COLUMN customer_id DROP NOT NULL; -- nullable again
		DROP INDEX from_block;
		DROP INDEX orders_customer;
		ALTER TABLE orders DROP CONSTRAINT orders_note_check, DROP CONSTRAINT positive, DROP COLUMN placed;
		ALTER TABLE orders DROP CONSTRAINT orders_customer_id_fkey;
	SQL
	fails 1 git postkit lint --fix "$M"
	has '8 statements rewritten, in ' 'index-blocking' # in the block, which stays as it is
	hasnt 'fk-validating' 'check-validating' 'not-null-scan' 'unique-blocking' 'pk-blocking' 'drop-index'
	output=$(cat db/migrations/20260102*)
	in_order 'REFERENCES customers ON DELETE CASCADE NOT VALID; -- behind it' 'VALIDATE CONSTRAINT orders_customer_id_fkey' \
		'CREATE INDEX CONCURRENTLY orders_customer' 'from_block' 'CHECK (customer_id IS NOT NULL) NOT VALID' \
		'UNIQUE INDEX CONCURRENTLY' 'DROP INDEX CONCURRENTLY IF EXISTS by_note'
	has '-- what this is for' '-- the reference' '/* block; comment */' '-- the end' '-- before its end' '-- nullable again' \
		"DO \$\$ BEGIN CREATE INDEX from_block ON orders (total); END \$\$;"
	proves several
}

@test "names, dollar quotes and what only looks like SQL come through" {
	project hostile
	sed -i '2i CREATE SCHEMA "We;ird ""s"; CREATE TABLE "We;ird ""s"."add index" ("é; --" int, "x,y" int);' db/migrations/20260101000000_base.sql
	sed -i 's/^DROP TABLE customers;/& DROP SCHEMA "We;ird ""s" CASCADE;/' db/migrations/20260101000000_base.sql
	migration <<-'SQL'
		-- migrate:up
		CREATE FUNCTION f() RETURNS text LANGUAGE sql AS $body$ SELECT 'CREATE INDEX x ON y;
		  -- in a migration of its own:
		  -- then: ' $body$;
		ALTER TABLE "We;ird ""s"."add index" ADD CHECK ("é; --" > 0), ADD COLUMN "n, (o" text DEFAULT 'a,)b' ;
		CREATE INDEX "in.dex;""" ON "We;ird ""s"."add index" ("x,y") WHERE "é; --" <> 7 /* ; */ ;
		INSERT INTO "We;ird ""s"."add index" VALUES (1, 2, $q$;-- migrate:up$q$);
		ALTER TABLE ONLY "We;ird ""s"."add index" ALTER "x,y" SET NOT NULL
		-- migrate:down
		ALTER TABLE "We;ird ""s"."add index" ALTER "x,y" DROP NOT NULL;
		DROP INDEX "We;ird ""s"."in.dex;""";
		ALTER TABLE "We;ird ""s"."add index" DROP CONSTRAINT "add index_é; --_check", DROP "n, (o";
		DELETE FROM "We;ird ""s"."add index";
		DROP FUNCTION f();
	SQL
	run git postkit lint --fix "$M"
	has '3 statements rewritten'
	hasnt 'index-blocking' 'check-validating' 'not-null-scan'
	equal "$(sed -n 2,4p "$M")" "$(sed -n 2,4p "$T/original.sql")"
	grep -qF "VALUES (1, 2, \$q\$;-- migrate:up\$q\$);" db/migrations/20260102*
	proves hostile
}

@test "line ends stay what they are, and of the rest every byte" {
	project crlf
	printf -- '-- mine\r\n-- migrate:up  \r\n\r\n\tCREATE  TABLE fresh (id int); \r\n-- why\r\nCREATE INDEX\r\n  i ON orders\t(total) ;\r\n\r\n-- migrate:down\r\nDROP INDEX i;\r\nDROP TABLE\tfresh;\r\n' >"$M"
	cp "$M" "$T/original.sql"
	ok git postkit lint --fix "$M"
	equal "$(od -c "$M")" "$(printf -- '-- mine\r\n-- migrate:up  \r\n\r\n\tCREATE  TABLE fresh (id int); \r\n-- migrate:down\r\nDROP TABLE\tfresh;\r\n' | od -c)"
	equal "$(od -c db/migrations/20260102000001_keys_2.sql)" "$(printf -- '-- migrate:up transaction:false\r\n-- why\r\nCREATE INDEX CONCURRENTLY\r\n  i ON orders\t(total);\r\n\r\n-- migrate:down transaction:false\r\nDROP INDEX CONCURRENTLY i;\r\n' | od -c)"
	proves crlf
}

@test "a migration of one such statement stays one" {
	project one
	migration <<-'SQL'
		-- migrate:up
		CREATE INDEX i ON orders (total);
		-- migrate:down
		DROP INDEX i;
	SQL
	ok git postkit lint --fix "$M"
	has '1 statement rewritten, in 1 file'
	equal "$(cat "$M")" "$(printf '%s\n' '-- migrate:up transaction:false' 'CREATE INDEX CONCURRENTLY i ON orders (total);' \
		'-- migrate:down transaction:false' 'DROP INDEX CONCURRENTLY i;')"
	ok git postkit lint --fix "$M"
	hasnt 'rewritten'
	proves one
}

@test "what needs one transaction by itself stays in one with what stands beside it" {
	project beside
	migration <<-'SQL'
		-- migrate:up
		SET lock_timeout = '3s';
		ALTER TABLE orders ADD CONSTRAINT a CHECK (total > 0);
		ALTER TABLE orders ADD COLUMN placed date;
		ALTER TABLE orders ADD CONSTRAINT b FOREIGN KEY (customer_id) REFERENCES customers (id);
		COMMENT ON COLUMN orders.placed IS 'when';
		ALTER TABLE orders RENAME CONSTRAINT a TO c;
	SQL
	run git postkit lint --fix "$M"
	set -- db/migrations/*
	equal $# 5
	output=$(cat "$M")
	in_order "SET lock_timeout = '3s'" 'CHECK (total > 0) NOT VALID' 'ADD COLUMN placed date;' 'NOT VALID;' 'COMMENT ON COLUMN'
	output=$(cat db/migrations/20260102000003_keys_4.sql)
	in_order "SET lock_timeout = '3s'" 'RENAME CONSTRAINT a TO c'
	proves_up beside
}

# As proves(), of a migration that has no way back.
proves_up() {
	local file
	pg_createdb "$1_a"
	run_section "$1_a" db/migrations/20260101000000_base.sql up
	run_section "$1_a" "$T/original.sql" up
	pg_createdb "$1_b"
	for file in db/migrations/*.sql; do run_section "$1_b" "$file" up; done
	equal "$(schema "$1_b")" "$(schema "$1_a")"
}

@test "--dry-run shows and writes nothing, and JSON says what was done" {
	project dry
	migration <<<$'-- migrate:up\nCREATE INDEX i ON orders (total);\nDROP TABLE customers;'
	fails 1 git postkit lint --fix --dry-run "$M"
	has '- CREATE INDEX i ON orders (total);' '+ CREATE INDEX CONCURRENTLY i ON orders (total);' 'would be rewritten' 'index-blocking'
	equal "$(cat "$M")" "$(cat "$T/original.sql")"
	set -- db/migrations/*
	equal $# 2
	run --separate-stderr git postkit lint --fix --json "$M"
	python3 - <<-PYTHON "$output"
		import json, sys
		d = json.loads(sys.argv[1])
		(fix,) = d["fixes"]
		assert fix["rewritten"] == 1 and fix["written"] and len(fix["files"]) == 2, fix
		assert [f["rule"] for f in d["findings"]] == ["drop-table"], d["findings"]
	PYTHON
	fails 129 git postkit lint --dry-run "$M"
	fails 129 git postkit lint --fix -
}

@test "what is published, or ran somewhere, is left as it is" {
	project history
	migration <<<$'-- migrate:up\nCREATE INDEX i ON orders (total);'
	commit_all 'keys'
	git push -q
	fails 1 git postkit lint --fix "$M"
	has "it was published in 'origin/main'" 'write a new migration' 'index-blocking'
	equal "$(cat "$M")" "$(cat "$T/original.sql")"
	migration <<<$'-- migrate:up\nCREATE INDEX other ON orders (total);'
	git update-ref -d refs/remotes/origin/main
	git update-ref -d refs/remotes/origin/HEAD
	mkdir "$T/record"
	cp -r db/migrations "$T/record"
	git update-ref refs/postkit/deploys/prod \
		"$(git commit-tree -m x "$(git --work-tree "$T/record" add migrations && git write-tree)")"
	git reset -q
	fails 1 git postkit lint --fix "$M"
	has "it ran on 'prod'"
	git update-ref -d refs/postkit/deploys/prod
	ok git postkit lint --fix "$M"
}

@test "what ran on the clone of the branch is left, until the clone is gone" {
	pg_createdb cloned
	sql cloned 'CREATE TABLE orders (id bigint, total numeric)'
	new_repo cloned
	git postkit init --no-hooks >/dev/null
	git config postkit.remote.prod.url "$(pg_url cloned)"
	ok git postkit import --yes
	commit_all 'import'
	git switch -q -c work
	ok git postkit start
	local file
	file=db/migrations/$(date -u -d '+1 hour' +%Y%m%d%H%M%S)_index.sql
	printf '%s\n' '-- migrate:up' 'CREATE INDEX i ON orders (total);' 'CREATE TABLE more (id int);' \
		'-- migrate:down' 'DROP TABLE more;' 'DROP INDEX i;' >"$file"
	run git postkit lint --fix --dry-run "$file"
	has 'would be rewritten'
	run git postkit plan
	has '1 migration of the branch was run on the clone'
	fails 1 git postkit lint --fix "$file"
	has 'it ran on the clone of this branch' 'git postkit abort'
	ok git postkit abort --yes
	ok git postkit lint --fix "$file"
	has '1 statement rewritten, in 2 files'
	ok git postkit start
}

@test "a statement that cannot run where it stands comes where it can" {
	project nowhere
	migration <<<$'-- migrate:up\nALTER TABLE orders ADD COLUMN x int;\nCREATE INDEX CONCURRENTLY i ON orders (x);\n-- migrate:down\nDROP INDEX CONCURRENTLY i;\nALTER TABLE orders DROP COLUMN x;'
	ok git postkit lint --fix "$M"
	has '1 statement rewritten, in 2 files'
	grep -q 'transaction:false' db/migrations/20260102000001_keys_2.sql
}

@test "a key that takes the place of another does so in one statement, so that there is always one" {
	project swap
	migration <<-'SQL'
		-- migrate:up
		ALTER TABLE customers DROP CONSTRAINT customers_pkey, ADD CONSTRAINT customers_pkey PRIMARY KEY (id, code);
		-- migrate:down
		ALTER TABLE customers DROP CONSTRAINT customers_pkey, ADD PRIMARY KEY (id), ALTER COLUMN code DROP NOT NULL;
	SQL
	ok git postkit lint --fix "$M"
	output=$(cat db/migrations/20260102*)
	in_order 'SET NOT NULL' 'CREATE UNIQUE INDEX CONCURRENTLY customers_pkey_new ON customers (id, code);' \
		'DROP CONSTRAINT customers_pkey, ADD CONSTRAINT customers_pkey PRIMARY KEY USING INDEX customers_pkey_new;'
	proves swap
	rm db/migrations/20260102*
	migration <<<$'-- migrate:up\nALTER TABLE customers DROP CONSTRAINT customers_pkey;\nALTER TABLE customers ADD PRIMARY KEY (id);'
	fails 1 git postkit lint --fix "$M"
	has 'pk-blocking' 'DROP CONSTRAINT customers_pkey, ADD CONSTRAINT customers_pkey PRIMARY KEY USING INDEX customers_pkey_new;'
	equal "$(cat "$M")" "$(cat "$T/original.sql")"
}

@test "allowed findings, and what has no safe way that is known whole, stay" {
	project stays
	migration <<-'SQL'
		-- migrate:up
		-- postkit:allow index-blocking: it is night
		CREATE INDEX i ON orders (total);
		ALTER TABLE orders ADD EXCLUDE USING btree (id WITH =);
		ALTER TABLE orders ADD COLUMN twice numeric GENERATED ALWAYS AS (total * 2) STORED;
		ALTER TABLE customers ADD CONSTRAINT plain UNIQUE (email);
	SQL
	fails 1 git postkit lint --fix "$M"
	has '1 statement rewritten' 'under the lock alone [exclusion-blocking]' 'a column that a trigger fills is another schema'
	grep -q '^CREATE INDEX i ON orders (total);' "$M"
	grep -q 'USING INDEX plain' db/migrations/*_keys_3.sql
	proves_up stays
}

@test "what cannot be cut is left: settings, transactions of its own, versions without room, names without end" {
	local text
	project left
	for text in $'SET search_path = public;\nCREATE INDEX i ON orders (total);\nCOMMENT ON INDEX i IS \'x\';' \
		$'BEGIN;\nCREATE INDEX i ON orders (total);\nCOMMIT;' \
		$'LOCK TABLE customers;\nCREATE INDEX i ON orders (total);' \
		$'CREATE TEMP TABLE x (a int);\nCREATE INDEX i ON orders (total);'; do
		migration <<<$'-- migrate:up\n'"$text"
		fails 1 git postkit lint --fix "$M"
		has 'left as it is: it ' 'index-blocking'
		equal "$(cat "$M")" "$(cat "$T/original.sql")"
	done
	migration <<<$'-- migrate:up\nDROP TABLE customers;\nCREATE INDEX i ON orders (total);\nCREATE INDEX j ON orders (total);'
	printf -- '-- migrate:up\nSELECT 1;\n' >db/migrations/20260102000001_next.sql
	fails 1 git postkit lint --fix "$M"
	has 'the versions behind it are taken' 'leaves room'
	equal "$(cat "$M")" "$(cat "$T/original.sql")"
	migration <<<$'-- migrate:up\nCREATE INDEX i ON nowhere (total);'
	fails 1 git postkit lint --fix "$M"
	has 'left as it is' 'nowhere'
}

@test "headers go on hanging together" {
	project headers
	local from to
	pg_createdb headers
	run_section headers db/migrations/20260101000000_base.sql up
	from=$(schema headers)
	sql headers 'CREATE INDEX i ON orders (total); CREATE INDEX j ON orders (note); ALTER TABLE orders ADD COLUMN x int'
	to=$(schema headers)
	printf -- '-- postkit: from %s to %s (pg%s)\n-- migrate:up\nCREATE INDEX i ON orders (total);\nALTER TABLE orders ADD COLUMN x int;\nCREATE INDEX j ON orders (note);\n-- migrate:down\n%s\n' \
		"$from" "$to" "$(($(sql headers 'SHOW server_version_num') / 10000))" \
		'DROP INDEX i; DROP INDEX j; ALTER TABLE orders DROP COLUMN x;' >"$M"
	cp "$M" "$T/original.sql"
	ok git postkit lint --fix "$M"
	local last=$from file
	for file in db/migrations/20260102*; do
		[[ $(head -1 "$file") == "-- postkit: from $last to "* ]] || tell "$(head -1 "$file")"
		last=$(head -1 "$file" | awk '{ print $6 }')
	done
	equal "$last" "$to"
	proves headers_
	sed -i "1s/$to/${from}/" "$T/original.sql"
	rm db/migrations/20260102*
	cp "$T/original.sql" "$M"
	fails 1 git postkit lint --fix "$M"
	has 'it does not lead to the schema that its header names'
}

@test "a file that is no migration is rewritten in place, by what a database says" {
	pg_createdb scratch
	sql scratch 'CREATE TABLE t (id int, n int); INSERT INTO t SELECT i FROM generate_series(1, 5000) i; ANALYZE t; CREATE TABLE small (id int)'
	printf 'CREATE INDEX a ON t (id); -- one\nCREATE INDEX b ON small (id);\nALTER TABLE t ADD CHECK (n > 0);\n' >plain.sql
	run git postkit lint --fix --scratch "$(pg_url scratch)" plain.sql
	has '2 statements rewritten, in 1 file'
	equal "$(cat plain.sql)" "$(printf '%s\n' 'CREATE INDEX CONCURRENTLY a ON t (id); -- one' 'CREATE INDEX b ON small (id);' \
		'ALTER TABLE t ADD CONSTRAINT t_n_check CHECK (n > 0) NOT VALID;' 'ALTER TABLE t VALIDATE CONSTRAINT t_n_check;')"
}

@test "a file with a byte 0 is left as it is" {
	pg_createdb zero
	sql zero 'CREATE TABLE t AS SELECT generate_series(1, 5000) AS a; ANALYZE t'
	printf 'CREATE INDEX a ON t (a);\n\0DROP TABLE b;\n' >zero.sql
	cp zero.sql zero.copy
	run git postkit lint --fix --scratch "$(pg_url zero)" zero.sql
	[ "$status" -ne 0 ]
	has 'byte 0'
	cmp zero.sql zero.copy
}
