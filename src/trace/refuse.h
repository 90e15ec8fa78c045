/* What may not be run at all, and where in its file a statement of a run stands. */
#ifndef PK_TRACE_REFUSE_H
#define PK_TRACE_REFUSE_H

#include "sql/action.h"
#include "trace/run.h"

/* From a line of the text to that of the file. */
int pk_run_line(const struct pk_run *how, int line);
/*
 * From a place in the statement, where the server said one, to the place in the file; of planned SQL the statement's
 * first lines become detail. Returns -1.
 */
int pk_run_place(const struct pk_run *how, const struct pk_statement *s, struct pk_err *err);
/* Transaction control and COPY, by the statement's first action (NULL: none is known). Returns -1 with what helps. */
int pk_run_refuse(const struct pk_run *how, const struct pk_statement *s, const struct pk_action *a, struct pk_err *err);

#endif
