#include "trace/stepwise.h"

#include <strings.h>

#include "sql/action.h"
#include "trace/leftover.h"

struct steps {
	struct pk_stepwise *how;
	struct pk_trace *trace;
	struct pk_statements statements;
	struct pk_actions actions;
	struct pk_buf settings; /* of the statements so far: each is run on its own */
};

/* --- what an earlier run left --- */

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

/* Whether it came to its end does not show, and it can be run twice. */
static int settle_reindex(struct steps *s, const struct pk_action *a, struct pk_err *err)
{
	const struct pk_stepwise *how = s->how;
	PK_FREE char *since = NULL;

	if (!how->noted)
		return 0;
	if (how->noted(how->arg, &since, err) < 0)
		return -1;
	return since ? pk_leftover_drop(how->conn, a, since, how->dropped, how->arg, err) : 0;
}

/*
 * DETACH PARTITION CONCURRENTLY that was ended half-way leaves the partition marked: then the rest is to be done, which
 * takes a moment.
 */
static int settle_detach(struct steps *s, const struct pk_action *a, bool *ret_done, struct pk_err *err)
{
	static const char sql[] =
		"SELECT i.inhdetachpending, pg_catalog.format('%I.%I DETACH PARTITION %I.%I', n.nspname, c.relname, pn.nspname, p.relname)"
		" FROM pg_catalog.pg_inherits i"
		" JOIN pg_catalog.pg_class c ON c.oid = i.inhparent JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
		" JOIN pg_catalog.pg_class p ON p.oid = i.inhrelid JOIN pg_catalog.pg_namespace pn ON pn.oid = p.relnamespace"
		" WHERE c.relname = $1 AND p.relname = $2 AND ($3::pg_catalog.text IS NULL OR n.nspname = $3)"
		" AND ($4::pg_catalog.text IS NULL OR pn.nspname = $4)";
	const char *params[] = { a->rel_name, a->ref_name, a->rel_schema, a->ref_schema };
	PK_AUTO(pk_rows) rows = PK_ROWS_INIT;
	PK_AUTO(pk_buf) finish = PK_BUF_INIT;

	if (pk_query(s->how->conn, sql, 4, params, &rows, err) < 0)
		return -1;
	bool pending = rows.n == 1 && pk_streq(pk_rows_get(&rows, 0, 0), "t");
	*ret_done = rows.n == 0 || pending;
	if (!pending)
		return 0;
	/* The names were quoted by the server. */
	pk_buf_addf(&finish, "ALTER TABLE %s FINALIZE", pk_rows_get(&rows, 0, 1));
	return pk_exec(s->how->conn, finish.ptr, err);
}

/* Whether a statement that was begun before did come to its end; clears away failed indexes. */
static int settle(struct steps *s, size_t statement, bool *ret_done, struct pk_err *err)
{
	const struct pk_action *a = action_of(s, statement);
	PK_FREE char *valid = NULL, *name = NULL;
	PK_AUTO(pk_buf) sql = PK_BUF_INIT;
	bool create = concurrent_index(a, PK_CREATE);

	*ret_done = false;
	if (a && a->verb == PK_REINDEX && a->concurrently)
		return settle_reindex(s, a, err);
	if (a && a->sub == PK_DETACH && a->concurrently)
		return settle_detach(s, a, ret_done, err);
	if (!create && !concurrent_index(a, PK_DROP))
		return 0;
	if (index_state(s->how->conn, a, &valid, &name, err) < 0)
		return -1;
	*ret_done = create ? pk_streq(valid, "t") : valid == NULL;
	if (!create || !valid || *ret_done)
		return 0;
	if (s->how->dropped)
		s->how->dropped(s->how->arg, name);
	/* The name was quoted by the server. */
	pk_buf_addf(&sql, "DROP INDEX CONCURRENTLY %s", name);
	return pk_exec(s->how->conn, sql.ptr, err);
}

/* --- one statement --- */

/* What says by itself that it cannot; others are asked. */
static bool refuses_transaction(const struct pk_action *a, const char *text)
{
	if (!a)
		return false;
	if (a->concurrently || a->verb == PK_VACUUM || pk_streq(a->object, "database") ||
	    pk_streq(a->object, "tablespace"))
		return true;
	return (a->verb == PK_DO || a->verb == PK_CALL) && strcasestr(text, "COMMIT");
}

static int note_next(void *arg, struct pk_conn *conn, struct pk_err *err)
{
	const struct steps *s = arg;

	return s->how->note(s->how->arg, conn, s->how->done + 1, err);
}

static void after(void *arg, const struct pk_traced *traced)
{
	const struct steps *s = arg;

	if (s->how->after)
		s->how->after(s->how->arg, traced);
}

static struct pk_run_limits limits(void *arg, const char *sql, int line)
{
	const struct steps *s = arg;

	return s->how->limits(s->how->arg, sql, line);
}

