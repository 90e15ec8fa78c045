/*
 * The structure of a database by pg_dump, as the scripts that pg_restore makes of its archive, in a private
 * folder that is gone at the end whatever happens. Passwords travel in a file that only we can read.
 */
#ifndef PK_CLONE_DUMP_H
#define PK_CLONE_DUMP_H

#include "base/progress.h"
#include "base/tempdir.h"
#include "clone/hold.h"
#include "clone/structure.h"
#include "server/server.h"

struct pk_dump {
	const char *bindir; /* of pg_dump and pg_restore, borrowed */
	const char *encoding; /* of the scripts */
	bool no_owner;
	struct pk_progress *progress; /* may be NULL */
	/* What is done while pg_dump runs, on another connection than its own; may be NULL. */
	int (*meanwhile)(void *arg, struct pk_err *err);
	void *arg;
	struct pk_tempdir tempdir; /* private */
};
#define PK_DUMP_INIT { .tempdir = PK_TEMPDIR_INIT }
/*
 * Folder of the programs for a trip from a server of major to one of target: of the private server
 * itself where it has them, else as they are found (config: postkit.pgBin; may be NULL): of a major that servers of
 * target take all of, or else of a newer one. Caller frees.
 */
char *pk_dump_find(const struct pk_server *server, const struct pk_config *config, int major, int target,
		   struct pk_err *err);
/* Removes the folder. */
void pk_dump_release(struct pk_dump *dump);

/* Makes the folder below parent; what dead processes left there goes first. */
int pk_dump_open(struct pk_dump *dump, const char *parent, struct pk_err *err);
/* The structure as it is in the snapshot. */
int pk_dump_take(struct pk_dump *dump, const struct pk_conninfo *source, const struct pk_hold *hold,
		 struct pk_err *err);
/* What was taken as scripts: fills in pre, post and bare. */
int pk_dump_scripts(struct pk_dump *dump, struct pk_structure *ret, struct pk_err *err);

#endif
