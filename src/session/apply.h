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
	bool known; /* schema files are there to compare with */
	struct pk_tree_diff
		diff; /* what the clone has other than the schema files mean; 0 items: they agree */
	struct pk_checks checks;
	struct pk_intact intact;
	struct pk_sampled sampled; /* what the clone lacks that its remote has */
	bool resumed; /* it went on where an earlier one stopped: checks compare with what was there then */
};
#define PK_APPLY_RESULT_INIT                                                                       \
	{                                                                                          \
		0                                                                                  \
	}
void pk_apply_result_release(struct pk_apply_result *result);

/*
 * infra, the plan's parts, hand-written migrations, grants, seeds; the checks before and after. Each part is committed together
 * with a row in the clone (postkit.session_steps), then noted in the session: whenever this is
 * killed, the next call goes on where it stopped. A failure leaves the session applying.
 */
int pk_session_apply(struct pk_desk *desk, const struct pk_apply_events *events,
		     struct pk_apply_result *ret, struct pk_err *err);

#endif
