#include "unit.h"

#include "base/buf.h"
#include "base/strv.h"
#include "sql/action.h"

static void split(const char *sql, struct pk_statements *ret)
{
	struct pk_err err = PK_ERR_INIT;
	if (pk_sql_split(sql, "a.sql", ret, &err) < 0) {
		fprintf(stderr, "%s\n", err.msg);
		fail();
	}
}

static void refuses(const char *sql, int line, int col)
{
	PK_AUTO(pk_statements) s = PK_STATEMENTS_INIT;
	struct pk_err err = PK_ERR_INIT;

	assert_int_equal(pk_sql_split(sql, "a.sql", &s, &err), -1);
	assert_string_equal(err.file, "a.sql");
	assert_int_equal(err.line, line);
	assert_int_equal(err.col, col);
	pk_err_release(&err);
}

static void quotes_and_comments_hide_semicolons(void **state)
{
	(void)state;
	PK_AUTO(pk_statements) s = PK_STATEMENTS_INIT;

	split("SELECT ';', E'\\';', $a$;$$;$a$, \";\", U&';'; /* ; /* ; */ ; */ SELECT 2 -- ;\n;",
	      &s);
	assert_int_equal(s.n, 2);
	assert_string_equal(s.items[1].text, "SELECT 2");
	assert_true(s.items[0].parsed && s.items[1].parsed);
}

static void bodies_of_functions_and_rules_stay_whole(void **state)
{
	(void)state;
	PK_AUTO(pk_statements) s = PK_STATEMENTS_INIT;

	split("CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT 1; SELECT CASE WHEN true THEN 2 "
	      "END; END;\n"
	      "CREATE RULE r AS ON INSERT TO t DO (SELECT 1; SELECT 2);\nBROKEN one;\nSELECT 3",
	      &s);
	assert_int_equal(s.n, 4);
	assert_true(s.items[0].parsed);
	assert_true(s.items[1].parsed);
	assert_false(s.items[2].parsed);
	assert_non_null(s.items[2].parse_error);
	assert_true(s.items[3].parsed);
	assert_int_equal(s.items[3].line, 4);
}

static void one_broken_statement_hides_no_other(void **state)
{
	(void)state;
	PK_AUTO(pk_statements) s = PK_STATEMENTS_INIT;

	split("SELECT 1;\nALTER TABLE t ADD CONSTRAINT n NOT NULL c NOT VALID;\n  SELECT 2;", &s);
	assert_int_equal(s.n, 3);
	assert_true(s.items[0].parsed);
	assert_false(s.items[1].parsed);
	assert_true(s.items[2].parsed);
	assert_int_equal(s.items[2].line, 3);
	assert_int_equal(s.items[2].col, 3);
}

static void comments_belong_to_the_statement_below(void **state)
{
	(void)state;
	PK_AUTO(pk_statements) s = PK_STATEMENTS_INIT;

	split("-- head\nSELECT 1; -- about the first\n-- above\n/* and */ SELECT 2;", &s);
	assert_int_equal(s.n, 2);
	assert_string_equal(s.items[0].comment, "-- head");
	assert_string_equal(s.items[1].comment, "-- above\n/* and */");
	assert_int_equal(s.items[1].line, 4);
}

static void crlf_bom_and_empty_statements_do_no_harm(void **state)
{
	(void)state;
	PK_AUTO(pk_statements) s = PK_STATEMENTS_INIT;
	PK_AUTO(pk_statements) none = PK_STATEMENTS_INIT;

	split("\xef\xbb\xbfSELECT 1;\r\n;;\r\nSELECT 2;\r\n", &s);
	assert_int_equal(s.n, 2);
	assert_string_equal(s.items[0].text, "SELECT 1");
	assert_int_equal(s.items[1].line, 3);
	split(" -- nothing\n;; /* here */", &none);
	assert_int_equal(none.n, 0);
}

