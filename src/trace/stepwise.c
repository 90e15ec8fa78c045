#include "trace/stepwise.h"

#include <strings.h>
#include <time.h>

#include "base/sig.h"
#include "sql/action.h"
#include "trace/at_work.h"
#include "trace/invalid.h"
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

/*
 * The oid that a name of a statement stands for; NULL: nothing. It is found as the statement finds it: by the search path of
 * the users, and what SET has made of that by then.
 */
static int resolve(struct steps *s, const char *schema, const char *name, char **ret_oid, struct pk_err *err)
{
	struct pk_conn *conn = s->how->conn;
	PK_AUTO(pk_buf) users = PK_BUF_INIT, own = PK_BUF_INIT, qualified = PK_BUF_INIT;
	int rc;

	pk_buf_add_user_settings(&users);
	pk_buf_add(&users, s->settings.ptr);
	pk_buf_add(&own, "RESET SESSION AUTHORIZATION; RESET ROLE; ");
	pk_buf_add_reset_settings(&own, conn);
	pk_buf_add_own_settings(&own, conn);
	pk_buf_add_qualified(&qualified, schema, name);

	const char *params[] = { qualified.ptr };

	rc = pk_exec(conn, users.ptr, err);
	if (rc == 0)
		rc = pk_query_value(conn, "SELECT pg_catalog.to_regclass($1)::pg_catalog.oid", 1, params, ret_oid, err);
	if (pk_conn_alive(conn) && pk_exec(conn, own.ptr, rc == 0 ? err : NULL) < 0)
		rc = -1;
	return rc;
}

struct index_state {
	char *name;	  /* qualified and quoted; NULL: there is no such index */
	bool valid, ours; /* ours: made since the last note was written */
};

static void index_state_release(struct index_state *state)
{
	free(state->name);
	*state = (struct index_state){ 0 };
}

/* What is created lives in its table's schema, and is found by its table; a name that is too long is cut there. */
static int read_index(struct steps *s, const struct pk_action *a, struct index_state *ret, struct pk_err *err)
{
	static const char sql[] =
		"SELECT pg_catalog.format('%I.%I', n.nspname, c.relname), i.indisvalid,"
		" $3::pg_catalog.xid IS NULL OR pg_catalog.age(c.xmin) < pg_catalog.age($3::pg_catalog.xid)"
		" FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid"
		" JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
		" JOIN pg_catalog.pg_class t ON t.oid = i.indrelid"
		" WHERE CASE WHEN $2::pg_catalog.text IS NULL THEN c.oid = $1::pg_catalog.oid"
		" ELSE i.indrelid = $1::pg_catalog.oid AND c.relname = $2::pg_catalog.name END";
	bool create = a->verb == PK_CREATE;
	PK_AUTO(pk_rows) rows = PK_ROWS_INIT;
	PK_FREE char *oid = NULL, *since = NULL;

	if (resolve(s, create ? a->rel_schema : a->schema, create ? a->rel_name : a->name, &oid, err) < 0 ||
	    (s->how->noted && s->how->noted(s->how->arg, &since, err) < 0))
		return -1;

	const char *params[] = { oid, create ? a->name : NULL, since };

	if (pk_query(s->how->conn, sql, 3, params, &rows, err) < 0)
		return -1;
	if (rows.n) {
		ret->name = pk_strdup(pk_rows_get(&rows, 0, 0));
		ret->valid = pk_rows_true(&rows, 0, 1);
		ret->ours = pk_rows_true(&rows, 0, 2);
	}
	return 0;
}

/* From 17 on a role can limit a transaction, too; each of those in which an index is built concurrently is one. */
static int lift_limit(struct steps *s, bool begin, struct pk_err *err)
{
	if (s->how->conn->version < 170000)
		return 0;
	return pk_exec(s->how->conn, begin ? "SET transaction_timeout = 0" : "RESET transaction_timeout", err);
}

/* What is cleared away waits as what left it does: the role's own timeouts would end it. */
static int take_time(struct steps *s, bool begin, struct pk_err *err)
{
	if (lift_limit(s, begin, err) < 0)
		return -1;
	return pk_exec(s->how->conn, begin ? "SET lock_timeout = 0; SET statement_timeout = 0" :
					     "RESET lock_timeout; RESET statement_timeout", err);
}

