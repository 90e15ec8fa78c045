#include "unit.h"

#include "base/strv.h"
#include "lint/lint.h"

/* A small catalog: a big table with what matters, and a small one. */
static const char *const catalog_texts[][2] = {
	{ "public/table/big.sql",
	  "CREATE TABLE public.big (dom public.positive, num integer, rate double precision, at timestamp(3) without time zone, \n    id bigint NOT NULL,\n    v character varying(20),\n    n "
	  "numeric(10,2),\n"
	  "    known text,\n    must text NOT NULL DEFAULT 'x',\n    tags character varying(20)[],\n"
	  "    CONSTRAINT known_check CHECK (((known IS NOT NULL) AND (known <> ''::text))),\n"
	  "    CONSTRAINT big_pkey PRIMARY KEY (id)\n);\n" },
	{ "public/table/parts.sql", "CREATE TABLE public.parts (\n    id integer\n)\nPARTITION BY RANGE (id);\n" },
	{ "public/table/small.sql", "CREATE TABLE public.small (\n    id integer\n);\n" },
	{ "public/index/big_v.sql", "CREATE INDEX big_v ON public.big USING btree (v);\n" },
	{ "public/table/We%22ird.sql",
	  "CREATE TABLE public.\"We\"\"ird\" (a text, b text, c character varying(10), d integer, e text COLLATE \"C\", f text, k text,\n"
	  "    CONSTRAINT keys UNIQUE (k)\n);\n" },
	{ "public/index/lower_a.sql", "CREATE INDEX lower_a ON public.\"We\"\"ird\" USING btree (lower(a)) INCLUDE (f);\n" },
	{ "public/index/few.sql", "CREATE INDEX few ON public.\"We\"\"ird\" USING btree (d, e) WHERE (c IS NOT NULL);\n" },
	{ "public/table/parts_0.sql",
	  "CREATE TABLE public.parts_0 (id integer);\nALTER TABLE ONLY public.parts ATTACH PARTITION public.parts_0 DEFAULT;\n" },
	{ "public/table/parts_1.sql",
	  "CREATE TABLE public.parts_1 (id integer, CONSTRAINT c CHECK ((id > 0)));\n"
	  "ALTER TABLE ONLY public.parts ATTACH PARTITION public.parts_1 FOR VALUES FROM (1) TO (2);\n" },
	{ "public/index/parts_id.sql", "CREATE INDEX parts_id ON ONLY public.parts USING btree (id);\n" },
	{ "public/constraint/big.later.sql",
	  "ALTER TABLE public.big ADD CONSTRAINT later CHECK ((v IS NOT NULL)) NOT VALID;\n" },
	{ "public/enum/state.sql", "CREATE TYPE public.state AS ENUM ('new', 'it''s', 'gone');\n" },
	{ "public/domain/positive.sql",
	  "CREATE DOMAIN public.positive AS integer CHECK (VALUE > 0);\n" },
	{ "public/domain/dice.sql", "CREATE DOMAIN public.dice AS double precision DEFAULT random();\n" },
	{ "public/policy/small.own%20rows.sql", "CREATE POLICY \"own rows\" ON public.small USING (true);\n" },
	{ "public/function/calc%28integer%29.sql", "CREATE FUNCTION public.calc(integer) RETURNS int LANGUAGE sql AS $$ SELECT 1 $$;\n" },
	{ "public/function/quiet.sql", "CREATE FUNCTION public.quiet() RETURNS int LANGUAGE sql "
				       "IMMUTABLE AS $$ SELECT 1 $$;\n" },
};

static const char *catalog_text(void *arg, const char *path)
{
	(void)arg;
	for (size_t i = 0; i < PK_COUNT(catalog_texts); i++)
		if (strcmp(catalog_texts[i][0], path) == 0)
			return catalog_texts[i][1];
	return NULL;
}

static int64_t catalog_rows(void *arg, const char *schema, const char *table)
{
	(void)arg;
	return strcmp(schema, "public") != 0 ? -1
	       : strcmp(table, "big") == 0   ? 12400000
	       : strcmp(table, "small") == 0 ? 9
					     : -1;
}

static void catalog_list(void *arg, const char *beginning, struct pk_strv *ret)
{
	(void)arg;
	for (size_t i = 0; i < PK_COUNT(catalog_texts); i++)
		if (pk_starts_with(catalog_texts[i][0], beginning))
			pk_strv_push(ret, catalog_texts[i][0]);
}

static const struct pk_lint_catalog catalog = { .text = catalog_text, .rows = catalog_rows, .list = catalog_list };

/* Rules found, in order, joined by spaces; "!" before those that are allowed, "w:" before warnings. */
static char *rules_of(const char *sql, const struct pk_lint_options *options)
{
	PK_AUTO(pk_findings) findings = PK_FINDINGS_INIT;
	PK_AUTO(pk_strv) rules = PK_STRV_INIT;
	struct pk_err err = PK_ERR_INIT;

	if (pk_lint_sql(sql, "m.sql", options, &findings, &err) < 0)
		return pk_printf("error %s", err.msg);
	for (size_t i = 0; i < findings.n; i++)
		pk_strv_pushf(&rules, "%s%s%s", findings.items[i].allowed ? "!" : "",
			      findings.items[i].level == PK_LEVEL_WARNING ? "w:" : "",
			      findings.items[i].rule);
	char *joined = pk_strv_join(&rules, " ");
	return joined ? joined : pk_strdup("");
}

