#include "base/clock.h"
#include "base/fs.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

char *pk_path_join(const char *a, const char *b)
{
	if (*b == '/' || !*a)
		return pk_strdup(b);
	return pk_printf("%s%s%s", a, pk_ends_with(a, "/") ? "" : "/", b);
}

const char *pk_path_base(const char *path)
{
	const char *slash = strrchr(path, '/');
	return slash ? slash + 1 : path;
}

char *pk_path_dir(const char *path)
{
	const char *slash = strrchr(path, '/');
	if (!slash)
		return pk_strdup(".");
	while (slash > path && slash[-1] == '/')
		slash--;
	return slash == path ? pk_strdup("/") : pk_strndup(path, (size_t)(slash - path));
}

bool pk_path_is_dir(const char *path)
{
	struct stat st;
	return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

bool pk_path_exists(const char *path)
{
	struct stat st;
	return lstat(path, &st) == 0;
}

static int read_all(int fd, struct pk_buf *ret)
{
	char chunk[16 * 1024];
	for (;;) {
		ssize_t n = read(fd, chunk, sizeof(chunk));
		if (n > 0)
			pk_buf_addn(ret, chunk, (size_t)n);
		else if (n == 0)
			return 0;
		else if (errno != EINTR)
			return -1;
	}
}

int pk_read_file(const char *path, struct pk_buf *ret, struct pk_err *err)
{
	PK_AUTO(pk_buf) data = PK_BUF_INIT;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return pk_err_errno(err, "could not open '%s'", path);
	int failed = read_all(fd, &data);
	if (failed)
		pk_err_errno(err, "could not read '%s'", path);
	close(fd);
	if (failed)
		return -1;
	pk_buf_addn(ret, data.ptr, data.len);
	return 0;
}

static int write_all(int fd, const char *data, size_t len)
{
	while (len) {
		ssize_t n = write(fd, data, len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		data += n;
		len -= (size_t)n;
	}
	return 0;
}

/* So that the rename itself is on the disk. Some file systems refuse; nothing is lost then. */
static void sync_dir(const char *dir)
{
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return;
	fsync(fd);
	close(fd);
}

static int fill_and_rename(int fd, const char *temporary, const char *path, const char *data,
			   size_t len)
{
	bool written = write_all(fd, data, len) == 0 && fsync(fd) == 0;
	int cause = errno;
	if (close(fd) && written) {
		written = false;
		cause = errno;
	}
	if (written && rename(temporary, path) == 0)
		return 0;
	if (written)
		cause = errno;
	unlink(temporary);
	errno = cause;
	return -1;
}

int pk_write_file(const char *path, const char *data, size_t len, int mode, struct pk_err *err)
{
	PK_FREE char *dir = pk_path_dir(path);
	if (pk_mkdir_p(dir, 0777, err))
		return pk_err_wrap(err, "could not write '%s'", path);
	PK_FREE char *random = pk_random_hex(8);
	PK_FREE char *name = pk_printf(PK_TEMPORARY "%s", random);
	PK_FREE char *temporary = pk_path_join(dir, name);
	int fd = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, (mode_t)mode);
	if (fd < 0 || fill_and_rename(fd, temporary, path, data, len))
		return pk_err_errno(err, "could not write '%s'", path);
	sync_dir(dir);
	return 0;
}

static int make_dir(const char *path, int mode, struct pk_err *err)
{
	if (mkdir(path, (mode_t)mode) == 0 || pk_path_is_dir(path))
		return 0;
	return pk_err_errno(err, "could not create directory '%s'", path);
}

int pk_mkdir_p(const char *path, int mode, struct pk_err *err)
{
	if (pk_path_is_dir(path))
		return 0;
	PK_FREE char *part = pk_strdup(path);
	for (char *s = part + 1; *part && *s; s++) {
		if (*s != '/' || s[-1] == '/')
			continue;
		*s = '\0';
		if (make_dir(part, mode, err))
			return -1;
		*s = '/';
	}
	return make_dir(path, mode, err);
}

static int remove_entries(int fd)
{
	DIR *dir = fdopendir(fd);
	if (!dir) {
		close(fd);
		return -1;
	}
	int failed = 0;
	const struct dirent *entry;
	while (!failed && (errno = 0, entry = readdir(dir))) {
		const char *name = entry->d_name;
		if (pk_streq(name, ".") || pk_streq(name, ".."))
			continue;
		if (unlinkat(dirfd(dir), name, 0) == 0 || errno == ENOENT)
			continue;
		if (errno != EISDIR && errno != EPERM) {
			failed = -1;
			break;
		}
		int below =
			openat(dirfd(dir), name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		failed = below < 0 ? -1 : remove_entries(below);
		if (!failed && unlinkat(dirfd(dir), name, AT_REMOVEDIR) && errno != ENOENT)
			failed = -1;
	}
	int cause = errno;
	closedir(dir);
	errno = cause;
	return failed || cause ? -1 : 0;
}

int pk_remove_tree(const char *path, struct pk_err *err)
{
	struct stat st;
	if (lstat(path, &st)) {
		if (errno == ENOENT)
			return 0;
		return pk_err_errno(err, "could not remove '%s'", path);
	}
	bool removed;
	if (S_ISDIR(st.st_mode)) {
		int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		removed =
			fd >= 0 && remove_entries(fd) == 0 && (rmdir(path) == 0 || errno == ENOENT);
	} else {
		removed = unlink(path) == 0 || errno == ENOENT;
	}
	return removed ? 0 : pk_err_errno(err, "could not remove '%s'", path);
}

static int list_below(const char *dir, const char *relative, const char *suffix,
		      struct pk_strv *ret, struct pk_err *err)
{
	PK_FREE char *path = *relative ? pk_path_join(dir, relative) : pk_strdup(dir);
	DIR *stream = opendir(path);
	if (!stream)
		return pk_err_errno(err, "could not read directory '%s'", path);
	int failed = 0;
	const struct dirent *entry;
	while (!failed && (errno = 0, entry = readdir(stream))) {
		const char *name = entry->d_name;
		struct stat st;
		if (pk_streq(name, ".") || pk_streq(name, "..") ||
		    fstatat(dirfd(stream), name, &st, AT_SYMLINK_NOFOLLOW))
			continue;
		PK_FREE char *below = pk_path_join(relative, name);
		if (S_ISDIR(st.st_mode))
			failed = list_below(dir, below, suffix, ret, err);
		else if (S_ISREG(st.st_mode) && !pk_starts_with(name, PK_TEMPORARY) &&
			 (!suffix || pk_ends_with(name, suffix)))
			pk_strv_push(ret, below);
	}
	if (!failed && errno && !entry)
		failed = pk_err_errno(err, "could not read directory '%s'", path);
	closedir(stream);
	return failed;
}

int pk_list_files(const char *dir, const char *suffix, struct pk_strv *ret, struct pk_err *err)
{
	if (list_below(dir, "", suffix, ret, err))
		return -1;
	pk_strv_sort(ret);
	return 0;
}
