/* Migrations that came in, and the line that says so. */
#ifndef PK_HOOK_FRESH_H
#define PK_HOOK_FRESH_H

#include "git/repo.h"

/*
 * Files of a tree of migrations that none of the n trees before has; with contents, such as have another text there,
 * too. A tree that is gone, after a gc, has none. ret: their paths in the tree. now "": none.
 */
int pk_fresh_migrations(const struct pk_repo *repo, const struct pk_oid *before, size_t n, const struct pk_oid *now,
			bool contents, struct pk_strv *ret, struct pk_err *err);
/* "postkit: 2 new migrations (a.sql, b.sql)WHERE; next: NEXT", on stderr. where: "" or " for 'prod'". */
void pk_fresh_say(const struct pk_strv *fresh, const char *where, const char *next);

#endif
