#include "trace/run.h"
#include "base/clock.h"
#include "base/sig.h"
#include "catalog/label.h"
#include "sql/action.h"
#include "trace/beside.h"
#include "trace/conflict.h"
#include "trace/limits.h"
#include "trace/measure.h"
#include "trace/refuse.h"

void pk_trace_release(struct pk_trace *trace)
{
	free(trace->items);
	free(trace->deleted);
	pk_arena_release(&trace->arena);
	*trace = (struct pk_trace)PK_TRACE_INIT;
}

/* When a statement has its turn. TURN_KEPT: as TURN_NORMAL, a security label whose provider is not loaded. */
enum turn { TURN_NEVER, TURN_NORMAL, TURN_KEPT, TURN_BEFORE, TURN_AFTER };

static bool is_roles(enum turn turn)
{
	return turn == TURN_NORMAL || turn == TURN_KEPT;
}

struct runner {
	struct pk_conn *conn;
	const struct pk_run *how;
	struct pk_statements statements;
	struct pk_actions actions;
	const struct pk_action **first; /* first action of each statement, or NULL */
	enum turn *turns;
	struct pk_label_stmt *labels; /* of those that are TURN_KEPT, or a superuser's for that reason */
	struct pk_super super;
	struct pk_rows lent; /* to the role, for as long as it makes something */
	struct pk_measure measure;
	struct pk_beside beside;
	struct pk_trace *trace;
	struct pk_limits limits;
	bool asked; /* whether it may begin */
	struct pk_buf due; /* statements of ours that go to the server together, ahead of the next one of the SQL */
	bool clean;	   /* the connection was put in order together with COMMIT */
};

static void runner_release(struct runner *r)
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

static int file_line(const struct runner *r, int line)
{
	return pk_run_line(r->how, line);
}

static int place(const struct runner *r, const struct pk_statement *s, struct pk_err *err)
{
	return pk_run_place(r->how, s, err);
}

