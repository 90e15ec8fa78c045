/*
 * How far a statement of ours has come, where the server or the statement itself says so: an index that is built
 * (pg_stat_progress_create_index), a backfill in batches (in its application_name). For a bar, or lines of a log.
 */
#ifndef PK_DEPLOY_SHOW_H
#define PK_DEPLOY_SHOW_H

#include "base/progress.h"
#include "pg/conn.h"

struct pk_deploy_show {
	struct pk_progress *progress; /* borrowed; NULL: nothing is shown */
	char *title;		      /* of the bar that stands there; NULL: none does */
};
#define PK_DEPLOY_SHOW_INIT { 0 }
void pk_deploy_show_release(struct pk_deploy_show *show);
/* Asks by conn about the backend of this pid. -1: the connection is gone. */
int pk_deploy_show_look(struct pk_deploy_show *show, struct pk_conn *conn, const char *pid);
/* Something else is to be written, or the statement has ended. */
void pk_deploy_show_stop(struct pk_deploy_show *show);

#endif
