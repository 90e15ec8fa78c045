/*
 * A superuser's statements without event triggers: those run code of whoever may change their function, as
 * whoever is there. From 17 on the connection does without them by itself (server/server.h); before, each has
 * to be turned off while the transaction lasts.
 */
#ifndef PK_PG_SILENCE_H
#define PK_PG_SILENCE_H

#include "pg/conn.h"

/* Names of those that fire in this session, for people: a, b. NULL: none does; caller frees. */
int pk_silence_loud(struct pk_conn *conn, char **ret, struct pk_err *err);
/* Inside a transaction: turns them off; ret_triggers is what pk_silence_end() turns on again. */
int pk_silence_begin(struct pk_conn *superuser, struct pk_rows *ret_triggers, struct pk_err *err);
int pk_silence_end(struct pk_conn *superuser, const struct pk_rows *triggers, struct pk_err *err);
/* In a transaction of its own, without event triggers: what fn does, or statements. */
int pk_silently(struct pk_conn *superuser, int (*fn)(struct pk_conn *conn, void *arg, struct pk_err *err), void *arg,
		struct pk_err *err);
int pk_exec_silently(struct pk_conn *superuser, const char *sql, struct pk_err *err);

#endif
