#include "clusterfix.h"

#include "clone/template.h"
#include "trace/parts.h"
#include "trace/waits.h"

/* A database owned by the stand-in "Own er", in which the login role acts as that. */
struct world {
	struct pk_conn user, admin;
	char *db;
};

static void world_open(struct cluster *c, const char *db, struct world *w)
{
	PK_AUTO(pk_strv) roles = PK_STRV_INIT;
	PK_AUTO(pk_conninfo) user = PK_CONNINFO_INIT;
	PK_AUTO(pk_conninfo) admin = PK_CONNINFO_INIT;
	const struct pk_create_db how = { .mark = { .purpose = "clone", .label = "t" }, .owner = "Own er" };

	*w = (struct world){ .db = pk_strdup(db) };
	pk_strv_push(&roles, "Own er");
	pk_strv_push(&roles, "other");
	OK(pk_server_ensure_roles(&c->server, &roles, err));
	OK(pk_server_create_db(&c->server, db, &how, err));
	OK(pk_act_as(&c->server, db, "Own er", err));
	pk_server_user_info(&c->server, db, &user);
	pk_server_admin_info(&c->server, db, &admin);
	OK(pk_conn_open(&w->user, &user, err));
	OK(pk_conn_open(&w->admin, &admin, err));
	OK(pk_exec(&w->user,
		   "CREATE TABLE public.t (id int PRIMARY KEY, n int);"
		   "INSERT INTO public.t SELECT i, i FROM generate_series(1, 1000) i;"
		   "CREATE TABLE public.\"P \"\"q\" (id int PRIMARY KEY)",
		   err));
}

static void world_close(struct cluster *c, struct world *w)
{
	pk_conn_release(&w->user);
	pk_conn_release(&w->admin);
	OK(pk_server_drop_db(&c->server, w->db, err));
	free(w->db);
}

static void value_is(struct pk_conn *conn, const char *sql, const char *wanted)
{
	PK_FREE char *value = NULL;

	OK(pk_query_value(conn, sql, 0, NULL, &value, err));
	assert_string_equal(value ? value : "NULL", wanted);
}

static int run_text(struct world *w, const char *sql, struct pk_run how, struct pk_trace *trace,
		    size_t *done, struct pk_err *err)
{
	how.file = "m.sql";
	how.admin = &w->admin;
	how.local = true;
	return pk_run_sql(&w->user, sql, &how, trace, done, err);
}

static int note_role(void *arg, struct pk_conn *conn, struct pk_err *err)
{
	return pk_query_value(conn, "SELECT current_user || '|' || current_setting('search_path')",
			      0, NULL, arg, err);
}

static void settings_and_roles_do_not_outlive_the_text(void **state)
{
	struct cluster *c = *state;
	struct world w;
	PK_FREE char *noted = NULL;
	size_t done;

	world_open(c, "pk_run_settings", &w);
	OK(run_text(
		&w,
		"SET search_path = public; SET lock_timeout = '7s'; CREATE TABLE made (id int);"
		"SELECT 1/(current_setting('search_path') = 'public')::int; SET ROLE NONE",
		(struct pk_run){ .transaction = true, .before_commit = note_role, .arg = &noted },
		NULL, &done, err));
	assert_int_equal(done, 5);
	assert_string_equal(noted, "Own er|");
	value_is(&w.user,
		 "SELECT current_user || current_setting('search_path') || "
		 "current_setting('lock_timeout')",
		 "Own er0");
	value_is(&w.user, "SELECT tableowner FROM pg_catalog.pg_tables WHERE tablename = 'made'",
		 "Own er");
	world_close(c, &w);
}

static void a_transaction_is_all_or_nothing(void **state)
{
	struct cluster *c = *state;
	PK_AUTO(pk_err) why = PK_ERR_INIT;
	struct world w;
	size_t done = 9;

	world_open(c, "pk_run_all", &w);
	assert_int_equal(
		run_text(&w, "CREATE TABLE public.x (id int);\n\nSELECT *\n  FROM public.nosuch;",
			 (struct pk_run){ .transaction = true, .first_line = 10 }, NULL, &done,
			 &why),
		-1);
	assert_int_equal(done, 0);
	assert_string_equal(why.file, "m.sql");
	assert_int_equal(why.line, 13);
	assert_int_equal(why.col, 8);
	assert_string_equal(why.sqlstate, "42P01");
	value_is(&w.user, "SELECT to_regclass('public.x')::text", "NULL");
	assert_int_equal(pk_conn_tx(&w.user), PK_TX_IDLE);
	world_close(c, &w);
}

