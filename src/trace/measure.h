/*
 * What a statement does to relations that were there before it: locks by OID from pg_locks, new files
 * by relfilenode, rows read from the statistics of the running transaction.
 */
#ifndef PK_TRACE_MEASURE_H
#define PK_TRACE_MEASURE_H

#include "trace/run.h"

/* A query: whether this is a copy that knows how large its source's tables are (clone/sizes.h), and we may see it. */
#define PK_SOURCE_SIZES_KEPT                                                                                     \
	"SELECT EXISTS (SELECT FROM pg_catalog.pg_class c WHERE c.relkind = 'r' "                               \
	"AND c.oid = pg_catalog.to_regclass('postkit.source_sizes') "                                           \
	"AND pg_catalog.has_schema_privilege(c.relnamespace, 'USAGE') "                                         \
	"AND pg_catalog.has_table_privilege(c.oid, 'SELECT'))"

struct pk_measured {
	uint32_t oid, filenode;
	char kind;     /* relkind */
	bool gone;
	unsigned held; /* bit n: lock mode n of this transaction is known already */
	const char *name;
	double scale; /* rows where it is a copy from, for one here */
	int64_t deleted,
		counted; /* rows since the first statement; in this session's transaction so far */
};
struct pk_measure {
	struct pk_arena arena;
	struct pk_measured *items; /* by oid; in the arena's care are only the names */
	size_t n;
	int64_t read, written; /* of these, in this session's transaction so far */
	int64_t wal;	       /* the server's place in it */
	bool wal_minimal;      /* new files are not logged */
	const char *counters_sql; /* of these */
	uint32_t *built;       /* indexes that were not there before, and are told */
	size_t n_built;
};
#define PK_MEASURE_INIT { 0 }
void pk_measure_release(struct pk_measure *measure);

/* One of those that were there before; NULL: it was not. */
const struct pk_measured *pk_measure_find(struct pk_measure *measure, uint32_t oid);
/* A lock mode of pg_locks as SQL has it: "ACCESS SHARE"; NULL: none that is known. */
const char *pk_measure_mode(const char *mode);

/* Learns the user's relations. Once, before the first statement. */
int pk_measure_start(struct pk_measure *measure, struct pk_conn *conn, struct pk_err *err);
/*
 * After that: rows are to be counted as if all were there that the source has, where this is a copy that holds less and
 * knows it (postkit.source_sizes).
 */
int pk_measure_as_source(struct pk_measure *measure, struct pk_conn *conn, struct pk_err *err);
/* At the beginning of a transaction. */
int pk_measure_begin(struct pk_measure *measure, struct pk_conn *conn, struct pk_err *err);
/* After a statement, inside the transaction. Fills all but sql, line, seconds and rows; rows of new relations do not count. */
int pk_measure_statement(struct pk_measure *measure, struct pk_conn *conn, struct pk_arena *arena,
			 struct pk_traced *ret, struct pk_err *err);
/*
 * After a statement outside of a transaction, since pk_measure_begin(): WAL, and files of indexes; what it read and locked
 * is not seen.
 */
int pk_measure_outside(struct pk_measure *measure, struct pk_conn *conn, struct pk_arena *arena, struct pk_traced *ret,
		       struct pk_err *err);
/* Views that were there before the first statement and are gone since the last call; in the arena, NULL: none. */
int pk_measure_lost_views(struct pk_measure *measure, struct pk_conn *conn, struct pk_arena *arena, const char **ret,
			  struct pk_err *err);
/* The first index that a statement built on a relation that existed before; NULL: none. */
const char *pk_traced_built(const struct pk_traced *traced);
/* Adds the rows that were deleted to what the trace has of them. */
void pk_measure_deleted(const struct pk_measure *measure, struct pk_trace *trace);

#endif
