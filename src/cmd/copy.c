/* git postkit copy: the contents of a database into another, empty one. */
#include "base/clock.h"
#include "base/text.h"
#include "clone/copy.h"
#include "clone/method.h"
#include "clone/remote.h"
#include "cmd/help.h"
#include "cmd/narrow.h"

static int opt_jobs;
static const char *opt_max_age;
static bool opt_as_is, opt_no_owner, opt_json;
static struct pk_less_options opt_less;

const struct pk_opt pk_opts_copy[] = {
	{ PK_OPT_INT, 'j', "jobs", "N", "connections to FROM, at most (default: processors, at most 4)",
	  &opt_jobs },
	{ PK_OPT_STRING, 0, "max-snapshot-age", "TIME", "give up rather than hold a snapshot of FROM longer (30min)",
	  &opt_max_age },
	PK_LESS_OPTS(opt_less),
	{ PK_OPT_FLAG, 0, "as-is", NULL, "without the masks of the settings, and all that they leave out", &opt_as_is },
	{ PK_OPT_FLAG, 0, "no-owner", NULL, "leave out owners and privileges", &opt_no_owner },
	{ PK_OPT_FLAG, 0, "json", NULL, "one JSON document", &opt_json },
	PK_SSH_OPT,
	{ 0 },
};

/* A remote's name or a connection string; connects once, so that git's helpers can give the password. */
static int resolve(const struct pk_ctx *ctx, const char *text, struct pk_remote *ret,
		   struct pk_err *err)
{
	PK_AUTO(pk_strv) names = PK_STRV_INIT;
	PK_AUTO(pk_conn) conn = PK_CONN_INIT;

	pk_remote_list(&ctx->config, &names);
	if (pk_strv_has(&names, text)) {
		if (pk_remote_get(&ctx->config, text, ret, err) < 0)
			return -1;
	} else if (!pk_conninfo_looks_like(text)) {
		pk_err_set(err, "'%s' is neither a remote nor a connection string", text);
		return pk_err_hint(err, "postgresql://USER@HOST/DATABASE, or a name from 'git postkit remote list'");
	} else if (pk_remote_of_url(&ctx->config, text, ret, err) < 0) {
		return -1;
	}
	return pk_remote_connect(ret, &conn, err);
}

static void print_done(const struct pk_conninfo *to, const struct pk_copy_stats *stats)
{
	PK_FREE char *where = pk_conninfo_where(to), *took = pk_duration(stats->seconds);
	PK_FREE char *size = pk_size((uint64_t)stats->bytes),
		     *tables = pk_count((uint64_t)stats->tables);

	if (opt_json) {
		cJSON *root = cJSON_CreateObject();

		pk_json_set_num(root, "tables", (double)stats->tables);
		pk_json_set_num(root, "bytes", (double)stats->bytes);
		pk_json_set_num(root, "seconds", stats->seconds);
		pk_print_json(root);
		return;
	}
	pk_print(stdout, "copied %s table%s into '%s' in %s; it takes %s\n", tables,
	       stats->tables == 1 ? "" : "s", where, took, size);
}

int pk_cmd_copy(int argc, char **argv, struct pk_err *err)
{
	PK_AUTO(pk_ctx) ctx = PK_CTX_INIT;
	PK_AUTO(pk_remote) from = PK_REMOTE_INIT;
	PK_AUTO(pk_remote) to = PK_REMOTE_INIT;
	PK_AUTO(pk_progress) progress = PK_PROGRESS_INIT;
	PK_AUTO(pk_less) less = PK_LESS_INIT;
	const struct pk_config nothing = { 0 };
	PK_FREE const char **operands = pk_alloc((size_t)argc * sizeof(*operands));
	struct pk_copy_stats stats = { 0 };
	int n, result = pk_cmd_parse("copy", argc, argv, operands, &n, err);

	if (result)
		return result;
	if (n != 2)
		return pk_help_usage("copy", err, "copy takes two databases: FROM and TO");
	if (opt_jobs < 0)
		return pk_help_usage("copy", err, "--jobs takes a number from 1 on");
	progress.json = opt_json;
	if (pk_ctx_open(&ctx, false, err) < 0 ||
	    pk_less_read(opt_as_is ? &nothing : &ctx.config, ctx.has_repo ? &ctx.repo : NULL, &opt_less, &less, err) < 0 ||
	    resolve(&ctx, operands[0], &from, err) < 0)
		return -1;
	pk_config_override(&ctx.config, PK_REMOTE_SSH_OPTION, NULL); /* --ssh is for FROM */
	if (opt_max_age)
		pk_config_override(&ctx.config, "maxSnapshotAge", opt_max_age);
	if (resolve(&ctx, operands[1], &to, err) < 0)
		return -1;
	struct pk_copy_options options = {
		.jobs = opt_jobs,
		.no_owner = opt_no_owner,
		.progress = &progress,
		.config = &ctx.config,
	};
	pk_less_apply(&less, &options);
	if (pk_method_max_rate(&ctx.config, from.name, &options.max_rate, err) < 0)
		return -1;
	if (pk_copy_into(&from.info, &to.info, &options, &stats, err) < 0)
		return pk_less_explain(&less, err);
	pk_progress_stop(&progress);
	pk_say_less(&less);
	print_done(&to.info, &stats);
	return 0;
}
