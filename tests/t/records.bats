#!/usr/bin/env bats
# What ran where, shared through a git remote: published, fetched, joined; and what of others is not believed.

load ../lib/common

DEPLOYS=refs/postkit/deploys/prod

setup_file() {
	common_setup
	pg_start
	pg_createdb shop
	sql shop 'CREATE TABLE users (id int PRIMARY KEY, email text NOT NULL)'
	imported_repo shop "$(pg_url shop)" --no-hooks
	commit_all import
	git push -q
}

# migration NAME SECOND: a table, committed and pushed.
migration() {
	local from
	from=$(tail -qn +1 db/migrations/*.sql | sed -n 's/^-- postkit: from .* to \([0-9a-f]*\) .*/\1/p' | tail -n 1)
	echo "CREATE TABLE public.$1 (id integer NOT NULL);" >"db/schema/tables/$1.sql"
	printf -- '-- postkit: from %s to %s (pg15)\n-- migrate:up\nCREATE TABLE public.%s (id integer NOT NULL);\n-- migrate:down\nDROP TABLE public.%s;\n' \
		"$from" "$(git postkit fingerprint db/schema)" "$1" "$1" >"db/migrations/202701010000$2_$1.sql"
	commit_all "$1"
	git push -q origin HEAD
}

# record ON JQ: a commit with a record like the one of $DEPLOYS, changed by a jq program, on top of ON ('': nothing).
record() {
	local json tree
	json=$(git cat-file blob "$DEPLOYS:record.json" | jq "$2" | git hash-object -w --stdin)
	tree=$(git ls-tree "$DEPLOYS" | sed "s/[0-9a-f]\{40\}\trecord.json/$json\trecord.json/" | git mktree)
	git commit-tree -m forged ${1:+-p "$1"} "$tree"
}

# In the repository that is pushed to: a commit whose tree has a name that git refuses.
broken_commit() {
	cd "$T/shop-origin.git" || return 1
	printf '100644 blob %s\t.git\n' "$(echo x | git hash-object -w --stdin)" | git mktree | xargs git commit-tree -m broken
}

@test "a deploy publishes its record, and another clone knows what production is" {
	cd "$T/shop"
	migration a 01
	git config postkit.publish auto
	ok git postkit deploy --yes --json prod
	equal "$(sed -n '/^{/,$p' <<<"$output" | jq -r '.recorded, .published' | paste -sd' ')" 'true origin'
	migration b 02
	# What is no record of this remote, not where it is pushed to, or nothing that git takes is in nobody's way.
	git push -q origin HEAD:refs/postkit/deploys/other HEAD:refs/heads/postkit/records/deploys/prod
	git -C "$T/shop-origin.git" update-ref refs/postkit/deploys/broken "$(broken_commit)"
	ok git postkit deploy --yes prod
	equal "$(git ls-remote origin $DEPLOYS | cut -f1)" "$(git rev-parse $DEPLOYS)"
	fails 1 git postkit records push
	has 'other: refused' 'prod: refused' 'broken: refused: error: object' 'stays in refs/postkit/remotes/origin' \
		'but for what git itself does not take'
	hasnt 'has all that is here'
	git push -q origin :refs/postkit/deploys/other :refs/postkit/deploys/broken :refs/heads/postkit/records/deploys/prod
	ok git postkit records push
	has "'origin' has all that is here"

	git clone -q "$T/shop-origin.git" "$T/second"
	cd "$T/second"
	ok git postkit status
	has 'remotes     none'
	ok git postkit records fetch
	has 'prod: fetched' 'fingerprints: fetched'
	ok git postkit status
	has 'prod: all 3 are there, last at 20'
	ok git postkit status --json
	equal "$(jq -r '.remotes[0].last' <<<"$output")" 20270101000002
	ok git postkit log
	in_order '20270101000002 b' 'prod  20' 'Ada Lovelace' '20270101000001 a' 'baseline'
	ok git diff --name-only $DEPLOYS~1 $DEPLOYS
	has 'snapshot/public/table/b.sql' 'migrations/20270101000002_b.sql'
	ok git postkit records fetch
	hasnt fetched
	ok git postkit records fetch --json
	equal "$(jq -r '.fetched[].what' <<<"$output" | sort -u)" same
	equal "$(jq -r .git_remote <<<"$output")" origin
	fails 128 git postkit records fetch upstream
	has "there is no git remote 'upstream'"
	fails 129 git postkit records
}

@test "when the remote cannot be reached the deploy is done and says so with status 2; publishing it later works" {
	cd "$T/shop"
	migration c 03
	mv "$T/shop-origin.git" "$T/away.git"
	fails 2 git postkit deploy --yes prod
	has 'deployed, and recorded here, but not published' 'git postkit records push'
	equal "$(sql shop "SELECT count(*) FROM postkit.schema_migrations WHERE version = '20270101000003'")" 1
	fails 128 git postkit records push
	has "'origin' failed"
	mv "$T/away.git" "$T/shop-origin.git"
	ok git postkit records push
	has "sent 2 refs to 'origin'"
	equal "$(git ls-remote origin $DEPLOYS | cut -f1)" "$(git rev-parse $DEPLOYS)"
	# What a branch brings along makes nothing be sent.
	git config --unset postkit.publish
	git config --file .postkit postkit.publish origin
	migration d 04
	ok git postkit deploy --yes prod
	[ "$(git ls-remote origin $DEPLOYS | cut -f1)" != "$(git rev-parse $DEPLOYS)" ]
	git checkout -q .postkit 2>/dev/null || rm .postkit
	git postkit records push
}

@test "a trouble on the way to one of the refs is the error that git gave, and no refusal" {
	cd "$T/shop"
	local git said
	git=$(command -v git)
	mkdir "$T/troubled"
	cat >"$T/troubled/git" <<-SH
		#!/bin/sh
		case "\$*" in *fetch*$DEPLOYS*) cat "$T/said" >&2 && exit 128 ;; esac
		exec $git "\$@"
	SH
	chmod +x "$T/troubled/git"
	migration e 05
	git config postkit.publish origin
	echo "fatal: unable to access 'https://git.example/shop.git/': Could not resolve host: git.example" >"$T/said"
	PATH=$T/troubled:$PATH fails 2 git-postkit deploy --yes prod
	has "not published: fetching from 'origin' failed" 'Could not resolve host'
	hasnt 'is not what it must be'
	git config --unset postkit.publish
	# Neither what the other side says of itself nor a full disk is what the check here has found.
	for said in 'Could not resolve host' 'remote: fatal: fsck error in packed object' \
		$'error: object 1: unable to write: No space left on device\nfatal: index-pack failed'; do
		echo "$said" >"$T/said"
		for verb in push fetch; do
			PATH=$T/troubled:$PATH fails 128 git-postkit records $verb
			has "fetching from 'origin' failed" "${said##*$'\n'}"
			hasnt refused 'has all that is here' 'stays in'
		done
	done
	ok git postkit records push
	has "sent 2 refs to 'origin'"
}

