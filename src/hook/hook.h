/* Git's hooks: one file each, one row in the table of hook/main.c. The stubs in hooks/ call the program. */
#ifndef PK_HOOK_HOOK_H
#define PK_HOOK_HOOK_H

#include "base/buf.h"
#include "base/err.h"
#include "base/print.h"

struct pk_hook_call {
	const char *name;
	int argc;               /* git's arguments to the hook */
	const char *const *argv;
	const struct pk_buf *input; /* what git wrote on standard input; empty for hooks without */
};

struct pk_hook {
	const char *name;
	int (*run)(const struct pk_hook_call *call, struct pk_err *err); /* exit status, or -1 */
	bool input;   /* git writes something on its standard input */
	bool refuses; /* its status stops git; the others never fail for our reasons */
	bool server;  /* it runs where others push to, so POSTKIT=0, which could be theirs, does not switch it off */
};
extern const struct pk_hook pk_hooks[]; /* ends with a NULL name */

/* git-postkit --hook NAME ARGS...: runs the hook that was there before ours, then ours. Exit status. */
int pk_hook_main(int argc, char **argv);

/* The rows of the table, each in a file of its name: exit status, or -1. */
int pk_hook_pre_push(const struct pk_hook_call *call, struct pk_err *err);
int pk_hook_pre_receive(const struct pk_hook_call *call, struct pk_err *err);
int pk_hook_post_receive(const struct pk_hook_call *call, struct pk_err *err);
int pk_hook_post_merge(const struct pk_hook_call *call, struct pk_err *err);
int pk_hook_post_rewrite(const struct pk_hook_call *call, struct pk_err *err);
int pk_hook_post_checkout(const struct pk_hook_call *call, struct pk_err *err);

/*
 * Says in one line on stderr which migrations came with this HEAD, each set once; then what the
 * user switched on in protected settings: what remotes that follow the branch want (hook/follow.h), or, when
 * merged is set, autoDryRun. Static and fast without these. -1 only for what cannot be read.
 */
int pk_hook_notice(bool merged, struct pk_err *err);

#endif
