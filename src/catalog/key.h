/* What pg_get_constraintdef() says of keys: of most of them the program knows it without asking. */
#ifndef PK_CATALOG_KEY_H
#define PK_CATALOG_KEY_H

#include "catalog/kind.h"

/*
 * Of a primary ('p'), unique ('u') or foreign ('f') key of the table. parts: the numbers of its columns, and of a foreign
 * key, each behind a PK_LIST_SEP, those of the other table's and the letters for MATCH, ON UPDATE and ON DELETE. In the
 * arena; NULL: it cannot be told.
 */
const char *pk_key_definition(struct pk_arena *arena, char type, const char *parts, const struct pk_object *table,
			      const struct pk_object *other);

#endif
