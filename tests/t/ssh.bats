#!/usr/bin/env bats
# Databases behind an SSH server, through libssh2 and through the ssh program, with a real sshd.
# shellcheck disable=SC2016,SC2030,SC2031 # each test has variables of its own

load ../lib/common
load ../lib/sshd

setup_file() {
	common_setup
	make_certificate
	PG_SETTINGS="-c max_prepared_transactions=2 -c ssl=on -c ssl_cert_file=$T/tls/cert -c ssl_key_file=$T/tls/key" pg_start
	pg_createdb shop
	sql shop 'CREATE TABLE users (id int PRIMARY KEY, name text); INSERT INTO users SELECT i, i::text FROM generate_series(1, 1000) i'
	sshd_start
	new_repo work
}

setup() {
	cd "$T/work" || return 1
	ssh_login ed25519
	ssh_knows ed25519
}

teardown() {
	git config --global --unset-all postkit.sshTransport || :
	nothing_left
}

teardown_file() {
	sshd_stop
	common_teardown
}

# For the name localhost, not for 127.0.0.1.
make_certificate() {
	mkdir "$T/tls"
	openssl req -x509 -newkey rsa:2048 -nodes -days 30 -subj /CN=localhost -addext subjectAltName=DNS:localhost \
		-keyout "$T/tls/key" -out "$T/tls/cert" 2>/dev/null
	chmod 600 "$T/tls/key"
	if [ "$(id -u)" -eq 0 ]; then chown postgres: "$T/tls/key"; fi
}

# url [DB] [PARAMETERS]: of the server as sshd sees it.
url() { echo "$(pg_url_tcp "${1:-shop}")${2+?$2}"; }

# Both transports, one after the other.
each() {
	for TRANSPORT in libssh2 openssh; do
		git config --global postkit.sshTransport "$TRANSPORT"
		echo "with $TRANSPORT"
		"$@" # not in a condition, in which nothing that fails within would count
	done
}

tunnels() {
	local pid
	for pid in $(pgrep -x 'postkit-ssh|ssh'); do
		! tr '\0' '\n' <"/proc/$pid/environ" 2>/dev/null | grep -qx "POSTKIT_TEST_DIR=$T" || echo "$pid"
	done
}

no_tunnel() { [ -z "$(tunnels)" ]; }

# When the program has ended, all that it started has, too, and its folder is gone.
nothing_left() {
	[ -z "$(tunnels)" ] || tell "still running: $(tunnels)"
	[ -z "$(find "$T/run" -maxdepth 1 -name 'postkit-ssh-*')" ] || tell "a folder is left"
}

bastion() { echo "127.0.0.1:$SSHD_PORT"; }

@test "what is read through the tunnel is what is there" {
	run -0 git postkit fingerprint "$(pg_url shop)"
	local there=$output
	read_it() {
		local mode
		for mode in disable prefer require; do
			: >"$T/sshd/log"
			ok git postkit fingerprint --ssh "$(bastion)" "$(url shop "sslmode=$mode")"
			has "$there"
			hasnt secret
			grep -q direct-tcpip "$T/sshd/log" || tell 'not through the tunnel'
		done
		: >"$T/sshd/log"
		ok git postkit diff --exit-code --ssh "$(bastion)" "$(url)" "$(url)"
		[ "$(grep -c 'ctype direct-tcpip' "$T/sshd/log")" -ge 2 ] || tell 'not through the tunnel'
		ok git postkit snapshot --ssh "$(bastion)" "$(url)"
		has 'CREATE TABLE public.users'
		nothing_left
	}
	each read_it
}

@test "a remote keeps its SSH server in the repository's settings, and nowhere else counts" {
	git postkit remote add behind "postgresql://postgres@127.0.0.1:$PROD_PORT/shop" --ssh "$(bastion)"
	equal "$(git config --local postkit.remote.behind.ssh)" "$(bastion)"
	ok git postkit remote list
	has "through $(bastion)"
	export PGPASSWORD=secret
	with_remote() {
		ok git postkit remote test behind
		has "SSH           $(id -un)@127.0.0.1:$SSHD_PORT ($TRANSPORT)" 'TLS'
		ok git postkit remote test behind --ssh ''
		hasnt 'SSH  '
	}
	each with_remote
	git config --unset postkit.remote.behind.ssh
	printf '[postkit "remote.behind"]\n\tssh = evil@127.0.0.1:1\n[postkit]\n\tsshTransport = evil\n' >.postkit
	ok git postkit remote test behind
	hasnt 'SSH  '
	rm .postkit
	fails 128 git postkit remote add other "$(pg_url shop)" --ssh '-oProxyCommand=touch'
	has 'is no SSH server'
	git postkit remote remove behind
}

