#!/usr/bin/env bats
# The locks and rewrites that a plan tells of are those that its steps take: each step is run on a database
# with rows, in a transaction of its own, and what it says is held against pg_locks and the relation's file.

# shellcheck disable=SC2154 # $stderr comes from run
load ../lib/common
load ../lib/versions

setup() {
	common_setup
	pg_start
	PLAN=$T/plan.json
	export PLAN
}

# prepare OLD NEW: two databases from stdin's two halves, which a line of -- divides.
prepare() {
	local text
	text=$(cat)
	pg_createdb old
	pg_createdb new
	sql old "${text%%$'\n'--$'\n'*}"
	sql new "${text#*$'\n'--$'\n'}"
	sql old 'VACUUM ANALYZE'
}

# Prints a line for each relation of which a step says something else than it does.
untrue() {
	git postkit diff "$(pg_url old)" "$(pg_url new)" --json "$@" >"$PLAN" 2>/dev/null
	python3 - "$PLAN" <<-'PY' >"$T/steps.sql"
		import json, sys
		print("SET check_function_bodies = off; SET search_path = ''; SET client_min_messages = error;")
		for i, step in enumerate(json.load(open(sys.argv[1]))["steps"]):
		    print("""CREATE TEMP TABLE before AS SELECT oid, oid::pg_catalog.regclass::text AS name, relfilenode
		FROM pg_catalog.pg_class WHERE relkind IN ('r', 'p', 'm', 'v') AND oid > 16383 AND relnamespace <> pg_catalog.pg_my_temp_schema()
		AND relnamespace::pg_catalog.regnamespace::text NOT IN ('pg_catalog', 'information_schema', 'pg_toast');""")
		    if step["no_transaction"] or "COMMIT;" in step["sql"]:
		        print(step["sql"] + ";")
		    else:
		        print(f"""BEGIN;\n{step['sql']};
		SELECT {i}, b.name, l.mode FROM pg_catalog.pg_locks l JOIN pg_temp.before b ON b.oid = l.relation WHERE l.pid = pg_catalog.pg_backend_pid();
		COMMIT;
		SELECT {i}, b.name, 'rewrite' FROM pg_temp.before b JOIN pg_catalog.pg_class c USING (oid) WHERE c.relfilenode <> b.relfilenode;""")
		    print("DROP TABLE pg_temp.before;")
	PY
	PGOPTIONS='' psql "$(pg_url old)" -XqAt -v ON_ERROR_STOP=1 -f "$T/steps.sql" >"$T/taken" || return 1
	python3 - "$PLAN" "$T/taken" <<-'PY'
		import json, sys
		modes = ["Access Share", "Row Share", "Row Exclusive", "Share Update Exclusive", "Share", "Share Row Exclusive", "Exclusive", "Access Exclusive"]
		strength = {m.replace(" ", "") + "Lock": i for i, m in enumerate(modes)} | {m.upper(): i for i, m in enumerate(modes)}
		steps = json.load(open(sys.argv[1]))["steps"]
		made = {s["object"] for s in steps if s["change"] in ("create", "replace") and s["kind"] in ("table", "view", "materialized_view")}
		taken, rewritten = [{} for _ in steps], [set() for _ in steps]
		for line in open(sys.argv[2]):
		    i, name, mode = line.rstrip("\n").split("|")
		    if mode == "rewrite":
		        rewritten[int(i)].add(name)
		    elif strength[mode] >= 3: # the others stop neither reads nor writes
		        taken[int(i)][name] = max(strength[mode], taken[int(i)].get(name, 0))
		checked = 0
		for i, step in enumerate(steps):
		    if step["no_transaction"] or "COMMIT;" in step["sql"]:
		        continue
		    said = {l["relation"]: strength[l["mode"]] for l in step["locks"]}
		    checked += len(said)
		    for name in sorted(set(said) | set(taken[i])):
		        if name not in made and said.get(name) != taken[i].get(name):
		            print(step["sql"], "|", name, "says", said.get(name), "takes", taken[i].get(name))
		    if bool(rewritten[i]) != step["rewrite"]:
		        print(step["sql"], "| rewrites", rewritten[i], "says", step["rewrite"])
		assert checked > 20, checked
	PY
}