static void dumps_pass_and_psql_does_not(void **state)
{
	(void)state;
	PK_AUTO(pk_statements) s = PK_STATEMENTS_INIT;

	split("\\restrict abc\n\nSET x = 1;\n\\unrestrict abc\n", &s);
	assert_int_equal(s.n, 1);
	assert_int_equal(s.items[0].line, 3);
	refuses("SELECT 1;\n\\i other.sql\n", 2, 1);
	refuses("SELECT 1;\nCOPY t (a) FROM stdin;\n1\n\\.\n", 2, 17);
}

static void open_quotes_are_errors_with_their_place(void **state)
{
	(void)state;
	refuses("SELECT 1;\nSELECT 'x", 2, 8);
	refuses("SELECT $x$ y", 1, 8);
	refuses("/* /* */ SELECT 1", 1, 1);
	refuses("SELECT \"a", 1, 8);
}

static const struct pk_action *action_of(const char *sql, size_t index, struct pk_statements *s,
					 struct pk_actions *a)
{
	split(sql, s);
	pk_sql_actions(s, a);
	assert_true(a->n > index);
	return &a->items[index];
}

static void types_are_spelt_as_the_server_does(void **state)
{
	(void)state;
	static const char *const pairs[][2] = {
		{ "int4", "integer" },
		{ "varchar(20)", "character varying(20)" },
		{ "char", "character(1)" },
		{ "timestamptz(3)", "timestamp(3) with time zone" },
		{ "time", "time without time zone" },
		{ "decimal(8,2)[]", "numeric(8,2)[]" },
		{ "interval day to second(3)", "interval day to second(3)" },
		{ "bit varying(3)", "bit varying(3)" },
		{ "app.\"My Type\"", "app.\"My Type\"" },
		{ "text", "text" },
		{ "geometry(Point,4326)", "geometry(point,4326)" },
		{ "\"char\"", "\"char\"" },
		{ "float", "double precision" },
	};

	for (size_t i = 0; i < PK_COUNT(pairs); i++) {
		PK_AUTO(pk_statements) s = PK_STATEMENTS_INIT;
		PK_AUTO(pk_actions) a = PK_ACTIONS_INIT;
		PK_FREE char *sql = pk_printf("ALTER TABLE t ADD COLUMN c %s", pairs[i][0]);
		assert_string_equal(action_of(sql, 0, &s, &a)->type, pairs[i][1]);
	}
}

static void alter_table_gives_an_action_a_subcommand(void **state)
{
	(void)state;
	PK_AUTO(pk_statements) s = PK_STATEMENTS_INIT;
	PK_AUTO(pk_actions) a = PK_ACTIONS_INIT;
	const struct pk_action *first =
		action_of("ALTER TABLE s.t ADD COLUMN a int NOT NULL DEFAULT 1 REFERENCES o.p(k) "
			  "CHECK (a > 0), "
			  "ALTER b TYPE text USING lower(b), DROP COLUMN IF EXISTS c CASCADE",
			  0, &s, &a);

	assert_int_equal(a.n, 5);
	assert_int_equal(first->sub, PK_ADD_COLUMN);
	assert_true(first->not_null && first->has_default);
	assert_string_equal(first->def, "1");
	assert_int_equal(first[1].constraint, PK_CON_FOREIGN);
	assert_string_equal(first[1].ref_schema, "o");
	assert_string_equal(first[1].ref_columns[0], "k");
	assert_string_equal(first[1].column, "a");
	assert_string_equal(first[2].def, "a > 0");
	assert_string_equal(first[3].def, "lower(b)");
	assert_string_equal(first[4].column, "c");
	assert_true(first[4].if_exists && first[4].cascade);
}

