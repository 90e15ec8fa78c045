/*
 * What a plumbing command is pointed at: a connection string, a remote of this repository, or a file
 * or folder of schema SQL, which is loaded into a shadow on the local server.
 */
#ifndef PK_CMD_SIDE_H
#define PK_CMD_SIDE_H

#include "catalog/load.h"
#include "catalog/snapshot.h"
#include "clone/copy.h"
#include "cmd/cmd.h"
#include "pg/ahead.h"

struct pk_side {
	const char *text;	      /* as given, borrowed */
	bool measure;		      /* rows and bytes are wanted, of a database */
	bool copied;		      /* pk_side_after() may be called */
	bool live;		      /* a database, not files */
	struct pk_source_facts facts; /* of a copied one, and of the first database where files are read like it */
	const struct pk_side *like;   /* whose role and owner files are loaded under; itself of a database; or NULL */
	struct pk_source files;	      /* of files: as they were read */
	struct pk_snapshot snapshot;
	struct pk_ahead ahead;
};
#define PK_SIDE_INIT { .text = NULL }
void pk_side_release(struct pk_side *side);

/*
 * May be called before anything else is done, the settings read above all: databases are connected to meanwhile. Only
 * where no side is to be anything else, so that wrong words are told before there is a connection.
 */
void pk_sides_begin(struct pk_side *const *sides, size_t n);
/*
 * Reads n sides (PK_SNAPSHOTS_MAX at most; initialised, text set). Databases come first; files are then loaded on a server of the
 * major of the first database and under its role and owner, so that both speak of the same. Without a
 * database: postkit.pgMajor or the newest server installed.
 */
int pk_sides_read(const struct pk_ctx *ctx, struct pk_side *const *sides, size_t n,
		  struct pk_err *err);

/*
 * What a side that said `copied` is after some SQL, tried on a copy of its schema on the local server. ret_before: the copy
 * before that. Neither the side's database nor its files are touched.
 */
int pk_side_after(const struct pk_ctx *ctx, const struct pk_side *side, const char *sql, struct pk_snapshot *ret_before,
		  struct pk_snapshot *ret_after, struct pk_err *err);

#endif
