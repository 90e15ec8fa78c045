/*
 * What a plumbing command is pointed at: a connection string, a remote of this repository, or a file
 * or folder of schema SQL, which is loaded into a shadow on the local server.
 */
#ifndef PK_CMD_SIDE_H
#define PK_CMD_SIDE_H

#include "catalog/snapshot.h"
#include "clone/copy.h"
#include "cmd/cmd.h"

struct pk_side {
	const char *text;	      /* as given, borrowed */
	bool measure;		      /* rows and bytes are wanted, of a database */
	bool live;		      /* a database, not files */
	struct pk_source_facts facts; /* of the first database, where files are read like it */
	struct pk_snapshot snapshot;
};
#define PK_SIDE_INIT                                                                               \
	{                                                                                          \
		.text = NULL                                                                       \
	}
void pk_side_release(struct pk_side *side);

/* A remote's name or a connection string, connected. Anything else is an error. */
int pk_side_connect(const struct pk_ctx *ctx, const char *text, struct pk_conn *ret,
		    struct pk_err *err);

/*
 * Reads n sides (initialised, text set). Databases come first; files are then loaded on a server of the
 * major of the first database and under its role and owner, so that both speak of the same. Without a
 * database: postkit.pgMajor or the newest server installed.
 */
int pk_sides_read(const struct pk_ctx *ctx, struct pk_side *const *sides, size_t n,
		  struct pk_err *err);

#endif
