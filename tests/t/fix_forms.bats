#!/usr/bin/env bats
# git postkit lint --fix: statements whose safe way their text does not tell, on tables with rows; and why others stay.

# shellcheck disable=SC2154 # $stderr comes from run
load ../lib/common
load ../lib/sections

BASE=db/migrations/20260101000000_base.sql

setup_file() {
	common_setup
	pg_start
	cd "$T" || return 1
	new_repo forms
	mkdir -p db/migrations
	cat >"$BASE" <<-'SQL'
		-- migrate:up
		CREATE TABLE customers (id bigint PRIMARY KEY, email text, code int);
		CREATE TABLE "or;ders" (id bigint, customer_id bigint, "to tal" numeric, note text);
		CREATE INDEX by_note ON "or;ders" (note);
		CREATE INDEX "by ""total" ON "or;ders" ("to tal");
		CREATE UNIQUE INDEX by_id ON "or;ders" (id);
		CREATE TABLE part (id int NOT NULL, v bigint) PARTITION BY RANGE (id);
		CREATE TABLE part_1 PARTITION OF part FOR VALUES FROM (0) TO (100);
		CREATE TABLE part_2 PARTITION OF part FOR VALUES FROM (100) TO (900) PARTITION BY LIST (id);
		CREATE TABLE "pa'rt" PARTITION OF part_2 DEFAULT;
		CREATE MATERIALIZED VIEW seen AS SELECT id, note FROM "or;ders";
		CREATE UNIQUE INDEX seen_id ON seen (id);
		CREATE MATERIALIZED VIEW blind AS SELECT id, note FROM "or;ders";
		INSERT INTO customers SELECT i, 'c' || i, i FROM generate_series(1, 300) i;
		INSERT INTO "or;ders" SELECT i, i % 300 + 1, i, 'n' || i FROM generate_series(1, 3000) i;
		INSERT INTO part SELECT i, i % 300 + 1 FROM generate_series(0, 899) i;
		REFRESH MATERIALIZED VIEW seen;
		-- migrate:down
		DROP TABLE customers;
	SQL
}

# What each test leaves is its own.
setup() {
	cd "$T/forms" || return 1
	rm -f db/migrations/20260102*
	M=db/migrations/20260102000000_keys.sql
}

migration() {
	cat >"$M"
	cp "$M" "$T/original.sql"
}
schema() { git postkit fingerprint "$(pg_url "$1")" 2>/dev/null; }

# The rows, without what each run makes up for itself.
rows() {
	sql "$1" "SELECT md5(string_agg(c::text, ',' ORDER BY id)) FROM customers c; SELECT count(*), md5(string_agg(note, ',' ORDER BY id)) FROM \"or;ders\";
		SELECT md5(string_agg(p::text, ',' ORDER BY id)) FROM part p"
}

# leads NAME: on rows, the files lead where the original did; the rows are the same.
leads() {
	local file i
	steps=()
	for i in a b; do
		pg_createdb "$1_$i"
		run_section "$1_$i" "$BASE" up
	done
	run_section "$1_a" "$T/original.sql" up
	for file in db/migrations/20260102*.sql; do
		steps+=("$(schema "$1_b")")
		run_section "$1_b" "$file" up
	done
	equal "$(schema "$1_b")" "$(schema "$1_a")"
	equal "$(rows "$1_b")" "$(rows "$1_a")"
}

