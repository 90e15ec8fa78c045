#include "gitrepo.h"

#include "chain/chain.h"
#include "pg/conn.h"
#include "server/server.h"
#include <sys/stat.h>

/* One server for all tests of the file; each gets a database of its own. */
static struct {
	void *fixture;
	struct pk_repo repo;
	struct pk_server server;
	struct pk_conn admin;
	int databases;
} all;

static void succeed(int rc, const struct pk_err *err)
{
	if (rc < 0)
		fail_msg("%s %s", err->msg, err->detail ? err->detail : "");
}

static int start_server(void **state)
{
	PK_AUTO(pk_config) config = PK_CONFIG_INIT;
	PK_AUTO(pk_err) err = PK_ERR_INIT;
	(void)state;
	fixture_setup(&all.fixture);
	struct fixture *f = all.fixture;
	PK_FREE char *state_dir = pk_path_join(f->dir, "state");
	setenv("POSTKIT_STATE_DIR", state_dir, 1);
	chmod(f->dir, 0755); /* as root the server runs as another user */
	open_repo(&all.repo);
	if (pk_server_open(&all.server, &all.repo, &config, 0, &err) < 0 ||
	    pk_conn_open(&all.admin, &all.server.admin, &err) < 0) {
		print_error("%s\n", err.msg);
		return -1;
	}
	return 0;
}

static int stop_server(void **state)
{
	(void)state;
	pk_conn_release(&all.admin);
	int rc = pk_server_remove(&all.repo, all.server.major, NULL);
	pk_server_release(&all.server);
	pk_repo_release(&all.repo);
	return rc | fixture_teardown(&all.fixture);
}

static void new_database(struct pk_conn *conn)
{
	PK_AUTO(pk_err) err = PK_ERR_INIT;
	PK_AUTO(pk_conninfo) info = PK_CONNINFO_INIT;
	PK_FREE char *name = pk_printf("t%d", ++all.databases);
	PK_FREE char *sql = pk_printf("CREATE DATABASE %s", name);
	succeed(pk_exec(&all.admin, sql, &err), &err);
	pk_conninfo_copy(&info, &all.server.admin);
	pk_conninfo_set(&info, "dbname", name);
	succeed(pk_conn_open(conn, &info, &err), &err);
}

static void exec(struct pk_conn *conn, const char *sql)
{
	PK_AUTO(pk_err) err = PK_ERR_INIT;
	succeed(pk_exec(conn, sql, &err), &err);
}

static char version1[] = "20260101000000", name1[] = "it's \"one\"", sum1[] = "aaaa",
	    from1[] = "f1", to1[] = "t1";
static char sum2[] = "bbbb";
static const struct pk_migration first = {
	.version = version1, .name = name1, .checksum = sum1, .from = from1, .to = to1
};
static const struct pk_migration edited = { .version = version1, .name = name1, .checksum = sum2 };

static void without_the_table_nothing_is_applied(void **state)
{
	(void)state;
	PK_AUTO(pk_conn) conn = PK_CONN_INIT;
	PK_AUTO(pk_applied_list) list = PK_APPLIED_LIST_INIT;
	PK_AUTO(pk_strv) versions = PK_STRV_INIT;
	PK_AUTO(pk_err) err = PK_ERR_INIT;
	PK_FREE char *table = NULL;
	bool exists = true;
	new_database(&conn);
	succeed(pk_applied_read(&conn, &list, &exists, &err), &err);
	assert_false(exists);
	assert_int_equal(list.n, 0);
	succeed(pk_applied_foreign(&conn, &versions, &table, &err), &err);
	assert_null(table);
}

