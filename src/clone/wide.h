/*
 * Rows that are too large to be held in memory: libpq gives rows of a COPY whole, and twice. Their values are fetched
 * piece by piece as the bytes that COPY would send, and put together on the way, so that the target gets the same row.
 */
#ifndef PK_CLONE_WIDE_H
#define PK_CLONE_WIDE_H

#include "clone/hold.h"

struct pk_wide {
	char **places; /* of each table: of its wide rows, as an array of ctid; NULL: it has none */
	size_t n;
};
#define PK_WIDE_INIT { 0 }
void pk_wide_release(struct pk_wide *wide);
/* Looks for rows of more than limit bytes among those that are copied, in tables that may have such. */
int pk_wide_find(struct pk_hold *hold, const struct pk_copy_tables *tables, size_t limit,
		 struct pk_wide *ret, struct pk_err *err);
/*
 * Copies those of one table, at the places that were found, and returns how many rows that are, or -1; their bytes are
 * added to *bytes. target: in no COPY.
 */
int64_t pk_wide_copy(struct pk_hold *hold, struct pk_conn *target, const struct pk_copy_table *table, const char *places,
		     uint64_t *bytes, struct pk_err *err);

#endif
