/*
 * The text of an unsafe migration into texts that are not: the fixes of rules that are mechanical (rule.h),
 * put in the place of the statements that they are about. Everything else stays byte for byte, in its order.
 * What it makes is to be proven by whoever writes it: this knows the text alone.
 */
#ifndef PK_LINT_FIX_H
#define PK_LINT_FIX_H

#include "base/strv.h"
#include "lint/lint.h"

/* What becomes one migration. */
struct pk_fix_part {
	struct pk_buf sql;
	bool transaction;
	bool open; /* what follows may join it */
};
struct pk_fix {
	struct pk_fix_part *parts; /* in their order; one at least when n_fixed > 0 */
	size_t n, cap;
	size_t n_fixed;	  /* statements that were rewritten */
	size_t n_fixable; /* that could have been */
	struct pk_strv reasons; /* in threes: a rule, its statement on a line, and why that stays as it is; known
				   once it has been tried, where something was fixable */
	const char *
		left; /* why nothing is rewritten although something could be; static, NULL: no reason */
};
#define PK_FIX_INIT { 0 }
void pk_fix_release(struct pk_fix *fix);

/*
 * Where the text alone does not tell the safe way: whoever knows what a statement makes of a schema is asked for one.
 * before: all that stands before the statement, of which it is a part in a transaction of the whole text or not.
 */
struct pk_fix_groups;
struct pk_fix_source {
	/* The way is added to ret; -1: there is none, and err says why. */
	int (*way)(void *arg, const char *before, const char *statement, struct pk_fix_groups *ret, struct pk_err *err);
	void *arg;
};
/* How a statement that can be rewritten is. */
enum pk_fix_by {
	PK_FIX_TEXT,   /* by its text, or where that does not do by the source */
	PK_FIX_SOURCE, /* by the source */
	PK_FIX_SKIP,   /* not at all */
};
struct pk_fix_choice {
	enum pk_fix_by by;
	const char *why; /* PK_FIX_SKIP: for the reasons; NULL: nothing is said */
};
/*
 * options: as for pk_lint_sql(); `measure` is not used. source: NULL: nobody is asked, but what he might know is counted
 * as fixable. choices: for the statements that can be rewritten, n_fixable of them as a call without it tells; NULL:
 * PK_FIX_TEXT for all. Where nothing is rewritten n_fixed is 0 and there are no parts. Text that cannot be split is an
 * error.
 */
int pk_fix_sql(const char *sql, const char *file, const struct pk_lint_options *options,
	       const struct pk_fix_source *source, const struct pk_fix_choice *choices, struct pk_fix *ret,
	       struct pk_err *err);
/*
 * The way back of the text, sql, shared out to its parts: each statement is added to that of ret[0] to ret[n - 1]
 * which made what it undoes. What a part makes on the way to that is not undone by any.
 */
int pk_fix_back(const struct pk_fix *fix, const char *sql, struct pk_buf *ret, struct pk_err *err);

#endif