static void expect(const char *sql, const struct pk_lint_options *options, const char *rules)
{
	PK_FREE char *found = rules_of(sql, options);
	if (strcmp(found, rules) != 0) {
		fprintf(stderr, "%s\n  wanted: %s\n  found:  %s\n", sql, rules, found);
		fail();
	}
}

static void expect_fact(const char *sql, const struct pk_lint_options *options, const char *fact)
{
	PK_AUTO(pk_findings) findings = PK_FINDINGS_INIT;

	assert_int_equal(pk_lint_sql(sql, "m.sql", options, &findings, NULL), 0);
	assert_int_equal(findings.n, 1);
	assert_string_equal(findings.items[0].fact, fact);
}

static void expect_fix(const char *sql, const struct pk_lint_options *options, const char *part, bool there)
{
	PK_AUTO(pk_findings) findings = PK_FINDINGS_INIT;

	assert_int_equal(pk_lint_sql(sql, "m.sql", options, &findings, NULL), 0);
	assert_int_equal(findings.n, 1);
	assert_int_equal(findings.items[0].fix && strstr(findings.items[0].fix, part), there);
}

/* Of ours, so that lock_timeout is not missed each time. */
static const struct pk_lint_options plain = { .large_rows = PK_LARGE_ROWS, .ours = true };
static const struct pk_lint_options in_tx = { .large_rows = PK_LARGE_ROWS, .ours = true, .transaction = true };
static const struct pk_lint_options known = { .large_rows = PK_LARGE_ROWS, .ours = true, .transaction = true, .catalog = &catalog };
static const struct pk_lint_options known_plain = { .large_rows = PK_LARGE_ROWS, .ours = true, .catalog = &catalog };
static const struct pk_lint_options theirs = { .large_rows = PK_LARGE_ROWS };
static const struct pk_lint_options theirs_in_tx = { .large_rows = PK_LARGE_ROWS, .transaction = true };

static void unsafe_statements_have_their_rule(void **state)
{
	(void)state;
	static const char *const cases[][2] = {
		{ "CREATE INDEX ON orders (a)", "index-blocking" },
		{ "DROP INDEX a.i", "drop-index-blocking" },
		{ "REINDEX TABLE orders", "reindex-blocking" },
		{ "ALTER TABLE orders ADD UNIQUE (a)", "unique-blocking" },
		{ "ALTER TABLE orders ADD PRIMARY KEY (a)", "pk-blocking" },
		{ "ALTER TABLE orders ADD EXCLUDE (a WITH =)", "exclusion-blocking" },
		{ "ALTER TABLE orders ADD FOREIGN KEY (a) REFERENCES p", "fk-validating" },
		{ "ALTER TABLE orders ADD CHECK (a > 0)", "check-validating" },
		{ "ALTER TABLE orders ALTER a SET NOT NULL", "not-null-scan" },
		{ "ALTER TABLE orders ADD k uuid DEFAULT gen_random_uuid()",
		  "volatile-default-rewrite" },
		{ "ALTER TABLE orders ADD k int DEFAULT mine()", "w:volatile-default-rewrite" },
		{ "ALTER TABLE orders ADD k int GENERATED ALWAYS AS (a + 1) STORED",
		  "generated-stored-rewrite" },
		{ "ALTER TABLE orders ADD k bigserial", "serial-rewrite" },
		{ "ALTER TABLE orders ALTER a TYPE bigint", "type-rewrite" },
		{ "ALTER TABLE orders RENAME a TO b", "rename-column" },
		{ "ALTER TABLE orders RENAME TO b", "rename-table" },
		{ "ALTER TABLE orders DROP a", "drop-column" },
		{ "DROP TABLE orders", "drop-table" },
		{ "DROP VIEW v", "w:drop-view" },
		{ "DROP DATABASE d", "drop-database" },
		{ "UPDATE orders SET a = 1", "w:bulk-dml" },
		{ "TRUNCATE orders", "truncate" },
		{ "ALTER TABLE orders DISABLE TRIGGER ALL", "constraints-disabled" },
		{ "SET session_replication_role = replica", "constraints-disabled" },
		{ "ALTER TABLE orders ADD a int NOT NULL", "required-column" },
		{ "ALTER TABLE orders ADD a int DEFAULT NULL NOT NULL", "required-column" },
		{ "CREATE DOMAIN d AS uuid DEFAULT gen_random_uuid(); ALTER TABLE orders ADD k d", "volatile-default-rewrite" },
		{ "ALTER TABLE orders ADD CONSTRAINT c CHECK (a > 0) NOT VALID, VALIDATE CONSTRAINT c", "validate-same-tx" },
		{ "ALTER TABLE orders RENAME TO o; CREATE TABLE orders (id int)", "rename-table" },
		{ "DROP FUNCTION f(int); CREATE FUNCTION f(int8) RETURNS int LANGUAGE sql AS 'SELECT 1'", "w:drop-function" },
		{ "ALTER TABLE orders SET UNLOGGED", "maintenance-rewrite" },
		{ "VACUUM FULL orders", "maintenance-rewrite" },
		{ "REFRESH MATERIALIZED VIEW m", "w:matview-refresh-blocking" },
		{ "ALTER TABLE orders ATTACH PARTITION p FOR VALUES IN (1)",
		  "partition-attach-scan" },
		{ "ALTER TABLE orders DETACH PARTITION p", "partition-detach-blocking" },
		{ "ALTER DOMAIN d ADD CHECK (value > 0)", "domain-validating" },
		{ "COPY orders FROM PROGRAM 'x'", "copy-program" },
		{ "ALTER TABLE orders FROBNICATE", "w:not-analysed" },
		{ "DO $$ BEGIN ALTER TABLE orders DROP a; END $$", "drop-column" },
		{ "CREATE INDEX CONCURRENTLY IF NOT EXISTS i ON orders (a)",
		  "w:invalid-index-retry" },
	};

	for (size_t i = 0; i < PK_COUNT(cases); i++)
		expect(cases[i][0], &plain, cases[i][1]);
}