struct asked {
	struct pk_conn *other;
	int n, answer;
};

/* On another connection, while this one is busy. */
static int may_begin(void *arg, struct pk_err *err)
{
	struct asked *asked = arg;

	asked->n++;
	assert_int_equal(pk_exec(asked->other, "SELECT 1", err), 0);
	return asked->answer < 0 ? pk_err_set(err, "not now") : 0;
}

static int add_rows(void *arg, struct pk_buf *sql)
{
	(void)arg;
	pk_buf_add(sql, "INSERT INTO public.t VALUES (-1, 7); INSERT INTO public.t VALUES (-2, 8); ");
	return 2;
}

static int rows_are_there(void *arg, struct pk_conn *conn, struct pk_err *err)
{
	(void)arg;
	(void)err;
	value_is(conn, "SELECT sum(n) FROM public.t WHERE id < 0", "15");
	return 0;
}

static void a_transaction_asks_once_whether_it_may_begin(void **state)
{
	struct cluster *c = *state;
	PK_AUTO(pk_err) why = PK_ERR_INIT;
	struct world w;

	world_open(c, "pk_run_ask", &w);
	struct asked asked = { .other = &w.admin, .answer = -1 };
	struct pk_run how = { .transaction = true, .may_begin = may_begin, .last = add_rows, .before_commit = rows_are_there,
			      .arg = &asked };
	assert_int_equal(run_text(&w, "CREATE TABLE public.x (); CREATE TABLE public.y ()", how, NULL, NULL, &why), -1);
	assert_string_equal(why.msg, "not now");
	assert_null(why.file);
	assert_int_equal(asked.n, 1);
	assert_int_equal(pk_conn_tx(&w.user), PK_TX_IDLE);
	value_is(&w.user, "SELECT to_regclass('public.x')::text || count(*) FROM public.t WHERE id < 0", "NULL");
	asked.answer = 0;
	OK(run_text(&w, "CREATE TABLE public.x (); CREATE TABLE public.y ()", how, NULL, NULL, err));
	assert_int_equal(asked.n, 2);
	value_is(&w.user, "SELECT count(*) FROM public.t WHERE id < 0 AND to_regclass('public.y') IS NOT NULL", "2");
	/* Its rows are refused as a whole with it. */
	assert_int_equal(run_text(&w, "CREATE TABLE public.z ()", how, NULL, NULL, &why), -1);
	assert_string_equal(why.sqlstate, "23505");
	assert_int_equal(why.line, 0);
	value_is(&w.user, "SELECT to_regclass('public.z')::text", "NULL");
	asked.answer = -1;
	assert_int_equal(run_text(&w, "", how, NULL, NULL, &why), -1);
	assert_string_equal(why.msg, "not now");
	world_close(c, &w);
}

/* With nothing to be looked at before it, they go with COMMIT, whose trouble is told from theirs. */
static void the_last_rows_go_with_commit(void **state)
{
	struct cluster *c = *state;
	PK_AUTO(pk_trace) trace = PK_TRACE_INIT;
	PK_AUTO(pk_err) why = PK_ERR_INIT;
	PK_FREE char *status = NULL, *asked = NULL;
	struct world w;

	world_open(c, "pk_run_last", &w);
	struct pk_run how = { .transaction = true, .xid = true, .last = add_rows, .last_failed = "not noted" };
	OK(run_text(&w, "CREATE TABLE public.x (id int REFERENCES public.t DEFERRABLE INITIALLY DEFERRED)", how,
		    &trace, NULL, err));
	value_is(&w.user, "SELECT count(*) FROM public.t WHERE id < 0 AND to_regclass('public.x') IS NOT NULL", "2");
	asked = pk_printf("SELECT pg_catalog.txid_status(%s)", trace.xid);
	OK(pk_query_value(&w.user, asked, 0, NULL, &status, err));
	assert_string_equal(status, "committed");
	assert_int_equal(run_text(&w, "CREATE TABLE public.z ()", how, NULL, NULL, &why), -1);
	assert_string_equal(why.sqlstate, "23505");
	assert_int_equal(strncmp(why.msg, "not noted: ", strlen("not noted: ")), 0);
	OK(pk_exec(&w.user, "DELETE FROM public.t WHERE id < 0", err));
	assert_int_equal(run_text(&w, "INSERT INTO public.x VALUES (-9)", how, NULL, NULL, &why), -1);
	assert_string_equal(why.sqlstate, "23503");
	assert_int_equal(strncmp(why.msg, "refused at COMMIT: ", strlen("refused at COMMIT: ")), 0);
	value_is(&w.user, "SELECT (to_regclass('public.z') IS NULL)::text || count(*) FROM public.t WHERE id < 0", "true0");
	world_close(c, &w);
}

