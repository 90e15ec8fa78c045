#include "cmd/pattern_source.h"

#include "base/fs.h"
#include "session/desk.h"

#include <stdio.h>

static int read_clone(const struct pk_ctx *ctx, struct pk_source *ret, struct pk_err *err)
{
	PK_AUTO(pk_desk) desk = PK_DESK_INIT;
	PK_AUTO(pk_snapshot) now = PK_SNAPSHOT_INIT;

	if (pk_desk_open(&desk, &ctx->repo, &ctx->config, &ctx->project, err) < 0 ||
	    pk_desk_connect(&desk, err) < 0 || pk_desk_read(&desk, &now, err) < 0)
		return -1;
	for (size_t i = 0; i < now.n; i++) {
		const struct pk_object *o = now.objects[i];
		if (o->path && o->text)
			pk_source_add(ret, o->path, o->text, strlen(o->text));
	}
	return 0;
}

/* 1: it is not known where the migrations lead. */
static int read_end(const struct pk_ctx *ctx, struct pk_source *ret, struct pk_err *err)
{
	PK_AUTO(pk_chain) chain = PK_CHAIN_INIT;
	struct pk_oid tree = { .hex = "" };

	if (pk_chain_from_dir(&chain, ctx->repo.workdir, ctx->project.migrations_dir, err) < 0)
		return -1;
	const char *end = chain.n ? chain.items[chain.n - 1].to : NULL;
	if (!pk_fingerprint_known(&ctx->repo, end))
		return 1;
	snprintf(tree.hex, sizeof(tree.hex), "%s", end);
	return pk_source_from_tree(ret, &ctx->repo, &tree, "", NULL, err);
}

/* 1: none are committed. */
static int read_head(const struct pk_ctx *ctx, struct pk_source *ret, struct pk_err *err)
{
	struct pk_oid tree;

	if (pk_repo_tree_at(&ctx->repo, "HEAD", ctx->project.schema_dir, &tree, err) < 0)
		return -1;
	if (!tree.hex[0])
		return 1;
	return pk_source_from_tree(ret, &ctx->repo, &tree, ctx->project.schema_dir,
				   pk_project_not_schema, err);
}

int pk_pattern_source(const struct pk_ctx *ctx, const char *output, struct pk_source *ret,
		      const char **ret_who, struct pk_err *err)
{
	if (!output) {
		*ret_who = "the clone has";
		return read_clone(ctx, ret, err);
	}
	*ret_who = "the schema that the last migration leads to has";
	int status = read_end(ctx, ret, err);
	if (status <= 0)
		return status;
	*ret_who = "the schema files of HEAD define";
	status = read_head(ctx, ret, err);
	if (status <= 0)
		return status;
	*ret_who = "the schema files define";
	PK_FREE char *dir = pk_path_join(ctx->repo.workdir, ctx->project.schema_dir);
	return pk_source_from_path(ret, dir, pk_project_not_schema, err);
}
