/* A deploy or a rollback as people read it: what is to be done, what was tried, what was done. On stderr, but for results. */
#ifndef PK_CMD_DEPLOY_VIEW_H
#define PK_CMD_DEPLOY_VIEW_H

#include "deploy/deploy.h"

/* What is pending, and in which state the remote is found. */
void pk_view_deploy_state(const struct pk_deploy *d);
/* To be asked before it is done. Caller frees. */
char *pk_view_deploy_question(const struct pk_deploy *d);
/* What the dry run has shown. */
void pk_view_deploy_tried(const struct pk_deploy *d);
/* What the remote is busy with. */
void pk_view_deploy_present(const struct pk_deploy *d);
/* A migration that is to be run, above its statements. */
void pk_view_deploy_planned(const struct pk_migration *m);
/* On stdout: nothing is to be done; all was done, in so many seconds. */
void pk_view_deploy_nothing(const struct pk_deploy *d);
void pk_view_deploy_done(const struct pk_deploy *d, double seconds);

#endif
