/* git postkit check: what the pre-push hook asks of commits, for people and CI. */
#include "check/check.h"
#include "cmd/document.h"
#include "cmd/forms.h"
#include "cmd/help.h"

static bool opt_no_database, opt_json;
static const char *opt_format = "text", *opt_html;

const struct pk_opt pk_opts_check[] = {
	{ PK_OPT_FLAG, 0, "no-database", NULL, "do not load schema files into a local database", &opt_no_database },
	{ PK_OPT_STRING, 0, "format", "FORMAT", PK_FORMS, &opt_format },
	{ PK_OPT_FLAG, 0, "json", NULL, "one JSON document", &opt_json },
	PK_HTML_OPT(opt_html),
	{ 0 },
};

struct range {
	char *base, *commit; /* base NULL: none */
	const char *remote;
};

static void range_free(struct range *range)
{
	free(range->base);
	free(range->commit);
}

static int parse_range(const struct pk_repo *repo, const char *text, struct range *ret, struct pk_err *err)
{
	const char *dots = strstr(text, "..");
	struct pk_oid oid = { "" };
	PK_FREE char *parent = NULL;

	if (dots && dots[2] == '.') {
		pk_help_usage("check", err, "'%s' is no range: write A..B, with two dots", text);
		return -1;
	}
	if (dots) {
		ret->base = dots == text ? pk_strdup("HEAD") : pk_strndup(text, (size_t)(dots - text));
		ret->commit = pk_strdup(dots[2] ? dots + 2 : "HEAD");
		/* All zeros stand for nothing, as in git's own hooks: a branch that is new there. */
		if (strspn(ret->base, "0") == strlen(ret->base) && strlen(ret->base) == PK_OID_HEX) {
			free(ret->base);
			ret->base = NULL;
		} else if (pk_repo_rev(repo, ret->base, &oid, err) < 0) {
			return -1;
		}
		return pk_repo_rev(repo, ret->commit, &oid, err);
	}
	ret->commit = pk_strdup(text);
	if (pk_repo_rev(repo, text, &oid, err) < 0)
		return -1;
	parent = pk_printf("%s~1", oid.hex);
	if (pk_repo_rev(repo, parent, &oid, NULL) == 0)
		ret->base = pk_take(&parent);
	return 0;
}

/* Where a push of the branch without an upstream would go, as git chooses. NULL: it is new there. */
static char *push_target(const struct pk_ctx *ctx)
{
	PK_FREE char *branch = pk_repo_branch(&ctx->repo);
	PK_FREE char *key = branch ? pk_printf("branch.%s.pushremote", branch) : NULL;
	const char *remote = key ? pk_config_git(&ctx->config, key) : NULL;
	PK_FREE char *ref = NULL;
	struct pk_oid oid = { "" };

	if (!branch)
		return NULL;
	if (!remote)
		remote = pk_config_git(&ctx->config, "remote.pushdefault");
	ref = pk_printf("refs/remotes/%s/%s", remote ? remote : "origin", branch);
	return pk_repo_rev(&ctx->repo, ref, &oid, NULL) == 0 ? pk_take(&ref) : NULL;
}

/* What a push would send: from the upstream, or whatever no branch of a remote has. */
static int default_range(const struct pk_ctx *ctx, struct range *ret, struct pk_err *err)
{
	struct pk_oid oid = { "" };

	ret->commit = pk_strdup("HEAD");
	if (pk_repo_rev(&ctx->repo, "HEAD", &oid, err) < 0)
		return -1;
	if (pk_repo_rev(&ctx->repo, "@{upstream}", &oid, NULL) == 0)
		ret->base = pk_strdup("@{upstream}");
	else
		ret->base = push_target(ctx);
	if (!ret->base)
		ret->remote = "*";
	return 0;
}

/* A form of others holds everything as findings; what people read goes to standard error then. */
static bool print_form(const struct pk_ctx *ctx, const struct pk_check *check)
{
	PK_AUTO(pk_findings) findings = PK_FINDINGS_INIT;

	pk_check_findings(check, ctx->project.migrations_dir, &findings);
	if (!pk_form_print(opt_format, &findings))
		return false;
	fflush(stdout);
	pk_check_print(stderr, check);
	return true;
}

