/* To look at what goes on elsewhere while a statement runs. */
#ifndef PK_PG_WATCH_H
#define PK_PG_WATCH_H

#include "pg/conn.h"

struct pk_watch {
	/* Not on the same connection. Returns milliseconds until the next look; below 0: none for this statement. */
	int (*look)(void *arg);
	void *arg;
	int first_ms; /* after a statement began */
};
/* For all statements of an open connection, until another one is set, NULL for none. Borrowed for as long. */
int pk_conn_watch(struct pk_conn *conn, struct pk_watch *watch, struct pk_err *err);

#endif
