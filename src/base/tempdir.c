#include "base/tempdir.h"
#include "base/clock.h"
#include "base/fs.h"
#include "base/leftover.h"
#include "base/strv.h"

#include <dirent.h>
#include <sys/stat.h>
#include <unistd.h>

#define LOCK_SUFFIX ".lock"
#define NEW_SUFFIX  ".new" /* of a lock that is being made */

void pk_tempdir_release(struct pk_tempdir *tempdir)
{
	if (tempdir->dir)
		pk_remove_tree(tempdir->dir, NULL);
	if (tempdir->lock_path)
		unlink(tempdir->lock_path);
	pk_lock_release(&tempdir->lock);
	free(tempdir->dir);
	free(tempdir->lock_path);
	tempdir->dir = tempdir->lock_path = NULL;
}

void pk_tempdir_leftovers(const char *parent, const char *prefix, struct pk_strv *ret)
{
	pk_leftovers(parent, prefix, NEW_SUFFIX, false, ret);
}

void pk_tempdir_sweep(const char *parent, const char *prefix, void (*leave)(const char *dir))
{
	PK_AUTO(pk_strv) unseen = PK_STRV_INIT;
	DIR *d = opendir(parent);
	struct dirent *e;

	pk_tempdir_leftovers(parent, prefix, &unseen);
	for (size_t i = 0; i < unseen.n; i++)
		unlink(unseen.items[i]);
	while (d && (e = readdir(d)) != NULL) {
		PK_AUTO(pk_lock) lock = PK_LOCK_INIT;
		PK_FREE char *path = NULL, *tree = NULL;
		struct stat st;

		if (!pk_starts_with(e->d_name, prefix) || !pk_ends_with(e->d_name, LOCK_SUFFIX))
			continue;
		path = pk_path_join(parent, e->d_name);
		if (lstat(path, &st) < 0 || !S_ISREG(st.st_mode) || st.st_uid != geteuid())
			continue;
		if (pk_lock_take(&lock, path, 0, NULL) < 0)
			continue;
		tree = pk_strndup(path, strlen(path) - strlen(LOCK_SUFFIX));
		if (leave)
			leave(tree);
		pk_remove_tree(tree, NULL);
		unlink(path);
	}
	if (d)
		closedir(d);
}

int pk_tempdir_open(struct pk_tempdir *tempdir, const char *parent, const char *prefix, struct pk_err *err)
{
	PK_FREE char *id = pk_random_hex(6);
	PK_FREE char *path = pk_printf("%s/%s%s", parent, prefix, id), *unseen = pk_printf("%s" NEW_SUFFIX, path);

	/* Locked before a sweep can see it. */
	if (pk_lock_take(&tempdir->lock, unseen, 0, err) < 0)
		return -1;
	tempdir->lock_path = pk_printf("%s" LOCK_SUFFIX, path);
	if (rename(unseen, tempdir->lock_path) < 0) {
		pk_err_errno(err, "cannot rename '%s'", unseen);
		unlink(unseen);
		return -1;
	}
	if (mkdir(path, 0700) < 0)
		return pk_err_errno(err, "cannot make the folder '%s' for the copy", path);
	tempdir->dir = pk_take(&path);
	return 0;
}
