/* Objects that depend on one another in a circle, so that none can be made first. Relations count with their columns as one. */
#ifndef PK_CATALOG_CIRCLES_H
#define PK_CATALOG_CIRCLES_H

#include "catalog/snapshot.h"

/* The relation of a column, else the object itself. */
struct pk_object *pk_whole(const struct pk_object *o);
/* Does o use it in what its tie says, not in what must be there from the start? */
bool pk_by_tie(const struct pk_object *o, const struct pk_object *on);

struct pk_circle_search {
	size_t n;
	size_t (*place)(const void *arg, const struct pk_object *whole); /* a number of its own, below n */
	bool (*counts)(const void *arg, const struct pk_object *o, const struct pk_object *on); /* does what o uses? */
	void (*found)(void *arg, struct pk_object *const *circle, size_t n); /* the wholes of a circle, which all need one another */
	void *arg;
};
/* Strongly connected components, by Tarjan's algorithm. */
void pk_circles_search(const struct pk_snapshot *side, const struct pk_circle_search *search);

#endif
