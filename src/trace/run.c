#include "trace/run.h"
#include "pg/sqlstate.h"
#include "trace/refuse.h"
#include "trace/runner.h"

static void runner_release(struct pk_runner *r)
{
	pk_statements_release(&r->statements);
	pk_actions_release(&r->actions);
	pk_measure_release(&r->measure);
	pk_beside_release(&r->beside);
	pk_super_release(&r->super);
	pk_rows_release(&r->lent);
	pk_buf_release(&r->due);
	free(r->first);
	free(r->turns);
	free(r->labels);
}

static int prepare(struct pk_runner *r, const char *sql, struct pk_err *err)
{
	if (pk_sql_split(sql, r->how->file, &r->statements, err) < 0) {
		if (err && err->line > 0)
			err->line = pk_run_line(r->how, err->line);
		return -1;
	}
	pk_sql_actions(&r->statements, &r->actions);
	r->first = pk_alloc((r->statements.n + 1) * sizeof(*r->first));
	r->turns = pk_alloc((r->statements.n + 1) * sizeof(*r->turns));
	r->labels = pk_alloc((r->statements.n + 1) * sizeof(*r->labels));
	for (size_t i = r->actions.n; i-- > 0;)
		r->first[r->actions.items[i].statement] = &r->actions.items[i];
	pk_limits_begin(&r->limits, r->how, &r->statements);
	for (size_t i = 0; i < r->statements.n; i++)
		if (pk_run_refuse(r->how, &r->statements.items[i], r->first[i], err) < 0)
			return -1;
	return 0;
}

/* ---- all in one transaction ---- */

static int run_turn(struct pk_runner *r, enum pk_turn turn, struct pk_err *err)
{
	for (size_t i = 0; i < r->statements.n; i++) {
		/* Whether the role owns an extension depends on the statements before. */
		if (turn == PK_TURN_BEFORE && pk_runner_find_turn(r, i, err) < 0)
			return -1;
		if (r->turns[i] == turn && pk_runner_run_by_admin(r, i, err) < 0)
			return -1;
	}
	return 0;
}

static void set_lock_timeout(struct pk_runner *r, bool local)
{
	if (!r->how->lock_timeout || r->limits.lock == PK_LIMIT_CHOSEN || r->limits.lock == PK_LIMIT_SET)
		return; /* with the first statement's limits, or not at all */
	pk_buf_add(&r->due, local ? "SET LOCAL lock_timeout = " : "SET lock_timeout = ");
	pk_buf_add_literal(&r->due, r->how->lock_timeout);
	pk_buf_add(&r->due, "; ");
}

static int run_in_transaction(struct pk_runner *r, size_t i, struct pk_err *err)
{
	const struct pk_statement *s = &r->statements.items[i];
	struct pk_traced *item = pk_runner_new_item(r, s);

	if (pk_runner_execute(r, i, item, err) < 0)
		return -1;
	/* A procedure or a client-side trick may have ended it; then nothing that follows would be safe. */
	if (pk_conn_tx(r->conn) != PK_TX_ACTIVE) {
		pk_err_set(err, "the statement ended the transaction");
		return pk_runner_place(r, s, err);
	}
	if (r->how->measure &&
	    pk_measure_statement(&r->measure, r->conn, &r->trace->arena, item, err) < 0)
		return pk_runner_place(r, s, err);
	pk_runner_finish_item(r, item);
	return 0;
}

/* Before anybody looks at what has become of the schema. */
static int take_back(struct pk_runner *r, struct pk_err *err)
{
	int result = r->lent.n ? pk_super_take_back(&r->super, &r->lent, err) : 0;

	pk_rows_release(&r->lent);
	r->lent = (struct pk_rows)PK_ROWS_INIT;
	return result;
}

#define OWN_ROLE   "RESET SESSION AUTHORIZATION; RESET ROLE; "
#define N_OWN_ROLE 2

static int call_before_commit(struct pk_runner *r, struct pk_err *err)
{
	const struct pk_run *how = r->how;

	if ((pk_runner_has_to_ask(r) || !how->before_commit) && pk_runner_send_due(r, err) < 0)
		return -1;
	if (take_back(r, err) < 0)
		return -1;
	if (!how->before_commit)
		return 0;
	pk_buf_add(&r->due, OWN_ROLE);
	pk_buf_add_own_settings(&r->due, r->conn);
	if (how->last)
		how->last(how->arg, &r->due);
	if (pk_runner_send_due(r, err) < 0)
		return how->last_failed ? pk_err_wrap(err, "%s", how->last_failed) : -1;
	return how->before_commit(how->arg, r->conn, err);
}

/* RESET ALL leaves the role alone, and DISCARD ALL would take the role that the database gives. */
static void add_clean_up(const struct pk_runner *r, bool leaves, struct pk_buf *sql)
{
	pk_buf_add(sql, OWN_ROLE);
	pk_buf_add_reset_settings(sql, r->conn);
	if (r->how->whole)
		pk_buf_add(sql, "DISCARD TEMP; ");
	if (!leaves)
		pk_buf_add_own_settings(sql, r->conn);
}