static void alone_each_statement_stays_and_can_be_skipped_later(void **state)
{
	struct cluster *c = *state;
	PK_AUTO(pk_err) why = PK_ERR_INIT;
	struct world w;
	size_t done = 0;
	const char *sql = "CREATE TABLE public.x (id int); SELECT 1/count(*) FROM public.x; DROP "
			  "TABLE public.x";

	world_open(c, "pk_run_alone", &w);
	assert_int_equal(run_text(&w, sql, (struct pk_run){ .measure = true }, NULL, &done, &why),
			 -1);
	assert_int_equal(done, 1);
	OK(pk_exec(&w.user, "INSERT INTO public.x VALUES (1)", err));
	OK(run_text(&w, sql, (struct pk_run){ .measure = true, .skip = done }, NULL, &done, err));
	assert_int_equal(done, 3);
	world_close(c, &w);
}

static const struct pk_traced *of(const struct pk_trace *trace, const char *begins)
{
	for (size_t i = 0; i < trace->n; i++)
		if (pk_starts_with(trace->items[i].sql, begins))
			return &trace->items[i];
	fail_msg("not run: %s", begins);
	return NULL;
}

static void locks_rewrites_and_reads_are_measured(void **state)
{
	struct cluster *c = *state;
	PK_AUTO(pk_trace) trace = PK_TRACE_INIT;
	const struct pk_traced *t;
	struct world w;
	cJSON *json;

	world_open(c, "pk_run_measure", &w);
	OK(run_text(&w,
		    "UPDATE public.t SET n = 2 WHERE id = 1;"
		    "ALTER TABLE public.\"P \"\"q\" ADD COLUMN x int;"
		    "ALTER TABLE public.t ALTER COLUMN n TYPE bigint;"
		    "CREATE INDEX built ON public.t (n);"
		    "CREATE TABLE public.fresh (id int PRIMARY KEY); ALTER TABLE public.fresh ADD COLUMN y int;"
		    "DROP TABLE public.t",
		    (struct pk_run){ .transaction = true, .measure = true }, &trace, NULL, err));
	t = of(&trace, "UPDATE");
	assert_int_equal(t->rows, 1);
	assert_string_equal(t->lock, "ROW EXCLUSIVE");
	assert_string_equal(t->relation, "public.t");
	assert_false(t->rewrote);
	t = of(&trace, "ALTER TABLE public.\"P");
	assert_string_equal(t->lock, "ACCESS EXCLUSIVE");
	assert_string_equal(t->relation, "public.\"P \"\"q\"");
	assert_false(t->rewrote);
	t = of(&trace, "ALTER TABLE public.t");
	assert_true(t->rewrote);
	assert_string_equal(t->rewritten, "public.t");
	assert_true(t->read >= 1000);
	assert_int_equal(t->n_locks, 1);
	assert_string_equal(t->locks[0].relation, "public.t");
	assert_string_equal(t->locks[0].mode, "ACCESS EXCLUSIVE");
	assert_string_equal(t->files[0].relation, "public.t");
	assert_null(t->files[0].table);
	assert_true(t->files[0].bytes >= 1000 * 8 && t->wal >= t->files[0].bytes);
	t = of(&trace, "CREATE INDEX built");
	assert_int_equal(t->n_locks, 0); /* SHARE, under ACCESS EXCLUSIVE */
	assert_int_equal(t->n_files, 1);
	assert_string_equal(t->files[0].relation, "public.built");
	assert_string_equal(t->files[0].table, "public.t");
	assert_true(t->files[0].built && t->files[0].bytes > 1000);
	t = of(&trace, "ALTER TABLE public.fresh");
	assert_null(t->lock);
	assert_int_equal(t->n_locks + t->n_files, 0);
	assert_string_equal(t->held, "ACCESS EXCLUSIVE");
	json = pk_trace_to_json(&trace);
	assert_int_equal(cJSON_GetArraySize(json), trace.n);
	cJSON_Delete(json);
	world_close(c, &w);
}

