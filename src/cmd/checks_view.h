/* What checks came to, as people read it. */
#ifndef PK_CMD_CHECKS_VIEW_H
#define PK_CMD_CHECKS_VIEW_H

#include "cmd/cmd.h"
#include "trace/checks.h"
#include "trace/intact.h"

/* A line for all of them, then each that did not pass, with a table of the rows that differ; nothing without checks. */
void pk_view_checks(FILE *out, const struct pk_checks *checks);
/* What became of rows; nothing when all are as they were. */
void pk_view_intact(FILE *out, const struct pk_intact *intact);

#endif
