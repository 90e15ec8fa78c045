/*
 * A database that is there to be spoilt, for lint: what it is made of, and what statements do there.
 */
#ifndef PK_CMD_SCRATCH_H
#define PK_CMD_SCRATCH_H

#include "catalog/snapshot.h"
#include "cmd/cmd.h"
#include "lint/lint.h"

struct pk_scratch {
	struct pk_conn conn;
	const struct pk_managed *managed;
	struct pk_snapshot snapshot;
	struct pk_map objects; /* by path; the snapshot's */
	struct pk_map rows;    /* "schema.table" to an int64_t in the arena */
	struct pk_arena arena;
	struct pk_lint_catalog catalog;
	bool transaction;
};
#define PK_SCRATCH_INIT { .conn = PK_CONN_INIT }
void pk_scratch_release(struct pk_scratch *scratch);
/* A connection string. What is not on this machine, and what is a remote of the settings, is refused. */
int pk_scratch_open(struct pk_scratch *scratch, const struct pk_ctx *ctx, const char *url, struct pk_err *err);
/*
 * Reads what the database is by now, and lets options ask and run there. Statements stay done: files that follow
 * each other see what those before did.
 */
int pk_scratch_use(struct pk_scratch *scratch, struct pk_lint_options *options, struct pk_err *err);

#endif
