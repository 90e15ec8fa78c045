/*
 * Clones that a command of the user's makes (postkit.remote.<name>.cloneCommand), each on a server of its own
 * that only the command can throw away again. What was made, or is being made, stands in a file below the
 * repository's common dir that nobody else can read, for the command's connection string has a password; written
 * before the command runs, so that nothing that it made is ever forgotten.
 *
 * The contract of the command is in the manual, under CLONES BY A COMMAND.
 */
#ifndef PK_SERVER_MADE_H
#define PK_SERVER_MADE_H

#include "base/lock.h"
#include "server/server.h"

struct pk_made {
	char *id;		/* the clone's name for the command: "pk-1f2e3d4c-a1b2c3d4" */
	char *remote, *command; /* whose, and by what it was made */
	char *purpose, *label;	/* as of a struct pk_database */
	char *url;		/* as the command printed it; NULL: it is not finished */
	char *db;		/* the database that it names */
	char *login;		/* as whom SQL of users runs there */
	char *password; /* of a login role that we made; NULL: the login is whom url names */
	char *role;	/* and then as whom it acts */
	int64_t created;
	int major;
	struct pk_lock lock; /* held by who makes it or uses it for itself */
};
#define PK_MADE_INIT { .lock = PK_LOCK_INIT }
struct pk_made_list {
	struct pk_made *items;
	size_t n, cap;
};
#define PK_MADE_LIST_INIT { 0 }
void pk_made_release(struct pk_made *made); /* secrets are wiped */
void pk_made_list_release(struct pk_made_list *list);

/* Those of the repository, by name. One that cannot be read is an error. */
int pk_made_read(const struct pk_repo *repo, struct pk_made_list *ret, struct pk_err *err);
/* Is a process at work on it? */
bool pk_made_busy(const struct pk_repo *repo, const struct pk_made *made);
/* Written anew. */
int pk_made_write(const struct pk_repo *repo, const struct pk_made *made, struct pk_err *err);
/*
 * The command is told to destroy it: that of the settings, else the one that made it. Then it is forgotten;
 * after a failure it is not.
 */
int pk_made_destroy(const struct pk_repo *repo, const struct pk_config *config,
		    struct pk_made *made, struct pk_err *err);

/* ---- inside server/ ---- */

/* Takes its lock; forgets it. */
int pk_made_take(const struct pk_repo *repo, struct pk_made *made, struct pk_err *err);
void pk_made_forget(const struct pk_repo *repo, struct pk_made *made);
/* The command of a remote; NULL: none. Borrowed. */
const char *pk_made_command(const struct pk_config *config, const char *remote);
/*
 * Fills server: with the clone that was made for want->session, and otherwise so that pk_server_make() can make
 * one. Connects to nothing.
 */
int pk_made_open(struct pk_server *server, const struct pk_server_want *want, struct pk_err *err);
/* Is there one for want->session, whatever the settings say now? */
bool pk_made_exists(const struct pk_server_want *want);
/* Of pk_server_release(). */
void pk_made_close(struct pk_server *server);

#endif
