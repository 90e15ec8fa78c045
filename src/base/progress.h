/*
 * Progress on stderr: a bar that redraws itself on a terminal; without one, nothing but the last
 * line when verbose. Library code gets a struct pk_progress * from cmd/ and may get NULL.
 */
#ifndef PK_PROGRESS_H
#define PK_PROGRESS_H

#include "base/base.h"

struct pk_progress {
	char *title;
	uint64_t done, total; /* total 0: unknown */
	double started;       /* seconds, pk_now() */
	double drawn;
	bool on, shown;
};
#define PK_PROGRESS_INIT { 0 }

void pk_progress_start(struct pk_progress *p, const char *title, uint64_t total); /* on only on a terminal */
void pk_progress_update(struct pk_progress *p, uint64_t done, const char *item);  /* NULL p: nothing */
void pk_progress_stop(struct pk_progress *p);  /* wipes the line */
void pk_progress_release(struct pk_progress *p);

#endif
