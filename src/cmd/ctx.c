#include "cmd/cmd.h"
#include "base/fs.h"
#include "clone/remote.h"
#include "cmd/help.h"

#include <stdarg.h>
#include <unistd.h>

const char *pk_opt_ssh;

void pk_ctx_release(struct pk_ctx *ctx)
{
	pk_project_release(&ctx->project);
	pk_config_release(&ctx->config);
	if (ctx->has_repo)
		pk_repo_release(&ctx->repo);
	*ctx = (struct pk_ctx)PK_CTX_INIT;
}

/* color.postkit, then color.ui, as git's own commands have it; unset leaves it to the terminal. */
static void apply_color(const struct pk_config *config)
{
	const char *value = pk_config_git(config, "color.postkit");

	if (!value)
		value = pk_config_git(config, "color.ui");
	if (pk_streq(value, "always"))
		pk_term_set_color(1);
	else if (pk_streq(value, "never") || pk_streq(value, "false"))
		pk_term_set_color(0);
}

static bool is_below(const char *path, const char *top)
{
	size_t n = strlen(top);

	return strncmp(path, top, n) == 0 && (path[n] == '/' || !path[n]);
}

/* A tracked link would have files read and written anywhere. What is not there yet leads nowhere. */
static int check_folders(const struct pk_ctx *ctx, struct pk_err *err)
{
	PK_FREE char *infra = pk_path_join(ctx->project.schema_dir, "infra");
	PK_FREE char *seeds = pk_path_join(ctx->project.schema_dir, "seeds");
	PK_FREE char *grants = pk_path_join(ctx->project.schema_dir, "grants");
	const char *const dirs[] = { ctx->project.schema_dir, infra, seeds, grants, ctx->project.migrations_dir };
	PK_FREE char *top = ctx->repo.workdir ? realpath(ctx->repo.workdir, NULL) : NULL;
	PK_FREE char *git = top ? realpath(ctx->repo.commondir, NULL) : NULL;

	for (size_t i = 0; top && i < PK_COUNT(dirs); i++) {
		PK_FREE char *path = pk_path_join(top, dirs[i]), *real = realpath(path, NULL);

		if (!real || (is_below(real, top) && !(git && is_below(real, git))))
			continue;
		pk_err_set(err, "'%s' is a link that leads out of the work tree", dirs[i]);
		return pk_err_hint(err, "make it a folder, or set postkit.%s", i + 1 < PK_COUNT(dirs) ? "schemaPath" : "migrationsPath");
	}
	return 0;
}

static int take_settings(struct pk_ctx *ctx, struct pk_err *err)
{
	if (pk_opt_ssh)
		pk_config_override(&ctx->config, PK_REMOTE_SSH_OPTION, pk_opt_ssh);
	pk_project_load(&ctx->project, &ctx->config);
	if (ctx->has_repo && check_folders(ctx, err) < 0)
		return -1;
	apply_color(&ctx->config);
	return 0;
}

int pk_ctx_open(struct pk_ctx *ctx, bool need_repo, struct pk_err *err)
{
	PK_AUTO(pk_err) repo_err = PK_ERR_INIT;

	*ctx = (struct pk_ctx)PK_CTX_INIT;
	ctx->has_repo = pk_repo_open(&ctx->repo, NULL, &repo_err) == 0;
	if (!ctx->has_repo && need_repo)
		return pk_err_move(err, &repo_err);
	if (need_repo && !ctx->repo.workdir) {
		pk_err_set(err, "this repository is bare, and the command needs a work tree");
		return pk_err_hint(err, "run it in a clone that has files checked out");
	}
	if (pk_config_load(&ctx->config, ctx->has_repo ? &ctx->repo : NULL, err) < 0)
		return -1;
	return take_settings(ctx, err);
}

