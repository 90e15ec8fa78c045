/* git postkit infra, grants, seed: the folders that are run as they are. */
#include "base/clock.h"
#include "clone/remote.h"
#include "cmd/cmd.h"
#include "cmd/plan_view.h"
#include "session/desk.h"
#include "trace/parts.h"

static bool opt_apply, opt_yes, opt_force;
static const char *opt_remote;

#define APPLY { PK_OPT_FLAG, 0, "apply", NULL, "run them on the clone or the remote", &opt_apply }
#define REMOTE { PK_OPT_STRING, 0, "remote", "NAME", "on this remote, not the clone", &opt_remote }
#define YES { PK_OPT_FLAG, 'y', "yes", NULL, "do not ask", &opt_yes }

const struct pk_opt pk_opts_infra[] = { APPLY, REMOTE, YES, PK_SSH_OPT, { 0 } };
const struct pk_opt pk_opts_grants[] = { APPLY, REMOTE, YES, PK_SSH_OPT, { 0 } };
const struct pk_opt pk_opts_seed[] = {
	APPLY, REMOTE, YES,
	{ PK_OPT_FLAG, 0, "force", NULL,
	  "also seeds that did not change since they were last run there", &opt_force },
	PK_SSH_OPT,
	{ 0 },
};

static const struct folder {
	const char *command, *folder;
	int (*apply)(struct pk_conn *conn, const struct pk_source *source,
		     const struct pk_parts_options *options, struct pk_part_results *results,
		     struct pk_err *err);
} folders[] = {
	{ "infra", "infra", pk_infra_apply },
	{ "grants", "grants", pk_grants_apply },
	{ "seed", "seeds", pk_seeds_apply },
};

static void show_source(const struct pk_source *source)
{
	for (size_t i = 0; i < source->n; i++) {
		PK_AUTO(pk_buf) text = PK_BUF_INIT;
		pk_view_indented(&text, source->items[i].text, "");
		pk_print(stdout, "%s-- %s%s\n", pk_color(stdout, PK_BOLD), source->items[i].path,
		       pk_color(stdout, PK_PLAIN));
		fputs(text.ptr, stdout);
	}
}

static void show_result(void *arg, const struct pk_part_result *result)
{
	(void)arg;
	PK_FREE char *took =
		result->ran ? pk_duration(result->seconds) : pk_strdup(result->skipped_reason);
	pk_print(stdout, "%10s  %s\n", took, result->path);
	fflush(stdout);
}

static int apply_to(struct pk_conn *conn, struct pk_conn *admin, const struct folder *folder,
		    const struct pk_source *source, struct pk_err *err)
{
	PK_AUTO(pk_part_results) results = PK_PART_RESULTS_INIT;
	const struct pk_parts_options options = {
		.local = admin != NULL,
		.admin = admin,
		.force = opt_force,
		.lock_timeout = admin ? NULL : "5s",
		.after = show_result,
	};
	if (folder->apply(conn, source, &options, &results, err) < 0)
		return -1;
	pk_print(stdout, "%zu of %zu files run\n", results.n_ran, source->n);
	return 0;
}

static int apply_local(struct pk_ctx *ctx, const struct folder *folder,
		       const struct pk_source *source, struct pk_err *err)
{
	PK_AUTO(pk_desk) desk = PK_DESK_INIT;
	PK_AUTO(pk_strv) roles = PK_STRV_INIT;
	if (pk_desk_open(&desk, &ctx->repo, &ctx->config, &ctx->project, err) < 0 ||
	    pk_source_roles(source, &roles, err) < 0 ||
	    (roles.n && pk_server_ensure_roles(&desk.server, &roles, err) < 0) ||
	    pk_desk_connect(&desk, err) < 0 || pk_desk_lock(&desk, err) < 0 ||
	    pk_desk_tables(&desk, err) < 0)
		return -1;
	return apply_to(&desk.user, &desk.admin, folder, source, err);
}

static int apply_remote(struct pk_ctx *ctx, const struct folder *folder,
			const struct pk_source *source, struct pk_err *err)
{
	PK_AUTO(pk_remote) remote = PK_REMOTE_INIT;
	PK_AUTO(pk_conn) conn = PK_CONN_INIT;
	if (pk_remote_get(&ctx->config, opt_remote, &remote, err) < 0)
		return -1;
	PK_FREE char *where = pk_conninfo_where(&remote.info);
	PK_FREE char *question = pk_printf("run %zu file%s of %s/%s on '%s' (%s)?", source->n,
					   source->n == 1 ? "" : "s", ctx->project.schema_dir,
					   folder->folder, remote.name, where);
	int yes = opt_yes ? 1 : pk_confirm(question, false, err);
	if (yes < 0)
		return -1;
	if (!yes) {
		pk_say("nothing was changed");
		return PK_EXIT_NO;
	}
	if (pk_remote_connect(&remote, &conn, err) < 0)
		return -1;
	return apply_to(&conn, NULL, folder, source, err);
}

static int run(const struct folder *folder, int argc, char **argv, struct pk_err *err)
{
	PK_AUTO(pk_ctx) ctx = PK_CTX_INIT;
	PK_AUTO(pk_source) source = PK_SOURCE_INIT;
	int rc = pk_cmd_parse_options(folder->command, argc, argv, "", err);
	if (rc)
		return rc;
	if (pk_ctx_open(&ctx, true, err) < 0 ||
	    pk_parts_load(&ctx.project, &ctx.repo, NULL, folder->folder, &source, err) < 0)
		return -1;
	if (!source.n) {
		pk_say("there are no files in %s/%s", ctx.project.schema_dir, folder->folder);
		return 0;
	}
	if (!opt_apply) {
		show_source(&source);
		pk_advise(&ctx, "Parts",
			  "git postkit %s --apply runs them on the session's clone, with --remote NAME on a remote",
			  folder->command);
		return 0;
	}
	return opt_remote ? apply_remote(&ctx, folder, &source, err)
			  : apply_local(&ctx, folder, &source, err);
}

int pk_cmd_infra(int argc, char **argv, struct pk_err *err)
{
	return run(&folders[0], argc, argv, err);
}

int pk_cmd_grants(int argc, char **argv, struct pk_err *err)
{
	return run(&folders[1], argc, argv, err);
}

int pk_cmd_seed(int argc, char **argv, struct pk_err *err)
{
	return run(&folders[2], argc, argv, err);
}