static void what_was_applied_is_read_back(void **state)
{
	(void)state;
	PK_AUTO(pk_conn) conn = PK_CONN_INIT;
	PK_AUTO(pk_applied_list) list = PK_APPLIED_LIST_INIT;
	PK_AUTO(pk_applied_list) after = PK_APPLIED_LIST_INIT;
	PK_AUTO(pk_undone_list) undone = PK_UNDONE_LIST_INIT;
	PK_AUTO(pk_strv) versions = PK_STRV_INIT;
	PK_AUTO(pk_buf) row = PK_BUF_INIT;
	PK_AUTO(pk_err) err = PK_ERR_INIT;
	PK_FREE char *table = NULL;
	bool exists;
	new_database(&conn);
	succeed(pk_applied_create_table(&conn, &err), &err);
	succeed(pk_applied_create_table(&conn, &err), &err);
	pk_applied_add_insert(&row, &first, "c0ffee", 1.25);
	exec(&conn, "SET standard_conforming_strings = off; SET escape_string_warning = off"); /* as SQL may leave them */
	succeed(pk_exec(&conn, row.ptr, &err), &err);
	assert_int_equal(pk_applied_insert(&conn, &first, "c0ffee", 1.25, &err), -1);
	assert_string_equal(err.sqlstate, "23505");
	succeed(pk_applied_read(&conn, &list, &exists, &err), &err);
	assert_true(exists);
	assert_int_equal(list.n, 1);
	assert_string_equal(list.items[0].name, "it's \"one\"");
	assert_string_equal(list.items[0].checksum, "aaaa");
	assert_string_equal(list.items[0].from, "f1");
	assert_string_equal(list.items[0].to, "t1");
	assert_string_equal(list.items[0].commit, "c0ffee");
	assert_string_equal(list.items[0].state, "applied");
	assert_non_null(list.items[0].applied_at);
	assert_non_null(list.items[0].applied_by);
	succeed(pk_applied_foreign(&conn, &versions, &table, &err), &err);
	assert_null(table); /* ours is not foreign */
	succeed(pk_undone_read(&conn, &undone, &err), &err);
	assert_int_equal(undone.n, 0);
	succeed(pk_undone_create_table(&conn, &err), &err);
	succeed(pk_undone_create_table(&conn, &err), &err);
	succeed(pk_applied_undo(&conn, version1, NULL, 0.5, &err), &err);
	succeed(pk_applied_read(&conn, &after, &exists, &err), &err);
	assert_int_equal(after.n, 0);
	assert_int_equal(pk_applied_undo(&conn, version1, NULL, 0.5, &err), -1);
	succeed(pk_undone_read(&conn, &undone, &err), &err);
	assert_int_equal(undone.n, 1);
	assert_non_null(pk_undone_find(&undone, version1));
	assert_string_equal(undone.items[0].applied_at, list.items[0].applied_at);
	assert_null(undone.items[0].commit);
}

static void a_migration_without_transaction_is_journalled(void **state)
{
	(void)state;
	PK_AUTO(pk_conn) conn = PK_CONN_INIT;
	PK_AUTO(pk_applied_list) list = PK_APPLIED_LIST_INIT;
	PK_AUTO(pk_err) err = PK_ERR_INIT;
	bool exists;
	new_database(&conn);
	succeed(pk_applied_create_table(&conn, &err), &err);
	succeed(pk_applied_start(&conn, &first, "c1", &err), &err);
	succeed(pk_applied_start(&conn, &first, "c2", &err), &err); /* again, after a crash */
	assert_int_equal(pk_applied_start(&conn, &edited, "c3", &err), -1);
	succeed(pk_applied_finish(&conn, version1, "failed", -1, &err), &err);
	succeed(pk_applied_start(&conn, &first, "c4", &err), &err);
	succeed(pk_applied_finish(&conn, version1, "applied", 2, &err), &err);
	assert_int_equal(pk_applied_start(&conn, &first, "c5", &err), -1);
	assert_int_equal(pk_applied_finish(&conn, "1", "applied", 2, &err), -1);
	succeed(pk_applied_read(&conn, &list, &exists, &err), &err);
	assert_int_equal(list.n, 1);
	assert_string_equal(list.items[0].state, "applied");
	assert_string_equal(list.items[0].commit, "c4");
}

