#include "cmd/sync_work.h"

#include "base/clock.h"
#include "git/git.h"

void pk_sync_release(struct pk_sync *sync)
{
	for (size_t i = 0; i < sync->n; i++) {
		free(sync->items[i].file);
		free(sync->items[i].text);
	}
	free(sync->items);
	pk_order_release(&sync->order);
	pk_settlement_release(&sync->settlement);
	pk_chain_release(&sync->chain);
	*sync = (struct pk_sync)PK_SYNC_INIT;
}

/* git makes no commit of some files alone before such a thing is finished. */
static int refuse_unfinished(const struct pk_ctx *ctx, struct pk_err *err)
{
	const char *what = pk_repo_unfinished(&ctx->repo);

	if (!what)
		return 0;
	pk_err_set(err, "a %s is not finished", what);
	return pk_err_hint(err, "resolve it, git %s --continue, then git postkit sync", what);
}

static int refuse_changed(const struct pk_ctx *ctx, struct pk_err *err)
{
	/* What a killed command was writing is gc's. */
	const char *const args[] = { "status",
				     "--porcelain",
				     "--untracked-files=all",
				     "--",
				     ctx->project.schema_dir,
				     ctx->project.migrations_dir,
				     ":(exclude,glob)**/.pk-tmp-*",
				     NULL };
	PK_AUTO(pk_buf) out = PK_BUF_INIT;

	if (pk_git_check(ctx->repo.workdir, args, NULL, &out, err) < 0)
		return -1;
	pk_buf_rtrim(&out);
	if (!out.len)
		return 0;
	pk_err_set(err, "schema files or migrations are changed and not committed");
	pk_err_detail(err, "%s", out.ptr);
	return pk_err_hint(err, "commit them or put them aside (git stash), then git postkit sync");
}

static const char *where_of(const struct pk_sync *sync, const struct pk_order_item *place)
{
	const char *where = sync->settlement.where[place->index];

	return where ? where : "a remote, below one that has";
}

/* What comes first was sorted by how firm it is: when the first to be changed has run, so have all before it. */
static int refuse_deployed(const struct pk_sync *sync, struct pk_err *err)
{
	const struct pk_order *order = &sync->order;
	const struct pk_order_item *place = &order->items[order->first];

	if (order->first == order->n || place->as != PK_SETTLED_DEPLOYED)
		return 0;
	const struct pk_order_item *before = &order->items[order->first - 1];
	pk_err_set(err,
		   "migrations '%s' and '%s' do not follow each other, and both have run already",
		   sync->chain.items[before->index].file, sync->chain.items[place->index].file);
	pk_err_exit(err, PK_EXIT_NO);
	pk_err_detail(err, "%s ran on %s\n%s ran on %s", sync->chain.items[before->index].file,
		      where_of(sync, before), sync->chain.items[place->index].file,
		      where_of(sync, place));
	return pk_err_hint(err, "what ran is not changed any more: git postkit rollback takes one "
				"of them back where it ran, then git postkit sync");
}

static int list_items(struct pk_sync *sync, struct pk_err *err)
{
	const struct pk_order *order = &sync->order;
	const char *last = "";

	sync->items = pk_alloc((order->n + 1) * sizeof(*sync->items));
	for (size_t i = 0; i < order->n; i++) {
		const struct pk_order_item *place = &order->items[i];
		const struct pk_migration *m = &sync->chain.items[place->index];
		const char *version = place->version ? place->version : m->version;

		if (i >= order->first && strcmp(version, last) <= 0)
			return pk_err_set(err, "there is no version behind '%s' for '%s'", last,
					  m->file);
		last = version;
		if (i < order->first)
			continue;
		sync->items[sync->n].was = m;
		sync->items[sync->n++].file =
			place->version ? pk_printf("%s_%s.sql", place->version, m->name)
				       : pk_strdup(m->file);
	}
	return 0;
}

int pk_sync_open(struct pk_sync *sync, const struct pk_ctx *ctx, bool fetch, struct pk_err *err)
{
	const char *folder = ctx->project.migrations_dir;
	PK_FREE char *now = pk_time_compact(pk_time());

	sync->ctx = ctx;
	if (refuse_unfinished(ctx, err) < 0 || refuse_changed(ctx, err) < 0 ||
	    pk_repo_rev(&ctx->repo, "HEAD", &sync->head, err) < 0 ||
	    pk_chain_from_rev(&sync->chain, &ctx->repo, sync->head.hex, folder, err) < 0 ||
	    pk_settlement_read(&ctx->repo, &ctx->config, folder, &sync->chain, &sync->settlement,
			       err) < 0 ||
	    (fetch && pk_settlement_ask(&ctx->config, &sync->chain, &sync->settlement, err) < 0))
		return -1;
	pk_chain_order(&sync->chain, sync->settlement.as, now, &sync->order);
	return refuse_deployed(sync, err) < 0 ? -1 : list_items(sync, err);
}
