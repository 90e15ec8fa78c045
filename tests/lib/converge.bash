# Do two schemas converge? What the corpus and the property tests share; after common.bash.
#
#	converge_load CASE SETUP OLD NEW	databases CASE_old and CASE_new, new ones, and what they are
#	converge_both CASE			old becomes new and new becomes old, each judged
#	converge_way CASE FROM TO
#	converge_dumps WORK TARGET A B	two databases, by their dumps
#	converge_data CASE FROM TO		the same with rows: what may stay has stayed
#	converge_imported CASE BEFORE SIDE	imported and loaded, it is the same
#	converge_copies CASE SETUP SIDE		dumped and restored, or imported and loaded, it is the same
#	converge_drop CASE...
#
# Each returns 1 and leaves one line in $why; converge_data returns 2 when the rows themselves do not
# fit the new schema. CASE is a short word of letters, digits and _. ONLINE=always: by the ways that
# do not block; where they are the plain ones, that were judged before, there is nothing more to judge.
# shellcheck shell=bash

# Works on the server started last.
converge_psql() {
	PGOPTIONS="-c client_min_messages=error ${PGOPTIONS-}" "$(pg_tools)/psql" -X -q -At -v ON_ERROR_STOP=1 \
		-h "$PROD_SOCKET" -p "$PROD_PORT" -U postgres -d "$@"
}

