/*
 * The watcher of a private cluster: stops it when nobody has used it for a while. Use is a client
 * that is connected, a session that came and went since the last look, or a command that opened the
 * server (pk_server_open() touches the lock file).
 *
 * Between looks it sleeps in poll(2) on the postmaster's end and on its folder, so it ends with
 * them.
 */
#include "server/server.h"
#include "base/clock.h"
#include "base/lock.h"
#include "base/sig.h"
#include "server/cluster.h"
#include "server/docker.h"
#include "server/given.h"
#include <poll.h>
#include <signal.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define LOOK_MAX 60 /* seconds */

struct watch {
	struct pk_place place;
	struct pk_lock only; /* one watcher for each cluster */
	int timeout;	     /* seconds */
	pid_t pid;
	char *socket_dir;
	int pidfd, events;
	int64_t sessions; /* counted by the server at the last look */
	double used;	  /* pk_now() of the last use seen */
};

static pid_t pid_of(const struct pk_place *place)
{
	return place->image ? pk_docker_pid(place) : pk_cluster_pid(place->data);
}

/* Clients now, and sessions ever, but for those to "postgres": these are our own. */
static int look(struct watch *w, int64_t *ret_clients, int64_t *ret_sessions)
{
	PK_AUTO(pk_server) server = PK_SERVER_INIT;
	PK_AUTO(pk_conn) conn = PK_CONN_INIT;
	PK_AUTO(pk_rows) rows = PK_ROWS_INIT;

	if (pk_server_fill(&server, &w->place, NULL) < 0 ||
	    pk_conn_open(&conn, &server.admin, NULL) < 0)
		return -1;
	if (pk_query(&conn,
		     conn.version >= 140000
			     ? "SELECT (SELECT count(*) FROM pg_catalog.pg_stat_activity WHERE backend_type = "
			       "'client backend' AND pid <> pg_catalog.pg_backend_pid()), (SELECT sum(sessions) "
			       "FROM pg_catalog.pg_stat_database WHERE datname <> 'postgres')"
			     : "SELECT count(*), 0 FROM pg_catalog.pg_stat_activity WHERE backend_type = "
			       "'client backend' AND pid <> pg_catalog.pg_backend_pid()",
		     0, NULL, &rows, NULL) < 0)
		return -1;
	const char *sessions = pk_rows_get(&rows, 0, 1);
	*ret_clients = pk_rows_int(&rows, 0, 0);
	*ret_sessions = sessions ? strtoll(sessions, NULL, 10) : 0;
	return 0;
}

static double seconds_since_opened(const struct watch *w)
{
	struct stat st;

	return stat(w->place.lock, &st) == 0 ? difftime(time(NULL), st.st_mtime) : 1e9;
}

static bool is_idle(struct watch *w)
{
	int64_t clients = 0, sessions = 0;

	if (look(w, &clients, &sessions) < 0)
		return false; /* full, or going down: the next look will tell */
	if (clients > 0 || sessions != w->sessions)
		w->used = pk_now();
	w->sessions = sessions;
	return pk_now() - w->used >= w->timeout && seconds_since_opened(w) >= w->timeout;
}

/* Again under the lock: a command that has just opened the server is not cut off. */
static bool stop_if_idle(struct watch *w)
{
	PK_AUTO(pk_lock) lock = PK_LOCK_INIT;

	if (!is_idle(w) || pk_lock_take(&lock, w->place.lock, 0, NULL) < 0)
		return false;
	if (!is_idle(w) || pk_cluster_stop(&w->place, NULL) < 0)
		return false;
	/* before the lock, so that whoever starts the server next finds that it has no watcher */
	pk_lock_release(&w->only);
	return true;
}

/*
 * The repository was removed or moved away under it: nobody asks for it at this place again. Fast
 * at first, for moved data are used again from where they are now.
 */
static bool stop_if_removed(const struct watch *w)
{
	if (pk_cluster_exists(&w->place) && pid_of(&w->place) == w->pid)
		return false;
	if (w->place.image) {
		pk_docker_stop(&w->place, NULL);
		return true;
	}
	kill(w->pid, SIGINT);
	if (!pk_wait_gone(w->pid, 10000)) {
		kill(w->pid, SIGQUIT);
		pk_wait_gone(w->pid, -1);
	}
	if (w->socket_dir)
		rmdir(w->socket_dir);
	return true;
}

static void loop(struct watch *w)
{
	int every = w->timeout / 4 < 1 ? 1 : w->timeout / 4 > LOOK_MAX ? LOOK_MAX : w->timeout / 4;
	double next = pk_now() + every;
	char drain[4096];

	while (!pk_interrupted()) {
		struct pollfd fds[2] = { { .fd = w->pidfd, .events = POLLIN },
					 { .fd = w->events, .events = POLLIN } };
		double left = next - pk_now();
		int n = poll(fds, 2, left > 0 ? (int)(left * 1000) + 1 : 0);

		if (n > 0 && fds[0].revents)
			return; /* stopped or crashed */
		if (n > 0 && fds[1].revents) {
			while (read(w->events, drain, sizeof(drain)) > 0)
				;
			if (stop_if_removed(w))
				return;
		}
		if (pk_now() < next)
			continue;
		if (stop_if_removed(w) || stop_if_idle(w))
			return;
		next = pk_now() + every;
	}
}

static int watch_cluster(struct watch *w, const char *dir)
{
	if (pk_place_of_dir(&w->place, dir, NULL) < 0)
		return -1;
	PK_FREE char *only = pk_printf("%s.idle", dir);
	/* a moment, for whoever only looks whether there is one */
	if (pk_lock_take(&w->only, only, 1000, NULL) < 0)
		return 0;
	w->pid = pid_of(&w->place);
	w->pidfd = w->pid ? (int)syscall(SYS_pidfd_open, w->pid, 0) : -1;
	if (!w->pid)
		return 0;
	w->socket_dir = pk_cluster_socket(w->place.data);
	w->events = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	/* its own folder and the one above: either may be removed or renamed away */
	if (w->events >= 0) {
		inotify_add_watch(w->events, w->place.dir,
				  IN_DELETE | IN_DELETE_SELF | IN_MOVE_SELF);
		inotify_add_watch(w->events, w->place.root,
				  IN_DELETE_SELF | IN_MOVED_FROM | IN_MOVE_SELF);
	}
	loop(w);
	return 0;
}

int pk_server_idle_main(int argc, char **argv)
{
	struct watch w = {
		.place = PK_PLACE_INIT, .only = PK_LOCK_INIT, .pidfd = -1, .events = -1
	};
	int at = 0;

	while (at < argc && strcmp(argv[at], "--internal-idle") != 0)
		at++;
	if (at + 2 >= argc || atoi(argv[at + 2]) <= 0)
		return PK_EXIT_USAGE;
	pk_sig_init();
	w.timeout = atoi(argv[at + 2]);
	w.used = pk_now();
	int status = watch_cluster(&w, argv[at + 1]);
	pk_lock_release(&w.only);
	if (w.pidfd >= 0)
		close(w.pidfd);
	if (w.events >= 0)
		close(w.events);
	free(w.socket_dir);
	pk_place_release(&w.place);
	return status == 0 ? PK_EXIT_OK : PK_EXIT_FATAL;
}
