#include "clusterfix.h"

#include "base/clock.h"
#include "base/sig.h"
#include "pg/pipeline.h"
#include <libpq-fe.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>

static void open_admin(const struct cluster *c, struct pk_conn *conn)
{
	OK(pk_conn_open(conn, &c->server.admin, err));
}

static void starts_with_settings_of_our_own_and_gives_them_back(void **state)
{
	PK_AUTO(pk_conn) conn = PK_CONN_INIT;
	PK_FREE char *ours = NULL, *users = NULL, *again = NULL;
	const char *sql = "SELECT concat_ws('|', current_setting('search_path'), "
			  "current_setting('client_encoding'), "
			  "current_setting('extra_float_digits'))";

	open_admin(*state, &conn);
	OK(pk_query_value(&conn, sql, 0, NULL, &ours, err));
	assert_string_equal(ours, "|UTF8|3");
	OK(pk_conn_user_settings(&conn, err));
	OK(pk_query_value(&conn, sql, 0, NULL, &users, err));
	assert_string_equal(users, "\"$user\", public|UTF8|1");
	OK(pk_conn_own_settings(&conn, err));
	OK(pk_query_value(&conn, sql, 0, NULL, &again, err));
	assert_string_equal(again, ours);
}

/* What follows COMMIT in the same message has no say in whether it was committed. */
static void tells_a_commit_from_what_follows_it(void **state)
{
	PK_AUTO(pk_conn) conn = PK_CONN_INIT;
	PK_AUTO(pk_err) why = PK_ERR_INIT;
	PK_FREE char *rows = NULL;
	struct pk_conn_commit commit = { .then = "SET application_name = 'a'; SELECT 1" };

	open_admin(*state, &conn);
	OK(pk_exec(&conn, "CREATE TEMP TABLE c (id int PRIMARY KEY DEFERRABLE INITIALLY DEFERRED)", err));
	OK(pk_exec(&conn, "BEGIN; INSERT INTO c VALUES (1)", err));
	OK(pk_conn_commit(&conn, &commit, err));
	assert_true(commit.all);
	OK(pk_exec(&conn, "BEGIN; INSERT INTO c VALUES (2)", err));
	commit.then = "SELECT 1 / 0; SELECT 1";
	OK(pk_conn_commit(&conn, &commit, err));
	assert_true(commit.reached && !commit.all);
	assert_int_equal(pk_conn_tx(&conn), PK_TX_IDLE);
	OK(pk_exec(&conn, "BEGIN; INSERT INTO c VALUES (2)", err));
	assert_int_equal(pk_conn_commit(&conn, &commit, &why), -1);
	assert_string_equal(why.sqlstate, "23505");
	assert_true(commit.reached);
	OK(pk_exec(&conn, "BEGIN", err));
	assert_int_equal(pk_exec(&conn, "SELECT 1 / 0", NULL), -1);
	assert_int_equal(pk_conn_commit(&conn, &commit, &why), -1);
	assert_int_equal(pk_conn_tx(&conn), PK_TX_IDLE);
	OK(pk_query_value(&conn, "SELECT count(*) FROM c; SELECT count(*) + 10 FROM c", -1, NULL, &rows, err));
	assert_string_equal(rows, "12");
}

/* What libpq was told; caller frees. */
static char *told(const struct pk_conn *conn, const char *key)
{
	PQconninfoOption *options = PQconninfo(conn->handle);
	char *value = NULL;

	for (PQconninfoOption *o = options; o && o->keyword; o++)
		if (strcmp(o->keyword, key) == 0 && o->val)
			value = pk_strdup(o->val);
	PQconninfoFree(options);
	return value;
}

