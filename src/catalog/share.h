/*
 * A partition's share of a partitioned table's index or key. As a rule each partition has one, and the server makes what
 * is missing; made by ON ONLY the whole may do without some, and is not valid for that long.
 */
#ifndef PK_CATALOG_SHARE_H
#define PK_CATALOG_SHARE_H

#include "catalog/kind.h"

/* The partition's share of the whole; NULL: it has none. */
const struct pk_object *pk_share_in(const struct pk_object *whole, const struct pk_object *partition);
/* Could the server take b, where it is an index or key at all, for the index or key a of the same table? */
bool pk_share_alike(const struct pk_object *a, const struct pk_object *b);
/* Has the index or key the column only in its INCLUDE? Then the column's type may be any. */
bool pk_share_only_carries(const struct pk_object *o, const struct pk_object *column);
/*
 * Once all is read, sets comes_apart: does a partition lack one that could have it, or has it one of another sort, as a
 * key of an index, or one more alike? Then the whole is made by ON ONLY, and its shares are attached. Foreign tables
 * have none.
 */
void pk_share_settle(struct pk_object *o);
/* The whole of that name, on the side of the share, whether or not this is part of it; NULL: there is none. */
const struct pk_object *pk_share_whole(const struct pk_object *share, const char *ident);
/* Is it one of an index that belongs to no constraint? A key can be that too, once it is attached. */
bool pk_share_of_index(const struct pk_object *share);
/* Has the index such keys, or a share of it? They go with it by CASCADE, and neither way without it. */
bool pk_share_has_keys(const struct pk_object *whole);
/* To the index that it is a share of, in texts that stand for themselves. */
void pk_share_attach_as_read(struct pk_script *s, const struct pk_object *share);
/* All that there are to a whole made by ON ONLY. */
void pk_share_attach_all(struct pk_script *s, const struct pk_object *whole);
/* One that is made while both tables and the whole stay. */
void pk_share_attach_late(struct pk_script *s, const struct pk_object *share);

#endif
