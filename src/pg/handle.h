/* What the files of pg/ share about a connection. Inside pg/ only. */
#ifndef PK_PG_HANDLE_H
#define PK_PG_HANDLE_H

#include "pg/watch.h"
#include <libpq-fe.h>
#include <signal.h>

/*
 * Asks the server to stop what the connection is at, as PQcancel() does, and waits a second for that to have arrived:
 * where the network has gone silent, PQcancel() would not come back. Returns whether it has. Fit for a signal handler. NULL: nothing.
 */
bool pk_cancel_ask(PGcancel *cancel);

/* A running query that an interrupt may cancel. */
struct pk_running {
	PGcancel *cancel;
	volatile sig_atomic_t interrupts; /* since the query began */
	volatile sig_atomic_t unheard;	  /* requests to cancel, one behind the other, that the server did not take */
	volatile sig_atomic_t asked_ms;	  /* how long the last one took */
	bool cleans_up;			  /* it began after an interrupt */
};
/* Between the two an interrupt cancels what the connection is at. One at a time. */
void pk_running_begin(struct pk_running *running, struct pk_conn *conn);
void pk_running_end(struct pk_running *running);

/*
 * The next result, as PQgetResult(), but an interrupt is not waited out for ever: -1 with an error
 * when the server does not answer a cancel request, or, in what begins after an interrupt, when nothing
 * comes over the network any more; the connection is closed then.
 */
int pk_next_result(struct pk_conn *conn, struct pk_running *running, PGresult **ret,
		   struct pk_err *err);

/* What is to look while a statement runs; NULL: nothing. */
struct pk_watch *pk_conn_watched(const struct pk_conn *conn);

/* Waits for a statement that PQsendQuery() sent; its rows. */
int pk_query_sent(struct pk_conn *conn, struct pk_rows *rows, struct pk_err *err);

/*
 * Our settings (pk_conn_own_settings()) for a connection that is new. send() asks for them without waiting; false: it does
 * not stand. begin() gives them to it, or, where they are sent, waits for that; what they were before is known of it then.
 */
bool pk_settings_send(struct pk_conn *conn);
int pk_settings_begin(struct pk_conn *conn, bool sent, struct pk_err *err);

/* The result becomes the rows'; rows NULL: thrown away. */
void pk_give_rows(PGresult *result, struct pk_rows *rows);

/* Fills err from a failed result (NULL: from the connection). sql may be NULL. Returns -1. */
int pk_result_error(struct pk_conn *conn, const struct pk_running *running, const PGresult *result,
		    const char *sql, struct pk_err *err);

#endif
