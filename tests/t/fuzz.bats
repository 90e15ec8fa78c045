#!/usr/bin/env bats
# What reads texts of others, with the seeds of tests/data/fuzz, with what is made of them, and with 1 MB of what is dear.

bats_require_minimum_version 1.5.0

setup() {
	cd "$BATS_TEST_DIRNAME/../.." || exit 1
	export POSTKIT_BUILD=${POSTKIT_BUILD:-$PWD/build}
}

harness() {
	run nice -n 5 "$POSTKIT_BUILD/tests/fuzz/$1" "${FUZZ_RUNS:-20000}" "tests/data/fuzz/$1"
	[ "$status" -eq 0 ] || {
		echo "$output"
		false
	}
}

@test "SQL is taken apart into statements" { harness split; }
@test "parse trees are read, as deep as they are" { harness tree; }
@test "expressions of settings are printed again" { harness closed; }
@test "migration files are read and written" { harness migration; }
@test "comments in SQL are read" { harness comments; }
@test "tracked settings are read" { harness settings; }
@test "deploy records and those of templates are read" { harness record; }
@test "what git tells hooks is read" { harness updates; }
@test "known hosts and keys are read" { harness ssh; }
@test "scripts of pg_restore are read" { harness ddl; }
@test "names of others are written as paths, words and lines" { harness names; }

@test "each harness is run here, and has seeds" {
	local source name missing=
	for source in tests/fuzz/*.c; do
		name=$(basename "$source" .c)
		[ "$name" = main ] && continue
		grep -q "harness $name;" "$BATS_TEST_FILENAME" || missing+="$name is not run"$'\n'
		[ -n "$(ls -A "tests/data/fuzz/$name")" ] || missing+="$name has no seeds"$'\n'
	done
	[ -z "$missing" ] || {
		echo "$missing"
		false
	}
}