@test "what git itself refuses is not said to be kept here, and what is not sent is not said to be there" {
	cd "$T/shop"
	local keep=refs/postkit/remotes/origin/deploys/prod
	git update-ref -d "$keep"
	git -C "$T/shop-origin.git" update-ref $DEPLOYS "$(broken_commit)"
	for verb in push fetch; do
		fails 1 git postkit records $verb
		has 'prod: refused: error: object' 'git itself does not take what is refused'
		hasnt 'stays in' 'has all that is here' 'has no records' sent
	done
	fails 1 git postkit records fetch --json
	equal "$(sed -n '/^{/,/^}/p' <<<"$output" | jq -r '.fetched[] | select(.name == "prod").what')" refused
	# So it is where there is no other.
	git push -q origin :refs/postkit/fingerprints
	fails 1 git postkit records fetch
	has 'prod: refused: error: object'
	fails 1 git postkit records push
	has 'prod: refused' "sent 1 ref to 'origin'"
	fails 1 git rev-parse -q --verify "$keep"
	# One that is no record is kept.
	git push -q -f origin "HEAD:$DEPLOYS"
	fails 1 git postkit records push
	has "stays in refs/postkit/remotes/origin, to be looked at; nothing"
	hasnt 'has all that is here' 'git itself'
	git rev-parse -q --verify "$keep"
	git push -q -f origin $DEPLOYS
	ok git postkit records push
	has "'origin' has all that is here"
}

