#!/usr/bin/env bats
# The commands for Neon, DBLab and CloudNativePG, against stand-ins that speak the command lines of their programs.

load ../lib/common
load ../lib/engines

setup() {
	common_setup
	engines_start
	farm postgres 'CREATE ROLE app LOGIN'
	farm postgres 'CREATE ROLE neondb_owner LOGIN CREATEDB CREATEROLE'
	farm postgres 'GRANT app TO neondb_owner'
	pg_start
	sql postgres 'CREATE ROLE app LOGIN'
	sql postgres 'CREATE DATABASE shop OWNER app'
	sql shop 'SET ROLE app; CREATE TABLE t (id int PRIMARY KEY); INSERT INTO t VALUES (1), (2)'
	export PROD_DUMP=$T/shop.sql
	"$FARM_TOOLS/pg_dump" -h "$PROD_SOCKET" -p "$PROD_PORT" -U postgres shop >"$PROD_DUMP"
	engines_put
	new_repo
	git postkit init --no-hooks
	git postkit remote add prod "postgresql://app@/shop?host=$PROD_SOCKET&port=$PROD_PORT"
	git postkit import prod
	commit_all 'import'
	git switch -q -c more
}

clones() { farm postgres "SELECT count(*) FROM pg_database WHERE datname = 'shop'"; }

# lives_on KIND: the template is put, and a session goes its way on the clone that it makes.
lives_on() {
	ok git postkit init --no-hooks --clone-command "$1"
	has "postkit/clone-$1" 'cloneCommand'
	git config postkit.remote.prod.cloneCommand "$PWD/.git/postkit/clone-$1"
	ok git postkit start
	equal "$(clones)" 1
	echo 'CREATE TABLE u (id int);' >db/schema/u.sql
	ok git postkit plan
	ok git postkit apply
	equal "$(git postkit psql -- -Atc 'SELECT current_user, count(*) FROM t')" 'app|2'
	ok git postkit abort --yes
	hasnt warning
	equal "$(clones)" 0
	# what is not there is destroyed
	POSTKIT_CLONE_MAJOR=15 POSTKIT_CLONE_ID=pk-0-0 ".git/postkit/clone-$1" destroy
}

@test "a branch of Neon" {
	export NEON_PROJECT_ID=shop-project NEON_PARENT_BRANCH=production NEON_DATABASE=shop
	lives_on neon
}

@test "a thin clone of DBLab" {
	export DBLAB_SNAPSHOT=nightly DBLAB_DATABASE=shop
	lives_on dblab
}

@test "a cluster of CloudNativePG out of a volume snapshot" {
	export CNPG_BACKUP=nightly CNPG_DATABASE=shop CNPG_NAMESPACE=clones CNPG_SIZE=20Gi CNPG_STORAGE_CLASS=fast
	lives_on cloudnativepg
}

@test "a command that is unknown is a usage error, and one that is there is kept" {
	fails 129 git postkit init --clone-command oracle
	has 'neon, dblab or cloudnativepg'
	git postkit init --no-hooks --clone-command neon
	echo '# mine' >>.git/postkit/clone-neon
	ok git postkit init --no-hooks --clone-command neon
	has kept
	grep -qx '# mine' .git/postkit/clone-neon
}
