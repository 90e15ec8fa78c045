/*
 * A private folder that is gone at the end whatever happens: beside it lies a lock that is free once its process is
 * dead, and the next one to make such a folder removes it.
 */
#ifndef PK_TEMPDIR_H
#define PK_TEMPDIR_H

#include "base/lock.h"
#include "base/strv.h"

struct pk_tempdir {
	char *dir;
	/* private */
	char *lock_path;
	struct pk_lock lock;
};
#define PK_TEMPDIR_INIT { .lock = PK_LOCK_INIT }
/* Makes parent/<prefix><random>, 0700. */
int pk_tempdir_open(struct pk_tempdir *tempdir, const char *parent, const char *prefix, struct pk_err *err);
/* Removes the folder, if it is still there. */
void pk_tempdir_release(struct pk_tempdir *tempdir);
/* Adds what is left of folders whose making was cut short before a sweep could see them, for a minute and more. */
void pk_tempdir_leftovers(const char *parent, const char *prefix, struct pk_strv *ret);
/* Removes what dead processes left. leave, called with each such folder before: may be NULL. */
void pk_tempdir_sweep(const char *parent, const char *prefix, void (*leave)(const char *dir));

#endif