static void safe_statements_are_passed_over(void **state)
{
	(void)state;
	static const char *const cases[] = {
		"CREATE INDEX CONCURRENTLY i ON orders (a)",
		"ALTER TABLE orders ADD a int",
		"ALTER TABLE orders ADD a timestamptz NOT NULL DEFAULT now()",
		"ALTER TABLE orders ADD a int REFERENCES p (x)",
		"ALTER TABLE orders ADD CHECK (a > 0) NOT VALID",
		"ALTER TABLE orders VALIDATE CONSTRAINT c",
		"ALTER TABLE orders ADD CONSTRAINT c UNIQUE USING INDEX i",
		"ALTER TABLE orders ALTER a SET DEFAULT random()",
		"ALTER TABLE orders ALTER a ADD GENERATED ALWAYS AS IDENTITY",
		/* clang-format off */
		"CREATE TABLE n (id int); CREATE INDEX ON n (id); ALTER TABLE n ADD PRIMARY KEY (id), ADD b uuid DEFAULT gen_random_uuid(); INSERT INTO n VALUES (1); ALTER TABLE public.n RENAME TO m; DROP TABLE m",
		/* clang-format on */
		"CREATE SCHEMA s; CREATE TABLE s.t (id int); CREATE INDEX ON s.t (id)",
		"BEGIN; ALTER TABLE orders ADD a int; COMMIT",
		"UPDATE orders SET a = 1 WHERE id = 2",
		"REFRESH MATERIALIZED VIEW CONCURRENTLY m",
		"ALTER TABLE orders RENAME TO o; CREATE VIEW orders AS SELECT * FROM o",
		"DROP FUNCTION f(int); CREATE FUNCTION f(a integer) RETURNS int8 LANGUAGE sql AS 'SELECT 1::int8'",
		"ALTER TABLE orders ADD a int NOT NULL DEFAULT 0; ALTER TABLE orders ALTER a SET NOT NULL",
		"CREATE TABLE n (id int PRIMARY KEY, a int UNIQUE); REINDEX INDEX n_pkey; REINDEX INDEX public.n_a_key",
		"ALTER TABLE orders ADD k xid8 DEFAULT pg_current_xact_id()",
		"SELECT 'DROP TABLE x' -- DROP TABLE y",
	};

	for (size_t i = 0; i < PK_COUNT(cases); i++)
		expect(cases[i], &plain, "");
}

static void another_schema_is_another_table(void **state)
{
	(void)state;
	expect("CREATE TABLE t (id int); CREATE INDEX ON other.t (id)", &plain, "index-blocking");
	expect("SET search_path = other; CREATE TABLE t (id int); CREATE INDEX ON other.t (id)",
	       &plain, "");
}

static void transactions_are_followed(void **state)
{
	(void)state;
	expect("COMMIT", &in_tx, "tx-structure");
	expect("BEGIN; SELECT 1", &plain, "tx-structure");
	expect("COMMIT", &plain, "tx-structure");
	expect("CREATE INDEX CONCURRENTLY i ON t (a)", &in_tx, "concurrently-in-tx");
	expect("BEGIN; DROP INDEX CONCURRENTLY i; COMMIT", &plain, "concurrently-in-tx");
	expect("ALTER TABLE t ADD CONSTRAINT c CHECK (a > 0) NOT VALID; ALTER TABLE t VALIDATE "
	       "CONSTRAINT c",
	       &in_tx, "validate-same-tx");
	expect("ALTER TABLE t ADD CONSTRAINT c CHECK (a > 0) NOT VALID; ALTER TABLE t VALIDATE "
	       "CONSTRAINT c",
	       &plain, "");
	expect("ALTER TYPE e ADD VALUE 'v'; INSERT INTO t VALUES ('v')", &in_tx,
	       "enum-value-in-tx");
	expect("ALTER TYPE e ADD VALUE 'v'", &in_tx, "");
	/* a constant of another type is no use of it; one that becomes it in the end is */
	expect("ALTER TYPE e ADD VALUE 'v'; SELECT 'v'::text, cast('v' AS varchar(9)), varchar 'v'", &in_tx, "");
	expect("ALTER TYPE e ADD VALUE 'v'; SELECT ('v'::text)::public.e", &in_tx, "enum-value-in-tx");
	expect("ALTER TYPE e ADD VALUE 'v'; SELECT x FROM t WHERE CASE WHEN e = 'v' THEN 1 END::text = '1'", &in_tx,
	       "enum-value-in-tx");
	expect("ALTER TYPE e ADD VALUE 'v'; SELECT 1 FROM t WHERE e = E'v'", &in_tx, "enum-value-in-tx");
	expect("ALTER TYPE e ADD VALUE 'v'; COMMENT ON TYPE e IS 'v'", &in_tx, "");
	expect("LOCK TABLE t", &in_tx, "explicit-lock");
	expect("LOCK TABLE t IN ROW SHARE MODE", &in_tx, "");
	expect("ALTER TABLE t ADD a int; UPDATE t SET a = 1 WHERE id = 1", &in_tx, "mix-ddl-dml");
	expect("INSERT INTO t VALUES (1); CREATE TABLE u (id int)", &in_tx, "mix-ddl-dml");
}