static int exec_in_its_time(struct steps *s, const char *sql, struct pk_err *err)
{
	if (take_time(s, true, err) < 0 || pk_exec(s->how->conn, sql, err) < 0)
		return -1;
	return take_time(s, false, err);
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
	if (!since)
		return 0;
	if (take_time(s, true, err) < 0 || pk_leftover_drop(how->conn, a, since, how->dropped, how->arg, err) < 0)
		return -1;
	return take_time(s, false, err);
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
		" WHERE c.oid = $1::pg_catalog.oid AND p.oid = $2::pg_catalog.oid";
	PK_AUTO(pk_rows) rows = PK_ROWS_INIT;
	PK_AUTO(pk_buf) finish = PK_BUF_INIT;
	PK_FREE char *parent = NULL, *part = NULL;

	if (resolve(s, a->rel_schema, a->rel_name, &parent, err) < 0 || resolve(s, a->ref_schema, a->ref_name, &part, err) < 0)
		return -1;

	const char *params[] = { parent, part };

	if (pk_query(s->how->conn, sql, 2, params, &rows, err) < 0)
		return -1;
	bool pending = rows.n == 1 && pk_streq(pk_rows_get(&rows, 0, 0), "t");
	*ret_done = rows.n == 0 || pending;
	if (!pending)
		return 0;
	/* The names were quoted by the server. */
	pk_buf_addf(&finish, "ALTER TABLE %s FINALIZE", pk_rows_get(&rows, 0, 1));
	return exec_in_its_time(s, finish.ptr, err);
}

/*
 * Clears away what a build of ours that failed has left. Of that name there may be another's; on a copy nothing shows which came
 * first, the index or the note.
 */
static int settle_create(struct steps *s, const struct pk_action *a, bool *ret_done, struct pk_err *err)
{
	struct index_state index __attribute__((cleanup(index_state_release))) = { 0 };
	PK_AUTO(pk_buf) sql = PK_BUF_INIT;

	if (read_index(s, a, &index, err) < 0)
		return -1;
	*ret_done = index.name && index.valid && (index.ours || s->how->local);
	if (!index.name || index.valid)
		return 0;
	if (!index.ours)
		return pk_invalid_refuse(index.name, err);
	if (s->how->dropped)
		s->how->dropped(s->how->arg, index.name);
	/* The name was quoted by the server. */
	pk_buf_addf(&sql, "DROP INDEX CONCURRENTLY %s", index.name);
	return exec_in_its_time(s, sql.ptr, err);
}

static int settle_drop(struct steps *s, const struct pk_action *a, bool *ret_done, struct pk_err *err)
{
	struct index_state index __attribute__((cleanup(index_state_release))) = { 0 };

	if (read_index(s, a, &index, err) < 0)
		return -1;
	*ret_done = !index.name;
	return 0;
}

static int add_oid(struct steps *s, const char *schema, const char *name, struct pk_buf *oids, struct pk_err *err)
{
	PK_FREE char *oid = NULL;

	if (name && resolve(s, schema, name, &oid, err) < 0)
		return -1;
	if (oid)
		pk_buf_addf(oids, "%s%s", oids->len > 1 ? "," : "", oid);
	return 0;
}

/* What a statement is about, as pk_at_work_find() takes it. Caller frees. */
static int find_tables(struct steps *s, const struct pk_action *a, char **ret, struct pk_err *err)
{
	PK_AUTO(pk_buf) oids = PK_BUF_INIT;
	bool rel = a->verb == PK_CREATE || a->sub == PK_DETACH;

	*ret = NULL;
	if (a->verb == PK_REINDEX && !pk_streq(a->object, "index") && !pk_streq(a->object, "table"))
		return 0;
	pk_buf_add(&oids, "{");
	if (add_oid(s, rel ? a->rel_schema : a->schema, rel ? a->rel_name : a->name, &oids, err) < 0 ||
	    (a->sub == PK_DETACH && add_oid(s, a->ref_schema, a->ref_name, &oids, err) < 0))
		return -1;
	pk_buf_add(&oids, "}");
	*ret = pk_buf_take(&oids);
	return 0;
}

/*
 * What a client began that was killed goes on at the server, and so may what somebody has begun in its place. Whoever drops or
 * builds beside it stands in its way, and it in theirs: one of them would be cancelled.
 */
static int wait_for_others(struct steps *s, const struct pk_action *a, struct pk_err *err)
{
	static const struct timespec pause = { .tv_nsec = 250 * 1000 * 1000 };
	PK_FREE char *tables = NULL;

	if (find_tables(s, a, &tables, err) < 0)
		return -1;
	for (bool said = false;; said = true) {
		PK_FREE char *who = NULL;

		if (pk_at_work_find(s->how->conn, tables, &who, err) < 0)
			return -1;
		if (!who)
			return 0;
		if (!said && s->how->waiting)
			s->how->waiting(s->how->arg, who);
		nanosleep(&pause, NULL);
		if (pk_interrupted())
			return pk_err_interrupted(err, "interrupted while waiting for %s", who);
		if (s->how->before && s->how->before(s->how->arg, err) < 0)
			return -1;
	}
}

/* Whether a statement that was begun before did come to its end; clears away failed indexes. */
static int settle(struct steps *s, size_t statement, bool *ret_done, struct pk_err *err)
{
	const struct pk_action *a = action_of(s, statement);

	*ret_done = false;
	if (a && a->verb == PK_REINDEX && a->concurrently)
		return settle_reindex(s, a, err);
	if (a && a->sub == PK_DETACH && a->concurrently)
		return settle_detach(s, a, ret_done, err);
	if (concurrent_index(a, PK_CREATE))
		return settle_create(s, a, ret_done, err);
	return concurrent_index(a, PK_DROP) ? settle_drop(s, a, ret_done, err) : 0;
}

