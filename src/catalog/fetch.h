/* The rows of all catalog queries, as of one moment. Inside catalog/ only. */
#ifndef PK_CATALOG_FETCH_H
#define PK_CATALOG_FETCH_H

#include "base/arena.h"
#include "pg/conn.h"

enum {
	PK_FETCH_OWNER,	     /* of the database, quoted; is its time zone UTC? One row */
	PK_FETCH_ALIAS,	     /* alias.sql */
	PK_FETCH_DEPEND,     /* depend.sql */
	PK_FETCH_UNMODELLED, /* unmodelled.sql */
	PK_FETCH_KINDS,	     /* from here on: those of pk_kinds, in their order */
	PK_FETCH_MAX = 64
};

/*
 * Runs the queries in one REPEATABLE READ transaction; in a transaction of the caller's, in that,
 * so that what it did is read as well. Outside of one a second connection of the same snapshot
 * shares the work, where the server lets us have one.
 *
 * rows: PK_FETCH_MAX of them, initialised; those of a query have a handle once they are there, and
 * arrived() is called then, while others are under way.
 */
int pk_catalog_fetch(struct pk_conn *conn, struct pk_arena *arena, struct pk_rows *rows, void (*arrived)(void *arg),
		     void *arg, struct pk_err *err);

#endif
