/* What deploy and rollback have in common: compare, try, ask, run, and tell of it as text or JSON. */
#ifndef PK_CMD_DEPLOY_RUN_H
#define PK_CMD_DEPLOY_RUN_H

#include "cmd/cmd.h"
#include "cmd/document.h"
#include "deploy/deploy.h"

struct pk_deploy_request {
	struct pk_deploy_options options;
	bool dry_run, yes, json;
	bool plan_only;	   /* tells what would be run; nothing is tried */
	const char *stage; /* "expand", "backfill", "contract"; NULL: all that is due */
	const char *html; /* of a dry run; or NULL */
	bool unless_undone; /* what was rolled back is not run again */
	bool pause; /* asks the one that runs to stop, and deploys nothing */
};
/* The options of both; request: a struct pk_deploy_request of static storage. */
/* clang-format off */
#define PK_DEPLOY_OPTS(request)                                                                    \
	{ PK_OPT_FLAG, 'n', "dry-run", NULL, "only try it on a copy of the remote", &(request).dry_run }, \
	{ PK_OPT_FLAG, 'y', "yes", NULL, "do not ask", &(request).yes },                           \
	{ PK_OPT_FLAG, 0, "refresh", NULL,                                                         \
	  "copy again what has changed on the remote before the dry run, whatever postkit.refresh says", \
	  &(request).options.refresh },                                                            \
	{ PK_OPT_FLAG, 0, "fresh", NULL, "copy the remote again before the dry run",               \
	  &(request).options.fresh },                                                              \
	{ PK_OPT_FLAG, 0, "allow-drift", NULL,                                                     \
	  "go on although the remote's schema is not what its migrations made",                    \
	  &(request).options.allow_drift },                                                        \
	{ PK_OPT_STRING, 0, "commit", "REV", "take the migrations of this commit instead of HEAD", \
	  &(request).options.commit },                                                             \
	{ PK_OPT_INT, 0, "max-wait", "SECONDS", "wait so long in all, for locks and for others' sake (60)", \
	  &(request).options.max_wait },                                                           \
	{ PK_OPT_FLAG, 0, "json", NULL, "one JSON document", &(request).json },                    \
	PK_HTML_OPT((request).html),                                                               \
	PK_SSH_OPT
/* clang-format on */

/* Fills it from the command's options, whose table leads there, and its operand; then runs it. Returns as a command does. */
int pk_deploy_request_run(const char *command, int argc, char **argv, struct pk_deploy_request *request,
			  struct pk_err *err);

#endif
