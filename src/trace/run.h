/*
 * Runs SQL statement by statement and measures each one: its time, the locks that it takes, the files that it writes anew,
 * the rows that it reads and changes. Of relations, only those count that existed before the first statement: what the SQL
 * itself has made, nobody else can be waiting for.
 */
#ifndef PK_TRACE_RUN_H
#define PK_TRACE_RUN_H

#include "base/arena.h"
#include "base/err.h"
#include "base/json.h"
#include "catalog/super.h"
#include "pg/conn.h"

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
	/* Id of the transaction, to ask txid_status() for when the connection is lost at COMMIT; "" when it wrote nothing. */
	char xid[24];
};
#define PK_TRACE_INIT { 0 }
void pk_trace_release(struct pk_trace *trace);

/* Timeouts of one statement in milliseconds; 0: none; -1: that of the run (lock_timeout), or the server's. */
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
	 * Asked once, while the server makes ready for the first statement and nothing has been run: an error ends it there.
	 * May be NULL. Of a transaction only.
	 */
	int (*may_begin)(void *arg, struct pk_err *err);
	/* Adds statements, "; " behind each, that are run right before before_commit, which there is then. May be NULL. */
	void (*last)(void *arg, struct pk_buf *sql);
	/*
	 * Called before commit inside the transaction: tracking rows. The connection then has our settings
	 * and its own role again, whatever the SQL did. May be NULL. Without a transaction it is called
	 * after the last statement, in a transaction of its own.
	 */
	int (*before_commit)(void *arg, struct pk_conn *conn, struct pk_err *err);
	/*
	 * Where admin runs DROPs after the transaction (see admin): commit first, then run these, and call before_commit last,
	 * in a transaction of its own. For callers whose note must not say more than was done, and may say less.
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
	 * A superuser's connection to the same database, on local servers, for what the role may not do itself: extensions, and
	 * what catalog/super.h lets a superuser do for it. NULL: conn runs all. Two connections cannot share a transaction:
	 * where there is one, such statements are run and committed before it begins, DROPs after it.
	 */
	struct pk_conn *admin;
	bool local; /* a server of ours: statements on roles are skipped there, as stand-ins serve */
	struct pk_super_trust trust; /* which code of the SQL's admin may run */
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
