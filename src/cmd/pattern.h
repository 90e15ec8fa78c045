/* git postkit migration --pattern: the steps of a change that programs live through, from templates. */
#ifndef PK_CMD_PATTERN_H
#define PK_CMD_PATTERN_H

#include "cmd/cmd.h"

struct pk_pattern_request {
	const char *pattern; /* "rename-column" */
	const char *step;    /* "expand", "backfill", "contract", "all"; NULL: all but contract */
	const char *
		output; /* a folder that the files are written to; NULL: they wait in the session */
	const char *const *operands;
	int n;
};
/* Says what it made. Wrong words are errors of usage. */
int pk_pattern_make(const struct pk_ctx *ctx, const struct pk_pattern_request *request,
		    struct pk_err *err);

#endif
