/* git postkit deploy: pending migrations of a commit to a remote, tried on a copy of it before. */
#include "cmd/deploy_run.h"

static struct pk_deploy_request request = { .options = { .max_wait = PK_DEPLOY_MAX_WAIT } };

const struct pk_opt pk_opts_deploy[] = {
	PK_DEPLOY_OPTS(request),
	{ PK_OPT_FLAG, 0, "allow-out-of-order", NULL,
	  "run migrations older than the newest one applied", &request.options.allow_out_of_order },
	{ PK_OPT_FLAG, 0, "unless-rolled-back", NULL, "refuse to run again what was rolled back on the remote",
	  &request.unless_undone },
	{ PK_OPT_FLAG, 0, "plan-only", NULL, "only tell what would be run; nothing is tried or copied",
	  &request.plan_only },
	{ PK_OPT_STRING, 0, "stage", "STAGE", "run changes in steps up to expand, backfill or contract", &request.stage },
	{ PK_OPT_FLAG, 0, "pause", NULL, "ask the deploy that runs to stop after its present statement or batch",
	  &request.pause },
	{ 0 },
};

int pk_cmd_deploy(int argc, char **argv, struct pk_err *err)
{
	return pk_deploy_request_run("deploy", argc, argv, &request, err);
}
