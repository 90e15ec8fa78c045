# Do two schemas converge? What the corpus and the property tests share; after common.bash.
#
#	converge_load CASE SETUP OLD NEW	databases CASE_old and CASE_new, and what they are
#	converge_both CASE			old becomes new and new becomes old, each judged
#	converge_way CASE FROM TO
#	converge_drop CASE...
#
# Each returns 1 and leaves one line in $why. CASE is a short word of letters, digits and _.
# shellcheck shell=bash

# Works on the server started last.
converge_psql() {
	PGOPTIONS='-c client_min_messages=error' "$(pg_bin)/psql" -X -q -At -v ON_ERROR_STOP=1 \
		-h "$PROD_SOCKET" -p "$PROD_PORT" -U postgres -d "$@"
}

# One line out of a log of errors: the first error without the name of the program or file.
converge_reason() {
	local line
	line=$(grep -m 1 -E 'ERROR|FATAL|fatal|error' "$1") || line=$(head -n 1 "$1")
	line=${line#*ERROR:  }
	echo "${line:0:300}"
}

# The dump as a multiset of entries, a line each. The order of columns and of grants counts for
# nothing; who owns a thing is in its ALTER … OWNER, not in the heading.
converge_dump() {
	"$(pg_bin)/pg_dump" -s --restrict-key=x -h "$PROD_SOCKET" -p "$PROD_PORT" -U postgres "$1" |
		awk '
		function flush(	i, j, t, s) {
			if (head != "") {
				if (head ~ /Type: (TABLE|ACL|DEFAULT ACL);/)
					for (i = 2; i <= n; i++) {
						t = body[i]
						for (j = i - 1; j > 0 && body[j] > t; j--)
							body[j + 1] = body[j]
						body[j + 1] = t
					}
				s = head
				for (i = 1; i <= n; i++)
					s = s "\001" body[i]
				print s
			}
			n = 0
		}
		/^-- Name: / { flush(); head = $0; sub(/; Owner: .*/, ";", head); next }
		/^--$|^$|^-- (PostgreSQL database dump|Dumped )|^SET |^\\|^SELECT pg_catalog\.set_config/ { next }
		{ sub(/,?[ \t]*$/, ""); sub(/^[ \t]+/, ""); body[++n] = $0 }
		END { flush() }' | LC_ALL=C sort
}

converge_load() {
	local case=$1 setup=$2 side file log=$T/$1.log
	converge_drop "$case"
	for side in old new; do
		converge_psql postgres -c "CREATE DATABASE ${case}_$side TEMPLATE template0" 2>"$log" || {
			why="create: $(converge_reason "$log")"
			return 1
		}
		file=$3
		[ "$side" = old ] || file=$4
		# roles are of the whole server: two cases must not make the same one at once
		(
			flock 9
			[ ! -f "$setup" ] || converge_psql "${case}_$side" <"$setup"
		) 9>"$T/setup.lock" >/dev/null 2>"$log" &&
			converge_psql "${case}_$side" <"$file" >/dev/null 2>"$log" || {
			why="load: $side.sql: $(converge_reason "$log")"
			return 1
		}
		converge_dump "${case}_$side" >"$T/$case.$side.dump"
		git-postkit fingerprint "$(pg_url "${case}_$side")" >"$T/$case.$side.print" 2>"$log" || {
			why="read: $side.sql: $(converge_reason "$log")"
			return 1
		}
	done
}

converge_way() {
	local case=$1 from=$2 to=$3 work=$1_work log=$T/$1.log print modelled='' sql=$T/$1.$2-$3.sql
	converge_psql postgres -c "DROP DATABASE IF EXISTS $work" \
		-c "CREATE DATABASE $work TEMPLATE ${case}_$from" 2>"$log" || {
		why="create: $(converge_reason "$log")"
		return 1
	}
	git-postkit diff "$(pg_url "$work")" "$(pg_url "${case}_$to")" >"$sql" 2>"$log" || {
		why="diff: $(converge_reason "$log")"
		return 1
	}
	modelled=$(sed -n 's/^warning: not modelled[^:]*: / (not modelled: /p' "$log" | head -n 1)
	modelled=${modelled:+$modelled)}
	converge_psql "$work" <"$sql" >/dev/null 2>"$log" || {
		why="run: $(converge_reason "$log")$modelled"
		return 1
	}
	git-postkit diff "$(pg_url "$work")" "$(pg_url "${case}_$to")" >"$sql.again" 2>"$log" || {
		why="second diff: $(converge_reason "$log")$modelled"
		return 1
	}
	[ ! -s "$sql.again" ] || {
		why="not empty: $(grep -m 1 -v -e '^--' -e '^$' "$sql.again")$modelled"
		return 1
	}
	print=$(git-postkit fingerprint "$(pg_url "$work")" 2>"$log")
	[ "$print" = "$(cat "$T/$case.$to.print")" ] || {
		why="fingerprint: '$print', not '$(cat "$T/$case.$to.print")'$modelled"
		return 1
	}
	converge_dump "$work" >"$T/$case.work.dump"
	cmp -s "$T/$case.work.dump" "$T/$case.$to.dump" || {
		why="dump: $(diff "$T/$case.work.dump" "$T/$case.$to.dump" | grep '^[<>]' |
			tr '\001' ' ' | cut -c 1-140 | head -n 2 | tr '\n' ' ')$modelled"
		return 1
	}
}

converge_both() {
	converge_way "$1" old new || {
		why="old -> new: $why"
		return 1
	}
	converge_way "$1" new old || {
		why="new -> old: $why"
		return 1
	}
}

converge_drop() {
	local case
	for case; do
		converge_psql postgres -c "DROP DATABASE IF EXISTS ${case}_old WITH (FORCE)" \
			-c "DROP DATABASE IF EXISTS ${case}_new WITH (FORCE)" \
			-c "DROP DATABASE IF EXISTS ${case}_work WITH (FORCE)"
	done
}
