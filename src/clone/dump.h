/*
 * One trip of a database through pg_dump and pg_restore in directory format, in a private folder that
 * is gone at the end whatever happens. Passwords travel in a file that only we can read.
 */
#ifndef PK_CLONE_DUMP_H
#define PK_CLONE_DUMP_H

#include "base/lock.h"
#include "base/progress.h"
#include "base/strv.h"
#include "pg/conninfo.h"
#include "server/server.h"

struct pk_dump {
	const char *bindir; /* of pg_dump and pg_restore, borrowed */
	int jobs;
	bool schema_only, no_owner;
	bool local; /* the target is ours: nothing of the user's environment counts there */
	struct pk_progress *progress; /* may be NULL */
	const struct pk_strv *unfilled; /* OIDs of materialized views to be left without rows; or NULL */
	/* private */
	char *dir, *lock_path;
	struct pk_lock lock;
};
#define PK_DUMP_INIT                                                                               \
	{                                                                                          \
		.lock = PK_LOCK_INIT                                                               \
	}
/*
 * Folder of the programs for a trip from a server of major to one of target: of the private server
 * itself where it has them, else as they are found (config: postkit.pgBin; may be NULL). Caller frees.
 */
char *pk_dump_find(const struct pk_server *server, const struct pk_config *config, int major, int target,
		   struct pk_err *err);
/* Removes the folder. */
void pk_dump_release(struct pk_dump *dump);

/* Makes the folder below parent; what dead processes left there goes first. */
int pk_dump_open(struct pk_dump *dump, const char *parent, struct pk_err *err);
/* tables: how many to expect, for the bar. */
int pk_dump_take(struct pk_dump *dump, const struct pk_conninfo *source, int64_t tables,
		 struct pk_err *err);
/* With one job all or nothing, but for foreign-data wrappers and event triggers. Errors quote what the program said. */
int pk_dump_restore(struct pk_dump *dump, const struct pk_conninfo *target, struct pk_err *err);

#endif
