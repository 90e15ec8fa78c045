#!/usr/bin/env bats
# Masks: personal values do not leave the source, and what stands for them holds together.

load ../lib/common
load ../lib/versions

export WORK_AS=reader

setup_file() {
	common_setup
	pg_start
	sql postgres "CREATE ROLE reader LOGIN"
}
setup() { cd "$T" || return 1; }

# A database of people; every personal value holds the word canary.
people() {
	sql postgres "CREATE DATABASE $1"
	sql "$1" <<-'SQL'
		CREATE DOMAIN mail AS varchar(60) CHECK (VALUE ~ '^[^@]+@[^@]+$');
		CREATE TABLE users (
			id int PRIMARY KEY,
			email mail NOT NULL UNIQUE,
			"fullName" varchar(12) NOT NULL,
			phone text,
			profile jsonb NOT NULL DEFAULT '{}',
			"Odd Name" text,
			v text, h text,
			shout text GENERATED ALWAYS AS (upper("Odd Name")) STORED
		);
		CREATE TABLE letters (id int PRIMARY KEY, sender varchar(80) REFERENCES users (email), body text);
		CREATE TABLE logins (at date, email text) PARTITION BY RANGE (at);
		CREATE TABLE logins_2020 PARTITION OF logins FOR VALUES FROM ('2020-01-01') TO ('2021-01-01');
		INSERT INTO users SELECT i, 'canary' || i || '@secret.org', 'Canary ' || i, '+49 30 canary' || i,
			jsonb_build_object('contact', jsonb_build_object('email', 'canary@secret.org',
				'phones', jsonb_build_array('+49 170 1canary', NULL)), 'n', i),
			'canary odd', 'v canary', 'h canary' FROM generate_series(1, 300) i;
		UPDATE users SET phone = NULL WHERE id = 7;
		INSERT INTO letters SELECT i, 'canary' || i || '@secret.org', 'dear canary@secret.org, ' || i FROM generate_series(1, 300) i;
		INSERT INTO logins SELECT '2020-02-02', 'canary' || i || '@secret.org' FROM generate_series(1, 300) i;
		GRANT SELECT ON ALL TABLES IN SCHEMA public TO reader;
	SQL
}

@test "what looks personal is suggested, with the reason, as settings that can be pasted" {
	people suggest
	work_on suggest
	ok git postkit mask --suggest
	has '[mask "public.users"]' '# named as an e-mail address' 'email = fake.email(email)' \
		'fullname = "fake.name(\"fullName\")"' 'phone = fake.phone(phone)' \
		"profile = fake.json(profile, 'contact.email', 'email', 'contact.phones[*]', 'phone')" \
		'# 300 of 300 values are texts with e-mail addresses in them' 'body = fake.text(body)' \
		'[mask "public.logins"]' 'user' 
	hasnt canary secret.org logins_2020 shout
	git postkit mask --suggest >>.postkit
	ok git postkit mask
	has 'public.users.email  fake.email(email)' 'public.logins_2020.email' 'public.letters.sender  fake.email(sender)'
	ok git postkit mask --suggest
	has 'no unmasked column looks personal'
	hasnt '[mask'
}

