/*
 * Columns that look personal: by name, by type, and by what a sample of their values looks like. The values
 * are judged on the source; what comes back of them is counts, and names of JSON keys that are plain words.
 */
#ifndef PK_CLONE_SUSPECT_H
#define PK_CLONE_SUSPECT_H

#include "clone/mask.h"

struct pk_suspect {
	uint32_t table;
	char *schema, *name, *column;
	char *why;
	char *expr; /* a mask for it */
};
struct pk_suspects {
	struct pk_suspect *items; /* by table and column */
	size_t n;
	struct pk_strv unread; /* "schema.table" of what the role may not read */
};
#define PK_SUSPECTS_INIT { 0 }
void pk_suspects_release(struct pk_suspects *suspects);
/* Tables that are no partitions, generated columns left out. source: in a transaction that only reads, or it is made to. */
int pk_suspects_find(struct pk_conn *source, struct pk_suspects *ret, struct pk_err *err);
/* Leaves out those that a setting says something of. */
void pk_suspects_without(struct pk_suspects *suspects, const struct pk_masked_columns *masked);
/* As lines of a settings file, those of a table together. */
void pk_suspects_settings(const struct pk_suspects *suspects, struct pk_buf *ret);

#endif