static void a_proven_check_makes_not_null_cheap(void **state)
{
	(void)state;
	expect("ALTER TABLE t ADD CONSTRAINT c CHECK (a IS NOT NULL) NOT VALID; ALTER TABLE t "
	       "VALIDATE CONSTRAINT c;"
	       "ALTER TABLE t ALTER a SET NOT NULL; ALTER TABLE t DROP CONSTRAINT c",
	       &plain, "");
	expect("ALTER TABLE t ADD CONSTRAINT c CHECK (a IS NOT NULL) NOT VALID; ALTER TABLE t "
	       "ALTER a SET NOT NULL",
	       &plain, "not-null-scan");
	expect("ALTER TABLE big ALTER known SET NOT NULL", &known, "");
	/* the proof goes before the column is looked at */
	expect("ALTER TABLE big ALTER known SET NOT NULL, DROP CONSTRAINT known_check", &known, "not-null-scan");
	expect("ALTER TABLE big ALTER must DROP NOT NULL; ALTER TABLE big ALTER must SET NOT NULL", &known,
	       "w:drop-not-null not-null-scan");
	expect("ALTER TABLE big ALTER must SET NOT NULL", &known, "");
	expect("ALTER TABLE big ALTER v SET NOT NULL", &known, "not-null-scan");
	expect("ALTER TABLE big VALIDATE CONSTRAINT later; ALTER TABLE big ALTER v SET NOT NULL",
	       &known, "");
}

static void the_catalog_decides_about_types(void **state)
{
	(void)state;
	expect("ALTER TABLE big ALTER v TYPE varchar(30)", &known, "");
	expect("ALTER TABLE big ALTER v TYPE text", &known, "");
	expect("ALTER TABLE big ALTER v TYPE text USING v::text", &known, "");
	expect("ALTER TABLE big ALTER v TYPE text USING lower(v)", &known, "type-rewrite");
	expect("ALTER TABLE big ALTER v TYPE varchar(10)", &known, "type-rewrite w:type-narrowing");
	expect("ALTER TABLE big ALTER n TYPE numeric(12,2)", &known, "");
	expect("ALTER TABLE big ALTER n TYPE numeric", &known, "");
	expect("ALTER TABLE big ALTER n TYPE numeric(12,3)", &known, "type-rewrite");
	expect("ALTER TABLE big ALTER tags TYPE varchar(30)[]", &known, "type-rewrite");
	expect("ALTER TABLE big ALTER tags TYPE varchar(10)[]", &known, "type-rewrite w:type-narrowing");
	expect("ALTER TABLE big ALTER tags TYPE varchar[]", &known, "");
	expect("ALTER TABLE big ALTER known TYPE varchar", &known, "type-recheck");
	expect("ALTER TABLE big ALTER v TYPE varchar(20) COLLATE \"C\"", &known, "type-reindex");
	expect("ALTER TABLE big ALTER v TYPE varchar(20) COLLATE \"default\"", &known, "");
	/* the rows stay, and whether an index has to be built anew is up to what it is made of */
	expect("ALTER TABLE big ALTER known TYPE text COLLATE \"C\"", &known, "");
	expect("CREATE INDEX i ON big (known); ALTER TABLE big ALTER known TYPE text COLLATE \"C\"", &known, "index-blocking type-reindex");
	expect("DROP INDEX public.big_v; ALTER TABLE big ALTER v TYPE varchar(20) COLLATE \"C\"", &known, "drop-index-blocking");
	expect("ALTER TABLE \"We\"\"ird\" ALTER b TYPE citext", &known, "");
	expect("ALTER TABLE \"We\"\"ird\" ALTER k TYPE citext", &known, "type-reindex");
	expect("ALTER TABLE \"We\"\"ird\" DROP CONSTRAINT keys, ALTER k TYPE citext", &known, "w:drop-constraint");
	expect("ALTER TABLE \"We\"\"ird\" ALTER a TYPE varchar", &known, "type-reindex");
	expect("ALTER TABLE \"We\"\"ird\" ALTER c TYPE varchar(20)", &known, "type-reindex");
	expect("ALTER TABLE \"We\"\"ird\" ALTER e TYPE text COLLATE \"C\"", &known, "type-reindex");
	expect("ALTER TABLE \"We\"\"ird\" ALTER f TYPE text COLLATE \"C\"", &known, "");
	expect("ALTER TABLE \"We\"\"ird\" RENAME c TO g; ALTER TABLE \"We\"\"ird\" RENAME TO h; ALTER TABLE h ALTER g TYPE text",
	       &known_plain, "rename-column rename-table type-reindex");
	/* as the text so far leaves it */
	expect("ALTER TABLE big ALTER v TYPE varchar(40); ALTER TABLE big ALTER v TYPE varchar(30)", &known,
	       "type-rewrite w:type-narrowing");
	expect("ALTER TABLE big RENAME v TO w; ALTER TABLE public.big ALTER w TYPE text", &known, "rename-column");
	expect("ALTER TABLE big RENAME TO huge; ALTER TABLE huge ALTER v TYPE text", &known_plain, "rename-table");
	expect("ALTER TABLE big RENAME TO huge; ALTER TABLE huge ALTER v TYPE int USING 1", &known_plain, "rename-table type-rewrite");
	expect("ALTER TABLE big DROP CONSTRAINT known_check; ALTER TABLE big ALTER known TYPE varchar", &known,
	       "w:drop-constraint");
	expect("ALTER TABLE small DROP CONSTRAINT known_check; ALTER TABLE big ALTER known TYPE varchar", &known_plain,
	       "w:drop-constraint type-recheck");
	/* domains are what they are made of; values of one with a constraint have to pass it */
	expect("ALTER TABLE big ALTER dom TYPE integer", &known, "");
	expect("ALTER TABLE big ALTER dom TYPE bigint", &known, "type-rewrite");
	expect("ALTER TABLE big ALTER num TYPE public.positive", &known, "type-rewrite");
	expect("ALTER TABLE big ALTER rate TYPE public.dice", &known, "");
	/* a length beside another type holds for nothing that was */
	expect("SET timezone = 'UTC'; ALTER TABLE big ALTER at TYPE timestamptz", &known, "");
	expect("SET timezone = 'UTC'; ALTER TABLE big ALTER at TYPE timestamptz(3)", &known, "type-rewrite");
	expect("SET timezone = 'UTC'; ALTER TABLE big ALTER at TYPE timestamptz(6)", &known, "");
}

