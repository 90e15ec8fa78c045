/* The timeouts of each statement of a run, where its caller has a say in them. */
#ifndef PK_TRACE_LIMITS_H
#define PK_TRACE_LIMITS_H

#include "sql/split.h"
#include "trace/run.h"

struct pk_limits {
	const struct pk_run *how;
	struct pk_run_limits set; /* as they are */
	bool none;		  /* nobody has a say, or the SQL sets them itself */
};
/* Where somebody has a say (none is false), the first statement gets the run's lock_timeout from here as well. */
void pk_limits_begin(struct pk_limits *limits, const struct pk_run *how,
		     const struct pk_statements *statements);
/* Those of a statement, where they are others than before; line: of the file. "; " behind each. */
void pk_limits_add(struct pk_limits *limits, const char *sql, int line, struct pk_buf *ret);

#endif
