/* git postkit lint: what is unsafe in migrations and SQL files, from the text alone and the catalog where it is known. */
#include "clone/remote.h"
#include "cmd/document.h"
#include "cmd/forms.h"
#include "cmd/help.h"
#include "cmd/lint_files.h"
#include "cmd/lint_fix.h"
#include "cmd/usage.h"
#include "lint/render.h"

static bool opt_json, opt_rules, opt_single, opt_fix, opt_dry;
static int opt_large = -1;
static const char *opt_scratch, *opt_remote, *opt_format = "text", *opt_html;

const struct pk_opt pk_opts_lint[] = {
	{ PK_OPT_FLAG, 0, "json", NULL, "one JSON document", &opt_json },
	PK_HTML_OPT(opt_html),
	{ PK_OPT_STRING, 0, "format", "FORMAT", PK_FORMS, &opt_format },
	{ PK_OPT_FLAG, 0, "fix", NULL, "rewrite in the files what can be made safe, where that is proven", &opt_fix },
	{ PK_OPT_FLAG, 0, "dry-run", NULL, "with --fix: show what it would rewrite, and write nothing", &opt_dry },
	{ PK_OPT_FLAG, 0, "rules", NULL, "list the rules", &opt_rules },
	{ PK_OPT_FLAG, 0, "single-transaction", NULL, "plain SQL runs in one transaction", &opt_single },
	{ PK_OPT_INT, 0, "large-rows", "N", "from how many rows on a table is large; 0: all are", &opt_large },
	{ PK_OPT_STRING, 0, "remote", "NAME", "with this remote's settings, and ask it what uses what goes", &opt_remote },
	{ PK_OPT_STRING, 0, "scratch", "URL", "run it there and see: a local database that may be spoilt", &opt_scratch },
	{ 0 },
};

struct work {
	struct pk_ctx ctx;
	struct pk_scratch scratch;
	struct pk_usage_asker usage;
	struct pk_linting linting;
	struct pk_findings findings;
	cJSON *fixes; /* what --fix did, a file each; NULL: it is not JSON that is asked for */
};

/* A reason for each rule of each statement. */
static void say_reasons(const char *file, const struct pk_strv *reasons)
{
	for (size_t i = 0; i + 2 < reasons->n; i += 3)
		pk_say("%s: left as it is: %s: %s [%s]", file, reasons->items[i + 1], reasons->items[i + 2], reasons->items[i]);
}

static void add_reasons(cJSON *fix, const struct pk_strv *reasons)
{
	cJSON *list = pk_json_add_array(fix, "reasons");

	for (size_t i = 0; i + 2 < reasons->n; i += 3) {
		cJSON *item = pk_json_add_object(list, NULL);
		pk_json_set_str(item, "rule", reasons->items[i]);
		pk_json_set_str(item, "statement", reasons->items[i + 1]);
		pk_json_set_str(item, "why", reasons->items[i + 2]);
	}
}

static cJSON *fix_json(const char *file, const struct pk_fixed *fixed)
{
	cJSON *fix = cJSON_CreateObject();
	cJSON *files = pk_json_add_array(fix, "files");

	pk_json_set_str(fix, "file", file);
	pk_json_set_num(fix, "rewritten", (double)fixed->rewritten);
	for (size_t i = 0; i < fixed->files.n; i++)
		cJSON_AddItemToArray(files, cJSON_CreateString(fixed->files.items[i]));
	pk_json_set_bool(fix, "written", fixed->files.n && !opt_dry);
	pk_json_set_str(fix, "diff", fixed->diff.len ? fixed->diff.ptr : NULL);
	pk_json_set_str(fix, "left", fixed->why.msg);
	add_reasons(fix, &fixed->reasons);
	return fix;
}

static void say_fixed(const char *file, const struct pk_fixed *fixed)
{
	say_reasons(file, &fixed->reasons);
	if (fixed->rewritten)
		pk_say("%s: %zu statement%s %srewritten, in %zu file%s", file, fixed->rewritten, fixed->rewritten == 1 ? "" : "s",
		       opt_dry ? "would be " : "", fixed->files.n, fixed->files.n == 1 ? "" : "s");
	if (!fixed->why.msg)
		return;
	pk_say("%s: %s: %s", file, fixed->rewritten ? "the rest is left as it is" : "left as it is", fixed->why.msg);
	if (fixed->why.detail)
		pk_say_lines("", fixed->why.detail);
	if (fixed->why.hint)
		pk_say_lines("hint: ", fixed->why.hint);
}

/* The file, and what it became, is linted after that. */
static int fix_file(struct work *work, const char *file, struct pk_err *err)
{
	const struct pk_fixing fixing = {
		.ctx = &work->ctx,
		.scratch = work->linting.scratch,
		.options = &work->linting.settings,
		.transaction = work->linting.transaction,
		.dry_run = opt_dry,
	};
	PK_AUTO(pk_fixed) fixed = PK_FIXED_INIT;

	if (pk_lint_fix(&fixing, file, &fixed, err) < 0)
		return -1;
	if (work->fixes)
		cJSON_AddItemToArray(work->fixes, fix_json(file, &fixed));
	else if (pk_streq(opt_format, "text"))
		fputs(fixed.diff.ptr, stdout);
	say_fixed(file, &fixed);
	if (opt_dry || !fixed.files.n)
		return pk_lint_file(&work->linting, file, &work->findings, err);
	for (size_t i = 0; i < fixed.files.n; i++)
		if (pk_lint_file(&work->linting, fixed.files.items[i], &work->findings, err) < 0)
			return -1;
	return 0;
}