int pk_ctx_open_commit(struct pk_ctx *ctx, const char *rev, struct pk_err *err)
{
	if (pk_ctx_open(ctx, false, err) < 0)
		return -1;
	if (!ctx->has_repo || ctx->repo.workdir) {
		pk_ctx_release(ctx);
		return pk_ctx_open(ctx, true, err);
	}
	pk_config_release(&ctx->config);
	pk_project_release(&ctx->project);
	if (pk_config_load_at(&ctx->config, &ctx->repo, rev ? rev : "HEAD", err) < 0)
		return -1;
	return take_settings(ctx, err);
}

int pk_cmd_parse(const char *command, int argc, char **argv, const char **ret_operands, int *ret_n,
		 struct pk_err *err)
{
	const struct pk_command *c = pk_command_find(command);
	int result = pk_opt_parse(c->opts, argc, argv, ret_operands, ret_n, err);

	if (result == 1) {
		pk_help_command(stdout, c);
		/* A status without a message: main has nothing to print and exits with it, as git does. */
		pk_err_exit(err, PK_EXIT_USAGE);
	} else if (result < 0) {
		pk_err_hint(err, "usage: git postkit %s%s%s", c->name, c->synopsis[0] ? " " : "",
			    c->synopsis);
	}
	return result;
}

int pk_cmd_parse_options(const char *command, int argc, char **argv, const char *instead, struct pk_err *err)
{
	PK_FREE const char **operands = pk_alloc((size_t)argc * sizeof(*operands));
	int n, result = pk_cmd_parse(command, argc, argv, operands, &n, err);

	return result || !n ? result : pk_help_usage(command, err, "%s takes no operands%s", command, instead);
}

void pk_advise(const struct pk_ctx *ctx, const char *name, const char *fmt, ...)
{
	PK_FREE char *key = pk_printf("advice.postkit%s", name);
	PK_AUTO(pk_buf) text = PK_BUF_INIT;
	const char *value;
	va_list ap;

	for (char *c = key; *c; c++)
		if (*c >= 'A' && *c <= 'Z')
			*c = (char)(*c - 'A' + 'a');
	value = pk_config_git(&ctx->config, key);
	if (value && (pk_streq(value, "false") || pk_streq(value, "no") || pk_streq(value, "off") ||
		      pk_streq(value, "0")))
		return;
	va_start(ap, fmt);
	pk_buf_vadd_shown(&text, fmt, ap);
	va_end(ap);
	fflush(stdout);
	for (char *line = text.ptr; line && *line;) {
		char *end = strchr(line, '\n');

		if (end)
			*end = '\0';
		pk_print(stderr, "%shint: %s%s\n", pk_color(stderr, PK_YELLOW), line,
			pk_color(stderr, PK_PLAIN));
		line = end ? end + 1 : NULL;
	}
}

void pk_say(const char *fmt, ...)
{
	PK_AUTO(pk_buf) text = PK_BUF_INIT;
	va_list ap;

	va_start(ap, fmt);
	pk_buf_vadd_shown(&text, fmt, ap);
	va_end(ap);
	/* Talk comes after the results before it, also where both go to one file. */
	fflush(stdout);
	fputs(text.ptr, stderr);
	if (!text.len || text.ptr[text.len - 1] != '\n')
		fputc('\n', stderr);
}

void pk_say_lines(const char *before, const char *text)
{
	PK_AUTO(pk_strv) lines = PK_STRV_INIT;

	pk_strv_split(&lines, text, '\n');
	fflush(stdout);
	for (size_t i = 0; i < lines.n; i++) {
		fputs(before, stderr);
		pk_print_lines(stderr, lines.items[i]);
		fputc('\n', stderr);
	}
}

void pk_print_json(cJSON *root)
{
	PK_FREE char *text = NULL;

	if (!cJSON_HasObjectItem(root, "schema")) {
		cJSON *version = cJSON_CreateNumber(1);

		/* First, where a reader looks for it. */
		if (!root->child || !cJSON_InsertItemInArray(root, 0, version))
			cJSON_AddItemToObject(root, "schema", version);
		else
			version->string = pk_strdup("schema");
	}
	text = pk_json_print(root);
	fputs(text, stdout);
	cJSON_Delete(root);
}