# One line out of a log of errors: the first error without the name of the program or file.
converge_reason() {
	local line
	line=$(grep -m 1 -E 'ERROR|FATAL|fatal|error' "$1") || line=$(head -n 1 "$1")
	line=${line#*ERROR:  }
	echo "${line:0:300}"
}

# The dump as a multiset of entries, a line each. The order of columns, grants and labels counts for
# nothing; who owns a thing is in its ALTER … OWNER, not in the heading.
converge_dump() (
	set -o pipefail
	"$(pg_tools)/pg_dump" -s --restrict-key=x -h "$PROD_SOCKET" -p "$PROD_PORT" -U postgres "$1" |
		awk '
		function flush(	i, j, t, s) {
			if (head != "") {
				# whether an heir says a column or check itself as well is nothing SQL can change
				for (i = j = 1; heir && i <= n; i++)
					if (body[i] ~ /^(CREATE|ALTER|INHERITS|WITH|USING|SERVER|\))/ &&
					    body[i] !~ / ALTER COLUMN .* SET NOT NULL;?$/)
						body[j++] = body[i]
				n = heir ? j - 1 : n
				if (head ~ /Type: ((FOREIGN )?TABLE|ACL|DEFAULT ACL|SECURITY LABEL|OPERATOR FAMILY);/)
					for (i = 2; i <= n; i++) {
						t = body[i]
						for (j = i - 1; j > 0 && body[j] > t; j--)
							body[j + 1] = body[j]
						body[j + 1] = t
					}
				s = head
				for (i = 1; i <= n; i++)
					s = s "\001" body[i]
				text[++entries] = s
				headings[entries] = head
				if (whole)
					stood_in[head] = entries
				split(head, word, /[ ;]+/)
				if (heir)
					heirs[word[3]] = 1
				if (head ~ /Type: (FOREIGN )?TABLE;/)
					tables[word[3]] = 1
				if (head ~ /Type: TABLE ATTACH;/)
					partitions[word[3]] = 1
			}
			n = heir = whole = 0
		}
		# WITH (b=1, a=2): options have no order either; nor have the columns of statistics and publications, which stand as in their table
		function sorted(line,	s) {
			if (match(line, /^WITH \(.*\)/)) {
				s = substr(line, RSTART + RLENGTH)
				return "WITH (" in_order(substr(line, 7, RLENGTH - 7)) ")" s
			}
			if (head ~ /Type: VIEW;/ && match(line, / WITH \([^()]*\) AS$/))
				return substr(line, 1, RSTART + 6) in_order(substr(line, RSTART + 7, RLENGTH - 11)) ") AS"
			if (head ~ /Type: (VIEW|MATERIALIZED VIEW|RULE|FUNCTION);/)
				return by_place(line)
			if (head ~ /Type: STATISTICS;/ && match(line, / ON .* FROM /))
				return substr(line, 1, RSTART + 3) in_order(substr(line, RSTART + 4, RLENGTH - 10)) \
					substr(line, RSTART + RLENGTH - 6)
			if (head ~ /Type: PUBLICATION TABLE;/ && match(line, / \([^()]*\)/))
				return substr(line, 1, RSTART + 1) in_order(substr(line, RSTART + 2, RLENGTH - 3)) \
					substr(line, RSTART + RLENGTH - 1)
			return line
		}
		# FROM t x(p, q), and (t JOIN u) x(p, q): the columns of tables, in their order
		function by_place(line,	done, s) {
			while (match(line, /((FROM|JOIN) \(*[^ ()]+|\)) [^ ()]+\([^()]*\)/)) {
				s = substr(line, RSTART, RLENGTH - 1)
				done = done substr(line, 1, RSTART - 1)
				line = substr(line, RSTART + RLENGTH)
				match(s, /\([^()]*$/)
				done = done substr(s, 1, RSTART) in_order(substr(s, RSTART + 1)) ")"
			}
			return done line
		}
		# literals and constructors of rows: the columns of a table stand as they stand there
		function rows_in_order(rest,	done, s, type) {
			while (match(rest, /(\047[({][^\047]*\047|ROW\(([^()]|\([^()]*\))*\))::[^] ),;:[\001]+/)) {
				s = substr(rest, RSTART, RLENGTH)
				done = done substr(rest, 1, RSTART - 1)
				rest = substr(rest, RSTART + RLENGTH)
				type = s
				sub(/.*[.:]/, "", type)
				if (type in tables) {
					gsub(/::[^,)]*|ROW|[](){}"\047\\[]/, "", s)
					gsub(/, */, ", ", s)
					s = "(" in_order(s) ")::" type
				}
				done = done s
			}
			return done rest
		}
		# what a parsed body of a function gives as rows of a table, too
		function results_in_order(s,	type, n, part, i, j, t) {
			if (s !~ /Type: FUNCTION;/ || s !~ /\001BEGIN ATOMIC\001/ || !match(s, / RETURNS (SETOF )?[^\001]+/))
				return s
			type = substr(s, RSTART + 9, RLENGTH - 9)
			sub(/.*[. ]/, "", type)
			if (!(type in tables))
				return s
			gsub(/(SELECT|RETURNING) /, "&\001", s)
			gsub(/;\001/, "\001", s)
			n = split(s, part, "\001")
			for (i = 2; i <= n; i++) {
				t = part[i]
				for (j = i - 1; j > 0 && part[j] > t; j--)
					part[j + 1] = part[j]
				part[j + 1] = t
			}
			s = part[1]
			for (i = 2; i <= n; i++)
				s = s "\001" part[i]
			return s
		}
		function in_order(list,	n, part, i, j, t) {
			n = split(list, part, ", ")
			for (i = 2; i <= n; i++) {
				t = part[i]
				for (j = i - 1; j > 0 && part[j] > t; j--)
					part[j + 1] = part[j]
				part[j + 1] = t
			}
			t = part[1]
			for (i = 2; i <= n; i++)
				t = t ", " part[i]
			return t
		}
		/^-- Name: / {
			flush()
			head = $0
			sub(/; Owner: .*/, ";", head)
			# of a circle some view comes with one that stands in for it, whichever was made first
			whole = sub(/ _RETURN; Type: RULE;/, "; Type: VIEW;", head)
			next
		}
		whole { sub(/^CREATE OR REPLACE VIEW/, "CREATE VIEW") }
		/^--$|^$|^-- (PostgreSQL database dump|Dumped )|^SET |^\\|^SELECT pg_catalog\.set_config/ { next }
		/^INHERITS \(/ && head ~ /Type: (FOREIGN )?TABLE;/ { heir = 1 }
		# passwords are no part of a schema
		head ~ /Type: USER MAPPING;/ {
			if ($1 ~ /passw|secret/ || $0 == ");")
				next
			sub(/ OPTIONS \($/, "")
			sub(/;$/, "")
		}
		head ~ /Type: OPERATOR FAMILY;/ { sub(/ *[,;]?$/, "") }
		{ sub(/,?[ \t]*$/, ""); sub(/^[ \t]+/, ""); body[++n] = sorted($0) }
		END {
			flush()
			for (i = 1; i <= entries; i++) {
				if (headings[i] in stood_in && i < stood_in[headings[i]]) {
					if (match(text[i], /\001ALTER [^\001]* OWNER TO [^\001]*$/))
						text[stood_in[headings[i]]] = text[stood_in[headings[i]]] substr(text[i], RSTART)
					continue
				}
				split(headings[i], word, /[ ;]+/)
				# nor what the NOT NULL of its parent is called in a partition
				if (word[3] in partitions)
					gsub(/CONSTRAINT ("([^"]|"")+"|[^" ]+) NOT NULL/, "NOT NULL", text[i])
				if (!(headings[i] ~ /Type: (DEFAULT|CHECK CONSTRAINT);/ && word[3] in heirs))
					print results_in_order(rows_in_order(text[i]))
			}
		}' | LC_ALL=C sort
)

# What PostgreSQL prints of an expression is not always what it prints of the same after a dump and a
# restore (varchar IN ('a', 'b'); the order of options); after that it stays. Two dumps that differ
# are compared in that form. The handler of a language that is no extension's is not in the dump, nor that it is trusted.
converge_stable() {
	local db=$1 again=$1_again
	converge_psql postgres -c "DROP DATABASE IF EXISTS $again WITH (FORCE)" \
		-c "CREATE DATABASE $again TEMPLATE template0" &&
		"$(pg_tools)/pg_dump" -s --restrict-key=x -h "$PROD_SOCKET" -p "$PROD_PORT" -U postgres "$db" |
		sed '/^CREATE SCHEMA public;$/d; /^SET transaction_timeout = 0;$/d; /^SET client_min_messages = /d' |
		sed -zE 's/(\nCREATE OR REPLACE )(PROCEDURAL LANGUAGE ("([^"]|"")+"|[^" ;]+));/\1TRUSTED \2 HANDLER pg_catalog.plpgsql_call_handler;/g' |
		converge_psql "$again" >/dev/null &&
		converge_dump "$again"
	converge_psql postgres -c "DROP DATABASE IF EXISTS $again WITH (FORCE)"
}

# The first line of an entry that only one has: < got, > wanted.
converge_differs() {
	local name
	name=$(diff "$1" "$2" | grep -m 1 '^[<>]' | cut -c 3- | cut -d $'\001' -f 1)
	printf '%s ' "$name"
	diff <(grep -F -- "$name" "$1" | tr '\001' '\n') <(grep -F -- "$name" "$2" | tr '\001' '\n') |
		grep '^[<>]' | cut -c 1-140 | head -n 4 | tr '\n' ' '
}

# converge_dumps WORK TARGET A B: are the dumps of two databases the same? They are left in A.dump and
# B.dump, and in that form in B.stable; B's may be there already.
converge_dumps() {
	local work=$1 target=$2 got=$3 wanted=$4
	if ! converge_dump "$work" >"$got.dump" || { [ ! -e "$wanted.dump" ] && ! converge_dump "$target" >"$wanted.dump"; }; then
		why='dump: it cannot be made'
		return 1
	fi
	cmp -s "$got.dump" "$wanted.dump" && return 0
	converge_stable "$work" >"$got.dump" 2>"$got.log"
	[ -e "$wanted.stable" ] || converge_stable "$target" >"$wanted.stable" 2>>"$got.log"
	if [ -s "$got.log" ] || ! cmp -s "$got.dump" "$wanted.stable"; then
		why="dump: $(converge_differs "$got.dump" "$wanted.stable")"
		return 1
	fi
}

converge_load() {
	local case=$1 setup=$2 side file loaded log=$T/$1.log
	converge_drop "$case"
	rm -f "$T/$case".*.stable
	converge_psql postgres -c "CREATE DATABASE ${case}_old TEMPLATE template0" \
		-c "CREATE DATABASE ${case}_new TEMPLATE template0" 2>"$log" || {
		why="create: $(converge_reason "$log")"
		return 1
	}
	for side in old new; do
		loaded=1
		file=$3
		[ "$side" = old ] || file=$4
		# roles are of the whole server: two cases must not make the same one at once
		(
			flock 9
			[ ! -f "$setup" ] || converge_psql "${case}_$side" <"$setup"
		) 9>"$T/setup.lock" >/dev/null 2>"$log" || loaded=
		[ -z "$loaded" ] || converge_psql "${case}_$side" <"$file" >/dev/null 2>"$log" || loaded=
		[ -n "$loaded" ] || {
			why="load: $side.sql: $(converge_reason "$log")"
			return 1
		}
		converge_dump "${case}_$side" >"$T/$case.$side.dump" 2>"$log" || {
			why="dump: $side.sql: $(converge_reason "$log")"
			return 1
		}
		git-postkit fingerprint "$(pg_url "${case}_$side")" >"$T/$case.$side.print" 2>"$log" || {
			why="read: $side.sql: $(converge_reason "$log")"
			return 1
		}
	done
}

converge_way() {
	local case=$1 from=$2 to=$3 work=$1_$2_to_$3 log=$T/$1.log again modelled='' plain=$T/$1.$2-$3.sql sql=$T/$1.$2-$3${ONLINE:+.online}.sql
	if [ -n "${ONLINE-}" ]; then
		converge_diff "${case}_$from" "${case}_$to" "$sql" "--online=$ONLINE" || return 1
		! cmp -s "$sql" "$plain" || return 0
	fi
	converge_psql postgres -c "DROP DATABASE IF EXISTS $work WITH (FORCE)" -c "CREATE DATABASE $work TEMPLATE ${case}_$from" 2>"$log" || {
		why="create: $(converge_reason "$log")"
		return 1
	}
	[ -n "${ONLINE-}" ] || converge_diff "$work" "${case}_$to" "$sql" || return 1
	converge_psql "$work" <"$sql" >/dev/null 2>"$log" || {
		why="run: $(converge_reason "$log")$modelled"
		return 1
	}
	git-postkit diff --json "$(pg_url "$work")" "$(pg_url "${case}_$to")" >"$sql.again" 2>"$log" || {
		why="second diff: $(converge_reason "$log")$modelled"
		return 1
	}
	again=$(jq -r '.from, .to, (.steps[:1][] | .sql)' "$sql.again")
	[ "$again" = "$(cat "$T/$case.$to.print" "$T/$case.$to.print")" ] || {
		why="not the same: ${again//$'\n'/ }, not twice $(cat "$T/$case.$to.print")$modelled"
		return 1
	}
	converge_dumps "$work" "${case}_$to" "$T/$case.work" "$T/$case.$to" || {
		why+=$modelled
		return 1
	}
}

# converge_diff A B FILE [OPTION]: the SQL that leads from A to B, for converge_way; what it does not know of is in $modelled.
converge_diff() {
	git-postkit diff ${4+"$4"} "$(pg_url "$1")" "$(pg_url "$2")" >"$3" 2>"$log" || {
		why="diff: $(converge_reason "$log")"
		return 1
	}
	! grep -q 'in a circle' "$log" || {
		why="circle: $(grep -m 1 'in a circle' "$log")"
		return 1
	}
	modelled=$(sed -n 's/^warning: not modelled[^:]*: / (not modelled: /p' "$log" | head -n 1)
	modelled=${modelled:+$modelled)}
}