static struct pk_traced took(double seconds, struct pk_traced_lock *locks, size_t n)
{
	return (struct pk_traced){ .seconds = seconds, .locks = locks, .n_locks = n };
}

static void who_waits_is_told_for_the_longest_transaction(void **state)
{
	PK_AUTO(pk_waits) waits = PK_WAITS_INIT;
	struct pk_traced_lock share = { .relation = "public.a", .mode = "SHARE" }, all = { .relation = "public.a", .mode = "ACCESS EXCLUSIVE" };
	struct pk_traced_lock weak[] = { { .relation = "public.b", .mode = "ROW EXCLUSIVE" }, { .relation = "public.c", .mode = "SHARE ROW EXCLUSIVE" } };
	struct pk_traced first = took(1, &share, 1), second = took(2, &all, 1), third = took(4, weak, 2), fourth = took(3, &all, 1);

	(void)state;
	pk_waits_add(&waits, &first);
	pk_waits_add(&waits, &second);
	pk_waits_add(&waits, &third);
	pk_waits_commit(&waits);
	pk_waits_add(&waits, &fourth);
	pk_waits_commit(&waits);
	assert_int_equal(waits.n, 2);
	assert_string_equal(waits.items[0].relation, "public.a");
	assert_string_equal(waits.items[0].mode, "ACCESS EXCLUSIVE");
	assert_true(waits.items[0].writes == 7 && waits.items[0].reads == 6);
	assert_string_equal(waits.items[1].mode, "SHARE ROW EXCLUSIVE");
	assert_true(waits.items[1].writes == 4 && waits.items[1].reads == 0);
}

static void what_refuses_a_transaction_is_run_without(void **state)
{
	struct cluster *c = *state;
	PK_AUTO(pk_trace) trace = PK_TRACE_INIT;
	struct world w;

	world_open(c, "pk_run_concurrent", &w);
	OK(run_text(&w,
		    "CREATE INDEX CONCURRENTLY i ON public.t (n); ALTER TABLE public.t ADD COLUMN "
		    "z int; "
		    "VACUUM public.t",
		    (struct pk_run){ .measure = true }, &trace, NULL, err));
	assert_string_equal(of(&trace, "CREATE INDEX")->lock, "SHARE UPDATE EXCLUSIVE");
	assert_int_equal(of(&trace, "CREATE INDEX")->n_locks, 1);
	assert_string_equal(of(&trace, "CREATE INDEX")->files[0].relation, "public.i");
	assert_true(of(&trace, "CREATE INDEX")->wal > 0);
	assert_string_equal(of(&trace, "ALTER")->lock, "ACCESS EXCLUSIVE");
	world_close(c, &w);
}

static void transaction_control_and_copy_are_refused_before_anything_runs(void **state)
{
	static const struct {
		const char *sql, *word;
	} cases[] = {
		{ "DROP TABLE public.t; COMMIT", "transaction control" },
		{ "DROP TABLE public.t; begin", "transaction control" },
		{ "DROP TABLE public.t; START TRANSACTION", "transaction control" },
		{ "DROP TABLE public.t; END", "transaction control" },
		{ "DROP TABLE public.t; ROLLBACK", "transaction control" },
		{ "DROP TABLE public.t; SAVEPOINT a", "transaction control" },
		{ "DROP TABLE public.t; COPY public.t TO STDOUT", "COPY" },
		{ "DROP TABLE public.t; COPY public.t FROM PROGRAM 'true'", "COPY" },
	};
	struct cluster *c = *state;
	struct world w;

	world_open(c, "pk_run_refuse", &w);
	for (size_t i = 0; i < PK_COUNT(cases); i++) {
		for (int transaction = 0; transaction < 2; transaction++) {
			PK_AUTO(pk_err) why = PK_ERR_INIT;

			assert_int_equal(run_text(&w, cases[i].sql,
						  (struct pk_run){ .transaction = transaction },
						  NULL, NULL, &why),
					 -1);
			assert_non_null(strstr(why.msg, cases[i].word));
			assert_int_equal(why.col, 22);
			value_is(&w.user, "SELECT count(*) FROM public.t", "1000");
		}
	}
	world_close(c, &w);
}

