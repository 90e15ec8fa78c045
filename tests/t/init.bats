#!/usr/bin/env bats
# git postkit init: makes what is missing, overwrites nothing, takes over a project of PostKit.

load ../lib/common

@test "init makes settings, folders and hooks, and says each" {
	new_repo
	ok git postkit init
	has 'created  .postkit' 'created  db/schema: infra extensions schemas types' 'created  db/migrations' \
		'hook     pre-push: installed'
	[ -f .postkit ] && [ -f db/schema/tables/.gitkeep ] && [ -f db/migrations/.gitkeep ]
	[ -x .git/hooks/pre-push ]
}

@test "init a second time changes nothing" {
	new_repo
	ok git postkit init
	commit_all 'set up'
	ok git postkit init
	has 'everything was in place'
	hasnt created
	[ -z "$(git status --porcelain)" ]
}

@test "init overwrites nothing" {
	new_repo
	mkdir -p db/schema/tables .git/hooks
	printf '[postkit]\n\tpgMajor = 15\n' >.postkit
	echo 'CREATE TABLE t ();' >db/schema/tables/t.sql
	printf '#!/bin/sh\necho mine\n' >.git/hooks/pre-push
	chmod +x .git/hooks/pre-push
	ok git postkit init
	equal "$(cat .postkit)" "$(printf '[postkit]\n\tpgMajor = 15')"
	equal "$(cat db/schema/tables/t.sql)" 'CREATE TABLE t ();'
	[ ! -e db/schema/tables/.gitkeep ]
	grep -q mine .git/hooks/pre-push.postkit-chained
}

@test "init --no-hooks leaves the hooks alone" {
	new_repo
	ok git postkit init --no-hooks
	[ ! -e .git/hooks/pre-push ]
}

@test "init --ci adds jobs for the folders of this project, and keeps what is there" {
	new_repo
	ok git postkit init --no-hooks --ci github
	has 'created  .github/workflows/postkit.yml'
	grep -qF 'paths: ["db/**", ".postkit"]' .github/workflows/postkit.yml
	echo mine >.github/workflows/postkit.yml
	ok git postkit init --no-hooks --ci github
	equal "$(cat .github/workflows/postkit.yml)" mine
	git config -f .postkit postkit.schemaPath schema
	git config -f .postkit postkit.migrationsPath migrations
	ok git postkit init --no-hooks --ci gitlab
	grep -qF 'changes: ["**/*", ".postkit"]' .gitlab/postkit.yml
	fails 129 git postkit init --ci jenkins
}

@test "the jobs of init --ci are YAML, and their check says what is wrong in the forge's form" {
	python3 -c 'import yaml' 2>/dev/null || skip 'there is no YAML parser for python3'
	local job=$ROOT/tests/lib/cijob name step
	new_repo
	git postkit init --no-hooks --ci github
	git postkit init --no-hooks --ci gitlab
	commit_all init
	git push -q
	for name in check after-merge; do
		for step in 'install git and make' 'install git postkit'; do
			"$job" .github/workflows/postkit.yml "$name" "$step" | sh -n
		done
	done
	"$job" .github/workflows/postkit.yml after-merge 'dry run or deploy' | sh -n
	"$job" .gitlab/postkit.yml postkit-after-merge | sh -n
	mkdir -p db/migrations
	printf -- '-- migrate:up\nDROP TABLE users;\n-- migrate:down\n' >db/migrations/20260101000000_drop.sql
	commit_all drop
	"$job" .github/workflows/postkit.yml check check >check.sh
	BASE=main fails 1 sh -e check.sh
	has '::error file=db/migrations/20260101000000_drop.sql,line=2,endLine=2,col=1,endColumn=17,title=drop-table::' \
		'title=irreversible::' 'title=not-checked::'
	"$job" .gitlab/postkit.yml postkit-check >check.sh
	CI_MERGE_REQUEST_DIFF_BASE_SHA=$(git rev-parse HEAD~1) fails 1 sh -e check.sh
	has 'db/migrations/20260101000000_drop.sql:2:1: error:'
	python3 -c 'import json, sys
for x in json.load(sys.stdin):
	assert x["location"]["lines"]["begin"] and len(x["fingerprint"]) == 16 and "(null)" not in x["description"]
	print(x["check_name"], x["severity"], x["location"]["path"])' <gl-code-quality-report.json >list || cat gl-code-quality-report.json
	grep -qx 'drop-table critical db/migrations/20260101000000_drop.sql' list
	grep -qx 'irreversible critical db/migrations/20260101000000_drop.sql' list
	grep -qx 'not-checked minor db/migrations' list
	run git postkit check --format sarif main..HEAD
	hasnt '(null)'
	fails 129 git postkit check --format xml
}

