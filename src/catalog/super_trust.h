/* Which statements are trusted by their text. For super.c alone. */
#ifndef PK_CATALOG_SUPER_TRUST_H
#define PK_CATALOG_SUPER_TRUST_H

#include "catalog/super.h"

bool pk_super_known(struct pk_super *super, const char *sql);

#endif
