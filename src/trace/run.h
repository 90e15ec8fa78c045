/*
 * Runs SQL statement by statement and measures each one: its time, the locks that it takes, the files that it writes anew,
 * the rows that it reads and changes. Of relations, only those count that existed before the first statement: what the SQL
 * itself has made, nobody else can be waiting for.
 */
#ifndef PK_TRACE_RUN_H
#define PK_TRACE_RUN_H

#include "catalog/super.h"
#include "pg/conn.h"
#include "trace/trace.h"

/* Timeouts of one statement in milliseconds; 0: none; -1: that of the run (lock_timeout), or the server's. */
struct pk_run_limits {
	int64_t lock_ms, statement_ms;
};

struct pk_run {
	const char *file; /* for messages; NULL: it is planned SQL, and errors quote the statement */
	int first_line;	  /* of the text in it */
	bool transaction; /* all in one transaction, committed at the end; else statement by statement */
	bool whole;		  /* nothing that comes after is to find its temporary tables */
	bool leaves;		  /* another run comes right behind it: a transaction leaves the connection with its settings (pg/conn.h) */
	bool xid;		  /* a transaction has its number from the beginning, which the trace then says */
	bool measure;		  /* locks and rewrites, not only time */
	bool refused;		  /* without a transaction: it cannot be in one, so that to measure it none is tried */
	const char *lock_timeout; /* "5s"; NULL: server's */
	const char *settings; /* SET statements that hold for all of it; NULL or "": none */
	/*
	 * Asked once, while the server makes ready for the first statement and nothing has been run: an error ends it there.
	 * May be NULL. Of a transaction only.
	 */
	int (*may_begin)(void *arg, struct pk_err *err);
	/*
	 * Adds statements, "; " behind each, and returns how many: they are run right before before_commit, or where there is
	 * none, in one message with COMMIT, by the role that connected, but with the settings of the SQL. May be NULL.
	 */
	int (*last)(void *arg, struct pk_buf *sql);
	const char *last_failed; /* in front of their errors; NULL: nothing */
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
	 * Asked before each statement how long it may wait for a lock, and take in all. May be NULL. A timeout that the SQL or
	 * its settings name is theirs; a lock_timeout of "0" holds as well, and then a statement has all the time it takes.
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
 * role included, does not outlive it: at the end the connection has our settings (but see leaves) and is otherwise as
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

#endif
