/* What is shown of a deploy or a rollback while it runs, and kept of that for its document. */
#ifndef PK_CMD_DEPLOY_EVENTS_H
#define PK_CMD_DEPLOY_EVENTS_H

#include "cmd/cmd.h"
#include "deploy/deploy.h"
#include "trace/waits.h"

struct pk_deploy_shown {
	cJSON *runs;	   /* an array of migrations for the phase at hand; its owner's */
	cJSON *statements; /* of the migration at hand */
	struct pk_waits waits;
	size_t n, passed_over; /* statements of the migration at hand; of those, without a line */
	double passed_seconds;
	bool transaction; /* which it is */
	bool down, measured;
	bool json; /* standard output is a document's */
	struct pk_progress progress;
};
#define PK_DEPLOY_SHOWN_INIT { .progress = PK_PROGRESS_INIT }
void pk_deploy_shown_release(struct pk_deploy_shown *shown);

/* The events tell it, for as long as both are there. */
struct pk_deploy_events pk_deploy_show_events(struct pk_deploy_shown *shown);
/* A phase is over, or the migration at hand failed. */
void pk_deploy_show_end(struct pk_deploy_shown *shown);

#endif