static void keeps_silent_connections_alive_unless_told_otherwise(void **state)
{
	static const char *const signs[][3] = { { "keepalives_idle", "60", "7" },
						{ "keepalives_interval", "10", "10" },
						{ "keepalives_count", "6", "6" },
						{ "tcp_user_timeout", "120000", "0" } };
	struct cluster *c = *state;
	PK_AUTO(pk_conn) ours = PK_CONN_INIT;
	PK_AUTO(pk_conn) others = PK_CONN_INIT;
	struct pk_conninfo info = PK_CONNINFO_INIT;

	open_admin(c, &ours);
	pk_conninfo_copy(&info, &c->server.admin);
	pk_conninfo_set(&info, "keepalives_idle", "7");
	pk_conninfo_set(&info, "tcp_user_timeout", "0");
	OK(pk_conn_open(&others, &info, err));
	for (size_t i = 0; i < PK_COUNT(signs); i++) {
		PK_FREE char *unasked = told(&ours, signs[i][0]),
			     *asked = told(&others, signs[i][0]);

		assert_non_null(unasked);
		assert_string_equal(unasked, signs[i][1]);
		assert_non_null(asked);
		assert_string_equal(asked, signs[i][2]);
	}
	pk_conninfo_release(&info);
}

static void passes_parameters_and_null(void **state)
{
	PK_AUTO(pk_conn) conn = PK_CONN_INIT;
	PK_AUTO(pk_rows) rows = PK_ROWS_INIT;
	const char *const params[] = { "it's \\ \"x\"", NULL };

	open_admin(*state, &conn);
	OK(pk_query(&conn, "SELECT $1::text AS a, $2::text AS b, true AS c", 2, params, &rows,
		    err));
	assert_int_equal(rows.n, 1);
	assert_string_equal(pk_rows_named(&rows, 0, "a"), params[0]);
	assert_null(pk_rows_named(&rows, 0, "b"));
	assert_true(pk_rows_true(&rows, 0, 2));
	assert_int_equal(pk_rows_column(&rows, "none"), -1);
}

static void quotes_so_that_the_server_reads_the_same(void **state)
{
	static const char *const hostile[] = { "a'b\\c\"d",	 "\\",	 "''", "E'\\''", "\n",
					       "\xc3\xa9 $1 $$", "user", "A b" };
	PK_AUTO(pk_conn) conn = PK_CONN_INIT;

	open_admin(*state, &conn);
	for (size_t i = 0; i < PK_COUNT(hostile); i++) {
		PK_AUTO(pk_buf) sql = PK_BUF_INIT;
		PK_AUTO(pk_rows) rows = PK_ROWS_INIT;
		PK_FREE char *ident = NULL, *server_ident = NULL;
		pk_buf_add(&sql, "SELECT ");
		pk_buf_add_literal(&sql, hostile[i]);
		pk_buf_add(&sql, " AS ");
		pk_buf_add_ident(&sql, hostile[i]);
		OK(pk_query(&conn, sql.ptr, 0, NULL, &rows, err));
		assert_string_equal(pk_rows_named(&rows, 0, hostile[i]), hostile[i]);
		OK(pk_query_value(&conn, "SELECT quote_ident($1)", 1, &hostile[i], &server_ident,
				  err));
		PK_AUTO(pk_buf) own = PK_BUF_INIT;
		pk_buf_add_ident(&own, hostile[i]);
		assert_string_equal(own.ptr, server_ident);
	}
}

static void quotes_every_keyword_of_the_server(void **state)
{
	PK_AUTO(pk_conn) conn = PK_CONN_INIT;
	PK_AUTO(pk_rows) rows = PK_ROWS_INIT;

	open_admin(*state, &conn);
	OK(pk_query(&conn,
		    "SELECT word, quote_ident(word) FROM pg_catalog.pg_get_keywords() WHERE "
		    "catcode <> 'U'",
		    0, NULL, &rows, err));
	assert_true(rows.n > 100);
	for (int i = 0; i < rows.n; i++) {
		PK_AUTO(pk_buf) own = PK_BUF_INIT;
		pk_buf_add_ident(&own, pk_rows_get(&rows, i, 0));
		assert_string_equal(own.ptr, pk_rows_get(&rows, i, 1));
	}
}

