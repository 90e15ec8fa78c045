#!/usr/bin/env bats
# What the program says about itself: help, manual, completion, suggestions, JSON. No server is started.

load ../lib/common

commands() { git-postkit --completion-data | awk -F '\t' '$1 == "command" { print $2 }'; }

@test "the overview lists every command, outside a repository, and exits with 129 as git does" {
	fails 129 git postkit -h
	has 'usage: git postkit'
	local name
	for name in $(commands); do
		has " $name "
	done
	fails 129 git postkit
	has 'usage: git postkit'
}

@test "the table of commands is sorted" {
	commands >"$T/got"
	LC_ALL=C sort -c "$T/got"
	[ "$(wc -l <"$T/got")" -ge 29 ]
}

@test "-h of every command works outside a repository: usage on stdout, nothing on stderr, 129" {
	local name
	for name in $(commands); do
		fails 129 --separate-stderr git postkit "$name" -h
		has "usage: git postkit $name"
		[ -z "$stderr" ] || tell "$name -h wrote to stderr: $stderr"
	done
}

@test "-h of a command names each of its options" {
	local name option
	while IFS=$'\t' read -r name option; do
		run git postkit "$name" -h
		has "${option%%|*}"
	done < <(git-postkit --completion-data | awk -F '\t' '$1 == "option" { print $2 "\t" $3 }')
}

@test "the word db of PostKit is accepted" {
	fails 129 git postkit db plan -h
	has 'usage: git postkit plan'
}

@test "an unknown command suggests the nearest and exits with 129" {
	fails 129 git postkit statsu
	has "'statsu' is not a command of git postkit" "git postkit status"
	fails 129 git postkit fingerprnt
	has "git postkit fingerprint"
	fails 129 git postkit xyzzyplugh
	has "'git postkit -h' lists the commands"
	hasnt 'did you mean'
}

@test "an unknown option is a usage error with the usage as its hint" {
	local name
	for name in $(commands); do
		[ "$name" != psql ] || continue # hands its arguments on
		fails 129 git postkit "$name" --no-such-option-at-all
		has 'no-such-option-at-all' "git postkit $name"
	done
}

@test "control bytes of a command line do not reach the terminal" {
	fails 129 git postkit $'pl\e[31man'
	hasnt $'\e'
}

@test "--version says its name" {
	ok git postkit --version
	[[ $output == "git-postkit "[0-9]* ]] || tell 'not a version'
}

@test "the manual names every command and every option" {
	local page=$ROOT/src/man/git-postkit.1 missing='' name option
	for name in $(commands); do
		grep -qE "^\.It (Xo )?Cm $name( |\$)" "$page" || missing+="command $name"$'\n'
	done
	while IFS=$'\t' read -r name option; do
		# the entries of a command stand between its own .It and the next command's
		awk -v name="$name" -v flag="Fl -${option#--}" '
			/^\.It (Xo )?Cm / { inside = ($0 ~ "Cm " name "( |$)") }
			inside && $1 == ".It" && index($0 " ", flag " ") { found = 1 }
			END { exit !found }' "$page" || missing+="$name $option"$'\n'
	done < <(git-postkit --completion-data | awk -F '\t' '$1 == "option" { sub(/\|.*/, "", $3); print $2 "\t" $3 }')
	[ -z "$missing" ] || tell "not in the manual: $missing"
}

@test "the manual has nothing that the program has not" {
	local page=$ROOT/src/man/git-postkit.1 odd='' command='' kind name
	git-postkit --completion-data >"$T/facts"
	while read -r kind name; do
		case $kind in
		Cm) command=$name ;;
		Fl) grep -q "^option	$command	--${name}[|	]" "$T/facts" || odd+="$command --$name"$'\n' ;;
		esac
	done < <(awk '/^\.Sh OPTIONS OF GIT|^\.Sh SETTINGS/ { exit }
		/^\.It (Xo )?Cm / { sub(/^\.It (Xo )?Cm /, ""); print "Cm", $1 }
		/^\.It .*Fl -/ { match($0, /Fl -[a-z-]+/); print "Fl", substr($0, RSTART + 4, RLENGTH - 4) }' "$page")
	[ -z "$odd" ] || tell "only in the manual: $odd"
}

