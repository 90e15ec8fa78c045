/*
 * From a connection string to a connection of libpq that stands, or the reason why there is none. Inside pg/ only: what
 * a connection of ours has besides is conn.c's.
 */
#ifndef PK_PG_CONNECT_H
#define PK_PG_CONNECT_H

#include "pg/conn.h"
#include <libpq-fe.h>

#define PK_LEAVE_SECONDS 1 /* that a server takes to let go of a connection, at most */

/* Begins to connect, as PQconnectStartParams(): the caller's to finish; NULL: out of memory. */
PGconn *pk_connect_start(const struct pk_conninfo *info);
/* The same with libpq's own names and values, which are overwritten: a password may be among them. */
PGconn *pk_connect_start_with(const struct pk_strv *keys, struct pk_strv *values);
/* Seconds for each host. given: connect_timeout, NULL where it is not set. */
int pk_connect_timeout(const char *given);
/*
 * With poll(), so that an interrupt is heard. seconds: for each host that libpq tries. cleaning_up: there was an interrupt
 * before; there is still to be cleaned up, over new connections too, and nobody waits long for that. 0: connected, or
 * failed; 1: the time is up; -1: interrupted.
 */
int pk_connect_wait(PGconn *handle, int seconds, bool cleaning_up, struct pk_err *err);
/*
 * Connects conn->handle, which is none before, by all hosts of info, and again where the server has no place left or starts
 * up. The caller closes it after an error, too.
 */
int pk_connect(struct pk_conn *conn, const struct pk_conninfo *info, struct pk_err *err);

/* "local/shop", with what libpq found in services and variables. Caller frees. */
char *pk_connect_where(const PGconn *handle, const struct pk_conninfo *info);
/* Why libpq could not connect, in a line without any secret; late: the time was up. Caller frees; "": it gives none. */
char *pk_connect_reason(PGconn *handle, const struct pk_conninfo *info, bool late);
/* The error of a connection that was refused, with a hint by its cause. handle NULL: for want of memory. Returns -1. */
int pk_connect_refused(PGconn *handle, const struct pk_conninfo *info, bool late, struct pk_err *err);

#endif
