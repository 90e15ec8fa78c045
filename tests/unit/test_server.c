#include "clusterfix.h"

#include "base/clock.h"
#include "base/lock.h"
#include "server/cluster.h"
#include "server/programs.h"
#include <signal.h>

#define HOSTILE "it's \"x\" \\ {\"a\":1} \xc3\xa9\n%s"

static char *ask(const struct pk_conninfo *info, const char *sql)
{
	PK_AUTO(pk_conn) conn = PK_CONN_INIT;
	char *value = NULL;

	OK(pk_conn_open(&conn, info, err));
	OK(pk_query_value(&conn, sql, 0, NULL, &value, err));
	return value;
}

static void admin_exec(const struct cluster *c, const char *sql)
{
	PK_AUTO(pk_conn) conn = PK_CONN_INIT;

	OK(pk_conn_open(&conn, &c->server.admin, err));
	OK(pk_exec(&conn, sql, err));
}

static void make_db(struct cluster *c, const char *name)
{
	const struct pk_create_db how = { .mark = { .purpose = "clone", .label = HOSTILE } };

	OK(pk_server_create_db(&c->server, name, &how, err));
}

static pid_t postmaster(const struct cluster *c)
{
	PK_FREE char *path = pk_path_join(c->server.dir, "data/postmaster.pid");
	PK_AUTO(pk_buf) text = PK_BUF_INIT;

	return pk_read_file(path, &text, NULL) == 0 ? atoi(text.ptr) : 0;
}

/* As a child; true when pk_server_open() succeeds there. */
static pid_t open_in_child(const struct cluster *c)
{
	pid_t pid = fork();

	if (pid == 0) {
		struct pk_server server = PK_SERVER_INIT;
		struct pk_err e = PK_ERR_INIT;
		int status = pk_server_open(&server, &c->repo, &c->config, c->server.major, &e);
		if (status < 0)
			fprintf(stderr, "%s: %s\n", e.msg, e.detail ? e.detail : "");
		_exit(status < 0);
	}
	return pid;
}

