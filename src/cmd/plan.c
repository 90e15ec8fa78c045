/* git postkit plan: what leads from the clone to the schema files. */
#include "base/clock.h"
#include "catalog/kind.h"
#include "cmd/coverage.h"
#include "cmd/document.h"
#include "cmd/help.h"
#include "cmd/plan_view.h"
#include "cmd/usage.h"
#include "lint/render.h"
#include "session/planning.h"

static bool opt_sql, opt_json, opt_down, opt_stat, opt_pattern, opt_destructive, opt_exit_code, opt_strict;
static const char *opt_online, *opt_html;
static struct pk_strv opt_renames;

const struct pk_opt pk_opts_plan[] = {
	{ PK_OPT_FLAG, 0, "sql", NULL, "print only the SQL", &opt_sql },
	{ PK_OPT_FLAG, 0, "down", NULL, "print the SQL of the way back", &opt_down },
	{ PK_OPT_FLAG, 0, "stat", NULL, "print a line for each object that changes", &opt_stat },
	{ PK_OPT_FLAG, 0, "pattern", NULL, "print a migration for what would lock too long, to be completed by hand", &opt_pattern },
	{ PK_OPT_FLAG, 0, "json", NULL, "one JSON document", &opt_json },
	PK_HTML_OPT(opt_html),
	{ PK_OPT_STRING, 0, "online", "WHEN", "non-blocking ways: auto (by size), always, never",
	  &opt_online },
	{ PK_OPT_LIST, 0, "rename", "KIND:OLD=NEW",
	  "an object or column that goes under a new name", &opt_renames },
	{ PK_OPT_FLAG, 0, "allow-destructive", NULL, "take steps that lose data into the plan",
	  &opt_destructive },
	{ PK_OPT_FLAG, 0, "exit-code", NULL, "exit with 1 when there is something to change",
	  &opt_exit_code },
	{ PK_OPT_FLAG, 0, "strict", NULL, "stop where an object is of a kind that is not modelled", &opt_strict },
	{ 0 },
};

static cJSON *to_json(const struct pk_session *session, const struct pk_planning *p, const struct pk_online_settings *online,
		      const struct pk_coverage *coverage, const struct pk_findings *findings)
{
	cJSON *root = pk_plan_to_json(&p->plan);
	pk_json_set_bool(root, "ok", p->proved && !p->refused);
	pk_json_set_str(root, "branch", session->branch);
	pk_json_set_str(root, "from", p->clone.fingerprint.hex);
	pk_json_set_str(root, "to", p->shadow.fingerprint.hex);
	pk_json_set_str(root, "role", session->role);
	pk_json_set_str(root, "online", pk_online_name(online->when));
	pk_json_set_num(root, "max_lock", online->max_lock);
	pk_json_set_bool(root, "proved", p->proved);
	pk_json_set_bool(root, "refused", p->refused);
	pk_json_set_str(root, "why_not", p->why_not.msg);
	pk_json_set_str(root, "sql", session->plan_sql);
	pk_json_set_str(root, "down", p->down);
	pk_json_set_num(root, "migrations", (double)p->n_parts);
	PK_AUTO(pk_buf) pattern = PK_BUF_INIT;
	pk_plan_pattern(&p->plan, &pattern);
	if (pattern.len)
		pk_json_set_str(root, "pattern", pattern.ptr);
	cJSON *manual = pk_json_add_array(root, "manual");
	for (size_t i = 0; i < session->n_manual; i++)
		cJSON_AddItemToArray(manual, cJSON_CreateString(session->manual[i].file));
	pk_coverage_json(coverage, root);
	pk_view_guesses_json(&p->guesses, root);
	cJSON_AddItemToObject(root, "conflicts", pk_conflicts_to_json(&p->conflicts));
	cJSON_AddItemToObject(root, "usage", pk_usages_json(findings));
	cJSON_AddItemToObject(root, "findings", pk_render_json(findings));
	pk_json_set_num(root, "seconds", p->seconds);
	return root;
}

static void show_manual(const struct pk_session *session)
{
	for (size_t i = 0; i < session->n_manual; i++)
		pk_print(stdout, "%s  %s> migration %s, written by hand%s\n", i ? "" : "\n",
		       pk_color(stdout, PK_CYAN), session->manual[i].file,
		       pk_color(stdout, PK_PLAIN));
}