static void the_catalog_knows_sizes_and_what_is_absent(void **state)
{
	(void)state;
	expect("CREATE INDEX ON small (id)", &known, "");
	expect("CREATE INDEX ON big (id)", &known, "index-blocking");
	expect("CREATE INDEX i ON ONLY big (id)", &known, "index-blocking");
	expect("CREATE INDEX i ON ONLY parts (id)", &known, "");
	expect("CREATE INDEX i ON parts (id)", &known, "index-blocking");
	expect("ALTER TABLE small DROP id", &known, "drop-column");
	expect("ALTER TABLE big DROP COLUMN IF EXISTS absent", &known, "");
	expect("DROP INDEX IF EXISTS absent", &known, "");
	expect("DROP TABLE IF EXISTS absent CASCADE; DROP VIEW IF EXISTS absent; DROP SCHEMA IF EXISTS absent;"
	       "DROP FUNCTION IF EXISTS absent(int); ALTER TABLE IF EXISTS absent DROP c; ALTER TABLE IF EXISTS absent ADD c int NOT NULL;"
	       "ALTER TABLE IF EXISTS absent RENAME TO gone; ALTER TABLE big DROP CONSTRAINT IF EXISTS absent",
	       &known, "");
	expect("DROP FUNCTION IF EXISTS calc(int)", &known, "w:drop-function");
	expect("ALTER TABLE big RENAME TO large; DROP TABLE IF EXISTS large", &known_plain, "rename-table drop-table");
	expect("ALTER TABLE big DROP CONSTRAINT IF EXISTS later", &known, "w:drop-constraint");
	expect("ALTER TABLE big ADD COLUMN IF NOT EXISTS must text NOT NULL UNIQUE", &known, "");
	expect("ALTER TABLE big ADD COLUMN IF NOT EXISTS other text NOT NULL", &known, "required-column");
	expect("ALTER TABLE big DROP must; ALTER TABLE big ADD COLUMN IF NOT EXISTS must text NOT NULL", &known,
	       "drop-column required-column");
	expect("CREATE INDEX IF NOT EXISTS big_v ON big (v)", &known, "");
	expect("ALTER TABLE big ADD d dice", &known, "volatile-default-rewrite");
	expect("ALTER TYPE state RENAME TO old; CREATE TYPE state AS ENUM ('new')", &known, "w:drop-enum-value w:drop-enum-value");
	expect("ALTER TYPE state RENAME TO old; CREATE TYPE state AS ENUM ('gone', 'it''s', 'more', 'new')", &known, "");
	expect("ALTER TABLE small ENABLE ROW LEVEL SECURITY", &known, "");
	expect("ALTER TABLE big ENABLE ROW LEVEL SECURITY", &known, "w:rls-no-policy");
	expect("DROP INDEX big_v", &known, "drop-index-blocking");
	expect("CREATE INDEX CONCURRENTLY IF NOT EXISTS fresh ON big (id)", &known_plain, "");
	expect("ALTER TABLE big ADD p positive", &known, "constrained-domain-rewrite");
	expect("ALTER TABLE big ADD p int DEFAULT quiet()", &known, "");
	expect("ALTER TABLE big ALTER must DROP DEFAULT", &known, "w:drop-default");
	expect("ALTER TABLE big ADD PRIMARY KEY USING INDEX big_v", &known, "not-null-scan");
}