static void do_bodies_are_looked_into(void **state)
{
	(void)state;
	PK_AUTO(pk_statements) s = PK_STATEMENTS_INIT;
	PK_AUTO(pk_actions) a = PK_ACTIONS_INIT;
	const struct pk_action *first =
		action_of("DO $$ BEGIN IF x THEN ALTER TABLE t DROP COLUMN c; END IF; "
			  "EXECUTE 'DROP TABLE d'; EXECUTE format('x'); END $$",
			  0, &s, &a);

	assert_int_equal(a.n, 4);
	assert_int_equal(first->verb, PK_DO);
	assert_int_equal(first[1].sub, PK_DROP_COLUMN);
	assert_true(first[1].nested);
	assert_int_equal(first[2].verb, PK_DROP);
	assert_string_equal(first[3].object, "dynamic statement");
}

static void roles_are_found_wherever_they_stand(void **state)
{
	(void)state;
	PK_AUTO(pk_statements) s = PK_STATEMENTS_INIT;
	PK_AUTO(pk_strv) roles = PK_STRV_INIT;

	split("DO $$ BEGIN CREATE ROLE a; EXECUTE 'CREATE USER \"B c\"'; END $$; GRANT SELECT ON t "
	      "TO d, PUBLIC;"
	      "GRANT e TO f; ALTER TABLE t OWNER TO g; CREATE POLICY p ON t TO h USING (true);"
	      "ALTER DEFAULT PRIVILEGES FOR ROLE i GRANT SELECT ON TABLES TO j; REVOKE ALL ON t "
	      "FROM k;"
	      "CREATE SCHEMA x AUTHORIZATION l; GRANT SELECT ON t TO pg_monitor, CURRENT_USER;"
	      "SELECT 'CREATE ROLE not_a_role'",
	      &s);
	pk_sql_roles(&s, &roles);
	pk_strv_sort(&roles);
	PK_FREE char *all = pk_strv_join(&roles, ",");
	assert_string_equal(all, "B c,a,d,e,f,g,h,i,j,k,l");
}

static void tablespaces_are_found_where_they_are_used(void **state)
{
	(void)state;
	PK_AUTO(pk_strv) spaces = PK_STRV_INIT;

	pk_sql_spaces("CREATE TABLE t (a int, tablespace text, b int PRIMARY KEY USING INDEX TABLESPACE a) TABLESPACE \"B \"\"c\";"
		      "CREATE INDEX i ON t (tablespace) TABLESPACE d -- TABLESPACE no\n; ALTER TABLE t SET TABLESPACE E;"
		      "CREATE MATERIALIZED VIEW m TABLESPACE f AS SELECT tablespace x FROM t; SELECT 1 AS tablespace, y;"
		      "ALTER TABLE t RENAME tablespace TO z; ALTER TABLE t ALTER tablespace TYPE int; CREATE TABLESPACE g;"
		      "ALTER TABLE t ADD CONSTRAINT u UNIQUE (b) USING INDEX TABLESPACE h",
		      &spaces);
	PK_FREE char *all = pk_strv_join(&spaces, ",");
	assert_string_equal(all, "a,B \"c,d,e,f,h");
}

static void volatility_is_known_for_what_is_common(void **state)
{
	(void)state;
	assert_int_equal(pk_sql_expr_volatility("now()"), PK_VOL_STABLE);
	assert_int_equal(pk_sql_expr_volatility("CURRENT_TIMESTAMP"), PK_VOL_STABLE);
	assert_int_equal(pk_sql_expr_volatility("'{}'::text[]"), PK_VOL_STABLE);
	assert_int_equal(pk_sql_expr_volatility("md5(random()::text)"), PK_VOL_VOLATILE);
	assert_int_equal(pk_sql_expr_volatility("CASE WHEN true THEN gen_random_uuid() END"),
			 PK_VOL_VOLATILE);
	assert_int_equal(pk_sql_expr_volatility("my_own(1)"), PK_VOL_UNKNOWN);
	assert_int_equal(pk_sql_expr_volatility("not sql ("), PK_VOL_UNKNOWN);
	assert_true(pk_sql_expr_has_subquery("(SELECT 1)"));
}

