/*
 * Migrations that were made beside each other, brought into one chain: what comes after the others is proven anew behind
 * them, gets another header and, where the order needs it, another version.
 */
#ifndef PK_CMD_SYNC_WORK_H
#define PK_CMD_SYNC_WORK_H

#include "cmd/cmd.h"
#include "deploy/settled.h"

/* Whether the way back of a migration still leads back. */
enum pk_way_back {
	PK_BACK_NONE,
	PK_BACK_PROVEN,
	PK_BACK_ELSEWHERE,
	PK_BACK_FAILS,
	PK_BACK_UNTRIED
};

/* A migration behind which the chain forks: what becomes of it. */
struct pk_sync_item {
	const struct pk_migration *was;
	char *file;		/* its new name; the old one where the version stays */
	struct pk_oid from, to; /* found by the proof */
	char *text;		/* of the new file; NULL before pk_sync_prove() */
	enum pk_way_back back;
};
struct pk_sync {
	const struct pk_ctx *ctx; /* borrowed */
	struct pk_oid head;
	struct pk_chain chain; /* of HEAD */
	struct pk_settlement settlement;
	struct pk_order order;
	struct pk_sync_item *items; /* from order.first on */
	size_t n;
	struct pk_oid end; /* where the chain leads to by now */
};
#define PK_SYNC_INIT { 0 }
void pk_sync_release(struct pk_sync *sync);

/*
 * sync_plan.c: what HEAD's chain has to become; sync->n 0: it holds. fetch: remotes are asked what they have run.
 * Files that are changed and not committed, a merge that is not finished, and a fork of which both sides have run are errors.
 */
int pk_sync_open(struct pk_sync *sync, const struct pk_ctx *ctx, bool fetch, struct pk_err *err);
/*
 * sync_proof.c: runs the items behind the rest on the local server, and back; the end must be what the schema files of HEAD
 * mean. Sets text, from, to and back of each, and keeps the schemas between them as objects.
 */
int pk_sync_prove(struct pk_sync *sync, struct pk_err *err);
/*
 * sync_write.c: writes the files and commits them by git. On failure the files are as they were. quiet: git's hooks say
 * nothing on standard output.
 */
int pk_sync_commit(struct pk_sync *sync, bool quiet, struct pk_oid *ret_commit, struct pk_err *err);
/* One at a time in a work tree; what one that was killed has left half written is taken back. Before pk_sync_open(). */
struct pk_lock;
int pk_sync_begin(const struct pk_ctx *ctx, struct pk_lock *lock, bool *ret_taken_back,
		  struct pk_err *err);

#endif
