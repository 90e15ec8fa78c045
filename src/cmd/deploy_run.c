#include "cmd/deploy_run.h"

#include "base/clock.h"
#include "chain/online.h"
#include "cmd/deploy_events.h"
#include "cmd/deploy_view.h"
#include "cmd/document.h"
#include "cmd/follow.h"
#include "cmd/help.h"
#include "cmd/plan_view.h"
#include "cmd/usage.h"
#include "deploy/deploy.h"
#include "deploy/exchange.h"
#include "deploy/lock.h"
#include "lint/render.h"

struct command {
	const struct pk_deploy_request *request;
	struct pk_deploy d;
	struct pk_deploy_shown shown;
	cJSON *root; /* of its document */
	bool down, wanted; /* somebody will read the document */
};

/* ---- what is to be done ---- */

static void add_state(struct command *c)
{
	const struct pk_deploy *d = &c->d;
	cJSON *list, *again;

	pk_json_set_str(c->root, "remote", d->remote.name);
	pk_json_set_str(c->root, "commit", d->commit.hex);
	pk_json_set_bool(c->root, "drift", d->drifted);
	pk_json_set_str(c->root, "back_to", d->back_to);
	if (!c->down)
		pk_json_set_bool(c->root, "new_database", d->empty);
	if (d->adopt)
		pk_json_set_str(c->root, "adopt", d->chain.items[d->adopt_at].file);
	list = pk_json_add_array(c->root, "pending");
	again = c->down ? NULL : pk_json_add_array(c->root, "rolled_back_before");
	for (size_t i = 0; i < d->n_pending; i++) {
		const struct pk_migration *m = &d->chain.items[d->pending[i]];

		cJSON_AddItemToArray(list, cJSON_CreateString(m->file));
		if (again && pk_undone_find(&d->undone, m->version))
			cJSON_AddItemToArray(again, cJSON_CreateString(m->file));
	}
}

static int ask(const struct command *c, struct pk_err *err)
{
	const struct pk_deploy *d = &c->d;
	PK_FREE char *question = pk_view_deploy_question(d);
	int answer;

	if (c->request->yes)
		return 1;
	answer = pk_confirm(question, false, err);
	if (answer == 0)
		pk_say("nothing was done on '%s'", d->remote.name);
	return answer;
}

/* ---- doing it ---- */

static void add_done(struct command *c)
{
	const struct pk_deploy *d = &c->d;
	cJSON *list = pk_json_add_array(c->root, c->down ? "rolled_back" : "deployed");

	for (size_t i = 0; i < d->n_done; i++)
		cJSON_AddItemToArray(list,
				     cJSON_CreateString(d->chain.items[d->done[i].index].file));
	pk_json_set_bool(c->root, "recorded", d->recorded);
}

/* For others, where the settings say so. rc: what became of the run, whose error is the one to tell. */
static int publish(struct command *c, int rc, struct pk_err *err)
{
	const struct pk_deploy *d = &c->d;
	PK_AUTO(pk_err) why = PK_ERR_INIT;
	PK_FREE char *where = NULL;

	if (pk_exchange_publish(d->repo, d->config, d->remote.name, &where, &why) == 0) {
		pk_json_set_str(c->root, "published", where);
		return rc;
	}
	if (rc < 0) {
		pk_say("the record of it is not published; git postkit records push does that");
		return rc;
	}
	pk_err_move(err, &why);
	pk_err_wrap(err, "%s, and recorded here, but not published", c->down ? "rolled back" : "deployed");
	pk_err_hint(err, "git postkit records push publishes it when it can");
	return pk_err_exit(err, PK_EXIT_ATTENTION);
}

static int run_on_remote(struct command *c, struct pk_err *err)
{
	struct pk_deploy *d = &c->d;
	double began, took;
	int rc = ask(c, err);

	if (rc <= 0)
		return rc < 0 ? -1 : PK_EXIT_NO;
	c->shown.runs = pk_json_add_array(c->root, "run");
	c->shown.measured = false;
	began = pk_now();
	rc = pk_deploy_run(d, err);
	pk_deploy_show_end(&c->shown);
	if (d->n_done && rc < 0)
		pk_say("%zu of %zu migrations are %s on '%s' and stay%s", d->n_done,
		       d->n_pending + (d->adopt ? 1 : 0), c->down ? "rolled back" : "done",
		       d->remote.name, c->down ? " so" : "");
	took = pk_now() - began;
	pk_json_set_num(c->root, "run_seconds", took);
	add_done(c);
	if (rc == 0 && !c->shown.json)
		pk_view_deploy_done(d, took);
	return d->recorded ? publish(c, rc, err) : rc;
}