# true_for WAY...: nothing is untrue, each way on databases of its own.
true_for() {
	local way
	cat >"$T/both.sql"
	for way; do
		sql postgres 'DROP DATABASE IF EXISTS old'
		sql postgres 'DROP DATABASE IF EXISTS new'
		prepare <"$T/both.sql"
		run untrue --online "$way"
		equal "$output" ''
		equal "$status" 0
	done
}

@test "tables, columns, constraints, indexes" {
	true_for auto always never <<-'SQL'
		CREATE TABLE cust (id int PRIMARY KEY, a int, b text, c varchar(10), d numeric(10,2), e int);
		CREATE TABLE ord (id int, cust_id int, x int NOT NULL, y text, z date, s text);
		CREATE INDEX ord_x ON ord (x);
		CREATE VIEW v1 AS SELECT id, a FROM cust;
		CREATE MATERIALIZED VIEW m1 AS SELECT id, a FROM cust;
		CREATE TABLE fkp (id int PRIMARY KEY, u int UNIQUE);
		CREATE TABLE fkc (id int REFERENCES fkp, u int REFERENCES fkp (u));
		CREATE TABLE ren (id int, a int, CONSTRAINT ck CHECK (a > 0));
		CREATE TABLE gen (id int);
		CREATE TABLE ri (id int PRIMARY KEY);
		CREATE DOMAIN dom AS int;
		CREATE TABLE hasdom (d dom);
		CREATE TABLE unl (id int);
		INSERT INTO cust SELECT i, i, 'x', 'y', 1, i FROM generate_series(1, 3000) i;
		INSERT INTO ord SELECT i, i % 3000 + 1, i, 'x' || i, '2020-01-01', 's' FROM generate_series(1, 3000) i;
		INSERT INTO fkp SELECT i, i FROM generate_series(1, 3000) i;
		INSERT INTO fkc SELECT i, i FROM generate_series(1, 3000) i;
		INSERT INTO gen SELECT i FROM generate_series(1, 3000) i;
		INSERT INTO hasdom SELECT i FROM generate_series(1, 3000) i;
		INSERT INTO unl SELECT i FROM generate_series(1, 3000) i;
		--
		CREATE TABLE cust (id int PRIMARY KEY, a int NOT NULL, b varchar(50), c text, d numeric(12,4), e bigint DEFAULT 4,
			t uuid DEFAULT gen_random_uuid(), CONSTRAINT ap CHECK (a > 0));
		CREATE TABLE ord (id int PRIMARY KEY, cust_id int REFERENCES cust, x int, y text UNIQUE, z timestamp, s text COLLATE "C", n text DEFAULT 'k' NOT NULL);
		ALTER TABLE ord ALTER s SET STORAGE EXTERNAL, ALTER s SET STATISTICS 50, ALTER x SET (n_distinct = 5), SET (fillfactor = 50);
		CREATE INDEX ord_y ON ord (y, x);
		CREATE VIEW v1 WITH (security_barrier) AS SELECT id, a, b FROM cust;
		CREATE MATERIALIZED VIEW m1 AS SELECT id, a FROM cust;
		CREATE INDEX m1_i ON m1 (id);
		CREATE TABLE fkp (id int, u int);
		CREATE TABLE fkc (id int, u int);
		CREATE TABLE ren (id int, a int, CONSTRAINT ck2 CHECK (a > 0));
		CREATE TABLE gen (id int, g int GENERATED ALWAYS AS (id * 2) STORED);
		CREATE TABLE ri (id int PRIMARY KEY);
		ALTER TABLE ri REPLICA IDENTITY FULL, CLUSTER ON ri_pkey;
		CREATE DOMAIN dom AS int CHECK (VALUE > 0) NOT NULL;
		CREATE TABLE hasdom (d dom);
		CREATE UNLOGGED TABLE unl (id int);
	SQL
}

