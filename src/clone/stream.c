#include "clone/stream.h"
#include "base/clock.h"
#include "base/proc.h"
#include "base/sig.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define GRACE_SECONDS 3

static void apply_env(const char *const *env)
{
	for (size_t i = 0; env && env[i]; i++) {
		const char *eq = strchr(env[i], '=');
		PK_FREE char *name =
			eq ? pk_strndup(env[i], (size_t)(eq - env[i])) : pk_strdup(env[i]);

		if (eq)
			setenv(name, eq + 1, 1);
		else
			unsetenv(name);
	}
}

static void end_group(int signo)
{
	(void)signo;
	signal(SIGTERM, SIG_IGN);
	kill(0, SIGTERM);
}

/*
 * What a program has started does not end with it: pg_basebackup's other half would go on with the WAL for ever, and keep the
 * connection of the first from being given up. So that one stays between, which is told when we are killed, and tells all of them.
 * Returns in the process that is to become the program.
 */
static void leave_guard(pid_t parent)
{
	sigset_t blocked, before;
	int status = 0;
	pid_t pid;

	setpgid(0, 0); /* what it starts ends with it: see listen_to() */
	sigemptyset(&blocked);
	sigaddset(&blocked, SIGTERM);
	sigprocmask(SIG_BLOCK, &blocked, &before);
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (getppid() != parent)
		_exit(127);
	pid = fork();
	signal(SIGTERM, pid == 0 ? SIG_DFL : end_group);
	sigprocmask(SIG_SETMASK, &before, NULL);
	if (pid == 0)
		return;
	pk_close_fds(0, false); /* nothing of ours is held any longer than by us */
	while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	_exit(pid < 0 ? 127 : WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
}

/* Never returns. */
static void become_child(const struct pk_stream *stream, int out, pid_t parent)
{
	int null;

	leave_guard(parent);
	null = open("/dev/null", O_RDWR | O_CLOEXEC);
	signal(SIGPIPE, SIG_DFL);
	apply_env(stream->env);
	if (null < 0 || dup2(null, 0) < 0 || dup2(null, 1) < 0 || dup2(out, 2) < 0)
		_exit(127);
	execv(stream->argv[0], (char *const *)stream->argv);
	dprintf(2, "%s: error: cannot be started: %s\n", stream->argv[0], strerror(errno));
	_exit(127);
}

/* Gives away the whole lines of the buffer and keeps the rest. */
static void give_lines(const struct pk_stream *stream, struct pk_buf *buf, bool all)
{
	size_t from = 0;

	for (;;) {
		char *end = memchr(buf->ptr + from, '\n', buf->len - from);

		if (!end && !(all && from < buf->len))
			break;
		if (end)
			*end = '\0';
		stream->line(stream->arg, buf->ptr + from);
		from = end ? (size_t)(end - buf->ptr) + 1 : buf->len;
	}
	if (from > 0) {
		PK_FREE char *rest = pk_strndup(buf->ptr + from, buf->len - from);
		size_t n = buf->len - from;

		pk_buf_clear(buf);
		pk_buf_addn(buf, rest, n);
	}
}

static void end_all(pid_t pid, int signo)
{
	if (kill(-pid, signo) < 0)
		kill(pid, signo); /* it has no group yet */
}

/* Reads until the child and its workers have closed their end. */
static int listen_to(const struct pk_stream *stream, int fd, pid_t pid, struct pk_err *err)
{
	PK_AUTO(pk_buf) buf = PK_BUF_INIT;
	double told = 0;
	int status = stream->meanwhile ? stream->meanwhile(stream->arg, err) : 0;
	char chunk[4096];

	for (;;) {
		struct pollfd p = { .fd = fd, .events = POLLIN };
		ssize_t n;

		if (status == 0 && stream->check)
			status = stream->check(stream->arg, err);
		if ((pk_interrupted() || status < 0) && told == 0) {
			end_all(pid, SIGTERM);
			told = pk_now();
		}
		/* It asks the server to cancel, which may not answer. */
		if (told > 0 && pk_now() - told > GRACE_SECONDS)
			end_all(pid, SIGKILL);
		if (poll(&p, 1, 500) <= 0)
			continue;
		n = read(fd, chunk, sizeof(chunk));
		if (n == 0 || (n < 0 && errno != EINTR && errno != EAGAIN))
			break;
		if (n > 0) {
			pk_buf_addn(&buf, chunk, (size_t)n);
			give_lines(stream, &buf, false);
		}
	}
	give_lines(stream, &buf, true);
	return status;
}

int pk_stream_run(const struct pk_stream *stream, int *ret_status, struct pk_err *err)
{
	pid_t self = getpid(), pid;
	int fds[2], status = 0, result;

	if (pipe2(fds, O_CLOEXEC) < 0)
		return pk_err_errno(err, "cannot make a pipe");
	fflush(NULL);
	pid = fork();
	if (pid < 0) {
		close(fds[0]);
		close(fds[1]);
		return pk_err_errno(err, "cannot start '%s'", stream->argv[0]);
	}
	if (pid == 0)
		become_child(stream, fds[1], self);
	close(fds[1]);
	result = listen_to(stream, fds[0], pid, err);
	close(fds[0]);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (pk_interrupted())
		return pk_err_interrupted(err, "interrupted");
	if (result < 0)
		return -1;
	*ret_status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
	return 0;
}
