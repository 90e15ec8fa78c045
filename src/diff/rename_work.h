/* Renames that are due, while they are found and put in order. Inside diff/ only. */
#ifndef PK_DIFF_RENAME_WORK_H
#define PK_DIFF_RENAME_WORK_H

#include "catalog/kind.h"
#include "diff/renaming.h"

struct pk_rename {
	const struct pk_object *from, *to;
	const char *inside, *inside_to; /* something in it, not itself: a value of an enum; or NULL */
	const char *asked;		/* the option; NULL: a mark */
};
struct pk_rename_work {
	const struct pk_snapshot *from, *to;
	struct pk_arena arena;
	struct pk_script script; /* for its arena */
	struct pk_rename *items;
	size_t n, cap;
};
void pk_rename_work_release(struct pk_rename_work *work);

bool pk_is_part(const struct pk_object *o); /* its name is one within its table */
/* The schema that has this name after the renames, by the name before. */
const char *pk_rename_schema_before(const struct pk_rename_work *work, const char *schema);
/* The counterpart of an object of the new side, with what was found so far; NULL: it is new. */
const struct pk_object *pk_rename_before(struct pk_rename_work *work, const struct pk_object *to);
/* rename_order.c: the statements of what is due. */
void pk_rename_write(struct pk_rename_work *work, struct pk_renaming *ret);

#endif