@test "a session starts, plans and deploys through the tunnel" {
	pg_createdb team
	sql team 'CREATE TABLE t (id int PRIMARY KEY)'
	git postkit init
	git postkit remote add team "postgresql://postgres@127.0.0.1:$PROD_PORT/team" --ssh "$(bastion)" --default
	export PGPASSWORD=secret
	ok git postkit import --yes
	commit_all import
	session() {
		git switch -q -c "work-$TRANSPORT"
		ok git postkit start
		echo "ALTER TABLE t ADD added_$TRANSPORT int;" | git postkit migration 2>/dev/null || :
		local file
		file=$(find db/schema -name t.sql)
		sed -i "0,/id integer NOT NULL/s//id integer NOT NULL,\n    added_$TRANSPORT integer/" "$file"
		ok git postkit plan
		ok git postkit apply
		ok git postkit commit -m "add a column with $TRANSPORT"
		ok git postkit deploy --yes
		equal "$(sql team "SELECT count(*) FROM pg_attribute WHERE attname = 'added_$TRANSPORT'")" 1
		git switch -q main
		git merge -q "work-$TRANSPORT"
		git branch -q -d "work-$TRANSPORT"
		nothing_left
	}
	each session
}

@test "64 MB come and go on four connections, with a new key every 256 kB and without" {
	pg_createdb big
	for i in 1 2 3 4; do
		sql big "CREATE TABLE t$i AS SELECT i, string_agg(md5(random()::text), '') AS data
			FROM generate_series(1, 5000) i, generate_series(1, 100) GROUP BY i"
	done
	local sums='SELECT md5(string_agg(data, NULL ORDER BY i)) FROM (SELECT * FROM t1 UNION ALL SELECT i + 5000, data FROM t2
		UNION ALL SELECT i + 10000, data FROM t3 UNION ALL SELECT i + 15000, data FROM t4) t'
	local there
	there=$(sql big "$sums")
	local plain=$SSHD_PORT
	sshd_start rekey 'RekeyLimit 256K' 'KexAlgorithms curve25519-sha256'
	local port=$SSHD_PORT
	there_and_back() {
		local name=$1 to
		to=copy_${name}_$TRANSPORT
		pg_createdb "$to"
		git config "postkit.remote.$to.url" "postgresql://postgres@127.0.0.1:$PROD_PORT/$to"
		git config "postkit.remote.$to.ssh" "127.0.0.1:$2"
		ssh_knows ed25519 "$2"
		PGPASSWORD=secret ok git postkit copy --jobs 4 --ssh "127.0.0.1:$2" "$(url big)" "$to"
		equal "$(sql "$to" "$sums")" "$there"
		sql postgres "DROP DATABASE $to"
		git config --remove-section "postkit.remote.$to"
	}
	each there_and_back rekeyed "$port"
	sshd_stop rekey
	each there_and_back plain "$plain"
}

