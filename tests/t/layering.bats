#!/usr/bin/env bats
# The house rules that a compiler does not know.

bats_require_minimum_version 1.5.0

setup() {
	cd "$BATS_TEST_DIRNAME/../../src" || exit 1
}

floor() {
	case $1 in
	base) echo 0 ;;
	git | pg | ssh | sql) echo 1 ;;
	catalog | server | chain) echo 2 ;;
	diff | lint | trace | clone) echo 3 ;;
	session | deploy | check | install | report) echo 4 ;;
	cmd | hook) echo 5 ;;
	*) echo none ;;
	esac
}

# Without comments: what is said in one is no code.
code() {
	sed -e 's,"\([^"\\]\|\\.\)*","",g' -e 's,/\*[^*]*\*\+\([^/*][^*]*\*\+\)*/,,g' -e '/^[[:space:]]*\/\*/,/\*\//d' "$1"
}

complain() {
	[ -z "$1" ] || {
		echo "$1"
		false
	}
}

@test "every folder has its floor" {
	local bad='' dir
	for dir in */; do
		dir=${dir%/}
		case $dir in man) continue ;; esac
		[ "$(floor "$dir")" != none ] || bad+="src/$dir"$'\n'
	done
	complain "$bad"
}

@test "a file includes only lower floors and its own folder" {
	local bad='' file line from to name
	while IFS=: read -r file line; do
		from=${file%%/*}
		name=${line#*\"}
		name=${name%%\"*}
		case $name in
		*/*) to=${name%%/*} ;;
		catalog_sql.h) to=catalog ;;
		*)
			bad+="$file: $name has no folder"$'\n'
			continue
			;;
		esac
		[ "$from" = "$to" ] && continue
		[ "$(floor "$to")" != none ] && [ "$(floor "$to")" -lt "$(floor "$from")" ] ||
			bad+="$file includes $name"$'\n'
	done < <(grep -rn --include='*.[ch]' '^#include "' -- */ | sed 's/:[0-9]*:/:/')
	complain "$bad"
}

@test "the header of a library appears in one folder only" {
	local bad='' pattern folder rule
	for rule in 'git2.*\.h git' 'libpq.*\.h git-none' 'libssh2.*\.h ssh' \
		'pg_query.*\.h sql' 'protobuf.*\.h sql' 'cjson/.*\.h base/json.h'; do
		pattern=${rule% *} folder=${rule##* }
		[ "$folder" = git-none ] && folder=pg
		bad+=$(grep -rlE --include='*.[ch]' "^#include <$pattern>" . | sed 's,^\./,,' |
			grep -v "^$folder\(/\|\$\)" | sed "s,\$, includes $pattern,")
	done
	complain "$bad"
}

@test "what is printed goes through base/print.h, which makes it fit for a terminal" {
	complain "$(grep -rnE --include='*.[ch]' '(^|[^_[:alnum:]])v?f?printf[[:space:]]*\(' -- */ | grep -v '^base/')"
}

@test "banned functions are not called" {
	local bad='' file found
	while read -r file; do
		found=$(code "$file" | grep -nE '\b(strcpy|strcat|strncpy|strncat|sprintf|vsprintf|strtok|gets|system|popen|alloca|tmpnam|mktemp)[[:space:]]*\(') &&
			bad+="$file: $found"$'\n'
	done < <(find . -name '*.[ch]' ! -path './base/banned.h')
	complain "$bad"
}

@test "only commands, hooks and the program itself print" {
	local bad='' file found
	while read -r file; do
		found=$(code "$file" | grep -nE '\b(printf|puts|putchar|vprintf|perror)[[:space:]]*\(|\b(f?puts|fputc|putc|fprintf|vfprintf|fwrite)[[:space:]]*\(.*\b(stdout|stderr)\b|\bwrite\((1|2|STD(OUT|ERR)_FILENO),') &&
			bad+="$file: $found"$'\n'
	done < <(find . -name '*.c' ! -path './cmd/*' ! -path './hook/*' ! -path './main.c' \
		! -path './base/err.c' ! -path './base/term.c' ! -path './base/progress.c' \
		! -path './base/opt.c' ! -path './base/base.c')
	complain "$bad"
}

@test "nothing is left to do" {
	run grep -rnE --include='*.[ch]' --include='*.sql' '\b(TODO|FIXME|XXX|HACK)\b' .
	complain "$output"
}

@test "no file is too long" {
	local bad
	bad=$(find . -name '*.c' -exec wc -l {} + | awk '$2 != "total" && $1 > 650 { print $2 ": " $1 " lines" }')
	complain "$bad"
}

@test "every header is guarded and says what it is for" {
	local bad='' file
	while read -r file; do
		head -n 1 "$file" | grep -q '^/\*' || bad+="$file: no words at the top"$'\n'
		grep -q '^#ifndef PK_' "$file" || bad+="$file: no guard"$'\n'
	done < <(find . -name '*.h')
	complain "$bad"
}
