#include "clusterfix.h"

#include "catalog/load.h"
#include "catalog/snapshot.h"
#include "pg/conn.h"

/* Loads files (path and text, in pairs, NULL at the end) into a fresh database. */
static int load(struct cluster *c, const char *const *files, const char *query, char **ret,
		struct pk_err *ret_err)
{
	const struct pk_create_db how = { .mark = { .purpose = "shadow", .label = "load" } };
	PK_AUTO(pk_conninfo) info = PK_CONNINFO_INIT;
	PK_AUTO(pk_source) source = PK_SOURCE_INIT;
	struct pk_conn conn = PK_CONN_INIT;

	for (; files[0]; files += 2)
		pk_source_add(&source, files[0], files[1], strlen(files[1]));
	OK(pk_server_drop_db(&c->server, "pk_load_test", err)); /* of a test that failed */
	OK(pk_server_create_db(&c->server, "pk_load_test", &how, err));
	pk_server_admin_info(&c->server, "pk_load_test", &info);
	OK(pk_conn_open(&conn, &info, err));
	int rc = pk_source_load(&source, &conn, NULL, NULL, ret_err);
	if (rc == 0 && query)
		OK(pk_query_value(&conn, query, 0, NULL, ret, err));
	pk_conn_release(&conn);
	OK(pk_server_drop_db(&c->server, "pk_load_test", err));
	return rc;
}

static void loads(struct cluster *c, const char *const *files, const char *query,
		  const char *wanted)
{
	PK_FREE char *value = NULL;

	OK(load(c, files, query, &value, err));
	assert_string_equal(value ? value : "NULL", wanted);
}

static void refuses(struct cluster *c, const char *sql, int line, int col, const char *message,
		    const char *hint)
{
	const char *const files[] = { "db/schema/x.sql", sql, NULL };
	PK_AUTO(pk_err) err = PK_ERR_INIT;

	assert_int_equal(load(c, files, NULL, NULL, &err), -1);
	assert_string_equal(err.file, "db/schema/x.sql");
	assert_int_equal(err.line, line);
	assert_int_equal(err.col, col);
	assert_non_null(strstr(err.msg, message));
	if (hint)
		assert_non_null(strstr(err.hint, hint));
}

static void any_order_of_files_and_statements_loads(void **state)
{
	const char *const files[] = {
		"a.sql",
		"CREATE VIEW v AS SELECT * FROM f();\n"
		"CREATE FUNCTION f() RETURNS SETOF base LANGUAGE sql AS 'select * from base';\n"
		"CREATE VIEW base AS SELECT id, g(id) FROM tab;\n"
		"CREATE FUNCTION g(int) RETURNS mood LANGUAGE sql AS 'select ''a''::mood';",
		"b.sql",
		"CREATE TYPE mood AS ENUM ('a');\n"
		"CREATE TABLE tab (id int PRIMARY KEY REFERENCES other (id), m mood DEFAULT g(1));",
		"c.sql",
		"CREATE TABLE other (id int PRIMARY KEY REFERENCES third (x), "
		"n int DEFAULT nextval('s.sq'));\nCREATE SEQUENCE s.sq;\nCREATE SCHEMA s;",
		"d.sql",
		"CREATE TABLE third ();\nALTER TABLE third ADD COLUMN x int;\n"
		"CREATE UNIQUE INDEX ON third (x);",
		NULL
	};

	loads(*state, files,
	      "SELECT count(*) FROM pg_class WHERE relname IN ('v', 'base', 'tab', 'other', "
	      "'third', 'sq')",
	      "6");
}

static void circles_of_foreign_keys_are_cut(void **state)
{
	const char *const files[] = {
		"a.sql", "CREATE TABLE a (id int PRIMARY KEY, b int REFERENCES b (id) DEFERRABLE);",
		"b.sql",
		"CREATE TABLE b (id int PRIMARY KEY, a int, FOREIGN KEY (a) REFERENCES a);", NULL
	};

	loads(*state, files,
	      "SELECT string_agg(conname || condeferrable, ' ' ORDER BY conname) FROM "
	      "pg_constraint "
	      "WHERE contype = 'f'",
	      "a_b_fkeytrue b_a_fkeyfalse");
}

