/* The rows of all catalog queries, as of one moment. Inside catalog/ only. */
#ifndef PK_CATALOG_FETCH_H
#define PK_CATALOG_FETCH_H

#include "base/arena.h"
#include "pg/pipeline.h"

enum {
	PK_FETCH_OWNER,	     /* of the database, quoted; one row */
	PK_FETCH_ALIAS,	     /* alias.sql */
	PK_FETCH_DEPEND,     /* depend.sql */
	PK_FETCH_UNMODELLED, /* unmodelled.sql */
	PK_FETCH_LABEL,	     /* label.sql */
	PK_FETCH_SIZE,	     /* size.sql */
	PK_FETCH_KINDS,	     /* from here on: those of pk_kinds, in their order */
	PK_FETCH_MAX = 64
};

/*
 * Of one database, in one REPEATABLE READ transaction; in a transaction of the caller's, in that,
 * so that what it did is read as well. Outside of one a second connection of the same snapshot
 * shares the work where there is much of it and the server lets us have one; it stays open for the
 * next time where conn keeps it. In a transaction of the caller's the queries are prepared, so that
 * they are planned once for all that come after.
 */
struct pk_fetch {
	struct pk_conn *conn;
	struct pk_arena *arena;
	bool measure;	      /* size.sql, too */
	struct pk_rows *rows; /* PK_FETCH_MAX of them, initialised; those of a query have a handle once they are there */
	/* not for the caller */
	struct pk_pipeline parts[2];
	struct pk_fetch_list *lists[2];
	int n_shared, n_any; /* queries of the first up to the one whose rows these are */
	bool prepares;	     /* what it asks is prepared on the connection, or was */
	uint64_t prepared;   /* what is by now */
	struct pk_rows shared, any;
	int n_sent; /* parts, and not collected */
	bool ends; /* the transaction is ours to end */
};

/* Sends the queries and does not wait for them. Whatever it returns, the fetches must be ended. */
int pk_catalog_fetch_begin(struct pk_fetch *fetches, size_t n, struct pk_err *err);
/*
 * Waits for all that was begun (PK_SNAPSHOTS_MAX at most), side by side. arrived() is called when a query's
 * rows are there, while others are under way. After 0 the connections are free for more, as of the same moment.
 */
int pk_catalog_fetch_collect(struct pk_fetch *fetches, size_t n, void (*arrived)(void *arg), void *arg,
			     struct pk_err *err);
/* After all else, and in any case. failed: only cleans up, whatever is under way. */
int pk_catalog_fetch_end(struct pk_fetch *fetches, size_t n, bool failed, struct pk_err *err);

#endif
