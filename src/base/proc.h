/*
 * Child processes, without a shell. Signals: children run in our process group, so that Ctrl-C on a
 * terminal reaches them; those in a session of their own get SIGTERM from us instead.
 */
#ifndef PK_PROC_H
#define PK_PROC_H

#include "base/buf.h"
#include "base/err.h"
#include "base/strv.h"
#include <sys/types.h>

struct pk_proc {
	const char *const *argv; /* NULL terminated; argv[0] is searched in PATH */
	const char *const *env;  /* NULL or NULL terminated "NAME=value" to add; "NAME" alone removes */
	const char *cwd;         /* NULL: ours */
	const char *input;       /* NULL: /dev/null; else fed to standard input */
	size_t input_len;        /* 0 with input: strlen(input) */
	bool inherit_stdin;      /* terminal programs: editor, psql */
	bool inherit_stdout, inherit_stderr;
	bool no_terminal;        /* a session of its own: nothing that it starts can ask on the terminal */
	struct pk_buf *out;      /* NULL: dropped, unless inherited */
	struct pk_buf *err_out;  /* NULL: dropped, unless inherited */
	bool drop;               /* run as uid/gid below (only when we are root) */
	uid_t uid;
	gid_t gid;
	/*
	 * Seconds (0: for ever) after which it is ended by SIGTERM, and ten later by SIGKILL. Then it and
	 * what it starts have a process group of their own, which an interrupt of ours ends the same way.
	 */
	int timeout;
};

/*
 * Runs to the end. Returns 0 and sets *ret_status to the exit status (128 + n for signal n), or -1
 * when the program could not be started.
 */
int pk_proc_run(const struct pk_proc *proc, int *ret_status, struct pk_err *err);
/* Two at once, of which none asks anything: the second one is fed and read when the first has ended. */
int pk_proc_run_both(const struct pk_proc procs[2], int ret_statuses[2], struct pk_err *err);

/* As above, but any status other than 0 is an error that quotes the end of standard error. */
int pk_proc_check(const struct pk_proc *proc, struct pk_err *err);
int pk_proc_check_both(const struct pk_proc procs[2], struct pk_err *err); /* standard error is read */

/*
 * Starts a process in a session of its own with stdio on /dev/null, or on log_path when given.
 * Returns its pid; nobody waits for it.
 */
int pk_proc_daemon(const struct pk_proc *proc, const char *log_path, pid_t *ret_pid, struct pk_err *err);

/* In a child, async-signal-safe: first and all above it are closed; at_exec: when it becomes another program. */
void pk_close_fds(int first, bool at_exec);

char *pk_proc_find(const char *program); /* absolute path from PATH, caller frees; NULL when absent */
char *pk_proc_self(void);                /* absolute path of the running program, caller frees */

#endif
