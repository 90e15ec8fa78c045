/* git postkit start: a clone of the remote, and a session on this branch. */
#include "base/clock.h"
#include "base/text.h"
#include "cmd/cmd.h"
#include "cmd/document.h"
#include "cmd/follow.h"
#include "cmd/narrow.h"
#include "session/begin.h"

static const char *opt_remote, *opt_max_age;
static bool opt_fresh, opt_refresh, opt_json, opt_physical, opt_no_physical;
static int opt_jobs;
static struct pk_less_options opt_less;

const struct pk_opt pk_opts_start[] = {
	{ PK_OPT_STRING, 0, "remote", "NAME", "clone this remote instead of the default one",
	  &opt_remote },
	{ PK_OPT_FLAG, 0, "fresh", NULL, "copy the remote again, though there is a template",
	  &opt_fresh },
	{ PK_OPT_FLAG, 0, "refresh", NULL, "copy again what has changed on the remote since its template was copied",
	  &opt_refresh },
	{ PK_OPT_FLAG, 0, "physical", NULL, "copy the files of its whole cluster, with all its databases, and keep this one",
	  &opt_physical },
	{ PK_OPT_FLAG, 0, "no-physical", NULL, "copy the rows, whatever postkit.copyMethod says", &opt_no_physical },
	{ PK_OPT_INT, 'j', "jobs", "N", "connections to the remote while it is copied, at most", &opt_jobs },
	{ PK_OPT_STRING, 0, "max-snapshot-age", "TIME", "give up rather than hold a snapshot of it longer (30min)",
	  &opt_max_age },
	PK_LESS_OPTS(opt_less),
	{ PK_OPT_FLAG, 0, "json", NULL, "one JSON document", &opt_json },
	PK_SSH_OPT,
	{ 0 },
};

static void show_refreshed_json(cJSON *root, const struct pk_template *t)
{
	PK_FREE char *since = t->since ? pk_time_iso((time_t)t->since) : NULL;
	cJSON *object;

	if (!since || t->own_options)
		return;
	object = pk_json_add_object(root, "refreshed");
	pk_json_set_str(object, "since", since);
	pk_json_set_str(object, "doubt", t->refreshed.doubt);
	if (t->refreshed.doubt)
		return;
	pk_json_set_bool(object, "schema", t->refreshed.followed);
	pk_json_set_str(object, "evidence", t->refreshed.scanned ? "row versions" : "snapshot");
	pk_json_set_num(object, "tables", (double)t->refreshed.tables);
	pk_json_set_num(object, "changed", (double)t->refreshed.changed);
	pk_json_set_num(object, "bytes", (double)t->refreshed.bytes);
	pk_json_set_num(object, "seconds", t->refreshed.seconds);
}

static void show_method_json(cJSON *root, const struct pk_begun *begun)
{
	const struct pk_method *m = &begun->method;

	if (!begun->template.copied)
		return;
	pk_json_set_num(root, "copy_seconds", begun->template.stats.seconds);
	pk_json_set_str(root, "method", m->files ? "files" : "rows");
	pk_json_set_str(root, "method_reason", m->failed ? m->failed : m->refused ? m->refused : m->why);
}

static void add_result(cJSON *root, const struct pk_session *session, const struct pk_begun *begun)
{
	pk_json_set_str(root, "session", session->id);
	pk_json_set_str(root, "branch", session->branch);
	pk_json_set_str(root, "remote", session->remote);
	pk_json_set_str(root, "database", session->db);
	pk_json_set_str(root, "fingerprint", session->base.hex);
	pk_json_set_num(root, "size", (double)begun->size);
	pk_json_set_bool(root, "copied", begun->template.copied);
	show_method_json(root, begun);
	show_refreshed_json(root, &begun->template);
	pk_json_set_num(root, "cut_seconds", begun->cut_seconds);
	pk_json_set_num(root, "seconds", begun->seconds);
	pk_json_set_num(root, "migrations_run", (double)begun->caught_up.run);
	pk_json_set_bool(root, "drift", begun->drift);
}

static void show(const struct pk_session *session, const struct pk_begun *begun)
{
	PK_FREE char *size = pk_size((uint64_t)begun->size);
	PK_FREE char *cut = pk_duration(begun->cut_seconds), *told = pk_template_told(&begun->template);
	if (begun->template.none) {
		pk_print(stdout, "template  none: the cloneCommand of '%s' (%s) makes clones\n", session->remote, begun->where);
	} else if (begun->template.copied) {
		PK_FREE char *bytes = pk_size((uint64_t)begun->template.size);
		PK_FREE char *took = pk_duration(begun->template.stats.seconds);
		pk_print(stdout, "template  %s, %lld tables copied from '%s' (%s) in %s\n", bytes,
		       (long long)begun->template.stats.tables, session->remote, begun->where,
		       took);
		if (begun->method.why)
			pk_print(stdout, "          its %s, %s\n", begun->method.files ? "files" : "rows", begun->method.why);
	} else {
		PK_FREE char *age = pk_time_ago((time_t)begun->template.created);
		pk_print(stdout, "template  of '%s' (%s), %s %s\n", session->remote, begun->where,
		       begun->template.since && !begun->template.own_options ? "up to date" : "copied", age);
	}
	if (told)
		pk_print(stdout, "          %s\n", told);
	pk_print(stdout, "clone     %s, %s, %s in %s\n", session->db, size, begun->template.none ? "made" : "cut", cut);
	pk_print(stdout, "session   on branch '%s', acting as role '%s', PostgreSQL %d\n", session->branch,
	       session->role, session->major);
	if (begun->caught_up.run)
		pk_print(stdout, "          %zu migration%s of the branch that the copy does not have %s run on "
		       "the clone\n",
		       begun->caught_up.run, begun->caught_up.run == 1 ? "" : "s",
		       begun->caught_up.run == 1 ? "was" : "were");
}