static void says_where_an_error_is(void **state)
{
	PK_AUTO(pk_conn) conn = PK_CONN_INIT;
	struct pk_err e = PK_ERR_INIT;

	open_admin(*state, &conn);
	assert_int_equal(
		pk_exec(&conn, "SELECT 1;\n-- \xc3\xa9\xc3\xa9\nSELECT \xc3\xa9\xc3\xa9 + 1;", &e),
		-1);
	assert_string_equal(e.sqlstate, "42703");
	assert_int_equal(e.line, 3);
	assert_int_equal(e.col, 8);
	assert_int_equal(pk_exec(&conn,
				 "DO $$ BEGIN RAISE EXCEPTION 'no' USING DETAIL = 'why', HINT = "
				 "'how'; END $$",
				 &e),
			 -1);
	assert_string_equal(e.msg, "no");
	assert_non_null(strstr(e.detail, "why"));
	assert_non_null(strstr(e.detail, "PL/pgSQL function"));
	assert_string_equal(e.hint, "how");
	assert_int_equal(e.line, 0);
	pk_err_release(&e);
	assert_int_equal(pk_conn_tx(&conn), PK_TX_IDLE);
}

static void runs_several_statements_as_one(void **state)
{
	PK_AUTO(pk_conn) conn = PK_CONN_INIT;
	PK_FREE char *there = NULL;
	struct pk_err e = PK_ERR_INIT;
	int64_t n = 0;

	open_admin(*state, &conn);
	assert_int_equal(pk_exec(&conn, "CREATE TABLE public.gone (a int); SELECT 1/0", &e), -1);
	assert_string_equal(e.sqlstate, "22012");
	pk_err_release(&e);
	OK(pk_query_value(&conn, "SELECT to_regclass('public.gone')", 0, NULL, &there, err));
	assert_null(there);
	OK(pk_exec_count(&conn,
			 "CREATE TEMP TABLE t (a int); INSERT INTO t SELECT generate_series(1, 5)",
			 &n, err));
	assert_int_equal(n, 5);
	OK(pk_exec_count(&conn, "DROP TABLE t", &n, err));
	assert_int_equal(n, -1);
	OK(pk_exec(&conn, "", err));
	OK(pk_exec(&conn, "BEGIN", err));
	assert_int_equal(pk_conn_tx(&conn), PK_TX_ACTIVE);
	assert_int_equal(pk_exec(&conn, "SELECT 1/0", NULL), -1);
	assert_int_equal(pk_conn_tx(&conn), PK_TX_FAILED);
	OK(pk_exec(&conn, "ROLLBACK", err));
}

static void refuses_copy_and_goes_on(void **state)
{
	static const char *const copies[] = {
		"CREATE TEMP TABLE c (a int); COPY c FROM STDIN",
		"COPY (SELECT generate_series(1, 3000000)) TO STDOUT",
		"COPY (SELECT 1) TO STDOUT; SELECT 1",
	};
	PK_AUTO(pk_conn) conn = PK_CONN_INIT;

	open_admin(*state, &conn);
	for (size_t i = 0; i < PK_COUNT(copies); i++) {
		struct pk_err e = PK_ERR_INIT;
		assert_int_equal(pk_exec(&conn, copies[i], &e), -1);
		assert_non_null(strstr(e.msg, "COPY"));
		assert_int_equal(pk_query(&conn, "COPY (SELECT 1) TO STDOUT", 0, NULL, NULL, &e),
				 -1);
		pk_err_release(&e);
		PK_FREE char *one = NULL;
		OK(pk_query_value(&conn, "SELECT 1", 0, NULL, &one, err));
		assert_string_equal(one, "1");
	}
}

static int run_pipelines(struct pk_conn *conns, const char *const *sqls, int n_each, int n, struct pk_rows *rows,
			 struct pk_err *e)
{
	struct pk_pipeline pipelines[PK_PIPELINES_MAX];
	struct pk_pipeline_query queries[8];

