/* The parts of `git postkit demo`: a stage of its own, and the play on it. */
#ifndef PK_CMD_DEMO_H
#define PK_CMD_DEMO_H

#include "base/err.h"
#include "git/config.h"
#include "git/repo.h"
#include "server/server.h"

struct pk_demo {
	char *dir;	  /* holds all below, absolute */
	char *shop;	  /* the developer's clone */
	char *production; /* the repository whose private cluster plays production */
	char *url;	  /* of the production database, without a password */
	double started;
};
#define PK_DEMO_INIT { 0 }
void pk_demo_release(struct pk_demo *demo);

/*
 * Makes the folder (dir NULL: a new one below TMPDIR) and points HOME, git's settings, PATH and PGPASSFILE
 * of this process into it, so that nothing of the user's is read or changed.
 */
int pk_demo_stage(struct pk_demo *demo, const char *dir, struct pk_err *err);
/* The second server: a database "shop" with roles, tables and more than 200,000 rows. */
int pk_demo_production(struct pk_demo *demo, int64_t *ret_rows, struct pk_err *err);
/* Plays all scenes; the first step whose outcome is not the expected one is an error. */
int pk_demo_play(struct pk_demo *demo, struct pk_err *err);
/* Stops the servers and removes the folder, which must be one that pk_demo_stage() made. */
int pk_demo_remove(const char *dir, struct pk_err *err);

/* A heading, and talk, on stdout. */
void pk_demo_title(const char *fmt, ...) PK_PRINTF(1, 2);
void pk_demo_say(const char *fmt, ...) PK_PRINTF(1, 2);

#endif
