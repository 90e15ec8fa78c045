#!/usr/bin/env bats
# Private servers in containers: real ones, of a PostgreSQL that is not installed here. The tests build on each other.

# shellcheck disable=SC2154 # $status comes from run
load ../lib/common
load ../lib/versions
load ../lib/docker

setup_file() {
	common_setup
	if ! docker_start; then
		echo "$why" >"$T/skip"
		return 0
	fi
	docker_image || {
		echo "$why" >"$T/skip"
		docker_stop
		return 0
	}
	export DOCKER_DIR DOCKER_HOST DOCKER_MAJOR
	versions_use "$DOCKER_MAJOR"
	pg_start
	sql postgres 'CREATE ROLE app LOGIN'
	sql postgres 'CREATE DATABASE shop OWNER app'
	sql shop 'SET ROLE app; CREATE TABLE t (id int PRIMARY KEY, x text); INSERT INTO t SELECT i, i FROM generate_series(1, 1000) i'
	new_repo
	git postkit init --no-hooks
	git postkit remote add prod "postgresql://app@/shop?host=$PROD_SOCKET&port=$PROD_PORT"
	git config postkit.dockerImage 'postkit-test:{major}'
	git config postkit.serverKind auto
}

setup() {
	[ ! -e "$T/skip" ] || skip "$(cat "$T/skip")"
	cd "$T/work" || return 1
}

teardown_file() {
	docker_stop
	common_teardown
}

containers() { docker ps -a --format '{{.Names}} {{.State}}' | sort; }
no_containers() { [ -z "$(docker ps -aq)" ]; }
clone_sql() { git postkit psql -- -XqAtc "$1"; }

@test "without a server of its version here, a session lives in a container from start to commit" {
	ok git postkit import --yes prod
	commit_all 'import'
	git switch -q -c more
	ok git postkit start
	[[ $(containers) =~ ^git-postkit-[0-9a-f]+-pg18\ running$ ]]
	equal "$(clone_sql 'SELECT count(*) FROM t')" 1000
	equal "$(clone_sql 'SELECT current_user')" app
	echo 'CREATE TABLE u (id int);' >db/schema/u.sql
	ok git postkit plan
	ok git postkit apply
	ok git postkit commit -m more
	ok git postkit deploy --dry-run prod
	ok git postkit doctor
	has 'Docker' "postkit-test:18"
}

