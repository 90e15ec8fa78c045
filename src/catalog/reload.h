/*
 * A database that schema files were loaded into follows them when a few of them change, to exactly where
 * loading all of them into an empty one would lead. Statements that changed, those that name something
 * which these define, those that name what they define, and so on, are undone and run again. The server
 * says what goes along when something is dropped. Whatever is not known to come out the same is refused:
 * loading everything is always right.
 */
#ifndef PK_CATALOG_RELOAD_H
#define PK_CATALOG_RELOAD_H

#include "catalog/load.h"

/* Whether files are such that pk_source_reload() may work on what they were loaded into. */
bool pk_source_reloadable(const struct pk_source *source);

enum pk_reload {
	PK_RELOAD_REFUSED, /* nothing was done */
	PK_RELOAD_SPOILT,  /* the database is of no use any more */
	PK_RELOADED,
};
/*
 * was: what was loaded, which is reloadable. user, admin, trust: as in pk_source_load(); what that tells
 * as an error comes out as spoilt. The schema postkit must be there, and the superuser's.
 */
enum pk_reload pk_source_reload(const struct pk_source *was, const struct pk_source *now, struct pk_conn *user,
				struct pk_conn *admin, const struct pk_super_trust *trust);

#endif
