/*
 * The git program: for settings, hooks paths, commits on the user's branches, signing and the
 * network, where its own behaviour is what users expect.
 */
#ifndef PK_GIT_GIT_H
#define PK_GIT_GIT_H

#include "base/buf.h"
#include "base/err.h"

/*
 * Runs git with the arguments given, NULL terminated. *ret_status: its exit status. out may be
 * NULL. What git says on standard error is dropped.
 */
int pk_git_run(const char *cwd, const char *const *args, const char *input, struct pk_buf *out,
	       int *ret_status, struct pk_err *err);
/* As above; a status other than 0 is an error with what git said. */
int pk_git_check(const char *cwd, const char *const *args, const char *input, struct pk_buf *out,
		 struct pk_err *err);
struct pk_oid; /* git/repo.h */
/* git hash-object of the bytes, from any thread; no repository needed. */
void pk_git_hash(const char *data, size_t n, struct pk_oid *ret);
char *pk_git_hash_blob(const char *data, size_t n); /* as 40 hex digits; caller frees */
/*
 * git credential fill for protocol=postgresql. path and user may be NULL. Values with newlines are
 * refused. Never prompts when there is no terminal. *ret_password NULL: no helper knew. The caller
 * wipes and frees it.
 */
int pk_git_credential_fill(const char *host, const char *path, const char *user,
			   char **ret_password, struct pk_err *err);
/*
 * Tells the helpers whether the password was right (approve: they may keep it; reject: they
 * forget it).
 */
int pk_git_credential_report(bool approve, const char *host, const char *path, const char *user,
			     const char *password, struct pk_err *err);

#endif
