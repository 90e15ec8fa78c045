/*
 * A copy of the clone's schema, without its rows, on which a plan proves itself: its statements are
 * run, the result is read, and the way back is found and run too.
 */
#ifndef PK_SESSION_PROVE_H
#define PK_SESSION_PROVE_H

#include "diff/plan.h"
#include "session/desk.h"

struct pk_proof {
	struct pk_desk *desk; /* borrowed */
	char *db;
	struct pk_conn user, admin;
	const struct pk_snapshot *clone; /* borrowed: knows the rows that the copy does not have */
	struct pk_snapshot copy;	 /* as it was made; of one that was kept only where renames run */
	bool renamed;			 /* renames run there */
	char *terms;			 /* to keep it by; NULL: it cannot be */
	bool kept;			 /* it was not made for this proof */
	bool unchanged;			 /* it has the clone's schema again */
};
#define PK_PROOF_INIT { 0 }
void pk_proof_release(struct pk_proof *proof); /* drops the copy, or keeps it for the next proof */
/*
 * fresh: copied from the clone now. Else a database of the same schema that was kept may serve: what fails there
 * has to be tried on a fresh one, since all that is known of it is its fingerprint.
 */
int pk_proof_open(struct pk_proof *proof, struct pk_desk *desk, const struct pk_snapshot *clone, bool fresh,
		  struct pk_err *err);
/* infra, which must not change the schema: migrations could not carry what it makes. */
int pk_proof_infra(struct pk_proof *proof, const struct pk_session_source *source,
		   struct pk_err *err);
int pk_proof_run(struct pk_proof *proof, const char *sql, bool transaction, struct pk_err *err);
/* With the row estimates of the clone's tables, also where these have other names by now. */
int pk_proof_read(struct pk_proof *proof, struct pk_snapshot *ret, struct pk_err *err);

/* Sets down and down_transaction of the part: from after to before. */
void pk_part_way_back(struct pk_part *part, struct pk_snapshot *before, struct pk_snapshot *after,
		      const struct pk_diff_options *options);
/*
 * Runs the parts in their order, notes from and to and finds the way back of each that has none;
 * then runs these back to the start. Each of the schemas on the way must be what was promised, the
 * last one `target`. first: the schema of the copy now. Keeps the snapshots with the session.
 */
int pk_proof_parts(struct pk_proof *proof, struct pk_part *parts, size_t n,
		   struct pk_snapshot *first, const struct pk_snapshot *target,
		   const struct pk_diff_options *options, struct pk_err *err);

#endif
