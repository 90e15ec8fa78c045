#!/usr/bin/env bats
# Killed, interrupted, without room on the disk: the short form of make torture.

load ../lib/common

setup() { :; }
teardown() { :; }

@test "whatever a command is killed at, status tells the truth, the next command finishes it, and nothing is lost or left" {
	if sanitized; then skip 'the shim comes before the sanitizer'; fi
	ok env SHORT=1 LIMIT=300 "$ROOT/tests/fault/torture" "$POSTKIT_BUILD"
	has ' held'
	hasnt 'Broken'
}
