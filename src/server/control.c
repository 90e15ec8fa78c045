/* Starting and stopping a private cluster; the postmaster itself, without pg_ctl, which goes
 * through a shell. */
#include "server/cluster.h"
#include "base/clock.h"
#include "base/fs.h"
#include "base/proc.h"
#include "base/sig.h"
#include "base/strv.h"
#include "server/docker.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define LOG_MAX	     (8 << 20) /* bytes; begun anew at a start */
#define LOG_TOLD     4000      /* bytes of its end, in an error */
#define STOP_FAST_MS 60000
#define STOP_HARD_MS 10000
#define SOCKET_TRIES 10
#define START_MAX    600 /* seconds; crash recovery may take its time */

/* ---- processes ---- */

static int open_pidfd(pid_t pid)
{
	return (int)syscall(SYS_pidfd_open, pid, 0);
}

bool pk_wait_gone(pid_t pid, int timeout_ms)
{
	double deadline = pk_now() + timeout_ms / 1e3;
	int fd = open_pidfd(pid);
	bool gone = fd < 0 && errno == ESRCH;

	while (!gone) {
		double left = deadline - pk_now();
		struct pollfd wait = { .fd = fd, .events = POLLIN };
		if (timeout_ms >= 0 && left <= 0)
			break;
		/* a kernel without pidfd: look now and then */
		int slice = fd < 0 ? 50 : timeout_ms < 0 ? -1 : (int)(left * 1000) + 1;
		int n = poll(&wait, fd < 0 ? 0 : 1, slice);
		gone = n > 0 || (fd < 0 && kill(pid, 0) < 0 && errno == ESRCH);
	}
	if (fd >= 0)
		close(fd);
	return gone;
}

static char *read_link_of(pid_t pid, const char *what)
{
	PK_FREE char *path = pk_printf("/proc/%d/%s", (int)pid, what);
	char target[PATH_MAX];
	ssize_t n = readlink(path, target, sizeof(target) - 1);

	return n < 0 ? NULL : pk_strndup(target, (size_t)n);
}

/* Its working directory is its data; where that may not be asked, its arguments say so. */
static bool is_postmaster_of(pid_t pid, const char *data)
{
	PK_FREE char *cwd = read_link_of(pid, "cwd");
	PK_FREE char *real = realpath(data, NULL);
	PK_FREE char *path = pk_printf("/proc/%d/cmdline", (int)pid);
	PK_AUTO(pk_buf) arguments = PK_BUF_INIT;

	if (cwd)
		return pk_streq(cwd, real);
	if (pk_read_file(path, &arguments, NULL) < 0)
		return false;
	for (size_t i = 0; i < arguments.len; i += strlen(arguments.ptr + i) + 1)
		if (strcmp(arguments.ptr + i, data) == 0)
			return true;
	return false;
}

/* postmaster.pid: pid, data, start time, port, socket folder, address, shared memory, state. */
static bool read_pid_file(const char *data, struct pk_strv *ret_lines)
{
	PK_FREE char *path = pk_path_join(data, "postmaster.pid");
	PK_AUTO(pk_buf) text = PK_BUF_INIT;

	if (!pk_path_exists(path) || pk_read_file(path, &text, NULL) < 0)
		return false;
	for (const char *line = text.ptr; *line;) {
		size_t n = strcspn(line, "\n");
		pk_strv_push_take(ret_lines, pk_strndup(line, n));
		line += n + (line[n] == '\n');
	}
	return ret_lines->n > 0;
}

pid_t pk_cluster_pid(const char *data)
{
	PK_AUTO(pk_strv) lines = PK_STRV_INIT;

	if (!read_pid_file(data, &lines))
		return 0;
	pid_t pid = (pid_t)atoi(lines.items[0]);
	return pid > 1 && is_postmaster_of(pid, data) ? pid : 0;
}

char *pk_cluster_socket(const char *data)
{
	PK_AUTO(pk_strv) lines = PK_STRV_INIT;

	if (!read_pid_file(data, &lines) || lines.n < 8 || !pk_starts_with(lines.items[7], "ready"))
		return NULL;
	return pk_strdup(lines.items[4]);
}

static bool is_stopping(const char *data)
{
	PK_AUTO(pk_strv) lines = PK_STRV_INIT;

	return read_pid_file(data, &lines) && lines.n >= 8 &&
	       pk_starts_with(lines.items[7], "stopping");
}

/*
 * Children that outlive a killed postmaster keep its shared memory, and no new one may start. They
 * are told by their program and their working directory.
 */
