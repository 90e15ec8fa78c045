/*
 * Progress on stderr. On a terminal: bars that redraw themselves, one for all and one for each thing that is
 * under way. Elsewhere (a log): a line every ten seconds, so nothing for what is quick. With json: an object a
 * line, when a phase begins and every second. Library code gets a struct pk_progress * from cmd/ and may get NULL.
 */
#ifndef PK_PROGRESS_H
#define PK_PROGRESS_H

#include "base/base.h"

#define PK_PROGRESS_ITEMS 8

struct pk_progress_item {
	char *name; /* NULL: nothing is under way there */
	uint64_t done, total;
};
struct pk_progress {
	bool json; /* the caller's choice */
	/* not for the caller */
	char *title;
	uint64_t done, total; /* total 0: unknown */
	uint64_t bytes;	      /* that passed; 0: none are counted */
	struct pk_progress_item items[PK_PROGRESS_ITEMS];
	double started; /* seconds, pk_now() */
	double drawn;
	bool terminal;
	int lines; /* that stand there and are to be wiped */
};
#define PK_PROGRESS_INIT { 0 }

/* NULL p: nothing, in all of them. */
void pk_progress_start(struct pk_progress *p, const char *title, uint64_t total);
void pk_progress_update(struct pk_progress *p, uint64_t done, const char *item); /* item may be NULL */
void pk_progress_bytes(struct pk_progress *p, uint64_t bytes); /* for the rate; shown by the next update */
/* What is under way in one of several places; name NULL: nothing any more. Shown by the next update. */
void pk_progress_item(struct pk_progress *p, int place, const char *name, uint64_t done, uint64_t total);
void pk_progress_stop(struct pk_progress *p); /* wipes the lines */
void pk_progress_release(struct pk_progress *p);

#endif
