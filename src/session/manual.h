/* Hand-written migrations that wait in a session for apply. */
#ifndef PK_SESSION_MANUAL_H
#define PK_SESSION_MANUAL_H

#include "session/session.h"

/* What an editor starts with. Caller frees. */
char *pk_manual_template(const char *name);
/*
 * The text must be a migration with something to run. Statements that the parser refuses are errors
 * up to the version whose grammar it knows; above that the server judges.
 */
int pk_manual_check(const struct pk_session *session, const char *file, const char *text,
		    struct pk_err *err);
/* "Backfill names" -> "004_backfill_names.sql": the number is of the session. Caller frees. */
char *pk_manual_file(const struct pk_session *session, const char *name, struct pk_err *err);
/* Checks and adds, stores the session. *ret_file: caller frees. */
int pk_manual_add(const struct pk_repo *repo, struct pk_session *session, const char *name,
		  const char *text, bool first, char **ret_file, struct pk_err *err);
/* By number, file or name. Unknown: an error that lists what there is. */
int pk_manual_find(const struct pk_session *session, const char *what, size_t *ret_index,
		   struct pk_err *err);
int pk_manual_replace(const struct pk_repo *repo, struct pk_session *session, size_t index,
		      const char *text, struct pk_err *err);
int pk_manual_remove(const struct pk_repo *repo, struct pk_session *session, size_t index,
		     struct pk_err *err);

#endif