static void print_text(const struct pk_check *check)
{
	pk_check_print(stdout, check);
	if (pk_check_fatal(check)) {
		fflush(stdout);
		pk_check_hint(stderr, check);
		return;
	}
	if (!check->changed)
		pk_print(stdout, "schema files and migrations are unchanged\n");
	else
		pk_print(stdout, "checked: %zu new migration%s, nothing to refuse\n", check->migrations,
		       check->migrations == 1 ? "" : "s");
}

/* Of which commits it speaks. */
static void add_range(cJSON *root, const struct pk_repo *repo, const struct range *range)
{
	struct pk_oid oid = { "" };

	if (pk_repo_rev(repo, range->commit, &oid, NULL) == 0)
		pk_json_set_str(root, "commit", oid.hex);
	if (range->base && pk_repo_rev(repo, range->base, &oid, NULL) == 0)
		pk_json_set_str(root, "base", oid.hex);
}

static int run(struct pk_ctx *ctx, const struct range *range, struct pk_document *document, struct pk_err *err)
{
	PK_AUTO(pk_check) check = PK_CHECK_INIT;
	const struct pk_check_update update = { .commit = range->commit, .base = range->base };
	const struct pk_check_input in = {
		.repo = &ctx->repo, .config = &ctx->config, .project = &ctx->project, .remote = range->remote,
		.database = !opt_no_database,
	};

	if (pk_check_run(&in, &update, 1, &check, err) < 0)
		return -1;
	if (pk_document_is_wanted(document)) {
		cJSON_Delete(document->root);
		document->root = pk_check_json(&check);
		add_range(document->root, &ctx->repo, range);
	}
	if (!pk_document_owns_output(document) && !print_form(ctx, &check))
		print_text(&check);
	return pk_check_fatal(&check) ? PK_EXIT_NO : PK_EXIT_OK;
}

/* A bare repository will do: CI and servers have those. */
static int open_any(struct pk_ctx *ctx, struct pk_err *err)
{
	PK_AUTO(pk_repo) repo = PK_REPO_INIT;

	if (pk_ctx_open(ctx, false, err) < 0)
		return -1;
	return ctx->has_repo ? 0 : pk_repo_open(&repo, NULL, err);
}

/* Where nothing is checked out, the settings of the commit in question hold. */
static int settings_of(struct pk_ctx *ctx, const struct range *range, struct pk_err *err)
{
	if (ctx->repo.workdir)
		return 0;
	pk_ctx_release(ctx);
	return pk_ctx_open_commit(ctx, range->commit, err);
}

int pk_cmd_check(int argc, char **argv, struct pk_err *err)
{
	PK_AUTO(pk_ctx) ctx = PK_CTX_INIT;
	PK_AUTO(pk_document) document = PK_DOCUMENT_INIT;
	PK_FREE const char **operands = pk_alloc((size_t)argc * sizeof(*operands));
	struct range range = { 0 };
	int n, result = pk_cmd_parse("check", argc, argv, operands, &n, err);

	if (result)
		return result;
	if (n > 1)
		return pk_help_usage("check", err, "check takes one range or commit, not %d", n);
	if (!pk_form_known(opt_format))
		return pk_help_usage("check", err, "--format is " PK_FORMS ", not '%s'", opt_format);
	if (pk_document_begin(&document, "check", opt_json || pk_streq(opt_format, "json"), opt_html, err) < 0)
		return -1;
	result = open_any(&ctx, err);
	if (result == 0)
		result = n ? parse_range(&ctx.repo, operands[0], &range, err) : default_range(&ctx, &range, err);
	if (result == 0)
		result = settings_of(&ctx, &range, err);
	if (result == 0)
		result = run(&ctx, &range, &document, err);
	range_free(&range);
	return pk_document_end(&document, result, err);
}
