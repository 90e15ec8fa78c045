#!/usr/bin/env bats
# The hooks of a repository that is pushed to: what they refuse, let pass and deploy. All pushes are real ones.

load ../lib/common

setup_file() {
	common_setup
	new_repo shop
	bare=$T/shop-origin.git
	export bare
	mkdir -p db/migrations db/schema/tables
	migration baseline 'CREATE TABLE users (id int PRIMARY KEY, email text, old text);' 'DROP TABLE users;' >/dev/null
	echo 'CREATE TABLE users (id int PRIMARY KEY, email text, old text);' >db/schema/tables/users.sql
	commit_all baseline
	git push -q
	cat >"$bare/hooks/pre-receive" <<-'HOOK'
		#!/bin/sh
		echo "theirs: $(wc -l)"
	HOOK
	chmod +x "$bare/hooks/pre-receive"
	git -C "$bare" postkit hooks install --server
}

# migration NAME TEXT [DOWN]: by hand. Prints the file.
migration() {
	local file
	echo >>"$T/versions"
	file=db/migrations/$((20260101000000 + $(wc -l <"$T/versions")))_$1.sql
	printf -- '-- migrate:up\n%s\n-- migrate:down\n%s\n' "$2" "${3-}" >"$file"
	echo "$file"
}

# branch NAME: new from main.
branch() {
	cd "$T/shop" || return 1
	git reset -q --hard
	git clean -qfd
	git switch -q -c "$1" main
}

# unsafe [TEXT]: a commit that no server takes. Prints the migration's file.
unsafe() {
	migration unsafe "${1-DROP TABLE users;}"
	commit_all unsafe
}

# what the server has; nothing where the ref is not there
there() { git -C "$bare" rev-parse -q --verify "$1" || :; }

refused() {
	run git push "$@"
	[ "$status" -ne 0 ] || tell 'it was not refused'
	has 'remote: error: git postkit refuses this push' 'pre-receive hook declined'
}

@test "installed beside the hook that is there, which runs first; looked at and taken away again" {
	[ "$(wc -l <"$bare/hooks/pre-receive")" -le 10 ]
	ok git -C "$bare" postkit hooks status
	has "folder: $bare/hooks" 'pre-receive   installed, runs the hook that was there before first'
	has 'post-receive  installed'
	hasnt pre-push
	ok git -C "$bare" postkit hooks status --json
	python3 -c 'import json, sys; d = json.load(sys.stdin); assert [(h["name"], h["state"]) for h in d["hooks"]] == [("post-receive", "ours"), ("pre-receive", "ours")]' <<<"$output"
	branch plain
	echo plain >>README
	commit_all plain
	ok git push origin HEAD HEAD:other
	has 'remote: theirs: 2'
	hasnt postkit
	git clone -q --bare "$bare" "$T/second.git"
	cd "$T/second.git"
	fails 1 git postkit hooks status
	has 'hint: git postkit hooks install --server'
	fails 128 git postkit hooks install
	has 'is bare' 'hooks install --server'
	ok git postkit hooks install --server
	ok git postkit hooks uninstall
	[ -z "$(find hooks -name '*receive' )" ]
}

@test "pre-receive: what is unsafe is refused in a few lines, and --no-verify and POSTKIT=0 are no way round" {
	local file
	branch unsafe
	file=$(unsafe)
	POSTKIT=0 refused --no-verify origin HEAD
	has "remote: $file:2:1: error:" drop-table
	equal "$(there refs/heads/unsafe)" ''
}