static int try_it(struct command *c, struct pk_err *err)
{
	struct pk_deploy *d = &c->d;
	int rc = pk_deploy_dry_run(d, err);

	pk_deploy_show_end(&c->shown);
	if (c->request->dry_run && rc == 0 && pk_deploy_lint(d, err) < 0)
		return -1;
	/* The document of one that failed has it as well; that it cannot be had is no news then. */
	if (c->request->dry_run && rc < 0 && c->wanted)
		pk_deploy_lint(d, NULL);
	cJSON_AddItemToObject(c->root, "usage", pk_usages_json(&d->findings));
	if (c->request->dry_run)
		cJSON_AddItemToObject(c->root, "findings", pk_render_json(&d->findings));
	cJSON_AddItemToObject(c->root, "sampled", pk_sampled_to_json(&d->sampled));
	if (d->checks.compared) {
		cJSON_AddItemToObject(c->root, "tables", pk_intact_to_json(&d->intact));
		cJSON_AddItemToObject(c->root, "checks", pk_checks_to_json(&d->checks));
		if (!c->down)
			cJSON_AddItemToObject(c->root, "way_back", pk_way_back_to_json(&d->back));
		if (c->down)
			cJSON_AddItemToObject(c->root, "lost", pk_gone_to_json(&d->gone));
	}
	if (!c->shown.json)
		pk_view_deploy_tried(d);
	return rc;
}

static int look_around(struct command *c, struct pk_err *err)
{
	const struct pk_strv *present = &c->d.present;
	cJSON *list;

	if (pk_deploy_look_around(&c->d, err) < 0)
		return -1;
	list = pk_json_add_array(c->root, "present");
	for (size_t i = 0; i < present->n; i++)
		cJSON_AddItemToArray(list, cJSON_CreateString(present->items[i]));
	if (!c->shown.json)
		pk_view_deploy_present(&c->d);
	return 0;
}

/* What somebody took back comes again when somebody says so. */
static int refuse_undone(const struct pk_deploy *d, struct pk_err *err)
{
	PK_AUTO(pk_strv) files = PK_STRV_INIT;
	PK_FREE char *list = NULL;

	for (size_t i = 0; i < d->n_pending; i++) {
		const struct pk_migration *m = &d->chain.items[d->pending[i]];

		if (pk_undone_find(&d->undone, m->version))
			pk_strv_push(&files, m->file);
	}
	if (!files.n)
		return 0;
	list = pk_strv_join(&files, ", ");
	pk_err_set(err, "rolled back on '%s' before, and not deployed again by itself: %s", d->remote.name, list);
	pk_err_hint(err, "to run %s again: git postkit deploy %s", files.n == 1 ? "it" : "them", d->remote.name);
	return pk_err_exit(err, PK_EXIT_NO);
}

static void add_planned(struct command *c, const struct pk_migration *m, cJSON *list)
{
	PK_AUTO(pk_statements) statements = PK_STATEMENTS_INIT;
	cJSON *item = pk_json_add_object(list, NULL), *texts;

	pk_json_set_str(item, "file", m->file);
	pk_json_set_str(item, "stage", m->stage);
	pk_json_set_bool(item, "transaction", m->up_transaction);
	texts = pk_json_add_array(item, "statements");
	if (!c->shown.json)
		pk_view_deploy_planned(m);
	/* What does not parse is told by the trial. */
	if (pk_sql_split(m->up ? m->up : "", m->file, &statements, NULL) < 0)
		return;
	for (size_t i = 0; i < statements.n; i++) {
		PK_AUTO(pk_buf) line = PK_BUF_INIT;

		cJSON_AddItemToArray(texts, cJSON_CreateString(statements.items[i].text));
		pk_view_short(&line, statements.items[i].text, 70);
		if (!c->shown.json)
			pk_say("    %s", line.ptr);
	}
}

/* What is asked of the remote alone. */
static int plan_only(struct command *c, struct pk_err *err)
{
	struct pk_deploy *d = &c->d;
	cJSON *list = pk_json_add_array(c->root, "plan");

	pk_view_deploy_state(d);
	for (size_t i = 0; i < d->n_pending; i++)
		add_planned(c, &d->chain.items[d->pending[i]], list);
	if (pk_deploy_lint(d, err) < 0)
		return -1;
	cJSON_AddItemToObject(c->root, "usage", pk_usages_json(&d->findings));
	if (!c->shown.json)
		pk_view_usage(stderr, &d->findings);
	if (look_around(c, err) < 0)
		return -1;
	if (!c->shown.json)
		pk_print(stdout, "%zu migration%s would be run on '%s'; git postkit deploy %s --dry-run tries them\n", d->n_pending,
		       d->n_pending == 1 ? "" : "s", d->remote.name, d->remote.name);
	return PK_EXIT_ATTENTION;
}

