/* git push <remote>: lines "<local ref> <local oid> <remote ref> <remote oid>" on standard input. */
#include "base/term.h"
#include "hook/hook.h"
#include "hook/updates.h"

static void explain(const struct pk_check *check)
{
	bool fatal = pk_check_fatal(check);

	pk_check_print(stderr, check);
	if (!fatal)
		return;
	pk_print(stderr, "%serror%s: git postkit refuses this push\n", pk_color(stderr, PK_RED),
		pk_color(stderr, PK_PLAIN));
	pk_check_hint(stderr, check);
	pk_print(stderr, "hint: git postkit check shows this again\n");
}

static int check_updates(const struct pk_hook_call *call, struct pk_updates *updates, struct pk_err *err)
{
	PK_AUTO(pk_repo) repo = PK_REPO_INIT;
	PK_AUTO(pk_config) config = PK_CONFIG_INIT;
	PK_AUTO(pk_project) project = PK_PROJECT_INIT;
	PK_AUTO(pk_check) check = PK_CHECK_INIT;
	struct pk_check_input in = {
		.repo = &repo, .config = &config, .project = &project, .database = true,
		/* Pushed to a bare URL, git gives the URL as name: such a remote has no tracking refs. */
		.remote = call->argc > 1 && !pk_streq(call->argv[0], call->argv[1]) ? call->argv[0] : NULL,
	};

	if (pk_repo_open(&repo, NULL, err) < 0 || pk_config_load(&config, &repo, err) < 0 ||
	    pk_updates_resolve(updates, &repo, err) < 0)
		return -1;
	pk_project_load(&project, &config);
	if (pk_check_run(&in, updates->items, updates->n, &check, err) < 0)
		return -1;
	explain(&check);
	return pk_check_fatal(&check) ? PK_EXIT_NO : PK_EXIT_OK;
}

int pk_hook_pre_push(const struct pk_hook_call *call, struct pk_err *err)
{
	PK_AUTO(pk_updates) updates = PK_UPDATES_INIT;

	if (pk_updates_parse(call->input, PK_UPDATES_PUSH, &updates, err) < 0)
		return -1;
	return updates.n ? check_updates(call, &updates, err) : 0;
}
