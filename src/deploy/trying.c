#include "deploy/trying.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/text.h"

static char *folder_of(const struct pk_repo *repo, const char *remote)
{
	PK_AUTO(pk_buf) name = PK_BUF_INIT;

	pk_buf_add_path_name(&name, remote);
	return pk_printf("%s/postkit/trying/%s", repo->commondir, name.ptr);
}

/* Whoever removes a file holds its lock: a lock on one that is gone is worth nothing. */
static bool is_there(const struct pk_lock *lock, const char *path)
{
	struct stat held, there;

	return fstat(lock->fd, &held) == 0 && lstat(path, &there) == 0 &&
	       held.st_dev == there.st_dev && held.st_ino == there.st_ino;
}

void pk_trying_release(struct pk_trying *trying)
{
	if (trying->lock.fd >= 0)
		unlink(trying->path);
	pk_lock_release(&trying->lock);
	free(trying->path);
	*trying = (struct pk_trying)PK_TRYING_INIT;
}

int pk_trying_begin(const struct pk_repo *repo, const char *remote, const struct pk_oid *commit,
		    struct pk_trying *ret, struct pk_err *err)
{
	PK_FREE char *dir = folder_of(repo, remote), *path = pk_path_join(dir, commit->hex);

	if (pk_mkdir_p(dir, 0755, err) < 0)
		return -1;
	/* Again when it went just now. */
	for (int tries = 0; tries < 100; tries++) {
		PK_AUTO(pk_lock) lock = PK_LOCK_INIT;
		PK_AUTO(pk_err) why = PK_ERR_INIT;

		if (pk_lock_take(&lock, path, 0, &why) == 0 && is_there(&lock, path)) {
			ret->path = pk_take(&path);
			ret->lock = lock;
			lock.fd = -1;
			return 0;
		}
		if (lock.fd < 0 && access(path, W_OK) == 0)
			return 1;
		if (lock.fd < 0 && errno != ENOENT)
			return pk_err_move(err, &why);
	}
	return pk_err_set(err, "'%s' cannot be locked", path);
}

void pk_trying_left(const struct pk_repo *repo, const char *remote, struct pk_strv *ret)
{
	PK_FREE char *dir = folder_of(repo, remote);
	PK_AUTO(pk_strv) names = PK_STRV_INIT;

	if (!pk_path_is_dir(dir) || pk_list_files(dir, "", &names, NULL) < 0)
		return;
	for (size_t i = 0; i < names.n; i++) {
		PK_FREE char *path = pk_path_join(dir, names.items[i]);
		PK_AUTO(pk_lock) lock = PK_LOCK_INIT;

		if (pk_lock_take(&lock, path, 0, NULL) == 0 && is_there(&lock, path) &&
		    unlink(path) == 0)
			pk_strv_push(ret, pk_path_base(names.items[i]));
	}
}
