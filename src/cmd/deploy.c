/* git postkit deploy: pending migrations of a commit to a remote, tried on a copy of it before. */
#include "base/clock.h"
#include "cmd/checkview.h"
#include "cmd/help.h"
#include "deploy/deploy.h"

static bool opt_dry_run, opt_yes, opt_fresh, opt_allow_drift, opt_allow_order, opt_json;
static const char *opt_commit;
static int opt_max_wait = -1;

const struct pk_opt pk_opts_deploy[] = {
	{ PK_OPT_FLAG, 'n', "dry-run", NULL, "only try it on a copy of the remote", &opt_dry_run },
	{ PK_OPT_FLAG, 'y', "yes", NULL, "do not ask", &opt_yes },
	{ PK_OPT_FLAG, 0, "fresh", NULL, "copy the remote again before the dry run", &opt_fresh },
	{ PK_OPT_FLAG, 0, "allow-drift", NULL, "go on although the remote's schema is not what its migrations made",
	  &opt_allow_drift },
	{ PK_OPT_FLAG, 0, "allow-out-of-order", NULL, "run migrations older than the newest one applied",
	  &opt_allow_order },
	{ PK_OPT_STRING, 0, "commit", "REV", "deploy the migrations of this commit instead of HEAD", &opt_commit },
	{ PK_OPT_INT, 0, "max-wait", "SECONDS", "wait so long for locks in all (60)", &opt_max_wait },
	{ PK_OPT_FLAG, 0, "json", NULL, "one JSON document", &opt_json },
	PK_SSH_OPT,
	{ 0 },
};

/* What is shown while it runs, and kept for --json. */
struct show {
	cJSON *runs;       /* an array of migrations for the phase at hand */
	cJSON *statements; /* of the migration at hand */
	struct pk_progress progress;
};

static void show_phase(void *arg, const char *text)
{
	(void)arg;
	pk_say("%s", text);
}

static void show_migration(void *arg, const struct pk_migration *m)
{
	struct show *show = arg;
	cJSON *run = pk_json_add_object(show->runs, NULL);

	pk_json_set_str(run, "version", m->version);
	pk_json_set_str(run, "name", m->name);
	pk_json_set_str(run, "file", m->file);
	show->statements = pk_json_add_array(run, "statements");
	if (!opt_json)
		pk_say("  %s%s%s", pk_color(stderr, PK_BOLD), m->file, pk_color(stderr, PK_PLAIN));
}

/* One line of a statement, as wide as it may be. */
static void add_short(struct pk_buf *buf, const char *sql, size_t width)
{
	bool space = false;

	for (size_t n = 0; *sql && n < width; sql++) {
		if (*sql == ' ' || *sql == '\t' || *sql == '\n' || *sql == '\r') {
			space = buf->len > 0;
			continue;
		}
		if (space) {
			pk_buf_addc(buf, ' ');
			n++;
		}
		space = false;
		pk_buf_addc(buf, *sql);
		n++;
	}
	/* Not in the middle of a character. */
	if (*sql)
		while (buf->len && ((unsigned char)buf->ptr[buf->len - 1] & 0xC0) == 0x80)
			pk_buf_truncate(buf, buf->len - 1);
	if (*sql)
		pk_buf_add(buf, "...");
}

static void show_statement(void *arg, const struct pk_traced *t)
{
	struct show *show = arg;
	cJSON *item = pk_json_add_object(show->statements, NULL);
	PK_FREE char *took = pk_duration(t->seconds);
	PK_AUTO(pk_buf) sql = PK_BUF_INIT;
	PK_AUTO(pk_buf) line = PK_BUF_INIT;

	pk_json_set_str(item, "sql", t->sql);
	pk_json_set_num(item, "seconds", t->seconds);
	if (t->rows >= 0)
		pk_json_set_num(item, "rows", (double)t->rows);
	pk_json_set_str(item, "lock", t->lock);
	pk_json_set_str(item, "relation", t->relation);
	if (t->rewrote)
		pk_json_set_str(item, "rewritten", t->rewritten);
	if (opt_json)
		return;
	add_short(&sql, t->sql, 70);
	pk_buf_addf(&line, "  %9s  ", took);
	pk_buf_add_safe(&line, sql.ptr, false);
	if (t->lock)
		pk_buf_addf(&line, "\n             %slocks %s: %s%s%s", pk_color(stderr, PK_DIM),
			    t->relation ? t->relation : "?", t->lock, t->rewrote ? ", rewrites it" : "",
			    pk_color(stderr, PK_PLAIN));
	pk_say("%s", line.ptr);
}

