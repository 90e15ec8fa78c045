/* git rebase, also as part of pull --rebase, which runs no post-merge. An amend brings nothing in. */
#include "hook/hook.h"

int pk_hook_post_rewrite(const struct pk_hook_call *call, struct pk_err *err)
{
	if (call->argc < 1 || !pk_streq(call->argv[0], "rebase"))
		return 0;
	return pk_hook_notice(true, err);
}