@test "two histories become one, with all records of both and the state of the later; both sides make the same of it" {
	cd "$T/second"
	git pull -q
	git postkit records fetch
	local base mine theirs joined
	base=$(git rev-parse $DEPLOYS)
	mine=$(record "$base" '.finished = "2027-02-01T10:00:00Z" | .by = "mine" | .migrations[0].version = "20270101000002"')
	git update-ref $DEPLOYS "$mine"
	cd "$T/shop"
	theirs=$(record "$base" '.finished = "2027-02-01T11:00:00Z" | .by = "theirs" | .migrations[0].version = "20270101000003"')
	git update-ref $DEPLOYS "$theirs"
	ok git postkit records push
	cd "$T/second"
	ok git postkit records push
	has 'prod: joined with what others have added' 'sent 1 ref'
	joined=$(git rev-parse $DEPLOYS)
	equal "$(git rev-parse $DEPLOYS^1 $DEPLOYS^2 | paste -sd' ')" "$mine $theirs"
	equal "$(git rev-parse "$DEPLOYS^{tree}")" "$(git rev-parse "$theirs^{tree}")"
	ok git postkit log
	in_order 'theirs' 'mine'
	# As if the other side had done it at the same time.
	cd "$T/shop"
	git fetch -q "$T/second" "+$DEPLOYS:refs/keep/it"
	git push -q -f origin "$mine:$DEPLOYS"
	ok git postkit records fetch
	has 'prod: joined'
	equal "$(git rev-parse $DEPLOYS)" "$joined"
	ok git postkit records push
	equal "$(git ls-remote origin $DEPLOYS | cut -f1)" "$joined"
	# Fingerprints of both sides, too.
	local tree
	for side in shop second; do
		cd "$T/$side"
		tree=$(git rev-parse "HEAD:db/$([ "$side" = shop ] && echo schema || echo migrations)")
		(git ls-tree refs/postkit/fingerprints && printf '040000 tree %s\t%s\n' "$tree" "$tree") | git mktree |
			xargs git commit-tree -m more -p refs/postkit/fingerprints |
			xargs git update-ref refs/postkit/fingerprints
		git postkit records push
	done
	for tree in HEAD:db/schema HEAD:db/migrations; do
		git rev-parse -q --verify "refs/postkit/fingerprints:$(git rev-parse "$tree")"
	done
	# One that is ahead and has lost what was there, or has another history, takes nothing away, and its lies stay behind.
	local all lie parent
	all=$(git ls-tree --name-only refs/postkit/fingerprints)
	lie=$(git rev-parse HEAD:db)
	for parent in "-p refs/postkit/fingerprints" ''; do
		# shellcheck disable=SC2086
		git push -q -f origin "$(printf '040000 tree %s\t%s\n040000 tree %s\t%040d\n' "$lie" "$lie" "$lie" 1 | git mktree |
			xargs git commit-tree -m less $parent):refs/postkit/fingerprints"
		ok git postkit records fetch
		has 'fingerprints: joined'
		equal "$(git ls-tree --name-only refs/postkit/fingerprints)" "$(printf '%s\n' "$all" "$lie" | sort)"
		ok git postkit records push
		equal "$(git ls-remote origin refs/postkit/fingerprints | cut -f1)" "$(git rev-parse refs/postkit/fingerprints)"
	done
}

