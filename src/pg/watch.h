/* To look at what goes on elsewhere while a statement runs. */
#ifndef PK_PG_WATCH_H
#define PK_PG_WATCH_H

#include "pg/conn.h"

enum { PK_WATCH_NO_MORE = -1, PK_WATCH_CANCEL = -2 };
struct pk_watch {
	/*
	 * Not on the same connection. Returns milliseconds until the next look, be it in the same statement or a later
	 * one; or PK_WATCH_NO_MORE for this statement; or PK_WATCH_CANCEL: the server is asked to cancel it, which
	 * then fails with 57014 unless it is done before.
	 */
	int (*look)(void *arg);
	void *arg;
	int first_ms; /* at the latest, after a statement began */
	bool begins;  /* a statement has begun since look() has set this to false */
	double due;   /* not for the caller: pk_now() of the next look; 0: there was none */
};
/* For all statements of an open connection, until another one is set, NULL for none. Borrowed for as long. */
int pk_conn_watch(struct pk_conn *conn, struct pk_watch *watch, struct pk_err *err);

#endif