@test "what looks personal is found in arrays, keys, heirs, numbers and what cannot be read, and can be pasted" {
	sql postgres 'CREATE DATABASE wide'
	sql wide <<-'SQL'
		CREATE TYPE pair AS (a text, b text);
		CREATE TABLE things (id int PRIMARY KEY, label text);
		CREATE TABLE staff (home_address text, "Encrypted_Password" text) INHERITS (things);
		CREATE TABLE odd (id int PRIMARY KEY, list text[] NOT NULL, emails varchar(90)[], pair pair, words tsvector NOT NULL, raw json,
			by_mail jsonb, by_id jsonb NOT NULL, deep jsonb, customer jsonb, mobile bigint, ssn int, phone_count int, login name, plain text[]);
		INSERT INTO things VALUES (1, 'x');
		INSERT INTO staff VALUES (2, 'x', 'here', 'hash');
		INSERT INTO odd SELECT i, ARRAY['x', 'canary@secret.org'], '{}', ROW('canary@secret.org', 'x')::pair, to_tsvector('simple', 'see canary@secret.org'),
			'{"a": "\u0000 canary@secret.org"}', '{"canary@secret.org": 1}', jsonb_build_object('k ' || i, jsonb_build_object('e', 'canary@secret.org')),
			'{"a":{"b":{"c":{"d":{"e":{"f":{"g":{"e-mail":"canary@secret.org"}}}}}}}}', '{"name": "Canary"}', 4917012345, 123456789, 1, 'canary', '{canary}'
			FROM generate_series(1, 100) i;
		GRANT SELECT ON ALL TABLES IN SCHEMA public TO reader;
	SQL
	work_on wide
	ok git postkit mask --suggest
	has '[mask "public.staff"]' 'home-address = fake.street(home_address)' 'encrypted-password = "fake.hash(\"Encrypted_Password\")"' \
		"list = CASE WHEN list IS NOT NULL THEN '{}' END" "emails = CASE WHEN emails IS NOT NULL THEN '{}' END" 'pair = NULL' "words = ''" \
		'# values in it cannot be read' "raw = CASE WHEN raw IS NOT NULL THEN '{}' END" "by-mail = CASE WHEN" "by-id = CASE WHEN" \
		"deep = fake.json(deep, 'a.b.c.d.e.f.g.e-mail', 'email')" "customer = fake.json(customer, 'name', 'name')" \
		'mobile = fake.number(mobile, 100000000000, 999999999999)' 'ssn = fake.number(ssn, 100000000, 999999999)' 'login = fake.username(login)'
	hasnt canary secret.org phone-count "plain =" "label ="
	printf '[mask]\n\trequired = true\n' >>.postkit
	fails 128 git postkit start
	has 'public.odd.raw: values in it cannot be read' 'public.staff.home_address: named as an address'
	git postkit mask --suggest >>.postkit
	ok git postkit start
	has '14 columns masked'
	git postkit psql -- -X -q -At -c 'SELECT * FROM odd' -c 'SELECT * FROM staff' >"$T/wide"
	equal "$(grep -c -e secret.org -e Canary -e 123456789 -e here "$T/wide")" 0
	equal "$(grep -c '{canary}' "$T/wide")" 100
	equal "$(git postkit psql -- -X -q -At -c 'SELECT min(mobile) >= 100000000000 AND min(ssn) >= 100000000 FROM odd')" t
}

@test "a table that the role may not read is named, and the others are looked into" {
	people hidden
	sql hidden 'REVOKE SELECT ON letters FROM reader'
	work_on hidden
	ok git postkit mask --suggest
	has 'warning: public.letters could not be looked into' 'email = fake.email(email)'
}

