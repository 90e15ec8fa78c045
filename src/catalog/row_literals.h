/*
 * '(1,x)'::public.t and ROW(1, 'x')::public.t name the columns of a table by their places, which are no part of the
 * picture. In attributes such values stand in the order of the columns' names, in statements in that of places.
 */
#ifndef PK_CATALOG_ROW_LITERALS_H
#define PK_CATALOG_ROW_LITERALS_H

#include "catalog/script.h"
#include "catalog/snapshot.h"

/* From the order of places to that of names, in all that the object says. */
void pk_row_literals_by_name(const struct pk_snapshot *side, struct pk_arena *arena, struct pk_object *o);
/* Back, in a statement for whoever runs the script (s->side). In its arena, or the statement itself. */
const char *pk_row_literals_said(const struct pk_script *s, const char *sql);
/*
 * row_results.c: the same of the last SELECT, or RETURNING, of a parsed body in the definition of a function that returns
 * rows of a table. Where it cannot be told what that gives, the text stays. s NULL: by name.
 */
const char *pk_row_results_turned(const struct pk_script *s, const struct pk_snapshot *side, struct pk_arena *arena, const char *text);

#endif
