/* What was done on a remote by other means, made a migration; or the way back from it. The remote is only read. */
#ifndef PK_CMD_DRIFT_ADOPT_H
#define PK_CMD_DRIFT_ADOPT_H

#include "cmd/cmd.h"
#include "deploy/deploy.h"

struct pk_drift_migration {
	struct pk_migration m;	/* from and to are those of the direction asked for */
	struct pk_strv changed; /* schema files that were written or removed */
	char *path;		/* of the migration file; NULL: none was written */
	size_t n_pending;	/* of the chain, that have not run there: sync puts them behind it */
};
#define PK_DRIFT_MIGRATION_INIT { 0 }
void pk_drift_migration_release(struct pk_drift_migration *ret);

/*
 * d was opened and compared with HEAD, and has drifted from a schema that the repository knows. Both ways are run on the
 * local server and must lead where they say.
 *
 * Adopting writes the schema files and a migration into the work tree, which deploy records where the schema is there
 * already. Migrations that are pending there must run behind it, or nothing is written (PK_EXIT_NO). Schema files that
 * mean the remote's schema by now are left as they are; others must be fit to be changed, each object in the file that
 * import writes it to. Else nothing is written, and the error (PK_EXIT_NO) lists what is missing.
 */
int pk_drift_adopt(const struct pk_ctx *ctx, struct pk_deploy *d, struct pk_drift_migration *ret,
		   struct pk_err *err);
/* Writes nothing. */
int pk_drift_revert(const struct pk_ctx *ctx, struct pk_deploy *d, struct pk_drift_migration *ret,
		    struct pk_err *err);

#endif
