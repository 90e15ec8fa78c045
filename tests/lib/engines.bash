# Stand-ins for the command lines of engines that clone databases: neonctl, dblab and kubectl. They take only what
# the real ones take in the way the templates use them, and what they hand out are databases of a real server.
# After common.bash.
#
#	engines_start	the server, empty; FARM_SOCKET and FARM_PORT say where
#	engines_put	the three programs in $T/bin
#	farm DB 'text'	as sql, on that server
# shellcheck shell=bash

engines_start() {
	pg_start farm
	export FARM_SOCKET=$PROD_SOCKET FARM_PORT=$PROD_PORT FARM_LOG=$T/farm-log FARM_TOOLS
	FARM_TOOLS=$(pg_tools)
	: >"$FARM_LOG"
}

farm() { PROD_SOCKET=$FARM_SOCKET PROD_PORT=$FARM_PORT sql "$@"; }

engines_put() {
	cat >"$T/bin/engine" <<-'SH'
		# make NAME, drop, names: what all three do; one clone at a time, for all have a database of the same name
		farm() { "$FARM_TOOLS/psql" -X -qAt -v ON_ERROR_STOP=1 -h "$FARM_SOCKET" -p "$FARM_PORT" -U postgres "$@"; }
		make() {
			farm -d postgres -c "CREATE DATABASE shop OWNER app"
			farm -d shop -f "$PROD_DUMP" >/dev/null
			echo "$1" >"$FARM_LOG.name"
		}
		drop() {
			farm -d postgres -c "DROP DATABASE shop WITH (FORCE)"
			rm "$FARM_LOG.name"
		}
		names() { [ ! -e "$FARM_LOG.name" ] || cat "$FARM_LOG.name"; }
		misused() { echo "${0##*/}: $1" >&2; exit 64; }
		echo "${0##*/} $*" >>"$FARM_LOG"
	SH
	cat >"$T/bin/neonctl" <<-'SH'
		#!/bin/bash
		set -eu
		. "${0%/*}/engine"
		words=() output=table role= database= name=
		while [ $# -gt 0 ]; do
			case $1 in
			--project-id) [ "$2" = shop-project ] || misused "project $2 not found"; shift 2 ;;
			--output) output=$2; shift 2 ;;
			--name) name=$2; shift 2 ;;
			--parent) [ "$2" = production ] || misused "branch $2 not found"; shift 2 ;;
			--role-name) role=$2; shift 2 ;;
			--database-name) database=$2; shift 2 ;;
			--no-color) shift ;;
			-*) misused "Unknown argument: $1" ;;
			*) words+=("$1"); shift ;;
			esac
		done
		case "${words[*]}" in
		'branches create')
			make "$name"
			printf '{\n  "branch": {\n    "id": "br-cool-1",\n    "name": "%s"\n  },\n  "connection_uris": []\n}\n' "$name"
			;;
		'branches list')
			[ "$output" = json ]
			echo '['
			names | sed 's/.*/  {\n    "id": "br-cool-1",\n    "name": "&",\n    "current_state": "ready"\n  },/'
			echo '  {\n    "name": "production"\n  }\n]'
			;;
		'branches delete '*)
			names | grep -qx "${words[2]}" || misused "ERROR: Branch ${words[2]} not found."
			drop
			;;
		'connection-string '*)
			[ "$role/$database" = neondb_owner/shop ] || misused 'Role or database not found'
			echo "postgresql://neondb_owner:npg_s3cr3t@/shop?host=$FARM_SOCKET&port=$FARM_PORT"
			;;
		*) misused "Unknown command: ${words[*]}" ;;
		esac
	SH
	cat >"$T/bin/dblab" <<-'SH'
		#!/bin/bash
		set -eu
		. "${0%/*}/engine"
		id= user= password=
		[ "$1" = clone ] || misused "No help topic for '$1'"
		shift
		verb=$1
		shift
		while [ $# -gt 0 ]; do
			case $1 in
			--id) id=$2; shift 2 ;;
			--username) user=$2; shift 2 ;;
			--password) password=$2; shift 2 ;;
			--snapshot-id) [ "$2" = nightly ] || misused 'snapshot not found'; shift 2 ;;
			-*) misused "Incorrect Usage. flag provided but not defined: $1" ;;
			*) id=$1; shift ;;
			esac
		done
		case $verb in
		create)
			make "$id"
			farm -d postgres -c "DROP ROLE IF EXISTS $user" -c "CREATE ROLE $user SUPERUSER LOGIN PASSWORD '$password'"
			cat <<-JSON
				{
				    "id": "$id",
				    "protected": false,
				    "status": {
				        "code": "OK",
				        "message": "Clone is ready to accept Postgres connections."
				    },
				    "db": {
				        "connStr": "host=127.0.0.1 port=$FARM_PORT user=$user dbname=postgres",
				        "host": "127.0.0.1",
				        "port": "$FARM_PORT",
				        "username": "$user",
				        "password": "",
				        "dbName": "postgres"
				    }
				}
			JSON
			;;
		list)
			echo '['
			names | sed 's/.*/    {\n        "id": "&",\n        "protected": false\n    }/'
			echo ']'
			;;
		destroy)
			names | grep -qx "$id" || misused '[ERROR] Clone not found'
			drop
			;;
		*) misused "No help topic for '$verb'" ;;
		esac
	SH
	cat >"$T/bin/kubectl" <<-'SH'
		#!/bin/bash
		set -eu
		. "${0%/*}/engine"
		[ "$1 $2" = '--namespace clones' ] || misused "namespaces \"$2\" not found"
		shift 2
		case "$*" in
		'create -f -')
			python3 -c '
			import sys
			text = sys.stdin.read()
			for line in ["kind: Cluster", "  instances: 1", "    size: 20Gi", "    storageClass: fast", "        name: nightly",
			             "            type: LoadBalancer", "apiVersion: postgresql.cnpg.io/v1"]:
			    assert line in text.split("\n"), line
			print([l for l in text.split("\n") if l.startswith("  name: ")][0][8:])' >"$FARM_LOG.new"
			make "$(cat "$FARM_LOG.new")"
			;;
		'wait --for=condition=Ready --timeout=20m cluster.postgresql.cnpg.io/'*) names | grep -qx "${!##*/}" ;;
		"wait --for=jsonpath={.status.loadBalancer.ingress} --timeout=20m service/"*-outside) ;;
		"get service/"*"-outside -o jsonpath={.status.loadBalancer.ingress[0].ip}{.status.loadBalancer.ingress[0].hostname}")
			printf 127.0.0.1
			;;
		"get service/"*"-outside -o jsonpath={.spec.ports[0].port}") printf %s "$FARM_PORT" ;;
		"get secret "*"-superuser -o jsonpath={.data.username}") printf postgres | base64 ;;
		"get secret "*"-superuser -o jsonpath={.data.password}") printf secret | base64 ;;
		"delete cluster.postgresql.cnpg.io "*" --ignore-not-found --wait=false")
			if names | grep -qx "$3"; then drop; fi
			;;
		*) misused "unknown: $*" ;;
		esac
	SH
	chmod +x "$T"/bin/{neonctl,dblab,kubectl}
}
