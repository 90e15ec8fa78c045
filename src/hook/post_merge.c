/* git merge and pull: argument 1 says whether it was a squash, which has committed nothing yet. */
#include "hook/hook.h"

int pk_hook_post_merge(const struct pk_hook_call *call, struct pk_err *err)
{
	if (call->argc > 0 && pk_streq(call->argv[0], "1"))
		return 0;
	return pk_hook_notice(true, err);
}
