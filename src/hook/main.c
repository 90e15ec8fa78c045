#include "hook/hook.h"

#include <errno.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/proc.h"
#include "base/sig.h"
#include "base/strv.h"

const struct pk_hook pk_hooks[] = {
	{ "post-checkout", pk_hook_post_checkout, false, false, false },
	{ "post-merge", pk_hook_post_merge, false, false, false },
	{ "post-receive", pk_hook_post_receive, true, false, true },
	{ "post-rewrite", pk_hook_post_rewrite, true, false, false },
	{ "pre-push", pk_hook_pre_push, true, true, false },
	{ "pre-receive", pk_hook_pre_receive, true, true, true },
	{ NULL, NULL, false, false, false },
};

static const struct pk_hook *find(const char *name)
{
	for (const struct pk_hook *hook = pk_hooks; hook->name; hook++)
		if (pk_streq(hook->name, name))
			return hook;
	return NULL;
}

static int read_input(struct pk_buf *ret, struct pk_err *err)
{
	char chunk[8192];
	ssize_t n;

	if (isatty(STDIN_FILENO))
		return 0;
	while ((n = read(STDIN_FILENO, chunk, sizeof(chunk))) != 0) {
		if (n > 0)
			pk_buf_addn(ret, chunk, (size_t)n);
		else if (errno != EINTR)
			return pk_err_errno(err, "cannot read what git says to the hook");
	}
	return 0;
}

/* The hook that ours was installed over. It sees the same arguments and input. */
static int run_chained(const struct pk_hook_call *call, int *ret_status, struct pk_err *err)
{
	const char *self = getenv("POSTKIT_HOOK");
	PK_FREE char *chained = self ? pk_printf("%s.postkit-chained", self) : NULL;
	PK_AUTO(pk_strv) argv = PK_STRV_INIT;
	struct pk_proc proc = { .inherit_stdout = true, .inherit_stderr = true };

	/* Hooks of other repositories that this one comes to run have a name of their own. */
	unsetenv("POSTKIT_HOOK");
	*ret_status = 0;
	if (!chained || access(chained, X_OK) != 0)
		return 0;
	pk_strv_push(&argv, chained);
	for (int i = 0; i < call->argc; i++)
		pk_strv_push(&argv, call->argv[i]);
	proc.argv = (const char *const *)argv.items;
	if (call->input->len) {
		proc.input = call->input->ptr;
		proc.input_len = call->input->len;
	}
	return pk_proc_run(&proc, ret_status, err);
}

static int run(const struct pk_hook *hook, const struct pk_hook_call *call, struct pk_err *err)
{
	int chained = 0, status;

	if (run_chained(call, &chained, err) < 0)
		return -1;
	if (chained && hook->refuses)
		return chained;
	if (!hook->server && pk_streq(getenv("POSTKIT"), "0"))
		return chained;
	status = hook->run(call, err);
	if (hook->refuses)
		return status;
	if (status < 0)
		pk_err_print(err);
	return chained;
}

int pk_hook_main(int argc, char **argv)
{
	const struct pk_hook *hook = argc > 2 ? find(argv[2]) : NULL;
	PK_AUTO(pk_buf) input = PK_BUF_INIT;
	PK_AUTO(pk_err) err = PK_ERR_INIT;
	struct pk_hook_call call = { .input = &input };
	int status;

	if (!hook) {
		pk_err_set(&err, "'%s' is not a hook of git postkit", argc > 2 ? argv[2] : "");
		pk_err_hint(&err, "git postkit hooks install puts them in place");
		pk_err_print(&err);
		return PK_EXIT_USAGE;
	}
	call.name = hook->name;
	call.argc = argc - 3;
	call.argv = (const char *const *)argv + 3;
	if (hook->input && read_input(&input, &err) < 0)
		status = -1;
	else
		status = run(hook, &call, &err);
	if (status < 0) {
		pk_err_print(&err);
		return hook->refuses ? 1 : 0;
	}
	return status;
}