static int go(struct command *c, struct pk_err *err)
{
	struct pk_deploy *d = &c->d;
	const char *name = c->down ? "rollback" : "deploy";

	if (pk_deploy_compare(d, err) < 0 ||
	    (!c->request->dry_run && !c->request->plan_only && pk_deploy_catch_up(d, err) < 0))
		return -1;
	add_state(c);
	if (pk_deploy_check(d, err) < 0)
		return -1;
	if (d->held)
		pk_say("%s", d->held);
	pk_json_set_str(c->root, "held", d->held);
	if (d->n_pending == 0 && !d->adopt) {
		if (!c->shown.json)
			pk_view_deploy_nothing(d);
		return 0;
	}
	if (c->request->plan_only)
		return plan_only(c, err);
	if (!c->request->dry_run && pk_deploy_check_writable(d, err) < 0)
		return -1;
	if (c->request->unless_undone && refuse_undone(d, err) < 0)
		return -1;
	if (!c->request->yes && !c->request->dry_run && !pk_term_can_ask()) {
		pk_err_set(err, "%s asks before it runs, and here is no terminal to ask on", name);
		return pk_err_hint(err, "answer with --yes, or only try with --dry-run");
	}
	pk_view_deploy_state(d);
	c->shown.runs = pk_json_add_array(c->root, "dry_run");
	if (try_it(c, err) < 0)
		return -1;
	if (look_around(c, err) < 0)
		return -1;
	if (!c->request->dry_run)
		return run_on_remote(c, err);
	if (!c->shown.json)
		pk_print(stdout, "dry run passed: %zu migration%s can be %s '%s'%s\n", d->n_pending,
		       d->n_pending == 1 ? "" : "s", c->down ? "rolled back on" : "deployed to", d->remote.name,
		       pk_findings_fatal(&d->findings) ? ", but errors speak against it" : "");
	return 0;
}

static int run(struct pk_ctx *ctx, const struct pk_deploy_request *request, struct pk_document *document,
	       struct pk_err *err)
{
	struct command c = {
		.request = request,
		.d = PK_DEPLOY_INIT,
		.shown = PK_DEPLOY_SHOWN_INIT,
		.root = document->root,
		.wanted = pk_document_is_wanted(document),
		.down = request->options.direction == PK_DOWN,
	};
	const struct pk_deploy_events events = pk_deploy_show_events(&c.shown);
	struct pk_online_settings online = { 0 };
	int rc;

	c.shown.down = c.down;
	c.shown.measured = true;
	c.shown.json = pk_document_owns_output(document);
	rc = pk_deploy_open(&c.d, &ctx->repo, &ctx->config, &ctx->project, &request->options,
				&events, err);

	if (rc == 0)
		rc = pk_online_settings_read(&ctx->config, c.d.remote.name, NULL, &online, err);
	if (rc == 0)
		pk_json_set_num(c.root, "max_lock", online.max_lock);
	if (rc == 0)
		rc = go(&c, err);
	pk_deploy_shown_release(&c.shown);
	pk_deploy_release(&c.d);
	return rc;
}

/* ---- to stop one ---- */

static void say_asked(void *arg, const char *holder)
{
	(void)arg;
	pk_say("asking the deploy of %s to stop", holder);
}

static int pause_it(struct pk_ctx *ctx, const struct pk_deploy_request *request, struct pk_document *document,
		    struct pk_err *err)
{
	PK_AUTO(pk_remote) remote = PK_REMOTE_INIT;
	PK_AUTO(pk_conn) conn = PK_CONN_INIT;

	if (pk_remote_get(&ctx->config, request->options.remote, &remote, err) < 0)
		return -1;
	pk_json_set_str(document->root, "remote", remote.name);
	pk_conninfo_set(&remote.info, "application_name", "git postkit deploy --pause");
	if (pk_remote_connect(&remote, &conn, err) < 0 || pk_deploy_pause(&conn, remote.name, say_asked, NULL, err) < 0)
		return -1;
	if (!request->json)
		pk_print(stdout, "it has stopped, or come to its end; git postkit deploy %s goes on with what is pending\n",
		       remote.name);
	return 0;
}

int pk_deploy_request_run(const char *command, int argc, char **argv,
			  struct pk_deploy_request *request, struct pk_err *err)
{
	PK_AUTO(pk_ctx) ctx = PK_CTX_INIT;
	PK_AUTO(pk_document) document = PK_DOCUMENT_INIT;
	PK_FREE const char **operands = pk_alloc((size_t)argc * sizeof(*operands));
	int n, result = pk_cmd_parse(command, argc, argv, operands, &n, err);

	if (result)
		return result;
	if (n > 1)
		return pk_help_usage(command, err, "%s takes one remote, not %d", command, n);
	request->options.remote = n ? operands[0] : NULL;
	request->options.follow = pk_follow_by_diff;
	if (pk_stage_parse(request->stage, &request->options.stage, NULL) < 0 || pk_streq(request->stage, ""))
		return pk_help_usage(command, err, "--stage is expand, backfill or contract, not '%s'", request->stage);
	if (request->options.max_wait < 0)
		return pk_help_usage(command, err, "--max-wait takes seconds, not %d", request->options.max_wait);
	if (request->plan_only && request->dry_run)
		return pk_help_usage(command, err, "--plan-only tries nothing, so it does not go with --dry-run");
	if (request->html && !request->dry_run)
		return pk_help_usage(command, err, "--html goes with --dry-run");
	if (pk_document_begin(&document, command, request->json, request->html, err) < 0)
		return -1;
	result = pk_ctx_open_commit(&ctx, request->options.commit, err);
	if (result == 0)
		result = (request->pause ? pause_it : run)(&ctx, request, &document, err);
	return pk_document_end(&document, result, err);
}
