/* Inside a run (trace/run.h): what its parts share. */
#ifndef PK_TRACE_RUNNER_H
#define PK_TRACE_RUNNER_H

#include "catalog/label.h"
#include "sql/action.h"
#include "trace/beside.h"
#include "trace/limits.h"
#include "trace/measure.h"

/* When a statement has its turn, and by whom. */
enum pk_turn {
	PK_TURN_NEVER,	/* on roles, where stand-ins serve */
	PK_TURN_NORMAL, /* by the role, in the order of the SQL */
	PK_TURN_KEPT,	/* the same: a security label whose provider is not loaded (catalog/label.h) */
	PK_TURN_BEFORE, /* by the superuser, before the role's transaction */
	PK_TURN_AFTER	/* by the superuser, after it */
};

struct pk_runner {
	struct pk_conn *conn;
	const struct pk_run *how;
	struct pk_statements statements;
	struct pk_actions actions;
	const struct pk_action **first; /* first action of each statement, or NULL */
	enum pk_turn *turns;
	struct pk_label_stmt *labels; /* of those that are PK_TURN_KEPT, or a superuser's for that reason */
	struct pk_super super;
	struct pk_rows lent; /* to the role, for as long as it makes something */
	struct pk_measure measure;
	struct pk_beside beside;
	struct pk_trace *trace;
	struct pk_limits limits;
	bool asked; /* whether it may begin */
	struct pk_buf due; /* statements of ours that go to the server together, ahead of the next one of the SQL */
	bool asks_xid;	   /* behind them */
	bool clean;	   /* the connection was put in order together with COMMIT */
};

/* ---- whose turn a statement has (turn.c) ---- */

/* By the role itself, in the order of the SQL: PK_TURN_NORMAL or PK_TURN_KEPT. */
bool pk_turn_is_roles(enum pk_turn turn);
/* Of the i-th statement, into turns[i]; right before its turn may come, since it depends on what was done by then. */
int pk_runner_find_turn(struct pk_runner *r, size_t i, struct pk_err *err);
/* Is there a PK_TURN_AFTER? Once all were found. */
bool pk_runner_takes_away_after(const struct pk_runner *r);

/* ---- one statement (statement.c) ---- */

/* The error gets the place of the statement in its file. Returns -1. */
int pk_runner_place(const struct pk_runner *r, const struct pk_statement *s, struct pk_err *err);
/* The trace's next item: it is in the trace, and told to the caller, only when it is finished. Borrowed until then. */
struct pk_traced *pk_runner_new_item(struct pk_runner *r, const struct pk_statement *s);
void pk_runner_finish_item(struct pk_runner *r, struct pk_traced *item);
/* Is it still to be asked whether the run may begin? */
bool pk_runner_has_to_ask(const struct pk_runner *r);
/* Sends the statements of ours that are due. The first time it is asked meanwhile whether what comes then may begin. */
int pk_runner_send_due(struct pk_runner *r, struct pk_err *err);
/* Statements whose point is to lock little; they cannot be run in a transaction to be watched. a NULL: not known, false. */
bool pk_runner_lock_is_known(const struct pk_action *a);
/* Runs the i-th statement over the role's connection, with what is due before it; fills in the item's time and rows. */
int pk_runner_execute(struct pk_runner *r, size_t i, struct pk_traced *item, struct pk_err *err);
/* Runs the i-th statement over the superuser's connection, as an item of the trace. */
int pk_runner_run_by_admin(struct pk_runner *r, size_t i, struct pk_err *err);

#endif