@test "the manual says of every rule of lint why and the safe way" {
	local rule
	while read -r rule _; do
		awk -v it=".It Li $rule" '/^\.It / { inside = $0 == it } inside && /^Safe: ./ { found = 1 } END { exit !found }' \
			"$ROOT/src/man/git-postkit.1" || tell "not in the manual: $rule"
	done < <(git postkit lint --rules)
}

@test "the manual is well formed" {
	command -v mandoc >/dev/null || skip 'no mandoc'
	ok mandoc -Tlint -W warning "$ROOT/src/man/git-postkit.1"
	[ -z "$output" ]
}

@test "completion data has no line that a shell would trip over, and needs no repository" {
	ok git-postkit --completion-data
	run ! grep -vE $'^(command\t[a-z]+\t[^\t]+|option\t[a-z]+\t--[a-z-]+([|]-[A-Za-z])?\t[^\t]*\t[^\t]+|word\t[a-z]+\t@?[a-z]+)$' <<<"$output"
}

@test "completion data lists the remotes of the repository" {
	new_repo
	git config postkit.remote.prod.url postgresql://nowhere.invalid/db
	git config postkit.remote.staging.url postgresql://nowhere.invalid/db
	ok git-postkit --completion-data
	has $'remote\tprod' $'remote\tstaging'
}

# What bash would offer for the words given.
bash_offers() {
	bash --norc --noprofile -c '
		. "$1"
		shift
		words=("$@") cword=$(($# - 1))
		_git_postkit
		printf "%s\n" "${COMPREPLY[@]}"' bash "$ROOT/completion/git-postkit.bash" "$@"
}

@test "bash completes commands, options, subcommands and remotes" {
	new_repo
	git config postkit.remote.prod.url postgresql://nowhere.invalid/db
	output=$(bash_offers git postkit sta)
	has 'start ' 'status '
	hasnt plan
	output=$(bash_offers git postkit db pla)
	has 'plan '
	output=$(bash_offers git postkit diff --ex)
	has '--exit-code '
	output=$(bash_offers git postkit remote '')
	has 'add ' 'list ' 'prod '
	output=$(bash_offers git postkit deploy p)
	has 'prod '
	output=$(bash_offers git postkit start --remote '')
	has 'prod '
	touch schema.sql
	output=$(bash_offers git postkit lint sch)
	has schema.sql
}

@test "zsh completes commands, options and remotes" {
	command -v zsh >/dev/null || skip 'no zsh'
	new_repo
	git config postkit.remote.prod.url postgresql://nowhere.invalid/db
	zsh_offers() {
		zsh -f -c '
			_describe() { shift $(( ${@[(i)-t]} )); print -l -- ${(P)@[-1]} }
			compadd() { print -l -- ${(P)@[-1]} }
			_files() { print files }
			words=("${@[2,-1]}") CURRENT=$#words
			. $1' zsh "$ROOT/completion/_git-postkit" "$@"
	}
	output=$(zsh_offers postkit '')
	has 'plan:' 'deploy:'
	output=$(zsh_offers postkit diff --)
	has '--exit-code:'
	output=$(zsh_offers postkit start --remote '')
	has prod
	output=$(zsh_offers postkit remote '')
	has add list prod
	output=$(zsh_offers postkit lint '')
	has files
}

@test "fish completes commands, options and remotes" {
	command -v fish >/dev/null || skip 'no fish'
	new_repo
	git config postkit.remote.prod.url postgresql://nowhere.invalid/db
	fish_offers() {
		fish --no-config -c "source '$ROOT/completion/git-postkit.fish'; complete -C '$1'"
	}
	output=$(fish_offers 'git-postkit sta')
	has start status
	output=$(fish_offers 'git-postkit diff --ex')
	has --exit-code
	output=$(fish_offers 'git-postkit deploy p')
	has prod
	output=$(fish_offers 'git-postkit remote ')
	has add list
}

@test "commands on a session say what is missing, outside a repository and without a session" {
	local name
	for name in start plan apply commit status abort init import; do
		fails 128 git postkit "$name"
		has 'error: '
	done
}

@test "libpq is loaded only where a database is asked, and is missed only there" {
	mkdir "$T/broken"
	echo 'no library' >"$T/broken/libpq.so.5"
	LD_LIBRARY_PATH=$T/broken ok git-postkit --version
	LD_LIBRARY_PATH=$T/broken fails 128 git-postkit fingerprint "postgresql://nobody@127.0.0.1:1/none"
	has 'fatal: ' 'libpq.so.5'
}
