/*
 * What went wrong, for a person. A function that can fail takes a struct pk_err * as its last
 * parameter and returns 0, or -1 with the error filled in. Library code never prints; cmd/ and
 * hook/ print errors with pk_err_print().
 */
#ifndef PK_ERR_H
#define PK_ERR_H

#include "base/base.h"

/* Exit status of the program. */
enum pk_exit {
	PK_EXIT_OK = 0,
	PK_EXIT_NO = 1,        /* the answer is no: drift, unsafe, plan not empty */
	PK_EXIT_ATTENTION = 2, /* done, but something is left to do */
	PK_EXIT_UNKNOWN = 3,   /* the outcome is not known */
	PK_EXIT_FATAL = 128,
	PK_EXIT_USAGE = 129,
	PK_EXIT_INTERRUPTED = 130,
};

struct pk_err {
	int exit;         /* enum pk_exit; 0 means no error */
	char sqlstate[6]; /* "" unless a server said it */
	char *msg;        /* lower-case start, no full stop */
	char *detail;     /* NULL or further lines as the server gave them */
	char *hint;       /* NULL or what to do next */
	char *file;       /* NULL or where, with */
	int line, col;    /* 1-based, 0 unknown */
};
#define PK_ERR_INIT { 0 }

void pk_err_release(struct pk_err *err);

/* All return -1. An error already there is replaced by set(), kept by the others. err may be NULL. */
int pk_err_set(struct pk_err *err, const char *fmt, ...) PK_PRINTF(2, 3);
int pk_err_exit(struct pk_err *err, int exit_status);
int pk_err_hint(struct pk_err *err, const char *fmt, ...) PK_PRINTF(2, 3);
int pk_err_detail(struct pk_err *err, const char *fmt, ...) PK_PRINTF(2, 3);
int pk_err_at(struct pk_err *err, const char *file, int line, int col);
int pk_err_wrap(struct pk_err *err, const char *fmt, ...) PK_PRINTF(2, 3); /* "<this>: <what was there>" */
int pk_err_errno(struct pk_err *err, const char *fmt, ...) PK_PRINTF(2, 3); /* set, with ": strerror" */
int pk_err_interrupted(struct pk_err *err, const char *fmt, ...) PK_PRINTF(2, 3); /* set, with PK_EXIT_INTERRUPTED */

/* What was in to is released, and from is empty afterwards. to NULL: the error is thrown away. Returns -1. */
int pk_err_move(struct pk_err *to, struct pk_err *from);
/*
 * For whoever can do without what has failed, but not go on after an interrupt: moves an error that is one. False: it is
 * another, and stays.
 */
bool pk_err_move_interrupt(struct pk_err *to, struct pk_err *from);

/* "error: file:line: msg", detail and "hint: ..." lines on stderr. Control bytes are escaped. */
void pk_err_print(const struct pk_err *err);

#endif
