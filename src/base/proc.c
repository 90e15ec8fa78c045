#include "base/clock.h"
#include "base/fs.h"
#include "base/launch.h"
#include "base/sig.h"
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static bool is_program(const char *path)
{
	struct stat st;
	return stat(path, &st) == 0 && S_ISREG(st.st_mode) && access(path, X_OK) == 0;
}

char *pk_proc_find(const char *program)
{
	if (strchr(program, '/')) {
		char *real = is_program(program) ? realpath(program, NULL) : NULL;
		return real;
	}
	const char *path = getenv("PATH");
	PK_AUTO(pk_strv) dirs = PK_STRV_INIT;
	pk_strv_split(&dirs, path ? path : "/usr/local/bin:/usr/bin:/bin", ':');
	for (size_t i = 0; i < dirs.n; i++) {
		/* An entry relative to where we happen to be is how other people's programs get run. */
		if (dirs.items[i][0] != '/')
			continue;
		PK_FREE char *file = pk_path_join(dirs.items[i], program);
		if (is_program(file))
			return pk_take(&file);
	}
	return NULL;
}

char *pk_proc_self(void)
{
	char path[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", path, sizeof(path) - 1);
	if (n < 0)
		return pk_strdup("git-postkit");
	path[n] = '\0';
	static const char deleted[] = " (deleted)"; /* an upgrade has replaced the file */
	if (pk_ends_with(path, deleted))
		path[(size_t)n - (sizeof(deleted) - 1)] = '\0';
	return pk_strdup(path);
}

/* Our signals while a child runs. They are blocked but inside ppoll(2), so that none is missed. */
struct guard {
	sigset_t before;
	struct sigaction child, pipe, interrupt, quit;
	bool terminal; /* the child has the terminal: Ctrl-C is for it */
};

static void on_child(int signo)
{
	(void)signo; /* only there to end ppoll */
}

static void guard_enter(struct guard *g, bool terminal)
{
	struct sigaction ignore = { .sa_handler = SIG_IGN };
	struct sigaction notice = { .sa_handler = on_child };
	sigset_t block;
	sigemptyset(&block);
	sigaddset(&block, SIGINT);
	sigaddset(&block, SIGTERM);
	sigaddset(&block, SIGHUP);
	sigaddset(&block, SIGCHLD);
	sigprocmask(SIG_BLOCK, &block, &g->before);
	sigaction(SIGCHLD, &notice, &g->child);
	sigaction(SIGPIPE, &ignore, &g->pipe);
	g->terminal = terminal;
	if (terminal) {
		sigaction(SIGINT, &ignore, &g->interrupt);
		sigaction(SIGQUIT, &ignore, &g->quit);
	}
}

static void guard_leave(const struct guard *g)
{
	sigaction(SIGCHLD, &g->child, NULL);
	sigaction(SIGPIPE, &g->pipe, NULL);
	if (g->terminal) {
		sigaction(SIGINT, &g->interrupt, NULL);
		sigaction(SIGQUIT, &g->quit, NULL);
	}
	sigprocmask(SIG_SETMASK, &g->before, NULL);
}

/* Our ends of the pipes to and from a running child. */
struct stream {
	int fd; /* -1: closed or none */
	struct pk_buf *to;
	const char *from;
	size_t left;
};

static void stream_close(struct stream *s)
{
	if (s->fd >= 0)
		close(s->fd);
	s->fd = -1;
}

static void stream_write(struct stream *s)
{
	while (s->left) {
		ssize_t n = write(s->fd, s->from, s->left);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN)
			return;
		if (n < 0)
			break; /* it does not want to read on */
		s->from += n;
		s->left -= (size_t)n;
	}
	stream_close(s);
}

static void stream_read(struct stream *s)
{
	char chunk[64 * 1024];
	for (;;) {
		ssize_t n = read(s->fd, chunk, sizeof(chunk));
		if (n > 0) {
			pk_buf_addn(s->to, chunk, (size_t)n);
			continue;
		}
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN)
			return;
		stream_close(s);
		return;
	}
}

/* One end ours and non-blocking, the other the child's. */
static int make_pipe(int *ret_child, int *ret_ours, bool child_reads)
{
	int ends[2];
	if (pipe2(ends, O_CLOEXEC))
		return -1;
	*ret_child = ends[child_reads ? 0 : 1];
	*ret_ours = ends[child_reads ? 1 : 0];
	return fcntl(*ret_ours, F_SETFL, O_NONBLOCK);
}

