/* What a run of SQL has shown of each statement (trace/run.h): times, locks, new files, rows. */
#ifndef PK_TRACE_TRACE_H
#define PK_TRACE_TRACE_H

#include "base/arena.h"
#include "base/json.h"

/*
 * The strongest lock that the statement took on a relation and that the transaction did not hold before. A lock on an index
 * is left out where the one on its table is as strong.
 */
struct pk_traced_lock {
	const char *relation, *mode; /* "ACCESS EXCLUSIVE" */
	double seconds;		     /* of a sampled statement: between the first and the last look that saw it */
};
/* A phase of building an index, as pg_stat_progress_create_index names it. */
struct pk_traced_phase {
	const char *name;
	double seconds; /* between the first and the last look that saw it */
};
/* A file that the statement wrote anew: of a relation that existed before, or of an index on one. */
struct pk_traced_file {
	const char *relation, *table; /* table: that the relation, an index, is on; NULL when it is no index */
	int64_t bytes;
	bool built; /* an index that was not there before */
};
struct pk_traced {
	const char *sql;
	int line;
	double seconds;
	int64_t rows;		      /* of its command tag; -1: the tag has none */
	const char *lock;	      /* the strongest of locks, "ACCESS EXCLUSIVE"; NULL: none */
	const char *relation;	      /* what that is on */
	const char *held, *held_on;   /* the strongest that the transaction holds after it, and on what; or NULL */
	int64_t read;		      /* rows read by sequential scans; -1 unknown */
	int64_t written;	      /* rows inserted, updated and deleted; -1 unknown */
	bool rewrote;		      /* a relation got a new file */
	const char *rewritten;	      /* its name, or NULL */
	bool rewrote_table;	      /* and it holds rows itself: no index, no sequence */
	struct pk_traced_lock *locks; /* one for each relation, in the order of their OIDs */
	struct pk_traced_file *files;
	struct pk_traced_phase *phases;
	size_t n_locks, n_files, n_phases;
	/* Locks, phases and waits are what looks from a second connection saw (trace/beside.h), not all that there was. */
	bool sampled;
	double waited; /* seconds that it waited for locks of others; of a sampled statement only */
	/*
	 * Bytes of WAL that the whole server wrote while it ran; -1 unknown. Under wal_level minimal the bytes of new files are
	 * added: this server need not log them, the one where the SQL will be deployed must.
	 */
	int64_t wal;
};
struct pk_deleted {
	const char *table; /* as SQL has it */
	int64_t rows;
};
struct pk_trace {
	struct pk_arena arena;
	struct pk_traced *items;
	size_t n, cap;
	/* Rows deleted from tables that existed before, by whatever statement, trigger or cascade; further runs add to it. */
	struct pk_deleted *deleted;
	size_t n_deleted;
	/* Id of the transaction (struct pk_run), to ask txid_status() for when the connection is lost at COMMIT; "": not known. */
	char xid[24];
};
#define PK_TRACE_INIT { 0 }
void pk_trace_release(struct pk_trace *trace);
cJSON *pk_traced_to_json(const struct pk_traced *traced); /* an object, with the fields' names */
cJSON *pk_trace_to_json(const struct pk_trace *trace);	  /* an array of them */

#endif