static void only_a_conjunct_proves_not_null(void **state)
{
	(void)state;
	assert_true(pk_sql_proves_not_null("c IS NOT NULL", "c"));
	assert_true(pk_sql_proves_not_null("(a > 0 AND (\"c\" IS NOT NULL AND b))", "c"));
	assert_false(pk_sql_proves_not_null("c IS NOT NULL OR a", "c"));
	assert_false(pk_sql_proves_not_null("NOT (c IS NOT NULL)", "c"));
	assert_false(pk_sql_proves_not_null("c > 0", "c"));
	assert_false(pk_sql_proves_not_null("d IS NOT NULL", "c"));
}

static void foreign_keys_come_out_of_a_table(void **state)
{
	(void)state;
	PK_AUTO(pk_strv) keys = PK_STRV_INIT;
	PK_FREE char *table = pk_sql_take_apart(
		"CREATE TABLE a (id int PRIMARY KEY, b int NOT NULL REFERENCES b(id) ON DELETE "
		"CASCADE DEFERRABLE INITIALLY DEFERRED,"
		" CONSTRAINT f FOREIGN KEY (id) REFERENCES c (x), CHECK (b > 0))",
		PK_APART_FOREIGN_KEYS, &keys);

	assert_non_null(table);
	assert_null(strstr(table, "REFERENCES"));
	assert_null(strstr(table, "DEFER"));
	assert_non_null(strstr(table, "CHECK"));
	assert_int_equal(keys.n, 2);
	assert_non_null(strstr(keys.items[0], "ON DELETE CASCADE"));
	assert_non_null(strstr(keys.items[0], "DEFERRABLE INITIALLY DEFERRED"));
	assert_non_null(strstr(keys.items[1], "CONSTRAINT f FOREIGN KEY"));
	assert_null(pk_sql_take_apart("CREATE TABLE a (id int)", PK_APART_FOREIGN_KEYS, &keys));
}

static void expressions_come_out_of_a_table_and_a_domain(void **state)
{
	(void)state;
	PK_AUTO(pk_strv) alters = PK_STRV_INIT;
	PK_FREE char *table = pk_sql_take_apart("CREATE TABLE s.a (\"B c\" int DEFAULT f(1) NOT NULL CHECK (g(\"B c\")),"
						" CONSTRAINT k CHECK (h(a)) NO INHERIT, UNIQUE (\"B c\"))",
						PK_APART_EXPRESSIONS, &alters);
	PK_FREE char *domain = pk_sql_take_apart("CREATE DOMAIN s.d AS text DEFAULT f(2) NOT NULL CONSTRAINT k CHECK (g(VALUE))",
						 PK_APART_EXPRESSIONS, &alters);

	assert_string_equal(table, "CREATE TABLE s.a (\"B c\" int NOT NULL, UNIQUE (\"B c\"))");
	assert_string_equal(domain, "CREATE DOMAIN s.d AS text NOT NULL");
	assert_int_equal(alters.n, 5);
	assert_string_equal(alters.items[0], "ALTER TABLE s.a ALTER COLUMN \"B c\" SET DEFAULT f(1)");
	assert_string_equal(alters.items[1], "ALTER TABLE s.a ADD CHECK (g(\"B c\"))");
	assert_string_equal(alters.items[2], "ALTER TABLE s.a ADD CONSTRAINT k CHECK (h(a)) NO INHERIT");
	assert_string_equal(alters.items[4], "ALTER DOMAIN s.d SET DEFAULT f(2)");
	assert_string_equal(alters.items[3], "ALTER DOMAIN s.d ADD CONSTRAINT k CHECK (g(value))");
}

