/* git postkit apply: the plan on the clone, statement by statement. */
#include "base/clock.h"
#include "base/text.h"
#include "chain/online.h"
#include "cmd/checks_view.h"
#include "cmd/cmd.h"
#include "cmd/document.h"
#include "cmd/plan_view.h"
#include "cmd/usage.h"
#include "lint/render.h"
#include "session/apply.h"
#include "trace/effects.h"
#include "trace/waits.h"

static bool opt_json;
static const char *opt_html;

const struct pk_opt pk_opts_apply[] = {
	{ PK_OPT_FLAG, 0, "json", NULL, "one JSON document", &opt_json },
	PK_HTML_OPT(opt_html),
	{ 0 },
};

/* What is shown while it runs, and kept for the document. */
struct show {
	struct pk_document document;
	cJSON *parts, *statements, *files; /* in it */
	struct pk_waits waits;		   /* of the part at hand */
	bool transaction;		   /* which it is */
	double max_lock;		   /* seconds; 0: no limit */
	struct pk_lint_options rules;
	struct pk_findings findings; /* of the parts that were applied, as they were measured */
};

static void end_part(struct show *show)
{
	int n = cJSON_GetArraySize(show->parts);

	if (!n)
		return;
	pk_waits_commit(&show->waits);
	cJSON_AddItemToObject(cJSON_GetArrayItem(show->parts, n - 1), "waits", pk_waits_to_json(&show->waits));
	pk_waits_release(&show->waits);
}

static void show_part(void *arg, const struct pk_part *part, size_t index, size_t n)
{
	struct show *show = arg;
	cJSON *item;
	end_part(show);
	item = pk_json_add_object(show->parts, NULL);
	show->transaction = part->up_transaction;
	pk_json_set_num(item, "part", part->id);
	pk_json_set_str(item, "name", part->name);
	pk_json_set_bool(item, "transaction", part->up_transaction);
	pk_json_set_bool(item, "reversible", part->down && *part->down);
	pk_json_set_str(item, "down", part->down);
	pk_json_set_str(item, "irreversible", part->irreversible);
	show->statements = pk_json_add_array(item, "statements");
	if (pk_document_owns_output(&show->document) || (n == 1 && !part->name && part->up_transaction))
		return;
	pk_print(stdout, "%spart %zu of %zu%s%s%s%s\n", pk_color(stdout, PK_BOLD), index + 1, n,
	       part->name ? ": " : "", part->name ? part->name : "",
	       part->up_transaction ? "" : ", outside a transaction", pk_color(stdout, PK_PLAIN));
	fflush(stdout);
}

static void show_statement(void *arg, const struct pk_traced *traced)
{
	struct show *show = arg;
	cJSON_AddItemToArray(show->statements, pk_traced_to_json(traced));
	pk_waits_add(&show->waits, traced);
	if (!show->transaction)
		pk_waits_commit(&show->waits);
	if (pk_document_owns_output(&show->document))
		return;
	pk_view_traced(stdout, traced, show->max_lock);
	fflush(stdout);
}

/* What cannot be read has been run all the same: the rules have nothing to say of it. */
static void judge_part(void *arg, const struct pk_part *part, const struct pk_trace *trace, const struct pk_snapshot *before)
{
	struct show *show = arg;
	struct pk_trace_as_effects seen = { trace, part->up_transaction };
	struct pk_lint_options rules = show->rules;
	PK_AUTO(pk_map) texts = PK_MAP_INIT;
	PK_AUTO(pk_err) why = PK_ERR_INIT;
	struct pk_lint_catalog catalog;

	pk_lint_catalog_of(before, &texts, &catalog);
	rules.catalog = &catalog;
	rules.ours = true;
	rules.transaction = part->up_transaction;
	rules.first_line = part->line;
	rules.measure = pk_trace_effects;
	rules.measure_arg = &seen;
	if (pk_lint_sql(part->up, part->name ? part->name : "plan", &rules, &show->findings, &why) < 0)
		pk_findings_refuse(&show->findings, part->name ? part->name : "plan", &why);
}

static void show_file(void *arg, const char *folder, const struct pk_part_result *result)
{
	struct show *show = arg;
	if (result->skipped_reason && pk_streq(result->skipped_reason, "empty"))
		return;
	cJSON *item = pk_json_add_object(show->files, NULL);
	pk_json_set_str(item, "folder", folder);
	pk_json_set_str(item, "path", result->path);
	pk_json_set_bool(item, "ran", result->ran);
	if (pk_document_owns_output(&show->document))
		return;
	PK_FREE char *took =
		result->ran ? pk_duration(result->seconds) : pk_strdup(result->skipped_reason);
	pk_print(stdout, "%10s  %s: %s\n", took, folder, result->path);
	fflush(stdout);
}

static void show_disagreement(const struct pk_desk *desk, const struct pk_apply_result *result)
{
	static const char *const words[] = {
		[PK_ADDED] = "only on the clone",
		[PK_CHANGED] = "different",
		[PK_REMOVED] = "only in the schema files",
	};
	if (!result->known || desk->session.agree)
		return;
	pk_say("the schema files do not mean what the clone has now:");
	for (size_t i = 0; i < result->diff.n; i++)
		pk_say("  %-24s %s", words[result->diff.items[i].what], result->diff.items[i].path);
}

/* A part that is not applied has been rolled back, or is done as far as its statements say. */
static void add_applied(const struct show *show, const struct pk_session *session)
{
	cJSON *item;

	cJSON_ArrayForEach (item, show->parts) {
		bool applied = false;

		for (size_t i = 0; i < session->n_parts; i++)
			applied |= session->parts[i].id == (int)pk_json_num(item, "part", -1) &&
				   session->parts[i].applied;
		pk_json_set_bool(item, "applied", applied);
	}
}

