/*
 * Runs SQL on a database that is there to be spoilt, and sees what each statement does. Other than
 * pk_run_sql() it takes text as it comes, transaction control included: what stands outside of a
 * transaction gets one of its own where it can, so that its locks are seen.
 */
#ifndef PK_TRACE_PROBE_H
#define PK_TRACE_PROBE_H

#include "pg/conn.h"
#include "sql/action.h"
#include "sql/effect.h"

/*
 * ret has a place for each statement. The first statement that fails is the last that is run. What reaches
 * beyond the database is passed over: other databases, roles, settings of the server, programs, COPY. Texts go into the
 * arena. transaction: one around everything. -1 only when nothing can be seen any more (the connection broke).
 */
int pk_probe(struct pk_conn *conn, const struct pk_statements *statements, const struct pk_actions *actions,
	     bool transaction, struct pk_arena *arena, struct pk_effect *ret, struct pk_err *err);
/*
 * Rows of a table: those of the source in a copy that holds less and knows it, else counted where it is small (a
 * partitioned one with all its partitions), else as estimated; -1: none such.
 */
int64_t pk_probe_rows(struct pk_conn *conn, const char *schema, const char *table);
/* An index that a failed build left. */
bool pk_probe_index_invalid(struct pk_conn *conn, const char *schema, const char *index);

#endif
