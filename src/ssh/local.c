#include "ssh/local.h"
#include "base/fs.h"
#include "base/lock.h"
#include "base/strv.h"
#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define PREFIX	"postkit-ssh-"
#define BACKLOG 64

/* ---- its folder ---- */

/* The lock of a living tunnel is held. */
static void sweep(const char *parent)
{
	DIR *d = opendir(parent);
	struct dirent *e;

	while (d && (e = readdir(d)) != NULL) {
		PK_FREE char *path = pk_path_join(parent, e->d_name);
		struct stat st;
		int fd;

		if (!pk_starts_with(e->d_name, PREFIX) || lstat(path, &st) < 0 ||
		    !S_ISDIR(st.st_mode) || st.st_uid != geteuid())
			continue;
		fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (fd < 0)
			continue;
		if (flock(fd, LOCK_EX | LOCK_NB) == 0)
			pk_remove_tree(path, NULL);
		close(fd);
	}
	if (d)
		closedir(d);
}

/* A path of a socket has 107 bytes, and ssh needs some for names of its own. */
static const char *parent_dir(void)
{
	const char *run = getenv("XDG_RUNTIME_DIR");
	struct stat st;

	if (run && *run == '/' && strlen(run) < 50 && stat(run, &st) == 0 && S_ISDIR(st.st_mode) &&
	    st.st_uid == geteuid() && (st.st_mode & 077) == 0)
		return run;
	return "/tmp";
}

int pk_ssh_make_dir(char **ret, int *ret_lock, struct pk_err *err)
{
	const char *parent = parent_dir();
	PK_FREE char *path = pk_printf("%s/" PREFIX "XXXXXX", parent);
	int fd;

	sweep(parent);
	if (!mkdtemp(path))
		return pk_err_errno(err, "cannot make a folder for the tunnel in '%s'", parent);
	fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 || flock(fd, LOCK_EX | LOCK_NB) < 0) {
		pk_err_errno(err, "cannot use the folder '%s'", path);
		if (fd >= 0)
			close(fd);
		return -1;
	}
	*ret_lock = fd;
	*ret = pk_take(&path);
	return 0;
}

/* ---- the end itself ---- */

void pk_ssh_local_release(struct pk_ssh_local *local)
{
	if (local->fd >= 0)
		close(local->fd);
	if (local->path)
		unlink(local->path);
	free(local->path);
	*local = (struct pk_ssh_local)PK_SSH_LOCAL_INIT;
}

static int listen_port(struct pk_ssh_local *local)
{
	struct sockaddr_in at = { .sin_family = AF_INET,
				  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t n = sizeof(at);

	local->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (local->fd < 0 || bind(local->fd, (struct sockaddr *)&at, n) < 0 ||
	    listen(local->fd, BACKLOG) < 0 ||
	    getsockname(local->fd, (struct sockaddr *)&at, &n) < 0)
		return -1;
	local->port = ntohs(at.sin_port);
	return 0;
}

static int listen_socket(struct pk_ssh_local *local, const char *dir, int port)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	PK_FREE char *path = pk_printf("%s/.s.PGSQL.%d", dir, port);

	if (strlen(path) >= sizeof(at.sun_path)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	memcpy(at.sun_path, path, strlen(path) + 1);
	local->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (local->fd < 0 || bind(local->fd, (struct sockaddr *)&at, sizeof(at)) < 0)
		return -1;
	local->path = pk_take(&path);
	local->port = port;
	return chmod(local->path, 0600) < 0 || listen(local->fd, BACKLOG) < 0 ? -1 : 0;
}

int pk_ssh_local_open(struct pk_ssh_local *local, const char *dir, bool tcp, int port,
		      struct pk_err *err)
{
	local->tcp = tcp;
	if ((tcp ? listen_port(local) : listen_socket(local, dir, port)) == 0)
		return 0;
	pk_err_errno(err, "cannot open the near end of the tunnel");
	pk_ssh_local_release(local);
	return -1;
}

/* ---- who comes in ---- */

bool pk_ssh_owner(const char *table, int port, int peer, uid_t *ret)
{
	PK_AUTO(pk_strv) lines = PK_STRV_INIT;

	pk_strv_split(&lines, table, '\n');
	for (size_t i = 0; i < lines.n; i++) {
		unsigned address, from, to_address, to, state, uid;

		/* number: address:port address:port state queues timer retries owner */
		if (sscanf(lines.items[i], " %*d: %8X:%4X %8X:%4X %2X %*8X:%*8X %*2X:%*8X %*8X %u",
			   &address, &from, &to_address, &to, &state, &uid) != 6)
			continue;
		/* Only one that is connected has an owner. */
		if (address != htonl(INADDR_LOOPBACK) || to_address != address ||
		    (int)from != port || (int)to != peer || state != TCP_ESTABLISHED)
			continue;
		*ret = uid;
		return true;
	}
	return false;
}

static bool is_ours_tcp(int fd, int port)
{
	PK_AUTO(pk_buf) table = PK_BUF_INIT;
	struct sockaddr_in from = { 0 };
	socklen_t n = sizeof(from);
	uid_t uid;

	return getpeername(fd, (struct sockaddr *)&from, &n) == 0 && from.sin_family == AF_INET &&
	       from.sin_addr.s_addr == htonl(INADDR_LOOPBACK) &&
	       pk_read_file("/proc/net/tcp", &table, NULL) == 0 &&
	       pk_ssh_owner(table.ptr, ntohs(from.sin_port), port, &uid) && uid == geteuid();
}

static bool is_ours_unix(int fd)
{
	struct ucred who;
	socklen_t n = sizeof(who);

	return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &n) == 0 && who.uid == geteuid();
}

int pk_ssh_local_accept(const struct pk_ssh_local *local)
{
	int fd = accept4(local->fd, NULL, NULL, SOCK_CLOEXEC), on = 1;

	if (fd < 0)
		return -1;
	if (local->tcp ? !is_ours_tcp(fd, local->port) : !is_ours_unix(fd)) {
		close(fd);
		return -1;
	}
	if (local->tcp)
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	return fd;
}
