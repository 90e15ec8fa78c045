/*
 * COPY from one server into another, on several pairs of connections side by side, in this one thread.
 * Rows pass through in pieces: what is kept of them is a piece for each pair, or a single row that is
 * larger (libpq gives rows whole).
 */
#ifndef PK_PG_PUMP_H
#define PK_PG_PUMP_H

#include "pg/conn.h"

#define PK_PUMP_LANES_MAX 64

/* Both idle, or in a transaction. Borrowed. */
struct pk_pump_lane {
	struct pk_conn *source; /* NULL: nothing is to be read any more */
	struct pk_conn *target;
};
struct pk_pump_task {
	char *what; /* for errors: "cannot <what>" */
	/*
	 * Statements of the simple protocol. Each COPY ... TO STDOUT of from is the input of the COPY ... FROM STDIN
	 * of into that stands at the same place. NULL: nothing there.
	 */
	char *from, *into;
	size_t number; /* of the caller's */
	int64_t *rows; /* where from's COPYs say how many they gave, one after the other; borrowed; NULL: nowhere */
};
void pk_pump_task_release(struct pk_pump_task *task);

struct pk_pump {
	struct pk_pump_lane *lanes;
	int n;
	/* 1: *ret is for this lane; 0: there is nothing for it now; asked again when another has come to its end. */
	int (*next)(void *arg, int lane, struct pk_pump_task *ret, struct pk_err *err);
	int (*done)(void *arg, int lane, const struct pk_pump_task *task, struct pk_err *err);
	/* Bytes that passed; an error ends all. Called at least several times a second, with lane -1 then. */
	int (*moved)(void *arg, int lane, size_t bytes, struct pk_err *err);
	void *arg;
};
/*
 * Until there is nothing for any lane. After an error or an interrupt (PK_EXIT_INTERRUPTED) what runs is
 * cancelled, and the connections are good for nothing but to be closed.
 */
int pk_pump_run(const struct pk_pump *pump, struct pk_err *err);

#endif
