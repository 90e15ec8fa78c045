/* A run that was measured, as what the rules are judged by (lint/lint.h): its statements' effects. */
#ifndef PK_TRACE_EFFECTS_H
#define PK_TRACE_EFFECTS_H

#include "sql/action.h"
#include "sql/effect.h"
#include "trace/run.h"

struct pk_trace_as_effects {
	const struct pk_trace *trace;
	bool transaction; /* all of it was one */
};
/*
 * For struct pk_lint_options.measure, which has its shape; arg: a struct pk_trace_as_effects. A statement that is not in
 * the trace has not been run. Texts are the trace's.
 */
int pk_trace_effects(void *arg, const struct pk_statements *statements,
		     const struct pk_actions *actions, struct pk_effect *ret, struct pk_err *err);

#endif