static int open_stdio(struct pk_launch *l, struct stream streams[3])
{
	const struct pk_proc *proc = l->proc;
	const bool inherit[3] = { proc->inherit_stdin, proc->inherit_stdout, proc->inherit_stderr };
	const bool piped[3] = { proc->input != NULL, proc->out != NULL, proc->err_out != NULL };
	for (int i = 0; i < 3; i++) {
		if (inherit[i])
			continue;
		if (piped[i]) {
			if (make_pipe(&l->fds[i], &streams[i].fd, i == 0))
				return -1;
			continue;
		}
		l->fds[i] = pk_open_null();
		if (l->fds[i] < 0)
			return -1;
	}
	if (proc->input) {
		streams[0].from = proc->input;
		streams[0].left = proc->input_len ? proc->input_len : strlen(proc->input);
	}
	streams[1].to = proc->out;
	streams[2].to = proc->err_out;
	return 0;
}

/* Forks. Returns the pid, or -1 with errno when the program did not start. */
static pid_t start(struct pk_launch *l)
{
	int report[2];
	if (pipe2(report, O_CLOEXEC))
		return -1;
	l->report = report[1];
	pid_t pid = fork();
	if (pid == 0)
		pk_launch_child(l);
	int cause = pid < 0 ? errno : 0;
	close(l->report);
	l->report = -1;
	while (pid > 0 && read(report[0], &cause, sizeof(cause)) < 0 && errno == EINTR)
		;
	close(report[0]);
	if (pid > 0 && cause) {
		waitpid(pid, NULL, 0);
		pid = -1;
	}
	errno = cause;
	return pid;
}

