/*
 * Remotes that follow a branch: what is to be done by itself with migrations that come in there, and which commit was
 * tried last. Only settings of .git/config and above count.
 */
#ifndef PK_DEPLOY_FOLLOWERS_H
#define PK_DEPLOY_FOLLOWERS_H

#include "git/config.h"

enum pk_on_merge { PK_ON_MERGE_TELL, PK_ON_MERGE_DRY_RUN, PK_ON_MERGE_DEPLOY };

struct pk_follower {
	char *remote;
	enum pk_on_merge act;
};
struct pk_followers {
	struct pk_follower *items;
	size_t n, cap;
};
#define PK_FOLLOWERS_INIT { 0 }
void pk_followers_release(struct pk_followers *followers);

/* "main": remote.<name>.follow, or deployOnMerge, which is that with onMerge = deploy. NULL: none. Borrowed. */
const char *pk_followed_branch(const struct pk_config *config, const char *remote);
/* Those that follow a branch. An onMerge that is none is an error. */
int pk_followers_read(const struct pk_config *config, const char *branch, struct pk_followers *ret, struct pk_err *err);

/* The commit that was tried last for a remote, refs/postkit/tried/<remote>; "": none was. */
#define PK_TRIED_REFS "refs/postkit/tried/"
int pk_tried_read(const struct pk_repo *repo, const char *remote, struct pk_oid *ret, struct pk_err *err);
/* Before it is tried. 0; 1: somebody else has written down another one than expect; -1. */
int pk_tried_claim(const struct pk_repo *repo, const char *remote, const struct pk_oid *expect,
		   const struct pk_oid *commit, struct pk_err *err);

#endif
