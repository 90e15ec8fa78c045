#include "base/launch.h"
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/close_range.h>
#include <unistd.h>

void pk_launch_release(struct pk_launch *l)
{
	free(l->program);
	pk_strv_release(&l->env);
	pk_launch_close_stdio(l);
	if (l->report >= 0)
		close(l->report);
}

void pk_launch_close_stdio(struct pk_launch *l)
{
	for (int i = 0; i < 3; i++) {
		if (l->fds[i] >= 0)
			close(l->fds[i]);
		l->fds[i] = -1;
	}
}

static size_t name_length(const char *setting)
{
	return (size_t)(strchrnul(setting, '=') - setting);
}

static bool is_replaced(const char *setting, const char *const *changes)
{
	size_t n = name_length(setting);
	for (; changes && *changes; changes++) {
		if (name_length(*changes) == n && strncmp(*changes, setting, n) == 0)
			return true;
	}
	return false;
}

static void prepare_env(struct pk_strv *env, const char *const *changes)
{
	for (char **setting = environ; setting && *setting; setting++) {
		if (!is_replaced(*setting, changes))
			pk_strv_push(env, *setting);
	}
	for (; changes && *changes; changes++) {
		if (strchr(*changes, '='))
			pk_strv_push(env, *changes);
	}
	if (!env->items) {
		env->items = pk_alloc(sizeof(*env->items));
		env->cap = 1;
	}
}

int pk_launch_prepare(struct pk_launch *l, const struct pk_proc *proc, struct pk_err *err)
{
	l->proc = proc;
	l->program =
		strchr(proc->argv[0], '/') ? pk_strdup(proc->argv[0]) : pk_proc_find(proc->argv[0]);
	if (!l->program)
		return pk_err_set(err, "program '%s' is not in PATH", proc->argv[0]);
	prepare_env(&l->env, proc->env);
	return 0;
}

int pk_open_null(void)
{
	return open("/dev/null", O_RDWR | O_CLOEXEC);
}

/* ---- in the child ---- */

_Noreturn void pk_launch_fail(const struct pk_launch *l)
{
	int cause = errno;
	ssize_t written = write(l->report, &cause, sizeof(cause));
	(void)written;
	_exit(127);
}

static void reset_signals(const sigset_t *mask)
{
	static const int ours[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGPIPE, SIGCHLD };
	struct sigaction normal = { .sa_handler = SIG_DFL };
	for (size_t i = 0; i < PK_COUNT(ours); i++) {
		struct sigaction now;
		if (ours[i] == SIGHUP && sigaction(SIGHUP, NULL, &now) == 0 &&
		    now.sa_handler == SIG_IGN)
			continue;
		sigaction(ours[i], &normal, NULL);
	}
	sigprocmask(SIG_SETMASK, mask, NULL);
}

#define FEW_FDS 256 /* looked at where no call closes all */

void pk_close_fds(int first, bool at_exec)
{
	if (close_range((unsigned)first, ~0U, at_exec ? CLOSE_RANGE_CLOEXEC : 0) == 0)
		return;
	/* a kernel before 5.11 */
	for (int fd = first; fd < FEW_FDS; fd++)
		if (at_exec)
			fcntl(fd, F_SETFD, FD_CLOEXEC);
		else
			close(fd);
}

static int move_fd(int fd, int target)
{
	if (fd < 0)
		return 0;
	return fd == target ? fcntl(fd, F_SETFD, 0) : dup2(fd, target);
}

_Noreturn void pk_launch_child(const struct pk_launch *l)
{
	const struct pk_proc *proc = l->proc;
	if (proc->no_terminal ? setsid() < 0 : proc->timeout && setpgid(0, 0))
		pk_launch_fail(l);
	for (int i = 0; i < 3; i++) {
		if (move_fd(l->fds[i], i) < 0)
			pk_launch_fail(l);
	}
	if (proc->drop && geteuid() == 0 &&
	    (setgroups(1, &proc->gid) || setgid(proc->gid) || setuid(proc->uid)))
		pk_launch_fail(l);
	if (proc->cwd && chdir(proc->cwd))
		pk_launch_fail(l);
	/*
	 * What whoever started us left open is not for servers and tools: a postmaster that holds the end
	 * of a pipe keeps its reader waiting for ever.
	 */
	if (!proc->inherit_stdin)
		pk_close_fds(3, true);
	reset_signals(&l->mask);
	execve(l->program, (char *const *)proc->argv, l->env.items);
	pk_launch_fail(l);
}