static void end_orphans(const struct pk_place *place)
{
	PK_FREE char *real = realpath(place->data, NULL);
	DIR *proc = opendir("/proc");
	struct dirent *entry;

	while (real && proc && (entry = readdir(proc))) {
		pid_t pid = (pid_t)atoi(entry->d_name);
		struct stat st;
		if (pid <= 1 || fstatat(dirfd(proc), entry->d_name, &st, 0) < 0 ||
		    st.st_uid != place->uid)
			continue;
		PK_FREE char *cwd = read_link_of(pid, "cwd");
		PK_FREE char *exe = cwd && strcmp(cwd, real) == 0 ? read_link_of(pid, "exe") : NULL;
		if (exe && pk_starts_with(pk_path_base(exe), "postgres") && kill(pid, SIGKILL) == 0)
			pk_wait_gone(pid, STOP_HARD_MS);
	}
	if (proc)
		closedir(proc);
}

/* The server respects the pid file of a crashed one by itself, but not when the pid is another's
 * now. */
static void clear_pid_file(const struct pk_place *place)
{
	PK_AUTO(pk_strv) lines = PK_STRV_INIT;
	PK_FREE char *path = pk_path_join(place->data, "postmaster.pid");

	if (!read_pid_file(place->data, &lines)) {
		unlink(path); /* empty: cut short while it was written */
		return;
	}
	pid_t pid = (pid_t)atoi(lines.items[0]);
	if (pid > 1 && (kill(pid, 0) == 0 || errno == EPERM))
		unlink(path);
}

/* ---- start ---- */

static off_t size_of(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 ? st.st_size : 0;
}

/* What it wrote since the start. */
static int start_failed(const struct pk_place *place, const char *log, off_t from,
			struct pk_err *err)
{
	PK_AUTO(pk_buf) text = PK_BUF_INIT;

	pk_err_set(err, "the local server of PostgreSQL %d does not start", place->major);
	if (place->image) {
		pk_docker_said(place, &text);
		pk_buf_rtrim(&text);
		return pk_err_detail(err, "%s", text.ptr);
	}
	const char *said = "";
	if (pk_read_file(log, &text, NULL) == 0 && (off_t)text.len > from) {
		size_t start = (size_t)from;
		if (text.len > start + LOG_TOLD)
			start = text.len - LOG_TOLD;
		pk_buf_rtrim(&text);
		if (text.len > start)
			said = text.ptr + start;
		pk_err_detail(err, "%s", said);
	}
	if (pk_cluster_disk_full(said))
		return pk_err_hint(
			err,
			"make room on the disk; 'git postkit gc' removes clones no longer used");
	return pk_err_hint(err, "its log is '%s'", log);
}

/* Woken by each change in its folder and by its end. */
static int wait_ready(const struct pk_place *place, pid_t pid, int watch, const char *log,
		      off_t log_from, struct pk_err *err)
{
	double deadline = pk_now() + START_MAX;
	int pidfd = open_pidfd(pid), status = -1;
	bool ended = pid == 0 || (pidfd < 0 && errno == ESRCH);
	char events[4096];

	for (;;) {
		PK_FREE char *socket_dir = pk_cluster_socket(place->data);
		/* in a container it has another number; what an earlier one left there was removed */
		if (socket_dir && (place->image || pk_cluster_pid(place->data) == pid)) {
			status = 0;
			break;
		}
		if (ended || pk_now() > deadline) {
			start_failed(place, log, log_from, err);
			break;
		}
		if (pk_interrupted()) {
			pk_err_interrupted(err, "interrupted while the local server started");
			break;
		}
		struct pollfd fds[2] = { { .fd = watch, .events = POLLIN },
					 { .fd = pidfd, .events = POLLIN } };
		/* the second is for file systems that report no events */
		if (poll(fds, 2, pidfd < 0 ? 50 : 1000) > 0 && fds[0].revents)
			while (read(watch, events, sizeof(events)) > 0)
				;
		ended = fds[1].revents || (pidfd < 0 && kill(pid, 0) < 0 && errno == ESRCH);
	}
	if (pidfd >= 0)
		close(pidfd);
	return status;
}

/* -1: none; the loop in wait_ready() looks each second then. */
static int open_watch(const struct pk_place *place)
{
	int watch = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);

	if (watch >= 0 &&
	    inotify_add_watch(watch, place->data, IN_CREATE | IN_MODIFY | IN_CLOSE_WRITE) < 0) {
		close(watch);
		watch = -1;
	}
	return watch;
}

