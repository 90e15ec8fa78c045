/* The refs of a push, as git tells hooks of either side of it. */
#ifndef PK_HOOK_UPDATES_H
#define PK_HOOK_UPDATES_H

#include "check/check.h"

struct pk_updates {
	struct pk_check_update *items; /* commits; base NULL: the ref is new there */
	struct pk_strv refs;           /* the ref of each, as it is there */
	struct pk_strv ids;            /* owns what items point to */
	size_t n, cap;
};
#define PK_UPDATES_INIT { 0 }
void pk_updates_release(struct pk_updates *updates);

/* The last three fields of each line. Those before are of no use: `git push` takes any expression. */
enum pk_updates_format {
	PK_UPDATES_PUSH,    /* new id, ref, old id */
	PK_UPDATES_RECEIVE, /* old id, new id, ref */
};
/* Deletions and our own refs, which hold no migrations, are left out. -1 for a line that is none of git's. */
int pk_updates_parse(const struct pk_buf *input, enum pk_updates_format format, struct pk_updates *ret,
		     struct pk_err *err);
/* Tags become the commits that they lead to; those of something else are left out. */
int pk_updates_resolve(struct pk_updates *updates, const struct pk_repo *repo, struct pk_err *err);
/* Leaves those for which keep(arg, index) is true. */
void pk_updates_filter(struct pk_updates *updates, bool (*keep)(const struct pk_updates *updates, size_t i, void *arg),
		       void *arg);

#endif
