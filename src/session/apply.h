/* A session's plan and hand-written migrations, run on its clone. */
#ifndef PK_SESSION_APPLY_H
#define PK_SESSION_APPLY_H

#include "session/desk.h"
#include "trace/checks.h"
#include "trace/intact.h"
#include "trace/parts.h"
#include "trace/run.h"
#include "trace/sampled.h"

/* What happens, while it happens. All may be NULL. */
struct pk_apply_events {
	void (*part)(void *arg, const struct pk_part *part, size_t index, size_t n); /* begins */
	void (*statement)(void *arg, const struct pk_traced *traced);
	/* A part has ended well; before: the schema that it began with. */
	void (*done)(void *arg, const struct pk_part *part, const struct pk_trace *trace, const struct pk_snapshot *before);
	void (*file)(void *arg, const char *folder,
		     const struct pk_part_result *result); /* infra, grants, seeds */
	void *arg;
};
struct pk_apply_result {
	size_t parts, statements;
	double seconds;
	bool known; /* the schema files could be read, and the clone was compared with them */
	struct pk_tree_diff diff; /* from what they mean to what the clone has; 0 items: the same */
	struct pk_checks checks;
	struct pk_intact intact;
	struct pk_sampled sampled; /* tables of which the clone has only a part */
	bool resumed; /* it went on where an earlier apply had stopped: the checks "before" were asked only then, half way */
};
#define PK_APPLY_RESULT_INIT { 0 }
void pk_apply_result_release(struct pk_apply_result *result);

/*
 * Runs, in this order: the checks, infra, hand-written migrations marked first, the plan's parts, the other hand-written
 * ones, grants, seeds, the checks again. Each part is committed together with a row in the clone (postkit.session_steps),
 * and then noted in the session, so that after a kill at any point the next call goes on where this one stopped. After a
 * failure the session is PK_SESSION_APPLYING.
 */
int pk_session_apply(struct pk_desk *desk, const struct pk_apply_events *events,
		     struct pk_apply_result *ret, struct pk_err *err);

#endif
