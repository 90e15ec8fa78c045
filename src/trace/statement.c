#include "trace/runner.h"
#include "base/clock.h"
#include "base/sig.h"
#include "trace/conflict.h"
#include "trace/invalid.h"
#include "trace/refuse.h"

static int file_line(const struct pk_runner *r, int line)
{
	return pk_run_line(r->how, line);
}

int pk_runner_place(const struct pk_runner *r, const struct pk_statement *s, struct pk_err *err)
{
	return pk_run_place(r->how, s, err);
}

struct pk_traced *pk_runner_new_item(struct pk_runner *r, const struct pk_statement *s)
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

void pk_runner_finish_item(struct pk_runner *r, struct pk_traced *item)
{
	pk_beside_tell(&r->beside, &r->trace->arena, item);
	r->trace->n++;
	if (r->how->after)
		r->how->after(r->how->arg, item);
}

bool pk_runner_has_to_ask(const struct pk_runner *r)
{
	return r->how->may_begin && r->how->transaction && !r->asked;
}

/* The first time it is asked meanwhile whether what comes then may begin. */
int pk_runner_send_due(struct pk_runner *r, struct pk_err *err)
{
	const struct pk_run *how = r->how;
	PK_FREE char *value = NULL;
	int result = 0;

	if (r->asks_xid)
		pk_buf_add(&r->due, "SELECT pg_catalog.txid_current()");
	if (pk_runner_has_to_ask(r))
		result = pk_query_value_meanwhile(r->conn, r->due.ptr, how->may_begin, how->arg, &value, err);
	else if (r->due.len)
		result = pk_query_value(r->conn, r->due.ptr, -1, NULL, &value, err);
	if (result == 0 && r->asks_xid)
		snprintf(r->trace->xid, sizeof(r->trace->xid), "%s", value);
	if (result < 0 && err)
		err->line = err->col = 0; /* of no file */
	r->asked = true;
	r->asks_xid = false;
	pk_buf_clear(&r->due);
	return result;
}

/* Statements whose point is to lock little; they cannot be run in a transaction to be watched. */
bool pk_runner_lock_is_known(const struct pk_action *a)
{
	return a && (a->concurrently || a->verb == PK_VACUUM);
}

/* What a block gave back on its way, and what is in no transaction of ours, shows from beside alone. */
static int watch(struct pk_runner *r, const struct pk_action *a, struct pk_err *err)
{
	if (!r->how->measure || !r->how->local || !r->how->admin ||
	    !(pk_runner_lock_is_known(a) || (a && (a->verb == PK_DO || a->verb == PK_CALL))))
		return 0;
	return pk_beside_start(&r->beside, r->conn, r->how->admin, &r->measure, err);
}

int pk_runner_execute(struct pk_runner *r, size_t i, struct pk_traced *item, struct pk_err *err)
{
	const struct pk_statement *s = &r->statements.items[i];
	/* Where it is tried, what rows are in its way is found out. */
	bool explained = r->how->local && r->how->measure && pk_conflict_possible(&r->actions, i);
	bool saved = explained && pk_conn_tx(r->conn) == PK_TX_ACTIVE, asks;
	double started;
	int rc;

	if (pk_interrupted()) {
		pk_err_interrupted(err, "interrupted");
		return pk_runner_place(r, s, err);
	}
	pk_limits_add(&r->limits, s->text, file_line(r, s->line), &r->due);
	if (saved)
		pk_buf_add(&r->due, "SAVEPOINT postkit_statement; ");
	asks = pk_runner_has_to_ask(r);
	if (pk_runner_send_due(r, err) < 0)
		return asks ? -1 : pk_runner_place(r, s, err);
	if (watch(r, r->first[i], err) < 0)
		return pk_runner_place(r, s, err);
	started = pk_now();
	rc = r->turns[i] == PK_TURN_KEPT ? pk_label_keep(r->conn, &r->labels[i], err) :
					pk_exec_count(r->conn, s->text, &item->rows, err);
	pk_beside_stop(&r->beside, r->conn);
	if (rc < 0) {
		if (explained)
			pk_conflict_explain(r->conn, &r->actions, i, err);
		return pk_runner_place(r, s, err);
	}
	item->seconds = pk_now() - started;
	if (pk_invalid_look(r->conn, &r->actions, r->first[i], err) < 0)
		return pk_runner_place(r, s, err);
	return saved ? pk_exec(r->conn, "RELEASE postkit_statement", err) : 0;
}

int pk_runner_run_by_admin(struct pk_runner *r, size_t i, struct pk_err *err)
{
	const struct pk_statement *s = &r->statements.items[i];
	const struct pk_action *a = r->first[i];
	const bool extension = pk_streq(a->object, "extension");
	struct pk_super_stmt stmt = extension ? pk_super_extension : pk_super_find(a);
	struct pk_traced *item = pk_runner_new_item(r, s);
	PK_AUTO(pk_err) why = PK_ERR_INIT;
	double started = pk_now();

	if (extension)
		stmt.extension = a->verb == PK_DROP ? "" : a->name;
	if ((r->labels[i].provider ? pk_label_keep_for(r->super.admin, &r->labels[i], &why) :
				     pk_super_run(&r->super, &stmt, s->text, &why)) < 0) {
		pk_err_move(err, &why);
		return pk_runner_place(r, s, err);
	}
	item->seconds = pk_now() - started;
	pk_runner_finish_item(r, item);
	return 0;
}
