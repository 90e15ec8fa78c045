/* git switch, clone, worktree add: argument 3 is 1; a checkout of files has 0. */
#include "base/proc.h"
#include "git/config.h"
#include "hook/hook.h"

/* The application's environment follows the branch where the user named a file for it. */
static int refresh_env(struct pk_err *err)
{
	PK_AUTO(pk_repo) repo = PK_REPO_INIT;
	PK_AUTO(pk_config) config = PK_CONFIG_INIT;
	PK_FREE char *self = pk_proc_self();
	const char *const argv[] = { self, "env", "--refresh", NULL };
	struct pk_proc proc = { .argv = argv, .inherit_stderr = true };
	int status;

	if (pk_repo_open(&repo, NULL, err) < 0 || pk_config_load(&config, &repo, err) < 0)
		return -1;
	if (!pk_config_get_protected(&config, "envFile"))
		return 0;
	return pk_proc_run(&proc, &status, err);
}

int pk_hook_post_checkout(const struct pk_hook_call *call, struct pk_err *err)
{
	if (call->argc < 3 || !pk_streq(call->argv[2], "1"))
		return 0;
	if (pk_hook_notice(false, err) < 0)
		return -1;
	return refresh_env(err);
}
