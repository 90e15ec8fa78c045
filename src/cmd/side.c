#include "cmd/side.h"
#include "base/fs.h"
#include "clone/remote.h"
#include "clone/shadow.h"

void pk_side_release(struct pk_side *side)
{
	pk_ahead_release(&side->ahead);
	pk_source_facts_release(&side->facts);
	pk_source_release(&side->files);
	pk_snapshot_release(&side->snapshot);
}

static bool is_remote(const struct pk_ctx *ctx, const char *text)
{
	PK_AUTO(pk_strv) names = PK_STRV_INIT;

	if (!ctx->has_repo)
		return false;
	pk_remote_list(&ctx->config, &names);
	return pk_strv_has(&names, text);
}

static bool is_live(const struct pk_ctx *ctx, const char *text)
{
	return is_remote(ctx, text) || pk_conninfo_looks_like(text);
}

static int find_remote(const struct pk_ctx *ctx, const char *text, struct pk_remote *ret, struct pk_err *err)
{
	if (is_remote(ctx, text))
		return pk_remote_get(&ctx->config, text, ret, err);
	return pk_remote_of_url(&ctx->config, text, ret, err);
}

/* Those that are live, at once. */
static int connect_live(const struct pk_ctx *ctx, struct pk_side *const *live, struct pk_conn *const *conns, size_t n,
			struct pk_err *err)
{
	struct pk_remote remotes[PK_SNAPSHOTS_MAX] = { PK_REMOTE_INIT, PK_REMOTE_INIT };
	const struct pk_conninfo *infos[PK_SNAPSHOTS_MAX];
	int status = 0;

	for (size_t i = 0; i < n && status == 0; i++) {
		status = find_remote(ctx, live[i]->text, &remotes[i], err);
		if (status == 0)
			status = pk_remote_dig(&remotes[i], err);
		infos[i] = &remotes[i].info;
	}
	for (size_t i = 0; i < n; i++)
		pk_ahead_take(&live[i]->ahead, conns[i]);
	if (status == 0 && n > 1 && !conns[0]->begun)
		pk_conns_begin(conns, infos, n);
	for (size_t i = 0; i < n; i++) {
		if (status == 0)
			status = pk_remote_connect(&remotes[i], conns[i], err);
		pk_remote_release(&remotes[i]);
	}
	return status;
}

void pk_sides_begin(struct pk_side *const *sides, size_t n)
{
	if (pk_opt_ssh) /* the tunnel comes first */
		return;
	for (size_t i = 0; i < n; i++)
		if (!pk_conninfo_looks_like(sides[i]->text))
			return;
	for (size_t i = 0; i < n; i++)
		pk_ahead_begin(&sides[i]->ahead, sides[i]->text);
}

/* All that are live, side by side. files: others are made like the first of these. */
static int read_live(const struct pk_ctx *ctx, struct pk_side *const *sides, size_t n, bool files, struct pk_err *err)
{
	struct pk_conn conns[PK_SNAPSHOTS_MAX] = { PK_CONN_INIT, PK_CONN_INIT }, *used[PK_SNAPSHOTS_MAX];
	struct pk_snapshot *rets[PK_SNAPSHOTS_MAX];
	struct pk_side *live[PK_SNAPSHOTS_MAX];
	size_t n_live = 0;

	for (size_t i = 0; i < n; i++) {
		if (!sides[i]->live)
			continue;
		sides[i]->snapshot.measure = sides[i]->measure;
		used[n_live] = &conns[n_live];
		rets[n_live] = &sides[i]->snapshot;
		live[n_live++] = sides[i];
	}
	int status = connect_live(ctx, live, used, n_live, err);
	for (size_t i = 0; i < n_live && status == 0; i++)
		if (live[i]->copied || (files && i == 0))
			status = pk_source_facts_read(used[i], &live[i]->facts, err);
	if (status == 0 && n_live)
		status = pk_snapshots_read(used, rets, n_live, &ctx->project.managed, err);
	for (size_t i = 0; i < n_live; i++)
		pk_conn_release(&conns[i]);
	return status;
}

static struct pk_shadow_options shadow_options(const struct pk_ctx *ctx, const struct pk_side *side)
{
	const struct pk_side *like = side->like;

	return (struct pk_shadow_options){
		.role = like ? like->facts.role : NULL,
		.owner = like ? like->facts.owner : NULL,
		.trust = pk_super_trust(&ctx->config, ctx->has_repo ? &ctx->repo : NULL,
					like ? &like->snapshot : NULL),
		.managed = &ctx->project.managed,
	};
}

static int read_files(const struct pk_ctx *ctx, struct pk_server *server, struct pk_side *side, struct pk_err *err)
{
	PK_AUTO(pk_source) infra = PK_SOURCE_INIT;
	PK_FREE char *infra_dir = pk_path_join(side->text, pk_project_not_schema[0]);
	const struct pk_shadow_options how = shadow_options(ctx, side);

	if (pk_source_from_path(&side->files, side->text, pk_project_not_schema, err) < 0)
		return -1;
	if (pk_path_is_dir(infra_dir) && pk_source_from_path(&infra, infra_dir, NULL, err) < 0)
		return -1;
	return pk_shadow_read(server, &infra, &side->files, &how, &side->snapshot, err);
}

int pk_sides_read(const struct pk_ctx *ctx, struct pk_side *const *sides, size_t n,
		  struct pk_err *err)
{
	PK_AUTO(pk_server) server = PK_SERVER_INIT;
	const struct pk_side *like = NULL;
	bool files = false;
	int major;

	/* Everything that can be wrong with the words comes before the first connection. */
	for (size_t i = 0; i < n; i++) {
		sides[i]->live = is_live(ctx, sides[i]->text);
		if (sides[i]->live)
			continue;
		files = true;
		if (pk_path_exists(sides[i]->text))
			continue;
		pk_err_set(err,
			   "'%s' is neither a connection string, a remote, nor a file or folder",
			   sides[i]->text);
		return pk_err_hint(
			err, "connection strings look like postgresql://user@host/database or 'host=... dbname=...'");
	}
	if (read_live(ctx, sides, n, files, err) < 0)
		return -1;
	for (size_t i = n; i-- > 0;)
		like = sides[i]->live ? sides[i] : like;
	for (size_t i = 0; i < n; i++)
		sides[i]->like = sides[i]->live ? sides[i] : like;
	if (!files)
		return 0;
	major = like ? like->facts.version / 10000 : pk_config_int(&ctx->config, "pgMajor", 0);
	if (pk_server_open(&server, ctx->has_repo ? &ctx->repo : NULL, &ctx->config, major, err) <
	    0)
		return -1;
	for (size_t i = 0; i < n; i++)
		if (!sides[i]->live && read_files(ctx, &server, sides[i], err) < 0)
			return -1;
	return 0;
}

int pk_side_after(const struct pk_ctx *ctx, const struct pk_side *side, const char *sql, struct pk_snapshot *ret_before,
		  struct pk_snapshot *ret_after, struct pk_err *err)
{
	PK_AUTO(pk_server) server = PK_SERVER_INIT;
	struct pk_shadow_options how = shadow_options(ctx, side);

	how.trust = pk_super_trust(&ctx->config, ctx->has_repo ? &ctx->repo : NULL, &side->snapshot); /* it is what the copy is made of */
	if (pk_server_open(&server, ctx->has_repo ? &ctx->repo : NULL, &ctx->config, side->snapshot.version / 10000, err) < 0)
		return -1;
	return pk_shadow_after(&server, &side->snapshot, sql, &how, ret_before, ret_after, err);
}
