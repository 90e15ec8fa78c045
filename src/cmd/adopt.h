/*
 * A database that was run so far by nobody, dbmate or PostKit becomes one that git postkit tracks: rows of
 * postkit.schema_migrations for what it has already.
 */
#ifndef PK_CMD_ADOPT_H
#define PK_CMD_ADOPT_H

#include "chain/chain.h"
#include "clone/remote.h"
#include "cmd/cmd.h"

struct pk_adoption {
	const struct pk_chain *chain;	     /* files there were before the baseline */
	const struct pk_migration *baseline; /* file NULL: none */
	const char *at;			     /* fingerprint of the remote */
	bool yes;			     /* do not ask */
};
/* Says what would be written and where, asks, writes in one transaction. 1: written, 0: not. */
int pk_adopt(const struct pk_ctx *ctx, const struct pk_remote *remote, struct pk_conn *conn,
	     const struct pk_adoption *adoption, struct pk_err *err);

#endif
