/*
 * Rows that a sample keeps on purpose, since they are what changes of a schema fail on: of each column a NULL, the
 * least and the greatest value, the longest, and one of each value of an enum or boolean; and of references that nobody
 * checks, some that refer to nothing. Each is the same row whoever looks. Two reads of a table, and one more for each
 * enum column.
 */
#ifndef PK_CLONE_EDGES_H
#define PK_CLONE_EDGES_H

#include "clone/row_places.h"

/* sampled: of the rels, which to look at. Conditions of tables are heeded. *ret_n: rows that were found, all of round 0. */
int pk_edges_find(const struct pk_choosing *in, const bool *sampled, uint64_t seed, int64_t *ret_n, struct pk_err *err);

#endif
