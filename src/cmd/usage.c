#include "cmd/usage.h"

#include "clone/remote.h"

#define CONNECT_SECONDS "5" /* nothing depends on the answer, so nobody should wait for it */

/* ---- the remote ---- */

static int read_remote(const struct pk_usage_asker *asker, struct pk_workload *ret,
		       struct pk_err *err)
{
	PK_AUTO(pk_remote) remote = PK_REMOTE_INIT;
	PK_AUTO(pk_conn) conn = PK_CONN_INIT;

	if (pk_remote_get(&asker->ctx->config, asker->remote, &remote, err) < 0)
		return -1;
	pk_conninfo_set(&remote.info, "application_name", "git postkit");
	if (!pk_conninfo_get(&remote.info, "connect_timeout"))
		pk_conninfo_set(&remote.info, "connect_timeout", CONNECT_SECONDS);
	if (pk_remote_connect(&remote, &conn, err) < 0)
		return -1;
	return pk_workload_read(&conn, remote.name, ret, err);
}

static int read_workload(void *arg, struct pk_workload *ret, struct pk_err *err)
{
	const struct pk_usage_asker *asker = arg;
	PK_AUTO(pk_err) why = PK_ERR_INIT;

	if (read_remote(asker, ret, &why) < 0) {
		if (pk_err_move_interrupt(err, &why))
			return -1;
		pk_workload_refused(ret, asker->remote, &why);
	}
	if (asker->remote)
		pk_workload_keep_or_load(ret, &asker->ctx->repo);
	return 0;
}

int pk_usage_asker_open(struct pk_usage_asker *asker, const struct pk_ctx *ctx, const char *remote,
			bool *ret_wanted, struct pk_err *err)
{
	asker->ctx = ctx;
	asker->remote = remote ? pk_strdup(remote) : pk_remote_default(&ctx->config);
	asker->leave_out[0] = ctx->project.schema_dir;
	asker->leave_out[1] = ctx->project.migrations_dir;
	asker->source.read = read_workload;
	asker->source.arg = asker;
	asker->source.repo = &ctx->repo;
	asker->source.leave_out = asker->leave_out;
	return pk_usage_wanted(&ctx->config, asker->remote, ret_wanted, err);
}

void pk_usage_asker_release(struct pk_usage_asker *asker)
{
	pk_usage_source_release(&asker->source);
	free(asker->remote);
	*asker = (struct pk_usage_asker)PK_USAGE_ASKER_INIT;
}

/* ---- a plan ---- */

/* The clone's catalog; rows are those that the plan's steps were chosen by. */
struct planned_catalog {
	struct pk_lint_catalog texts;
	const struct pk_plan *plan;
};

static const char *planned_text(void *arg, const char *path)
{
	const struct planned_catalog *c = arg;

	return c->texts.text(c->texts.arg, path);
}

static void planned_list(void *arg, const char *beginning, struct pk_strv *ret)
{
	const struct planned_catalog *c = arg;

	c->texts.list(c->texts.arg, beginning, ret);
}

static int64_t planned_rows(void *arg, const char *schema, const char *table)
{
	const struct planned_catalog *c = arg;
	PK_AUTO(pk_buf) name = PK_BUF_INIT;

	pk_buf_add_qualified(&name, schema, table);
	for (size_t i = 0; i < c->plan->n; i++)
		for (size_t k = 0; k < c->plan->steps[i].n_locks; k++)
			if (pk_streq(c->plan->steps[i].locks[k].relation, name.ptr))
				return c->plan->steps[i].locks[k].rows;
	return -1;
}

int pk_findings_of_plan(const struct pk_ctx *ctx, const char *remote, const struct pk_plan *plan,
			const struct pk_snapshot *clone, struct pk_findings *ret, struct pk_err *err)
{
	PK_AUTO(pk_usage_asker) asker = PK_USAGE_ASKER_INIT;
	PK_AUTO(pk_map) texts = PK_MAP_INIT;
	PK_AUTO(pk_buf) sql = PK_BUF_INIT;
	struct planned_catalog planned = { .plan = plan };
	const struct pk_lint_catalog catalog = { .text = planned_text, .list = planned_list, .rows = planned_rows, .arg = &planned };
	struct pk_lint_options options = { .catalog = &catalog, .ours = true };
	bool wanted;

	if (pk_usage_asker_open(&asker, ctx, remote, &wanted, err) < 0 ||
	    pk_lint_settings(&ctx->config, asker.remote, &options, err) < 0)
		return -1;
	options.usage = wanted ? &asker.source : NULL;
	pk_lint_catalog_of(clone, &texts, &planned.texts);
	pk_plan_sql(plan, &sql);
	return pk_lint_sql(sql.ptr, "plan", &options, ret, err);
}

/* ---- for people ---- */

static void show_line(void *arg, const char *label, const char *text)
{
	FILE *out = arg;
	PK_AUTO(pk_buf) safe = PK_BUF_INIT;

	pk_buf_add_safe(&safe, text, false);
	pk_print(out, "    %s%s%s%s\n", pk_color(out, PK_CYAN), label, pk_color(out, PK_PLAIN),
		safe.ptr);
}

void pk_view_usage(FILE *out, const struct pk_findings *findings)
{
	for (size_t i = 0; i < findings->n; i++) {
		const struct pk_finding *f = &findings->items[i];
		PK_AUTO(pk_buf) fact = PK_BUF_INIT;

		if (!f->usage)
			continue;
		pk_buf_add_safe(&fact, f->fact, false);
		pk_print(out, "%s  %s%s [%s]\n",
			pk_color(out, f->usage->counted ? PK_RED : PK_YELLOW), fact.ptr,
			pk_color(out, PK_PLAIN), f->rule);
		pk_usage_text(f->usage, show_line, out);
		fputc('\n', out);
	}
}

static bool refused(const struct pk_finding *f)
{
	return f->level == PK_LEVEL_ERROR && !f->allowed;
}

size_t pk_view_errors(FILE *out, const struct pk_findings *findings)
{
	size_t n = 0;

	for (size_t i = 0; i < findings->n; i++) {
		const struct pk_finding *f = &findings->items[i];
		PK_AUTO(pk_buf) fact = PK_BUF_INIT;

		if (!refused(f))
			continue;
		n++;
		if (f->usage)
			continue;
		pk_buf_add_safe(&fact, f->fact, false);
		pk_print(out, "%serror:%s %s [%s]\n", pk_color(out, PK_RED), pk_color(out, PK_PLAIN), fact.ptr, f->rule);
	}
	return n;
}

void pk_advise_errors(const struct pk_ctx *ctx, const char *way)
{
	pk_advise(ctx, "Errors",
		  "that is not fit for production: git push refuses it unless '-- postkit:allow RULE: REASON' stands above "
		  "the statement; %s",
		  way);
}
