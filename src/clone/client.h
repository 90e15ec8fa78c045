/*
 * A client program of PostgreSQL (pg_dump, pg_basebackup) run against a database that a conninfo names. Passwords
 * travel in a file that only we can read; an error of the program is an error with what can be done about it.
 */
#ifndef PK_CLONE_CLIENT_H
#define PK_CLONE_CLIENT_H

#include "base/strv.h"
#include "pg/conninfo.h"

struct pk_client {
	const char *bindir, *program;
	const struct pk_strv *args; /* but for the connection */
	const char *dir; /* private folder for the password */
	void (*line)(void *arg, const char *line); /* each line that it says as long as all is well */
	int (*check)(void *arg, struct pk_err *err); /* as struct pk_stream has both; may be NULL */
	int (*meanwhile)(void *arg, struct pk_err *err);
	void *arg;
};
/* Blocks until it ends. An error says what the program said, with a hint where one is known. */
int pk_client_run(const struct pk_client *client, const struct pk_conninfo *info, struct pk_err *err);
/* What to do about what such a program, or the server, said; NULL: not known. */
const char *pk_client_hint(const char *text);

#endif