static const char *const level_names[] = { "off", "warning", "error" };

static void list_rules(void)
{
	size_t n;
	const struct pk_rule_info *rules = pk_lint_rules(&n);

	for (size_t i = 0; i < n; i++)
		pk_print(stdout, "%-28s %-8s %s\n", rules[i].id, level_names[rules[i].level], rules[i].summary);
}

static void print_text(const struct work *work)
{
	const struct pk_findings *findings = &work->findings;
	PK_AUTO(pk_buf) text = PK_BUF_INIT;
	PK_AUTO(pk_buf) summary = PK_BUF_INIT;

	pk_render_text(findings, stdout, &text);
	pk_render_summary(findings, &summary);
	fputs(text.ptr, stdout);
	if (findings->n)
		pk_say("%s", summary.ptr);
}

static void add_result(cJSON *root, const struct work *work)
{
	const struct pk_findings *findings = &work->findings;

	cJSON_AddItemToObject(root, "findings", pk_render_json(findings));
	pk_json_set_num(root, "statements", (double)findings->statements);
	pk_json_set_num(root, "analysed", (double)findings->analysed);
	if (work->fixes)
		cJSON_AddItemReferenceToObject(root, "fixes", work->fixes);
}

/* 1: something is wrong. 2: nothing could be judged. */
static int verdict(const struct pk_findings *findings)
{
	if (findings->statements && !findings->analysed)
		return PK_EXIT_ATTENTION;
	return pk_findings_fatal(findings) ? PK_EXIT_NO : PK_EXIT_OK;
}

static void work_release(struct work *work)
{
	cJSON_Delete(work->fixes);
	pk_scratch_release(&work->scratch);
	pk_usage_asker_release(&work->usage);
	pk_findings_release(&work->findings);
	pk_ctx_release(&work->ctx);
}

/* What a migration will meet: the thresholds of the remote that it goes to, where one is named or known. */
static int read_settings(struct work *work, struct pk_err *err)
{
	PK_FREE char *remote = pk_remote_default(&work->ctx.config);
	bool wanted;

	if (pk_lint_settings(&work->ctx.config, opt_remote ? opt_remote : remote, &work->linting.settings, err) < 0)
		return -1;
	if (opt_large >= 0)
		work->linting.settings.large_rows = opt_large;
	if (!opt_remote || !work->ctx.has_repo)
		return 0;
	if (pk_usage_asker_open(&work->usage, &work->ctx, opt_remote, &wanted, err) < 0)
		return -1;
	work->linting.settings.usage = wanted ? &work->usage.source : NULL;
	return 0;
}

static int run(struct work *work, const char *const *files, size_t n, struct pk_err *err)
{
	int status = 0;

	work->linting.ctx = &work->ctx;
	work->linting.scratch = opt_scratch ? &work->scratch : NULL;
	work->linting.transaction = opt_single;
	if (pk_ctx_open(&work->ctx, false, err) < 0 || read_settings(work, err) < 0 ||
	    (opt_scratch && pk_scratch_open(&work->scratch, &work->ctx, opt_scratch, err) < 0))
		return -1;
	if (!opt_fix)
		status = pk_lint_files(&work->linting, files, n, &work->findings, err);
	for (size_t i = 0; opt_fix && i < n && status == 0; i++)
		status = fix_file(work, files[i], err);
	return status < 0 ? -1 : verdict(&work->findings);
}

static int check_usage(const char *const *files, int n, struct pk_err *err)
{
	if (n < 1)
		return pk_help_usage("lint", err, "lint takes one file or more, or - for standard input");
	if (opt_dry && !opt_fix)
		return pk_help_usage("lint", err, "--dry-run goes with --fix");
	for (int i = 0; opt_fix && i < n; i++)
		if (strcmp(files[i], "-") == 0)
			return pk_help_usage("lint", err, "--fix rewrites files, and standard input is not one");
	if (!pk_form_known(opt_format))
		return pk_help_usage("lint", err, "--format is " PK_FORMS ", not '%s'", opt_format);
	return 0;
}

int pk_cmd_lint(int argc, char **argv, struct pk_err *err)
{
	struct work work __attribute__((cleanup(work_release))) = {
		.ctx = PK_CTX_INIT, .scratch = PK_SCRATCH_INIT, .usage = PK_USAGE_ASKER_INIT,
	};
	PK_AUTO(pk_document) document = PK_DOCUMENT_INIT;
	PK_FREE const char **operands = pk_alloc((size_t)argc * sizeof(*operands));
	int n, result = pk_cmd_parse("lint", argc, argv, operands, &n, err);

	if (result)
		return result;
	if (opt_rules) {
		list_rules();
		return 0;
	}
	bool json = opt_json || pk_streq(opt_format, "json");
	if (check_usage(operands, n, err) < 0 || pk_document_begin(&document, "lint", json, opt_html, err) < 0)
		return -1;
	work.fixes = opt_fix && json ? cJSON_CreateArray() : NULL;
	result = run(&work, operands, (size_t)n, err);
	if (pk_document_is_wanted(&document))
		add_result(document.root, &work);
	if (result >= 0 && !pk_document_owns_output(&document) && !pk_form_print(opt_format, &work.findings))
		print_text(&work);
	return pk_document_end(&document, result, err);
}
