/* git postkit hooks: put in place, take away, look at. */
#include "cmd/help.h"
#include "install/install.h"

static bool opt_chain, opt_force, opt_json, opt_server;

const struct pk_opt pk_opts_hooks[] = {
	{ PK_OPT_FLAG, 0, "chain", NULL, "install beside a manager of hooks too; what is there runs first", &opt_chain },
	{ PK_OPT_FLAG, 0, "force", NULL, "overwrite hooks that are somebody else's", &opt_force },
	{ PK_OPT_FLAG, 0, "json", NULL, "status as one JSON document", &opt_json },
	{ PK_OPT_FLAG, 0, "server", NULL, "those of a repository that is pushed to: pre-receive and post-receive",
	  &opt_server },
	{ 0 },
};

static const char *const state_texts[] = {
	[PK_HOOK_ABSENT] = "not installed", [PK_HOOK_OURS] = "installed", [PK_HOOK_OLD] = "of another version",
	[PK_HOOK_CHANGED] = "changed by hand", [PK_HOOK_CALLS] = "somebody else's, calls git postkit",
	[PK_HOOK_FOREIGN] = "somebody else's",
};

static void print_report(const struct pk_strv *report)
{
	for (size_t i = 0; i < report->n; i++)
		pk_print(stdout, "%s\n", report->items[i]);
}

/* Those of the server count, too, where somebody put them beside the others. */
static unsigned sides(const struct pk_ctx *ctx)
{
	PK_AUTO(pk_hooks_view) view = PK_HOOKS_VIEW_INIT;

	if (opt_server || !ctx->repo.workdir)
		return PK_HOOKS_SERVER;
	if (pk_hooks_look(&ctx->repo, &ctx->config, PK_HOOKS_SERVER, &view, NULL) == 0)
		for (size_t i = 0; i < view.n; i++)
			if (view.items[i].state != PK_HOOK_ABSENT && view.items[i].state != PK_HOOK_FOREIGN)
				return PK_HOOKS_CLIENT | PK_HOOKS_SERVER;
	return PK_HOOKS_CLIENT;
}

static int install(struct pk_ctx *ctx, struct pk_err *err)
{
	unsigned side = opt_server ? PK_HOOKS_SERVER : PK_HOOKS_CLIENT;
	enum pk_hooks_mode mode = opt_force ? PK_HOOKS_FORCE : opt_chain ? PK_HOOKS_CHAIN : PK_HOOKS_AUTO;
	PK_AUTO(pk_strv) report = PK_STRV_INIT;
	int rc;

	if (!opt_server && !ctx->repo.workdir) {
		pk_err_set(err, "this repository is bare, and nobody works in it");
		return pk_err_hint(err, "git postkit hooks install --server checks what is pushed to it");
	}
	rc = pk_hooks_install(&ctx->repo, &ctx->config, side, mode, &report, err);
	print_report(&report);
	return rc;
}

static int uninstall(struct pk_ctx *ctx, struct pk_err *err)
{
	PK_AUTO(pk_strv) report = PK_STRV_INIT;
	int rc = pk_hooks_uninstall(&ctx->repo, &ctx->config, sides(ctx), &report, err);

	print_report(&report);
	return rc;
}

static void status_json(const struct pk_hooks_view *view)
{
	static const char *const names[] = {
		[PK_HOOK_ABSENT] = "absent", [PK_HOOK_OURS] = "ours", [PK_HOOK_OLD] = "old",
		[PK_HOOK_CHANGED] = "changed", [PK_HOOK_CALLS] = "calls", [PK_HOOK_FOREIGN] = "foreign",
	};
	cJSON *root = cJSON_CreateObject(), *list;

	pk_json_set_str(root, "dir", view->dir);
	pk_json_set_str(root, "manager", view->manager);
	if (view->manager)
		pk_json_set_bool(root, "added", view->added);
	list = pk_json_add_array(root, "hooks");
	for (size_t i = 0; i < view->n; i++) {
		cJSON *item = pk_json_add_object(list, NULL);

		pk_json_set_str(item, "name", view->items[i].name);
		pk_json_set_str(item, "state", names[view->items[i].state]);
		pk_json_set_bool(item, "executable", view->items[i].executable);
		pk_json_set_bool(item, "chained", view->items[i].chained);
	}
	pk_print_json(root);
}

static bool in_place(const struct pk_hook_item *item)
{
	return item->executable && (item->state == PK_HOOK_OURS || item->state == PK_HOOK_CALLS);
}

static int status(struct pk_ctx *ctx, struct pk_err *err)
{
	PK_AUTO(pk_hooks_view) view = PK_HOOKS_VIEW_INIT;
	bool all = true;

	if (pk_hooks_look(&ctx->repo, &ctx->config, sides(ctx), &view, err) < 0)
		return -1;
	for (size_t i = 0; i < view.n; i++)
		all = all && in_place(&view.items[i]);
	all = all || (view.manager && view.added);
	if (opt_json) {
		status_json(&view);
		return all ? PK_EXIT_OK : PK_EXIT_NO;
	}
	pk_print(stdout, "folder: %s\n", view.dir);
	if (view.manager)
		pk_print(stdout, "kept by: %s, which %s git postkit\n", view.manager, view.added ? "calls" : "does not call");
	for (size_t i = 0; i < view.n; i++)
		pk_print(stdout, "%-13s %s%s%s\n", view.items[i].name, state_texts[view.items[i].state],
		       view.items[i].state != PK_HOOK_ABSENT && !view.items[i].executable ? ", not executable" : "",
		       view.items[i].chained ? ", runs the hook that was there before first" : "");
	if (!all && view.manager) {
		pk_print_lines(stdout, view.add);
		putchar('\n');
	} else if (!all) {
		pk_advise(ctx, "Hooks", "git postkit hooks install%s puts them in place",
			  ctx->repo.workdir && !opt_server ? "" : " --server");
	}
	return all ? PK_EXIT_OK : PK_EXIT_NO;
}

static const struct {
	const char *name;
	int (*run)(struct pk_ctx *ctx, struct pk_err *err);
} verbs[] = {
	{ "install", install },
	{ "uninstall", uninstall },
	{ "status", status },
};

int pk_cmd_hooks(int argc, char **argv, struct pk_err *err)
{
	PK_AUTO(pk_ctx) ctx = PK_CTX_INIT;
	PK_AUTO(pk_repo) repo = PK_REPO_INIT;
	PK_FREE const char **operands = pk_alloc((size_t)argc * sizeof(*operands));
	int n, result = pk_cmd_parse("hooks", argc, argv, operands, &n, err);
	const char *verb;

	if (result)
		return result;
	verb = n ? operands[0] : "status";
	if (n > 1)
		return pk_help_usage("hooks", err, "hooks takes install, uninstall or status");
	if (pk_ctx_open(&ctx, false, err) < 0 || (!ctx.has_repo && pk_repo_open(&repo, NULL, err) < 0))
		return -1;
	for (size_t i = 0; i < PK_COUNT(verbs); i++)
		if (pk_streq(verbs[i].name, verb))
			return verbs[i].run(&ctx, err);
	return pk_help_usage("hooks", err, "'%s' is not install, uninstall or status", verb);
}
