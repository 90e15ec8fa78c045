/* The schema files of the work tree, as a session sees them. */
#ifndef PK_SESSION_SOURCE_H
#define PK_SESSION_SOURCE_H

#include "catalog/load.h"
#include "catalog/snapshot.h"
#include "chain/project.h"
#include "git/repo.h"

struct pk_session_source {
	struct pk_source files; /* the schema; paths relative to the top of the work tree */
	struct pk_source infra; /* what is run before it */
	struct pk_oid hash;	/* of both: equal when no file changed */
};
#define PK_SESSION_SOURCE_INIT { 0 }

void pk_session_source_release(struct pk_session_source *source);
/* From the work tree. A missing schema folder is an error. */
int pk_session_source_read(const struct pk_repo *repo, const struct pk_project *project,
			   struct pk_session_source *ret, struct pk_err *err);
/* The same from a commit. */
int pk_session_source_from_rev(const struct pk_repo *repo, const struct pk_project *project,
			       const char *rev, struct pk_session_source *ret, struct pk_err *err);
/* Roles that the files name. */
int pk_session_source_roles(const struct pk_session_source *source, struct pk_strv *ret,
			    struct pk_err *err);

#endif
