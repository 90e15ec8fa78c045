/* git postkit rollback: the way back of what ran last on a remote, tried on a copy of it before. */
#include "cmd/deployrun.h"

static struct pk_deploy_request request = { .options = { .max_wait = -1, .direction = PK_DOWN } };

const struct pk_opt pk_opts_rollback[] = {
	{ PK_OPT_STRING, 0, "to", "VERSION",
	  "back to this migration, which stays; 0: all of them (the last one alone)",
	  &request.options.to },
	{ PK_OPT_FLAG, 'n', "dry-run", NULL, "only try it on a copy of the remote",
	  &request.dry_run },
	{ PK_OPT_FLAG, 'y', "yes", NULL, "do not ask", &request.yes },
	{ PK_OPT_FLAG, 0, "allow-destructive", NULL, "go on although data is lost",
	  &request.options.allow_destructive },
	{ PK_OPT_FLAG, 0, "refresh", NULL, "copy again what has changed on the remote before the dry run, whatever postkit.refresh says",
	  &request.options.refresh },
	{ PK_OPT_FLAG, 0, "fresh", NULL, "copy the remote again before the dry run",
	  &request.options.fresh },
	{ PK_OPT_FLAG, 0, "allow-drift", NULL,
	  "go on although the remote's schema is not what its migrations made",
	  &request.options.allow_drift },
	{ PK_OPT_STRING, 0, "commit", "REV", "take the migrations of this commit instead of HEAD",
	  &request.options.commit },
	{ PK_OPT_INT, 0, "max-wait", "SECONDS", "wait so long for locks in all (60)",
	  &request.options.max_wait },
	{ PK_OPT_FLAG, 0, "json", NULL, "one JSON document", &request.json },
	PK_SSH_OPT,
	{ 0 },
};

int pk_cmd_rollback(int argc, char **argv, struct pk_err *err)
{
	return pk_deploy_request_run("rollback", argc, argv, &request, err);
}
