#include "base/leftover.h"

#include <dirent.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "base/fs.h"

/* Such a file is written in one go, and renamed or removed then. */
#define OLD_SECONDS 60

static bool is_old(const struct stat *st)
{
	return difftime(pk_time(), st->st_mtime) >= OLD_SECONDS;
}

void pk_leftovers(const char *dir, const char *prefix, const char *suffix, bool deep,
		  struct pk_strv *ret)
{
	DIR *stream = opendir(dir);
	const struct dirent *entry;

	while (stream && (entry = readdir(stream))) {
		PK_FREE char *path = pk_path_join(dir, entry->d_name);
		struct stat st;

		if (pk_streq(entry->d_name, ".") || pk_streq(entry->d_name, "..") ||
		    lstat(path, &st))
			continue;
		if (deep && S_ISDIR(st.st_mode))
			pk_leftovers(path, prefix, suffix, deep, ret);
		else if (S_ISREG(st.st_mode) && pk_starts_with(entry->d_name, prefix) &&
			 pk_ends_with(entry->d_name, suffix) && is_old(&st))
			pk_strv_push(ret, path);
	}
	if (stream)
		closedir(stream);
}