static void the_catalog_knows_partitions(void **state)
{
	(void)state;
	expect("CREATE TABLE p PARTITION OF parts FOR VALUES FROM (5) TO (6)", &known, "w:partition-attach-scan");
	expect("CREATE TABLE p PARTITION OF big FOR VALUES FROM (5) TO (6)", &known, "");
	expect("CREATE TABLE p (id int); ALTER TABLE parts ATTACH PARTITION p FOR VALUES FROM (5) TO (6)", &known,
	       "w:partition-attach-scan");
	expect("ALTER TABLE parts ATTACH PARTITION parts_1 FOR VALUES FROM (5) TO (6)", &known, "w:partition-attach-scan");
	expect("DROP TABLE parts_0; CREATE TABLE p PARTITION OF parts FOR VALUES FROM (5) TO (6)", &known, "drop-table");
	expect("ALTER TABLE parts_0 ADD CONSTRAINT c CHECK (id < 5) NOT VALID; ALTER TABLE parts_0 VALIDATE CONSTRAINT c;"
	       "CREATE TABLE p PARTITION OF parts FOR VALUES FROM (5) TO (6)", &known_plain, "");
	expect_fact("ALTER TABLE parts ATTACH PARTITION other FOR VALUES FROM (5) TO (6)", &known,
		    "ACCESS EXCLUSIVE lock on other, and on public.parts_0, the DEFAULT partition, while all their rows are read");
	expect_fact("ALTER TABLE small ATTACH PARTITION other FOR VALUES FROM (5) TO (6)", &known,
		    "ACCESS EXCLUSIVE lock on other while all its rows are read");
	/* what the server refuses beside traffic is not proposed */
	expect_fix("DROP INDEX big_v", &known, "CONCURRENTLY", true);
	expect_fix("DROP INDEX parts_id", &known, "CONCURRENTLY", false);
	expect_fix("ALTER TABLE other DETACH PARTITION parts_1", &known, "CONCURRENTLY", true);
	expect_fix("ALTER TABLE parts DETACH PARTITION parts_1", &known, "CONCURRENTLY", false);
}

static void allowances_need_a_rule_and_a_reason(void **state)
{
	(void)state;
	expect("-- postkit:allow drop-table: archived last week\nDROP TABLE a;\nDROP TABLE b;",
	       &plain, "!drop-table drop-table");
	expect("DROP TABLE a; -- postkit:allow drop-table: archived\nDROP TABLE b;", &plain,
	       "!drop-table drop-table");
	expect("-- postkit:allow drop-table\nDROP TABLE a;", &plain, "bad-allowance drop-table");
	expect("-- postkit:allow drop-tables: typo\nDROP TABLE a;", &plain,
	       "bad-allowance drop-table");
	expect("/* postkit:allow-file drop-table, drop-column: gone */\nDROP TABLE a; ALTER TABLE "
	       "b DROP c;",
	       &plain, "!drop-table !drop-column");
	expect("SELECT '-- postkit:allow drop-table: no comment'; DROP TABLE a;", &plain,
	       "drop-table");
}

static void findings_name_place_and_safe_way(void **state)
{
	(void)state;
	PK_AUTO(pk_findings) findings = PK_FINDINGS_INIT;
	struct pk_lint_options options = { .large_rows = PK_LARGE_ROWS,
					   .transaction = true,
					   .ours = true,
					   .first_line = 10,
					   .catalog = &catalog };

	assert_int_equal(pk_lint_sql("SELECT 1;\n  CREATE UNIQUE\nINDEX \"I x\" ON big (v);",
				     "m.sql", &options, &findings, NULL),
			 0);
	assert_int_equal(findings.n, 1);
	assert_int_equal(findings.items[0].line, 11);
	assert_int_equal(findings.items[0].col, 3);
	assert_non_null(strstr(findings.items[0].fact, "big (12,400,000 rows)"));
	assert_non_null(strstr(findings.items[0].fix, "INDEX CONCURRENTLY \"I x\" ON big (v);"));
	assert_true(pk_findings_fatal(&findings));
}

static void a_lock_is_waited_for_with_a_short_timeout(void **state)
{
	(void)state;
	static const char missing[] = "w:lock-timeout-missing";

	expect("ALTER TABLE t ADD a int", &theirs, missing);
	expect("ALTER TABLE t ADD a int", &plain, "");
	expect("ALTER TABLE t ADD a int; ALTER TABLE t ADD b int", &theirs, missing);
	expect("SET lock_timeout = '2s'; ALTER TABLE t ADD a int", &theirs, "");
	expect("SET lock_timeout = 900; ALTER TABLE t ADD a int", &theirs, "");
	expect("SELECT set_config('lock_timeout', '1s', false); ALTER TABLE t ADD a int", &theirs, "");
	expect("SET lock_timeout = '2s'; RESET lock_timeout; ALTER TABLE t ADD a int", &theirs, missing);
	expect("SET lock_timeout = '2s'; RESET ALL; ALTER TABLE t ADD a int", &theirs, missing);
	expect("SET lock_timeout = '2s'; DISCARD ALL; ALTER TABLE t ADD a int", &theirs, missing);
	expect("SET lock_timeout = '2s'; DISCARD PLANS; ALTER TABLE t ADD a int", &theirs, "");
	expect("BEGIN; SET lock_timeout = '2s'; ROLLBACK; ALTER TABLE t ADD a int", &theirs, missing);
	expect("BEGIN; SET lock_timeout = '2s'; COMMIT; ALTER TABLE t ADD a int", &theirs, "");
	expect("SET lock_timeout = '2s'; BEGIN; SET lock_timeout = 0; ROLLBACK; ALTER TABLE t ADD a int", &theirs, "");
	expect("SET lock_timeout = '10min'; ALTER TABLE t ADD a int", &theirs, missing);
	expect("SET lock_timeout = 0; ALTER TABLE t ADD a int", &plain, missing);
	expect("SET LOCAL lock_timeout = '2s'; ALTER TABLE t ADD a int", &theirs, missing);
	expect("SET LOCAL lock_timeout = '2s'; ALTER TABLE t ADD a int", &theirs_in_tx, "");
	expect("BEGIN; SET LOCAL lock_timeout = '2s'; SELECT 1; COMMIT; ALTER TABLE t ADD a int", &theirs, missing);
	expect("BEGIN; SET LOCAL lock_timeout = '2s'; ALTER TABLE t ADD a int; COMMIT", &theirs, "");
	expect("CREATE TABLE n (a int); ALTER TABLE n ADD b int; CREATE VIEW v AS SELECT 1", &theirs, "");
	expect("CREATE INDEX CONCURRENTLY i ON t (a); ALTER TABLE t SET (fillfactor = 80)", &theirs, "");
	expect("ALTER TABLE t REPLICA IDENTITY FULL", &theirs, missing);
	expect("ALTER TABLE t OWNER TO CURRENT_USER", &theirs, missing);
	expect("DROP POLICY p ON t", &theirs, missing);
	expect("CREATE RULE r AS ON DELETE TO t DO INSTEAD NOTHING", &theirs, missing);
	expect("COMMENT ON POLICY p ON t IS 'x'", &theirs, "");
	expect("CREATE TABLE n (a int REFERENCES t)", &theirs, missing);
	expect("CREATE TABLE m (a int PRIMARY KEY); CREATE TABLE n (a int REFERENCES m)", &theirs, "");
	expect("DO $$ BEGIN ALTER TABLE t ADD a int; END $$", &theirs, missing);
	expect("DO $$ BEGIN SET LOCAL lock_timeout = '1s'; ALTER TABLE t ADD a int; END $$", &theirs, "");
	expect("DO $$ BEGIN SET LOCAL lock_timeout = '1s'; END $$; ALTER TABLE t ADD a int", &theirs, missing);
}

