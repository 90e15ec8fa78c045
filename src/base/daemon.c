#include "base/launch.h"
#include <errno.h>
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

/* The middle process: a session of its own, the daemon below it, its pid to the pipe. */
static _Noreturn void run_middle(const struct pk_launch *l, int pid_pipe)
{
	setsid();
	pid_t pid = fork();
	if (pid < 0)
		pk_launch_fail(l);
	if (pid == 0)
		pk_launch_child(l);
	ssize_t written = write(pid_pipe, &pid, sizeof(pid));
	_exit(written == (ssize_t)sizeof(pid) ? 0 : 1);
}

static int read_exactly(int fd, void *data, size_t size)
{
	ssize_t n;
	while ((n = read(fd, data, size)) < 0 && errno == EINTR)
		;
	return n == (ssize_t)size ? 0 : -1;
}

static pid_t start_daemon(struct pk_launch *l)
{
	int report[2], pids[2];
	if (pipe2(report, O_CLOEXEC))
		return -1;
	if (pipe2(pids, O_CLOEXEC)) {
		close(report[0]);
		close(report[1]);
		return -1;
	}
	l->report = report[1];
	pid_t middle = fork();
	if (middle == 0)
		run_middle(l, pids[1]);
	int cause = middle < 0 ? errno : 0;
	close(report[1]);
	close(pids[1]);
	l->report = -1;
	pid_t pid = -1;
	if (middle > 0) {
		int said;
		if (read_exactly(pids[0], &pid, sizeof(pid)))
			pid = -1;
		if (read_exactly(report[0], &said, sizeof(said)) == 0)
			cause = said;
		while (waitpid(middle, NULL, 0) < 0 && errno == EINTR)
			;
	}
	close(report[0]);
	close(pids[0]);
	errno = cause ? cause : EAGAIN;
	return cause ? -1 : pid;
}

int pk_proc_daemon(const struct pk_proc *proc, const char *log_path, pid_t *ret_pid,
		   struct pk_err *err)
{
	struct pk_launch l = PK_LAUNCH_INIT;
	int failed = pk_launch_prepare(&l, proc, err);
	const int log_flags = O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW;
	for (int i = 0; i < 3 && !failed; i++) {
		l.fds[i] = i && log_path ? open(log_path, log_flags, 0600) : pk_open_null();
		if (l.fds[i] < 0)
			failed = pk_err_errno(err, "could not open '%s'",
					      i && log_path ? log_path : "/dev/null");
	}
	if (!failed) {
		sigset_t all;
		fflush(NULL);
		sigfillset(&all);
		sigprocmask(SIG_BLOCK, &all, &l.mask);
		pid_t pid = start_daemon(&l);
		int cause = errno;
		sigprocmask(SIG_SETMASK, &l.mask, NULL);
		errno = cause;
		if (pid < 0)
			failed = pk_err_errno(err, "could not start '%s'", proc->argv[0]);
		else
			*ret_pid = pid;
	}
	pk_launch_release(&l);
	return failed;
}
