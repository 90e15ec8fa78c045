/* Who uses what a command takes away, asked of its remote and of the repository. */
#ifndef PK_CMD_USAGE_H
#define PK_CMD_USAGE_H

#include "catalog/snapshot.h"
#include "cmd/cmd.h"
#include "diff/plan.h"
#include "lint/usage.h"

struct pk_usage_asker {
	struct pk_usage_source source; /* for struct pk_lint_options, where *ret_wanted says so */
	const struct pk_ctx *ctx;      /* borrowed */
	char *remote;		       /* NULL: none is known */
	const char *leave_out[3];
};
#define PK_USAGE_ASKER_INIT { .source = PK_USAGE_SOURCE_INIT }
/* Connects to nobody yet. remote NULL: the default one. *ret_wanted: the settings let it. Not to be moved after. */
int pk_usage_asker_open(struct pk_usage_asker *asker, const struct pk_ctx *ctx, const char *remote,
			bool *ret_wanted, struct pk_err *err);
void pk_usage_asker_release(struct pk_usage_asker *asker);

/* What is unsafe in a plan, by the clone that it is for, and who uses what its steps take away. */
int pk_findings_of_plan(const struct pk_ctx *ctx, const char *remote, const struct pk_plan *plan,
			const struct pk_snapshot *clone, struct pk_findings *ret, struct pk_err *err);
/* Each that has usage, with what was found and looked at; nothing when there are none. */
void pk_view_usage(FILE *out, const struct pk_findings *findings);

/*
 * A line for each error that no allowance lets pass; those with a usage are pk_view_usage()'s. Returns how many errors
 * there are in all.
 */
size_t pk_view_errors(FILE *out, const struct pk_findings *findings);
/* What to do about them; way: a command that may know a better one, and what it does. */
void pk_advise_errors(const struct pk_ctx *ctx, const char *way);

#endif