/* noted: what it leaves is noted with it, if at all. last: nothing comes behind it. */
static int commit(struct pk_runner *r, bool noted, bool last, struct pk_err *err)
{
	const struct pk_run *how = r->how;
	PK_AUTO(pk_buf) first = PK_BUF_INIT, then = PK_BUF_INIT;
	struct pk_conn_commit commit = { 0 };

	if (noted && how->last && !how->before_commit) {
		pk_buf_add(&first, OWN_ROLE);
		commit.n_first = N_OWN_ROLE + how->last(how->arg, &first);
	}
	if (last)
		add_clean_up(r, how->leaves, &then);
	commit.first = first.ptr;
	commit.then = then.ptr;
	if (pk_conn_commit(r->conn, &commit, err) == 0) {
		r->clean = last && commit.all;
		r->conn->users = r->clean && how->leaves;
		return 0;
	}
	if (!pk_conn_alive(r->conn)) {
		pk_err_wrap(err, "the connection was lost at COMMIT, the outcome is not known");
		return pk_err_exit(err, PK_EXIT_UNKNOWN);
	}
	if (!commit.reached)
		return how->last_failed ? pk_err_wrap(err, "%s", how->last_failed) : -1;
	pk_err_wrap(err, "refused at COMMIT");
	return r->how->file ? pk_err_at(err, r->how->file, 0, 0) : -1;
}

/* On a remote they wait for what comes next. */
static int user_settings(struct pk_runner *r, struct pk_err *err)
{
	const char *more = r->how->settings;

	if (!r->conn->users)
		pk_buf_add_user_settings(&r->due);
	if (!r->how->local && (!more || !*more))
		return 0;
	if (pk_runner_send_due(r, err) < 0)
		return -1;
	return more && *more ? pk_exec(r->conn, more, err) : 0;
}

static int run_transaction(struct pk_runner *r, struct pk_err *err)
{
	if (user_settings(r, err) < 0 || run_turn(r, PK_TURN_BEFORE, err) < 0)
		return -1;
	pk_buf_add(&r->due, "BEGIN; ");
	r->asks_xid = r->how->xid;
	set_lock_timeout(r, true);
	if (r->how->measure && (pk_runner_send_due(r, err) < 0 || pk_measure_start(&r->measure, r->conn, err) < 0 ||
				pk_measure_begin(&r->measure, r->conn, err) < 0))
		return -1;
	for (size_t i = 0; i < r->statements.n; i++)
		if (pk_turn_is_roles(r->turns[i]) && run_in_transaction(r, i, err) < 0)
			return -1;
	if (r->how->commit_late && pk_runner_takes_away_after(r)) {
		if (commit(r, false, false, err) < 0 || run_turn(r, PK_TURN_AFTER, err) < 0 || pk_exec(r->conn, "BEGIN", err) < 0)
			return -1;
		return call_before_commit(r, err) < 0 ? -1 : commit(r, true, true, err);
	}
	if (call_before_commit(r, err) < 0 || commit(r, true, !pk_runner_takes_away_after(r), err) < 0)
		return -1;
	return run_turn(r, PK_TURN_AFTER, err);
}

/* ---- statement by statement ---- */

static void tell_known_lock(struct pk_runner *r, const struct pk_action *a, struct pk_traced *item)
{
	PK_AUTO(pk_buf) name = PK_BUF_INIT;

	if (!a->rel_name && !a->name)
		return;
	pk_buf_add_qualified(&name, a->rel_name ? a->rel_schema : a->schema,
			     a->rel_name ? a->rel_name : a->name);
	item->lock = a->full ? "ACCESS EXCLUSIVE" : "SHARE UPDATE EXCLUSIVE";
	item->relation = pk_arena_strdup(&r->trace->arena, name.ptr);
	item->locks = pk_arena_alloc(&r->trace->arena, sizeof(*item->locks));
	item->locks[item->n_locks++] = (struct pk_traced_lock){ .relation = item->relation, .mode = item->lock };
}

/* Beside it, since it cannot be in a transaction with what measures. */
static int run_unwatched(struct pk_runner *r, size_t i, struct pk_traced *item, struct pk_err *err)
{
	const struct pk_action *a = r->first[i];
	bool known = pk_runner_lock_is_known(a), measure = r->how->measure && (known || r->how->refused);

	if (measure && pk_measure_begin(&r->measure, r->conn, err) < 0)
		return -1;
	if (pk_runner_execute(r, i, item, err) < 0)
		return -1;
	if (!measure)
		return 0;
	if (!r->beside.n_locks && known)
		tell_known_lock(r, a, item);
	return pk_measure_outside(&r->measure, r->conn, &r->trace->arena, item, err);
}

bool pk_wants_no_transaction(const struct pk_err *err)
{
	return pk_streq(err->sqlstate, PK_SQLSTATE_ACTIVE_SQL_TRANSACTION) ||
	       pk_streq(err->sqlstate, PK_SQLSTATE_INVALID_TRANSACTION_TERMINATION);
}

