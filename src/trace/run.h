/* Runs SQL statement by statement and measures: time, strongest lock on relations that existed before. */
#ifndef PK_TRACE_RUN_H
#define PK_TRACE_RUN_H

#include "base/arena.h"
#include "base/err.h"
#include "base/json.h"
#include "catalog/super.h"
#include "pg/conn.h"

/* A lock of the statement's own on a relation that existed before; an index under its table's as strong one is none. */
struct pk_traced_lock {
	const char *relation, *mode; /* "ACCESS EXCLUSIVE" */
	double seconds;		     /* of a sampled statement: between the first and the last look that saw it */
};
/* What the server says that it is at, while it builds an index. */
struct pk_traced_phase {
	const char *name;
	double seconds; /* as far as looks saw it */
};
/* A file that the statement wrote anew: of a relation that existed before, or of an index on one. */
struct pk_traced_file {
	const char *relation, *table; /* table: of an index; else NULL */
	int64_t bytes;
	bool built; /* an index that was not there before */
};
struct pk_traced {
	const char *sql;
	int line;
	double seconds;
	int64_t rows; /* touched; -1 does not say */
	const char *
		lock; /* strongest new lock on a relation that existed before, "ACCESS EXCLUSIVE"; NULL: none */
	const char *relation; /* that relation */
	const char *held,
		*held_on; /* strongest that the transaction holds by then, and on what; or NULL */
	int64_t read;	  /* rows read by sequential scans of relations that existed before; -1 unknown */
	int64_t written;  /* rows put into, changed in or deleted from those; -1 unknown */
	bool rewrote;	  /* a relation that existed before got a new file */
	const char *rewritten; /* its name, or NULL */
	bool rewrote_table;    /* it holds rows itself: no index, no sequence */
	struct pk_traced_lock *locks; /* the strongest on each relation; in the order of OIDs */
	struct pk_traced_file *files;
	struct pk_traced_phase *phases;
	size_t n_locks, n_files, n_phases;
	/* Locks, phases and waits were looked at from a second connection now and then (trace/beside.h). */
	bool sampled;
	double waited; /* seconds for locks of others, as far as looks saw it */
	/*
	 * Bytes of WAL that the server wrote meanwhile, whoever made it; -1 unknown. Where its wal_level is minimal, new
	 * files are added, which it need not log and another server must.
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
	/* Rows deleted from tables that existed before, whatever deleted them; one run after the other adds to it. */
	struct pk_deleted *deleted;
	size_t n_deleted;
	/* Of a transaction that wrote; "" otherwise. For txid_status() when the connection is lost at COMMIT. */
	char xid[24];
};
#define PK_TRACE_INIT                                                                              \
	{                                                                                          \
		0                                                                                  \
	}
void pk_trace_release(struct pk_trace *trace);

/* Of a statement; milliseconds, 0: none, -1: those of the run, or the server. */
struct pk_run_limits {
	int64_t lock_ms, statement_ms;
};

struct pk_run {
	const char *file; /* for messages; NULL: it is planned SQL, and errors quote the statement */
	int first_line;	  /* of the text in it */
	bool transaction; /* all in one transaction, committed at the end; else statement by statement */
	bool measure;		  /* locks and rewrites, not only time */
	const char *lock_timeout; /* "5s"; NULL: server's */
	const char *settings; /* SET statements that hold for all of it; NULL or "": none */
	/*
	 * Called before commit inside the transaction: tracking rows. The connection then has our settings
	 * and its own role again, whatever the SQL did. May be NULL. Without a transaction it is called
	 * after the last statement, in a transaction of its own.
	 */
	int (*before_commit)(void *arg, struct pk_conn *conn, struct pk_err *err);
	/*
	 * What admin takes away goes once the transaction is over. Where that matters to before_commit and half of it does
	 * no harm, it is called behind that, in a transaction of its own.
	 */
	bool commit_late;
	/*
	 * Asked before each statement how long it may wait for a lock, and take in all. May be NULL. Where the SQL sets
	 * timeouts itself, those hold, and so does a lock_timeout of "0".
	 */
	struct pk_run_limits (*limits)(void *arg, const char *sql, int line);
	/* Called after each statement, to show it. May be NULL. */
	void (*after)(void *arg, const struct pk_traced *traced);
	void *arg;
	/*
	 * Superuser on the same database, for what the role may not do itself (local servers): extensions,
	 * and what catalog/super.h lets a superuser do for it; NULL: the connection itself. With a
	 * transaction such statements are run and committed before it begins (DROP: after it), since two
	 * connections cannot share one. Role statements are skipped when local is set (stand-ins serve).
	 */
	struct pk_conn *admin;
	bool local;
	struct pk_super_trust trust;
	size_t skip; /* without a transaction: statements already done */
};
/*
 * The SQL runs with the settings that database and role have (search_path and so on). What it sets,
 * role included, does not outlive it: at the end the connection has our settings and is otherwise as
 * after connecting. conn must not be in a transaction. Transaction control and COPY in the text are
 * refused before anything is run.
 *
 * On error everything of a transaction is rolled back; the error has file, line and column. A
 * connection lost at COMMIT: PK_EXIT_UNKNOWN. *ret_done (may be NULL): statements that are done; in a
 * transaction all or 0. trace may be NULL.
 */
int pk_run_sql(struct pk_conn *conn, const char *sql, const struct pk_run *how,
	       struct pk_trace *trace, size_t *ret_done, struct pk_err *err);
/* Was a statement refused only because it was in a transaction? */
bool pk_wants_no_transaction(const struct pk_err *err);
cJSON *pk_traced_to_json(const struct pk_traced *traced); /* an object, with the fields' names */
cJSON *pk_trace_to_json(const struct pk_trace *trace);	  /* an array of them */

#endif