	for (int i = 0; i < n; i++) {
		for (int k = 0; k < n_each; k++)
			queries[i * n_each + k] = (struct pk_pipeline_query){ .sql = sqls[i * n_each + k], .rows = &rows[i * n_each + k], .numbers = k == 2 };
		pipelines[i] =
			(struct pk_pipeline){ .conn = &conns[i], .queries = queries + i * n_each, .n = n_each };
		if (pk_pipeline_send(&pipelines[i], e) < 0)
			return -1;
	}
	return pk_pipelines_collect(pipelines, n, NULL, NULL, e);
}

static void pipelines(void **state)
{
	static const char *const sqls[] = { "SELECT 1",
					    "SELECT generate_series(1, 200000), repeat('x', 50)",
					    "SELECT 3, 4::oid UNION SELECT -1, 4294967295 ORDER BY 1",
					    "SELECT generate_series(1, 100000), repeat('y', 50)",
					    "SET LOCAL jit = off",
					    "SELECT pg_catalog.current_setting('search_path')" };
	static const char *const bad[] = { "SELECT 1", "SELECT\n nothing", "SELECT 3" };
	struct pk_conn conns[] = { PK_CONN_INIT, PK_CONN_INIT };
	struct pk_rows rows[6] = { PK_ROWS_INIT, PK_ROWS_INIT, PK_ROWS_INIT, PK_ROWS_INIT, PK_ROWS_INIT, PK_ROWS_INIT };
	struct pk_err e = PK_ERR_INIT;

	open_admin(*state, &conns[0]);
	open_admin(*state, &conns[1]);
	OK(run_pipelines(conns, sqls, 3, 2, rows, err));
	assert_int_equal(rows[0].n, 1);
	assert_int_equal(rows[1].n, 200000);
	assert_int_equal(rows[2].n, 2);
	assert_int_equal((int32_t)pk_rows_number(&rows[2], 0, 0), -1);
	assert_int_equal(pk_rows_number(&rows[2], 0, 1), 4294967295);
	assert_int_equal(pk_rows_number(&rows[2], 1, 0), 3);
	assert_int_equal(rows[3].n, 100000);
	assert_null(rows[4].handle);
	assert_string_equal(pk_rows_get(&rows[5], 0, 0), "");
	for (int i = 2; i < 6; i++)
		pk_rows_release(&rows[i]);
	assert_int_equal(run_pipelines(conns, bad, 3, 1, rows, &e), -1);
	assert_string_equal(e.sqlstate, "42703");
	assert_int_equal(e.line, 2);
	assert_null(rows[0].handle);
	pk_err_release(&e);
	OK(run_pipelines(conns, sqls, 1, 1, rows, err));
	pk_rows_release(&rows[0]);
	for (int i = 0; i < 2; i++)
		pk_conn_release(&conns[i]);
}

static void has_a_second_one_until_it_is_closed(void **state)
{
	PK_AUTO(pk_conn) conn = PK_CONN_INIT;
	PK_FREE char *pid = NULL, *again = NULL;
	struct pk_conn *second;

	open_admin(*state, &conn);
	second = pk_conn_second(&conn, NULL);
	assert_non_null(second);
	assert_string_equal(second->where, conn.where);
	OK(pk_query_value(second, "SELECT pg_backend_pid()", 0, NULL, &pid, err));
	assert_ptr_equal(pk_conn_second(&conn, NULL), second);
	OK(pk_query(&conn, "SELECT pg_terminate_backend($1::int, 5000)", 1, (const char *const[]){ pid }, NULL, err));
	assert_int_equal(pk_exec(second, "SELECT 1", NULL), -1);
	second = pk_conn_second(&conn, NULL); /* anew */
	assert_non_null(second);
	OK(pk_query_value(second, "SELECT pg_backend_pid()", 0, NULL, &again, err));
	assert_string_not_equal(again, pid);
	pk_conn_close_second(&conn);
	assert_null(conn.second);
}

