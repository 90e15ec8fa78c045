/* What remotes that follow a branch want to be done with migrations that came in there. */
#ifndef PK_HOOK_FOLLOW_H
#define PK_HOOK_FOLLOW_H

#include "deploy/followers.h"

struct pk_arrival {
	const struct pk_repo *repo;
	const char *branch;          /* "main" */
	struct pk_oid commit;        /* where it is now */
	const char *migrations_dir;
	const struct pk_oid *before; /* tree of migrations before that, for remotes without anything tried; NULL: unknown */
	bool brief;                  /* the end of a deploy is shown only, as lines of their own: on a server */
};
/*
 * For each of the remotes, once for a commit: tells, tries or deploys what came in since the commit that was tried last.
 * Of two at a time one does it. What is run has no terminal to ask on, and its failure is told and is no error. Anything
 * that cannot be done for one remote is told, too.
 */
void pk_hook_follow(const struct pk_arrival *arrival, const struct pk_followers *followers);

/* git-postkit with these arguments; brief as above. Its exit status; -1: it could not be run, which is told. */
int pk_hook_run_self(const char *const *args, bool brief);

#endif
