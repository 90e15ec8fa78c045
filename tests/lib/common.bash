# What every bats file loads: a world of its own for each test, throw-away servers, and a few words
# to say what must be true.
#
#	load ../lib/common
#
# setup() and teardown() are made here; a file that defines its own calls common_setup and
# common_teardown. A file that calls common_setup in setup_file() shares one world ($T) among its
# tests.
# shellcheck shell=bash disable=SC2154 # $status and $output come from run

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
export POSTKIT_BUILD=${POSTKIT_BUILD:-$ROOT/build}
bats_require_minimum_version 1.5.0

setup() { common_setup; }
teardown() { [ "${T_SCOPE-}" = file ] || common_teardown; }
teardown_file() { [ "${T_SCOPE-}" != file ] || common_teardown; }

# Databases are hundreds of files each that are made and removed all the time: in memory, where there is room
# and programs may lie there.
test_base() {
	local base=/dev/shm probe free
	free=$(df -P "$base" 2>/dev/null | awk 'NR == 2 && $1 == "tmpfs" { print $4 }')
	if [ "${free:-0}" -gt $((6 << 20)) ] && probe=$(mktemp "$base/pkt.XXXXXX" 2>/dev/null); then
		printf '#!/bin/sh\n' >"$probe"
		chmod +x "$probe"
		"$probe" 2>/dev/null || base=/tmp
		rm -f "$probe"
	else
		base=/tmp
	fi
	echo "$base"
}

# $T: the folder of this test, short, since socket paths have 107 bytes. Servers run as another user
# when we are root, and must be able to pass through it.
common_setup() {
	[ -z "${T-}" ] || return 0
	if [ -z "${BATS_TEST_NUMBER-}" ]; then export T_SCOPE=file; fi
	local name
	for name in $(compgen -e); do
		case $name in
		PG* | GIT_* | XDG_* | POSTKIT_BUILD* | POSTKIT_TEST_SHARED | NO_COLOR | COLORTERM)
			case $name in POSTKIT_*) ;; *) unset "$name" ;; esac
			;;
		POSTKIT_* | DATABASE_URL | EDITOR | VISUAL | PAGER | MAKEFLAGS | MAKELEVEL) unset "$name" ;;
		esac
	done
	T=$(mktemp -d "$(test_base)/pkt.XXXXXX")
	chmod 755 "$T"
	export T POSTKIT_TEST_DIR=$T
	mkdir -p "$T"/{home,bin,run,config,cache,data,state}
	chmod 700 "$T/run"
	export HOME=$T/home TZ=UTC LC_ALL=C.UTF-8 LANG=C.UTF-8 TERM=dumb
	export XDG_CONFIG_HOME=$T/config XDG_CACHE_HOME=$T/cache XDG_DATA_HOME=$T/data
	export XDG_STATE_HOME=$T/state XDG_RUNTIME_DIR=$T/run
	export POSTKIT_STATE_DIR=$T/state
	export PGSERVICEFILE=$T/home/pg_service.conf PGPASSFILE=$T/home/pgpass PGSYSCONFDIR=$T/home
	export PSQLRC=/dev/null PSQL_HISTORY=/dev/null
	export GIT_CONFIG_NOSYSTEM=1 GIT_CONFIG_GLOBAL=$T/home/gitconfig GIT_TERMINAL_PROMPT=0
	export GIT_CEILING_DIRECTORIES=$T
	cat >"$GIT_CONFIG_GLOBAL" <<-CONFIG
		[user]
			name = Ada Lovelace
			email = ada@example.org
		[init]
			defaultBranch = main
		[core]
			editor = false
		[protocol "file"]
			allow = always
		[safe]
			directory = *
		[advice]
			detachedHead = false
	CONFIG
	ln -s "$POSTKIT_BUILD/git-postkit" "$T/bin/git-postkit"
	export PATH=$T/bin:$PATH
	cd "$T" || return 1
}

common_teardown() {
	local tries=300
	[ -n "${T-}" ] || return 0
	cd / || return 1
	stop_all
	# what was killed may be about to write there still, or to start a server
	until rm -rf "$T" 2>/dev/null || [ $((tries--)) -le 0 ]; do
		sleep 0.1
		stop_all
	done
	rm -rf "$T" || return 1
	unset T
}

# Every server whose data lies below $T, by the pid in its postmaster.pid, and every other process
# that was started with our POSTKIT_TEST_DIR (servers write over their environment). The pid of one that
# was killed may be somebody else's by now.
stop_all() {
	local file pid
	while IFS= read -r file; do
		pid=$(head -n 1 "$file" 2>/dev/null) && runs_in "$pid" "${file%/*}" && stop_pid "$pid"
	done < <(find "$T" -xdev -name postmaster.pid 2>/dev/null)
	while IFS= read -r pid; do
		[ "$pid" = $$ ] || [ "$pid" = "$BASHPID" ] || kill -9 "$pid" 2>/dev/null || :
	done < <(grep -lzx "POSTKIT_TEST_DIR=$T" /proc/[0-9]*/environ 2>/dev/null | cut -d/ -f3)
}

