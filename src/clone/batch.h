/* Entries of a script of structure, run in their order, many at once in a transaction. */
#ifndef PK_CLONE_BATCH_H
#define PK_CLONE_BATCH_H

#include "clone/ddl.h"
#include "pg/conn.h"

#define PK_BATCH_ENTRIES 100 /* locks that a transaction holds have an end */

struct pk_batch {
	struct pk_conn *target; /* borrowed */
	struct pk_buf sql;
	const struct pk_ddl_entry *entries[PK_BATCH_ENTRIES];
	size_t ends[PK_BATCH_ENTRIES];
	size_t n;
};
#define PK_BATCH_INIT(conn)                                                                        \
	{                                                                                          \
		.target = (conn), .sql = PK_BUF_INIT                                               \
	}
void pk_batch_release(struct pk_batch *batch);
/* more: what goes between its SQL and the semicolon at its end; or NULL. Runs what is there once that is enough. */
int pk_batch_add(struct pk_batch *batch, const struct pk_ddl_entry *entry, const char *more,
		 struct pk_err *err);
/* Runs the rest. An error names the entry that does not work. */
int pk_batch_run(struct pk_batch *batch, struct pk_err *err);

#endif