/* In a transaction of its own, to see the locks. Returns 1 when it refuses to be in one. */
static int run_watched(struct pk_runner *r, size_t i, struct pk_traced *item, struct pk_err *err)
{
	const struct pk_statement *s = &r->statements.items[i];
	PK_AUTO(pk_err) e = PK_ERR_INIT;

	if (pk_exec(r->conn, "BEGIN", err) < 0 || pk_measure_begin(&r->measure, r->conn, err) < 0)
		return -1;
	if (pk_runner_execute(r, i, item, &e) < 0) {
		if (pk_conn_alive(r->conn) && pk_exec(r->conn, "ROLLBACK", NULL) == 0 &&
		    pk_wants_no_transaction(&e))
			return 1;
		return pk_err_move(err, &e);
	}
	if (pk_conn_tx(r->conn) != PK_TX_ACTIVE)
		return 0;
	if (pk_measure_statement(&r->measure, r->conn, &r->trace->arena, item, err) < 0)
		return pk_runner_place(r, s, err);
	if (pk_exec(r->conn, "COMMIT", err) < 0)
		return pk_runner_place(r, s, err);
	return 0;
}

static int run_alone(struct pk_runner *r, size_t i, struct pk_err *err)
{
	const struct pk_action *a = r->first[i];
	struct pk_traced *item;
	int result = 1;

	if (pk_runner_find_turn(r, i, err) < 0)
		return -1;
	if (r->turns[i] == PK_TURN_NEVER)
		return 0;
	if (!pk_turn_is_roles(r->turns[i]))
		return pk_runner_run_by_admin(r, i, err);
	item = pk_runner_new_item(r, &r->statements.items[i]);
	if (r->how->measure && !pk_runner_lock_is_known(a) && !r->how->refused)
		result = run_watched(r, i, item, err);
	if (result > 0)
		result = run_unwatched(r, i, item, err);
	if (result < 0)
		return -1;
	if (pk_conn_tx(r->conn) != PK_TX_IDLE) {
		pk_err_set(err, "the statement left a transaction open");
		return pk_runner_place(r, &r->statements.items[i], err);
	}
	pk_runner_finish_item(r, item);
	return 0;
}

static int run_alone_all(struct pk_runner *r, size_t *done, struct pk_err *err)
{
	if (user_settings(r, err) < 0)
		return -1;
	set_lock_timeout(r, false);
	if (r->how->measure && (pk_runner_send_due(r, err) < 0 || pk_measure_start(&r->measure, r->conn, err) < 0))
		return -1;
	for (size_t i = r->how->skip; i < r->statements.n; i++) {
		if (run_alone(r, i, err) < 0)
			return -1;
		*done = i + 1;
	}
	if (!r->how->before_commit)
		return pk_runner_send_due(r, err);
	pk_buf_add(&r->due, "BEGIN; ");
	return call_before_commit(r, err) < 0 ? -1 : commit(r, true, true, err);
}

/* ---- */

static void clean_up(struct pk_runner *r)
{
	PK_AUTO(pk_buf) sql = PK_BUF_INIT;

	if (r->clean || !pk_conn_alive(r->conn))
		return;
	if (pk_conn_tx(r->conn) != PK_TX_IDLE)
		pk_exec(r->conn, "ROLLBACK", NULL);
	add_clean_up(r, false, &sql);
	r->conn->users = false;
	pk_exec(r->conn, sql.ptr, NULL);
}

/* Does it make what a wrapper or a server of somebody else's is needed for? */
static bool borrows(const struct pk_runner *r)
{
	for (size_t i = 0; r->how->local && r->how->admin && i < r->actions.n; i++) {
		const struct pk_action *a = &r->actions.items[i];

		if (a->verb == PK_CREATE && (pk_streq(a->object, "server") || pk_streq(a->object, "foreign table")))
			return true;
	}
	return false;
}

int pk_run_sql(struct pk_conn *conn, const char *sql, const struct pk_run *how,
	       struct pk_trace *trace, size_t *ret_done, struct pk_err *err)
{
	PK_AUTO(pk_trace) unheard = PK_TRACE_INIT;
	struct pk_runner r __attribute__((cleanup(runner_release))) = {
		.conn = conn,
		.how = how,
		.super = { .user = conn, .admin = how->admin, .trust = &how->trust },
		.trace = trace ? trace : &unheard,
		.due = PK_BUF_INIT,
	};
	size_t done = how->transaction ? 0 : how->skip;
	int result;

	if (ret_done)
		*ret_done = done;
	if (pk_conn_tx(conn) != PK_TX_IDLE)
		return pk_err_set(err, "the connection to '%s' is inside a transaction already",
				  conn->where);
	r.trace->xid[0] = '\0';
	if (prepare(&r, sql, err) < 0 || (borrows(&r) && pk_super_lend(&r.super, &r.lent, err) < 0))
		return -1;
	result = how->transaction ? run_transaction(&r, err) : run_alone_all(&r, &done, err);
	clean_up(&r);
	pk_measure_deleted(&r.measure, r.trace);
	if (take_back(&r, result == 0 ? err : NULL) < 0)
		result = -1;
	if (how->transaction && result == 0)
		done = r.statements.n;
	if (ret_done)
		*ret_done = done;
	return result;
}