static void dbmates_table_is_read_and_completed(void **state)
{
	(void)state;
	PK_AUTO(pk_conn) conn = PK_CONN_INIT;
	PK_AUTO(pk_applied_list) before = PK_APPLIED_LIST_INIT;
	PK_AUTO(pk_applied_list) after = PK_APPLIED_LIST_INIT;
	PK_AUTO(pk_strv) versions = PK_STRV_INIT;
	PK_AUTO(pk_strv) no_more = PK_STRV_INIT;
	PK_AUTO(pk_err) err = PK_ERR_INIT;
	PK_FREE char *table = NULL;
	bool exists;
	new_database(&conn);
	exec(&conn, "CREATE SCHEMA postkit; CREATE TABLE postkit.schema_migrations (version "
		    "varchar(128) PRIMARY KEY);"
		    "INSERT INTO postkit.schema_migrations VALUES ('20250102'), ('20250101')");
	succeed(pk_applied_read(&conn, &before, &exists, &err), &err);
	assert_true(exists);
	assert_int_equal(before.n, 2);
	assert_string_equal(before.items[0].version, "20250101");
	assert_null(before.items[0].checksum);
	assert_string_equal(before.items[0].state, "applied");
	succeed(pk_applied_foreign(&conn, &versions, &table, &err), &err);
	assert_string_equal(table, "postkit.schema_migrations");
	assert_int_equal(versions.n, 2);
	assert_string_equal(versions.items[0], "20250101");
	free(pk_take(&table));
	succeed(pk_applied_create_table(&conn, &err), &err);
	succeed(pk_applied_insert(&conn, &first, NULL, -1, &err), &err);
	/* dbmate goes on writing as it does. */
	exec(&conn, "INSERT INTO postkit.schema_migrations (version) VALUES ('20270101')");
	succeed(pk_applied_read(&conn, &after, &exists, &err), &err);
	assert_int_equal(after.n, 4);
	assert_null(after.items[0].applied_at); /* nobody knows when */
	assert_string_equal(after.items[0].state, "applied");
	assert_non_null(after.items[2].applied_at);
	assert_null(after.items[2].commit);
	assert_non_null(after.items[3].applied_at);
	succeed(pk_applied_foreign(&conn, &no_more, &table, &err), &err);
	assert_null(table);
}

static void foreign_tables_are_found(void **state)
{
	(void)state;
	static const struct {
		const char *make, *table;
		size_t versions;
	} cases[] = {
		{ "CREATE TABLE public.schema_migrations (version varchar PRIMARY KEY);"
		  "INSERT INTO public.schema_migrations VALUES ('2'), ('1')",
		  "public.schema_migrations", 2 },
		{ "CREATE SCHEMA \"Odd \"\"one\"; CREATE TABLE \"Odd \"\"one\".schema_migrations "
		  "(version bigint);"
		  "INSERT INTO \"Odd \"\"one\".schema_migrations VALUES (7)",
		  "\"Odd \"\"one\".schema_migrations", 1 },
		{ "CREATE TABLE public.schema_migrations (version bigint, dirty boolean)", NULL,
		  0 },
		{ "CREATE TABLE public.schema_migrations (id int)", NULL, 0 },
		{ "CREATE VIEW public.schema_migrations AS SELECT 1 AS version", NULL, 0 },
	};
	for (size_t i = 0; i < PK_COUNT(cases); i++) {
		PK_AUTO(pk_conn) conn = PK_CONN_INIT;
		PK_AUTO(pk_strv) versions = PK_STRV_INIT;
		PK_AUTO(pk_err) err = PK_ERR_INIT;
		PK_FREE char *table = NULL;
		new_database(&conn);
		exec(&conn, cases[i].make);
		succeed(pk_applied_foreign(&conn, &versions, &table, &err), &err);
		assert_true(pk_streq(table, cases[i].table));
		assert_int_equal(versions.n, cases[i].versions);
	}
}

static void nothing_is_asked_for_where_nothing_is_missing(void **state)
{
	(void)state;
	PK_AUTO(pk_conn) conn = PK_CONN_INIT;
	PK_AUTO(pk_err) err = PK_ERR_INIT;
	new_database(&conn);
	succeed(pk_applied_create_table(&conn, &err), &err);
	/* A role that may use the table, and create nothing. */
	exec(&conn, "CREATE ROLE deployer; GRANT USAGE ON SCHEMA postkit TO deployer;"
		    "GRANT SELECT, INSERT, UPDATE, DELETE ON postkit.schema_migrations TO "
		    "deployer; SET ROLE deployer");
	succeed(pk_applied_create_table(&conn, &err), &err);
	succeed(pk_applied_insert(&conn, &first, NULL, 0, &err), &err);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(without_the_table_nothing_is_applied),
		cmocka_unit_test(what_was_applied_is_read_back),
		cmocka_unit_test(a_migration_without_transaction_is_journalled),
		cmocka_unit_test(dbmates_table_is_read_and_completed),
		cmocka_unit_test(foreign_tables_are_found),
		cmocka_unit_test(nothing_is_asked_for_where_nothing_is_missing),
	};
	return cmocka_run_group_tests(tests, start_server, stop_server);
}
