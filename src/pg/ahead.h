/* A connection that comes about while something else is done: most of that is waiting, and the work of TLS and passwords. */
#ifndef PK_PG_AHEAD_H
#define PK_PG_AHEAD_H

#include "pg/conn.h"
#include <pthread.h>

/* Not to be moved while it is under way. */
struct pk_ahead {
	struct pk_conninfo info;
	struct pk_conn conn;
	pthread_t thread;
	bool under_way; /* or there, and not taken */
};

/* Begins to connect, in a thread of its own. A text that is no connection string begins nothing. */
void pk_ahead_begin(struct pk_ahead *ahead, const char *text);
/* Waits for it. As after pk_conns_begin(), ret is still to be opened, with what the text says. */
void pk_ahead_take(struct pk_ahead *ahead, struct pk_conn *ret);
void pk_ahead_release(struct pk_ahead *ahead);

#endif
