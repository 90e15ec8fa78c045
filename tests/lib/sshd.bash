# A real sshd on 127.0.0.1 with keys and settings of its own, and a client that knows nothing else. After
# common.bash.
#
#	sshd_start [NAME] [SETTING...]	sets SSHD_PORT; as the user who runs the tests, or SSHD_USER
#	sshd_stop [NAME]		with all that is connected
#	sshd_cut			what is connected, and not the server itself
#	ssh_login KEY			the client uses that key alone: ed25519, ecdsa, rsa, encrypted
#	ssh_knows KEY [PORT]		the client knows the server by that key: ed25519, ecdsa, rsa
#
# Keys lie in $T/ssh: user_KEY and host_KEY. The client's settings are $T/ssh/config.
# shellcheck shell=bash

SSHD=/usr/sbin/sshd

ssh_prepare() {
	local type dir=$T/ssh
	[ ! -d "$dir" ] || return 0
	mkdir "$dir"
	for type in ed25519 ecdsa rsa; do
		ssh-keygen -q -t "$type" -N '' -C '' -f "$dir/user_$type"
		ssh-keygen -q -t "$type" -N '' -C '' -f "$dir/host_$type"
	done
	ssh-keygen -q -t ed25519 -N 'open sesame' -C '' -f "$dir/user_encrypted"
	ssh-keygen -q -t ed25519 -N '' -C '' -f "$dir/user_stranger"
	cat "$dir"/user_{ed25519,ecdsa,rsa,encrypted}.pub >"$dir/authorized"
	printf '#!/bin/sh\nexec %s -F %s "$@"\n' "$(command -v ssh)" "$dir/config" >"$T/bin/ssh"
	chmod +x "$T/bin/ssh"
	unset SSH_AUTH_SOCK SSH_ASKPASS SSH_ASKPASS_REQUIRE DISPLAY
	ssh_login ed25519
}

ssh_login() {
	cat >"$T/ssh/config" <<-CONFIG
		${SSH_MORE-}
		Host *
		UserKnownHostsFile $T/ssh/known
		GlobalKnownHostsFile none
		IdentityFile $T/ssh/user_$1
		IdentitiesOnly yes
	CONFIG
}

ssh_knows() { echo "[127.0.0.1]:${2:-$SSHD_PORT} $(cut -d' ' -f1,2 "$T/ssh/host_$1.pub")" >"$T/ssh/known"; }

sshd_start() {
	local name=${1:-sshd} dir tries
	shift || :
	ssh_prepare
	dir=$T/$name
	mkdir -p "$dir"
	cp "$T"/ssh/host_{ed25519,ecdsa,rsa} "$dir/"
	cp "$T/ssh/authorized" "$dir/authorized"
	chmod 600 "$dir"/*
	if [ "$(id -u)" -eq 0 ]; then mkdir -p /run/sshd; fi
	if [ -n "${SSHD_USER-}" ]; then chown -R "$SSHD_USER:" "$dir"; fi
	for tries in 1 2 3 4 5; do
		SSHD_PORT=$((20000 + (RANDOM * 32768 + RANDOM) % 40000))
		{
			printf '%s\n' "$@" # the first one counts
			cat <<-CONFIG
				Port $SSHD_PORT
				ListenAddress 127.0.0.1
				HostKey $dir/host_ed25519
				HostKey $dir/host_ecdsa
				HostKey $dir/host_rsa
				AuthorizedKeysFile $dir/authorized
				PidFile $dir/pid
				StrictModes no
				UsePAM no
				PasswordAuthentication no
				KbdInteractiveAuthentication no
				PermitRootLogin prohibit-password
				MaxStartups 100
				LogLevel DEBUG1
			CONFIG
		} >"$dir/config"
		rm -f "$dir/log"
		as_sshd_user "$SSHD" -f "$dir/config" -E "$dir/log" 3>&- 4>&- || continue
		until [ -s "$dir/pid" ] || grep -q 'Cannot bind any address' "$dir/log"; do sleep 0.02; done
		[ -s "$dir/pid" ] || continue
		export SSHD_PORT SSHD_DIR=$dir
		ssh_knows ed25519
		return 0
	done
	echo "sshd did not start ($tries tries)" >&2
	cat "$dir/log" >&2
	return 1
}

as_sshd_user() {
	if [ -n "${SSHD_USER-}" ]; then
		setpriv --reuid="$SSHD_USER" --regid="$SSHD_USER" --clear-groups -- "$@"
	else
		"$@"
	fi
}

# The processes below another one, deepest last.
pids_below() {
	local pid
	for pid in $(pgrep -P "$1" 2>/dev/null); do
		echo "$pid"
		pids_below "$pid"
	done
}

sshd_cut() {
	local pid
	for pid in $(pids_below "$(cat "$SSHD_DIR/pid")"); do kill -9 "$pid" 2>/dev/null || :; done
}

sshd_stop() {
	local pid dir=$T/${1:-sshd} one
	pid=$(cat "$dir/pid" 2>/dev/null) || return 0
	for one in $(pids_below "$pid") "$pid"; do kill -9 "$one" 2>/dev/null || :; done
	rm -f "$dir/pid"
}