static void several_tables_are_not_locked_together(void **state)
{
	(void)state;
	expect("ALTER TABLE a ADD x int; ALTER TABLE b ADD x int; ALTER TABLE c ADD x int", &in_tx,
	       "w:multi-table-locks");
	expect("ALTER TABLE a ADD x int; ALTER TABLE b ADD x int", &plain, "");
	expect("ALTER TABLE a ADD x int; ALTER TABLE public.a ADD y int", &in_tx, "");
	expect("CREATE TABLE a (i int); ALTER TABLE a ADD x int; ALTER TABLE b ADD x int", &in_tx, "");
	/* whatever it is called by then */
	expect("ALTER TABLE a RENAME TO b; ALTER TABLE b ADD x int", &in_tx, "rename-table");
	expect("ALTER TABLE a ADD x int; ALTER TABLE public.a RENAME TO b; ALTER TABLE b SET SCHEMA s; ALTER TABLE s.b ADD y int",
	       &in_tx, "rename-table rename-table");
	expect("ALTER TABLE a RENAME x TO y; ALTER TABLE a RENAME TO b; ALTER TABLE b RENAME CONSTRAINT k TO l", &in_tx,
	       "rename-column rename-table");
	expect("ALTER TABLE a RENAME TO old; ALTER TABLE b RENAME TO a", &in_tx, "rename-table rename-table w:multi-table-locks");
}

/* What the statements of the next text did. */
static struct pk_effect effects[4];

static int seen(void *arg, const struct pk_statements *statements, const struct pk_actions *actions, struct pk_effect *ret,
		struct pk_err *err)
{
	(void)arg, (void)actions, (void)err;
	assert_true(statements->n <= PK_COUNT(effects));
	memcpy(ret, effects, statements->n * sizeof(*ret));
	return 0;
}

static void expect_seen(const char *sql, struct pk_effect first, const char *rules)
{
	static const struct pk_lint_options options = { .large_rows = PK_LARGE_ROWS, .ours = true, .measure = seen };

	first.ran = true;
	effects[0] = first;
	expect(sql, &options, rules);
}

static void what_was_seen_overrules_the_text(void **state)
{
	(void)state;
	static const char ax[] = "ACCESS EXCLUSIVE";
	const struct pk_effect nothing = { .measured = true, .lock = ax, .on = "t" };
	const struct pk_effect reads = { .measured = true, .lock = ax, .on = "t", .read = 20000 };
	const struct pk_effect rewrites = { .measured = true, .lock = ax, .on = "t", .read = 20000,
					    .rewritten = "t", .rewrote_table = true };

	/* no work, no finding; what is not about work stays */
	expect_seen("ALTER TABLE t ALTER a TYPE text", nothing, "");
	expect_seen("ALTER TABLE t ALTER a SET NOT NULL", nothing, "");
	expect_seen("ALTER TABLE t DROP a", nothing, "drop-column");
	expect_seen("ALTER TABLE t ALTER a SET NOT NULL", reads, "not-null-scan");
	expect_seen("ALTER TABLE t ALTER a TYPE text", rewrites, "type-rewrite");
	/* not in a transaction, nothing is known */
	expect_seen("ALTER TABLE t ALTER a TYPE text", (struct pk_effect){ .read = -1, .written = -1 }, "type-rewrite");
	/* what no text shows */
	expect_seen("ALTER TABLE t ADD CHECK (a > 0) NOT VALID", reads, "check-validating");
	expect_seen("ALTER TABLE t ADD a d", rewrites, "constrained-domain-rewrite");
	expect_seen("SELECT work()", rewrites, "blocking-work");
	expect_seen("UPDATE t SET a = 1 WHERE b = 2", (struct pk_effect){ .measured = true, .written = 20000 },
		    "w:bulk-dml");
	expect_seen("UPDATE t SET a = 1", (struct pk_effect){ .measured = true, .written = 20 }, "");
	/* and what the server refused */
	expect_seen("SELECT 1", (struct pk_effect){ .sqlstate = "23505", .error = "duplicate" }, "data-conflict");
	expect_seen("SELECT 1", (struct pk_effect){ .sqlstate = "22P02", .error = "invalid" }, "data-conflict");
	expect_seen("SELECT 1", (struct pk_effect){ .sqlstate = "42P01", .error = "absent" }, "runtime-error");
	expect_seen("SELECT 1", (struct pk_effect){ .sqlstate = "57014", .error = "cancelled" }, "w:not-analysed");
	expect_seen("LOCK TABLE t", (struct pk_effect){ .sqlstate = "25P01", .error = "no" }, "explicit-lock runtime-error");
	expect_seen("ALTER TABLE t DROP a CASCADE", (struct pk_effect){ .measured = true, .lost = "public.v" },
		    "drop-column w:drop-view");
	expect_seen("DROP INDEX CONCURRENTLY i, k", (struct pk_effect){ .read = -1 }, "");
}

