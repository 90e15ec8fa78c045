#!/usr/bin/env bats
# git postkit remote: names for databases, and where passwords are not kept.

load ../lib/common

setup_file() {
	common_setup
	pg_start
}

helper() { git config --global credential.helper "store --file=$T/home/kept"; }
no_helper() { git config --global --unset-all credential.helper || :; }

@test "the first remote is the default, a second one does not take its place" {
	cd "$T" && new_repo one
	ok git postkit remote add prod 'postgresql://ada@db.example.org/shop?sslmode=require'
	ok git postkit remote add staging service=staging
	ok git postkit remote
	has 'prod	postgresql://ada@db.example.org/shop?sslmode=require (default)' 'staging	'
	ok git postkit remote use staging
	ok git postkit remote list
	has 'sslmode=require
staging' '(default)'
	ok git postkit remote remove staging
	fails 128 git postkit remote use staging
	has "there is no remote 'staging'" 'hint: there is: prod'
	equal "$(git config postkit.defaultRemote)" ''
}

@test "a password never gets into the settings" {
	cd "$T" && new_repo two
	no_helper
	fails 128 git postkit remote add prod "$(pg_url_tcp)"
	has 'credential helper' '.pgpass'
	hasnt secret
	ok git postkit remote list
	hasnt prod
	helper
	ok git postkit remote add prod "$(pg_url_tcp)"
	hasnt secret
	run ! grep -r secret .git
	grep -q secret "$T/home/kept"
	ok git postkit remote list --json
	hasnt secret
	ok git postkit remote test
	has 'PostgreSQL ' 'role          postgres (superuser)' 'no TLS'
}

@test "a wrong password of a helper is forgotten, and said so" {
	cd "$T" && new_repo three
	helper
	ok git postkit remote add prod "$(pg_url_tcp postgres postgres wrong)"
	fails 128 git postkit remote test prod
	has 'password authentication failed' 'told to forget it'
	run ! grep -q wrong "$T/home/kept"
	fails 128 git postkit remote test prod
	has 'no password supplied'
}

@test "libpq's own ways to a password work" {
	cd "$T" && new_repo four
	no_helper
	ok git postkit remote add prod "postgresql://postgres@127.0.0.1:$PROD_PORT/postgres"
	PGPASSWORD=secret ok git postkit remote test
	(umask 077 && echo "127.0.0.1:$PROD_PORT:*:postgres:secret" >"$PGPASSFILE")
	ok git postkit remote test
	rm "$PGPASSFILE"
	printf '[four]\nhost=127.0.0.1\nport=%s\nuser=postgres\npassword=secret\n' "$PROD_PORT" >"$PGSERVICEFILE"
	ok git postkit remote add svc service=four
	ok git postkit remote test svc --json
	has '"superuser":	true'
	rm "$PGSERVICEFILE"
}

@test "test tells what the role lacks" {
	cd "$T" && new_repo five
	pg_createdb lacks
	sql lacks 'CREATE ROLE poor LOGIN; CREATE TABLE "T ""x" (id int); CREATE TABLE r (id int);
		ALTER TABLE r ENABLE ROW LEVEL SECURITY; GRANT SELECT ON r TO poor'
	ok git postkit remote add prod "postgresql://poor@/lacks?host=$PROD_SOCKET&port=$PROD_PORT"
	ok git postkit remote test
	has 'cannot read   1 tables' 'hides rows of 1 tables' 'cannot alter  2 tables' 'cannot create schemas'
}

@test "bad names and words are told before anything happens" {
	cd "$T" && new_repo six
	fails 128 git postkit remote add 'a/b' service=x
	fails 128 git postkit remote add ok 'not a connection'
	fails 129 git postkit remote add one
	fails 129 git postkit remote frobnicate
	fails 128 git postkit remote test
	has 'there is no remote yet' 'git postkit remote add'
	cd "$T" && fails 128 git postkit remote list
}

@test "a pulled .postkit cannot name a host" {
	cd "$T" && new_repo seven
	git config -f .postkit postkit.remote.evil.url postgresql://evil.example.org/x
	git config -f .postkit postkit.defaultRemote evil
	ok git postkit remote list
	hasnt evil
}