@test "a host that refuses the namespace gets branches, and that is remembered; others find them there" {
	cd "$T" && git init -q --bare strict.git
	cat >strict.git/hooks/pre-receive <<-'HOOK'
		#!/bin/sh
		while read -r old new ref; do
			case $ref in refs/heads/* | refs/tags/*) ;; *) echo "no such refs here" && exit 1 ;; esac
		done
	HOOK
	chmod +x strict.git/hooks/pre-receive
	cd "$T/shop"
	git remote add strict "$T/strict.git"
	git push -q strict main
	ok git postkit records push strict
	has "sent 2 refs to 'strict', as branches postkit/records/..."
	equal "$(git config remote.strict.postkitRecords)" branches
	equal "$(git ls-remote strict | cut -f2 | grep postkit | paste -sd' ')" \
		'refs/heads/postkit/records/deploys/prod refs/heads/postkit/records/fingerprints'
	git update-ref $DEPLOYS "$(record $DEPLOYS '.finished = "2027-03-01T10:00:00Z"')"
	ok git postkit records push strict --json
	equal "$(jq -r '.sent, .branches' <<<"$output" | paste -sd' ')" '1 true'
	git clone -q "$T/strict.git" "$T/third" 2>/dev/null
	cd "$T/third"
	ok git postkit records fetch
	has 'prod: fetched'
	equal "$(git rev-parse $DEPLOYS)" "$(git -C "$T/shop" rev-parse $DEPLOYS)"
	# One that refuses everything is told with what it said.
	printf '#!/bin/sh\nexit 1\n' >"$T/strict.git/hooks/pre-receive"
	git update-ref $DEPLOYS "$(record $DEPLOYS '.finished = "2027-04-01T10:00:00Z"')"
	fails 128 git postkit records push
	has "'origin' refuses the records" 'pre-receive hook declined'
}

@test "a partial clone gets all of it, and a mirror and who fetches these refs by himself lose nothing" {
	local url="file://$T/shop-origin.git" n=0
	git -C "$T/shop-origin.git" config uploadpack.allowFilter true
	git clone -q --filter=blob:none "$url" "$T/partial"
	cd "$T/partial"
	ok git postkit records fetch
	has 'prod: fetched'
	git clone -q --mirror "$url" "$T/mirror.git"
	git clone -q -c 'remote.origin.fetch=+refs/postkit/*:refs/postkit/*' "$url" "$T/greedy"
	for side in mirror.git greedy; do
		cd "$T/$side"
		((n += 1))
		git update-ref $DEPLOYS "$(record $DEPLOYS ".finished = \"2027-03-0${n}T10:00:00Z\" | .by = \"$side\"")"
		ok git postkit records fetch
		equal "$(git cat-file blob $DEPLOYS:record.json | jq -r .by)" "$side"
		ok git postkit records push
		equal "$(git ls-remote origin $DEPLOYS | cut -f1)" "$(git rev-parse $DEPLOYS)"
	done
	cd "$T/shop"
	ok git postkit records fetch
}

@test "what others push is believed only as far as it is a record, and nothing of it reaches the terminal" {
	cd "$T/second"
	local good bad program before n=0
	good=$(git rev-parse $DEPLOYS)
	# Each is a commit on top of what is there.
	while IFS= read -r program; do
		[ -n "$program" ] || continue
		bad=$(record "$good" "$program")
		git push -q -f origin "$bad:$DEPLOYS"
		run git postkit records fetch
		[ "$status" -eq 1 ] || tell "taken in: $program"
		has 'prod: refused: commit'
		equal "$(git rev-parse $DEPLOYS)" "$good"
		n=$((n + 1))
	done <<-'PROGRAMS'
		.schema = 2
		.remote = "staging"
		.to = .from + "0"
		.to = .commit
		.commit = "../../etc/passwd"
		.finished = "\u001b[2J"
		.started = "yesterday"
		.kind = "exec"
		.migrations = {}
		.migrations[0].version = "1; DROP TABLE users"
		.migrations[0].checksum = "x"
		.migrations[0].seconds = -1
		.by = ("x" * 5000)
		[]
	PROGRAMS
	equal "$n" 14
	bad=$( (git ls-tree "$good" && printf '100644 blob %s\tevil.sh\n' "$(echo 'rm -rf /' | git hash-object -w --stdin)") | git mktree)
	bad=$(git commit-tree -m x -p "$good" "$bad")
	# A good one on top does not hide it.
	git push -q -f origin "$(git commit-tree -m y -p "$bad" "$good^{tree}"):$DEPLOYS"
	fails 1 git postkit records fetch
	has 'its tree is not that of a record'
	# Neither a tag that leads to a good one, nor a file for all fingerprints: nothing could be added to them.
	bad=$(git cat-file commit "$good" | sed -n 's/^committer/tagger/p' |
		(printf 'object %s\ntype commit\ntag x\n' "$good" && cat && printf '\nx\n') | git mktag)
	git push -q -f origin "$bad:$DEPLOYS" "$(echo x | git hash-object -w --stdin):refs/postkit/fingerprints"
	fails 1 git postkit records fetch
	has 'prod: refused' 'fingerprints: refused' 'is not a commit'
	git push -q -f origin refs/postkit/fingerprints
	# What is good at one of the two places does not hide the other.
	git push -q -f origin "$good:$DEPLOYS" "$(record "$good" '.schema = 2'):refs/heads/postkit/records/deploys/prod"
	fails 1 git postkit records fetch
	has 'prod: refused: commit'
	git push -q origin :refs/heads/postkit/records/deploys/prod
	bad=$(git ls-tree "$good" | sed "s/^040000 tree [0-9a-f]*\tmigrations/120000 blob $(printf /etc | git hash-object -w --stdin)\tmigrations/" | git mktree)
	git push -q -f origin "$(git commit-tree -m x -p "$good" "$bad"):$DEPLOYS" "$good:refs/postkit/deploys/-x" "$good:refs/postkit/deploys/a/b"
	fails 1 git postkit records fetch
	has 'its tree is not that of a record'
	equal "$(git for-each-ref --format='%(refname)' refs/postkit/deploys)" $DEPLOYS
	# It stands in the way of nobody else's: what is ours is not forced on it, and the rest is sent.
	before=$(git ls-remote origin $DEPLOYS | cut -f1)
	fails 1 git postkit records push
	equal "$(git ls-remote origin $DEPLOYS | cut -f1)" "$before"

	git push -q -f origin "$(record "$good" '.by = "\u001b]0;owned\u0007 Eve" | .finished = "2027-05-01T10:00:00Z"'):$DEPLOYS"
	ok git postkit records fetch
	ok git postkit log
	has 'owned'
	hasnt $'\e' $'\a'
	ok git postkit status
	hasnt $'\e'
	# Texts of migrations that it brings are read by nobody.
	bad=$(git ls-tree $DEPLOYS:migrations | sed "1s/blob [0-9a-f]*/blob $(echo garbage | git hash-object -w --stdin)/" | git mktree)
	bad=$(git ls-tree $DEPLOYS | sed "s/[0-9a-f]*\tmigrations/$bad\tmigrations/" | git mktree)
	git push -q origin "$(git commit-tree -m x -p $DEPLOYS "$bad"):$DEPLOYS"
	ok git postkit records fetch
	has 'prod: fetched'
	ok git postkit status
	ok git postkit log
	hasnt garbage
}