static void extensions_go_through_the_admin_and_roles_are_skipped(void **state)
{
	struct cluster *c = *state;
	struct world w;

	world_open(c, "pk_run_extension", &w);
	OK(run_text(&w,
		    "CREATE ROLE nobody_made_me; GRANT other TO nobody_made_me;"
		    "CREATE EXTENSION pageinspect; COMMENT ON EXTENSION pageinspect IS 'x'",
		    (struct pk_run){ .transaction = true }, NULL, NULL, err));
	value_is(&w.user,
		 "SELECT count(*) FROM pg_catalog.pg_extension WHERE extname = 'pageinspect'", "1");
	value_is(&w.user,
		 "SELECT count(*) FROM pg_catalog.pg_roles WHERE rolname = 'nobody_made_me'", "0");
	OK(run_text(&w, "DROP EXTENSION pageinspect", (struct pk_run){ .transaction = true }, NULL,
		    NULL, err));
	value_is(&w.user,
		 "SELECT count(*) FROM pg_catalog.pg_extension WHERE extname = 'pageinspect'", "0");
	world_close(c, &w);
}

static void seeds_run_once_for_each_content(void **state)
{
	struct cluster *c = *state;
	PK_AUTO(pk_source) seeds = PK_SOURCE_INIT, changed = PK_SOURCE_INIT;
	PK_AUTO(pk_part_results) first = PK_PART_RESULTS_INIT, second = PK_PART_RESULTS_INIT,
				 third = PK_PART_RESULTS_INIT, dry = PK_PART_RESULTS_INIT;
	struct pk_parts_options how = { .local = true };
	struct world w;

	world_open(c, "pk_run_seeds", &w);
	pk_source_add(&seeds, "db/schema/seeds/a.sql",
		      "INSERT INTO public.t VALUES (2000, 1), (2001, 1)", 48);
	pk_source_add(&seeds, "db/schema/seeds/b.sql", " \n", 2);
	pk_source_add(&changed, "db/schema/seeds/a.sql", "INSERT INTO public.t VALUES (2002, 1)",
		      37);
	how.dry = true;
	OK(pk_seeds_apply(&w.user, &seeds, &how, &dry, err));
	assert_int_equal(dry.n_ran, 1);
	value_is(&w.user, "SELECT to_regclass('postkit.seeds')::text", "NULL");
	how.dry = false;
	OK(pk_seeds_apply(&w.user, &seeds, &how, &first, err));
	assert_int_equal(first.n_ran, 1);
	assert_int_equal(first.items[0].rows, 2);
	assert_string_equal(first.items[1].skipped_reason, "empty");
	OK(pk_seeds_apply(&w.user, &seeds, &how, &second, err));
	assert_int_equal(second.n_ran, 0);
	assert_string_equal(second.items[0].skipped_reason, "unchanged");
	OK(pk_seeds_apply(&w.user, &changed, &how, &third, err));
	assert_int_equal(third.n_ran, 1);
	value_is(&w.user, "SELECT count(*) FROM public.t", "1003");
	/* Back again is a change, too; it fails, and then nothing of it is remembered. */
	{
		PK_AUTO(pk_err) why = PK_ERR_INIT;

		assert_int_equal(pk_seeds_apply(&w.user, &seeds, &how, NULL, &why), -1);
		assert_string_equal(why.file, "db/schema/seeds/a.sql");
	}
	value_is(&w.user, "SELECT checksum FROM postkit.seeds",
		 "cb7728abb4ded47c8319956b8c54da42546363e1");
	world_close(c, &w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(settings_and_roles_do_not_outlive_the_text),
		cmocka_unit_test(a_transaction_is_all_or_nothing),
		cmocka_unit_test(a_transaction_asks_once_whether_it_may_begin),
		cmocka_unit_test(the_last_rows_go_with_commit),
		cmocka_unit_test(alone_each_statement_stays_and_can_be_skipped_later),
		cmocka_unit_test(locks_rewrites_and_reads_are_measured),
		cmocka_unit_test(who_waits_is_told_for_the_longest_transaction),
		cmocka_unit_test(what_refuses_a_transaction_is_run_without),
		cmocka_unit_test(transaction_control_and_copy_are_refused_before_anything_runs),
		cmocka_unit_test(extensions_go_through_the_admin_and_roles_are_skipped),
		cmocka_unit_test(seeds_run_once_for_each_content),
	};
	return cmocka_run_group_tests(tests, cluster_setup, cluster_teardown);
}
