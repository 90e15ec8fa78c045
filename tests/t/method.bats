#!/usr/bin/env bats
# start: files or rows, whichever is quicker and brings nobody else's data; and what each is told of it.

load ../lib/common
load ../lib/physical

setup_file() { common_setup; }
setup() { cd "$T" || return 1; }

@test "unasked, files come when they are quicker and of one database alone, and nobody else's data ever does" {
	alone alone
	local was
	ok git postkit start
	has 'its files, which are here sooner'
	hasnt 'other database' warning
	equal "$(backups)" 1
	same_rows
	# shellcheck disable=SC2016 # no variable is meant
	grep -rqaF 'SCRAM-SHA-256$4096:' "$T/alone/data/global" # of postgres, so it would be found
	local_sql postgres CHECKPOINT
	was=$(sql postgres "SELECT rolpassword FROM pg_authid WHERE rolname = 'postgres'")
	ok in_files "$was" "$(local_dir)"
	equal "$output" ''
	again --json
	equal "$(jq -r '.method + " " + .method_reason' <<<"$output")" 'files which are here sooner'
	was=$(backups)
	# whatever says that rows are wanted
	again --no-physical --json
	equal "$(jq -r '.method + " " + (.method_reason // "unsaid")' <<<"$output")" 'rows unsaid'
	git config postkit.copyMethod logical
	again --json
	equal "$(jq -r .method <<<"$output")" rows
	git config postkit.copyMethod auto
	# one that may not
	sql postgres 'ALTER ROLE copier NOREPLICATION'
	again
	has "its rows, for role 'copier' may not replicate"
	# shellcheck disable=SC2154 # run sets it
	[[ $stderr != *warning* && $stderr != *'the rows of'* && $stderr != *--physical* ]]
	sql postgres 'ALTER ROLE copier REPLICATION'
	# one that pg_hba.conf does not let in for that
	sed -i '1i local replication all reject' "$T/alone/data/pg_hba.conf"
	sql postgres 'SELECT pg_reload_conf()' >/dev/null
	again
	has "its rows, for cannot connect to 'local/" 'pg_hba.conf rejects replication connection'
	[[ $stderr != *warning* ]]
	sed -i 1d "$T/alone/data/pg_hba.conf"
	sql postgres 'SELECT pg_reload_conf()' >/dev/null
	# of another's data there may be any
	sql postgres 'REVOKE CONNECT ON DATABASE postgres FROM PUBLIC'
	again
	has 'its rows, for with the files come databases that nobody asked for'
	[[ $stderr == *'--physical would copy '*' of files instead'*' of 1 other database, dropped on arrival'* ]]
	sql postgres 'GRANT CONNECT ON DATABASE postgres TO PUBLIC; SELECT lo_create(7)' >/dev/null
	again
	has 'its rows, for with the files come databases'
	sql postgres 'SELECT lo_unlink(7); CREATE SCHEMA s; CREATE TABLE s.t ()' >/dev/null
	again
	has 'its rows, for with the files come databases'
	sql postgres 'DROP SCHEMA s CASCADE'
	sql postgres "CREATE DATABASE \"an other's\" IS_TEMPLATE true"
	again
	has 'its rows, for with the files come databases'
	sql postgres "ALTER DATABASE \"an other's\" IS_TEMPLATE false"
	sql postgres "DROP DATABASE \"an other's\""
	sql template1 'CREATE TABLE mine AS SELECT i, md5(i::text) FROM generate_series(1, 50000) i'
	again
	has 'its rows, for with the files come databases'
	sql template1 'DROP TABLE mine'
	# what files would come without
	sql "$ALONE" 'CREATE UNLOGGED TABLE u (a int)'
	again
	has 'its rows, for files come without those of unlogged tables'
	sql "$ALONE" 'DROP TABLE u'
	# a clone in the way
	git switch -q -c second
	run git postkit start --fresh
	has 'its rows, for a physical copy takes the place' 'which holds the clone'
	ok git postkit abort --yes
	git switch -q -
	equal "$(backups)" "$was"
	git config postkit.remote.prod.maxRate 60M
	again
	has 'its rows, which are here as soon as the files'
	equal "$(backups)" "$was"
	again --physical
	grep -q 'BASE_BACKUP.*MAX_RATE.*61440' "$LOG"
	git config postkit.remote.prod.maxRate 60
	ok git postkit abort --yes
	fails 128 git postkit start --fresh
	has "postkit.remote.prod.maxRate: '60' is not a rate"
	pg_stop alone
}

