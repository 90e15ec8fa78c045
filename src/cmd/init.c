/* git postkit init: settings file, schema folders, hooks. Adds what is missing, overwrites nothing. */
#include "base/embedded.h"
#include "base/fs.h"
#include "clone/remote.h"
#include "cmd/cmd.h"
#include "cmd/help.h"
#include "cmd/legacy.h"
#include "install/install.h"

static bool opt_no_hooks;
static const char *opt_ci, *opt_clone_command;

const struct pk_opt pk_opts_init[] = {
	{ PK_OPT_STRING, 0, "ci", "KIND",
	  "add a job for a continuous integration: github or gitlab", &opt_ci },
	{ PK_OPT_STRING, 0, "clone-command", "KIND",
	  "add a command that makes clones: neon, dblab or cloudnativepg", &opt_clone_command },
	{ PK_OPT_FLAG, 0, "no-hooks", NULL, "leave the git hooks alone", &opt_no_hooks },
	{ 0 },
};

#define SETTINGS ".postkit"

/* PostKit's folders, extensions and schemas added. */
static const char *const folders[] = {
	"infra",
	"extensions",
	"schemas",
	"types",
	"enums",
	"domains",
	"sequences",
	"functions",
	"tables",
	"views",
	"materialized_views",
	"triggers",
	"indexes",
	"constraints",
	"policies",
	"grants",
	"seeds",
};

static const struct {
	const char *kind, *path, *template;
} ci_jobs[] = {
	{ "github", ".github/workflows/postkit.yml", "templates/github.yml" },
	{ "gitlab", ".gitlab/postkit.yml", "templates/gitlab.yml" },
};

static const char *const clone_commands[] = { "neon", "dblab", "cloudnativepg" };

/* From a template, or empty. 1: made, 0: was there. */
static int put_at(const char *full, const char *template, int mode, struct pk_err *err)
{
	const struct pk_embedded *file = template ? pk_embedded_find(template) : NULL;

	if (pk_path_exists(full))
		return 0;
	if (pk_write_file(full, file ? file->data : "", file ? file->len : 0, mode, err) < 0)
		return -1;
	return 1;
}

static int put_file(const struct pk_ctx *ctx, const char *path, const char *template,
		    struct pk_err *err)
{
	PK_FREE char *full = pk_path_join(ctx->repo.workdir, path);

	return put_at(full, template, 0644, err);
}

static int make_settings(const struct pk_ctx *ctx, struct pk_err *err)
{
	PK_FREE char *full = pk_path_join(ctx->repo.workdir, SETTINGS);
	int made;

	if (pk_path_is_dir(full)) {
		pk_print(stdout, "kept     .postkit/, PostKit's folder, where the settings file would be\n");
		pk_advise(ctx, "Next",
			  "for settings that the team shares, move PostKit's folder away and "
			  "init again: git mv .postkit postkit.old");
		return 0;
	}
	made = put_file(ctx, SETTINGS, "templates/postkit", err);
	if (made == 1)
		pk_print(stdout, "created  %s\n", SETTINGS);
	return made;
}

/* A folder that holds nothing needs a file for git to carry it. */
static int make_folder(const struct pk_ctx *ctx, const char *path, struct pk_err *err)
{
	PK_FREE char *full = pk_path_join(ctx->repo.workdir, path);
	PK_FREE char *keep = pk_path_join(path, ".gitkeep");

	if (pk_path_exists(full)) {
		if (pk_path_is_dir(full))
			return 0;
		pk_err_set(err, "'%s' is a file, and the folder of that name is needed", path);
		return pk_err_hint(
			err, "move it, or set postkit.schemaPath in .postkit to another folder");
	}
	return put_file(ctx, keep, NULL, err);
}

static int make_folders(const struct pk_ctx *ctx, struct pk_err *err)
{
	PK_AUTO(pk_buf) made = PK_BUF_INIT;
	int any = 0, result;

	for (size_t i = 0; i < PK_COUNT(folders); i++) {
		PK_FREE char *path = pk_path_join(ctx->project.schema_dir, folders[i]);

		result = make_folder(ctx, path, err);
		if (result < 0)
			return -1;
		if (result == 0)
			continue;
		any = 1;
		pk_buf_addf(&made, " %s", folders[i]);
	}
	if (any)
		pk_print(stdout, "created  %s:%s\n", ctx->project.schema_dir, made.ptr);
	result = make_folder(ctx, ctx->project.migrations_dir, err);
	if (result == 1)
		pk_print(stdout, "created  %s\n", ctx->project.migrations_dir);
	return result < 0 ? -1 : any | result;
}

/* Jobs run for what lies in this project's folder: @DB@ is where that begins, "db/" or "". */
static char *job_text(const struct pk_ctx *ctx, const char *template)
{
	static const char mark[] = "@DB@";
	const struct pk_embedded *file = pk_embedded_find(template);
	PK_FREE char *text = pk_strndup(file ? file->data : "", file ? file->len : 0);
	struct pk_buf out = PK_BUF_INIT;
	const char *from = text;

	for (const char *at; (at = strstr(from, mark)); from = at + strlen(mark)) {
		pk_buf_addn(&out, from, (size_t)(at - from));
		pk_buf_addf(&out, "%s%s", ctx->project.db_dir, *ctx->project.db_dir ? "/" : "");
	}
	pk_buf_add(&out, from);
	return pk_buf_take(&out);
}

