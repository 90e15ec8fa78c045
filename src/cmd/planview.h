/* Plans and running statements as people read them. */
#ifndef PK_CMD_PLANVIEW_H
#define PK_CMD_PLANVIEW_H

#include "cmd/cmd.h"
#include "diff/plan.h"
#include "trace/run.h"

/* SQL on one line, at most width columns. */
void pk_view_short(struct pk_buf *ret, const char *sql, size_t width);
/* SQL on several lines, each behind indent; fit for a terminal. */
void pk_view_indented(struct pk_buf *ret, const char *sql, const char *indent);
/* By object, with what each step locks, rewrites, reads or loses. */
void pk_view_plan(FILE *out, const struct pk_plan *plan);
/* "3 objects to create, 1 to change" */
void pk_view_summary(struct pk_buf *ret, const struct pk_plan *plan);
/* "   12 ms  ALTER TABLE ...", and a line with what it locked. */
void pk_view_traced(FILE *out, const struct pk_traced *traced);

#endif
