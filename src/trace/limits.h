/* The timeouts of each statement of a run whose caller chooses them (pk_run.limits). */
#ifndef PK_TRACE_LIMITS_H
#define PK_TRACE_LIMITS_H

#include "sql/split.h"
#include "trace/run.h"

/* Who says what a timeout is. */
enum pk_limit {
	PK_LIMIT_NONE,	 /* nobody: what the session has, and the run's own lock_timeout, hold */
	PK_LIMIT_CHOSEN, /* the caller, for each statement */
	PK_LIMIT_SETS,	 /* the SQL, once it is run */
	PK_LIMIT_SET,	 /* the settings before it */
};

struct pk_limits {
	const struct pk_run *how;
	struct pk_run_limits set; /* what the session has by now */
	enum pk_limit lock, statement;
};
void pk_limits_begin(struct pk_limits *limits, const struct pk_run *how,
		     const struct pk_statements *statements);
/* Appends the SET statements, each with "; " behind it, for timeouts that the session does not have yet. line: of the file. */
void pk_limits_add(struct pk_limits *limits, const char *sql, int line, struct pk_buf *ret);

#endif
