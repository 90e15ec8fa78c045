#!/usr/bin/env bats
# shellcheck disable=SC2016 # what stands in quotes is for other shells
# The checkout: packages, make, the launcher, install.

load ../lib/common

# A machine whose package tools are ours: what is installed is in $T/installed, a name a line.
fake_packages() {
	mkdir -p "$T/fake"
	touch "$T/installed"
	cat >"$T/fake/dpkg-query" <<-'FAKE'
		#!/bin/sh
		shift 3 2>/dev/null
		for name; do grep -qx "$name" "$T/installed" && printf 'ii %s ' "$name"; done
		exit 0
	FAKE
	cat >"$T/fake/apt-get" <<-'FAKE'
		#!/bin/sh
		echo "$*" >>"$T/apt.log"
		[ "$1" = install ] || exit 0
		case $* in *docker*) [ ! -e "$T/no-docker" ] ;; *) [ ! -e "$T/apt-fails" ] ;; esac || { echo 'E: no such package'; exit 100; }
		for name; do case $name in -* | install) ;; *) echo "$name" >>"$T/installed" ;; esac; done
	FAKE
	cat >"$T/fake/sudo" <<-'FAKE'
		#!/bin/sh
		[ "$1" != -n ] || shift
		exec "$@"
	FAKE
	chmod +x "$T"/fake/*
	PATH=$T/fake:$PATH
	export DESTDIR=$T/machine
}

@test "missing packages are named before they are installed" {
	fake_packages
	ok sh "$ROOT/src/deps.sh" build test
	has 'to be installed with apt-get:' ' libgit2-dev' ' bats' 'installed'
	grep -q '^install -y .*libpq-dev' "$T/apt.log"
}

@test "no service of a package that tests need comes up with the machine" {
	fake_packages
	ok sh "$ROOT/src/deps.sh" build
	[ ! -e "$T/machine/etc/systemd" ]
	ok sh "$ROOT/src/deps.sh" test
	equal "$(readlink "$T/machine/etc/systemd/system/ssh.service")" /dev/null
}

# A machine of root's without Docker: only what deps.sh calls is in the PATH.
without_docker() {
	local program
	fake_packages
	mkdir "$T/few"
	printf '#!/bin/sh\necho 0\n' >"$T/few/id"
	chmod +x "$T/few/id"
	for program in sh mktemp rm cat mkdir ln env grep; do ln -s "$(command -v "$program")" "$T/few/$program"; done
	deps() { PATH=$T/fake:$T/few sh "$ROOT/src/deps.sh" "$@"; }
}

@test "Docker comes for tests alone, without its services, and a machine may do without it" {
	without_docker
	ok deps build
	hasnt 'docker'
	touch "$T/no-docker"
	ok deps build test
	has 'apt-get:' ' docker.io' 'skipped' 'installed'
	grep -qx bats "$T/installed"
	rm "$T/no-docker"
	ok deps build test
	equal "$(readlink "$T/machine/etc/systemd/system/docker.socket")" /dev/null
	rm "$T/apt.log"
	ok deps build test
	[ ! -e "$T/apt.log" ]
}

@test "a machine with another Docker keeps it" {
	without_docker
	ln -s /bin/true "$T/few/containerd"
	ok deps build test
	hasnt 'docker'
}

@test "nothing is done when all packages are there" {
	fake_packages
	sh "$ROOT/src/deps.sh" build test 2>/dev/null
	rm "$T/apt.log"
	ok sh "$ROOT/src/deps.sh" build test
	equal "$output" ''
	[ ! -e "$T/apt.log" ]
}

@test "packages that cannot be installed are an error that shows what apt-get said" {
	fake_packages
	touch "$T/apt-fails"
	fails 1 sh "$ROOT/src/deps.sh" build
	has 'E: no such package' 'error: the packages could not be installed'
}

# The build under test, with the flags that it was made with.
make_here() {
	make -C "$ROOT" "BUILD=${POSTKIT_BUILD#"$ROOT"/}" \
		"SANITIZE=$(sed -n 's/.*-fsanitize=\([a-z,]*\).*/\1/p' "$POSTKIT_BUILD/flags")" "$@"
}

@test "a second make does nothing" {
	ok make_here -q all
}

@test "install and uninstall leave no trace of each other" {
	export DESTDIR=$T/root
	ok make_here -s PREFIX=/usr install
	[ -x "$T/root/usr/bin/git-postkit" ]
	[ -f "$T/root/usr/share/man/man1/git-postkit.1" ]
	[ -f "$T/root/usr/share/bash-completion/completions/git-postkit" ]
	[ -f "$T/root/usr/share/zsh/site-functions/_git-postkit" ]
	[ -f "$T/root/usr/share/fish/vendor_completions.d/git-postkit.fish" ]
	run "$T/root/usr/bin/git-postkit" -h
	[ "$status" -eq 129 ] && has 'usage: git postkit' 
	ok make_here -s prefix=/usr uninstall
	equal "$(find "$T/root" -type f)" ''
}

# A checkout of two files, so that it builds at once.
small_checkout() {
	mkdir -p "$T/checkout/src"
	cp "$ROOT/git-postkit" "$T/checkout/"
	cat >"$T/checkout/src/deps.sh" <<<'echo "deps $*" >>"$T/deps.log"'
	printf 'all: build/git-postkit\nbuild/git-postkit: src/main.sh\n\t@cp $< $@\n\t@echo ran >>$(T)/make.log\n' \
		>"$T/checkout/Makefile"
	printf '#!/bin/sh\nfor a; do echo "<$a>"; done\n' >"$T/checkout/src/main.sh"
	chmod +x "$T/checkout/src/main.sh"
}

@test "the launcher builds once, then passes everything on" {
	small_checkout
	ok "$T/checkout/git-postkit" 'a b' '' '*'
	has '<a b>' '<>' '<*>'
	ok "$T/checkout/git-postkit" x
	equal "$output" '<x>'
	equal "$(wc -l <"$T/make.log")" 1
	equal "$(cat "$T/deps.log")" 'deps build'
}

@test "the launcher builds again when a source is newer" {
	small_checkout
	"$T/checkout/git-postkit" x
	printf '#!/bin/sh\necho changed\n' >"$T/checkout/src/main.sh"
	touch -d '+2 seconds' "$T/checkout/src/main.sh"
	ok "$T/checkout/git-postkit" x
	has changed
}

@test "the launcher finds its folder through links, and --yes reaches the packages" {
	small_checkout
	ln -s "$T/checkout/git-postkit" "$T/bin/git-linked"
	ok git linked demo --yes
	has '<demo>' '<--yes>'
	equal "$(cat "$T/deps.log")" 'deps --yes build'
}

@test "a build that fails is an error" {
	small_checkout
	rm "$T/checkout/src/main.sh"
	fails 128 "$T/checkout/git-postkit" x
	has 'error: the program could not be built'
}
