/* A child process whose talk is heard line by line while it runs, and which an interrupt ends. */
#ifndef PK_CLONE_STREAM_H
#define PK_CLONE_STREAM_H

#include "base/buf.h"
#include "base/err.h"

struct pk_stream {
	const char *const *argv; /* NULL terminated; argv[0] is a path */
	const char *const *env;	 /* "NAME=value" is set, "NAME" alone removed; NULL terminated */
	void (*line)(void *arg, const char *line); /* each line of its standard error */
	/* Asked twice a second; an error ends the child. May be NULL. */
	int (*check)(void *arg, struct pk_err *err);
	/* What is done once it has begun; it is listened to after that. An error ends the child. May be NULL. */
	int (*meanwhile)(void *arg, struct pk_err *err);
	void *arg;
};
/*
 * Runs to the end. Interrupted: the child is told to stop, waited for, and the error has
 * PK_EXIT_INTERRUPTED. The child dies with us. *ret_status as pk_proc_run.
 */
int pk_stream_run(const struct pk_stream *stream, int *ret_status, struct pk_err *err);

#endif