static int exit_status(int status)
{
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

/* When a child is to be ended, and how hard. */
struct patience {
	pid_t whom;	 /* a process, or -group */
	double deadline; /* pk_now(); 0: none */
	bool hard;
};

#define TERM_SECONDS 10

/* SIGTERM once; a group that had it and does not end gets SIGKILL. */
static void end_child(struct patience *p)
{
	kill(p->whom, p->hard ? SIGKILL : SIGTERM);
	p->deadline = p->whom < 0 && !p->hard ? pk_now() + TERM_SECONDS : 0;
	p->hard = true;
}

/* Waits for something to do; false when there is nothing but a signal or the deadline. */
static bool wait_for(struct pollfd polls[3], struct patience *p, const sigset_t *waiting)
{
	double left = p->deadline - pk_now();
	struct timespec time = { .tv_sec = left > 0 ? (time_t)left : 0,
				 .tv_nsec = left > 0 ? (long)((left - (double)(time_t)left) * 1e9) : 0 };

	if (p->deadline && left <= 0)
		end_child(p);
	return ppoll(polls, 3, p->deadline ? &time : NULL, waiting) >= 0;
}

/*
 * Feeds and reads until the child has ended. What a grandchild that lives on may write later is
 * not waited for: a server started through pg_ctl keeps the pipe open for days.
 */
static int converse(pid_t pid, int timeout, struct stream streams[3], const struct guard *guard)
{
	struct patience patience = { .whom = timeout ? -pid : pid, .deadline = timeout ? pk_now() + timeout : 0 };
	sigset_t waiting = guard->before;
	sigdelset(&waiting, SIGCHLD);
	bool was_interrupted = pk_interrupted();
	int status = 0;
	for (;;) {
		bool ended = waitpid(pid, &status, WNOHANG) == pid;
		if (!ended && !was_interrupted && pk_interrupted() && !guard->terminal) {
			was_interrupted = true;
			end_child(&patience);
		}
		struct pollfd polls[3];
		for (int i = 0; i < 3; i++)
			polls[i] = (struct pollfd){ .fd = streams[i].fd,
						    .events = i ? POLLIN : POLLOUT };
		if (!ended && !wait_for(polls, &patience, &waiting))
			continue;
		for (int i = 1; i < 3; i++) {
			if (streams[i].fd >= 0 && (ended || polls[i].revents))
				stream_read(&streams[i]);
		}
		if (ended && timeout && patience.hard)
			kill(-pid, SIGKILL); /* what it leaves behind */
		if (ended)
			return exit_status(status);
		if (streams[0].fd >= 0 && polls[0].revents)
			stream_write(&streams[0]);
	}
}

struct running {
	struct pk_launch l;
	struct stream streams[3];
	pid_t pid; /* 0: not started */
};

static int prepare(struct running *r, const struct pk_proc *proc, struct pk_err *err)
{
	*r = (struct running){ PK_LAUNCH_INIT, { { .fd = -1 }, { .fd = -1 }, { .fd = -1 } }, 0 };
	if (pk_launch_prepare(&r->l, proc, err))
		return -1;
	return open_stdio(&r->l, r->streams) ? pk_err_errno(err, "could not run '%s'", proc->argv[0]) : 0;
}

static int launch(struct running *r, const struct guard *guard, struct pk_err *err)
{
	r->l.mask = guard->before;
	pid_t pid = start(&r->l);
	int failed = pid < 0 ? pk_err_errno(err, "could not run '%s'", r->l.proc->argv[0]) : 0;
	pk_launch_close_stdio(&r->l); /* else our reads would not see the end */
	r->pid = pid > 0 ? pid : 0;
	return failed;
}

static int run_all(const struct pk_proc *procs, size_t n, int *ret_statuses, struct pk_err *err)
{
	struct running all[2];
	struct guard guard;
	int failed = 0;
	for (size_t i = 0; i < n; i++)
		failed |= prepare(&all[i], &procs[i], failed ? NULL : err);
	if (!failed) {
		fflush(NULL);
		guard_enter(&guard, procs[0].inherit_stdin);
		for (size_t i = 0; i < n && !failed; i++)
			failed = launch(&all[i], &guard, err);
		for (size_t i = 0; i < n; i++)
			if (all[i].pid)
				ret_statuses[i] = converse(all[i].pid, procs[i].timeout, all[i].streams, &guard);
		guard_leave(&guard);
	}
	for (size_t i = 0; i < n; i++) {
		for (int k = 0; k < 3; k++)
			stream_close(&all[i].streams[k]);
		pk_launch_release(&all[i].l);
	}
	return failed;
}

int pk_proc_run(const struct pk_proc *proc, int *ret_status, struct pk_err *err)
{
	return run_all(proc, 1, ret_status, err);
}

int pk_proc_run_both(const struct pk_proc procs[2], int ret_statuses[2], struct pk_err *err)
{
	return run_all(procs, 2, ret_statuses, err);
}

/* The last lines, at most about two kilobytes. */
static const char *tail_of(const struct pk_buf *text)
{
	enum { LINES = 15, BYTES = 2000 };
	size_t start = text->len, least = text->len > BYTES ? text->len - BYTES : 0;
	for (int lines = 0; start > least; start--) {
		if (text->ptr[start - 1] == '\n' && ++lines > LINES)
			break;
	}
	return text->ptr + start;
}

/* An error unless the status is 0. */
static int check_status(const struct pk_proc *proc, int status, struct pk_err *err)
{
	if (status == 0)
		return 0;
	const char *name = pk_path_base(proc->argv[0]);
	/* ssh ends with 255 */
	if (status > 128 && status <= 128 + SIGRTMAX)
		pk_err_set(err, "'%s' was ended by signal %d (%s)", name, status - 128,
			   strsignal(status - 128));
	else
		pk_err_set(err, "'%s' failed with exit status %d", name, status);
	if (proc->err_out && proc->err_out->len) {
		PK_AUTO(pk_buf) said = PK_BUF_INIT;
		pk_buf_add(&said, tail_of(proc->err_out));
		pk_buf_rtrim(&said);
		pk_err_detail(err, "%s", said.ptr);
	}
	if (pk_interrupted())
		pk_err_exit(err, PK_EXIT_INTERRUPTED);
	return -1;
}

int pk_proc_check(const struct pk_proc *proc, struct pk_err *err)
{
	PK_AUTO(pk_buf) own = PK_BUF_INIT;
	struct pk_proc copy = *proc;
	if (!copy.err_out && !copy.inherit_stderr)
		copy.err_out = &own;
	int status = 0;
	return pk_proc_run(&copy, &status, err) ? -1 : check_status(&copy, status, err);
}

int pk_proc_check_both(const struct pk_proc procs[2], struct pk_err *err)
{
	PK_AUTO(pk_buf) first = PK_BUF_INIT;
	PK_AUTO(pk_buf) second = PK_BUF_INIT;
	struct pk_proc copies[] = { procs[0], procs[1] };
	copies[0].err_out = &first;
	copies[1].err_out = &second;
	int statuses[2] = { 0 };
	if (pk_proc_run_both(copies, statuses, err) || check_status(&copies[0], statuses[0], err))
		return -1;
	return check_status(&copies[1], statuses[1], err);
}