@test "its container is closed: no port, no network, no powers, and the socket is the user's alone" {
	local name host
	name=$(docker ps --format '{{.Names}}')
	equal "$(docker inspect -f '{{.HostConfig.NetworkMode}} {{len .NetworkSettings.Ports}} {{.HostConfig.CapDrop}}' "$name")" \
		'none 0 [ALL]'
	[[ $(docker inspect -f '{{index .Config.Labels "git-postkit.cluster"}}' "$name") == "$POSTKIT_STATE_DIR"/*/pg18 ]]
	[[ $(docker inspect -f '{{.Config.User}}' "$name") != 0:* ]]
	host=$(git postkit url | sed 's/.*host=\([^&]*\).*/\1/')
	equal "$(stat -c %a "$host")" 700
	hasnt 5432
}

@test "killed or restarted under it, the next command starts it again with what it held" {
	docker kill "$(docker ps -q)" >/dev/null
	equal "$(clone_sql 'SELECT count(*) FROM u')" 0
	equal "$(containers | wc -l)" 1
	docker rm -f "$(docker ps -q)" >/dev/null
	equal "$(clone_sql 'SELECT count(*) FROM t')" 1000
}

@test "not used for a while it stops, and its container goes" {
	docker stop "$(docker ps -q)" >/dev/null
	git config postkit.idleTimeout 2
	# looked at while it is used, by a container of psql
	mkfifo "$T/asked"
	git-postkit psql -- -XqAt <"$T/asked" >"$T/answered" 2>&1 3>&- &
	exec 7>"$T/asked"
	echo 'SELECT 1;' >&7
	until_true grep -qx 1 "$T/answered"
	equal "$(containers | grep -cE "^git-postkit-[0-9a-f]+-pg18 running$")" 1
	exec 7>&-
	wait %git-postkit
	until_true no_containers
	git config --unset postkit.idleTimeout
}

@test "what was made in a container stays there; a setting that contradicts is an error" {
	git config postkit.serverKind embedded
	fails 128 git postkit url
	has 'in Docker' 'gc --all'
	git config postkit.serverKind nonsense
	fails 128 git postkit url
	has 'auto, embedded or docker'
	git config --unset postkit.serverKind
	git config --unset postkit.dockerImage
	equal "$(clone_sql 'SELECT count(*) FROM t')" 1000
	git config postkit.dockerImage 'postkit-test:{major}'
}

@test "gc removes containers with their data" {
	ok git postkit abort --yes
	ok git postkit gc --all --yes
	equal "$(containers)" ''
	equal "$(find "$POSTKIT_STATE_DIR" -name PG_VERSION)" ''
}

@test "what stands in the way is said with the way out: image, daemon, permission, program" {
	git switch -q -c other
	git config postkit.dockerImage 'postkit-none:{major}'
	fails 128 git postkit start
	has "'postkit-none:18'" 'could not be pulled' 'docker load'
	docker tag postkit-test:18 postkit-elder:17
	git config postkit.dockerImage 'postkit-test:18'
	git config postkit.pgMajor 17
	fails 128 git postkit fingerprint db/schema
	has 'PostgreSQL 18, and 17 is needed' '{major}'
	git config --unset postkit.pgMajor
	DOCKER_HOST=unix://$T/nowhere fails 128 git postkit start
	has "daemon does not run" 'systemctl start docker'
	git config --unset postkit.dockerImage
	DOCKER_HOST=unix://$T/nowhere fails 128 git postkit start
	has 'no server of PostgreSQL 18 is installed here' 'postgresql-18' 'systemctl start docker'
	mkdir -p "$T/shadow"
	printf '#!/bin/sh\necho "permission denied while trying to connect to the Docker daemon socket" >&2\nexit 1\n' >"$T/shadow/docker"
	chmod +x "$T/shadow/docker"
	PATH=$T/shadow:$PATH fails 128 git postkit start
	has 'may not use Docker' 'usermod -aG docker'
	git config postkit.dockerImage 'postkit-test:{major}'
	equal "$(containers)" ''
}

@test "a user in the group of Docker has containers of their own, whose files are theirs" {
	local user=nobody home=$T/nobody
	mkdir -p "$home"
	chown "$user" "$home"
	chmod 666 "$DOCKER_DIR/sock"
	as_user() {
		setpriv --reuid="$user" --regid="$(id -g "$user")" --clear-groups env HOME="$home" XDG_STATE_HOME="$home/state" \
			XDG_RUNTIME_DIR='' POSTKIT_STATE_DIR="$home/state" git -C "$home/work" "$@"
	}
	setpriv --reuid="$user" --regid="$(id -g "$user")" --clear-groups git init -q "$home/work"
	as_user config postkit.dockerImage 'postkit-test:{major}'
	as_user config postkit.pgMajor 18
	echo 'CREATE TABLE t (id int);' >"$T/t.sql"
	chmod 644 "$T/t.sql"
	ok as_user postkit fingerprint "$T/t.sql"
	equal "$(stat -c %U "$home/work/.git/postkit/pg18/data")" "$user"
	[[ $(containers) == *running ]]
	ok as_user postkit gc --all --yes
	equal "$(containers)" ''
}

@test "a pulled file cannot name an image" {
	local dir
	dir=$(mktemp -d "$T/XXXXXX")
	cd "$dir"
	git init -q
	printf '[postkit]\n\tdockerImage = postkit-test:15\n\tserverKind = docker\n' >.postkit
	echo 'CREATE TABLE t (id int);' >t.sql
	ok git postkit fingerprint t.sql
	equal "$(containers)" ''
}
