/*
 * What a team's settings leave out of every picture of a schema: objects by kind and name, privileges
 * by who has them. Patterns are those of fnmatch(3). The last one that matches decides; "!" in front
 * turns it round, and an empty one forgets all before it.
 *
 *   ignore    "table:audit_*", "table:legacy.*", "!table:legacy.users", "*:tmp_*", "tmp_*": with a dot
 *             the schema (for parts of a table: the table, or both) is matched too
 *   grantees  "app_*", "!rds_*", "PUBLIC": whose privileges count; when all have a "!", everybody else's do
 */
#ifndef PK_MANAGED_H
#define PK_MANAGED_H

#include "base/strv.h"

struct pk_managed {
	struct pk_strv ignore, grantees;
};
#define PK_MANAGED_INIT { 0 }

void pk_managed_release(struct pk_managed *managed);
/* Patterns as the settings or the command line have them, behind those that are there. */
void pk_managed_add(struct pk_managed *managed, const struct pk_strv *ignore, const struct pk_strv *grantees);
/* "table" of "!table:audit_*"; NULL: any kind. Caller frees. */
char *pk_managed_kind(const char *pattern);

/* All may ask with managed NULL: then nothing is left out. */
bool pk_managed_ignores_any(const struct pk_managed *managed);
/* Names as they are, unquoted. schema NULL: outside schemas; parent: the table of a part, or NULL. */
bool pk_managed_ignores(const struct pk_managed *managed, const char *kind, const char *schema,
			const char *parent, const char *name);
bool pk_managed_grantee(const struct pk_managed *managed, const char *role); /* "PUBLIC" for everybody */

#endif