/* The option, or postkit.copyMethod; not the tracked file, for files bring more than the remote's own data here. */
static int read_method(const struct pk_config *config, struct pk_begin_options *ret, struct pk_err *err)
{
	const char *method = pk_config_get_protected(config, "copyMethod");

	ret->rows = opt_no_physical || (!opt_physical && pk_streq(method, "logical"));
	ret->files = pk_streq(method, "physical") ? PK_PHYSICAL_PREFERRED : PK_PHYSICAL_IF_QUICKER;
	if (opt_physical)
		ret->files = PK_PHYSICAL_ASKED;
	if (!method || pk_streq(method, "physical") || pk_streq(method, "logical") || pk_streq(method, "auto"))
		return 0;
	pk_err_set(err, "postkit.copyMethod is auto, logical or physical, not '%s'", method);
	return pk_err_hint(err, "auto: whichever is quicker; logical: its rows; physical: the files of its whole cluster");
}

/* Data of others was on this machine, or what was set or chosen is not what was done. */
static void say_method(const struct pk_session *session, const struct pk_begun *begun)
{
	const struct pk_method *m = &begun->method;
	PK_FREE char *list = pk_strv_join(&m->others, ", ");

	if (m->refused)
		pk_say("the rows of '%s' were copied, and not its files as postkit.copyMethod says: %s", session->remote,
		       m->refused);
	if (m->failed)
		pk_say("warning: the rows of '%s' were copied, for its files could not be: %s", session->remote, m->failed);
	if (m->others.n)
		pk_say("warning: the files of '%s' came with %zu other database%s (%s), dropped here; blocks of them may "
		       "remain on the disk until they are written over",
		       session->remote, m->others.n, m->others.n == 1 ? "" : "s", list);
}

/* What to know of the session besides what it is, and what comes next. */
static void say_more(const struct pk_ctx *ctx, const struct pk_session *session, const struct pk_begun *begun)
{
	if (begun->again)
		pk_say("the clone of this session was gone, so it is new; hand-written migrations "
		       "wait to be applied again");
	if (begun->drift)
		pk_say("warning: the schema of '%s' is not what the migrations lead to; git "
		       "postkit drift shows the difference",
		       session->remote);
	if (begun->method.failed)
		pk_advise(ctx, "Physical", "git config postkit.copyMethod logical spares the attempt");
	if (begun->method.offer)
		pk_advise(ctx, "Physical", "%s", begun->method.offer);
	pk_advise(ctx, "Start", "change files below %s, then git postkit plan", ctx->project.schema_dir);
}

static int run(struct pk_document *document, struct pk_err *err)
{
	PK_AUTO(pk_ctx) ctx = PK_CTX_INIT;
	PK_AUTO(pk_desk) desk = PK_DESK_INIT;
	PK_AUTO(pk_begun) begun = PK_BEGUN_INIT;
	PK_AUTO(pk_progress) progress = PK_PROGRESS_INIT;
	PK_AUTO(pk_less) less = PK_LESS_INIT;
	int result;

	progress.json = opt_json;
	if (pk_ctx_open(&ctx, true, err) < 0 || pk_less_read(&ctx.config, &ctx.repo, &opt_less, &less, err) < 0)
		return -1;
	if (opt_max_age)
		pk_config_override(&ctx.config, "maxSnapshotAge", opt_max_age);
	struct pk_begin_options options = {
		.less = &less,
		.remote = opt_remote,
		.age = opt_fresh ? PK_TEMPLATE_FRESH : PK_TEMPLATE_CURRENT,
		.jobs = opt_jobs,
		.follow = pk_follow_by_diff,
		.progress = &progress,
	};
	if (read_method(&ctx.config, &options, err) < 0)
		return -1;
	if (!opt_fresh && !opt_refresh && pk_template_wanted(&ctx.config, PK_TEMPLATE_AS_IS, &options.age, err) < 0)
		return -1;
	result = pk_session_begin(&desk, &ctx.repo, &ctx.config, &ctx.project, &options, &begun,
				  err);
	pk_progress_stop(&progress);
	if (result < 0)
		return -1;
	pk_say_less(&less);
	say_method(&desk.session, &begun);
	if (opt_json)
		add_result(document->root, &desk.session, &begun);
	else
		show(&desk.session, &begun);
	say_more(&ctx, &desk.session, &begun);
	return 0;
}

int pk_cmd_start(int argc, char **argv, struct pk_err *err)
{
	PK_AUTO(pk_document) document = PK_DOCUMENT_INIT;
	int result = pk_cmd_parse_options("start", argc, argv, "; --remote names the remote", err);

	if (result)
		return result;
	if (pk_document_begin(&document, "start", opt_json, NULL, err) < 0)
		return -1;
	return pk_document_end(&document, run(&document, err), err);
}