nobody_waits() { [ "$(sql shop "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'")" = 0 ]; }

# Until a query of the program, which still runs, waits for a lock.
until_blocked() {
	while nobody_waits; do
		kill -0 "$1" 2>/dev/null || tell "ended before: $(cat "$T/said")"
		sleep 0.05
	done
}

# locked RELATION COMMAND...: runs it while nobody can read the relation.
locked() {
	local status=0
	until_true nobody_waits # of those before
	sql shop "BEGIN; LOCK TABLE $1 IN ACCESS EXCLUSIVE MODE; PREPARE TRANSACTION 'held'"
	shift
	"$@" || status=$?
	sql shop "ROLLBACK PREPARED 'held'"
	return "$status"
}

cut_in_the_middle() {
	"$@" >"$T/said" 2>&1 &
	local pid=$! status=0
	until_blocked "$pid"
	sshd_cut
	wait "$pid" || status=$?
	output=$(<"$T/said")
	[ "$status" -eq 128 ] || tell "ended with $status"
	has 'error: ' 'tunnel through SSH server'
	hasnt secret
	nothing_left
}

@test "an SSH server that dies in the middle is a clear error, and nothing is left" {
	die() {
		locked users cut_in_the_middle git postkit copy --ssh "$(bastion)" "$(url)" "$(pg_url postgres)"
		locked pg_description cut_in_the_middle git postkit fingerprint --ssh "$(bastion)" "$(url)"
	}
	each die
}

@test "a program that is killed takes its tunnel with it" {
	killed() {
		git-postkit fingerprint --ssh "$(bastion)" "$(url)" >/dev/null 2>&1 &
		local pid=$!
		until_blocked "$pid"
		kill -9 "$pid"
		wait "$pid" 2>/dev/null || :
		while [ -n "$(tunnels)" ]; do sleep 0.05; done
		nothing_left
	}
	each locked pg_description killed
}

interrupted() {
	local status=0
	setsid git postkit fingerprint --ssh "$(bastion)" "$(url)" >"$T/said" 2>&1 &
	local pid=$!
	until_blocked "$pid"
	kill -INT "-$pid"
	wait "$pid" || status=$?
	[ "$status" -eq 130 ] || tell "ended with $status: $(<"$T/said")"
	until_true nobody_waits
	nothing_left
}

@test "Ctrl-C cancels the query through the tunnel" {
	each locked pg_description interrupted
}

refused() { # TEXT...
	fails 128 git postkit fingerprint --ssh "$(bastion)" "$(url)"
	has "$@"
	hasnt secret
	nothing_left
}

@test "an SSH server that is not known, or not as the one known, is refused" {
	: >"$T/ssh/known"
	each refused "is not known here" 'hint: connect once by hand'
	[ ! -s "$T/ssh/known" ]
	echo "[127.0.0.1]:$SSHD_PORT $(cut -d' ' -f1,2 "$T/ssh/user_ed25519.pub")" >"$T/ssh/known"
	each refused "is not the one known for it" "ssh-keygen -f $T/ssh/known -R '[127.0.0.1]:$SSHD_PORT'"
	ssh_knows ed25519
	echo "@revoked * $(cut -d' ' -f1,2 "$T/ssh/host_ed25519.pub")" >>"$T/ssh/known"
	each refused "is revoked"
	echo "[127.0.0.1]:$((SSHD_PORT + 1)) $(cut -d' ' -f1,2 "$T/ssh/host_ed25519.pub")" >"$T/ssh/known"
	each refused "is not known here"
}

@test "a server is known by a hashed line, by any of its keys, and by an alias" {
	known() { ok git postkit fingerprint --ssh "$(bastion)" "$(url)"; }
	ssh-keygen -q -H -f "$T/ssh/known" >/dev/null 2>&1
	grep -q '^|1|' "$T/ssh/known"
	each known
	ssh_knows ecdsa
	each known
	echo "the-alias $(cut -d' ' -f1,2 "$T/ssh/host_ed25519.pub")" >"$T/ssh/known"
	echo "HostKeyAlias the-alias" >>"$T/ssh/config"
	each known
}

@test "an RSA key of the server or the user is for the ssh program, and that is said" {
	ssh_knows rsa
	git config --global postkit.sshTransport libssh2
	refused 'libssh2' 'hint: git config postkit.sshTransport openssh'
	for transport in openssh auto; do
		git config --global postkit.sshTransport $transport
		ok git postkit fingerprint --ssh "$(bastion)" "$(url)"
	done
	ssh_knows ed25519
	ssh_login rsa
	git config --global postkit.sshTransport libssh2
	refused 'accepts none of the keys' 'cannot use RSA keys' 'postkit.sshTransport openssh'
	git config --global postkit.sshTransport auto
	git postkit remote add rsa "postgresql://postgres@127.0.0.1:$PROD_PORT/shop" --ssh "$(bastion)"
	PGPASSWORD=secret ok git postkit remote test rsa
	has "(openssh: libssh2" 'cannot use RSA keys'
	git postkit remote remove rsa
}

@test "keys of all other kinds, and of the agent, log in" {
	login() { ok git postkit fingerprint --ssh "$(bastion)" "$(url)"; }
	ssh_login ecdsa
	each login
	eval "$(ssh-agent -s)" >/dev/null
	ssh-add -q "$T/ssh/user_ed25519"
	ssh_login none
	sed -i /IdentitiesOnly/d "$T/ssh/config"
	each login
	# with IdentitiesOnly the agent's key counts only if a file names it
	ssh_login stranger
	each refused 'accepts none of the keys'
	cp "$T/ssh/user_ed25519.pub" "$T/ssh/user_named.pub"
	ssh_login named
	each login
	kill "$SSH_AGENT_PID"
	unset SSH_AUTH_SOCK SSH_AGENT_PID
}

@test "the passphrase of a key is asked for once, and shown nowhere" {
	ssh_login encrypted
	printf '#!/bin/sh\necho "$1" >>%s/asked\necho "open sesame"\n' "$T" >"$T/bin/askpass"
	chmod +x "$T/bin/askpass"
	passphrase() {
		rm -f "$T/asked"
		SSH_ASKPASS=$T/bin/askpass SSH_ASKPASS_REQUIRE=force ok git postkit fingerprint --ssh "$(bastion)" "$(url)"
		hasnt sesame
		equal "$(grep -c "user_encrypted" "$T/asked")" 1
		fails 128 setsid git postkit fingerprint --ssh "$(bastion)" "$(url)"
		has 'accepts none of the keys'
	}
	each passphrase
	printf '#!/bin/sh\necho wrong\n' >"$T/bin/askpass"
	wrong() {
		SSH_ASKPASS=$T/bin/askpass SSH_ASKPASS_REQUIRE=force refused 'accepts none of the keys'
		[ "$TRANSPORT" = openssh ] || has "does not open the key '$T/ssh/user_encrypted'"
	}
	each wrong
}

@test "on a terminal the passphrase is asked for there, without an echo" {
	ssh_login encrypted
	on_terminal() {
		ok "$ROOT/tests/lib/terminal" 'passphrase' 'open sesame' git postkit fingerprint --ssh "$(bastion)" "$(url)"
		has 'Enter passphrase for key'
		hasnt sesame
	}
	each on_terminal
}

@test "the wrong user, a server that is away, and a database that is away are told apart" {
	wrong_user() {
		fails 128 git postkit fingerprint --ssh "nobody-here@$(bastion)" "$(url)"
		has "SSH server 'nobody-here@127.0.0.1:$SSHD_PORT' accepts none of the keys" 'is the user right'
	}
	each wrong_user
	away() {
		fails 128 git postkit fingerprint --ssh 127.0.0.1:1 "$(url)"
		has "cannot reach SSH server" '127.0.0.1:1' 'refused'
		fails 128 git postkit fingerprint --ssh no-such-host.invalid "$(url)"
		has "cannot reach SSH server"
	}
	echo "[127.0.0.1]:1,no-such-host.invalid $(cut -d' ' -f1,2 "$T/ssh/host_ed25519.pub")" >>"$T/ssh/known"
	each away
	no_database() {
		local mode
		for mode in disable prefer; do
			fails 128 git postkit fingerprint --ssh "$(bastion)" "postgresql://postgres:secret@127.0.0.1:1/shop?sslmode=$mode"
			has "$(bastion)' cannot connect to '127.0.0.1:1'"
			hasnt secret
		done
	}
	each no_database
	sshd_start closed 'AllowTcpForwarding no'
	each refused 'AllowTcpForwarding'
	sshd_stop closed
}

@test "what the database itself says is told as without a tunnel" {
	says() {
		fails 128 git postkit fingerprint --ssh "$(bastion)" "postgresql://postgres:wrong-one@127.0.0.1:$PROD_PORT/shop"
		has "cannot connect to '127.0.0.1:$PROD_PORT/shop': password authentication failed"
		hasnt wrong-one
		fails 128 git postkit fingerprint --ssh "$(bastion)" "$(url missing)"
		has 'database "missing" does not exist'
	}
	each says
}

@test "TLS is verified against the database's own name, through the tunnel" {
	verify() {
		local full="sslmode=verify-full&sslrootcert=$T/tls/cert"
		ok git postkit fingerprint --ssh "$(bastion)" "postgresql://postgres:secret@localhost:$PROD_PORT/shop?$full"
		fails 128 git postkit fingerprint --ssh "$(bastion)" "$(url shop "$full")"
		has 'does not match host name'
		ok git postkit fingerprint --ssh "$(bastion)" "$(url shop "sslmode=verify-ca&sslrootcert=$T/tls/cert")"
	}
	each verify
	sql shop "SELECT pg_reload_conf()" >/dev/null
}

@test "password files and services are looked up by what the URL names" {
	found() {
		(umask 077 && echo "127.0.0.1:$PROD_PORT:shop:postgres:secret" >"$PGPASSFILE")
		local mode
		for mode in disable prefer; do
			ok git postkit fingerprint --ssh "$(bastion)" "postgresql://postgres@127.0.0.1:$PROD_PORT/shop?sslmode=$mode"
		done
		printf '[behind]\nhost=127.0.0.1\nport=%s\nuser=postgres\ndbname=shop\n' "$PROD_PORT" >"$PGSERVICEFILE"
		ok git postkit fingerprint --ssh "$(bastion)" service=behind
		rm "$PGPASSFILE"
		fails 128 git postkit fingerprint --ssh "$(bastion)" service=behind
		has 'no password supplied'
		rm "$PGSERVICEFILE"
	}
	each found
}

@test "what cannot go through a tunnel is refused" {
	fails 128 git postkit fingerprint --ssh "$(bastion)" "$(pg_url shop)"
	has "a socket's folder does not go through an SSH tunnel"
	fails 128 git postkit fingerprint --ssh "$(bastion)" "postgresql://a,b/shop"
	has 'a list of hosts does not go through'
	git config --global postkit.sshTransport carrier-pigeon
	fails 128 git postkit fingerprint --ssh "$(bastion)" "$(url)"
	has "postkit.sshTransport is auto, libssh2 or openssh, not 'carrier-pigeon'"
}

@test "names, ports, users and jumps come from ssh's own settings" {
	alias_to() {
		SSH_MORE="Host inside
			HostName 127.0.0.1
			Port $SSHD_PORT
			User $(id -un)
			$1" ssh_login ed25519
	}
	alias_to ''
	named() { ok git postkit fingerprint --ssh inside "$(url)"; }
	each named
	alias_to "ProxyJump jump
		Host jump
			HostName localhost
			HostKeyAlias [127.0.0.1]:$SSHD_PORT
			Port $SSHD_PORT"
	git config --global postkit.sshTransport libssh2
	fails 128 git postkit fingerprint --ssh inside "$(url)"
	has 'libssh2 cannot do ProxyJump' 'hint: git config postkit.sshTransport openssh'
	git config --global postkit.sshTransport auto
	named
	until_true no_tunnel # ssh tells the one that it jumped with to end, and does not wait for that
}

@test "compression is asked for by a setting, or by ssh's own" {
	compressed() {
		: >"$T/sshd/log"
		git -c postkit.sshCompression=true postkit fingerprint --ssh "$(bastion)" "$(url)"
		grep -q 'compression: zlib' "$T/sshd/log"
		: >"$T/sshd/log"
		git postkit fingerprint --ssh "$(bastion)" "$(url)"
		run ! grep -q 'compression: zlib' "$T/sshd/log"
		echo 'Compression yes' >>"$T/ssh/config"
		git postkit fingerprint --ssh "$(bastion)" "$(url)"
		grep -q 'compression: zlib' "$T/sshd/log"
		ssh_login ed25519
	}
	each compressed
}

@test "an sshd of an ordinary user serves as well" {
	[ "$(id -u)" -eq 0 ] || skip "the tests' sshd is one already"
	SSHD_USER=postgres sshd_start ordinary
	ordinary() { ok git postkit fingerprint --ssh "postgres@$(bastion)" "$(url)"; }
	each ordinary
	sshd_stop ordinary
}
