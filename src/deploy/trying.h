/*
 * What came in on a branch that a remote follows, while it is seen to: a locked file for the remote and the commit. One
 * that lies there and that nobody locks is of a program that was killed meanwhile.
 */
#ifndef PK_DEPLOY_TRYING_H
#define PK_DEPLOY_TRYING_H

#include "base/lock.h"
#include "base/strv.h"
#include "git/repo.h"

struct pk_trying {
	char *path;
	struct pk_lock lock;
};
#define PK_TRYING_INIT { .lock = PK_LOCK_INIT }
/* It is seen to, or will never be: the file goes. */
void pk_trying_release(struct pk_trying *trying);
/* 0; 1: somebody else sees to this commit now; -1. */
int pk_trying_begin(const struct pk_repo *repo, const char *remote, const struct pk_oid *commit,
		    struct pk_trying *ret, struct pk_err *err);
/* Ids of commits that were begun with and not seen to the end; each is named once, since its file goes. */
void pk_trying_left(const struct pk_repo *repo, const char *remote, struct pk_strv *ret);

#endif