static void opens_both_at_once_and_tells_which_cannot_be(void **state)
{
	struct cluster *c = *state;
	PK_AUTO(pk_conninfo) absent = PK_CONNINFO_INIT;
	PK_AUTO(pk_conn) a = PK_CONN_INIT;
	PK_AUTO(pk_conn) b = PK_CONN_INIT;
	PK_FREE char *path = NULL;
	struct pk_err e = PK_ERR_INIT;

	OK(pk_conn_open_both(&a, &c->server.admin, &b, &c->server.admin, err));
	OK(pk_query_value(&b, "SELECT current_setting('search_path')", 0, NULL, &path, err));
	assert_string_equal(path, "");
	pk_conninfo_copy(&absent, &c->server.admin);
	pk_conninfo_set(&absent, "dbname", "pk_absent");
	assert_int_equal(pk_conn_open_both(&a, &c->server.admin, &b, &absent, &e), -1);
	assert_string_equal(e.sqlstate, "3D000");
	assert_null(b.handle);
	pk_err_release(&e);
}

static void keeps_notices_within_bounds(void **state)
{
	PK_AUTO(pk_conn) conn = PK_CONN_INIT;

	open_admin(*state, &conn);
	OK(pk_exec(&conn, "DO $$ BEGIN RAISE WARNING E'two\\nlines'; END $$", err));
	assert_string_equal(conn.notices.ptr, "WARNING: two lines\n");
	OK(pk_exec(&conn,
		   "DO $$ BEGIN FOR i IN 1..5000 LOOP RAISE NOTICE '%', repeat('x', 100); END "
		   "LOOP; END $$",
		   err));
	assert_true(conn.notices.len <= 65536);
}

static void explains_a_failed_connection(void **state)
{
	struct cluster *c = *state;
	static const struct {
		const char *key, *value, *sqlstate, *in_hint;
	} cases[] = {
		{ "password", "canary-wrong", "28P01", "password" },
		{ "dbname", "pk_absent", "3D000", "name" },
		{ "host", "/nonexistent", "08001", "socket" },
		{ "password", NULL, "28P01", "password" },
	};

	for (size_t i = 0; i < PK_COUNT(cases); i++) {
		PK_AUTO(pk_conninfo) info = PK_CONNINFO_INIT;
		PK_AUTO(pk_conn) conn = PK_CONN_INIT;
		struct pk_err e = PK_ERR_INIT;
		pk_conninfo_copy(&info, &c->server.admin);
		pk_conninfo_set(&info, "passfile", "/nonexistent");
		pk_conninfo_set(&info, cases[i].key, cases[i].value);
		assert_int_equal(pk_conn_open(&conn, &info, &e), -1);
		assert_string_equal(e.sqlstate, cases[i].sqlstate);
		assert_non_null(e.hint);
		assert_non_null(strstr(e.hint, cases[i].in_hint));
		assert_null(strstr(e.msg, "canary"));
		assert_int_equal(conn.needs_password, cases[i].value == NULL);
		assert_null(conn.handle);
		pk_err_release(&e);
	}
}

static void notices_that_the_connection_is_gone(void **state)
{
	PK_AUTO(pk_conn) conn = PK_CONN_INIT, other = PK_CONN_INIT;
	struct pk_err e = PK_ERR_INIT;
	PK_FREE char *pid = NULL;

	open_admin(*state, &conn);
	open_admin(*state, &other);
	assert_true(pk_conn_alive(&conn));
	OK(pk_query_value(&conn, "SELECT pg_backend_pid()", 0, NULL, &pid, err));
	const char *const params[] = { pid };
	OK(pk_query(&other, "SELECT pg_terminate_backend($1::int, 5000)", 1, params, NULL, err));
	assert_int_equal(pk_exec(&conn, "SELECT 1", &e), -1);
	assert_true(pk_starts_with(e.sqlstate, "57P01") || pk_starts_with(e.sqlstate, "08"));
	pk_err_release(&e);
	assert_false(pk_conn_alive(&conn));
	assert_int_equal(pk_exec(&conn, "SELECT 1", &e), -1);
	pk_err_release(&e);
}

