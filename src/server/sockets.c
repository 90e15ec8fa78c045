#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fs.h"
#include "server/place.h"
#include "server/server.h"

#define SOCKET	    "/.s.PGSQL.5432"
/* A server makes its socket long before that, and so changes the folder. */
#define OLD_SECONDS 60

int pk_socket_reach(const char *dir)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd, error = 0;

	if (snprintf(address.sun_path, sizeof(address.sun_path), "%s" SOCKET, dir) >=
	    (int)sizeof(address.sun_path))
		return ENAMETOOLONG;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0)
		error = errno;
	if (fd >= 0)
		close(fd);
	return error;
}

void pk_socket_clear(const char *dir)
{
	static const char *const files[] = { SOCKET, SOCKET ".lock" };

	for (size_t i = 0; i < PK_COUNT(files); i++) {
		PK_FREE char *file = pk_printf("%s%s", dir, files[i]);
		unlink(file);
	}
}

/* name: "<16 hex digits>" behind prefix. */
static bool is_folder_of_ours(const char *name, const char *prefix)
{
	const char *hash = name + strlen(prefix);

	return pk_starts_with(name, prefix) && strlen(hash) == 16 &&
	       strspn(hash, "0123456789abcdef") == 16;
}

/* Of no living server, and closed to others, or it would not be the one that was made. */
static bool is_left(const char *path)
{
	struct stat st;
	int error;

	if (lstat(path, &st) < 0 || !S_ISDIR(st.st_mode) || (st.st_mode & 077) ||
	    difftime(pk_time(), st.st_mtime) < OLD_SECONDS)
		return false;
	error = pk_socket_reach(path);
	return error == ENOENT || error == ECONNREFUSED;
}

/* Unless somebody is starting a server there (pk_cluster_start()). */
static void remove_if_left(const char *path)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) == 0 && is_left(path)) {
		pk_socket_clear(path);
		rmdir(path); /* anything else in it is not ours */
	}
	if (fd >= 0)
		close(fd);
}

static void sweep(const char *base, const char *prefix)
{
	DIR *stream = opendir(base);
	const struct dirent *entry;

	while (stream && (entry = readdir(stream))) {
		PK_FREE char *path = pk_path_join(base, entry->d_name);

		if (is_folder_of_ours(entry->d_name, prefix))
			remove_if_left(path);
	}
	if (stream)
		closedir(stream);
}

void pk_server_sweep_sockets(void)
{
	const char *xdg = getenv("XDG_RUNTIME_DIR");
	PK_FREE char *mine = pk_printf("postkit-%u-", (unsigned)geteuid());

	if (geteuid() == 0)
		sweep(PK_SOCKETS_OF_ROOT, "");
	else if (xdg && *xdg == '/')
		sweep(xdg, "git-postkit-");
	sweep("/tmp", mine);
}
