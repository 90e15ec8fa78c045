/*
 * Whether what lint --fix made of a migration does what the migration did, tried on databases of their own: the same
 * schema after all of it, and the way back of each part leads to what was before it.
 */
#ifndef PK_CMD_LINT_FIX_PROOF_H
#define PK_CMD_LINT_FIX_PROOF_H

#include "base/map.h"
#include "cmd/trial.h"
#include "diff/plan.h"
#include "lint/fix.h"
#include "session/session.h"

struct pk_fix_proof {
	const struct pk_ctx *ctx; /* borrowed, as all pointers here */
	struct pk_server *server;
	const struct pk_source *before; /* the schema that it meets */
	const char *file;
	const struct pk_migration *m;
	const struct pk_lint_options *lint; /* for ways back */
	struct pk_snapshot first, last;	    /* the schema before and after the migration as it is */
	bool goes_back;			    /* its way back leads to where it began */
	struct pk_map ways;		    /* that were asked for: statement and what stands before it -> struct way */
};
#define PK_FIX_PROOF_INIT { .ways = PK_MAP_INIT }
void pk_fix_proof_release(struct pk_fix_proof *proof);
/* What fails for being in a transaction alone would have done what it says without. */
int pk_fix_proof_run(struct pk_fix_proof *proof, struct pk_trial *trial, const char *sql, int line, bool transaction,
		     struct pk_err *err);
/* Runs the migration as it is. */
int pk_fix_proof_begin(struct pk_fix_proof *proof, struct pk_err *err);
/*
 * Runs the parts, and finds their ways back. ret: as many as parts, empty; filled with text, from and to, for the
 * caller to release. states: as many, the schemas after them; likewise.
 */
int pk_fix_proof_parts(struct pk_fix_proof *proof, const struct pk_fix *fix, struct pk_part *ret,
		       struct pk_snapshot *states, struct pk_err *err);
/*
 * For pk_fix_source.way, arg is the proof: the statement is run behind what stands before it, and a plan made from the
 * schema before it to the one after it, as plan makes it for tables in use.
 */
int pk_fix_proof_way(void *arg, const char *before, const char *statement, struct pk_fix_groups *ret, struct pk_err *err);
void pk_fix_ways_release(struct pk_fix_proof *proof);
void pk_fix_parts_release(struct pk_part *parts, struct pk_snapshot *states, size_t n);

#endif
