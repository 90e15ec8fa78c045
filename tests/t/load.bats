#!/usr/bin/env bats
# Schema files load in any order and any distribution over files; of every pair of schemas this is asked in pairs_*.bats.

load ../lib/common

setup_file() {
	common_setup
	pg_start
}

# means DB FOLDER: the files are what the database is.
means() { equal "$(git postkit fingerprint "$2")" "$(git postkit fingerprint "$(pg_url "$1")")"; }

# files FOLDER: each line of stdin a file, in this order.
files() {
	local line n=10
	mkdir -p "$1"
	while IFS= read -r line; do
		echo "$line" >"$1/$n.sql"
		((n += 1))
	done
}

@test "bodies of functions use columns and domains that need these functions, said apart" {
	new_repo apart
	files column <<-'SQL'
		CREATE FUNCTION depth(start int) RETURNS bigint LANGUAGE sql IMMUTABLE BEGIN ATOMIC SELECT count(*) FROM node WHERE id < start AND depth > 0; END;
		ALTER TABLE node ADD COLUMN depth bigint GENERATED ALWAYS AS (depth(up)) STORED;
		CREATE TABLE node (id int PRIMARY KEY, up int);
	SQL
	ok git postkit fingerprint column
	files default <<-'SQL'
		CREATE FUNCTION least_free(start int) RETURNS int LANGUAGE sql STABLE BEGIN ATOMIC SELECT max(place) FROM seat WHERE id = start; END;
		ALTER TABLE seat ADD COLUMN place int DEFAULT least_free(3);
		CREATE TABLE seat (id int);
	SQL
	ok git postkit fingerprint default
	files domain <<-'SQL'
		CREATE FUNCTION even(n int) RETURNS bool LANGUAGE sql IMMUTABLE BEGIN ATOMIC SELECT n::evens % 2 = 0 AND NOT EXISTS (SELECT FROM odd WHERE i = n); END;
		ALTER DOMAIN evens ADD CONSTRAINT even CHECK (even(VALUE));
		CREATE TABLE odd (i int, e evens DEFAULT 2);
		CREATE DOMAIN evens AS int;
	SQL
	ok git postkit fingerprint domain
	files checked <<-'SQL'
		ALTER DOMAIN rank SET DEFAULT next_rank(NULL);
		ALTER DOMAIN rank ADD CHECK (next_rank(NULL) > 0);
		CREATE FUNCTION next_rank(player) RETURNS rank LANGUAGE sql STABLE AS 'SELECT 1::rank';
		CREATE TABLE player (id int, r rank);
		CREATE DOMAIN rank AS int;
	SQL
	ok git postkit fingerprint checked
}

@test "a view that replaces what stands in for it comes after that, wherever it is said" {
	new_repo stands
	pg_createdb stands
	files stands <<-'SQL'
		CREATE OR REPLACE VIEW shown AS SELECT id, weigh(NULL::shown) AS n FROM base;
		CREATE VIEW heavy AS SELECT * FROM shown;
		CREATE FUNCTION weigh(shown) RETURNS int LANGUAGE sql AS 'SELECT 1';
		CREATE VIEW shown AS SELECT NULL::int AS id, NULL::int AS n;
		CREATE TABLE base (id int);
		CREATE OR REPLACE VIEW plain AS SELECT id FROM base;
		CREATE VIEW plain AS SELECT 1 AS id;
	SQL
	sql stands <<-'SQL'
		CREATE TABLE base (id int);
		CREATE VIEW plain AS SELECT id FROM base;
		CREATE VIEW shown AS SELECT NULL::int AS id, NULL::int AS n;
		CREATE FUNCTION weigh(shown) RETURNS int LANGUAGE sql AS 'SELECT 1';
		CREATE OR REPLACE VIEW shown AS SELECT id, weigh(NULL::shown) AS n FROM base;
		CREATE VIEW heavy AS SELECT * FROM shown;
	SQL
	means stands stands
}

@test "what is built on something takes no other for it that happens to be there before" {
	new_repo taken
	pg_createdb taken
	files taken <<-'SQL'
		CREATE VIEW shown AS SELECT size(1) AS size;
		CREATE FUNCTION size(numeric) RETURNS bigint LANGUAGE sql AS 'SELECT 1::bigint';
		CREATE FUNCTION size(int) RETURNS bigint LANGUAGE sql BEGIN ATOMIC SELECT count(*) FROM names; END;
		CREATE VIEW names AS SELECT name FROM things;
		CREATE TABLE things (name text);
	SQL
	sql taken <<-'SQL'
		CREATE TABLE things (name text);
		CREATE VIEW names AS SELECT name FROM things;
		CREATE FUNCTION size(numeric) RETURNS bigint LANGUAGE sql AS 'SELECT 1::bigint';
		CREATE FUNCTION size(int) RETURNS bigint LANGUAGE sql BEGIN ATOMIC SELECT count(*) FROM names; END;
		CREATE VIEW shown AS SELECT size(1) AS size;
	SQL
	means taken taken
}

@test "an index takes the operator class that is its type's own, whatever that waits for" {
	new_repo class
	pg_createdb class
	files class <<-'SQL'
		CREATE INDEX on_span ON spans (span);
		CREATE OPERATOR CLASS by_length DEFAULT FOR TYPE span USING btree AS FUNCTION 1 compare(span, span);
		CREATE FUNCTION compare(span, span) RETURNS int LANGUAGE sql IMMUTABLE BEGIN ATOMIC SELECT count(*)::int FROM longest WHERE longest.span = $1; END;
		CREATE VIEW longest AS SELECT span FROM spans;
		CREATE TABLE spans (span span);
		CREATE TYPE span AS (a int, b int);
	SQL
	sql class <<-'SQL'
		CREATE TYPE span AS (a int, b int);
		CREATE TABLE spans (span span);
		CREATE VIEW longest AS SELECT span FROM spans;
		CREATE FUNCTION compare(span, span) RETURNS int LANGUAGE sql IMMUTABLE BEGIN ATOMIC SELECT count(*)::int FROM longest WHERE longest.span = $1; END;
		CREATE OPERATOR CLASS by_length DEFAULT FOR TYPE span USING btree AS FUNCTION 1 compare(span, span);
		CREATE INDEX on_span ON spans (span);
	SQL
	git config postkit.superuserObjects true
	means class class
}

@test "rights add up from file to file, and keep the order of their file" {
	new_repo rights
	pg_createdb rights
	sql rights 'CREATE ROLE load_app; CREATE ROLE load_all'
	files rights <<-'SQL'
		GRANT SELECT, INSERT ON accounts TO load_app;
		REVOKE ALL ON secrets FROM load_app;
		GRANT SELECT ON ALL TABLES IN SCHEMA public TO load_app;
		REVOKE ALL ON accounts FROM load_app, load_all;
		CREATE TABLE accounts (id int);
		GRANT ALL ON notes TO load_all; REVOKE DELETE, TRUNCATE ON notes FROM load_all;
		CREATE TABLE secrets (id int); CREATE TABLE notes (id int);
	SQL
	sql rights <<-'SQL'
		CREATE TABLE accounts (id int);
		CREATE TABLE secrets (id int);
		CREATE TABLE notes (id int);
		GRANT SELECT ON notes TO load_app;
		GRANT SELECT, INSERT ON accounts TO load_app;
		GRANT SELECT, INSERT, UPDATE, REFERENCES, TRIGGER ON notes TO load_all;
	SQL
	means rights rights
}
