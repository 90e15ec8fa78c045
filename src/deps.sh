#!/bin/sh
# Installs the Debian packages that are missing: deps.sh [--yes] build|test|fuzz|lint...
# Says so first; asks on a terminal. Needs nothing but dpkg-query and apt-get. Settings are written below $DESTDIR.
set -eu

yes=${YES:-}
etc=${DESTDIR-}/etc
wanted=
for arg in "$@"; do
	case $arg in
	--yes) yes=1 ;;
	build)
		wanted="$wanted gcc libc6-dev make pkg-config git libgit2-dev libpq-dev libcjson-dev
			libssh2-1-dev libssl-dev libpg-query-dev libprotobuf-c-dev"
		;;
	test) wanted="$wanted libcmocka-dev bats python3 procps pgbouncer zsh fish openssl openssh-client openssh-server" ;;
	fuzz) wanted="$wanted clang" ;;
	lint) wanted="$wanted clang-tidy clang-format cppcheck shellcheck mandoc" ;;
	*)
		echo "usage: deps.sh [--yes] build|test|fuzz|lint..." >&2
		exit 129
		;;
	esac
done

# Elsewhere than on Debian the build itself says what it cannot find.
command -v dpkg-query >/dev/null 2>&1 && command -v apt-get >/dev/null 2>&1 || exit 0

# shellcheck disable=SC2016,SC2086 # the format is dpkg-query's; the list is to be split
installed=" $(dpkg-query -W -f '${db:Status-Abbrev}${Package} ' $wanted docker.io 2>/dev/null || :) "
missing=
for package in $wanted; do
	case $installed in
	*" "?"i $package "*) ;;
	*)
		case $package in
		pkg-config) command -v pkg-config >/dev/null 2>&1 && continue ;;
		esac
		missing="$missing $package"
		;;
	esac
done

server=
for program in /usr/lib/postgresql/*/bin/postgres; do
	[ -x "$program" ] && server=$program
done
[ -n "$server" ] || missing="$missing postgresql-15 postgresql-client-15"
major=${server#/usr/lib/postgresql/}
major=${major%%/*}
optional=
case " $* " in
*" test "*) # a module for the server is built
	[ -e "/usr/include/postgresql/${major:-15}/server/postgres.h" ] || missing="$missing postgresql-server-dev-${major:-15}"
	# Tests start a daemon of their own as root, and do without else. Another daemon is nobody's to replace.
	case $(id -u)$installed in "0 "*" "?"i docker.io "*) ;; "0 "*) optional=docker.io ;; esac
	for program in dockerd containerd; do
		! command -v "$program" >/dev/null 2>&1 || optional=
	done
	;;
esac
[ -n "$missing$optional" ] || exit 0

root=
if [ "$(id -u)" -ne 0 ]; then
	if ! command -v sudo >/dev/null 2>&1; then
		echo "error: packages are missing, and only root may install them" >&2
		echo "hint: as root: apt-get install$missing" >&2
		exit 1
	fi
	root=sudo
	[ -t 0 ] || root='sudo -n'
fi

cluster=$etc/postgresql-common/createcluster.conf
echo "git postkit: to be installed with apt-get:$missing${optional:+ $optional}" >&2
if [ -z "$server" ] && [ ! -e "$cluster" ]; then
	echo "git postkit: PostgreSQL without its system-wide cluster ($cluster)" >&2
else
	cluster=
fi
if [ -z "$yes" ] && [ -t 0 ] && [ -t 2 ]; then
	printf 'Install? [Y/n] ' >&2
	read -r answer || answer=n
	case $answer in
	'' | [Yy]*) ;;
	*)
		echo "error: not installed, so nothing can be built" >&2
		exit 1
		;;
	esac
fi

# The tests want the programs, nobody a machine that listens.
without_services() {
	package=$1
	shift
	case " $missing $optional " in *" $package "*) ;; *) return 0 ;; esac
	for unit; do
		[ ! -e "$etc/systemd/system/$unit" ] || continue
		echo "git postkit: $package without its system-wide service ($etc/systemd/system/$unit)" >&2
		$root mkdir -p "$etc/systemd/system"
		$root ln -s /dev/null "$etc/systemd/system/$unit"
	done
}
without_services openssh-server ssh.service
without_services docker.io docker.service docker.socket containerd.service
if [ -n "$cluster" ]; then
	$root mkdir -p "${cluster%/*}"
	echo 'create_main_cluster = false' | $root tee "$cluster" >/dev/null
fi
quietly() {
	log=$(mktemp)
	if $root env DEBIAN_FRONTEND=noninteractive "$@" >"$log" 2>&1 </dev/null; then
		rm -f "$log"
		return 0
	fi
	cat "$log" >&2
	rm -f "$log"
	return 1
}
quietly apt-get update || echo "git postkit: apt-get update failed, going on with the lists at hand" >&2
# shellcheck disable=SC2086 # a list
[ -z "$missing" ] || quietly apt-get install -y --no-install-recommends $missing || {
	echo "error: the packages could not be installed" >&2
	exit 1
}
[ -z "$optional" ] || quietly apt-get install -y --no-install-recommends "$optional" ||
	echo "git postkit: without $optional, the tests that need it are skipped" >&2
echo "git postkit: installed" >&2
