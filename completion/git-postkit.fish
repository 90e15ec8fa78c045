# fish completion of git postkit: everything it offers comes from `git postkit --completion-data`;
# neither a database nor the network is asked. fish's completion of git hands `git postkit` to it.

# The words after git-postkit (or git postkit) before the cursor, without PostKit's db.
function __git_postkit_words
    set -l words (commandline -opc)
    while set -q words[1]; and not string match -qr '^(.*/)?(git-)?postkit$' -- $words[1]
        set -e words[1]
    end
    set -e words[1]
    test "$words[1]" = db; and set -e words[1]
    string join \n -- $words
end

function __git_postkit_needs_command
    set -l words (__git_postkit_words)
    test (count $words) -eq 0
end

function __git_postkit_commands
    git postkit --completion-data 2>/dev/null | string match -r '^command\t.*' | string replace -r '^command\t' ''
end

function __git_postkit_remotes
    git postkit --completion-data 2>/dev/null | string match -r '^remote\t.*' | string replace -r '^remote\t' ''
end

function __git_postkit_operands
    set -l words (__git_postkit_words)
    set -q words[1]; or return
    for word in (git postkit --completion-data 2>/dev/null | string match -r "^word\t$words[1]\t.*" | string split -f3 \t)
        switch $word
            case @remote
                __git_postkit_remotes
            case @file
                __fish_complete_path (commandline -ct)
            case '*'
                echo $word
        end
    end
end

function __git_postkit_options
    set -l words (__git_postkit_words)
    set -q words[1]; or return
    string match -q -- '-*' (commandline -ct); or return
    for line in (git postkit --completion-data 2>/dev/null | string match -r "^option\t$words[1]\t.*")
        set -l fields (string split \t -- $line)
        for name in (string split '|' -- $fields[3])
            printf '%s\t%s\n' $name $fields[5]
        end
    end
end

complete -c git-postkit -f
complete -c git-postkit -n __git_postkit_needs_command -a '(__git_postkit_commands)'
complete -c git-postkit -n 'not __git_postkit_needs_command' -a '(__git_postkit_operands)'
complete -c git-postkit -n 'not __git_postkit_needs_command' -a '(__git_postkit_options)'