@test "unasked, what stops a backup half way leads to rows and is said; asked for, it is the error" {
	alone narrow '-c max_wal_senders=1'
	ok git postkit start
	has 'warning: the rows of ' 'for its files could not be: pg_basebackup' max_wal_senders
	hasnt 'its files, '
	has 'hint: git config postkit.copyMethod logical'
	equal "$(backups)" 1
	equal "$(left_of_copies)" ''
	same_rows
	again --json
	equal "$(jq -r .method <<<"$output")" rows
	[[ $(jq -r .method_reason <<<"$output") == *max_wal_senders* ]]
	ok git postkit abort --yes
	fails 128 git postkit start --fresh --physical
	has 'all places for replication are taken' 'with --no-physical'
	equal "$(left_of_copies)" ''
	ok git postkit start --fresh --jobs 1
	has 'its files'
	pg_stop narrow
}

refused() { grep -c 'too many connections for role' "$LOG" || :; }

# reads_all NAME: in all ways, from a server of that name that lets in as many as --jobs.
reads_all() {
	alone "$1"
	sql "$ALONE" 'CREATE EXTENSION postgres_fdw; CREATE SERVER s FOREIGN DATA WRAPPER postgres_fdw;
		CREATE USER MAPPING FOR copier SERVER s; CREATE MATERIALIZED VIEW mv AS SELECT count(*) FROM t'
	# more than a megabyte of columns, for which catalogs are read side by side
	sql "$ALONE" "DO \$\$BEGIN FOR i IN 1..300 LOOP EXECUTE format('CREATE TABLE w%s (%s)', i,
		(SELECT string_agg(format('c%s int', c), ', ') FROM generate_series(1, 30) c)); END LOOP; END\$\$"
	sql "$ALONE" 'CHECKPOINT'
	equal "$(sql "$ALONE" "SELECT pg_relation_size('pg_attribute') > 1048576")" t
	sql postgres 'ALTER ROLE copier CONNECTION LIMIT 1'
	ok git postkit start --jobs 1
	has 'its files'
	again --no-physical --jobs 1
	sql "$ALONE" 'INSERT INTO w1 (c1) VALUES (7)'
	ok git postkit abort --yes
	ok git postkit start --refresh --jobs 1
	has '1 of 302 tables changed'
	sql postgres 'ALTER ROLE copier CONNECTION LIMIT 2'
	sql "$ALONE" 'ALTER TABLE w2 ADD more int'
	ok git postkit abort --yes
	ok git postkit start --refresh --jobs 2
	has "its schema was brought to the remote's"
	same_rows
	ok git postkit abort --yes
	pg_stop "$1"
}

@test "no more connections than --jobs are opened at a time, whatever is read" {
	reads_all limited
	# pg_dump's may still be on its way out when the next one comes, which then comes again: on a busy machine more often
	[ "$(refused)" -le 1 ] || reads_all limited_again
	[ "$(refused)" -le 1 ]
}

@test "a checkpoint is hurried only where there is little to write" {
	# one of its own time in between would leave little to write
	alone slow '-c checkpoint_timeout=1h -c checkpoint_completion_target=0'
	# that of a backup: others come when their time has come
	last_checkpoint() { grep 'checkpoint starting:.* force' "$LOG" | tail -n 1; }
	local before
	before=$(last_checkpoint)
	ok git postkit start --physical
	[[ $(last_checkpoint) != "$before" ]]
	[[ $(last_checkpoint) =~ (immediate|fast)' force' ]]
	sql "$ALONE" 'UPDATE t SET id = id'
	again --physical
	[[ ! $(last_checkpoint) =~ immediate|fast ]]
	has copied
	pg_stop slow
}

@test "a standby gives its files as well" {
	alone first
	mkdir -p "$T/standby/s"
	if [ "$(id -u)" -eq 0 ]; then chown postgres: "$T/standby" "$T/standby/s"; fi
	as_server "$(pg_bin)/pg_basebackup" -R -c fast -D "$T/standby/data" -h "$PROD_SOCKET" -p "$PROD_PORT" -U copier
	as_server "$(pg_bin)/pg_ctl" -D "$T/standby/data" -s -w -l "$T/standby/log" start -o "-c listen_addresses= -c port=$PROD_PORT \
		-c unix_socket_directories=$T/standby/s -c log_replication_commands=on -c shared_buffers=32MB" </dev/null >/dev/null 2>&1 3>&- 4>&-
	git postkit remote remove prod >/dev/null 2>&1
	git postkit remote add prod "host=$T/standby/s port=$PROD_PORT user=copier dbname='al\"one; \$x -- %s \\\\'" --default >/dev/null 2>&1
	sql "$ALONE" 'INSERT INTO t SELECT i, i::text FROM generate_series(200001, 200100) i'
	has_come() { [ "$(PROD_SOCKET=$T/standby/s sql "$ALONE" 'SELECT count(*) FROM t')" = 112100 ]; }
	until_true has_come
	LOG=$T/standby/log
	ok git postkit start
	has 'its files'
	equal "$(backups)" 1
	same_rows
	equal "$(local_sql postgres 'SELECT pg_is_in_recovery()')" f
	pg_stop standby
	pg_stop first
}
