/* From applied parts to migration files in a commit of the user's branch. */
#ifndef PK_SESSION_COMMIT_H
#define PK_SESSION_COMMIT_H

#include "session/desk.h"

struct pk_commit_options {
	const char *message; /* NULL: the editor, or one made of the plan when there is no terminal */
	const char *name; /* of the migration; NULL: from the message or the plan */
	const char *irreversible; /* why that may go which the way back does not restore; NULL: nobody said */
	bool edit;	  /* a terminal is there for git's editor */
};
struct pk_commit_result {
	struct pk_strv files; /* db/migrations/... */
	struct pk_oid commit;
	struct pk_oid from, to;
	bool finished; /* only finished a commit that was interrupted after git had made it */
};
#define PK_COMMIT_RESULT_INIT { 0 }
void pk_commit_result_release(struct pk_commit_result *result);

/*
 * Writes one migration a part and runs `git commit` with these and the schema folder alone: what
 * else is staged stays staged. When git refuses, the files are taken away again and the session is
 * as before.
 */
int pk_session_commit(struct pk_desk *desk, const struct pk_commit_options *options,
		      struct pk_commit_result *ret, struct pk_err *err);

#endif