static void join(pid_t pid)
{
	int status = 0;

	waitpid(pid, &status, 0);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

static void is_private(void **state)
{
	struct cluster *c = *state;
	static const char *const secrets[] = { "admin.secret", "login.secret" };
	struct stat st;

	for (size_t i = 0; i < PK_COUNT(secrets); i++) {
		PK_FREE char *path = pk_path_join(c->server.dir, secrets[i]);
		assert_int_equal(lstat(path, &st), 0);
		assert_int_equal(st.st_mode & 0777, 0600);
	}
	const char *socket_dir = pk_conninfo_get(&c->server.admin, "host");
	assert_true(strlen(socket_dir) + strlen("/.s.PGSQL.5432") <= 107);
	assert_int_equal(lstat(socket_dir, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0700);
	PK_FREE char *listen = ask(&c->server.admin, "SHOW listen_addresses");
	assert_string_equal(listen, "");
	PK_FREE char *super =
		ask(&c->server.admin, "SELECT rolsuper FROM pg_roles WHERE rolname = current_user");
	assert_string_equal(super, "t");
	PK_FREE char *hba =
		ask(&c->server.admin,
		    "SELECT string_agg(DISTINCT auth_method, ' ') FROM pg_hba_file_rules");
	assert_string_equal(hba, "scram-sha-256");
	assert_true(pk_server_running(&c->repo, c->server.major));
	PK_AUTO(pk_strv) majors = PK_STRV_INIT;
	OK(pk_server_list(&c->repo, &majors, err));
	assert_int_equal(majors.n, 1);
	assert_int_equal(atoi(majors.items[0]), c->server.major);
}

static void login_role_gets_nowhere(void **state)
{
	static const char *const evil[] = {
		"COPY (SELECT 1) TO PROGRAM 'touch /tmp/pk-evil'",
		"COPY pg_catalog.pg_class FROM PROGRAM 'id'",
		"CREATE TEMP TABLE e (a text); COPY e FROM '/etc/passwd'",
		"SELECT pg_read_file('/etc/passwd')",
		"SELECT lo_import('/etc/passwd')",
		"ALTER SYSTEM SET fsync = on",
		"LOAD '/tmp/x.so'",
		"CREATE ROLE evil",
		"CREATE DATABASE evil",
		"ALTER ROLE postkit SUPERUSER",
		"SET ROLE postkit_admin",
		"SET SESSION AUTHORIZATION postkit_admin",
		"GRANT postkit_admin TO postkit",
		"CREATE FUNCTION f() RETURNS int LANGUAGE c AS 'x'",
		"COMMENT ON DATABASE pk_evil IS NULL; DROP DATABASE pk_evil",
	};
	struct cluster *c = *state;
	PK_AUTO(pk_conninfo) info = PK_CONNINFO_INIT;
	PK_AUTO(pk_conn) conn = PK_CONN_INIT;

	make_db(c, "pk_evil");
	pk_server_user_info(&c->server, "pk_evil", &info);
	OK(pk_conn_open(&conn, &info, err));
	for (size_t i = 0; i < PK_COUNT(evil); i++)
		if (pk_exec(&conn, evil[i], NULL) == 0)
			fail_msg("allowed: %s", evil[i]);
	OK(pk_exec(&conn, "CREATE SCHEMA own; CREATE TABLE own.t (a int)", err));
	pk_conninfo_set(&info, "dbname", "postgres");
	PK_AUTO(pk_conn) other = PK_CONN_INIT;
	assert_int_equal(pk_conn_open(&other, &info, NULL), -1);
	OK(pk_server_drop_db(&c->server, "pk_evil", err)); /* with a connection to it */
}

static const struct pk_database *find(const struct pk_databases *dbs, const char *name)
{
	for (size_t i = 0; i < dbs->n; i++)
		if (strcmp(dbs->items[i].name, name) == 0)
			return &dbs->items[i];
	return NULL;
}

static void makes_cuts_renames_and_drops_databases(void **state)
{
	struct cluster *c = *state;
	PK_AUTO(pk_databases) dbs = PK_DATABASES_INIT;
	PK_AUTO(pk_conninfo) info = PK_CONNINFO_INIT;
	const char *quoted = "pk_q\"u'o te";

	make_db(c, quoted);
	pk_server_user_info(&c->server, quoted, &info);
	PK_FREE char *encoding = ask(&info, "SHOW server_encoding");
	assert_string_equal(encoding, "UTF8");
	{
		PK_AUTO(pk_conn) conn = PK_CONN_INIT;
		OK(pk_conn_open(&conn, &info, err));
		OK(pk_exec(
			&conn,
			"CREATE TABLE public.t AS SELECT generate_series(1, 10) AS a;"
			"ALTER DATABASE \"pk_q\"\"u'o te\" SET search_path TO \"$user\", \"a b\"",
			err));
	}
	OK(pk_server_cut_db(&c->server, quoted, "pk_cut", &(struct pk_mark){ .purpose = "dry-run", .label = "l" }, err));
	pk_conninfo_set(&info, "dbname", "pk_cut");
	PK_FREE char *rows = ask(&info, "SELECT count(*) FROM public.t");
	assert_string_equal(rows, "10");
	PK_FREE char *path =
		ask(&info, "SELECT reset_val FROM pg_settings WHERE name = 'search_path'");
	assert_string_equal(path, "\"$user\", \"a b\"");
	OK(pk_server_rename_db(&c->server, "pk_cut", "pk_moved", err));
	OK(pk_server_databases(&c->server, &dbs, err));
	assert_null(find(&dbs, "pk_cut"));
	assert_string_equal(find(&dbs, "pk_moved")->purpose, "dry-run");
	assert_string_equal(find(&dbs, quoted)->label, HOSTILE);
	assert_true(find(&dbs, quoted)->size > 1000000);
	assert_true(find(&dbs, quoted)->created > 1700000000);
	OK(pk_server_drop_db(&c->server, "pk_moved", err));
	OK(pk_server_drop_db(&c->server, quoted, err));
	OK(pk_server_drop_db(&c->server, quoted, err)); /* absent is success */
}

static void takes_encoding_and_locale(void **state)
{
	struct cluster *c = *state;
	const struct pk_create_db latin = {
		.mark = { .purpose = "shadow" }, .encoding = "LATIN1", .collate = "C", .ctype = "C"
	};
	const struct pk_create_db like = { .mark = { .purpose = "shadow" }, .like = "pk_latin" };
	const struct pk_create_db absent = { .mark = { .purpose = "shadow" }, .collate = "xx_YY.UTF-8" };
	PK_AUTO(pk_conninfo) info = PK_CONNINFO_INIT;
	struct pk_err e = PK_ERR_INIT;

	OK(pk_server_create_db(&c->server, "pk_latin", &latin, err));
	OK(pk_server_create_db(&c->server, "pk_like", &like, err));
	pk_server_user_info(&c->server, "pk_like", &info);
	PK_FREE char *encoding = ask(&info, "SHOW server_encoding");
	assert_string_equal(encoding, "LATIN1");
	assert_int_equal(pk_server_create_db(&c->server, "pk_absent", &absent, &e), -1);
	assert_non_null(strstr(e.msg, "xx_YY.UTF-8"));
	assert_non_null(strstr(e.hint, "locale"));
	pk_err_release(&e);
	assert_int_equal(pk_server_create_db(&c->server, "shop", &absent, &e), -1);
	pk_err_release(&e);
	OK(pk_server_drop_db(&c->server, "pk_latin", err));
	OK(pk_server_drop_db(&c->server, "pk_like", err));
}

static void drops_only_what_it_marked(void **state)
{
	struct cluster *c = *state;
	struct pk_err e = PK_ERR_INIT;
	PK_AUTO(pk_databases) dbs = PK_DATABASES_INIT;

	admin_exec(c, "CREATE DATABASE precious");
	admin_exec(c, "CREATE DATABASE pk_other");
	admin_exec(c, "COMMENT ON DATABASE pk_other IS 'git-postkit:1 "
		      "{\"repo\":\"another\",\"purpose\":\"clone\"}'");
	admin_exec(c, "CREATE DATABASE pk_said");
	admin_exec(c, "COMMENT ON DATABASE pk_said IS 'mine'");
	static const char *const names[] = { "precious", "pk_other", "pk_said", "postgres",
					     "template1" };
	for (size_t i = 0; i < PK_COUNT(names); i++) {
		assert_int_equal(pk_server_drop_db(&c->server, names[i], &e), -1);
		assert_non_null(strstr(e.msg, "left alone"));
		assert_int_equal(pk_server_rename_db(&c->server, names[i], "pk_x", &e), -1);
		assert_int_equal(pk_server_cut_db(&c->server, names[i], "pk_x", &(struct pk_mark){ .purpose = "clone" }, &e), -1);
	}
	pk_err_release(&e);
	/* what a killed creation leaves behind is seen and can go */
	admin_exec(c, "CREATE DATABASE pk_half");
	OK(pk_server_databases(&c->server, &dbs, err));
	assert_string_equal(find(&dbs, "pk_half")->purpose, "unfinished");
	assert_null(find(&dbs, "pk_other"));
	assert_null(find(&dbs, "pk_said"));
	OK(pk_server_drop_db(&c->server, "pk_half", err));
	for (size_t i = 0; i < 3; i++) {
		PK_FREE char *sql = pk_printf("DROP DATABASE %s", names[i]);
		admin_exec(c, sql);
	}
}

static void stands_in_for_roles(void **state)
{
	struct cluster *c = *state;
	PK_AUTO(pk_strv) roles = PK_STRV_INIT;
	PK_AUTO(pk_strv) strong = PK_STRV_INIT;
	struct pk_err e = PK_ERR_INIT;
	pid_t children[4];

	pk_strv_push(&roles, "app owner");
	pk_strv_push(&roles, "it's \"me\"");
	pk_strv_push(&roles, "postgres");
	pk_strv_push(&roles, "pg_read_server_files");
	pk_strv_push(&roles, "postkit_admin");
	pk_strv_push(&roles, "public");
	for (size_t i = 0; i < PK_COUNT(children); i++) {
		struct pk_server own = PK_SERVER_INIT; /* connections are not for children */

		children[i] = fork();
		if (children[i] == 0)
			_exit(pk_server_open(&own, &c->repo, &c->config, c->server.major, NULL) < 0 ||
			      pk_server_ensure_roles(&own, &roles, NULL) < 0);
	}
	for (size_t i = 0; i < PK_COUNT(children); i++)
		join(children[i]);
	OK(pk_server_ensure_roles(&c->server, &roles, err));
	PK_FREE char *member =
		ask(&c->server.admin,
		    "SELECT string_agg(r.rolname, ',' ORDER BY r.rolname COLLATE \"C\") FROM "
		    "pg_auth_members m "
		    "JOIN pg_roles r ON r.oid = m.roleid WHERE m.member = 'postkit'::regrole");
	assert_string_equal(member, "app owner,it's \"me\",postgres");
	PK_FREE char *plain =
		ask(&c->server.admin,
		    "SELECT bool_or(rolsuper OR rolcanlogin OR rolcreaterole) FROM pg_roles "
		    "WHERE rolname IN ('app owner', 'postgres')");
	assert_string_equal(plain, "f");
	admin_exec(c, "CREATE ROLE mighty CREATEROLE; CREATE ROLE sly IN ROLE mighty");
	pk_strv_push(&strong, "sly");
	assert_int_equal(pk_server_ensure_roles(&c->server, &strong, &e), -1);
	pk_err_release(&e);
	admin_exec(c, "DROP ROLE sly, mighty");
}

static void comes_back_after_kill_9(void **state)
{
	struct cluster *c = *state;

	make_db(c, "pk_survivor");
	for (int round = 0; round < 3; round++) {
		pid_t before = postmaster(c);
		assert_int_equal(kill(before, SIGKILL), 0);
		assert_true(pk_wait_gone(before, 10000));
		OK(pk_server_open(&c->server, &c->repo, &c->config, c->server.major, err));
		assert_int_not_equal(postmaster(c), before);
	}
	PK_FREE char *there = ask(&c->server.admin,
				  "SELECT count(*) FROM pg_database WHERE datname = 'pk_survivor'");
	assert_string_equal(there, "1");
	OK(pk_server_drop_db(&c->server, "pk_survivor", err));
}

static void a_reused_pid_is_not_its_server(void **state)
{
	struct cluster *c = *state;
	PK_FREE char *path = pk_path_join(c->server.dir, "data/postmaster.pid");
	pid_t other = fork();

	if (other == 0) {
		pause();
		_exit(0);
	}
	OK(pk_server_stop(&c->server, err));
	OK(pk_server_stop(&c->server, err)); /* again: nothing to do */
	PK_FREE char *lines = pk_printf("%d\n%s/data\n1700000000\n5432\n/tmp\n\n\nready   \n",
					(int)other, c->server.dir);
	OK(pk_write_file(path, lines, strlen(lines), 0600, err));
	assert_false(pk_server_running(&c->repo, c->server.major));
	OK(pk_server_open(&c->server, &c->repo, &c->config, c->server.major, err));
	assert_int_equal(kill(other, 0), 0);
	kill(other, SIGKILL);
	waitpid(other, NULL, 0);
}

static void many_open_it_at_once(void **state)
{
	struct cluster *c = *state;
	pid_t children[4];

	OK(pk_server_remove(&c->repo, c->server.major, err));
	assert_false(pk_server_running(&c->repo, c->server.major));
	for (size_t i = 0; i < PK_COUNT(children); i++)
		children[i] = open_in_child(c);
	for (size_t i = 0; i < PK_COUNT(children); i++)
		join(children[i]);
	OK(pk_server_open(&c->server, &c->repo, &c->config, c->server.major, err));
}

static void a_half_made_cluster_is_made_again(void **state)
{
	struct cluster *c = *state;
	int major = c->server.major;
	PK_FREE char *dir = pk_strdup(c->server.dir);
	PK_FREE char *left = pk_printf("%s.tmp-0123/data", dir);
	PK_FREE char *half = pk_path_join(dir, "data");

	OK(pk_server_remove(&c->repo, major, err));
	OK(pk_mkdir_p(left, 0700, err));
	OK(pk_mkdir_p(half, 0700, err));
	OK(pk_server_open(&c->server, &c->repo, &c->config, major, err));
	assert_false(pk_path_exists(left));
}

static void starts_again_when_its_socket_is_gone(void **state)
{
	struct cluster *c = *state;
	PK_FREE char *socket_dir = pk_strdup(pk_conninfo_get(&c->server.admin, "host"));

	OK(pk_remove_tree(socket_dir, err));
	OK(pk_server_open(&c->server, &c->repo, &c->config, c->server.major, err));
	PK_FREE char *one = ask(&c->server.admin, "SELECT 1");
	assert_string_equal(one, "1");
}

static void says_what_is_missing(void **state)
{
	struct cluster *c = *state;
	PK_AUTO(pk_server) server = PK_SERVER_INIT;
	struct pk_err e = PK_ERR_INIT;

	assert_int_equal(pk_server_open(&server, &c->repo, &c->config, 99, &e), -1);
	assert_non_null(strstr(e.msg, "PostgreSQL 99"));
	assert_non_null(strstr(e.hint, "postgresql-99"));
	assert_non_null(strstr(e.hint, "postkit.pgBin"));
	assert_non_null(strstr(e.hint, "postkit.server"));
	pk_err_release(&e);
	PK_FREE char *client = pk_server_client_bindir(&c->config, c->server.major, c->server.major);
	assert_non_null(client);
	assert_null(pk_server_client_bindir(&c->config, 99, 0));
}

static void uses_a_server_that_is_named(void **state)
{
	struct cluster *c = *state;
	PK_AUTO(pk_server) given = PK_SERVER_INIT;
	PK_AUTO(pk_config) config = PK_CONFIG_INIT;
	PK_FREE char *uri = pk_conninfo_uri(&c->server.admin);
	struct pk_err e = PK_ERR_INIT;

	OK(pk_config_set(&c->repo, "postkit.server", uri, err));
	OK(pk_config_load(&config, &c->repo, err));
	for (int round = 0; round < 2; round++) {
		OK(pk_server_open(&given, &c->repo, &config, c->server.major, err));
		assert_false(pk_server_is_private(&given));
		assert_true(pk_starts_with(given.login, "postkit_"));
		const struct pk_create_db how = { .mark = { .purpose = "clone" } };
		PK_AUTO(pk_conninfo) info = PK_CONNINFO_INIT;
		OK(pk_server_create_db(&given, "pk_given", &how, err));
		pk_server_user_info(&given, "pk_given", &info);
		PK_FREE char *who = ask(&info, "SELECT current_user");
		assert_string_equal(who, given.login);
		OK(pk_server_drop_db(&given, "pk_given", err));
	}
	/* there, what is unmarked may be anybody's; and a mighty role is not handed on */
	admin_exec(c, "CREATE DATABASE pk_unmarked");
	assert_int_equal(pk_server_drop_db(&given, "pk_unmarked", &e), -1);
	admin_exec(c, "DROP DATABASE pk_unmarked");
	assert_int_equal(pk_server_open(&given, &c->repo, &config, 99, &e), -1);
	assert_non_null(strstr(e.msg, "99"));
	pk_err_release(&e);
	OK(pk_config_set(&c->repo, "postkit.server", NULL, err));
}

static void stops_when_idle(void **state)
{
	struct cluster *c = *state;
	char *argv[] = { (char[]){ "git-postkit" }, (char[]){ "--internal-idle" }, c->server.dir,
			 (char[]){ "1" }, NULL };
	PK_AUTO(pk_conn) conn = PK_CONN_INIT;
	double began = pk_now();
	pid_t pid;

	OK(pk_conn_open(&conn, &c->server.admin, err));
	pid = fork();
	if (pid == 0)
		_exit(pk_server_idle_main(4, argv));
	/* a second one leaves at once */
	while (pk_now() - began < 3)
		assert_int_equal(pk_exec(&conn, "SELECT pg_sleep(0.5)", NULL), 0);
	pid_t second = fork();
	if (second == 0)
		_exit(pk_server_idle_main(4, argv));
	join(second);
	assert_true(pk_server_running(&c->repo, c->server.major));
	pk_conn_release(&conn);
	join(pid);
	assert_false(pk_server_running(&c->repo, c->server.major));
	OK(pk_server_open(&c->server, &c->repo, &c->config, c->server.major, err));
}

/* Until the watcher looks for what happens to the folder of the server, and to the one above. */
static void wait_for_watcher(pid_t pid)
{
	PK_FREE char *script = pk_printf("until [ \"$(cat /proc/%d/fdinfo/* 2>&1 | grep -c ^inotify)\" -ge 2 ]; do sleep 0.02; done",
					 (int)pid);
	const char *const argv[] = { "sh", "-c", script, NULL };

	OK(pk_proc_check(&(struct pk_proc){ .argv = argv, .timeout = 60 }, err));
}

static void the_watcher_ends_with_its_server(void **state)
{
	struct cluster *c = *state;
	PK_FREE char *dir = pk_strdup(c->server.dir);
	char *argv[] = { (char[]){ "--internal-idle" }, dir, (char[]){ "900" }, NULL };
	pid_t pid = fork();

	if (pid == 0)
		_exit(pk_server_idle_main(3, argv));
	wait_for_watcher(pid);
	OK(pk_server_stop(&c->server, err));
	join(pid);
	OK(pk_server_open(&c->server, &c->repo, &c->config, c->server.major, err));

	/* and the server ends when its data are removed */
	pid_t server_pid = postmaster(c);
	pid = fork();
	if (pid == 0)
		_exit(pk_server_idle_main(3, argv));
	wait_for_watcher(pid);
	OK(pk_remove_tree(c->server.dir, err));
	join(pid);
	assert_true(pk_wait_gone(server_pid, 5000));
	OK(pk_server_open(&c->server, &c->repo, &c->config, c->server.major, err));
}

static void finds_clusters_of_repositories_that_are_gone(void **state)
{
	struct cluster *c = *state;
	PK_AUTO(pk_strv) orphans = PK_STRV_INIT;
	PK_FREE char *away = pk_printf("%s-away", c->f->repo);
	PK_FREE char *root = pk_path_dir(c->server.dir);

	if (geteuid() != 0)
		skip(); /* the cluster goes with the repository */
	assert_int_equal(pk_server_remove_orphan(root, NULL), -1);
	assert_int_equal(rename(c->f->repo, away), 0);
	OK(pk_server_orphans(&orphans, err));
	assert_int_equal(orphans.n, 1);
	OK(pk_server_remove_orphan(orphans.items[0], err));
	assert_false(pk_path_exists(orphans.items[0]));
	assert_int_equal(rename(away, c->f->repo), 0);
}

static void works_without_a_repository(void **state)
{
	struct cluster *c = *state;
	PK_AUTO(pk_server) server = PK_SERVER_INIT;

	OK(pk_server_open(&server, NULL, NULL, 0, err));
	PK_FREE char *one = ask(&server.admin, "SELECT 1");
	assert_string_equal(one, "1");
	assert_true(pk_server_running(NULL, server.major));
	OK(pk_server_remove(NULL, server.major, err));
	assert_false(pk_server_running(NULL, c->server.major));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(is_private),
		cmocka_unit_test(login_role_gets_nowhere),
		cmocka_unit_test(makes_cuts_renames_and_drops_databases),
		cmocka_unit_test(takes_encoding_and_locale),
		cmocka_unit_test(drops_only_what_it_marked),
		cmocka_unit_test(stands_in_for_roles),
		cmocka_unit_test(comes_back_after_kill_9),
		cmocka_unit_test(a_reused_pid_is_not_its_server),
		cmocka_unit_test(many_open_it_at_once),
		cmocka_unit_test(a_half_made_cluster_is_made_again),
		cmocka_unit_test(starts_again_when_its_socket_is_gone),
		cmocka_unit_test(says_what_is_missing),
		cmocka_unit_test(uses_a_server_that_is_named),
		cmocka_unit_test(stops_when_idle),
		cmocka_unit_test(the_watcher_ends_with_its_server),
		cmocka_unit_test(finds_clusters_of_repositories_that_are_gone),
		cmocka_unit_test(works_without_a_repository),
	};
	return cmocka_run_group_tests(tests, cluster_setup, cluster_teardown);
}
