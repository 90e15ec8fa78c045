/* The timeouts of each statement of a run whose caller chooses them (pk_run.limits). */
#ifndef PK_TRACE_LIMITS_H
#define PK_TRACE_LIMITS_H

#include "sql/split.h"
#include "trace/run.h"

struct pk_limits {
	const struct pk_run *how;
	struct pk_run_limits set; /* what the session has by now */
	bool none;		  /* the caller chooses none, or the SQL sets timeouts itself: nothing is added */
};
/* Where none is false afterwards, the run's own lock_timeout comes with the first statement's timeouts, too. */
void pk_limits_begin(struct pk_limits *limits, const struct pk_run *how,
		     const struct pk_statements *statements);
/* Appends the SET statements, each with "; " behind it, for timeouts that the session does not have yet. line: of the file. */
void pk_limits_add(struct pk_limits *limits, const char *sql, int line, struct pk_buf *ret);

#endif
