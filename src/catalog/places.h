/*
 * "(public.a JOIN public.b ON ...) x(p, q)" names by their places what a join gives: what USING makes one of, then what
 * is left of the left side, then of the right. Inside of catalog/places*.c only.
 */
#ifndef PK_CATALOG_PLACES_H
#define PK_CATALOG_PLACES_H

#include "catalog/kind.h"

/* The columns of a relation as places stand now, and as they shall. */
struct pk_places {
	const struct pk_object *relation;
	const struct pk_object *const *from, *const *to;
	size_t n;
};

/* Is there a list of aliases behind a bracket, as of a join? */
bool pk_places_joined(const char *text);
/* The text with all lists of aliases of joins in the order wanted; those of joins whose columns cannot be told stay. In the arena. */
const char *pk_places_of_joins(struct pk_arena *arena, const char *text,
			       const struct pk_places *relations, size_t n);

/* Behind the identifier; NULL: there is none. */
const char *pk_places_skip_name(const char *p);

#endif
