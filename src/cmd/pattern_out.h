/* Where the steps of a pattern go: into a folder, or into the session, where they wait. */
#ifndef PK_CMD_PATTERN_OUT_H
#define PK_CMD_PATTERN_OUT_H

#include "cmd/pattern.h"

/* name: what the migration is called. Prints what was made. */
int pk_pattern_put(const struct pk_ctx *ctx, const struct pk_pattern_request *request, const char *name, const char *text,
		   struct pk_err *err);

#endif
