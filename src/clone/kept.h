/*
 * Databases with a schema and no rows, kept to be used again: what schema files meant the last time,
 * and copies on which plans prove themselves. To make one takes seconds where there are a thousand
 * tables. Each is marked with what it was made of and what is in it; only that is ever trusted, so a
 * database whose mark is gone, or that another command took, is simply made again.
 */
#ifndef PK_CLONE_KEPT_H
#define PK_CLONE_KEPT_H

#include "base/managed.h"
#include "catalog/load.h"
#include "server/server.h"

/* What two databases must have in common before one can stand for the other. */
struct pk_kept_terms {
	const char *role, *owner;
	const char *like;		  /* locale and settings as those of this database */
	bool trust_all;			  /* catalog/super.h */
	const struct pk_managed *managed; /* fingerprints leave that out; may be NULL */
};
/* As one word. Caller frees. */
int pk_kept_terms(struct pk_conn *admin, const struct pk_kept_terms *terms, char **ret, struct pk_err *err);
/* The files, in any order; infra may be NULL. Caller frees. */
char *pk_kept_source(const struct pk_source *infra, const struct pk_source *files);

struct pk_kept {
	const char *terms;
	const char *source;	 /* NULL: not from files; when looking: from whatever, "": from any files */
	const char *fingerprint; /* when looking NULL: any */
};
/*
 * *ret: the name of the newest, caller frees; NULL when there is none. It is the caller's alone, marked as a shadow,
 * until it is kept again. ret_fingerprint: what it must have when it is read; ret_source: what it was made of, caller
 * frees; both may be NULL.
 */
int pk_kept_take(struct pk_server *server, const struct pk_kept *like, char **ret, struct pk_oid *ret_fingerprint,
		 char **ret_source, struct pk_err *err);
/*
 * Keeps a database of ours that nobody is connected to. The oldest go, when there are more than a few.
 */
int pk_kept_keep(struct pk_server *server, const char *db, const struct pk_kept *what, struct pk_err *err);

#endif
