/* The schema that the steps of a pattern begin with, which is not what edited schema files want. */
#ifndef PK_CMD_PATTERN_SOURCE_H
#define PK_CMD_PATTERN_SOURCE_H

#include "catalog/load.h"
#include "cmd/cmd.h"

/*
 * Steps that wait in a session (output NULL) run on its clone before the plan does: what the clone has. Files in a
 * folder come after the migrations that there are: what the last of them leads to, where that is kept; else the schema
 * files as they are committed, or as they are if they never were. *ret_who: static, "the clone has".
 */
int pk_pattern_source(const struct pk_ctx *ctx, const char *output, struct pk_source *ret,
		      const char **ret_who, struct pk_err *err);

#endif
