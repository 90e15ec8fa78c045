#!/usr/bin/env bats
# git postkit demo: the whole way on real parts, and nothing left behind.

load ../lib/common

# The folder of production's socket, from the URL that the demo shows.
socket_in() { sed -n 's/.*[?&]host=\([^&'"'"' ]*\).*/\1/p' <<<"$1" | head -n 1; }
is_up() { [ -S "$1/.s.PGSQL.5432" ] && "$(pg_bin)/pg_isready" -q -h "$1" -p 5432; }

@test "the demo plays to its end, refuses what would hurt, and leaves nothing behind" {
	export TMPDIR=$T
	ok git postkit demo
	has 'shop of 232,000 rows' 'deployed 2 migrations' \
		'violates foreign key constraint "orders_customer_id_fkey"' \
		'index-blocking' 'CREATE INDEX CONCURRENTLY orders_shipped_at_idx' \
		'git postkit refuses this push' 'That was the whole way' 'everything is removed'
	hasnt $'\e[' '\x0A'
	[ -z "$(find "$T" -maxdepth 1 -name 'git-postkit-demo.*')" ]
	socket=$(socket_in "$output")
	[ -n "$socket" ]
	run ! is_up "$socket"
	# nothing of the user's was touched
	[ -z "$(git config --global --get-regexp '^postkit' || :)" ]
	[ ! -e "$HOME/.pgpass" ]
}

@test "--keep leaves it to explore, and --remove takes it away" {
	ok git postkit demo --keep --dir "$T/shown"
	has "cd $T/shown/shop" "git postkit demo --remove --dir $T/shown"
	(
		cd "$T/shown/shop"
		PATH=$T/shown/bin:$PATH PGPASSFILE=$T/shown/pgpass GIT_CONFIG_GLOBAL=$T/shown/home/.gitconfig
		export PATH PGPASSFILE GIT_CONFIG_GLOBAL
		production-start
		git postkit drift
		git postkit status
		git log -p --oneline refs/postkit/deploys/prod | grep -q loyalty_points
	)
	socket=$(socket_in "$(git -C "$T/shown/shop" config postkit.remote.prod.url)")
	is_up "$socket"
	fails 128 git postkit demo --dir "$T/shown"
	has exists '--remove'
	ok git postkit demo --remove --dir "$T/shown"
	[ ! -e "$T/shown" ]
	run ! is_up "$socket"
}

@test "--remove touches no folder that the demo did not make" {
	mkdir "$T/mine"
	echo precious >"$T/mine/file"
	fails 128 git postkit demo --remove --dir "$T/mine"
	equal "$(cat "$T/mine/file")" precious
	fails 129 git postkit demo --remove
}
