/*
 * Who keeps a statement of ours waiting, and who suffers from it: asked on the idle connection that holds the lock, while
 * the other one is at work, since nobody can say it any more once that is over. What does more harm than the remote's
 * limits allow, or waits for somebody who waits for it, is cancelled: our own statement, nobody else's.
 */
#ifndef PK_DEPLOY_WATCH_H
#define PK_DEPLOY_WATCH_H

#include "deploy/harm.h"
#include "deploy/internal.h"
#include "deploy/show.h"
#include "pg/watch.h"

struct pk_deploy_watch {
	struct pk_deploy *d;
	struct pk_conn *by;	/* borrowed */
	char *pid;		/* of the backend that is looked at */
	struct pk_buf blockers; /* as of the last look, a line each; empty: nobody */
	double blocked_since, said;
	double began; /* this attempt */
	int looks;
	bool armed;	     /* what runs may be cancelled: it is tried again then */
	struct pk_harm harm; /* why names what the statement was cancelled for */
	struct pk_deploy_show show;
	struct pk_watch watch;
};
#define PK_DEPLOY_WATCH_INIT { .blockers = PK_BUF_INIT, .harm = PK_HARM_INIT }
/* After its connections are closed, or are not used any more. */
void pk_deploy_watch_release(struct pk_deploy_watch *watch);

/* From now on, whatever runs on d->conn; not to be moved then. */
int pk_deploy_watch_begin(struct pk_deploy_watch *watch, struct pk_deploy *d, struct pk_conn *by,
			  struct pk_err *err);
/* An attempt begins: what runs may be cancelled until pk_deploy_watch_disarm(). NULL: nothing. */
void pk_deploy_watch_arm(struct pk_deploy_watch *watch);
void pk_deploy_watch_disarm(struct pk_deploy_watch *watch);

#endif
