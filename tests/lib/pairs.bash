# Pairs of schemas, old and new: each becomes the other, keeps its rows, and is the same in files. What the files
# pairs_*.bats share; after common.bash and converge.bash. The pairs lie in tests/data/pairs.
# shellcheck shell=bash disable=SC2154 # $why comes from converge.bash

pairs_begin() {
	common_setup
	pg_start
	pairs=$ROOT/tests/data/pairs
	export pairs
	new_repo files
}

# both_ways PAIR: plainly, by the ways that do not block, and with rows; and each side as files. On failure the SQL is shown.
both_ways() {
	local case=p_${1//-/_} failed=0
	cd "$T/files" || return 1
	converge_load "$case" "$pairs/$1/setup.sql" "$pairs/$1/old.sql" "$pairs/$1/new.sql" &&
		converge_both "$case" && ONLINE=always converge_both "$case" && with_rows "$case" old new && with_rows "$case" new old &&
		as_files "$case" "$1" || failed=1
	[ "$failed" -eq 0 ] || {
		echo "$why"
		tail -n 100 "$T/$case".*.sql
	}
	converge_drop "$case"
	return "$failed"
}

# with_rows CASE FROM TO: rows that do not fit the new schema are nobody's fault.
with_rows() { converge_data "$@" || [ $? -eq 2 ]; }

# as_files CASE PAIR: imported they mean the same, and they mean it in any order, each statement by itself or all in one file.
as_files() {
	local new=("$pairs/$2/new.sql")
	# Of two alike the first to come is called so by the server, or is the share of the first of the whole's.
	case $2 in inheritance | partition-doubles | partition-key-doubles | partition-keys | partition-wholes) new=() ;; esac
	converge_imported "$1" '' old && converge_imported "$1" '' new || return 1
	"$POSTKIT_BUILD/tests/orders" 1 "$(pg_url "$1_old")" "$(pg_url "$1_new")" "${new[@]}" >"$T/$1.log" 2>&1 || {
		why="in another order: $(cat "$T/$1.log")"
		return 1
	}
}
