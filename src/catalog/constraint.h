/* What the files about constraints share: their attributes. */
#ifndef PK_CATALOG_CONSTRAINT_H
#define PK_CATALOG_CONSTRAINT_H

#include "catalog/kind.h"

enum pk_constraint_attr {
	QUOTED, TYPE, DEFINITION, NOT_VALID, NOT_ENFORCED, INHERITED, WHOLE, DEFERRABLE, REFERENCES_TABLE, INDEX_COMMENT,
	MERGED, PARTS,
};

/* type: pg_constraint.contype. */
static inline bool pk_constraint_is(const struct pk_object *o, char type)
{
	return *pk_attr(o, TYPE) == type;
}

#endif
