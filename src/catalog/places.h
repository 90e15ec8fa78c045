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

/*
 * s NULL: from the order of places, where it was read, to that of names; else back, for whoever runs the script. The
 * columns of what has them not apart stand where they stand.
 */
struct pk_places pk_places_of(const struct pk_script *s, struct pk_arena *arena, const struct pk_object *relation);
/* Where what shall stand there as the i-th stands now. */
size_t pk_places_find(const struct pk_places *places, size_t i);

/* Is there a list of aliases behind a bracket, as of a join? */
bool pk_places_joined(const char *text);
/* The text with all lists of aliases of joins in the order wanted; those of joins whose columns cannot be told stay. In the arena. */
const char *pk_places_of_joins(struct pk_arena *arena, const char *text,
			       const struct pk_places *relations, size_t n);

/* Behind the identifier; NULL: there is none. */
const char *pk_places_skip_name(const char *p);
/* Behind what is quoted here, doubled quotes ending a piece. */
const char *pk_places_skip_quoted(const char *p);
/* Behind the bracket that closes this one; NULL: none does. */
const char *pk_places_skip_brackets(const char *p);
/* The comma or bracket behind the item of a list that begins here; NULL: there is none. */
const char *pk_places_skip_item(const char *p);

#endif
