/*
 * Who keeps a statement of ours waiting: asked on the idle connection that holds the lock, while the other one waits,
 * since nobody can say it any more once the wait is over.
 */
#ifndef PK_DEPLOY_WATCH_H
#define PK_DEPLOY_WATCH_H

#include "deploy/internal.h"
#include "pg/watch.h"

struct pk_deploy_watch {
	struct pk_deploy *d;
	struct pk_conn *by;	/* borrowed */
	char *pid;		/* of the backend that is looked at */
	struct pk_buf blockers; /* as of the last look, a line each; empty: nobody */
	double blocked_since, said;
	int looks;
	struct pk_watch watch;
};
#define PK_DEPLOY_WATCH_INIT                                                                       \
	{                                                                                          \
		.blockers = PK_BUF_INIT                                                            \
	}
/* After its connections are closed, or are not used any more. */
void pk_deploy_watch_release(struct pk_deploy_watch *watch);

/* From now on, whatever runs on d->conn; not to be moved then. */
int pk_deploy_watch_begin(struct pk_deploy_watch *watch, struct pk_deploy *d, struct pk_conn *by,
			  struct pk_err *err);
void pk_deploy_watch_forget(struct pk_deploy_watch *watch); /* before the next attempt */

#endif