static void routines_have_stand_ins_without_a_body(void **state)
{
	(void)state;
	PK_FREE char *function = pk_sql_stand_in("CREATE FUNCTION s.f(\"A b\" int DEFAULT (1), OUT return text) LEAKPROOF RETURN g(1)");
	PK_FREE char *named = pk_sql_stand_in("CREATE FUNCTION return() RETURNS SETOF return LANGUAGE sql RETURN return()");
	PK_FREE char *rows = pk_sql_stand_in("CREATE FUNCTION f(a int) RETURNS TABLE(b int, c text[]) RETURN (1, '{}')");
	PK_FREE char *procedure = pk_sql_stand_in("CREATE OR REPLACE PROCEDURE p() LANGUAGE sql BEGIN /* b */ ATOMIC SELECT 1; END");
	PK_FREE char *valued = pk_sql_stand_in("CREATE FUNCTION f() RETURNS \"O'x\".\"T\"[] BEGIN ATOMIC SELECT g(); END");
	PK_FREE char *again = pk_sql_or_replace("/* x */ CREATE FUNCTION f()");
	PK_FREE char *same = pk_sql_or_replace("create or replace function f()");

	assert_string_equal(function, "CREATE FUNCTION s.f(\"A b\" int DEFAULT (1), OUT return text) LEAKPROOF LANGUAGE sql AS 'SELECT NULL::text'");
	assert_string_equal(named, "CREATE FUNCTION return() RETURNS SETOF return LANGUAGE sql AS 'SELECT NULL::return WHERE false'");
	assert_string_equal(rows, "CREATE FUNCTION f(a int) RETURNS TABLE(b int, c text[]) LANGUAGE sql AS 'SELECT NULL::integer, NULL::text[] WHERE false'");
	assert_string_equal(procedure, "CREATE OR REPLACE PROCEDURE p() LANGUAGE sql AS ''");
	assert_string_equal(valued, "CREATE FUNCTION f() RETURNS \"O'x\".\"T\"[] LANGUAGE sql AS 'SELECT NULL::\"O''x\".\"T\"[]'");
	assert_null(pk_sql_stand_in("CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'"));
	assert_null(pk_sql_stand_in("CREATE TABLE t (a int)"));
	assert_string_equal(again, "/* x */ CREATE OR REPLACE FUNCTION f()");
	assert_string_equal(same, "create or replace function f()");
}