/* In a child: the flag of an interrupt stays set. */
static int interrupted_child(const struct cluster *c)
{
	PK_AUTO(pk_conn) conn = PK_CONN_INIT;
	PK_AUTO(pk_err) e = PK_ERR_INIT;
	pid_t parent = getpid();
	double began = pk_now();

	pk_sig_init();
	if (pk_conn_open(&conn, &c->server.admin, &e) < 0)
		return 1;
	pid_t killer = fork();
	if (killer == 0) {
		nanosleep(&(struct timespec){ .tv_nsec = 300 * 1000 * 1000 }, NULL);
		kill(parent, SIGINT);
		_exit(0);
	}
	int status = pk_exec(&conn, "SELECT pg_sleep(30)", &e);
	waitpid(killer, NULL, 0);
	if (status != -1 || e.exit != PK_EXIT_INTERRUPTED || strcmp(e.sqlstate, "57014") != 0)
		return 2;
	if (pk_now() - began > 10 || !pk_interrupted())
		return 3;
	/* the clean-up still runs */
	return pk_exec(&conn, "SELECT 1", &e) == 0 ? 0 : 4;
}

/* In children: 0 when what is said holds. */
static void holds_in_a_child(int (*child)(const struct cluster *c), const struct cluster *c)
{
	int status = 0;
	pid_t pid = fork();

	if (pid == 0)
		_exit(child(c));
	waitpid(pid, &status, 0);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

static void cancels_on_an_interrupt(void **state)
{
	holds_in_a_child(interrupted_child, *state);
}

/* Listens on a port of 127.0.0.1, which comes into info as that of its first host; says nothing by itself. */
static int listen_as_first_host(struct pk_conninfo *info, const char *others, const char *other_ports)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(at);
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	assert_int_equal(bind(fd, (struct sockaddr *)&at, len), 0);
	assert_int_equal(listen(fd, 5), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&at, &len), 0);
	PK_FREE char *hosts = pk_printf("127.0.0.1%s", others);
	PK_FREE char *ports = pk_printf("%d%s", ntohs(at.sin_port), other_ports);
	pk_conninfo_set(info, "host", hosts);
	pk_conninfo_set(info, "port", ports);
	info->patience = 0;
	return fd;
}

static void goes_on_to_the_next_host_when_one_is_silent(void **state)
{
	struct cluster *c = *state;
	PK_AUTO(pk_conn) conn = PK_CONN_INIT;
	struct pk_conninfo info = PK_CONNINFO_INIT;
	PK_FREE char *others = pk_printf(",%s", pk_conninfo_get(&c->server.admin, "host"));

	pk_conninfo_copy(&info, &c->server.admin);
	int fd = listen_as_first_host(&info, others, ",5432");
	pk_conninfo_set(&info, "connect_timeout", "2");
	OK(pk_conn_open(&conn, &info, err));
	close(fd);
	pk_conninfo_release(&info);
}

/* The interrupt comes while the first host is waited for, which has much time. */
static int interrupted_among_hosts(const struct cluster *c)
{
	PK_AUTO(pk_conn) conn = PK_CONN_INIT;
	PK_AUTO(pk_err) e = PK_ERR_INIT;
	struct pk_conninfo info = PK_CONNINFO_INIT;
	double began = pk_now();
	pid_t parent = getpid();

	pk_conninfo_copy(&info, &c->server.admin);
	int fd = listen_as_first_host(&info, ",127.0.0.2", "");
	pk_conninfo_set(&info, "connect_timeout", "30");
	pk_sig_init();
	if (fork() == 0) {
		poll(&(struct pollfd){ .fd = fd, .events = POLLIN }, 1, -1);
		kill(parent, SIGINT);
		_exit(0);
	}
	if (pk_conn_open(&conn, &info, &e) == 0)
		return 1;
	return pk_now() - began > 10 ? 2 : e.exit == PK_EXIT_INTERRUPTED ? 0 : 3;
}