/* --large-rows 0, on a database without rows. */
static void where_all_tables_are_large_only_rewrites_are_overruled(void **state)
{
	(void)state;
	static const struct pk_lint_options all = { .ours = true, .measure = seen };

	effects[0] = (struct pk_effect){ .ran = true, .measured = true, .lock = "ACCESS EXCLUSIVE", .on = "t" };
	expect("ALTER TABLE t ALTER a TYPE text", &all, "");
	expect("ALTER TABLE t ALTER a SET NOT NULL", &all, "not-null-scan");
	effects[0].rewritten = "t";
	effects[0].rewrote_table = true;
	expect("ALTER TABLE t ALTER a TYPE text", &all, "type-rewrite");
}

static void what_takes_longer_than_max_lock_is_told(void **state)
{
	(void)state;
	static const struct pk_lint_options options = { .large_rows = PK_LARGE_ROWS, .ours = true, .transaction = true,
							.max_lock = 5, .measure = seen };

	effects[0] = (struct pk_effect){ .ran = true, .measured = true, .lock = "ACCESS EXCLUSIVE", .on = "t",
					 .seconds = 6 };
	expect("SELECT work()", &options, "blocking-work");
	effects[0].seconds = 4;
	expect("SELECT work()", &options, "");
}

static void a_lock_kept_from_before_is_seen(void **state)
{
	(void)state;
	static const struct pk_lint_options options = { .large_rows = PK_LARGE_ROWS, .ours = true, .transaction = true, .measure = seen };

	effects[0] = (struct pk_effect){ .ran = true, .measured = true, .lock = "ACCESS EXCLUSIVE", .on = "t" };
	effects[1] = (struct pk_effect){ .ran = true, .measured = true, .read = 20000, .kept = "ACCESS EXCLUSIVE",
					 .kept_on = "t" };
	expect("ALTER TABLE t ADD a int; SELECT count(*) FROM u", &options, "w:lock-held-work");
	/* the class of what it does is told all the same, and where the text suspected it, what was seen */
	expect("ALTER TABLE t ADD a int; ALTER TABLE t ALTER b TYPE text", &options, "type-rewrite w:lock-held-work");
	expect("ALTER TABLE t ADD a int; ALTER TABLE t ADD CHECK (a > 0) NOT VALID", &options,
	       "check-validating w:lock-held-work");
	struct pk_findings findings = PK_FINDINGS_INIT;
	pk_lint_sql("ALTER TABLE t ADD a int; UPDATE t SET b = 1", "x", &options, &findings, NULL);
	const struct pk_finding *held = findings.items;
	while (held < findings.items + findings.n && strcmp(held->rule, "lock-held-work") != 0)
		held++;
	assert_true(held < findings.items + findings.n);
	assert_non_null(strstr(held->fact, "20,000 rows read, while ACCESS EXCLUSIVE on t is held"));
	pk_findings_release(&findings);
	effects[1].kept = "SHARE UPDATE EXCLUSIVE";
	expect("ALTER TABLE t ADD a int; SELECT count(*) FROM u", &options, "");
}

static void rules_are_unique_and_complete(void **state)
{
	(void)state;
	size_t n;
	const struct pk_rule_info *rules = pk_lint_rules(&n);

	assert_true(n > 35);
	for (size_t i = 0; i < n; i++) {
		assert_true(rules[i].summary && *rules[i].summary);
		for (size_t k = 0; k < i; k++)
			assert_string_not_equal(rules[i].id, rules[k].id);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(unsafe_statements_have_their_rule),
		cmocka_unit_test(safe_statements_are_passed_over),
		cmocka_unit_test(another_schema_is_another_table),
		cmocka_unit_test(transactions_are_followed),
		cmocka_unit_test(a_proven_check_makes_not_null_cheap),
		cmocka_unit_test(the_catalog_decides_about_types),
		cmocka_unit_test(the_catalog_knows_sizes_and_what_is_absent),
		cmocka_unit_test(the_catalog_knows_partitions),
		cmocka_unit_test(allowances_need_a_rule_and_a_reason),
		cmocka_unit_test(findings_name_place_and_safe_way),
		cmocka_unit_test(a_lock_is_waited_for_with_a_short_timeout),
		cmocka_unit_test(several_tables_are_not_locked_together),
		cmocka_unit_test(what_was_seen_overrules_the_text),
		cmocka_unit_test(where_all_tables_are_large_only_rewrites_are_overruled),
		cmocka_unit_test(what_takes_longer_than_max_lock_is_told),
		cmocka_unit_test(a_lock_kept_from_before_is_seen),
		cmocka_unit_test(rules_are_unique_and_complete),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
