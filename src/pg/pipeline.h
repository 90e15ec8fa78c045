/*
 * Many queries at once, over one connection or over several side by side: catalog reading. Each
 * connection runs its own from first to last; what arrives is kept, whichever is faster.
 */
#ifndef PK_PG_PIPELINE_H
#define PK_PG_PIPELINE_H

#include "pg/conn.h"

#define PK_PIPELINES_MAX 4

struct pk_pipeline_query {
	const char *sql;      /* without parameters */
	struct pk_rows *rows; /* where they go, initialised; NULL: thrown away */
	bool numbers;	      /* all columns are oid or integer, and come as such: pk_rows_number() */
	const char *name;     /* of a prepared statement: sql only goes into errors; NULL: there is none */
	bool prepare;	      /* sql becomes that statement, and is not run */
};
/*
 * In a transaction, a query whose locks end with it: with what stands around it so many entries, of which all is borrowed.
 * A server has room for so many locks, which it shares with everybody, and planning takes those of all of a table's indexes.
 */
#define PK_PIPELINE_BRIEF 4
void pk_pipeline_brief(const char *sql, struct pk_rows *rows, struct pk_pipeline_query ret[PK_PIPELINE_BRIEF]);

struct pk_pipeline {
	struct pk_conn *conn; /* idle, or in a transaction */
	const struct pk_pipeline_query *queries;
	int n;
	int at; /* queries that are done */
	/* not for the caller */
	int sent, syncs; /* queries; ends of what was sent at once that have not come back */
	bool open, failed;
};
/*
 * Sends all that was not sent before, and does not wait: the server goes on with it after what it has. After 0 the
 * pipeline must be collected before the connection is used.
 */
int pk_pipeline_send(struct pk_pipeline *pipeline, struct pk_err *err);
/* Waits until so many queries are done. After an error it must still be collected. */
int pk_pipeline_until(struct pk_pipeline *pipeline, int n, struct pk_err *err);
/*
 * Waits for all that was sent. arrived (may be NULL) is called after each query, while others are
 * under way. The first error is the one told; no rows are left then.
 */
int pk_pipelines_collect(struct pk_pipeline *pipelines, int n, void (*arrived)(void *arg), void *arg,
			 struct pk_err *err);

#endif
