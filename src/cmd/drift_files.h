/* A change of a schema, brought into the schema files of the work tree. */
#ifndef PK_CMD_DRIFT_FILES_H
#define PK_CMD_DRIFT_FILES_H

#include "catalog/snapshot.h"
#include "cmd/cmd.h"
#include "server/server.h"

struct pk_drift_change {
	const struct pk_snapshot *from, *to; /* what was done */
	struct pk_snapshot *end; /* what the files are to mean then: `to`, and what is pending behind it; its parts are put in order */
	const char *base; /* the fingerprint of what they mean without it, as the migrations say; NULL: they do not */
};
/*
 * What differs between the two schemas, file by file as import would write them, is merged into the files that are there,
 * and the result loaded: it must be the schema `end`, or nothing is written (PK_EXIT_NO, with what is missing). Files that
 * mean it already stay. ret_changed: those written and removed, from the top of the work tree.
 */
int pk_drift_files(const struct pk_ctx *ctx, struct pk_server *server, const struct pk_drift_change *change,
		   struct pk_strv *ret_changed, struct pk_err *err);

#endif
