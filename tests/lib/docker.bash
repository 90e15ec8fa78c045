# A Docker daemon of our own, and an image of a PostgreSQL that is not installed here. After common.bash and
# versions.bash.
#
#	docker_start	the daemon, with its data below $T and DOCKER_HOST set; 1 and $why where Docker cannot run
#	docker_image	postkit-test:$DOCKER_MAJOR in it, out of the programs that versions.bash fetches; 1 and $why where
#			those cannot be had, or no container runs
#	docker_stop	all containers, and the daemon
# shellcheck shell=bash disable=SC2034 # $why is for whoever calls

DOCKER_MAJOR=18

docker_start() {
	local tries=300 program
	if [ "$(id -u)" -ne 0 ]; then
		why="Docker's daemon needs root here"
		return 1
	fi
	for program in dockerd docker containerd runc; do
		command -v "$program" >/dev/null || {
			why="$program is not installed"
			return 1
		}
	done
	DOCKER_DIR=$(mktemp -d /tmp/pkd.XXXXXX)
	chmod 755 "$DOCKER_DIR"
	export DOCKER_DIR DOCKER_HOST=unix://$DOCKER_DIR/sock
	# without a bridge nothing of this machine's network is touched
	TMPDIR=$DOCKER_DIR dockerd --data-root "$DOCKER_DIR/data" --exec-root "$DOCKER_DIR/exec" \
		--host "$DOCKER_HOST" --pidfile "$DOCKER_DIR/pid" --bridge=none --iptables=false --ip6tables=false \
		--ip-forward=false >"$DOCKER_DIR/log" 2>&1 </dev/null 3>&- &
	echo $! >"$DOCKER_DIR/daemon"
	until docker version >/dev/null 2>&1; do
		if [ $((tries--)) -le 0 ] || ! kill -0 "$(cat "$DOCKER_DIR/daemon")" 2>/dev/null; then
			why="no Docker daemon runs here: $(tail -n 1 "$DOCKER_DIR/log")"
			docker_stop
			return 1
		fi
		sleep 0.1
	done
}

docker_stop() {
	local pid tries=300
	[ -n "${DOCKER_DIR-}" ] || return 0
	docker ps -aq 2>/dev/null | xargs -r docker rm -f >/dev/null 2>&1 || :
	pid=$(cat "$DOCKER_DIR/daemon")
	kill "$pid" 2>/dev/null || :
	while kill -0 "$pid" 2>/dev/null && [ $((tries--)) -gt 0 ]; do sleep 0.1; done
	grep -o " $DOCKER_DIR/[^ ]*" /proc/mounts | sort -r | xargs -r umount 2>/dev/null || :
	rm -rf "$DOCKER_DIR"
	unset DOCKER_DIR DOCKER_HOST
}

# What a file needs to run, and sh, which initdb asks.
docker_libraries() {
	local root=$1 file
	shift
	for file; do LD_LIBRARY_PATH=$root/usr/local/lib ldd "$file" 2>/dev/null || :; done |
		grep -o '/[^ ]*' | sort -u | while read -r file; do
		case $file in "$root"/*) continue ;; esac
		mkdir -p "$root${file%/*}"
		cp -L "$file" "$root$file"
	done
}

# Made once, and kept as a tar file.
docker_image() {
	local home=$POSTKIT_BUILD/postgresql root dir tar said # versions_fetch says dir
	tar=$home/docker-$DOCKER_MAJOR.tar
	if [ ! -e "$tar" ]; then
		root=$(mktemp -d /tmp/pki.XXXXXX)
		chmod 755 "$root"
		mkdir -p "$root"/{bin,etc,root,run,tmp,usr/local/bin,usr/local/lib,usr/lib/locale}
		if ! versions_fetch "$DOCKER_MAJOR" "${VERSIONS_SERVER[$DOCKER_MAJOR]}" versions_unpack_server ||
			! versions_fetch clients "$VERSIONS_TOOLS" versions_unpack_tools; then
			rm -rf "$root"
			return 1
		fi
		cp -a "$home/$DOCKER_MAJOR/." "$root/usr/local/"
		cp -a "$home/clients/bin/." "$root/usr/local/bin/"
		cp -an "$home/clients/lib/." "$root/usr/local/lib/" || :
		# each container is a whole copy
		rm -f "$root"/usr/local/lib/*.a "$root"/usr/local/lib/postgresql/pl{perl,python3,tcl}.so
		cp -L /bin/sh "$root/bin/sh"
		cp -a /usr/lib/locale/C.utf8 "$root/usr/lib/locale/" 2>/dev/null || :
		docker_libraries "$root" "$root"/bin/sh "$root"/usr/local/bin/* "$root"/usr/local/lib/*.so* \
			"$root"/usr/local/lib/postgresql/*.so
		tar -C "$root" -cf "$tar.new" . && mv "$tar.new" "$tar"
		rm -rf "$root"
	fi
	if ! said=$(docker import --change 'ENV PATH=/usr/local/bin:/bin' "$tar" "postkit-test:$DOCKER_MAJOR" 2>&1) ||
		! said=$(docker run --rm --network none "postkit-test:$DOCKER_MAJOR" postgres --version 2>&1); then
		why="no Docker container runs here: ${said%%$'\n'*}"
		return 1
	fi
}