/* It would pass over an index that is invalid. */
static bool passes_over(const struct pk_action *a)
{
	return concurrent_index(a, PK_CREATE) && a->if_not_exists;
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

static int line_of(const struct steps *s, size_t i)
{
	return (s->how->first_line > 1 ? s->how->first_line : 1) + s->statements.items[i].line - 1;
}

/* An error that came before the statement itself. Returns -1. */
static int place(const struct steps *s, size_t i, struct pk_err *err)
{
	return s->how->file ? pk_err_at(err, s->how->file, line_of(s, i), 0) : -1;
}

static int run_as(struct steps *s, size_t i, bool transaction, struct pk_err *err)
{
	const struct pk_stepwise *how = s->how;
	const struct pk_statement *statement = &s->statements.items[i];
	const struct pk_action *a = action_of(s, i);
	struct pk_run run = {
		.file = how->file,
		.first_line = line_of(s, i),
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

static int run_alone(struct steps *s, size_t i, struct pk_err *err)
{
	const struct pk_action *a = action_of(s, i);
	int rc;

	if (!a || !a->concurrently)
		return run_as(s, i, false, err);
	if (lift_limit(s, true, err) < 0)
		return -1;
	rc = run_as(s, i, false, err);
	return lift_limit(s, false, rc < 0 ? NULL : err) < 0 ? -1 : rc;
}

static int run_once(struct steps *s, size_t i, struct pk_err *err)
{
	PK_AUTO(pk_err) why = PK_ERR_INIT;

	if (!refuses_transaction(action_of(s, i), s->statements.items[i].text)) {
		if (run_as(s, i, true, &why) == 0)
			return 0;
		if (!pk_conn_alive(s->how->conn) || !pk_wants_no_transaction(&why))
			return pk_err_move(err, &why);
	}
	return run_alone(s, i, err) < 0 ? -1 : note_next(s, s->how->conn, err);
}

/* What an earlier attempt left is looked at first: it may have come to its end. */
static int attempt_statement(struct steps *s, size_t i, bool seen, struct pk_err *err)
{
	const struct pk_action *a = action_of(s, i);
	bool done = false;

	if (s->how->before && s->how->before(s->how->arg, err) < 0)
		return -1;
	if (seen && a && a->concurrently && wait_for_others(s, a, err) < 0)
		return place(s, i, err);
	if ((seen || passes_over(a)) && settle(s, i, &done, err) < 0)
		return place(s, i, err);
	return done && seen ? note_next(s, s->how->conn, err) : run_once(s, i, err);
}

/* Of a build that failed; what stood there before is another's. */
static void tell_leftover(struct steps *s, size_t i, struct pk_err *err)
{
	struct index_state index __attribute__((cleanup(index_state_release))) = { 0 };
	const struct pk_action *a = action_of(s, i);
	PK_FREE char *detail = NULL;

	if (!err || s->how->local || !concurrent_index(a, PK_CREATE) || !pk_conn_alive(s->how->conn) ||
	    read_index(s, a, &index, NULL) < 0 || !index.name || index.valid || !index.ours)
		return;
	detail = err->detail ? pk_printf("%s\n", err->detail) : NULL;
	pk_err_detail(err, "%sindex %s is left there, invalid: no query uses it, each write pays for it", detail ? detail : "",
		      index.name);
}

static int run_statement(struct steps *s, size_t i, struct pk_err *err)
{
	for (int attempt = 0;; attempt++) {
		PK_AUTO(pk_err) why = PK_ERR_INIT;

		if (attempt_statement(s, i, s->how->seen || attempt, &why) == 0)
			return 0;
		if (!pk_conn_alive(s->how->conn) || !s->how->again || !s->how->again(s->how->arg, &why, attempt)) {
			tell_leftover(s, i, &why);
			return pk_err_move(err, &why);
		}
	}
}

/* A setting holds for what comes after it, however that is run. */
static void keep_setting(struct steps *s, size_t i)
{
	const struct pk_action *a = action_of(s, i);

	if (a && a->verb == PK_SET && !a->local)
		pk_buf_addf(&s->settings, "%s;\n", s->statements.items[i].text);
}

static int run_all(struct steps *s, struct pk_err *err)
{
	for (size_t i = 0; i < s->statements.n; i++) {
		keep_setting(s, i);
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
	for (size_t i = 0; i < *done && i < s.statements.n; i++)
		keep_setting(&s, i);
	if (*done < s.statements.n) {
		const struct pk_action *a = action_of(&s, *done);

		if ((a && a->concurrently && wait_for_others(&s, a, err) < 0) || settle(&s, *done, &ended, err) < 0)
			return -1;
	}
	*done += ended;
	return 0;
}
