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
/* rename_sides.c, with what was found so far. */

/* The schema that has this name after the renames, by the name before; NULL: it is new, though another has the name. */
const char *pk_rename_schema_before(const struct pk_rename_work *work, const char *schema);
/* The counterpart of an object of the new side; NULL: it is new. */
const struct pk_object *pk_rename_before(struct pk_rename_work *work, const struct pk_object *to);
const struct pk_object *pk_rename_after(struct pk_rename_work *work, const struct pk_object *from); /* NULL: it goes */
/* In which schema it is there: with its table, where it goes with that. */
const char *pk_rename_schema_of_before(struct pk_rename_work *work, const struct pk_object *to);
const char *pk_rename_schema_of_after(struct pk_rename_work *work, const struct pk_object *from);
/* The arguments of a function by the names that their types have there (before, after); NULL: it takes none. */
const char *pk_rename_tail_there(struct pk_rename_work *work, const struct pk_object *o,
				 const struct pk_object *(*there)(struct pk_rename_work *work, const struct pk_object *o));
/* The one of the same kind under this name; parent, tail (arguments) NULL: none. */
const struct pk_object *pk_rename_named(const struct pk_snapshot *side, const struct pk_object *like, const char *tail,
					const char *schema, const struct pk_object *parent, const char *name);
/* rename_order.c: the statements of what is due. */
void pk_rename_write(struct pk_rename_work *work, struct pk_renaming *ret);

#endif