# Partitions, heirs, triggers, policies, types.
related() {
	cat <<-'SQL'
		CREATE TABLE cust (id int PRIMARY KEY);
		CREATE TABLE ev (id int NOT NULL, at int NOT NULL, cust_id int, k text) PARTITION BY RANGE (at);
		CREATE TABLE ev1 PARTITION OF ev FOR VALUES FROM (0) TO (10);
		CREATE TABLE ev2 PARTITION OF ev FOR VALUES FROM (10) TO (20);
		CREATE TABLE kept (id int, at int, cust_id int REFERENCES cust) PARTITION BY LIST (at);
		CREATE TABLE kept1 PARTITION OF kept FOR VALUES IN (1);
		CREATE TABLE kept2 (id int, at int, cust_id int);
		CREATE TABLE kept3 (id int, at int, cust_id int CONSTRAINT kept_cust_id_fkey REFERENCES cust);
		CREATE TABLE loose (id int REFERENCES cust, at int) PARTITION BY LIST (at);
		CREATE TABLE loose1 PARTITION OF loose FOR VALUES IN (1);
		CREATE TABLE loose2 PARTITION OF loose FOR VALUES IN (2);
		CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
		CREATE TRIGGER old_one AFTER INSERT ON kept FOR EACH ROW EXECUTE FUNCTION f();
		CREATE TRIGGER t1 BEFORE INSERT ON ev FOR EACH STATEMENT EXECUTE FUNCTION f();
		CREATE TABLE par (id int);
		CREATE TABLE kid () INHERITS (par);
		CREATE TABLE pol (id int);
		CREATE POLICY p ON pol USING (id = 1);
		CREATE TYPE rowt AS (a int, b text);
		CREATE TABLE typed OF rowt;
		CREATE TABLE hasrow (r rowt);
		INSERT INTO cust SELECT i FROM generate_series(1, 3000) i;
		INSERT INTO ev SELECT i, i % 20, i FROM generate_series(1, 3000) i;
		INSERT INTO kept SELECT i, 1, i FROM generate_series(1, 3000) i;
		INSERT INTO kept3 SELECT i, 3, i FROM generate_series(1, 3000) i;
		INSERT INTO kid SELECT i FROM generate_series(1, 3000) i;
		--
		CREATE TABLE cust (id int PRIMARY KEY);
		CREATE TABLE ev (id int NOT NULL, at int NOT NULL, cust_id int REFERENCES cust, k text, CHECK (id > -1), PRIMARY KEY (id, at)) PARTITION BY RANGE (at);
		CREATE TABLE ev1 PARTITION OF ev FOR VALUES FROM (0) TO (10);
		CREATE TABLE ev2 PARTITION OF ev FOR VALUES FROM (10) TO (20);
		CREATE INDEX ev_k ON ev (k);
		CREATE TABLE kept (id int, at int, cust_id int REFERENCES cust) PARTITION BY LIST (at);
		CREATE TABLE kept1 (id int, at int, cust_id int REFERENCES cust);
		CREATE TABLE kept2 PARTITION OF kept FOR VALUES IN (2);
		CREATE TABLE kept3 PARTITION OF kept FOR VALUES IN (3);
		CREATE TABLE loose (id int, at int) PARTITION BY LIST (at);
		CREATE TABLE loose1 PARTITION OF loose FOR VALUES IN (1);
		CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
		CREATE TRIGGER new_one AFTER UPDATE ON ev FOR EACH ROW EXECUTE FUNCTION f();
		CREATE TABLE par (id int, CHECK (id > 0));
		CREATE TABLE kid () INHERITS (par);
		CREATE TABLE pol (id int);
		ALTER TABLE pol ENABLE ROW LEVEL SECURITY;
		CREATE POLICY p ON pol USING (id = 2);
		CREATE TYPE rowt AS (a int, b text, c int);
		CREATE TABLE typed OF rowt;
		CREATE TABLE hasrow (r rowt);
	SQL
}

@test "partitions, heirs, triggers, policies, types" { related | true_for auto always never; }

@test "those also on 18, where NOT NULL is a constraint" {
	versions_use 18 || skip "${why-}"
	pg_start v18
	related | true_for auto
}