# runs_in PID DATA: is that a server of these data?
runs_in() { tr '\0' '\n' <"/proc/${1:-none}/cmdline" 2>/dev/null | grep -qxF -- "$2"; }

# SIGQUIT is PostgreSQL's immediate shutdown.
stop_pid() {
	local pid=$1 tries=1500
	[ "${pid:-0}" -gt 1 ] 2>/dev/null || return 0
	kill -QUIT "$pid" 2>/dev/null || return 0
	while kill -0 "$pid" 2>/dev/null && [ $((tries--)) -gt 0 ]; do
		[[ $(cat "/proc/$pid/stat" 2>/dev/null) != *') Z '* ]] || return 0
		sleep 0.02
	done
}

# ---- a "production" server ----

# The folder of the server's programs; PG_BIN when another version is in use (versions.bash).
pg_bin() {
	local dir best=
	if [ -n "${PG_BIN-}" ]; then
		echo "$PG_BIN"
		return 0
	fi
	for dir in /usr/lib/postgresql/*/bin; do
		[ -x "$dir/initdb" ] && best=$dir
	done
	if [ -z "$best" ] && command -v pg_config >/dev/null; then best=$(pg_config --bindir); fi
	echo "$best"
}

# The folder of psql and pg_dump for that server.
pg_tools() { (
	unset PG_BIN
	echo "${PG_TOOLS:-$(pg_bin)}"
); }

# Servers refuse to run as root.
as_server() {
	if [ "$(id -u)" -eq 0 ]; then
		setpriv --reuid=postgres --regid=postgres --clear-groups -- "$@"
	else
		"$@"
	fi
}

# initdb takes seconds; it is done once for a whole run.
pg_cached_initdb() {
	local shared=${POSTKIT_TEST_SHARED:-${BATS_RUN_TMPDIR:-$T}}
	if [ "$(id -u)" -eq 0 ]; then chmod o+x "$shared" "$(dirname "$shared")" 2>/dev/null || :; fi
	local cache=$shared/initdb${PG_BIN+-${PG_BIN//\//}}
	(
		flock 9
		if [ ! -e "$cache.done" ]; then
			rm -rf "$cache"
			mkdir -m 700 "$cache"
			if [ "$(id -u)" -eq 0 ]; then chown postgres: "$cache"; fi
			echo secret >"$shared/password"
			chmod 644 "$shared/password"
			as_server "$(pg_bin)/initdb" -D "$cache" -U postgres --no-sync -E UTF8 \
				--locale=C.UTF-8 --auth-local=trust --auth-host=scram-sha-256 \
				--pwfile="$shared/password" >"$shared/initdb.log" 2>&1 || {
				cat "$shared/initdb.log" >&2
				exit 1
			}
			touch "$cache.done"
		fi
	) 9>"$shared/initdb.lock" || return 1
	echo "$cache"
}

# pg_start [NAME]: a server with databases of its own. Sets PROD_SOCKET (its folder), PROD_PORT and
# PROD_PASSWORD (of postgres, over TCP on 127.0.0.1, by scram). PG_SETTINGS: -c name=value ..., beside its own.
# Autovacuum, which holds locks, has transactions and changes statistics, would come when nobody knows.
pg_start() {
	local name=${1:-prod} cache dir port tries
	cache=$(pg_cached_initdb) || return 1
	dir=$T/$name
	mkdir -p "$dir/s"
	chmod 755 "$dir" "$dir/s"
	cp -a "$cache" "$dir/data"
	if [ "$(id -u)" -eq 0 ]; then chown postgres: "$dir" "$dir/s"; fi
	for tries in 1 2 3 4 5; do
		port=$((20000 + (RANDOM * 32768 + RANDOM) % 40000))
		if as_server "$(pg_bin)/pg_ctl" -D "$dir/data" -s -w -t 60 -l "$dir/log" start \
			-o "-c listen_addresses=127.0.0.1 -c port=$port -c unix_socket_directories=$dir/s \
			-c fsync=off -c synchronous_commit=off -c full_page_writes=off -c shared_buffers=32MB \
			-c max_connections=60 -c log_statement=all -c lc_messages=C -c autovacuum=off ${PG_SETTINGS-}" \
			</dev/null >/dev/null 2>&1 3>&- 4>&-; then
			export PROD_SOCKET=$dir/s PROD_PORT=$port PROD_PASSWORD=secret
			return 0
		fi
	done
	echo "server did not start ($tries tries)" >&2
	cat "$dir/log" >&2
	return 1
}

# pg_stop [NAME]
pg_stop() {
	local pid
	pid=$(head -n 1 "$T/${1:-prod}/data/postmaster.pid" 2>/dev/null) || return 0
	stop_pid "$pid"
}

# sql DB 'text': as superuser on the server started last; rows without decoration. Without text: stdin.
sql() {
	local db=$1
	shift
	PGOPTIONS='-c client_min_messages=warning' "$(pg_tools)/psql" -X -q -At -v ON_ERROR_STOP=1 \
		-h "$PROD_SOCKET" -p "$PROD_PORT" -U postgres -d "$db" ${1+-c "$1"}
}

# pg_createdb DB [FILE]: an empty database, or one made by a file.
pg_createdb() {
	sql postgres "CREATE DATABASE \"$1\""
	if [ -n "${2-}" ]; then sql "$1" <"$2" >/dev/null; fi
}

# shop_start [ROLE...] <SQL: in setup_file, a world that its tests share: a server with those roles, the role shop, and its database
# shop, in which SQL runs as that role. shop_url: the database, as that role.
shop_start() {
	local role settings=${PG_SETTINGS-} # which common_setup takes away
	common_setup
	PG_SETTINGS=$settings pg_start prod
	for role in "$@"; do sql postgres "CREATE ROLE $role"; done
	sql postgres 'CREATE ROLE shop LOGIN'
	sql postgres 'CREATE DATABASE shop OWNER shop'
	{ echo 'SET ROLE shop;' && cat; } | sql shop
}
shop_url() { echo "postgresql://shop@/shop?host=$PROD_SOCKET&port=$PROD_PORT"; }

# Connection strings: through the socket without a password, through TCP with one.
pg_url() { echo "postgresql://postgres@/${1:-postgres}?host=$PROD_SOCKET&port=$PROD_PORT"; }
pg_url_tcp() { echo "postgresql://${2:-postgres}:${3:-$PROD_PASSWORD}@127.0.0.1:$PROD_PORT/${1:-postgres}"; }

# A program under a sanitizer, which takes memory of its own?
sanitized() { grep -q fsanitize "$POSTKIT_BUILD/flags"; }

# ---- repositories ----

# new_repo [NAME]: a repository with one commit on main, pushed to a bare origin; cd into it.
new_repo() {
	local name=${1:-work}
	git init -q --bare "$T/$name-origin.git"
	git clone -q "$T/$name-origin.git" "$T/$name" 2>/dev/null
	cd "$T/$name" || return 1
	git symbolic-ref HEAD refs/heads/main
	echo "$name" >README
	git add README
	git commit -q -m 'first'
	git push -q -u origin main
}

# imported_repo NAME URL [OPTION...]: a repository made ready by `init OPTION...`, whose remote prod is the database at URL, with
# the schema of that in files that are not committed yet.
imported_repo() {
	new_repo "$1"
	git postkit init "${@:3}"
	git postkit remote add prod "$2" --default
	git postkit import --yes
}

# work_on DB [ROLE]: a repository DB-repo made anew, without hooks, whose remote prod is that database, as ROLE or $WORK_AS.
work_on() {
	cd "$T" || return 1
	rm -rf "$T/$1-repo" "$T/$1-repo-origin.git"
	new_repo "$1-repo"
	git postkit init --no-hooks >/dev/null 2>&1
	git postkit remote add prod "postgresql://${2:-$WORK_AS}@/$1?host=$PROD_SOCKET&port=$PROD_PORT" --default >/dev/null 2>&1
}

# commit_all MESSAGE: everything, in one commit.
commit_all() {
	git add -A
	git commit -q -m "$1"
}

# ---- what must be true ----

# ok COMMAND...: must succeed. $output is stdout and stderr.
ok() {
	run "$@"
	[ "$status" -eq 0 ] || tell "'$*' ended with status $status, not 0"
}

# fails STATUS COMMAND...: must end with just that.
fails() {
	local wanted=$1
	shift
	run "$@"
	[ "$status" -eq "$wanted" ] || tell "'$*' ended with status $status, not $wanted"
}

# has TEXT...: $output holds each; hasnt: none.
has() {
	local text
	for text in "$@"; do
		[[ $output == *"$text"* ]] || tell "not in the output: $text" || return 1
	done
}
hasnt() {
	local text
	for text in "$@"; do
		[[ $output != *"$text"* ]] || tell "in the output: $text" || return 1
	done
}

# in_order TEXT...: $output holds each, one behind the other.
in_order() {
	local rest=$output text
	for text in "$@"; do
		[[ $rest == *"$text"* ]] || tell "not there, or not behind the one before: $text" || return 1
		rest=${rest#*"$text"}
	done
}

# equal GOT WANTED
equal() {
	[ "$1" = "$2" ] || {
		printf 'got:    %s\nwanted: %s\n' "$1" "$2"
		return 1
	}
}

tell() {
	printf '%s\n--- output ---\n%s\n--------------\n' "$1" "${output-}"
	return 1
}

# until_true COMMAND...: within three minutes; what is waited for is often behind a dry run, and the machine busy.
until_true() {
	local tries=3600
	until "$@" >/dev/null 2>&1; do
		[ $((tries--)) -gt 0 ] || tell "never came true: $*" || return 1
		sleep 0.05
	done
}
