/* The static lint of files: dbmate's and ours, goose's, and plain SQL. */
#ifndef PK_CMD_LINT_FILES_H
#define PK_CMD_LINT_FILES_H

#include "cmd/cmd.h"
#include "cmd/scratch.h"
#include "lint/lint.h"

/* What is the same for all files. */
struct pk_linting {
	const struct pk_ctx *ctx;
	struct pk_scratch *scratch; /* whose statements run there; NULL: nothing runs */
	struct pk_lint_options settings;
	bool transaction; /* plain SQL runs in one */
};

/* Appends the findings of one file; "-" is standard input. */
int pk_lint_file(const struct pk_linting *linting, const char *file, struct pk_findings *ret,
		 struct pk_err *err);
/*
 * The same of n files in turn, as far as the first that cannot be read; on several processors at once where there are many,
 * and none of them depends on another.
 */
int pk_lint_files(const struct pk_linting *linting, const char *const *files, size_t n,
		  struct pk_findings *ret, struct pk_err *err);

#endif
