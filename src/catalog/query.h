/*
 * Catalog queries by version of the server. A line that ends in a condition on the major version
 * is sent only where it holds:
 *
 *     k.connullsnotdistinct AS nulls_not_distinct, -- pg>=15
 *     NULL AS nulls_not_distinct,                  -- pg<15
 *
 * ">=" and "<" are all there is; several conditions (-- pg>=15 pg<18) must all hold. What is left
 * is a whole query for every version: mind the comma of the last item of a list.
 */
#ifndef PK_CATALOG_QUERY_H
#define PK_CATALOG_QUERY_H

#include "base/arena.h"

/* The lines that a server of this version (server_version_num) is sent, in the arena. */
const char *pk_catalog_query(struct pk_arena *arena, const char *sql, int version);

#endif
