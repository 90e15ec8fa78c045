/* What a statement did where it was run to see: measured on a database like the one it is meant for. */
#ifndef PK_SQL_EFFECT_H
#define PK_SQL_EFFECT_H

#include "base/base.h"

struct pk_effect {
	bool ran;	  /* begun; the rest is empty where it was not */
	bool measured;	  /* in a transaction, so that locks and rows are known */
	char sqlstate[6]; /* "": it came to its end */
	const char *error;
	double seconds;
	double held_seconds;	/* from its beginning to the end of the transaction, as far as that was run */
	int64_t read, written;	/* rows of tables that existed before the text; -1 unknown */
	const char *lock, *on;	/* strongest new lock on a relation that existed before, "ACCESS EXCLUSIVE"; or NULL */
	const char *kept, *kept_on; /* strongest that an earlier statement of the transaction left held; or NULL */
	const char *rewritten;	/* relation that existed before and got a new file; or NULL */
	const char *built;	/* index of a relation that existed before, which was not there or is built again; or NULL */
	const char *lost;	/* views that went with something else, "public.v, public.w"; or NULL */
	bool rewrote_table;	/* it is one with rows, not an index alone */
};

#endif