int pk_cluster_settle(const struct pk_place *place, struct pk_err *err)
{
	PK_FREE char *log = pk_path_join(place->dir, "log");
	PK_FREE char *ready = pk_cluster_socket(place->data);
	pid_t pid = place->image ? 0 : pk_cluster_pid(place->data);

	if (!pid || ready)
		return 0;
	if (is_stopping(place->data)) {
		pk_wait_gone(pid, STOP_FAST_MS);
		return 0;
	}
	int watch = open_watch(place);
	int status = wait_ready(place, pid, watch, log, size_of(log), err);
	if (watch >= 0)
		close(watch);
	return status;
}

static int launch(const struct pk_place *place, const char *bindir, const char *socket_dir,
		  const char *log, pid_t *ret_pid, struct pk_err *err)
{
	static const char *const env[] = { "LC_ALL=C.UTF-8", "TZ=UTC", "PGDATA",
					   "PGOPTIONS",	     "PGPORT", NULL };
	PK_FREE char *program = pk_cluster_program(place, bindir, "postgres");
	PK_FREE char *conf = pk_printf("config_file=%s/postgresql.conf", place->dir);
	PK_FREE char *access = pk_printf("hba_file=%s/pg_hba.conf", place->dir);
	const char *const argv[] = { program, "-D", place->data, "-c", conf,	   "-c",
				     access,  "-p", "5432",	 "-k", socket_dir, NULL };
	const struct pk_proc proc = { .argv = argv,
				      .env = env,
				      .cwd = "/",
				      .drop = place->drop,
				      .uid = place->uid,
				      .gid = place->gid };

	if (!place->image)
		return pk_proc_daemon(&proc, log, ret_pid, err);
	if (pk_docker_start(place, argv, socket_dir, err) < 0)
		return -1;
	*ret_pid = pk_docker_pid(place);
	return 0;
}

/* Nobody sweeps it away (pk_server_sweep_sockets()) until what is returned is closed. */
static int hold_socket_dir(const struct pk_place *place, char **ret, struct pk_err *err)
{
	for (int i = 0; i < SOCKET_TRIES; i++) {
		PK_FREE char *path = NULL;
		struct stat st;

		if (pk_place_socket_dir(place, &path, err) < 0)
			return -1;
		int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (fd >= 0 && flock(fd, LOCK_SH) == 0 && fstat(fd, &st) == 0 && st.st_nlink > 0) {
			*ret = pk_take(&path);
			return fd;
		}
		if (fd >= 0)
			close(fd);
	}
	return pk_err_set(err, "the folder for the server's socket goes away as soon as it is made");
}

int pk_cluster_start(const struct pk_place *place, const char *bindir, struct pk_err *err)
{
	PK_FREE char *log = pk_path_join(place->dir, "log");
	PK_FREE char *socket_dir = NULL;
	pid_t pid = 0;
	int held;

	if (!place->image) {
		end_orphans(place);
		clear_pid_file(place);
	}
	if (pk_cluster_write_settings(place, place->dir, err) < 0 ||
	    (held = hold_socket_dir(place, &socket_dir, err)) < 0)
		return -1;
	if (size_of(log) > LOG_MAX)
		unlink(log);
	off_t log_from = size_of(log);
	int watch = open_watch(place);
	int status = launch(place, bindir, socket_dir, log, &pid, err);
	if (status == 0)
		status = wait_ready(place, pid, watch, log, log_from, err);
	if (watch >= 0)
		close(watch);
	close(held);
	return status;
}

/* ---- stop ---- */

int pk_cluster_stop(const struct pk_place *place, struct pk_err *err)
{
	static const struct {
		int signal, wait_ms;
	} steps[] = { { SIGINT, STOP_FAST_MS },
		      { SIGQUIT, STOP_HARD_MS },
		      { SIGKILL, STOP_HARD_MS } };
	PK_FREE char *socket_dir = pk_cluster_socket(place->data);
	pid_t pid = place->image ? 0 : pk_cluster_pid(place->data);
	bool gone = pid == 0;

	if (place->image && pk_docker_stop(place, err) < 0)
		return -1;
	for (size_t i = 0; !gone && i < PK_COUNT(steps); i++) {
		if (kill(pid, steps[i].signal) < 0 && errno != ESRCH)
			return pk_err_errno(err, "cannot stop the local server in '%s'",
					    place->dir);
		gone = pk_wait_gone(pid, steps[i].wait_ms);
	}
	if (!gone)
		return pk_err_set(err, "the local server in '%s' does not stop", place->dir);
	if (socket_dir)
		rmdir(socket_dir); /* empty after a clean stop; else the next start clears it */
	return 0;
}
