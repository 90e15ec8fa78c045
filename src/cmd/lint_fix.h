/* git postkit lint --fix, of one file: rewritten where that is proven to change nothing but the way. */
#ifndef PK_CMD_LINT_FIX_H
#define PK_CMD_LINT_FIX_H

#include "base/strv.h"
#include "cmd/scratch.h"

struct pk_fixing {
	const struct pk_ctx *ctx;
	struct pk_scratch *scratch; /* what the file meets; NULL: what its chain says */
	const struct pk_lint_options *options;
	bool transaction; /* plain SQL runs in one */
	bool dry_run;	  /* nothing is written */
};
struct pk_fixed {
	size_t rewritten; /* statements */
	struct pk_strv
		files;	    /* the file, and those that came of it; empty: nothing was rewritten */
	struct pk_buf diff; /* for people */
	struct pk_err
		why; /* why something that could be rewritten is not; msg NULL: there is no such thing */
	struct pk_strv reasons; /* as of struct pk_fix, of single statements */
};
#define PK_FIXED_INIT { .diff = PK_BUF_INIT, .why = PK_ERR_INIT }
void pk_fixed_release(struct pk_fixed *fixed);
/* -1 only where the file cannot be read or written. */
int pk_lint_fix(const struct pk_fixing *fixing, const char *file, struct pk_fixed *ret,
		struct pk_err *err);

#endif