/* Under what the plan was made: another setting, another plan. */
static void show_settings(const struct pk_session *session, enum pk_online online,
			  const struct pk_coverage *coverage)
{
	static const char *const words[] = {
		[PK_ONLINE_AUTO] = "ways that do not block where tables are large",
		[PK_ONLINE_ALWAYS] = "ways that do not block everywhere",
		[PK_ONLINE_NEVER] = "the plain way everywhere",
	};
	PK_AUTO(pk_buf) left_out = PK_BUF_INIT;
	PK_AUTO(pk_buf) role = PK_BUF_INIT;
	pk_coverage_words(coverage, &left_out);
	pk_buf_add_safe(&role, session->role, false);
	pk_print(stdout, "%sas role %s; %s (--online=%s)", pk_color(stdout, PK_DIM), role.ptr, words[online],
	       pk_online_name(online));
	if (left_out.len)
		pk_print(stdout, "; without %s, which the settings leave out", left_out.ptr);
	pk_print(stdout, "%s\n", pk_color(stdout, PK_PLAIN));
}

static void show(const struct pk_session *session, const struct pk_planning *p, enum pk_online online,
		 const struct pk_coverage *coverage, const struct pk_findings *findings)
{
	PK_AUTO(pk_buf) summary = PK_BUF_INIT;
	PK_FREE char *took = pk_duration(p->seconds);
	pk_view_plan(stdout, &p->plan);
	show_manual(session);
	if (!p->plan.n) {
		pk_print(stdout, "%snothing to change: the clone is what the schema files mean\n",
		       session->n_manual ? "\n" : "");
		return;
	}
	putchar('\n');
	pk_view_runs(stdout, &p->plan);
	pk_view_conflicts(stdout, &p->conflicts);
	pk_view_usage(stdout, findings);
	if (pk_view_errors(stdout, findings))
		putchar('\n');
	pk_view_summary(&summary, &p->plan);
	pk_print(stdout, "%s%s%s", pk_color(stdout, PK_BOLD), summary.ptr, pk_color(stdout, PK_PLAIN));
	if (p->n_destructive)
		pk_print(stdout, ", %s%zu step%s lose%s data%s, which the way back does not restore", pk_color(stdout, PK_RED),
		       p->n_destructive, p->n_destructive == 1 ? "" : "s", p->n_destructive == 1 ? "s" : "",
		       pk_color(stdout, PK_PLAIN));
	if (p->proved)
		pk_print(stdout, "; proved on a copy of the schema, forth and back");
	pk_print(stdout, " (%s)\n", took);
	show_settings(session, online, coverage);
}

static void show_pattern(const struct pk_planning *p)
{
	PK_AUTO(pk_buf) text = PK_BUF_INIT;
	pk_plan_pattern(&p->plan, &text);
	if (text.len)
		pk_print_data(stdout, text.ptr);
	else
		pk_say("there is no pattern for a step that locks too long");
}

/* The next command, or why there is none. */
static int conclude(const struct pk_ctx *ctx, struct pk_desk *desk, struct pk_planning *p,
		    const struct pk_findings *findings, struct pk_err *err)
{
	PK_AUTO(pk_buf) pattern = PK_BUF_INIT;

	if (p->refused) {
		pk_say("%serror:%s the plan loses data, so it is not stored",
		       pk_color(stderr, PK_RED), pk_color(stderr, PK_PLAIN));
		pk_advise(ctx, "Destructive",
			  "git postkit plan --allow-destructive takes it as it is; was something renamed, "
			  "--rename KIND:OLD=NEW says so");
		return PK_EXIT_NO;
	}
	if (!p->proved) {
		pk_err_move(err, &p->why_not);
		return pk_err_wrap(err, "the plan could not be proved, so it is not stored");
	}
	if (p->conflicts.n)
		pk_advise(ctx, "Conflicts",
			  "apply will fail on those rows: git postkit migration NAME --first writes what mends them before "
			  "the plan is run");
	pk_plan_pattern(&p->plan, &pattern);
	if (pk_findings_fatal(findings))
		pk_advise_errors(ctx, pattern.len ? "git postkit plan --pattern prints a way in steps"
						  : "git postkit lint --fix writes the safe way where it knows one");
	if (p->plan.n || desk->session.n_manual || desk->session.state == PK_SESSION_APPLIED)
		pk_advise(ctx, "Plan", "%s comes next", pk_session_next(&desk->session));
	return opt_exit_code && p->plan.n ? PK_EXIT_NO : 0;
}

static int check_coverage(void *arg, const struct pk_planning *p, struct pk_err *err)
{
	struct pk_coverage *coverage = arg;
	pk_coverage_add(coverage, &p->clone);
	pk_coverage_add(coverage, &p->shadow);
	return opt_strict ? pk_coverage_strict(coverage, err) : 0;
}

