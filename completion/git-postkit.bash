# bash completion of git postkit. git's own completion loads this file for `git postkit`; everything it
# offers comes from `git postkit --completion-data`: neither a database nor the network is asked.
# shellcheck shell=bash

# Lines of a kind, and of a command where one is given: the third field on.
__git_postkit_data() {
	git postkit --completion-data 2>/dev/null |
		awk -F '\t' -v kind="$1" -v command="${2-}" \
			'$1 == kind && (kind == "command" || kind == "remote" || $2 == command)'
}

__git_postkit_words() {
	case $1 in
	commands) __git_postkit_data command | cut -f2 ;;
	options) __git_postkit_data option "$2" | cut -f3 | tr '|' '\n' ;;
	words) __git_postkit_data word "$2" | cut -f3 ;;
	remotes) __git_postkit_data remote | cut -f2 ;;
	esac
}

# The name of the argument that an option takes; nothing for a flag.
__git_postkit_argument() {
	__git_postkit_data option "$1" |
		awk -F '\t' -v name="$2" '{ n = split($3, names, "|"); for (i = 1; i <= n; i++)
			if (names[i] == name) print $4 }'
}

__git_postkit_offer() {
	local word
	while IFS= read -r word; do
		[[ $word == "$2"* ]] && COMPREPLY+=("$word ")
	done < <(printf '%s\n' "$1" | sort -u)
	compopt -o nospace 2>/dev/null
}

# $1: the words after `git postkit`, joined by newlines, the last being completed.
__git_postkit_complete() {
	local -a words
	local current previous command words_of
	mapfile -t words <<<"$1"
	[[ ${words[0]} == db && ${#words[@]} -gt 1 ]] && words=("${words[@]:1}")
	current=${words[${#words[@]} - 1]}
	COMPREPLY=()
	if [[ ${#words[@]} -eq 1 ]]; then
		__git_postkit_offer "$(__git_postkit_words commands)" "$current"
		return
	fi
	command=${words[0]}
	previous=${words[${#words[@]} - 2]}
	case $(__git_postkit_argument "$command" "$previous") in
	'') ;;
	FILE | DIR | PATH)
		mapfile -t COMPREPLY < <(compgen -f -- "$current")
		return
		;;
	*)
		[[ $previous == --remote ]] &&
			__git_postkit_offer "$(__git_postkit_words remotes)" "$current"
		return
		;;
	esac
	if [[ $current == -* ]]; then
		__git_postkit_offer "$(__git_postkit_words options "$command")" "$current"
		return
	fi
	words_of=$(__git_postkit_words words "$command")
	__git_postkit_offer "$(grep -v '^@' <<<"$words_of")" "$current"
	[[ $words_of == *@remote* ]] && __git_postkit_offer "$(__git_postkit_words remotes)" "$current"
	[[ $words_of == *@file* ]] && mapfile -t -O "${#COMPREPLY[@]}" COMPREPLY < <(compgen -f -- "$current")
	return 0
}

# Called by git's completion, with its variables words and cword.
_git_postkit() {
	local i start=1
	# shellcheck disable=SC2154 # of git's completion
	for ((i = 1; i <= cword; i++)); do
		[[ ${words[i]} == postkit ]] && start=$((i + 1)) && break
	done
	[[ $start -gt $cword ]] && return
	local IFS=$'\n'
	__git_postkit_complete "${words[*]:start:cword-start+1}"
}

# And for who types git-postkit.
__git_postkit_direct() {
	local IFS=$'\n'
	__git_postkit_complete "${COMP_WORDS[*]:1:COMP_CWORD}"
}
complete -F __git_postkit_direct git-postkit