@test "the key of the fakes is made once, in .git/config, and cannot come with a branch" {
	people keyed
	work_on keyed
	printf '[mask "public.users"]\n\temail = fake.email(email)\n[postkit]\n\tmaskKey = 00\n' >>.postkit
	ok git postkit mask
	local key
	key=$(git config --local postkit.maskKey)
	[ ${#key} -eq 64 ]
	ok git postkit mask
	equal "$(git config --local postkit.maskKey)" "$key"
	git config postkit.maskKey short
	fails 128 git postkit mask
	has 'postkit.maskKey is not 64 hexadecimal digits'
}

@test "an expression that is not on the list never reaches the source" {
	people closed
	sql closed "CREATE FUNCTION spy(text) RETURNS text LANGUAGE sql AS 'SELECT \$1'"
	work_on closed
	local expr
	for expr in '(SELECT usename FROM pg_user LIMIT 1)' 'pg_sleep(1)' 'spy(email)' 'public.spy(email)' 'email::regrole' \
		'"pg_read_file(email)"' 'email) FROM public.users; SELECT (1'; do
		printf '[mask "public.users"]\n\temail = %s\n' "${expr/;/'";"'}" >.postkit
		: >"$T/prod/log"
		fails 128 git postkit mask
		has "mask of column 'email' of 'public.users'"
		run grep -E 'pg_user|pg_sleep|spy|regrole|pg_read_file' "$T/prod/log"
		[ "$status" -ne 0 ] || tell "$expr reached the source"
	done
	printf '[mask "public.users"]\n\temail = public.spy(email)\n[postkit]\n\tmaskFunction = public.spy\n' >.postkit
	fails 128 git postkit mask
	git config postkit.maskFunction public.spy
	ok git postkit mask
	has 'public.users.email  public.spy(email)'
}

@test "a mask that its column cannot hold is one error" {
	people held
	work_on held
	local setting
	while IFS='|' read -r setting says; do
		printf '[mask "public.users"]\n\t%s\n' "$setting" >.postkit
		fails 128 git postkit mask
		has "mask of column" "$says"
	done <<-'CASES'
		email = NULL|the column cannot be NULL
		shout = 'x'|the column is computed from others
		fullname = "fake.email(\"fullName\")"|fake.email() needs 23 characters, the column holds 12
		email = fake.nothing(email)|there is no fake.nothing()
		id = fake.number(id, 0, id)|whole ones of no more than 10^12
		id = fake.number(id, 0, 10000000000000)|whole ones of no more than 10^12
		profile = fake.uuid(email)|cannot cast
		email = fake.ip(email)|the column is unique
		email = fake.email(nothing)|there is no column 'nothing'
	CASES
}

@test "keys that refer are masked alike, and one side alone is refused" {
	people refers
	work_on refers
	printf '[mask "public.users"]\n\temail = fake.email(email)\n' >.postkit
	ok git postkit mask
	has 'public.letters.sender  fake.email(email)'
	printf '[mask "public.letters"]\n\tsender = fake.email(sender)\n' >.postkit
	fails 128 git postkit mask
	has "column 'sender' of 'public.letters' refers to 'email' of 'public.users': mask both, or none"
	printf '[mask "public.letters"]\n\tsender = NULL\n[mask "public.nobody"]\n\tx = NULL\n' >.postkit
	ok git postkit mask
	has 'warning: mask public.nobody: x matches no column there'
	# What the server takes for the same has the same fake, or the key would not hold.
	sql refers <<-'SQL'
		CREATE COLLATION odd (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
		CREATE TABLE heads (mail text COLLATE odd PRIMARY KEY);
		CREATE TABLE tails (id int PRIMARY KEY, mail text COLLATE odd REFERENCES heads);
		INSERT INTO heads SELECT 'canary' || i || '@secret.org' FROM generate_series(1, 20) i;
		INSERT INTO tails SELECT i, upper('canary' || i || '@secret.org') FROM generate_series(1, 20) i;
		GRANT SELECT ON heads, tails TO reader;
	SQL
	printf '[mask "public.heads"]\n\tmail = fake.email(mail)\n' >.postkit
	sql postgres 'CREATE DATABASE refers_here'
	ok git postkit copy --no-owner prod "$(pg_url refers_here)"
	equal "$(sql refers_here 'SELECT count(*) FROM heads JOIN tails USING (mail)')" 20
}

# Masks for all of people().
mask_people() {
	git postkit mask --suggest >>.postkit
	cat >>.postkit <<-'CONFIG'
		[mask]
			required = true
		[mask "public.users.Odd Name"]
			with = 'odd'
		[mask "public.users"]
			v = NULL
			h = fake.hash(h)
	CONFIG
}

# clone SQL: in the session's clone.
clone() { git postkit psql -- -X -q -At -c "$1"; }

@test "a masked clone holds nothing of the originals: not in files, WAL, logs or dumps" {
	people canary
	work_on canary
	mask_people
	ok git postkit start
	has '10 columns masked'
	hasnt canary1 secret.org
	equal "$(clone 'SELECT count(*) FROM users')" 300
	clone 'CHECKPOINT' 2>/dev/null || :
	# -s: of a server at work files go while they are looked for
	run grep -srlaF -e canary1 -e 'Canary 1' -e 'canary odd' -e 'CANARY ODD' -e @secret.org .git "$T/state" "$T/cache" "$T/home"
	[ "$status" -ne 0 ] && [ -z "$output" ] || tell "$(echo "found:"; echo "$output")"
	[ -n "$(find .git "$T/state" -path '*/data/PG_VERSION')" ]
	git postkit psql -- -X -c 'COPY users TO STDOUT' -c 'COPY letters TO STDOUT' -c 'COPY logins_2020 TO STDOUT' >"$T/out"
	run grep -ic -e secret.org -e 'canary' "$T/out"
	equal "$output" 0
}

@test "fakes keep joins, keys, NULLs, lengths and shapes" {
	people shapes
	work_on shapes
	mask_people
	ok git postkit start
	equal "$(clone 'SELECT count(*) FROM users u JOIN letters l ON l.sender = u.email JOIN logins g ON g.email = u.email')" 300
	equal "$(clone 'SELECT count(DISTINCT email) FROM users')" 300
	equal "$(clone 'SELECT bool_and(convalidated) FROM pg_constraint')" t
	equal "$(clone 'SELECT id FROM users WHERE phone IS NULL')" 7
	equal "$(clone "SELECT count(*) FROM users WHERE profile #> '{contact,phones,1}' = 'null' AND (profile -> 'n')::int = id")" 300
	equal "$(clone 'SELECT DISTINCT shout FROM users')" ODD
	equal "$(clone "SELECT count(*) FROM letters WHERE length(body) = length('dear canary@secret.org, ' || id)")" 300
	# The same key gives the same fakes, in another clone as well.
	local one
	one=$(clone 'SELECT email FROM users WHERE id = 5')
	git postkit abort --yes >/dev/null 2>&1
	ok git postkit start --fresh
	equal "$(clone 'SELECT email FROM users WHERE id = 5')" "$one"
}

@test "a clone is refused while a column that looks personal has no mask" {
	people required
	work_on required
	printf '[mask]\n\trequired = true\n[mask "public.users"]\n\temail = fake.email(email)\n' >>.postkit
	fails 128 git postkit start
	has 'no mask, which mask.required asks for' 'public.users.phone: named as a phone number' 'git postkit mask --suggest'
	hasnt 'public.users.email:'
	printf '[postkit]\n\texcludeData = public.*\n' >>.postkit
	ok git postkit start
	has 'no rows of public.users'
}

@test "nor is a template used that was made before masks were required" {
	people before
	work_on before
	ok git postkit start
	git postkit abort --yes
	printf '[mask]\n\trequired = true\n' >>.postkit
	fails 128 git postkit start
	has 'public.users.email'
}

@test "copy masks by the settings of the repository, and says so; --as-is copies what is there" {
	people copied
	work_on copied
	mask_people
	sql postgres 'CREATE DATABASE into_masked'
	sql postgres 'CREATE DATABASE into_whole'
	ok git postkit copy prod "$(pg_url into_masked)"
	has '10 columns masked'
	equal "$(sql into_masked 'SELECT count(*) FROM users u JOIN letters l ON l.sender = u.email')" 300
	equal "$(sql into_masked 'SELECT u::text || l FROM users u, letters l' | grep -ic -e canary -e secret.org)" 0
	ok git postkit copy --as-is prod "$(pg_url into_whole)"
	hasnt masked
	equal "$(sql into_whole "SELECT count(*) FROM users WHERE email ~ 'canary'")" 300
	sql postgres 'CREATE DATABASE into_none'
	printf '[mask]\n\trequired = true\n' >.postkit
	fails 128 git postkit copy prod "$(pg_url into_none)"
	has 'no mask, which mask.required asks for'
	equal "$(sql into_none "SELECT count(*) FROM pg_class WHERE relname = 'users'")" 0
	printf '[mask "public.users"]\n\tv = v::int::text\n' >.postkit
	fails 128 git postkit copy prod "$(pg_url into_none)"
	has 'a mask may be the cause'
	hasnt 'v canary'
}

@test "a template made by other masks is not used" {
	people other
	work_on other
	ok git postkit start
	equal "$(clone "SELECT count(*) FROM users WHERE email ~ 'secret'")" 300
	git postkit abort --yes >/dev/null 2>&1
	printf '[mask "public.users"]\n\temail = fake.email(email)\n' >>.postkit
	ok git postkit start
	has 'copied from'
	equal "$(clone "SELECT count(*) FROM users WHERE email ~ 'secret'")" 0
	equal "$(clone "SELECT count(*) FROM users JOIN letters ON sender = email")" 300
}

@test "a mask that gives what the clone cannot hold is one error without the value" {
	people long
	work_on long
	local setting says
	while IFS='^' read -r setting says; do
		printf '[mask "public.users"]\n\t%s\n' "$setting" >.postkit
		fails 128 git postkit start
		has "$says" 'a mask may be the cause'
		hasnt 'canary1' 'secret.org'
	done <<-'CASES'
		fullname = "'long ' || \"fullName\" || ' long'"^value too long for type character varying(12)
		email = replace(email, '@', ' ')^violates check constraint
		v = v::int::text^a value cannot be made into what its column takes (SQLSTATE 22P02)
	CASES
}

# One column a fake, and settings for them.
each_fake() {
	local fake type
	echo 'CREATE TABLE people (id int PRIMARY KEY' >"$T/fakes.sql"
	printf '[mask "public.people"]\n' >"$T/fakes.postkit"
	for fake in city company date email first_name hash ip last_name name pattern phone street text username uuid; do
		type=text
		case $fake in date | uuid) type=$fake ;; ip) type=inet ;; esac
		echo ", a_$fake $type" >>"$T/fakes.sql"
		echo "	a-${fake/_/-} = fake.$fake(a_$fake)" >>"$T/fakes.postkit"
	done
	cat >>"$T/fakes.sql" <<-'SQL'
		, n int, data jsonb);
		INSERT INTO people SELECT i, 'Kéln ' || i, 'c' || i, date '2000-01-01' + i, 'e' || i, 'f' || i, 'h' || i,
			inet '10.0.0.0' + i, 'l' || i, 'n' || i, 'P-' || i || ' é', '+49 ' || i, 's' || i,
			repeat('längst ', i), 'u' || i, md5(i::text)::uuid, i,
			jsonb_build_object('a', jsonb_build_array(jsonb_build_object('m', i), 7, NULL)) FROM generate_series(1, 50) i;
		INSERT INTO people VALUES (51);
	SQL
	cat >>"$T/fakes.postkit" <<-'CONFIG'
			n = "fake.number(n, -5, 5)"
			data = "fake.json(data, 'a[*].m', 'email')"
	CONFIG
}