# Rows of FROM before and after: "" or what was lost, in one line. Steps that were said to destroy
# something, in a file of SQL, are excused.
converge_lost() {
	awk -F '\t' '
		function excused(table, column) {
			return destroyed ~ ("(^|[^a-z0-9_.\"])" table "[^a-z0-9_\"]") && (column == "" || index(destroyed, column))
		}
		function plain(name) {
			gsub(/[][.*+?^$(){}|\\]/, "\\\\&", name)
			return name
		}
		# its rows are elsewhere, since the whole divides them in another way
		function moved(table) {
			return (table in whole) && (remade[whole[table]] || moved(whole[table]))
		}
		# a partition that became a table of its own takes its rows along, and one that becomes one brings them
		function carry(table, from, to, n,	above, kept) {
			for (above = to[table]; above in to; above = to[above])
				kept[above] = 1
			for (above = from[table]; above in from; above = from[above])
				if (!(above in kept)) {
					rows[above] += n
					resized[above] = 1
				}
		}
		FILENAME == ARGV[1] { destroyed = destroyed " " $0 " "; next }
		FILENAME == ARGV[2] {
			if ($1 == "table") {
				oid[$2] = $3; file[$2] = $4; sort[$2] = $5; needs[$2] = $6; rows[$2] = $7; whole[$2] = $8
			} else {
				type[$2, $3] = $4; there[$2, $3] = $6; digest[$2, $3] = $7
			}
			next
		}
		$1 == "table" && $2 in oid {
			stays[$2] = 1
			whole_now[$2] = $8
			rewritten[$2] = $5 != sort[$2] || $6 != needs[$2]
			remade[$2] = rewritten[$2]
			now[$2] = $7; oid_now[$2] = $3; file_now[$2] = $4
			next
		}
		$1 == "column" && $2 in stays {
			if (!(($2, $3) in type)) {
				if ($5 == "filled")
					rewritten[$2] = 1
			} else if (type[$2, $3] != $4) {
				rewritten[$2] = 1
				if ($4 !~ /generated/ && $6 != there[$2, $3] && !excused(plain($2), $3))
					lost[$2] = "values of " $2 "." $3 ": " there[$2, $3] " became " $6
			} else if ($7 != digest[$2, $3]) {
				differs[$2] = $3
			}
		}
		END {
			for (table in oid) # partitions that go
				if (!(table in stays) && sort[table] == "r" && excused(plain(table), ""))
					carry(table, whole, nobody, -rows[table])
			for (table in stays)
				if (sort[table] == "r") {
					carry(table, whole, whole_now, -rows[table])
					carry(table, whole_now, whole, rows[table])
				}
			for (table in stays) {
				if (moved(table))
					continue
				if (now[table] != rows[table])
					print "rows of " table ": " rows[table] " became " now[table]
				else if (oid_now[table] != oid[table] && !rewritten[table])
					print table " is another table"
				else if (file_now[table] != file[table] && !rewritten[table])
					print table " was rewritten without need"
				else if (table in lost && !(table in resized))
					print lost[table]
				else if (table in differs && !(table in resized))
					print "contents of " table "." differs[table] " differ"
			}
		}' "$@" | head -n 1
}

