/* What deploy and rollback have in common: compare, try, ask, run, and tell of it as text or JSON. */
#ifndef PK_CMD_DEPLOYRUN_H
#define PK_CMD_DEPLOYRUN_H

#include "cmd/cmd.h"
#include "deploy/deploy.h"

struct pk_deploy_request {
	struct pk_deploy_options options;
	bool dry_run, yes, json;
};
/* Fills it from the command's options, whose table leads there, and its operand; then runs it. Returns as a command does. */
int pk_deploy_request_run(const char *command, int argc, char **argv, struct pk_deploy_request *request,
			  struct pk_err *err);

#endif
