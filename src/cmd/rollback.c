/* git postkit rollback: the way back of what ran last on a remote, tried on a copy of it before. */
#include "cmd/deploy_run.h"

static struct pk_deploy_request request = { .options = { .max_wait = PK_DEPLOY_MAX_WAIT, .direction = PK_DOWN } };

const struct pk_opt pk_opts_rollback[] = {
	{ PK_OPT_STRING, 0, "to", "VERSION",
	  "back to this migration, which stays; 0: all of them (the last one alone)",
	  &request.options.to },
	PK_DEPLOY_OPTS(request),
	{ PK_OPT_FLAG, 0, "allow-destructive", NULL, "go on although data is lost",
	  &request.options.allow_destructive },
	{ 0 },
};

int pk_cmd_rollback(int argc, char **argv, struct pk_err *err)
{
	return pk_deploy_request_run("rollback", argc, argv, &request, err);
}
