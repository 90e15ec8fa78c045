/* What schema files mean: loaded into an empty local database, read, dropped or kept. */
#ifndef PK_CLONE_SHADOW_H
#define PK_CLONE_SHADOW_H

#include "catalog/load.h"
#include "catalog/snapshot.h"
#include "server/server.h"

struct pk_shadow_options {
	const char *role;  /* under which the files are loaded (a stand-in is made); NULL: postkit */
	const char *owner; /* of the database; NULL: role */
	const char *like;  /* a database of ours whose encoding, locale, search_path and the like are taken; NULL: defaults */
	struct pk_super_trust trust; /* what the files may make that only a superuser may */
	bool keep; /* it is kept, and one that was kept serves (clone/kept.h); for what is checked later by other means */
	/* What is read of it; NULL: all. What it leaves out of trust.like is there to be referred to. */
	const struct pk_managed *managed;
};
/* What the files mean. infra is run before them, and may be NULL. */
int pk_shadow_read(struct pk_server *server, const struct pk_source *infra,
		   const struct pk_source *files, const struct pk_shadow_options *options,
		   struct pk_snapshot *ret, struct pk_err *err);
/* The database itself, named by *ret_db (caller frees): for tests of plans and for `diff` on files. Caller drops it. */
int pk_shadow_make(struct pk_server *server, const struct pk_source *infra,
		   const struct pk_source *files, const struct pk_shadow_options *options,
		   char **ret_db, struct pk_err *err);
/*
 * A copy of a schema that was read. Loaded as files are: a dump would be restored by a superuser, as whom values of
 * the schema's own types are read, so that functions of whoever wrote it run.
 */
int pk_shadow_copy(struct pk_server *server, const struct pk_snapshot *schema,
		   const struct pk_shadow_options *options, char **ret_db, struct pk_err *err);
/*
 * A copy of a schema that was read, before and after some SQL. It has to be the same schema: an error says
 * where it is not.
 */
int pk_shadow_after(struct pk_server *server, const struct pk_snapshot *schema, const char *sql,
		    const struct pk_shadow_options *options, struct pk_snapshot *ret_before,
		    struct pk_snapshot *ret_after, struct pk_err *err);
/*
 * Proves statements: runs them in an empty database, one after the other, and reads. Where the settings leave something out
 * they are loaded as schema files are, for which that is made as they ask for it. *ret: the fingerprint reached.
 */
int pk_shadow_prove(struct pk_server *server, const char *sql, const struct pk_shadow_options *options,
		    struct pk_oid *ret, struct pk_err *err);

#endif