static void show_finished(void *arg, const struct pk_migration *m, double seconds)
{
	struct show *show = arg;
	cJSON *run = cJSON_GetArrayItem(show->runs, cJSON_GetArraySize(show->runs) - 1);

	(void)m;
	if (run)
		pk_json_set_num(run, "seconds", seconds);
}

static void show_part(void *arg, const char *part, const struct pk_part_result *result)
{
	PK_FREE char *took = pk_duration(result->seconds);

	(void)arg;
	if (!opt_json)
		pk_say("  %9s  %s: %s", took, part, result->path);
}

static void add_state(const struct pk_deploy *d, cJSON *root)
{
	cJSON *list;

	pk_json_set_str(root, "remote", d->remote.name);
	pk_json_set_str(root, "commit", d->commit.hex);
	pk_json_set_bool(root, "drift", d->drifted);
	pk_json_set_bool(root, "new_database", d->empty);
	if (d->adopt)
		pk_json_set_str(root, "adopt", d->chain.items[0].file);
	list = pk_json_add_array(root, "pending");
	for (size_t i = 0; i < d->n_pending; i++)
		cJSON_AddItemToArray(list, cJSON_CreateString(d->chain.items[d->pending[i]].file));
}

static void say_state(const struct pk_deploy *d)
{
	PK_FREE char *where = pk_conninfo_where(&d->remote.info);

	if (d->empty && d->n_pending)
		pk_say("'%s' (%s) is a new database", d->remote.name, where);
	if (d->adopt)
		pk_say("'%s' (%s) has the schema of %s already: it is recorded there, not run", d->remote.name,
		       where, d->chain.items[0].file);
	if (d->resume)
		pk_say("%s was begun by an earlier deploy and is gone on with", d->chain.items[d->pending[0]].file);
	if (d->drifted)
		pk_say("warning: the schema of '%s' is not what its migrations made of it; going on, as asked",
		       d->remote.name);
	pk_say("%zu pending migration%s at commit %.10s", d->n_pending, d->n_pending == 1 ? "" : "s", d->commit.hex);
}

static int ask(const struct pk_deploy *d, struct pk_err *err)
{
	PK_FREE char *where = pk_conninfo_where(&d->remote.info);
	PK_FREE char *question = NULL;
	int answer;

	if (opt_yes)
		return 1;
	question = d->n_pending ? pk_printf("run %zu migration%s on '%s' (%s)?", d->n_pending,
					    d->n_pending == 1 ? "" : "s", d->remote.name, where)
				: pk_printf("record the baseline on '%s' (%s)?", d->remote.name, where);
	answer = pk_confirm(question, false, err);
	if (answer == 0)
		pk_say("nothing was done on '%s'", d->remote.name);
	return answer;
}

static void say_done(const struct pk_deploy *d, double seconds)
{
	PK_FREE char *took = pk_duration(seconds);
	size_t n = 0;

	for (size_t i = 0; i < d->n_done; i++)
		n += !d->done[i].adopted;
	if (!opt_json && n)
		printf("deployed %zu migration%s to '%s' in %s\n", n, n == 1 ? "" : "s", d->remote.name, took);
	else if (!opt_json)
		printf("recorded the baseline on '%s' in %s\n", d->remote.name, took);
}

static void add_done(const struct pk_deploy *d, cJSON *root)
{
	cJSON *list = pk_json_add_array(root, "deployed");

	for (size_t i = 0; i < d->n_done; i++)
		cJSON_AddItemToArray(list, cJSON_CreateString(d->chain.items[d->done[i].index].file));
	pk_json_set_bool(root, "recorded", d->recorded);
}