static void circles_through_bodies_are_cut(void **state)
{
	const char *const files[] = {
		"a.sql",
		/* what is altered must not be lost when the body comes */
		"ALTER FUNCTION n_of_v(int) STRICT;\n"
		"CREATE VIEW v AS SELECT id, n_of_v(id) AS n FROM tab;\n"
		"CREATE FUNCTION odd(n int) RETURNS bool IMMUTABLE BEGIN ATOMIC SELECT n <> 0 AND even(n - 1); END;",
		"b.sql",
		"CREATE FUNCTION first_of(self) RETURNS int LANGUAGE sql STABLE RETURN $1.id;\n"
		"CREATE TABLE self (id int DEFAULT first_of(NULL::self));\n"
		"CREATE FUNCTION even(n int) RETURNS bool LANGUAGE sql IMMUTABLE RETURN n = 0 OR odd(n - 1);\n"
		"CREATE FUNCTION n_of_v(low int DEFAULT 0, OUT n bigint) LANGUAGE sql STABLE\n"
		"BEGIN ATOMIC SELECT count(*) FROM v WHERE v.id > low; END;\n"
		"CREATE PROCEDURE clear() LANGUAGE sql BEGIN ATOMIC DELETE FROM tab WHERE id > n_of_v(); END;\n"
		"CREATE TABLE tab (id int DEFAULT n_of_v(), odd bool GENERATED ALWAYS AS (odd(id)) STORED);",
		NULL
	};

	loads(*state, files,
	      "SELECT string_agg(concat_ws(' ', proname, provolatile, proisstrict, prosqlbody IS NOT NULL), ', ' ORDER BY proname) "
	      "FROM pg_proc WHERE oid >= 16384",
	      "clear v f t, even i f t, first_of s f t, n_of_v s t t, odd i f t");
}

/* Only what is in the circle is cut: of a domain that columns have in an array nothing could be said later. */
static void a_domain_is_whole_where_a_table_needs_itself(void **state)
{
	const char *const files[] = {
		"a.sql", "CREATE TABLE holder (many known[]); CREATE DOMAIN known AS int CHECK (knows(ROW(VALUE)));",
		"b.sql", "CREATE FUNCTION knows(tab) RETURNS bool LANGUAGE sql IMMUTABLE AS 'SELECT true';",
		"c.sql", "CREATE TABLE tab (id int, UNIQUE (id), CHECK (knows(NULL::tab)));", NULL
	};

	loads(*state, files, "SELECT string_agg(conname, ' ' ORDER BY conname) FROM pg_constraint WHERE contype = 'c' AND oid >= 16384",
	      "known_check tab_check");
}

static void settings_of_one_file_do_not_reach_another(void **state)
{
	static const char first[] = "SELECT pg_catalog.set_config('search_path', '', false);\n"
				    "CREATE TABLE public.one (id int);\n"
				    "SET search_path = s;\nCREATE TABLE two (id int);";
	const char *const files[] = { "a.sql", first,
				      "b.sql", "CREATE SCHEMA s;\nCREATE TABLE three (id int);",
				      NULL };

	loads(*state, files,
	      "SELECT string_agg(schemaname || '.' || tablename, ' ' ORDER BY tablename) FROM "
	      "pg_tables WHERE tablename IN ('one', 'two', 'three')",
	      "public.one public.three s.two");
}

static void the_session_has_our_settings_again(void **state)
{
	const char *const files[] = { "a.sql", "SET search_path = s; CREATE SCHEMA s;", NULL };

	loads(*state, files, "SELECT current_setting('search_path')", "");
}

static void dumps_of_rails_load(void **state)
{
	const char *const files[] = {
		"structure.sql",
		"\\restrict x\nSET statement_timeout = 0;\nSET transaction_timeout = 0;\n"
		"CREATE TABLE public.schema_migrations (version text);\nCREATE ROLE nobody_needs;\n"
		"DROP TABLE IF EXISTS absent;\n"
		"INSERT INTO \"schema_migrations\" VALUES ('1');\n\\unrestrict x\n",
		NULL
	};

	loads(*state, files, "SELECT count(*) FROM public.schema_migrations", "0");
}

