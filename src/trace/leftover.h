/* Indexes that REINDEX CONCURRENTLY leaves invalid when it does not come to its end: <index>_ccnew, or <index>_ccold. */
#ifndef PK_TRACE_LEFTOVER_H
#define PK_TRACE_LEFTOVER_H

#include "pg/conn.h"
#include "sql/action.h"

/*
 * Drops, concurrently, those on the tables that a REINDEX is about which were made after the transaction since (an xid,
 * as in xmin), and on which no other session has a lock. dropped (may be NULL) is told the name of each before. That
 * of a TOAST table stays where the role may not use pg_toast, as none but superusers may.
 */
int pk_leftover_drop(struct pk_conn *conn, const struct pk_action *reindex, const char *since,
		     void (*dropped)(void *arg, const char *index), void *arg, struct pk_err *err);

#endif
