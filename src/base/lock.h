/* An advisory lock on a file (flock): held until released or until the process dies. */
#ifndef PK_LOCK_H
#define PK_LOCK_H

#include "base/err.h"

struct pk_lock {
	int fd; /* -1: not held */
};
#define PK_LOCK_INIT { .fd = -1 }

/* Waits up to timeout_ms (-1: for ever; 0: not at all). The file is created, 0600, and stays. */
int pk_lock_take(struct pk_lock *lock, const char *path, int timeout_ms, struct pk_err *err);
void pk_lock_release(struct pk_lock *lock);

#endif