static int put_job(const struct pk_ctx *ctx, const char *path, const char *template, struct pk_err *err)
{
	PK_FREE char *full = pk_path_join(ctx->repo.workdir, path);
	PK_FREE char *text = job_text(ctx, template);

	if (pk_path_exists(full))
		return 0;
	return pk_write_file(full, text, strlen(text), 0644, err) < 0 ? -1 : 1;
}

static int make_ci(const struct pk_ctx *ctx, struct pk_err *err)
{
	for (size_t i = 0; i < PK_COUNT(ci_jobs); i++) {
		int made;

		if (!pk_streq(opt_ci, ci_jobs[i].kind))
			continue;
		made = put_job(ctx, ci_jobs[i].path, ci_jobs[i].template, err);
		if (made == 1)
			pk_print(stdout, "created  %s\n", ci_jobs[i].path);
		else if (made == 0)
			pk_print(stdout, "kept     %s\n", ci_jobs[i].path);
		return made;
	}
	return 0;
}

/* In the repository's own folder: what runs here is not for a pulled branch to change. */
static int make_clone_command(const struct pk_ctx *ctx, struct pk_err *err)
{
	PK_FREE char *full = NULL, *template = NULL;
	int made;

	if (!opt_clone_command)
		return 0;
	full = pk_printf("%s/postkit/clone-%s", ctx->repo.commondir, opt_clone_command);
	template = pk_printf("templates/clone/%s", opt_clone_command);
	made = put_at(full, template, 0755, err);
	if (made >= 0)
		pk_print(stdout, "%s  %s\n", made ? "created" : "kept   ", full);
	if (made == 1)
		pk_advise(ctx, "CloneCommand", "read it, then: git config postkit.remote.NAME.cloneCommand '%s'", full);
	return made;
}

static int check_clone_option(struct pk_err *err)
{
	for (size_t i = 0; opt_clone_command && i < PK_COUNT(clone_commands); i++)
		if (pk_streq(opt_clone_command, clone_commands[i]))
			return 0;
	return opt_clone_command ? pk_help_usage("init", err, "--clone-command is neon, dblab or cloudnativepg, not '%s'",
						 opt_clone_command)
				 : 0;
}

static int check_ci_option(struct pk_err *err)
{
	for (size_t i = 0; opt_ci && i < PK_COUNT(ci_jobs); i++)
		if (pk_streq(opt_ci, ci_jobs[i].kind))
			return 0;
	return opt_ci ? pk_help_usage("init", err, "--ci is github or gitlab, not '%s'", opt_ci)
		      : 0;
}

/* 1: something is left for the user to add. */
static int make_hooks(const struct pk_ctx *ctx, struct pk_err *err)
{
	PK_AUTO(pk_strv) report = PK_STRV_INIT;
	int result = pk_hooks_install(&ctx->repo, &ctx->config, PK_HOOKS_CLIENT, PK_HOOKS_AUTO, &report, err);

	for (size_t i = 0; result >= 0 && i < report.n; i++)
		pk_print(stdout, "hook     %s\n", report.items[i]);
	return result;
}

/* What PostKit's files say decides where the folders go, so settings are read again after it. */
static int take_over(struct pk_ctx *ctx, struct pk_err *err)
{
	int taken = pk_legacy_read(ctx, err);

	if (taken <= 0)
		return taken;
	pk_ctx_release(ctx);
	return pk_ctx_open(ctx, true, err) < 0 ? -1 : taken;
}

/* fresh: the repository had not been set up before. */
static void say_what_next(const struct pk_ctx *ctx, bool made, bool fresh)
{
	PK_AUTO(pk_strv) remotes = PK_STRV_INIT;

	if (!made)
		puts("everything was in place");
	pk_remote_list(&ctx->config, &remotes);
	if (!remotes.n)
		pk_advise(ctx, "Next",
			  "name the database to work against: git postkit remote add prod URL");
	else if (fresh)
		pk_advise(ctx, "Next", "make schema files from what is there: git postkit import");
}

int pk_cmd_init(int argc, char **argv, struct pk_err *err)
{
	PK_AUTO(pk_ctx) ctx = PK_CTX_INIT;
	PK_FREE const char **operands = pk_alloc((size_t)argc * sizeof(*operands));
	int n, made[5], hooks = 0, result = pk_cmd_parse("init", argc, argv, operands, &n, err);

	if (result)
		return result;
	if (n)
		return pk_help_usage("init", err, "init takes no operand, and got '%s'",
				     operands[0]);
	if (check_ci_option(err) < 0 || check_clone_option(err) < 0 || pk_ctx_open(&ctx, true, err) < 0)
		return -1;
	if ((made[0] = make_settings(&ctx, err)) < 0 || (made[1] = take_over(&ctx, err)) < 0 ||
	    (made[2] = make_folders(&ctx, err)) < 0 || (made[3] = make_ci(&ctx, err)) < 0 ||
	    (made[4] = make_clone_command(&ctx, err)) < 0)
		return -1;
	if (!opt_no_hooks && (hooks = make_hooks(&ctx, err)) < 0)
		return -1;
	bool fresh = made[0] || made[1] || made[2];
	say_what_next(&ctx, fresh || made[3] || made[4], fresh);
	return hooks ? PK_EXIT_ATTENTION : 0;
}