# And back, step by step.
proves() {
	local file i
	leads "$1"
	i=${#steps[@]}
	while read -r file; do
		i=$((i - 1))
		run_section "$1_b" "$file" down
		equal "$(schema "$1_b")" "${steps[i]}"
	done < <(printf '%s\n' db/migrations/20260102*.sql | sort -r)
}

@test "keys and indexes: INCLUDE, NULLS NOT DISTINCT, DEFERRABLE, several at once, partition by partition" {
	migration <<-'SQL'
		-- migrate:up
		DROP INDEX by_note, /* both */ "by ""total";
		ALTER TABLE customers ADD CONSTRAINT k1 UNIQUE (email) INCLUDE (code) WITH (fillfactor = 70) DEFERRABLE INITIALLY DEFERRED;
		ALTER TABLE customers ADD CONSTRAINT k2 UNIQUE NULLS NOT DISTINCT (code);
		ALTER TABLE "or;ders" ADD PRIMARY KEY (id) INCLUDE (note) DEFERRABLE;
		-- untouched   as it is
		COMMENT ON   TABLE customers IS 'who';
		CREATE INDEX part_v ON part (v);
		ALTER TABLE part ADD CONSTRAINT part_key UNIQUE (id, v);
		ALTER TABLE part ADD FOREIGN KEY (v) REFERENCES customers;
		-- migrate:down
		ALTER TABLE part DROP CONSTRAINT part_v_fkey;
		ALTER TABLE part DROP CONSTRAINT part_key;
		DROP INDEX part_v;
		COMMENT ON TABLE customers IS NULL;
		ALTER TABLE "or;ders" DROP CONSTRAINT "or;ders_pkey", ALTER id DROP NOT NULL;
		ALTER TABLE customers DROP CONSTRAINT k2, DROP CONSTRAINT k1;
		CREATE INDEX by_note ON "or;ders" (note);
		CREATE INDEX "by ""total" ON "or;ders" ("to tal");
	SQL
	run git postkit lint --fix "$M"
	has '7 statements rewritten'
	output=$(cat db/migrations/20260102*)
	in_order '/* both */' 'DROP INDEX CONCURRENTLY public."by ""total";' 'DROP INDEX CONCURRENTLY public.by_note;' \
		'CREATE UNIQUE INDEX CONCURRENTLY k1' "INCLUDE (code) WITH (fillfactor='70')" 'USING INDEX k1 DEFERRABLE INITIALLY DEFERRED' \
		'NULLS NOT DISTINCT' 'CHECK (id IS NOT NULL) NOT VALID' 'INCLUDE (note)' 'PRIMARY KEY USING INDEX' \
		$'-- untouched   as it is\nCOMMENT ON   TABLE customers IS \'who\';' \
		'CREATE INDEX CONCURRENTLY' 'CREATE INDEX part_v ON ONLY public.part' 'ATTACH PARTITION' \
		'UNIQUE USING INDEX' 'NOT VALID' 'VALIDATE CONSTRAINT'
	proves keys
}

@test "columns: constraints of their own, defaults that differ from row to row, numbers; the rows are filled in batches" {
	migration <<-'SQL'
		-- migrate:up
		ALTER TABLE "or;ders" ADD COLUMN a int DEFAULT 1 CHECK (a > 0), -- why
		    ADD COLUMN b bigint DEFAULT 1 NOT NULL REFERENCES customers ON DELETE CASCADE;
		ALTER TABLE "or;ders" ADD COLUMN "c c" uuid NOT NULL DEFAULT gen_random_uuid() UNIQUE, ADD d text;
		ALTER TABLE customers ADD COLUMN n bigserial;
		ALTER TABLE part ADD COLUMN at timestamptz NOT NULL DEFAULT clock_timestamp();
		-- migrate:down
		ALTER TABLE part DROP COLUMN at;
		ALTER TABLE customers DROP COLUMN n;
		ALTER TABLE "or;ders" DROP COLUMN a, DROP COLUMN b, DROP COLUMN "c c", DROP COLUMN d;
	SQL
	run git postkit lint --fix "$M"
	has '4 statements rewritten'
	hasnt 'left as it is'
	output=$(cat db/migrations/20260102*)
	in_order '-- why' 'CHECK ((a > 0)) NOT VALID' 'ON DELETE CASCADE NOT VALID' 'CREATE SEQUENCE' \
		'UPDATE ONLY public."or;ders" AS t SET "c c" = DEFAULT' 'OWNED BY public.customers.n' "UPDATE ONLY public.\"pa'rt\" AS t SET at = DEFAULT"
	rows() { sql "$1" "SELECT count(*), count(DISTINCT \"c c\"), sum(a), sum(b) FROM \"or;ders\"; SELECT count(DISTINCT n), max(n), nextval('customers_n_seq') FROM customers; SELECT count(at) FROM part"; }
	proves columns
}

@test "partitions leave beside the traffic, views are filled beside their readers; where the server cannot, it says why" {
	migration <<-'SQL'
		-- migrate:up
		ALTER TABLE ONLY part DETACH PARTITION part_1;
		DROP TABLE part_1;
		ALTER TABLE part_2 DETACH PARTITION "pa'rt";
		REFRESH MATERIALIZED VIEW seen;
		REFRESH MATERIALIZED VIEW blind;
		-- migrate:down
		ALTER TABLE part_2 ATTACH PARTITION "pa'rt" DEFAULT;
		CREATE TABLE part_1 PARTITION OF part FOR VALUES FROM (0) TO (100);
	SQL
	run git postkit lint --fix "$M"
	has '2 statements rewritten' 'cannot detach partitions concurrently when a default partition exists' \
		'cannot refresh materialized view "public.blind" concurrently'
	output=$(cat db/migrations/20260102*)
	in_order 'ALTER TABLE part DETACH PARTITION part_1 CONCURRENTLY;' $'DROP CONSTRAINT part_1_id_check;\nDROP TABLE part_1;' \
		"DETACH PARTITION \"pa'rt\";" 'VIEW CONCURRENTLY seen' 'VIEW blind'
	proves leave
}

@test "what nothing mechanical mends stays, each with its reason" {
	migration <<-'SQL'
		-- migrate:up
		DROP INDEX by_id;
		CREATE UNIQUE INDEX by_id ON "or;ders" (id, note);
		ALTER TABLE customers ADD COLUMN i int GENERATED ALWAYS AS IDENTITY;
		ALTER TABLE "or;ders" ALTER COLUMN customer_id TYPE text;
		CLUSTER "or;ders" USING by_note;
		REFRESH MATERIALIZED VIEW seen WITH NO DATA;
		CREATE INDEX more ON customers (code);
	SQL
	fails 1 git postkit lint --fix "$M"
	has '1 statement rewritten' \
		'DROP INDEX by_id: what is unique would not be between the one and the other' 'numbers the rows of an identity column' \
		'migration --pattern change-type' 'CLUSTER "or;ders" USING by_note: no statement does that beside the traffic' 'has nothing to put in its place'
	equal "$(sed -n 2,7p "$M")" "$(sed -n 2,7p "$T/original.sql")"
	fails 1 git postkit lint --fix --json "$M"
	has '"reasons":' '"maintenance-rewrite"'
	rm db/migrations/20260102*
	migration <<<$'-- migrate:up\nVACUUM FULL customers;'
	fails 1 git postkit lint --fix "$M"
	has 'VACUUM FULL customers: no statement does that beside the traffic'
	equal "$(cat "$M")" "$(cat "$T/original.sql")"
	# between two statements there would be no constraint at all
	migration <<-'SQL'
		-- migrate:up transaction:false
		ALTER TABLE customers ADD CONSTRAINT positive CHECK (code > 0) NOT VALID;
		ALTER TABLE customers DROP CONSTRAINT positive, ADD CONSTRAINT positive CHECK (code > 1);
	SQL
	fails 1 git postkit lint --fix "$M"
	equal "$(cat "$M")" "$(cat "$T/original.sql")"
}
