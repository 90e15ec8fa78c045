/*
 * A template brought up to date: what has changed on the source since (clone/evidence.h) is copied again. Where that is
 * little, into the template itself, in one transaction; else into a database cut from it, which replaces it once that
 * is complete, and so does one that first gets the structure that the source has now (clone/follow.h). Of a source of which
 * nothing can be proved, or whose structure cannot be had that way, nothing is made here: then all has to be copied.
 */
#ifndef PK_CLONE_REFRESH_H
#define PK_CLONE_REFRESH_H

#include "clone/copied.h"

struct pk_refresh_how {
	const struct pk_conninfo *source;
	struct pk_server *server;
	const struct pk_source_facts *facts; /* of the source, as they are now */
	const char *from;	    /* the template's database */
	const char *mark;	    /* what it is marked as the copy of */
	const char *name, *label;   /* of the one to be made; purpose "template" */
	const struct pk_copied *was;
	const struct pk_copy_options *options; /* as the template was copied, its record apart */
};
struct pk_refreshed {
	char *doubt;  /* why all has to be copied, for people; NULL: not */
	bool made;    /* there is a new database */
	bool inside;  /* the template has what is new, and says so; without that, doubt and made it is what it would be */
	bool scanned; /* the rows' versions were the evidence, or else the snapshot was */
	bool large;   /* large objects were copied */
	bool followed; /* the structure is another one, by what leads there */
	size_t tables, changed; /* that have rows copied; that were copied again */
	uint64_t bytes; /* that passed */
	double seconds; /* that it took, for whoever measures it */
};
#define PK_REFRESHED_INIT { 0 }
void pk_refreshed_release(struct pk_refreshed *refreshed);
/* ret_record: of what the template, or the new database, is now. On failure nothing is left. */
int pk_refresh_run(const struct pk_refresh_how *how, struct pk_refreshed *ret, struct pk_copied *ret_record,
		   struct pk_err *err);

#endif
