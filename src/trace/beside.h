/*
 * Watching a statement from a second connection while it runs. For those that cannot be measured from inside a transaction
 * of ours, because they refuse to be in one (CREATE INDEX CONCURRENTLY) or commit on their way (CALL). It looks again and
 * again; what comes and goes between two looks is not seen, and the trace says so.
 */
#ifndef PK_TRACE_BESIDE_H
#define PK_TRACE_BESIDE_H

#include "pg/watch.h"
#include "trace/measure.h"

struct pk_beside_lock {
	const struct pk_measured *on;
	const char *mode;   /* the strongest, "SHARE" */
	double first, last; /* pk_now() of the looks that saw any on it */
};
struct pk_beside {
	struct pk_watch watch;
	struct pk_conn *by;
	struct pk_measure *measure;
	struct pk_arena arena; /* of the phases' names */
	char pid[16];
	struct pk_beside_lock *locks;
	struct pk_traced_phase *phases;
	size_t n_locks, n_phases, looks;
	double before, waited;
};
void pk_beside_release(struct pk_beside *beside);
/*
 * Begins to watch what conn will run. by: another, idle connection to the same database, of a role that may see conn's
 * session. All are borrowed until pk_beside_stop().
 */
int pk_beside_start(struct pk_beside *beside, struct pk_conn *conn, struct pk_conn *by, struct pk_measure *measure,
		    struct pk_err *err);
void pk_beside_stop(struct pk_beside *beside, struct pk_conn *conn);
/* Puts what was seen since the start into ret, and forgets it. Texts are in the arena. */
void pk_beside_tell(struct pk_beside *beside, struct pk_arena *arena, struct pk_traced *ret);

#endif