static void add_result(const struct show *show, const struct pk_desk *desk,
		       const struct pk_apply_result *result)
{
	cJSON *root = show->document.root;

	pk_json_set_str(root, "branch", desk->session.branch);
	pk_json_set_str(root, "fingerprint", pk_session_reached(&desk->session)->hex);
	pk_json_set_bool(root, "agree", desk->session.agree);
	pk_json_set_num(root, "seconds", result->seconds);
	add_applied(show, &desk->session);
	cJSON_AddItemToObject(root, "checks", pk_checks_to_json(&result->checks));
	cJSON_AddItemToObject(root, "tables", pk_intact_to_json(&result->intact));
	cJSON_AddItemToObject(root, "sampled", pk_sampled_to_json(&result->sampled));
	cJSON_AddItemToObject(root, "findings", pk_render_json(&show->findings));
	pk_json_set_bool(root, "resumed", result->resumed);
	pk_json_set_num(root, "max_lock", show->max_lock);
}

static void show_result(const struct pk_desk *desk, const struct pk_apply_result *result,
			const struct pk_findings *findings)
{
	PK_FREE char *took = pk_duration(result->seconds);

	pk_print(stdout, "%sapplied%s: %zu statement%s in %s; the clone is %s\n", pk_color(stdout, PK_GREEN),
	       pk_color(stdout, PK_PLAIN), result->statements, result->statements == 1 ? "" : "s",
	       took,
	       desk->session.agree ? "what the schema files mean" : "as the migrations made it");
	pk_view_intact(stdout, &result->intact);
	pk_view_checks(stdout, &result->checks);
	pk_view_errors(stdout, findings);
}

/* A file may hold statements as they come: what is added can be kept as it is printed. */
static void advise_files(const struct pk_ctx *ctx)
{
	PK_AUTO(pk_buf) folder = PK_BUF_INIT;

	pk_buf_add_shell(&folder, ctx->project.schema_dir);
	pk_advise(ctx, "Apply",
		  "make the schema files say the same, then git postkit plan; what is missing, as SQL that a file there may "
		  "hold or that tells what to change: git postkit diff %s \"$(git postkit url)\"",
		  folder.ptr);
}

static int conclude(const struct pk_ctx *ctx, const struct pk_desk *desk,
		    const struct pk_apply_result *result, const struct pk_findings *findings)
{
	bool agree = desk->session.agree || !result->known;
	size_t wrong = result->checks.n_wrong;

	if (result->resumed && result->checks.n)
		pk_say("the checks compare with what an earlier apply had left, not with what was there before it");
	show_disagreement(desk, result);
	if (pk_findings_fatal(findings))
		pk_advise_errors(ctx, "git postkit lint --fix writes the safe way where it knows one");
	if (wrong)
		pk_advise(ctx, "Checks",
			  "a difference that is meant to be is declared above the query, as -- "
			  "postkit:expect may-change; else git postkit migration writes what mends it");
	else if (!agree)
		advise_files(ctx);
	else
		pk_advise(ctx, "Apply", "%s comes next", pk_session_next(&desk->session));
	return agree && !wrong ? 0 : PK_EXIT_NO;
}

static int run(struct show *show, struct pk_err *err)
{
	PK_AUTO(pk_ctx) ctx = PK_CTX_INIT;
	PK_AUTO(pk_desk) desk = PK_DESK_INIT;
	PK_AUTO(pk_apply_result) result = PK_APPLY_RESULT_INIT;
	struct pk_online_settings online = { 0 };
	const struct pk_apply_events events = {
		.part = show_part,
		.statement = show_statement,
		.done = judge_part,
		.file = show_file,
		.arg = show,
	};
	int rc;

	if (pk_ctx_open(&ctx, true, err) < 0 ||
	    pk_desk_open(&desk, &ctx.repo, &ctx.config, &ctx.project, err) < 0 ||
	    pk_online_settings_read(&ctx.config, desk.session.remote, NULL, &online, err) < 0 ||
	    pk_lint_settings(&ctx.config, desk.session.remote, &show->rules, err) < 0)
		return -1;
	show->max_lock = online.max_lock;
	rc = pk_session_apply(&desk, &events, &result, err);
	end_part(show);
	add_result(show, &desk, &result);
	if (rc == 0 && !pk_document_owns_output(&show->document))
		show_result(&desk, &result, &show->findings);
	if (rc == 0)
		return conclude(&ctx, &desk, &result, &show->findings);
	if (desk.session.state == PK_SESSION_APPLYING && err && !err->hint)
		pk_err_hint(err, "the clone is as it was before the statement that failed; git "
				 "postkit apply goes on there, git postkit plan starts from there");
	return rc;
}

int pk_cmd_apply(int argc, char **argv, struct pk_err *err)
{
	struct show show = { .document = PK_DOCUMENT_INIT };
	int rc = pk_cmd_parse_options("apply", argc, argv, "", err);

	if (rc)
		return rc;
	if (pk_document_begin(&show.document, "apply", opt_json, opt_html, err) < 0) {
		pk_document_release(&show.document);
		return -1;
	}
	show.parts = pk_json_add_array(show.document.root, "parts");
	show.files = pk_json_add_array(show.document.root, "files");
	rc = pk_document_end(&show.document, run(&show, err), err);
	pk_document_release(&show.document);
	pk_findings_release(&show.findings);
	return rc;
}
