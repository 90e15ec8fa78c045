/*
 * Schema files into an empty database. Files may hold anything in any order: statements are ordered
 * by what they define; what fails for a name that does not exist yet is tried again after the rest,
 * until a round makes no progress; then the first error is given with file and line.
 */
#ifndef PK_CATALOG_LOAD_H
#define PK_CATALOG_LOAD_H

#include "base/err.h"
#include "base/strv.h"
#include "catalog/super.h"
#include "catalog/snapshot.h"
#include "git/repo.h"
#include "pg/conn.h"

struct pk_source_file {
	char *path; /* for messages: db/schema/tables/users.sql */
	char *text;
	size_t len;
	bool support; /* what the settings leave out: see pk_source_add_left_out() */
};
struct pk_source {
	struct pk_source_file *items;
	size_t n, cap;
};
#define PK_SOURCE_INIT { 0 }
void pk_source_release(struct pk_source *source);
/* Copies both; len bytes of text. */
void pk_source_add(struct pk_source *source, const char *path, const char *text, size_t len);
/*
 * What a snapshot's settings left out, for schema files that refer to it: made only when nothing else
 * leads on, and as far as it can be. A file that defines such a thing itself is right, too.
 */
void pk_source_add_left_out(struct pk_source *source, const struct pk_snapshot *snapshot);
/* A file, or all *.sql below a folder; skip: first components left out ("seeds"), NULL terminated or NULL. */
int pk_source_from_path(struct pk_source *source, const char *path, const char *const *skip,
			struct pk_err *err);
/* The same from a tree of a commit. prefix is put before each path in messages. */
int pk_source_from_tree(struct pk_source *source, const struct pk_repo *repo,
			const struct pk_oid *tree, const char *prefix, const char *const *skip,
			struct pk_err *err);
/* Files that the others lack or have with another text. Borrowed but for the list, which the caller frees. */
struct pk_source pk_source_apart(const struct pk_source *files, const struct pk_source *others);
/* Roles that the files name, for stand-ins. */
int pk_source_roles(const struct pk_source *source, struct pk_strv *ret, struct pk_err *err);
/* And tablespaces. */
void pk_source_spaces(const struct pk_source *source, struct pk_strv *ret);

/*
 * admin: superuser on the same database, who runs what catalog/super.h lets it; may be NULL. trust: NULL is
 * none. Role statements (CREATE ROLE, GRANT role, ...) are left to the stand-ins and skipped.
 */
int pk_source_load(const struct pk_source *source, struct pk_conn *user, struct pk_conn *admin,
		   const struct pk_super_trust *trust, struct pk_err *err);

#endif
