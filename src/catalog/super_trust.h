/* Which statements are trusted by their text. For super.c alone. */
#ifndef PK_CATALOG_SUPER_TRUST_H
#define PK_CATALOG_SUPER_TRUST_H

#include "catalog/super.h"

/*
 * Is it, in its normal form, one of the statements of trust->like, or of those that pk_super_remember() has kept? These
 * are read when it is first asked. Without trust: no.
 */
bool pk_super_known(struct pk_super *super, const char *sql);

#endif
