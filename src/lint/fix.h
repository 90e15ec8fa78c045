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
	const char *
		left; /* why nothing is rewritten although something could be; static, NULL: no reason */
};
#define PK_FIX_INIT { 0 }
void pk_fix_release(struct pk_fix *fix);

/*
 * options: as for pk_lint_sql(); `measure` is not used. skip: which of the statements that can be rewritten are
 * not, counted from 0, n_fixable of them as a call without it tells; may be NULL. Where nothing is rewritten
 * n_fixed is 0 and there are no parts. Text that cannot be split is an error.
 */
int pk_fix_sql(const char *sql, const char *file, const struct pk_lint_options *options,
	       const bool *skip, struct pk_fix *ret, struct pk_err *err);
/*
 * The way back of the text, sql, shared out to its parts: each statement is added to that of ret[0] to ret[n - 1]
 * which made what it undoes. What a part makes on the way to that is not undone by any.
 */
int pk_fix_back(const struct pk_fix *fix, const char *sql, struct pk_buf *ret, struct pk_err *err);

#endif