# converge_judge DB FILE: runs the judge's SQL, of which no event trigger keeps it.
converge_judge() {
	converge_psql "$1" <<-SQL
		SELECT coalesce(string_agg(format('(%s, %L)', oid, evtenabled), ', '), '(0, NULL)') AS was
		FROM pg_catalog.pg_event_trigger \\gset
		UPDATE pg_catalog.pg_event_trigger SET evtenabled = 'D';
		\\i $2
		UPDATE pg_catalog.pg_event_trigger e SET evtenabled = w.enabled::"char"
		FROM (VALUES :was) w (id, enabled) WHERE w.id = e.oid;
	SQL
}

converge_data() {
	local case=$1 from=$2 to=$3 work=$1_$2_to_$3_full log=$T/$1.log out=$T/$1.$2-$3 nulls data=$ROOT/tests/data/judge
	for nulls in on off; do
		converge_psql postgres -c "DROP DATABASE IF EXISTS $work WITH (FORCE)" \
			-c "CREATE DATABASE $work TEMPLATE ${case}_$from" 2>"$log" || {
			why="create: $(converge_reason "$log")"
			return 1
		}
		if ! PGOPTIONS="-c postkit.nulls=$nulls" converge_judge "$work" "$data/fill.sql" >/dev/null 2>"$log" ||
			! converge_judge "$work" "$data/facts.sql" >"$out.before" 2>"$log"; then
			why="fill: $(converge_reason "$log")"
			return 1
		fi
		# the second time it is the same schema
		[ "$nulls" = off ] || git-postkit diff --json "$(pg_url "$work")" "$(pg_url "${case}_$to")" >"$out.json" 2>"$log" || {
			why="diff with rows: $(converge_reason "$log")"
			return 1
		}
		jq -r '"SET check_function_bodies = off;", (.steps[] | .sql + ";")' "$out.json" >"$out.full.sql"
		converge_psql "$work" -v VERBOSITY=verbose <"$out.full.sql" >/dev/null 2>"$log" && break
		grep -qE 'ERROR:  2[23]' "$log" || {
			why="run with rows: $(converge_reason "$log")"
			return 1
		}
		[ "$nulls" = on ] || {
			why="rows refused: $(converge_reason "$log")"
			return 2
		}
	done
	converge_judge "$work" "$data/facts.sql" >"$out.after" 2>"$log"
	jq -r '.steps[] | select(.destructive) | .sql' "$out.json" >"$out.destroyed"
	why=$(converge_lost "$out.destroyed" "$out.before" "$out.after")
	converge_psql postgres -c "DROP DATABASE $work WITH (FORCE)"
	[ -z "$why" ] || {
		why="data: $why"
		return 1
	}
}