static int prepare(struct runner *r, const char *sql, struct pk_err *err)
{
	if (pk_sql_split(sql, r->how->file, &r->statements, err) < 0) {
		if (err && err->line > 0)
			err->line = file_line(r, err->line);
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

/* ---- whose turn it is ---- */

/* The role can do it itself: a trusted extension, or one that it owns. Then it is as on the remote. */
static int needs_admin(struct runner *r, const struct pk_action *a, bool *ret, struct pk_err *err)
{
	const char *const params[] = { a->name };
	PK_FREE char *answer = NULL;
	const char *sql =
		"SELECT NOT pg_catalog.pg_has_role(extowner, 'USAGE') FROM pg_catalog.pg_extension "
		"WHERE extname = $1";

	*ret = false;
	if (!a->name)
		return 0;
	if (a->verb == PK_CREATE && r->conn->version < 130000) {
		*ret = true;
		return 0;
	}
	if (a->verb == PK_CREATE)
		sql = "SELECT NOT (pg_catalog.bool_or(trusted) AND "
		      "pg_catalog.has_database_privilege("
		      "pg_catalog.current_database(), 'CREATE')) "
		      "FROM pg_catalog.pg_available_extension_versions WHERE name = $1";
	if (pk_query_value(r->conn, sql, 1, params, &answer, err) < 0)
		return -1;
	*ret = pk_streq(answer, "t");
	return 0;
}

/* As its provider is not loaded, it is kept as COMMENT would be: by the role, or for it. */
static int find_label(struct runner *r, size_t i, bool *ret_admin, struct pk_err *err)
{
	struct pk_action comment = *r->first[i];
	struct pk_label_stmt label = pk_label_read(&r->trace->arena, &comment, r->statements.items[i].text);
	bool kept = false;

	comment.object = comment.type;
	if (pk_label_kept(&r->super, &label, &kept, err) < 0 ||
	    (kept && label.superusers && pk_super_needed(&r->super, &comment, ret_admin, err) < 0))
		return -1;
	if (kept) {
		r->labels[i] = label;
		r->turns[i] = TURN_KEPT;
	}
	return 0;
}

static int find_turn(struct runner *r, size_t i, struct pk_err *err)
{
	const struct pk_action *a = r->first[i];
	bool admin = false;

	r->turns[i] = TURN_NORMAL;
	if (!a || !r->how->local)
		return 0;
	if (pk_streq(a->object, "role"))
		r->turns[i] = TURN_NEVER;
	if (!r->how->admin)
		return 0;
	if ((a->provider			? find_label(r, i, &admin, err) :
	     pk_streq(a->object, "extension") ? needs_admin(r, a, &admin, err) :
						pk_super_needed(&r->super, a, &admin, err)) < 0)
		return place(r, &r->statements.items[i], err);
	if (admin)
		r->turns[i] = a->verb == PK_DROP ? TURN_AFTER : TURN_BEFORE;
	return 0;
}

/* ---- one statement ---- */

static struct pk_traced *new_item(struct runner *r, const struct pk_statement *s)
{
	struct pk_trace *t = r->trace;

	if (t->n == t->cap) {
		t->cap = t->cap ? t->cap * 2 : 16;
		t->items = pk_realloc_array(t->items, t->cap, sizeof(*t->items));
	}
	t->items[t->n] = (struct pk_traced){
		.sql = pk_arena_strdup(&t->arena, s->text),
		.line = file_line(r, s->line),
		.rows = -1,
		.read = -1,
		.written = -1,
		.wal = -1,
	};
	return &t->items[t->n];
}

static void finish_item(struct runner *r, struct pk_traced *item)
{
	pk_beside_tell(&r->beside, &r->trace->arena, item);
	r->trace->n++;
	if (r->how->after)
		r->how->after(r->how->arg, item);
}

static bool has_to_ask(const struct runner *r)
{
	return r->how->may_begin && r->how->transaction && !r->asked;
}

/* The first time it is asked meanwhile whether what comes then may begin. */
static int send_due(struct runner *r, struct pk_err *err)
{
	const struct pk_run *how = r->how;
	int result = has_to_ask(r) ? pk_exec_meanwhile(r->conn, r->due.ptr, how->may_begin, how->arg, err) :
		     r->due.len	   ? pk_exec(r->conn, r->due.ptr, err) :
				     0;

	if (result < 0 && err)
		err->line = err->col = 0; /* of no file */
	r->asked = true;
	pk_buf_clear(&r->due);
	return result;
}

/* Statements whose point is to lock little; they cannot be run in a transaction to be watched. */
static bool lock_is_known(const struct pk_action *a)
{
	return a && (a->concurrently || a->verb == PK_VACUUM);
}

/* What a block gave back on its way, and what is in no transaction of ours, shows from beside alone. */
static int watch(struct runner *r, const struct pk_action *a, struct pk_err *err)
{
	if (!r->how->measure || !r->how->local || !r->how->admin ||
	    !(lock_is_known(a) || (a && (a->verb == PK_DO || a->verb == PK_CALL))))
		return 0;
	return pk_beside_start(&r->beside, r->conn, r->how->admin, &r->measure, err);
}

static int execute(struct runner *r, size_t i, struct pk_traced *item, struct pk_err *err)
{
	const struct pk_statement *s = &r->statements.items[i];
	/* Where it is tried, what rows are in its way is found out. */
	bool explained = r->how->local && r->how->measure && pk_conflict_possible(&r->actions, i);
	bool saved = explained && pk_conn_tx(r->conn) == PK_TX_ACTIVE, asks;
	double started;
	int rc;

	if (pk_interrupted()) {
		pk_err_set(err, "interrupted");
		pk_err_exit(err, PK_EXIT_INTERRUPTED);
		return place(r, s, err);
	}
	pk_limits_add(&r->limits, s->text, file_line(r, s->line), &r->due);
	if (saved)
		pk_buf_add(&r->due, "SAVEPOINT postkit_statement; ");
	asks = has_to_ask(r);
	if (send_due(r, err) < 0)
		return asks ? -1 : place(r, s, err);
	if (watch(r, r->first[i], err) < 0)
		return place(r, s, err);
	started = pk_now();
	rc = r->turns[i] == TURN_KEPT ? pk_label_keep(r->conn, &r->labels[i], err) :
					pk_exec_count(r->conn, s->text, &item->rows, err);
	pk_beside_stop(&r->beside, r->conn);
	if (rc < 0) {
		if (explained)
			pk_conflict_explain(r->conn, &r->actions, i, err);
		return place(r, s, err);
	}
	item->seconds = pk_now() - started;
	return saved ? pk_exec(r->conn, "RELEASE postkit_statement", err) : 0;
}

static int run_by_admin(struct runner *r, size_t i, struct pk_err *err)
{
	const struct pk_statement *s = &r->statements.items[i];
	const struct pk_action *a = r->first[i];
	const bool extension = pk_streq(a->object, "extension");
	struct pk_super_stmt stmt = extension ? pk_super_extension : pk_super_find(a);
	struct pk_traced *item = new_item(r, s);
	PK_AUTO(pk_err) why = PK_ERR_INIT;
	double started = pk_now();

	if (extension)
		stmt.extension = a->verb == PK_DROP ? "" : a->name;
	if ((r->labels[i].provider ? pk_label_keep_for(r->super.admin, &r->labels[i], &why) :
				     pk_super_run(&r->super, &stmt, s->text, &why)) < 0) {
		pk_err_move(err, &why);
		return place(r, s, err);
	}
	item->seconds = pk_now() - started;
	finish_item(r, item);
	return 0;
}

/* ---- all in one transaction ---- */

static int run_turn(struct runner *r, enum turn turn, struct pk_err *err)
{
	for (size_t i = 0; i < r->statements.n; i++) {
		/* Whether the role owns an extension depends on the statements before. */
		if (turn == TURN_BEFORE && find_turn(r, i, err) < 0)
			return -1;
		if (r->turns[i] == turn && run_by_admin(r, i, err) < 0)
			return -1;
	}
	return 0;
}

static void set_lock_timeout(struct runner *r, bool local)
{
	if (!r->how->lock_timeout || !r->limits.none)
		return; /* with the first statement's limits */
	pk_buf_add(&r->due, local ? "SET LOCAL lock_timeout = " : "SET lock_timeout = ");
	pk_buf_add_literal(&r->due, r->how->lock_timeout);
	pk_buf_add(&r->due, "; ");
}

static int run_in_transaction(struct runner *r, size_t i, struct pk_err *err)
{
	const struct pk_statement *s = &r->statements.items[i];
	struct pk_traced *item = new_item(r, s);

	if (execute(r, i, item, err) < 0)
		return -1;
	/* A procedure or a client-side trick may have ended it; then nothing that follows would be safe. */
	if (pk_conn_tx(r->conn) != PK_TX_ACTIVE) {
		pk_err_set(err, "the statement ended the transaction");
		return place(r, s, err);
	}
	if (r->how->measure &&
	    pk_measure_statement(&r->measure, r->conn, &r->trace->arena, item, err) < 0)
		return place(r, s, err);
	finish_item(r, item);
	return 0;
}

/* Before anybody looks at what has become of the schema. */
static int take_back(struct runner *r, struct pk_err *err)
{
	int result = r->lent.n ? pk_super_take_back(&r->super, &r->lent, err) : 0;

	pk_rows_release(&r->lent);
	r->lent = (struct pk_rows)PK_ROWS_INIT;
	return result;
}

static int call_before_commit(struct runner *r, struct pk_err *err)
{
	PK_FREE char *xid = NULL;

	if (has_to_ask(r) && send_due(r, err) < 0)
		return -1;
	if (take_back(r, err) < 0)
		return -1;
	if (!r->how->before_commit)
		return send_due(r, err);
	pk_buf_add(&r->due, "RESET SESSION AUTHORIZATION; RESET ROLE; ");
	pk_buf_add_own_settings(&r->due);
	if (r->how->last)
		r->how->last(r->how->arg, &r->due);
	pk_buf_add(&r->due, "SELECT pg_catalog.txid_current()");
	if (pk_query_value(r->conn, r->due.ptr, -1, NULL, &xid, err) < 0) {
		if (err)
			err->line = err->col = 0;
		return -1;
	}
	pk_buf_clear(&r->due);
	snprintf(r->trace->xid, sizeof(r->trace->xid), "%s", xid);
	return r->how->before_commit(r->how->arg, r->conn, err);
}

/* RESET ALL leaves the role alone, and DISCARD ALL would take the role that the database gives. */
static void add_clean_up(struct pk_buf *sql)
{
	pk_buf_add(sql, "RESET SESSION AUTHORIZATION; RESET ROLE; RESET ALL; ");
	pk_buf_add_own_settings(sql);
}

/* last: nothing comes behind it. */
static int commit(struct runner *r, bool last, struct pk_err *err)
{
	PK_AUTO(pk_buf) then = PK_BUF_INIT;
	PK_FREE char *xid = NULL;
	bool cleaned = false;

	if (!r->how->before_commit) {
		if (pk_query_value(r->conn, "SELECT pg_catalog.txid_current_if_assigned()", 0, NULL, &xid, err) < 0)
			return -1;
		snprintf(r->trace->xid, sizeof(r->trace->xid), "%s", xid ? xid : "");
	}
	if (last)
		add_clean_up(&then);
	if (pk_conn_commit(r->conn, then.ptr, &cleaned, err) == 0) {
		r->clean = last && cleaned;
		return 0;
	}
	if (!pk_conn_alive(r->conn)) {
		pk_err_wrap(err, "the connection was lost at COMMIT, the outcome is not known");
		return pk_err_exit(err, PK_EXIT_UNKNOWN);
	}
	pk_err_wrap(err, "refused at COMMIT");
	return r->how->file ? pk_err_at(err, r->how->file, 0, 0) : -1;
}

/* On a remote they wait for what comes next. */
static int user_settings(struct runner *r, struct pk_err *err)
{
	const char *more = r->how->settings;

	pk_buf_add_user_settings(&r->due);
	if (!r->how->local && (!more || !*more))
		return 0;
	if (send_due(r, err) < 0)
		return -1;
	return more && *more ? pk_exec(r->conn, more, err) : 0;
}

static bool takes_away_after(const struct runner *r)
{
	for (size_t i = 0; i < r->statements.n; i++)
		if (r->turns[i] == TURN_AFTER)
			return true;
	return false;
}

static int run_transaction(struct runner *r, struct pk_err *err)
{
	if (user_settings(r, err) < 0 || run_turn(r, TURN_BEFORE, err) < 0)
		return -1;
	pk_buf_add(&r->due, "BEGIN; ");
	set_lock_timeout(r, true);
	if (r->how->measure && (send_due(r, err) < 0 || pk_measure_start(&r->measure, r->conn, err) < 0 ||
				pk_measure_begin(&r->measure, r->conn, err) < 0))
		return -1;
	for (size_t i = 0; i < r->statements.n; i++)
		if (is_roles(r->turns[i]) && run_in_transaction(r, i, err) < 0)
			return -1;
	if (r->how->commit_late && takes_away_after(r)) {
		if (commit(r, false, err) < 0 || run_turn(r, TURN_AFTER, err) < 0 || pk_exec(r->conn, "BEGIN", err) < 0)
			return -1;
		return call_before_commit(r, err) < 0 ? -1 : commit(r, true, err);
	}
	if (call_before_commit(r, err) < 0 || commit(r, !takes_away_after(r), err) < 0)
		return -1;
	return run_turn(r, TURN_AFTER, err);
}

/* ---- statement by statement ---- */

static void tell_known_lock(struct runner *r, const struct pk_action *a, struct pk_traced *item)
{
	PK_AUTO(pk_buf) name = PK_BUF_INIT;

	if (!a->rel_name && !a->name)
		return;
	pk_buf_add_qualified(&name, a->rel_name ? a->rel_schema : a->schema,
			     a->rel_name ? a->rel_name : a->name);
	item->lock = "SHARE UPDATE EXCLUSIVE";
	item->relation = pk_arena_strdup(&r->trace->arena, name.ptr);
	item->locks = pk_arena_alloc(&r->trace->arena, sizeof(*item->locks));
	item->locks[item->n_locks++] = (struct pk_traced_lock){ .relation = item->relation, .mode = item->lock };
}

/* Beside it, since it cannot be in a transaction with what measures. */
static int run_unwatched(struct runner *r, size_t i, struct pk_traced *item, struct pk_err *err)
{
	const struct pk_action *a = r->first[i];
	bool measure = r->how->measure && lock_is_known(a);

	if (measure && pk_measure_begin(&r->measure, r->conn, err) < 0)
		return -1;
	if (execute(r, i, item, err) < 0)
		return -1;
	if (!measure)
		return 0;
	if (!r->beside.n_locks)
		tell_known_lock(r, a, item);
	return pk_measure_outside(&r->measure, r->conn, &r->trace->arena, item, err);
}

bool pk_wants_no_transaction(const struct pk_err *err)
{
	return pk_streq(err->sqlstate, "25001") || pk_streq(err->sqlstate, "2D000");
}

/* In a transaction of its own, to see the locks. Returns 1 when it refuses to be in one. */
static int run_watched(struct runner *r, size_t i, struct pk_traced *item, struct pk_err *err)
{
	const struct pk_statement *s = &r->statements.items[i];
	PK_AUTO(pk_err) e = PK_ERR_INIT;

	if (pk_exec(r->conn, "BEGIN", err) < 0 || pk_measure_begin(&r->measure, r->conn, err) < 0)
		return -1;
	if (execute(r, i, item, &e) < 0) {
		if (pk_conn_alive(r->conn) && pk_exec(r->conn, "ROLLBACK", NULL) == 0 &&
		    pk_wants_no_transaction(&e))
			return 1;
		pk_err_move(err, &e);
		return -1;
	}
	if (pk_conn_tx(r->conn) != PK_TX_ACTIVE)
		return 0;
	if (pk_measure_statement(&r->measure, r->conn, &r->trace->arena, item, err) < 0)
		return place(r, s, err);
	if (pk_exec(r->conn, "COMMIT", err) < 0)
		return place(r, s, err);
	return 0;
}

static int run_alone(struct runner *r, size_t i, struct pk_err *err)
{
	const struct pk_action *a = r->first[i];
	struct pk_traced *item;
	int result = 1;

	if (find_turn(r, i, err) < 0)
		return -1;
	if (r->turns[i] == TURN_NEVER)
		return 0;
	if (!is_roles(r->turns[i]))
		return run_by_admin(r, i, err);
	item = new_item(r, &r->statements.items[i]);
	if (r->how->measure && !lock_is_known(a))
		result = run_watched(r, i, item, err);
	if (result > 0)
		result = run_unwatched(r, i, item, err);
	if (result < 0)
		return -1;
	if (pk_conn_tx(r->conn) != PK_TX_IDLE) {
		pk_err_set(err, "the statement left a transaction open");
		return place(r, &r->statements.items[i], err);
	}
	finish_item(r, item);
	return 0;
}

static int run_alone_all(struct runner *r, size_t *done, struct pk_err *err)
{
	if (user_settings(r, err) < 0)
		return -1;
	set_lock_timeout(r, false);
	if (r->how->measure && (send_due(r, err) < 0 || pk_measure_start(&r->measure, r->conn, err) < 0))
		return -1;
	for (size_t i = r->how->skip; i < r->statements.n; i++) {
		if (run_alone(r, i, err) < 0)
			return -1;
		*done = i + 1;
	}
	if (!r->how->before_commit)
		return send_due(r, err);
	pk_buf_add(&r->due, "BEGIN; ");
	return call_before_commit(r, err) < 0 ? -1 : commit(r, true, err);
}

/* ---- */

static void clean_up(const struct runner *r)
{
	PK_AUTO(pk_buf) sql = PK_BUF_INIT;

	if (r->clean || !pk_conn_alive(r->conn))
		return;
	if (pk_conn_tx(r->conn) != PK_TX_IDLE)
		pk_exec(r->conn, "ROLLBACK", NULL);
	add_clean_up(&sql);
	pk_exec(r->conn, sql.ptr, NULL);
}

/* Does it make what a wrapper or a server of somebody else's is needed for? */
static bool borrows(const struct runner *r)
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
	struct runner r __attribute__((cleanup(runner_release))) = {
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