static int run_as(struct steps *s, size_t i, bool transaction, struct pk_err *err)
{
	const struct pk_stepwise *how = s->how;
	const struct pk_statement *statement = &s->statements.items[i];
	const struct pk_action *a = action_of(s, i);
	struct pk_run run = {
		.file = how->file,
		.first_line = (how->first_line > 1 ? how->first_line : 1) + statement->line - 1,
		.transaction = transaction,
		.measure = how->measure,
		.refused = !transaction,
		/* CONCURRENTLY blocks nobody while it waits, and ended by a timeout it leaves an invalid index. */
		.lock_timeout = a && a->concurrently && how->lock_timeout ? "0" : how->lock_timeout,
		.settings = s->settings.ptr,
		.before_commit = transaction ? note_next : NULL,
		.limits = how->limits ? limits : NULL,
		.after = after,
		.arg = s,
		.admin = how->admin,
		.local = how->local,
		.trust = how->trust,
	};

	return pk_run_sql(how->conn, statement->text, &run, s->trace, NULL, err);
}

static int run_once(struct steps *s, size_t i, struct pk_err *err)
{
	PK_AUTO(pk_err) why = PK_ERR_INIT;

	if (!refuses_transaction(action_of(s, i), s->statements.items[i].text)) {
		if (run_as(s, i, true, &why) == 0)
			return 0;
		if (!pk_conn_alive(s->how->conn) || !pk_wants_no_transaction(&why)) {
			pk_err_move(err, &why);
			return -1;
		}
	}
	return run_as(s, i, false, err) < 0 ? -1 : note_next(s, s->how->conn, err);
}

/* What an earlier attempt left is looked at first: it may have come to its end. */
static int attempt_statement(struct steps *s, size_t i, bool seen, struct pk_err *err)
{
	bool done = false;

	if (s->how->before && s->how->before(s->how->arg, err) < 0)
		return -1;
	if (seen && settle(s, i, &done, err) < 0)
		return -1;
	return done ? note_next(s, s->how->conn, err) : run_once(s, i, err);
}

/* Of a build that failed; what stood there before is another's. */
static void tell_leftover(const struct steps *s, size_t i, struct pk_err *err)
{
	const struct pk_action *a = action_of(s, i);
	PK_FREE char *valid = NULL, *name = NULL, *detail = NULL;

	if (!err || s->how->local || !concurrent_index(a, PK_CREATE) || pk_streq(err->sqlstate, "42P07") ||
	    !pk_conn_alive(s->how->conn) || index_state(s->how->conn, a, &valid, &name, NULL) < 0 || !pk_streq(valid, "f"))
		return;
	detail = err->detail ? pk_printf("%s\n", err->detail) : NULL;
	pk_err_detail(err, "%sindex %s is left there, invalid: no query uses it, each write pays for it", detail ? detail : "", name);
}

static int run_statement(struct steps *s, size_t i, struct pk_err *err)
{
	for (int attempt = 0;; attempt++) {
		PK_AUTO(pk_err) why = PK_ERR_INIT;

		if (attempt_statement(s, i, s->how->seen || attempt, &why) == 0)
			return 0;
		if (!pk_conn_alive(s->how->conn) || !s->how->again || !s->how->again(s->how->arg, &why, attempt)) {
			tell_leftover(s, i, &why);
			pk_err_move(err, &why);
			return -1;
		}
	}
}

static int run_all(struct steps *s, struct pk_err *err)
{
	for (size_t i = 0; i < s->statements.n; i++) {
		const struct pk_action *a = action_of(s, i);

		/* A setting holds for what comes after it, however that is run. */
		if (a && a->verb == PK_SET && !a->local)
			pk_buf_addf(&s->settings, "%s;\n", s->statements.items[i].text);
		if (i < s->how->done)
			continue;
		if (run_statement(s, i, err) < 0)
			return -1;
		s->how->done = i + 1;
		s->how->seen = false;
	}
	return 0;
}

static int open_steps(struct steps *s, const char *sql, struct pk_err *err)
{
	if (pk_sql_split(sql, s->how->file, &s->statements, err) < 0)
		return -1;
	s->how->total = s->statements.n;
	pk_buf_add(&s->settings, s->how->settings ? s->how->settings : "");
	pk_sql_actions(&s->statements, &s->actions);
	return 0;
}

static void close_steps(struct steps *s)
{
	pk_buf_release(&s->settings);
	pk_actions_release(&s->actions);
	pk_statements_release(&s->statements);
}

int pk_run_stepwise(const char *sql, struct pk_stepwise *how, struct pk_trace *trace, struct pk_err *err)
{
	struct steps s __attribute__((cleanup(close_steps))) = { .how = how, .trace = trace, .settings = PK_BUF_INIT };

	return open_steps(&s, sql, err) < 0 ? -1 : run_all(&s, err);
}

int pk_stepwise_settle(struct pk_conn *conn, const char *sql, size_t *done, struct pk_err *err)
{
	struct pk_stepwise how = { .file = "migration", .conn = conn };
	struct steps s __attribute__((cleanup(close_steps))) = { .how = &how, .settings = PK_BUF_INIT };
	bool ended = false;

	if (open_steps(&s, sql, err) < 0)
		return -1;
	if (*done < s.statements.n && settle(&s, *done, &ended, err) < 0)
		return -1;
	*done += ended;
	return 0;
}
