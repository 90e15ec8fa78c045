/* The steps of a plan by what they are about: tables with their parts, types, functions and so on. */
#ifndef PK_CMD_PLAN_GROUP_H
#define PK_CMD_PLAN_GROUP_H

#include "base/arena.h"
#include "diff/plan.h"

struct pk_plan_group {
	const char *kind, *object; /* "table", "public.users" */
	enum pk_change change;	   /* of the object itself; PK_ALTER_OBJECT when only parts change */
	const char *why;	   /* it is made anew; or "" */
	int64_t rows, bytes;	   /* of the relation as it is; -1 unknown, or no such thing */
	size_t *steps, n, cap;	   /* indices into the plan, in its order */
};
struct pk_plan_groups {
	struct pk_arena arena;
	struct pk_plan_group *items; /* by the first step of each */
	size_t n, cap;
};
#define PK_PLAN_GROUPS_INIT { 0 }
void pk_plan_groups_release(struct pk_plan_groups *groups);
/* Each step is in one group. ret: initialised; borrows from the plan. */
void pk_plan_groups_find(const struct pk_plan *plan, struct pk_plan_groups *ret);

/* What the steps do to one thing, taken together: a thing dropped and created is replaced. */
enum pk_change pk_change_of_both(enum pk_change a, enum pk_change b);

#endif