@test "the settings file that init makes is one that is understood" {
	new_repo
	ok git postkit init --no-hooks
	git config -f .postkit --list
	sed -i 's/# schemaPath = .*/schemaPath = sql/' .postkit
	ok git postkit init --no-hooks
	has 'created  sql: '
}

@test "init in a folder that is a file says so" {
	new_repo
	mkdir -p db/schema
	echo x >db/schema/tables
	fails 128 git postkit init --no-hooks
	has "'db/schema/tables' is a file"
}

@test "init outside a repository and in a bare one is refused" {
	fails 128 git postkit init
	has 'git init'
	git init -q --bare bare.git
	cd bare.git
	fails 128 git postkit init
	has 'bare'
}

@test "PostKit's files are taken over: schema folder, remotes, the default; secrets win; passwords are not stored" {
	new_repo
	cat >postkit.config.json <<-'JSON'
		{"db": {"schemaPath": "./schema", "remotes": {
		  "prod": {"url": "postgres://u:old@h.invalid/db"},
		  "dev": {"url": "postgres://u@h.invalid:5433/dev"}}}}
	JSON
	cat >postkit.secrets.json <<-'JSON'
		{"db": {"localDbUrl": "", "remotes": {
		  "prod": {"url": "postgres://u:s3cret@h.invalid/db", "default": true},
		  "bad name": {"url": "postgres://a:b@c/d"}}}}
	JSON
	ok git postkit init --no-hooks
	has 'added    remote prod postgresql://u@h.invalid/db, from postkit.secrets.json' \
		'added    remote dev' "skipped  remote 'bad name'" 'postkit.schemaPath = schema' \
		'put it into ~/.pgpass: h.invalid:5432:db:u:PASSWORD' 'created  schema: infra'
	hasnt s3cret old@
	equal "$(git config postkit.remote.prod.url)" postgresql://u@h.invalid/db
	equal "$(git config postkit.defaultRemote)" prod
	equal "$(git config -f .postkit postkit.schemaPath)" schema
	run ! grep -rq s3cret .git .postkit
	ok git postkit init --no-hooks
	hasnt 'added    remote'
}

@test "the older layouts of PostKit's settings are understood" {
	new_repo
	echo '{"db": {"remoteDbUrl": "postgresql://u@h.invalid/one", "environments": {"staging": "postgresql://u@h.invalid/two"}}}' \
		>postkit.config.json
	ok git postkit init --no-hooks
	equal "$(git config postkit.remote.default.url)" postgresql://u@h.invalid/one
	equal "$(git config postkit.remote.staging.url)" postgresql://u@h.invalid/two
}

@test "a password of PostKit's settings goes to git's credential helper" {
	new_repo
	git config credential.helper "store --file=$T/credentials"
	echo '{"db": {"remotes": {"prod": {"url": "postgresql://u:s3cret@h.invalid/db"}}}}' >postkit.secrets.json
	ok git postkit init --no-hooks
	has "credential helper"
	grep -q s3cret "$T/credentials"
	run ! grep -rq s3cret .git .postkit
}

@test "PostKit's committed migrations are copied, its folder is kept" {
	new_repo
	mkdir -p .postkit/db/migrations
	printf -- '-- migrate:up\nSELECT 1;\n-- migrate:down\n' >.postkit/db/migrations/20240101000000_one.sql
	ok git postkit init --no-hooks
	has 'copied   db/migrations/20240101000000_one.sql'
	cmp .postkit/db/migrations/20240101000000_one.sql db/migrations/20240101000000_one.sql
}

@test "malformed settings of PostKit are an error that names the file" {
	new_repo
	echo '{' >postkit.config.json
	fails 128 git postkit init --no-hooks
	has postkit.config.json
}