# converge_restore DB COPY SETUP LOG
converge_restore() {
	converge_psql postgres -c "DROP DATABASE IF EXISTS $2 WITH (FORCE)" \
		-c "CREATE DATABASE $2 TEMPLATE template0" 2>"$4" || return 1
	[ ! -s "$3" ] || converge_psql "$2" <"$3" >/dev/null 2>"$4" || return 1
	"$(pg_bin)/pg_dump" -s --restrict-key=x -h "$PROD_SOCKET" -p "$PROD_PORT" -U postgres "$1" 2>"$4" |
		sed 's/^CREATE SCHEMA public;$//' | converge_psql "$2" >/dev/null 2>>"$4"
}

# Needs a repository of its own in $PWD, with what `init` makes. BEFORE: SQL of what is there without being imported; or
# empty. What is written, and the migration that leads to it, import proves by itself.
converge_imported() {
	local case=$1 before=$2 side=$3 db=$1_$3 log=$T/$1.log
	rm -rf db .postkit
	mkdir -p db/schema/infra
	[ ! -s "$before" ] || cp "$before" db/schema/infra/setup.sql
	git config postkit.remote.prod.url "$(pg_url "$db")"
	if ! git-postkit import --force </dev/null >"$log" 2>&1 ||
		! grep -q "^proved: .* fingerprint $(cut -c 1-12 "$T/$case.$side.print")" "$log"; then
		why="import $side.sql: $(grep -A 3 -E '^(error|warning): ' "$log" || cat "$log")"
		return 1
	fi
}

