/*
 * A migration that must not run in one transaction. Its tracking row is written first, in state
 * 'started', and counts the statements that are done; a statement that can run in a transaction does
 * so together with its count, and one that cannot (CONCURRENTLY) leaves traces by which the next
 * deploy sees whether it came to its end.
 */
#include "deploy/internal.h"

#include "base/clock.h"
#include "sql/action.h"
#include "sql/split.h"

struct steps {
	struct pk_deploy_target *target;
	const struct pk_migration *m;
	const char *path;
	struct pk_statements statements;
	struct pk_actions actions;
	size_t done;
	double began;
};

/* --- the journal --- */

static int write_count(struct pk_conn *conn, const char *version, size_t done, struct pk_err *err)
{
	PK_FREE char *state = pk_printf("started %zu", done);
	const char *params[] = { version, state };

	return pk_query(conn, "UPDATE postkit.schema_migrations SET state = $2 WHERE version = $1", 2, params,
			NULL, err);
}

static int read_journal(struct steps *s, struct pk_err *err)
{
	const char *params[] = { s->m->version };
	PK_FREE char *state = NULL;

	if (pk_query_value(s->target->conn, "SELECT state FROM postkit.schema_migrations WHERE version = $1", 1,
			   params, &state, err) < 0)
		return -1;
	/* Without a number: begun, and nothing counted yet. */
	if (state && pk_starts_with(state, "started "))
		s->done = strtoul(state + strlen("started "), NULL, 10);
	if (s->done > s->statements.n)
		s->done = s->statements.n;
	return 0;
}

/* --- what an earlier attempt left --- */

static const struct pk_action *action_of(const struct steps *s, size_t statement)
{
	for (size_t i = 0; i < s->actions.n; i++)
		if (s->actions.items[i].statement == statement)
			return &s->actions.items[i];
	return NULL;
}

static bool concurrent_index(const struct pk_action *a, enum pk_verb verb)
{
	return a && a->verb == verb && a->concurrently && a->name && pk_streq(a->object, "index");
}

/* 't', 'f' by pg_index.indisvalid, NULL when there is no such index. An index lives in its table's schema. */
static int index_state(struct pk_conn *conn, const struct pk_action *a, char **ret_valid, char **ret_name,
		       struct pk_err *err)
{
	static const char sql[] =
		"SELECT pg_catalog.format('%I.%I', n.nspname, c.relname), i.indisvalid"
		" FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid"
		" JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
		" WHERE c.relname = $1 AND ($2::pg_catalog.text IS NULL OR n.nspname = $2)"
		" AND ($3::pg_catalog.text IS NULL OR i.indrelid = (SELECT t.oid FROM pg_catalog.pg_class t"
		" WHERE t.oid = i.indrelid AND t.relname = $3))";
	const char *params[] = { a->name, a->schema ? a->schema : a->rel_schema, a->rel_name };
	PK_AUTO(pk_rows) rows = PK_ROWS_INIT;

	if (pk_query(conn, sql, 3, params, &rows, err) < 0)
		return -1;
	if (rows.n == 1) {
		*ret_name = pk_strdup(pk_rows_get(&rows, 0, 0));
		*ret_valid = pk_strdup(pk_rows_get(&rows, 0, 1));
	}
	return 0;
}

/* Whether a statement that an earlier attempt may have run did come to its end; clears away a failed index. */
static int settle(struct steps *s, size_t statement, bool *ret_done, struct pk_err *err)
{
	const struct pk_action *a = action_of(s, statement);
	PK_FREE char *valid = NULL, *name = NULL;
	PK_AUTO(pk_buf) sql = PK_BUF_INIT;
	bool create = concurrent_index(a, PK_CREATE);

	*ret_done = false;
	if (!create && !concurrent_index(a, PK_DROP))
		return 0;
	if (index_state(s->target->conn, a, &valid, &name, err) < 0)
		return -1;
	if (!create) {
		*ret_done = valid == NULL;
		return 0;
	}
	if (!valid)
		return 0;
	if (pk_streq(valid, "t")) {
		*ret_done = true;
		return 0;
	}
	pk_deploy_phase(s->target->d, "index %s was left invalid by a build that failed, it is built again", name);
	/* The name was quoted by the server. */
	pk_buf_addf(&sql, "DROP INDEX CONCURRENTLY %s", name);
	return pk_exec(s->target->conn, sql.ptr, err);
}

/* --- one statement --- */