@test "each fake is the same on every major version" {
	local major first='' why='' target
	each_fake
	new_repo versions
	git postkit init --no-hooks
	cp "$T/fakes.postkit" .postkit
	versions_use 18 || skip "$why"
	git config --global postkit.pgBin "$(pg_tools)"
	pg_start v18
	local target_socket=$PROD_SOCKET target_port=$PROD_PORT
	for major in $(versions_all); do
		versions_use "$major" || skip "$why"
		[ "$major" = 18 ] || pg_start "v$major"
		[ "$major" != 18 ] || PROD_SOCKET=$target_socket PROD_PORT=$target_port
		pg_createdb fakes "$T/fakes.sql"
		PROD_SOCKET=$target_socket PROD_PORT=$target_port pg_createdb "of_$major"
		target="postgresql://postgres@/of_$major?host=$target_socket&port=$target_port"
		ok git postkit copy "$(pg_url fakes)" "$target"
		has '17 columns masked'
		"$(pg_tools)/psql" -XAtc 'SELECT * FROM people ORDER BY id' "$target" >"$T/of_$major"
		equal "$(grep -c -e Kéln -e längst -e '|e[0-9]*|' "$T/of_$major")" 0
		equal "$(tail -n 1 "$T/of_$major")" '51|||||||||||||||||'
		first=${first:-$T/of_$major}
		diff "$first" "$T/of_$major"
		[ "$major" = 18 ] || pg_stop "v$major"
	done
	equal "$(wc -l <"$first")" 51
	git config --global --unset postkit.pgBin
}