/* What 16 to 18 brought, which the grammar does not know. */
static void newer_statements_are_split_and_told_apart_by_their_words(void **state)
{
	(void)state;
	static const struct {
		const char *sql;
		enum pk_verb said;
		const char *object, *schema, *name;
		enum pk_constraint constraint;
	} cases[] = {
		{ "CREATE TABLE IF NOT EXISTS s.\"A;b\" (a int, b int GENERATED ALWAYS AS (a || ';') VIRTUAL)",
		  PK_CREATE, "table", "s", "A;b", PK_CON_NONE },
		{ "CREATE UNLOGGED TABLE t (a int CHECK (a > 0) NOT ENFORCED)", PK_CREATE, "table", NULL, "t",
		  PK_CON_NONE },
		{ "CREATE TABLE r (k int4range, v daterange, PRIMARY KEY (k, v WITHOUT OVERLAPS))", PK_CREATE,
		  "table", NULL, "r", PK_CON_NONE },
		{ "ALTER TABLE ONLY s.t ADD CONSTRAINT n NOT NULL a NOT VALID", PK_ALTER, "table", "s", "t",
		  PK_CON_NONE },
		{ "ALTER TABLE t ADD FOREIGN KEY (a, PERIOD v) REFERENCES r (k, PERIOD v)", PK_ALTER, "table", NULL,
		  "t", PK_CON_FOREIGN },
		{ "ALTER TABLE t ALTER COLUMN b SET EXPRESSION AS (a * 2)", PK_ALTER, "table", NULL, "t",
		  PK_CON_NONE },
		{ "MERGE INTO t USING u ON t.a = u.a WHEN MATCHED THEN DELETE RETURNING t.a", PK_MERGE, NULL, NULL,
		  NULL, PK_CON_NONE },
		{ "WITH x AS (SELECT 1) MERGE INTO t USING x ON true WHEN NOT MATCHED BY SOURCE THEN DELETE",
		  PK_MERGE, NULL, NULL, NULL, PK_CON_NONE },
		{ "UPDATE t SET a = 1_000 RETURNING old.a, new.a", PK_UPDATE, NULL, NULL, NULL, PK_CON_NONE },
		{ "GRANT a TO b WITH INHERIT TRUE", PK_GRANT, "role", NULL, NULL, PK_CON_NONE },
		{ "ALTER DEFAULT PRIVILEGES GRANT SELECT ON LARGE OBJECTS TO a", PK_GRANT, "default privileges",
		  NULL, NULL, PK_CON_NONE },
		{ "CREATE OR REPLACE FUNCTION f() RETURNS jsonb BEGIN ATOMIC SELECT JSON_OBJECT('a': 1); "
		  "SELECT JSON_ARRAY(1 NULL ON NULL); END",
		  PK_CREATE, "function", NULL, "f", PK_CON_NONE },
		{ "CREATE MATERIALIZED VIEW v AS SELECT * FROM JSON_TABLE('[]', '$[*]' COLUMNS (a int)) j",
		  PK_CREATE, "materialized view", NULL, "v", PK_CON_NONE },
	};
	PK_AUTO(pk_buf) sql = PK_BUF_INIT;
	PK_AUTO(pk_statements) s = PK_STATEMENTS_INIT;
	PK_AUTO(pk_actions) actions = PK_ACTIONS_INIT;

	for (size_t i = 0; i < PK_COUNT(cases); i++)
		pk_buf_addf(&sql, "-- %zu;\n%s;\n", i, cases[i].sql);
	split(sql.ptr, &s);
	assert_int_equal(s.n, PK_COUNT(cases));
	pk_sql_actions(&s, &actions);
	assert_int_equal(actions.n, PK_COUNT(cases));
	for (size_t i = 0; i < PK_COUNT(cases); i++) {
		const struct pk_action *a = &actions.items[i];

		assert_string_equal(s.items[i].text, cases[i].sql);
		assert_false(s.items[i].parsed);
		assert_int_equal(a->verb, PK_UNPARSED);
		assert_int_equal(a->said, cases[i].said);
		assert_true(pk_streq(a->object, cases[i].object));
		assert_true(pk_streq(a->schema, cases[i].schema));
		assert_true(pk_streq(a->name, cases[i].name));
		assert_int_equal(a->constraint, cases[i].constraint);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(newer_statements_are_split_and_told_apart_by_their_words),
		cmocka_unit_test(quotes_and_comments_hide_semicolons),
		cmocka_unit_test(bodies_of_functions_and_rules_stay_whole),
		cmocka_unit_test(one_broken_statement_hides_no_other),
		cmocka_unit_test(comments_belong_to_the_statement_below),
		cmocka_unit_test(crlf_bom_and_empty_statements_do_no_harm),
		cmocka_unit_test(dumps_pass_and_psql_does_not),
		cmocka_unit_test(open_quotes_are_errors_with_their_place),
		cmocka_unit_test(types_are_spelt_as_the_server_does),
		cmocka_unit_test(alter_table_gives_an_action_a_subcommand),
		cmocka_unit_test(do_bodies_are_looked_into),
		cmocka_unit_test(roles_are_found_wherever_they_stand),
		cmocka_unit_test(tablespaces_are_found_where_they_are_used),
		cmocka_unit_test(volatility_is_known_for_what_is_common),
		cmocka_unit_test(only_a_conjunct_proves_not_null),
		cmocka_unit_test(foreign_keys_come_out_of_a_table),
		cmocka_unit_test(expressions_come_out_of_a_table_and_a_domain),
		cmocka_unit_test(routines_have_stand_ins_without_a_body),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