# The same.
converge_copies() {
	local case=$1 setup=$2 side=$3 db=$1_$3 copy=$1_copy log=$T/$1.log before=''
	# what a setup makes outside of schemas that are dumped has to be there before
	converge_restore "$db" "$copy" '' "$log" || {
		before=$setup
		converge_restore "$db" "$copy" "$setup" "$log"
	} || {
		why="restore $side.sql: $(converge_reason "$log")"
		return 1
	}
	[ "$(git-postkit fingerprint "$(pg_url "$copy")" 2>"$log")" = "$(cat "$T/$case.$side.print")" ] || {
		git-postkit diff "$(pg_url "$copy")" "$(pg_url "$db")" >"$T/$case.$side.restored.sql" 2>"$log"
		why="restored $side.sql is another: $(grep -v '^SET ' "$T/$case.$side.restored.sql" | head -n 1)"
		return 1
	}
	converge_imported "$case" "$before" "$side"
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
			-c "DROP DATABASE IF EXISTS ${case}_old_to_new WITH (FORCE)" \
			-c "DROP DATABASE IF EXISTS ${case}_new_to_old WITH (FORCE)" \
			-c "DROP DATABASE IF EXISTS ${case}_old_to_new_full WITH (FORCE)" \
			-c "DROP DATABASE IF EXISTS ${case}_new_to_old_full WITH (FORCE)" \
			-c "DROP DATABASE IF EXISTS ${case}_copy WITH (FORCE)"
	done
}