static bool needs_no_transaction(const struct pk_action *a)
{
	static const enum pk_verb verbs[] = {
		PK_OTHER, PK_VACUUM, PK_CLUSTER, PK_REINDEX, PK_DO, PK_CALL, PK_SET, PK_UNPARSED,
	};

	if (!a || a->concurrently || pk_streq(a->object, "database") || pk_streq(a->object, "tablespace"))
		return true;
	for (size_t i = 0; i < PK_COUNT(verbs); i++)
		if (a->verb == verbs[i])
			return true;
	return false;
}

static int count_in_transaction(void *arg, struct pk_conn *conn, struct pk_err *err)
{
	const struct steps *s = arg;

	return write_count(conn, s->m->version, s->done + 1, err);
}

static void after_statement(void *arg, const struct pk_traced *traced)
{
	const struct steps *s = arg;
	const struct pk_deploy_events *events = s->target->d->events;

	if (events && events->statement)
		events->statement(events->arg, traced);
}

static int run_once(struct steps *s, size_t i, struct pk_err *err)
{
	const struct pk_statement *statement = &s->statements.items[i];
	const char *lock_timeout = pk_config_get(s->target->d->config, "lockTimeout");
	const struct pk_action *a = action_of(s, i);
	bool bare = needs_no_transaction(a);
	PK_AUTO(pk_trace) trace = PK_TRACE_INIT;
	struct pk_run how = {
		.file = s->path, .first_line = s->m->up_line + statement->line - 1, .transaction = !bare,
		.measure = s->target->local && !bare, .lock_timeout = lock_timeout ? lock_timeout : "5s",
		.before_commit = bare ? NULL : count_in_transaction, .after = after_statement, .arg = s,
		.admin = s->target->admin, .local = s->target->local,
		.trust = pk_super_trust(s->target->d->config, s->target->d->repo, NULL),
	};
	size_t done = 0;

	/* CONCURRENTLY blocks nobody while it waits, and ended by a timeout it leaves an invalid index. */
	if (a && a->concurrently)
		how.lock_timeout = "0";
	if (pk_run_sql(s->target->conn, statement->text, &how, &trace, &done, err) < 0)
		return -1;
	return bare ? write_count(s->target->conn, s->m->version, s->done + 1, err) : 0;
}

static int run_statement(struct steps *s, size_t i, bool seen, struct pk_err *err)
{
	for (int attempt = 0;; attempt++) {
		PK_AUTO(pk_err) why = PK_ERR_INIT;
		bool done = false;

		if ((seen || attempt) && settle(s, i, &done, err) < 0)
			return -1;
		if (done)
			return write_count(s->target->conn, s->m->version, s->done + 1, err);
		if (run_once(s, i, &why) == 0)
			return 0;
		if (!pk_conn_alive(s->target->conn) || !pk_deploy_wait(s->target, &why, attempt)) {
			pk_err_move(err, &why);
			return -1;
		}
	}
}

static int run_all(struct steps *s, bool resume, struct pk_err *err)
{
	size_t first;

	if ((resume ? read_journal(s, err)
		    : pk_applied_start(s->target->conn, s->m, s->target->d->commit.hex, err)) < 0)
		return -1;
	first = s->done;
	for (; s->done < s->statements.n; s->done++) {
		if (run_statement(s, s->done, resume && s->done == first, err) < 0) {
			if (!s->target->local && (!err || !err->hint))
				pk_err_hint(err, "%zu of %zu statements are done and stay; the next deploy goes on "
					    "after them", s->done, s->statements.n);
			return -1;
		}
	}
	if (pk_deploy_prove(s->target->d, s->target->conn, s->m, err) < 0)
		return -1;
	return pk_applied_finish(s->target->conn, s->m->version, "applied", pk_now() - s->began, err);
}

int pk_deploy_steps(struct pk_deploy_target *target, const struct pk_migration *m, bool resume,
		    double *ret_seconds, struct pk_err *err)
{
	PK_FREE char *path = pk_printf("%s/%s", target->d->project->migrations_dir, m->file);
	struct steps s = { .target = target, .m = m, .path = path, .began = pk_now() };
	int rc = pk_sql_split(m->up ? m->up : "", path, &s.statements, err);

	if (rc == 0) {
		pk_sql_actions(&s.statements, &s.actions);
		rc = run_all(&s, resume, err);
		*ret_seconds = pk_now() - s.began;
	}
	pk_actions_release(&s.actions);
	pk_statements_release(&s.statements);
	return rc;
}