static void hears_an_interrupt_while_it_waits_for_one_of_several(void **state)
{
	holds_in_a_child(interrupted_among_hosts, *state);
}

/* Says three times that it is starting up, and interrupts at the fourth. */
static void start_up(int fd, pid_t whom)
{
	static const char said[] = "E\0\0\0\x45SFATAL\0C57P03\0Mthe database system is in recovery mode (a test)\0";

	for (int i = 0; i < 3; i++) {
		char startup[1024];
		int client = accept(fd, NULL, NULL);

		if (read(client, startup, sizeof(startup)) > 0 && write(client, said, sizeof(said)) > 0)
			close(client);
	}
	poll(&(struct pollfd){ .fd = fd, .events = POLLIN }, 1, -1);
	kill(whom, SIGINT);
}

static int waits_through_a_recovery(const struct cluster *c)
{
	PK_AUTO(pk_conn) conn = PK_CONN_INIT;
	PK_AUTO(pk_err) e = PK_ERR_INIT;
	struct pk_conninfo info = PK_CONNINFO_INIT;
	pid_t parent = getpid();

	pk_conninfo_copy(&info, &c->server.admin);
	int fd = listen_as_first_host(&info, "", "");
	info.patience = c->server.admin.patience;
	pk_conninfo_set(&info, "sslmode", "disable");
	pk_conninfo_set(&info, "gssencmode", "disable");
	pk_sig_init();
	if (fork() == 0) {
		start_up(fd, parent);
		_exit(0);
	}
	if (pk_conn_open(&conn, &info, &e) == 0)
		return 1;
	return e.exit == PK_EXIT_INTERRUPTED ? 0 : 2;
}

static void has_patience_with_a_server_of_our_own(void **state)
{
	struct cluster *c = *state;
	PK_AUTO(pk_conn) ours = PK_CONN_INIT;

	setenv("PGCONNECT_TIMEOUT", "2", 1);
	open_admin(c, &ours);
	unsetenv("PGCONNECT_TIMEOUT");
	PK_FREE char *seconds = told(&ours, "connect_timeout");
	assert_string_equal(seconds, "180");
	holds_in_a_child(waits_through_a_recovery, c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(starts_with_settings_of_our_own_and_gives_them_back),
		cmocka_unit_test(tells_a_commit_from_what_follows_it),
		cmocka_unit_test(keeps_silent_connections_alive_unless_told_otherwise),
		cmocka_unit_test(passes_parameters_and_null),
		cmocka_unit_test(quotes_so_that_the_server_reads_the_same),
		cmocka_unit_test(quotes_every_keyword_of_the_server),
		cmocka_unit_test(says_where_an_error_is),
		cmocka_unit_test(runs_several_statements_as_one),
		cmocka_unit_test(refuses_copy_and_goes_on),
		cmocka_unit_test(pipelines),
		cmocka_unit_test(has_a_second_one_until_it_is_closed),
		cmocka_unit_test(opens_both_at_once_and_tells_which_cannot_be),
		cmocka_unit_test(keeps_notices_within_bounds),
		cmocka_unit_test(explains_a_failed_connection),
		cmocka_unit_test(notices_that_the_connection_is_gone),
		cmocka_unit_test(cancels_on_an_interrupt),
		cmocka_unit_test(goes_on_to_the_next_host_when_one_is_silent),
		cmocka_unit_test(hears_an_interrupt_while_it_waits_for_one_of_several),
		cmocka_unit_test(has_patience_with_a_server_of_our_own),
	};
	return cmocka_run_group_tests(tests, cluster_setup, cluster_teardown);
}
