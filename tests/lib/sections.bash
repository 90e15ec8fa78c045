# Migration files, run by psql as a runner runs them. For tests that load common.bash.
# shellcheck shell=bash

section() { # FILE up|down: its statements
	awk -v want="$2" '/^-- migrate:/ { inside = index($0, "migrate:" want) > 0; next } inside' "$1"
}

# run_section DB FILE up|down
run_section() {
	if grep -q "^-- migrate:$3.*transaction:false" "$2"; then
		section "$2" "$3" | sql "$1"
	else
		{ echo 'BEGIN;' && section "$2" "$3" && printf '\n;COMMIT;\n'; } | sql "$1"
	fi
}
