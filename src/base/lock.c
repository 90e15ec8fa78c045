#include "base/clock.h"
#include "base/fs.h"
#include "base/lock.h"
#include "base/sig.h"
#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

static int open_lock(const char *path, struct pk_err *err)
{
	const int flags = O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW;
	int fd = open(path, flags, 0600);
	if (fd < 0 && errno == ENOENT) {
		PK_FREE char *dir = pk_path_dir(path);
		if (pk_mkdir_p(dir, 0700, err))
			return -1;
		fd = open(path, flags, 0600);
	}
	return fd >= 0 ? fd : pk_err_errno(err, "could not open lock file '%s'", path);
}

/* flock(2) knows no time limit, so a limited wait tries again every few milliseconds. */
static int wait_for_lock(int fd, const char *path, int timeout_ms, struct pk_err *err)
{
	double deadline = pk_now() + timeout_ms / 1e3;
	for (;;) {
		if (flock(fd, timeout_ms < 0 ? LOCK_EX : LOCK_EX | LOCK_NB) == 0)
			return 0;
		if (pk_interrupted() && timeout_ms != 0)
			return pk_err_interrupted(err, "interrupted while waiting for '%s'", path);
		if (errno == EINTR)
			continue;
		if (errno != EWOULDBLOCK)
			return pk_err_errno(err, "could not lock '%s'", path);
		if (pk_now() >= deadline) {
			pk_err_set(err, "'%s' is locked by another process", path);
			return pk_err_hint(err, "wait until it has ended, then try again");
		}
		nanosleep(&(struct timespec){ .tv_nsec = 10 * 1000 * 1000 }, NULL);
	}
}

int pk_lock_take(struct pk_lock *lock, const char *path, int timeout_ms, struct pk_err *err)
{
	int fd = open_lock(path, err);
	if (fd < 0)
		return -1;
	if (wait_for_lock(fd, path, timeout_ms, err)) {
		close(fd);
		return -1;
	}
	lock->fd = fd;
	return 0;
}

void pk_lock_release(struct pk_lock *lock)
{
	if (!lock || lock->fd < 0)
		return;
	close(lock->fd);
	lock->fd = -1;
}