@test "pre-receive: new, changed, deleted and forced branches" {
	local file
	branch refs
	migration fine 'CREATE TABLE fine (a int);' 'DROP TABLE fine;' >/dev/null
	commit_all fine
	ok git push origin HEAD
	has 'remote: warning: not-checked'
	file=$(ls db/migrations/*_fine.sql)
	sed -i 's/a int/a text/' "$file"
	commit_all edited
	refused origin HEAD
	has edited 'was changed after it was published'
	refused origin HEAD:another
	has "was changed after it was published in 'refs'"
	git reset -q --hard HEAD~2
	refused --force origin HEAD
	has removed 'give it back'
	equal "$(there refs/heads/refs)" "$(git rev-parse '@{1}~1')"
	ok git push -q origin --delete refs
	equal "$(there refs/heads/refs)" ''
	ok git push -q --force origin HEAD:plain
}

@test "pre-receive: tags, what is no branch, what is no commit, and our own refs" {
	local file
	branch tags
	git tag -a -m old old HEAD~1
	git tag blob "$(git hash-object -w README)"
	git tag -a -m tree tree 'HEAD^{tree}'
	ok git push -q origin old blob tree
	equal "$(there refs/tags/blob)" "$(git rev-parse blob)"
	ok git push -q origin --delete blob
	file=$(unsafe)
	git tag -a -m new new
	refused origin new
	refused origin HEAD:refs/changes/01/1/1
	has "$file"
	ok git push -q origin HEAD:refs/postkit/sessions/1
	ok git push -q origin --delete old
}

@test "pre-receive: one that is refused refuses the push, atomic or not, of however many refs and commits" {
	local i
	branch many
	for ((i = 0; i < 1000; i++)); do
		printf 'commit refs/heads/many\ncommitter A <a@b> %d +0000\ndata 1\nx\n' $((1800000000 + i))
		[ $i -gt 0 ] || echo "from $(git rev-parse main)"
		printf 'M 644 inline many\ndata <<E\n%d\nE\n\n' "$i"
	done | git fast-import --quiet --force
	git reset -q --hard
	for ((i = 0; i < 300; i++)); do echo "create refs/heads/many-$i many~$i"; done | git update-ref --stdin
	ok git push -q origin 'refs/heads/many*:refs/heads/many*'
	equal "$(git -C "$bare" for-each-ref refs/heads/many* | wc -l)" 301
	git branch good
	git commit -q --allow-empty -m good
	unsafe >/dev/null
	refused --atomic origin HEAD good:good-too
	equal "$(there refs/heads/good-too)" ''
	refused origin HEAD good:good-too
	equal "$(there refs/heads/good-too)" ''
	ok git push -q origin good:good-too
}

@test "pre-receive: settings are those of the commit, and what the server's own say wins" {
	branch settings
	git config -f .postkit postkit.migrationsPath sql
	mkdir sql
	git mv db/migrations/* sql
	commit_all moved
	printf -- '-- migrate:up\nDROP TABLE users;\n-- migrate:down\n' >sql/20270101000000_unsafe.sql
	commit_all unsafe
	refused origin HEAD
	has sql/20270101000000_unsafe.sql:2
	git push -q "$bare" HEAD:refs/postkit/settings
	fails 1 git -C "$bare" postkit check --no-database main..refs/postkit/settings
	has sql/20270101000000_unsafe.sql:2
	branch levels
	git config -f .postkit postkit.rule.drop-table.level off
	sed -i '1i -- postkit:irreversible: nobody reads it' "$(migration levels 'DROP TABLE users;')"
	commit_all levels
	git -C "$bare" config postkit.rule.drop-table.level error
	refused origin HEAD
	has drop-table
	git -C "$bare" config --unset postkit.rule.drop-table.level
	ok git push -q origin HEAD
	ln -sf README .postkit
	commit_all link
	run git push origin HEAD
	[ "$status" -ne 0 ]
	has 'is a symbolic link'
}

@test "pre-receive: schema files are loaded only where the server allows it; notes that were pushed prove nothing, none are left" {
	local file
	branch disagree
	sed -i 's/old text/old text, new text/' db/schema/tables/users.sql
	file=$(migration disagree 'ALTER TABLE users ADD COLUMN new text;' 'ALTER TABLE users DROP COLUMN new;')
	local one=1111111111111111111111111111111111111111
	sed -i "1i -- postkit: from 2222222222222222222222222222222222222222 to $one (pg15)" "$file"
	commit_all disagree
	git notes --ref postkit add -m "{\"schema\":1,\"fingerprint\":\"$one\",\"agree\":true}" HEAD:db
	ok git push -q origin refs/notes/postkit
	ok git push origin HEAD
	has 'not-checked' 'postkit.receiveDatabase does not allow it on this server'
	[ -z "$(find "$bare" "$T/state" -name postmaster.pid)" ]
	ok git push -q origin --delete disagree
	git -C "$bare" config postkit.receiveDatabase true
	local notes
	notes=$(there refs/notes/postkit)
	refused origin HEAD
	has 'lead to different schemas'
	sed -i "s/$one/$(git -C "$bare" postkit fingerprint "$PWD/db/schema")/" "$file"
	commit_all agree
	ok git push origin HEAD
	hasnt not-checked
	equal "$(there refs/notes/postkit)" "$notes"
	git -C "$bare" config --unset postkit.receiveDatabase
	ok git -C "$bare" fsck --connectivity-only
	hasnt broken invalid missing
}

@test "pre-receive: snapshots, records and adoptions that were pushed take no reason away, unless the server believes them" {
	local file forged
	branch forged
	forged='CREATE TABLE public.users (id int, email text, CONSTRAINT proven CHECK (email IS NOT NULL));'
	forged=$(git hash-object -w --stdin <<<"$forged" | xargs printf '100644 blob %s\tusers.sql\n' | git mktree)
	forged=$(printf '040000 tree %s\ttable\n' "$forged" | git mktree | xargs printf '040000 tree %s\tpublic\n' | git mktree)
	git push -q "$bare" "$(printf '040000 tree %s\t%s\n' "$forged" "$forged" | git mktree |
		xargs git commit-tree -m none):refs/postkit/fingerprints"
	file=$(unsafe 'ALTER TABLE public.users ALTER COLUMN email SET NOT NULL;')
	sed -i "1i -- postkit: from $forged to 1111111111111111111111111111111111111111 (pg15)" "$file"
	commit_all forged
	refused origin HEAD
	has "$file:3:1: error:" not-null-scan
	git -C "$bare" config postkit.receiveRecords true
	ok git push -q origin HEAD:believed
	git push -q origin --delete believed
	git -C "$bare" config --unset postkit.receiveRecords
	sed -i 's/^ALTER.*/DROP TABLE users;/; 2i -- postkit:adopted: prod' "$file"
	commit_all adopted
	refused origin HEAD
	has "$file:4:1: error:" drop-table
	git -C "$bare" config postkit.receiveRecords true
	ok git push origin HEAD
	has 'warning: drops users'
	hasnt 'error: '
	git -C "$bare" config --unset postkit.receiveRecords
	branch rewritten
	file=$(migration first 'CREATE TABLE first (a int);' 'DROP TABLE first;')
	commit_all first
	ok git push -q origin HEAD
	sed -i 's/a int/a text/' "$file"
	commit_all edited
	git push -q "$bare" "$(printf '100644 blob %s\t%s\n' "$(git rev-parse "HEAD:$file")" "${file##*/}" | git mktree |
		xargs printf '040000 tree %s\tmigrations\n' | git mktree | xargs git commit-tree -m ran):refs/postkit/deploys/prod"
	refused origin HEAD
	has edited "was changed after it was published in 'rewritten'"
	git -C "$bare" config postkit.receiveRecords true
	ok git push -q origin HEAD
	git -C "$bare" config --unset postkit.receiveRecords
	# A record with another text, on whatever remote, counts against it.
	echo >>"$file"
	commit_all again
	git push -q "$bare" "$(git commit-tree -m x 'HEAD^{tree}'):refs/postkit/deploys/zzz"
	refused origin HEAD
	has edited "was changed after it ran on 'prod'"
	git push -q "$bare" :refs/postkit/deploys/prod :refs/postkit/deploys/zzz :refs/postkit/fingerprints
}

@test "pre-receive: the pusher gets the head of a long story, and where it is cannot be checked nothing passes" {
	local i sql=
	branch long
	for ((i = 0; i < 60; i++)); do sql+="DROP TABLE users$i;"$'\n'; done
	unsafe "$sql" >/dev/null
	refused origin HEAD
	has ' more lines'
	[ "$(wc -l <<<"$output")" -lt 90 ]
	git switch -q main
	git branch -q harmless plain
	sed -i 's,^tool=.*,tool=/nonexistent,' "$bare/hooks/pre-receive"
	PATH=/usr/bin:/bin run git push origin harmless
	[ "$status" -ne 0 ]
	has 'remote: git postkit is not installed on this server'
	ok git -C "$bare" postkit hooks install --server --force
	ok git push -q origin harmless
}
