/*
 * SQL outside of one transaction, statement by statement, where the caller keeps count of those that
 * are done, so that what was interrupted goes on. A statement that can run in a transaction does so
 * together with its note, and is run just once; one that cannot leaves traces by which a later run
 * sees whether it came to its end (CREATE and DROP INDEX CONCURRENTLY), or is begun again.
 */
#ifndef PK_TRACE_STEPWISE_H
#define PK_TRACE_STEPWISE_H

#include "trace/run.h"

struct pk_stepwise {
	const char *file; /* for messages */
	int first_line;	  /* of the text in it */
	struct pk_conn *conn;
	struct pk_conn *admin; /* as in struct pk_run */
	bool local, measure;
	struct pk_super_trust trust; /* as in struct pk_run */
	const char *settings;	     /* as in struct pk_run */
	const char *lock_timeout; /* NULL: the server's; statements that block nobody while they wait take their time */
	size_t done;		  /* statements noted by an earlier run; goes up to total */
	size_t total;		  /* set by pk_run_stepwise() */
	bool seen;		  /* an earlier run may have begun the next one */
	/*
	 * Notes that so many are done. On conn, inside of the statement's own transaction (with our settings
	 * and its own role), or after it.
	 */
	int (*note)(void *arg, struct pk_conn *conn, size_t done, struct pk_err *err);
	int (*before)(void *arg, struct pk_err *err); /* a statement is about to be run, or run again; may be NULL */
	/* A statement failed and left nothing; true: it is tried again. May wait. NULL: never. */
	bool (*again)(void *arg, struct pk_err *err, int attempt);
	struct pk_run_limits (*limits)(void *arg, const char *sql, int line); /* as in struct pk_run */
	void (*after)(void *arg, const struct pk_traced *traced); /* may be NULL */
	/*
	 * The transaction that wrote the last note, as xmin has it; caller frees. What was made after that is taken for what the
	 * statement made. NULL: REINDEX CONCURRENTLY leaves alone what is invalid.
	 */
	int (*noted)(void *arg, char **ret_xid, struct pk_err *err);
	void (*dropped)(void *arg, const char *index); /* an index that a failed build left invalid; may be NULL */
	/* Another session is at work on what the statement is about, perhaps for an earlier run that was killed. May be NULL. */
	void (*waiting)(void *arg, const char *who);
	void *arg;
};
/* trace may be NULL. */
int pk_run_stepwise(const char *sql, struct pk_stepwise *how, struct pk_trace *trace, struct pk_err *err);

/*
 * After a run that was killed: whether the statement after *done came to its end all the same; then
 * *done goes up. An index that it left invalid is dropped.
 */
int pk_stepwise_settle(struct pk_conn *conn, const char *sql, size_t *done, struct pk_err *err);

#endif
