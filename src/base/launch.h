/* How a child process comes to be; shared by the files of proc.h only. */
#ifndef PK_LAUNCH_H
#define PK_LAUNCH_H

#include "base/proc.h"
#include <signal.h>

/* What the child needs, prepared before fork(2): after it, only async-signal-safe calls. */
struct pk_launch {
	const struct pk_proc *proc;
	char *program;
	struct pk_strv env;
	int fds[3];    /* become 0, 1, 2; -1: ours is inherited */
	int report;    /* errno goes here when the start fails; closed by exec */
	sigset_t mask; /* as before we blocked signals */
};
#define PK_LAUNCH_INIT { .fds = { -1, -1, -1 }, .report = -1 }

void pk_launch_release(struct pk_launch *l);
void pk_launch_close_stdio(struct pk_launch *l); /* our copies of fds */
int pk_launch_prepare(struct pk_launch *l, const struct pk_proc *proc, struct pk_err *err);
int pk_open_null(void);					   /* a descriptor, or -1 with errno */
_Noreturn void pk_launch_child(const struct pk_launch *l); /* in the child: becomes the program */
_Noreturn void pk_launch_fail(const struct pk_launch *l);  /* in the child: reports errno */

#endif
