/*
 * A statement that nothing can measure from inside, since it is in no transaction of ours, or ends some on its way: seen
 * from a second connection while it runs. What comes and goes between two looks is not seen, and the trace says so.
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
/* From now on; by is another connection to the same database, that may see it, and idle. Borrowed until the stop. */
int pk_beside_start(struct pk_beside *beside, struct pk_conn *conn, struct pk_conn *by, struct pk_measure *measure,
		    struct pk_err *err);
void pk_beside_stop(struct pk_beside *beside, struct pk_conn *conn);
/* Adds what was seen since the start to what is known of the statement; once. Texts are of the arena. */
void pk_beside_tell(struct pk_beside *beside, struct pk_arena *arena, struct pk_traced *ret);

#endif
