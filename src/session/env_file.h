/* The application's way to the session's database. */
#ifndef PK_SESSION_ENV_FILE_H
#define PK_SESSION_ENV_FILE_H

#include "session/desk.h"

/* The connection string with its password; caller frees. The server is started if needed. */
int pk_session_url(struct pk_desk *desk, char **ret_url, struct pk_err *err);
/*
 * Replaces the line DATABASE_URL= in a file, or adds it; all else stays as it is. url NULL: the
 * line is taken out. A new file is for the user alone; another one keeps its mode.
 */
int pk_env_write(const char *path, const char *url, struct pk_err *err);
/*
 * For post-checkout: the file named by postkit.envFile (protected) gets the database of the branch
 * now checked out, or loses the line when it has none. Without the setting: nothing. *ret_changed:
 * said.
 */
int pk_session_refresh_env(const struct pk_repo *repo, const struct pk_config *config,
			   const struct pk_project *project, bool *ret_changed, struct pk_err *err);

#endif