static void errors_name_file_line_and_cause(void **state)
{
	struct cluster *c = *state;

	refuses(c,
		"CREATE TABLE a (id int);\n\n  CREATE VIEW v AS SELECT\n    nope FROM a;\n"
		"CREATE VIEW w AS SELECT * FROM v;",
		4, 5, "nope", NULL);
	refuses(c, "CREATE VIEW w AS SELECT * FROM\n missing;", 2, 2, "missing",
		"no schema file defines");
	refuses(c, "CREATE TABLE a (id int);\nCREATE TABLE b (c citext);", 2, 19, "citext",
		"CREATE EXTENSION citext");
	refuses(c, "CREATE TABLE a (id int,);", 1, 24, "syntax error", NULL);
	refuses(c, "CREATE TABLE a (id int);\nCREATE TABLE a (id int);", 2, 1, "already exists",
		NULL);
}

static void what_is_no_definition_is_refused(void **state)
{
	struct cluster *c = *state;

	refuses(c, "CREATE TABLE a (id int);\n INSERT INTO a VALUES (1);", 2, 2, "not data",
		"seeds");
	refuses(c, "BEGIN; CREATE TABLE a (id int); COMMIT;", 1, 1, "transaction control", NULL);
	refuses(c, "DROP DATABASE x", 1, 1, "databases", NULL);
	refuses(c, "DROP TABLE x", 1, 1, "DROP", NULL);
	refuses(c, "COPY a FROM PROGRAM 'id'", 1, 1, "PROGRAM", NULL);
	refuses(c, "\\i other.sql", 1, 1, "psql", NULL);
}

/* Reading has settings of its own, which are not left to what comes behind it. */
static void a_transaction_keeps_its_settings_while_it_is_read(void **state)
{
	static const char settings[] =
		"SELECT pg_catalog.concat_ws(' ', pg_catalog.current_setting('work_mem'),"
		" pg_catalog.current_setting('enable_nestloop'), pg_catalog.current_setting('join_collapse_limit'))";
	struct cluster *c = *state;
	const struct pk_create_db how = { .mark = { .purpose = "shadow", .label = "load" } };
	const struct pk_managed managed = { 0 };
	PK_AUTO(pk_conninfo) info = PK_CONNINFO_INIT;
	PK_AUTO(pk_snapshot) snapshot = PK_SNAPSHOT_INIT;
	PK_FREE char *inside = NULL, *after = NULL;
	struct pk_conn conn = PK_CONN_INIT;

	OK(pk_server_create_db(&c->server, "pk_read_test", &how, err));
	pk_server_admin_info(&c->server, "pk_read_test", &info);
	OK(pk_conn_open(&conn, &info, err));
	OK(pk_exec(&conn, "SET work_mem = '3MB'; BEGIN; SET LOCAL work_mem = '2MB'; SET LOCAL enable_nestloop = off;"
			  " CREATE TABLE public.t (id int)", err));
	OK(pk_snapshot_read(&conn, &managed, &snapshot, err));
	assert_non_null(pk_snapshot_find(&snapshot, "table public.t"));
	OK(pk_query_value(&conn, settings, 0, NULL, &inside, err));
	assert_string_equal(inside, "2MB off 8");
	OK(pk_exec(&conn, "COMMIT", err));
	OK(pk_query_value(&conn, settings, 0, NULL, &after, err));
	assert_string_equal(after, "3MB on 8");
	pk_conn_release(&conn);
	OK(pk_server_drop_db(&c->server, "pk_read_test", err));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(any_order_of_files_and_statements_loads),
		cmocka_unit_test(circles_of_foreign_keys_are_cut),
		cmocka_unit_test(circles_through_bodies_are_cut),
		cmocka_unit_test(a_domain_is_whole_where_a_table_needs_itself),
		cmocka_unit_test(settings_of_one_file_do_not_reach_another),
		cmocka_unit_test(the_session_has_our_settings_again),
		cmocka_unit_test(dumps_of_rails_load),
		cmocka_unit_test(errors_name_file_line_and_cause),
		cmocka_unit_test(what_is_no_definition_is_refused),
		cmocka_unit_test(a_transaction_keeps_its_settings_while_it_is_read),
	};
	return cmocka_run_group_tests(tests, cluster_setup, cluster_teardown);
}