/* A yes holds for this plan alone: for the next one, and for others, it has to be written down. */
static bool ask_rename(void *arg, const struct pk_rename_guess *guess)
{
	PK_AUTO(pk_buf) question = PK_BUF_INIT;
	PK_AUTO(pk_err) ignored = PK_ERR_INIT;
	PK_AUTO(pk_buf) mark = PK_BUF_INIT;

	(void)arg;
	pk_kind_words(&question, guess->kind);
	pk_buf_addf(&question, " %s goes and %s comes, with %s: is it renamed?", guess->from, guess->to, guess->why);
	if (pk_confirm(question.ptr, false, &ignored) != 1)
		return false;
	pk_buf_add_safe(&mark, guess->mark, false);
	pk_say("write it down above it in its schema file: %s", mark.ptr);
	return true;
}

static void print(const struct pk_session *session, const struct pk_planning *p, enum pk_online online,
		  const struct pk_coverage *coverage, const struct pk_findings *findings)
{
	if (opt_down)
		pk_print_data(stdout, p->down ? p->down : "");
	else if (opt_sql)
		pk_print_data(stdout, p->proved && session->plan_sql ? session->plan_sql : "");
	else if (opt_pattern)
		show_pattern(p);
	else if (opt_stat)
		pk_view_stat(stdout, &p->plan);
	else
		show(session, p, online, coverage, findings);
}

static int make(const struct pk_ctx *ctx, struct pk_desk *desk, const struct pk_planning_options *options,
		struct pk_planning *p, struct pk_document *document, struct pk_err *err)
{
	PK_AUTO(pk_session_source) source = PK_SESSION_SOURCE_INIT;
	PK_AUTO(pk_coverage) coverage = PK_COVERAGE_INIT;
	PK_AUTO(pk_findings) findings = PK_FINDINGS_INIT;
	bool only_sql = (opt_down || opt_sql || opt_pattern || opt_stat) && !opt_html;
	struct pk_planning_options with = *options;

	with.read = check_coverage;
	with.is_rename = pk_term_can_ask() ? ask_rename : NULL;
	with.arg = &coverage;
	if (pk_desk_open(desk, &ctx->repo, &ctx->config, &ctx->project, err) < 0 ||
	    pk_online_settings_read(&ctx->config, desk->session.remote, opt_online, &with.online, err) < 0 ||
	    pk_session_source_read(&ctx->repo, &ctx->project, &source, err) < 0 ||
	    pk_session_plan(desk, &source, &with, p, err) < 0 ||
	    (!only_sql && pk_findings_of_plan(ctx, desk->session.remote, &p->plan, &p->clone, &findings, err) < 0))
		return -1;
	if (p->caught_up.run)
		pk_say("%zu migration%s of the branch %s run on the clone first", p->caught_up.run,
		       p->caught_up.run == 1 ? "" : "s", p->caught_up.run == 1 ? "was" : "were");
	pk_coverage_say(&coverage);
	if (pk_document_is_wanted(document)) {
		cJSON_Delete(document->root);
		document->root = to_json(&desk->session, p, &with.online, &coverage, &findings);
	}
	if (!pk_document_owns_output(document))
		print(&desk->session, p, with.online.when, &coverage, &findings);
	if (!with.is_rename)
		pk_view_guesses(&p->guesses);
	return conclude(ctx, desk, p, &findings, err);
}

static int run(struct pk_document *document, struct pk_err *err)
{
	PK_AUTO(pk_ctx) ctx = PK_CTX_INIT;
	PK_AUTO(pk_desk) desk = PK_DESK_INIT;
	PK_AUTO(pk_planning) planning = PK_PLANNING_INIT;
	const struct pk_planning_options options = {
		.renames = &opt_renames,
		.allow_destructive = opt_destructive,
	};

	if (pk_ctx_open(&ctx, true, err) < 0)
		return -1;
	return make(&ctx, &desk, &options, &planning, document, err);
}

int pk_cmd_plan(int argc, char **argv, struct pk_err *err)
{
	PK_AUTO(pk_document) document = PK_DOCUMENT_INIT;
	int result = pk_cmd_parse_options("plan", argc, argv, "", err);
	if (result)
		return result;
	if (opt_sql + opt_down + opt_stat + opt_pattern + opt_json > 1)
		return pk_help_usage("plan", err, "--sql, --down, --stat, --pattern or --json, not several");
	if (pk_check_online("plan", opt_online, err) < 0)
		return -1;
	if (pk_document_begin(&document, "plan", opt_json, opt_html, err) < 0)
		return -1;
	result = pk_document_end(&document, run(&document, err), err);
	pk_strv_release(&opt_renames);
	return result;
}
