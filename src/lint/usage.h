/*
 * Who uses what a migration takes away: the queries that the remote's pg_stat_statements has counted, and the lines of
 * the repository that have the name. Neither proves that nothing does; what was looked at is always said, and what
 * could not be.
 */
#ifndef PK_LINT_USAGE_H
#define PK_LINT_USAGE_H

#include "base/json.h"
#include "catalog/workload.h"
#include "git/config.h"
#include "git/grep.h"
#include "lint/lint.h"

/* What is asked, once something is taken away; for several files of one command. */
struct pk_usage_source {
	/* What runs on the remote, asked for once. Not to be known is ret->why_not; -1: the command ends. */
	int (*read)(void *arg, struct pk_workload *ret, struct pk_err *err);
	void *arg;
	const struct pk_repo *repo; /* whose files are searched */
	const char *rev;	    /* of a commit; NULL: the work tree */
	const char *const
		*leave_out; /* folders that only say what the schema is; NULL terminated */

	bool asked; /* the rest is set then */
	struct pk_workload workload;
	struct pk_err failed; /* of read() */
};
#define PK_USAGE_SOURCE_INIT { .asked = false }
void pk_usage_source_release(struct pk_usage_source *source);

/* postkit.usage, or the remote's own (remote may be NULL): *ret false where it is "never". */
int pk_usage_wanted(const struct pk_config *config, const char *remote, bool *ret,
		    struct pk_err *err);

struct pk_usage_query {
	const char *text, *role;
	uint64_t calls;
	double mean_ms;
	bool star; /* it does not say the name: all columns, the whole row, no list of columns */
	const char *through; /* "the view public.v", "public.part" that goes with it; NULL: the thing itself */
};
struct pk_usage_line {
	const char *file, *text;
	int line;
};
/* Of one thing that goes. Texts live with the findings. */
struct pk_usage {
	const char *thing; /* "column email of public.users" */
	const char *
		counted; /* "used by 3 queries, 1,204 calls since 2026-01-31 12:00 UTC"; NULL: no use was found */
	struct pk_usage_query *queries; /* the most called */
	size_t n_queries, found;
	uint64_t calls;		     /* of all that were found */
	bool perhaps; /* the queries use what has the thing, which they do not name: columns that an enum's value may be in */
	size_t undecided;	     /* that may use it: the catalog does not tell */
	struct pk_usage_line *lines; /* the first */
	size_t n_lines, lines_found;
	const char *
		remote; /* "pg_stat_statements of 'prod': 312 statements ..., no use found"; or why it was not asked */
	const char *repository; /* the same of the tracked files */
	bool remote_asked, repository_asked;
};

/* Lines behind labels as findings have them, each with its line end. */
void pk_usage_text(const struct pk_usage *usage,
		   void (*line)(void *arg, const char *label, const char *text), void *arg);
cJSON *pk_usage_json(const struct pk_usage *usage);
/* An array of those that findings have, each with its rule and statement. */
cJSON *pk_usages_json(const struct pk_findings *findings);

#endif