static int run_on_remote(struct pk_deploy *d, struct show *show, cJSON *root, struct pk_err *err)
{
	double began;
	int rc = ask(d, err);

	if (rc <= 0)
		return rc < 0 ? -1 : PK_EXIT_NO;
	show->runs = pk_json_add_array(root, "run");
	began = pk_now();
	rc = pk_deploy_run(d, err);
	if (d->n_done && rc < 0)
		pk_say("%zu of %zu migrations are done on '%s' and stay", d->n_done,
		       d->n_pending + (d->adopt ? 1 : 0), d->remote.name);
	add_done(d, root);
	if (rc == 0)
		say_done(d, pk_now() - began);
	return rc;
}

static int try_it(struct pk_deploy *d, cJSON *root, struct pk_err *err)
{
	int rc = pk_deploy_dry_run(d, err);

	if (!opt_json) {
		pk_view_intact(stderr, &d->intact);
		pk_view_checks(stderr, &d->checks);
	} else if (d->checks.compared) {
		cJSON_AddItemToObject(root, "tables", pk_intact_to_json(&d->intact));
		cJSON_AddItemToObject(root, "checks", pk_checks_to_json(&d->checks));
	}
	return rc;
}

static int go(struct pk_deploy *d, struct show *show, cJSON *root, struct pk_err *err)
{
	if (pk_deploy_compare(d, err) < 0 || (!opt_dry_run && pk_deploy_catch_up(d, err) < 0))
		return -1;
	add_state(d, root);
	if (pk_deploy_check(d, err) < 0)
		return -1;
	if (d->n_pending == 0 && !d->adopt) {
		if (!opt_json)
			printf("nothing is pending on '%s'\n", d->remote.name);
		return 0;
	}
	if (!opt_yes && !opt_dry_run && !pk_term_can_ask()) {
		pk_err_set(err, "deploy asks before it runs, and here is no terminal to ask on");
		return pk_err_hint(err, "answer with --yes, or only try with --dry-run");
	}
	say_state(d);
	show->runs = pk_json_add_array(root, "dry_run");
	if (try_it(d, root, err) < 0)
		return -1;
	if (opt_dry_run) {
		if (!opt_json)
			printf("dry run passed: %zu migration%s can be deployed to '%s'\n", d->n_pending,
			       d->n_pending == 1 ? "" : "s", d->remote.name);
		return 0;
	}
	return run_on_remote(d, show, root, err);
}

static int run(struct pk_ctx *ctx, const char *remote, struct pk_err *err)
{
	struct show show = { .progress = PK_PROGRESS_INIT };
	const struct pk_deploy_events events = {
		.phase = show_phase, .migration = show_migration, .statement = show_statement,
		.finished = show_finished, .part = show_part, .arg = &show, .progress = &show.progress,
	};
	const struct pk_deploy_options options = {
		.remote = remote, .commit = opt_commit, .fresh = opt_fresh, .allow_drift = opt_allow_drift,
		.allow_out_of_order = opt_allow_order, .max_wait = opt_max_wait,
	};
	PK_AUTO(pk_deploy) d = PK_DEPLOY_INIT;
	cJSON *root = cJSON_CreateObject();
	int rc = pk_deploy_open(&d, &ctx->repo, &ctx->config, &ctx->project, &options, &events, err);

	if (rc == 0)
		rc = go(&d, &show, root, err);
	pk_progress_release(&show.progress);
	if (!opt_json || (rc < 0 && !cJSON_HasObjectItem(root, "remote"))) {
		cJSON_Delete(root);
		return rc;
	}
	pk_json_set_bool(root, "ok", rc == 0);
	if (rc < 0 && err && err->msg)
		pk_json_set_str(root, "error", err->msg);
	if (rc < 0 && err)
		pk_json_set_str(root, "detail", err->detail);
	pk_print_json(root);
	return rc;
}

int pk_cmd_deploy(int argc, char **argv, struct pk_err *err)
{
	PK_AUTO(pk_ctx) ctx = PK_CTX_INIT;
	PK_FREE const char **operands = pk_alloc((size_t)argc * sizeof(*operands));
	int n, result = pk_cmd_parse("deploy", argc, argv, operands, &n, err);

	if (result)
		return result;
	if (n > 1)
		return pk_help_usage("deploy", err, "deploy takes one remote, not %d", n);
	if (pk_ctx_open(&ctx, true, err) < 0)
		return -1;
	return run(&ctx, n ? operands[0] : NULL, err);
}
