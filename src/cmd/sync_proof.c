#include "cmd/sync_work.h"

#include "base/fs.h"
#include "clone/shadow.h"
#include "cmd/trial.h"
#include "session/desk.h"

/* The one that an item comes behind; NULL: nothing. Borrowed. */
static const char *before(const struct pk_sync *sync, size_t i)
{
	const struct pk_order *order = &sync->order;

	if (i > 0)
		return sync->items[i - 1].file;
	return order->first ? sync->chain.items[order->items[order->first - 1].index].file : NULL;
}

/* The chain as far as it stays, in its order. Borrowed but for the list, which the caller frees. */
static struct pk_chain kept_part(const struct pk_sync *sync)
{
	struct pk_chain kept = { .n = sync->order.first };

	kept.items = pk_alloc((kept.n + 1) * sizeof(*kept.items));
	for (size_t i = 0; i < kept.n; i++)
		kept.items[i] = sync->chain.items[sync->order.items[i].index];
	return kept;
}

static int keep_schema(const struct pk_sync *sync, const struct pk_snapshot *snapshot,
		       struct pk_err *err)
{
	struct pk_oid tree;

	return pk_snapshot_write_tree(snapshot, &sync->ctx->repo, &tree, err);
}

/* A database with the schema that the part of the chain leads to which stays. */
static int open_trial(struct pk_sync *sync, struct pk_server *server, struct pk_trial *trial,
		      struct pk_snapshot *ret, struct pk_err *err)
{
	PK_AUTO(pk_source) files = PK_SOURCE_INIT;
	struct pk_chain kept = kept_part(sync);
	const char *to = kept.n ? kept.items[kept.n - 1].to : NULL;
	const struct pk_trial_chain of = {
		.ctx = sync->ctx, .server = server, .chain = &kept, .folder = sync->ctx->project.migrations_dir,
	};
	int rc = pk_trial_reached(&of, kept.n, &files, err);

	if (rc == 0)
		rc = pk_trial_open(trial, sync->ctx, server, &files, err);
	if (rc == 0)
		rc = pk_trial_read(trial, ret, err);
	if (rc == 0 && to && !pk_streq(to, ret->fingerprint.hex)) {
		pk_err_set(err, "the schema that '%s' leads to, by its header, cannot be made here",
			   kept.items[kept.n - 1].file);
		rc = pk_err_hint(
			err,
			"git postkit records fetch brings the schemas that others have stored");
	}
	free(kept.items);
	return rc;
}

static int conflict(const struct pk_sync *sync, size_t i, struct pk_err *err)
{
	const char *file = sync->items[i].was->file, *other = before(sync, i);

	pk_err_wrap(err, "'%s' fails behind '%s'", file, other ? other : "nothing");
	pk_err_exit(err, PK_EXIT_NO);
	return pk_err_hint(
		err,
		"the two changes are in each other's way: git rm %s/%s and commit that; then git postkit "
		"start, plan, apply and commit write what is left to do for the schema files",
		sync->ctx->project.migrations_dir, file);
}

static int run_up(struct pk_sync *sync, struct pk_trial *trial, size_t i,
		  struct pk_snapshot *states, struct pk_err *err)
{
	struct pk_sync_item *item = &sync->items[i];
	const struct pk_migration *m = item->was;
	PK_FREE char *path = pk_path_join(sync->ctx->project.migrations_dir, m->file);
	PK_AUTO(pk_err) why = PK_ERR_INIT;

	if (pk_trial_run(trial, m->up, path, m->up_line, m->up_transaction, &why) < 0) {
		if (pk_conn_lost(&trial->user, &why, err))
			return -1;
		pk_err_move(err, &why);
		return conflict(sync, i, err);
	}
	if (pk_trial_read(trial, &states[i + 1], err) < 0)
		return -1;
	item->from = states[i].fingerprint;
	item->to = states[i + 1].fingerprint;
	return keep_schema(sync, &states[i + 1], err);
}

static int run_down(struct pk_trial *trial, struct pk_sync_item *item,
		    const struct pk_snapshot *start, struct pk_err *err)
{
	const struct pk_migration *m = item->was;
	PK_AUTO(pk_snapshot) back = PK_SNAPSHOT_INIT;
	PK_AUTO(pk_err) why = PK_ERR_INIT;

	if (pk_trial_run(trial, m->down, m->file, m->down_line, m->down_transaction, &why) < 0) {
		item->back = PK_BACK_FAILS;
		return pk_conn_lost(&trial->user, &why, err) ? -1 : 0;
	}
	if (pk_trial_read(trial, &back, err) < 0)
		return -1;
	item->back = pk_streq(back.fingerprint.hex, start->fingerprint.hex) ? PK_BACK_PROVEN
									    : PK_BACK_ELSEWHERE;
	return 0;
}

/* A way back that does not lead back is for its author to know; what comes before it cannot be tried then. */
static int run_back(struct pk_sync *sync, struct pk_trial *trial, const struct pk_snapshot *states,
		    struct pk_err *err)
{
	bool lost = false;

	for (size_t i = sync->n; i-- > 0;) {
		struct pk_sync_item *item = &sync->items[i];

		item->back = item->was->down ? PK_BACK_UNTRIED : PK_BACK_NONE;
		if (item->was->down && !lost && run_down(trial, item, &states[i], err) < 0)
			return -1;
		lost |= item->back != PK_BACK_PROVEN;
	}
	return 0;
}

static int make_text(const struct pk_sync *sync, struct pk_sync_item *item, int major,
		     struct pk_err *err)
{
	struct pk_migration m = *item->was;
	PK_AUTO(pk_buf) old = PK_BUF_INIT, text = PK_BUF_INIT;
	struct pk_oid blob = { "" };

	snprintf(blob.hex, sizeof(blob.hex), "%s", m.checksum);
	if (pk_repo_blob(&sync->ctx->repo, &blob, &old, err) < 0)
		return -1;
	m.from = item->from.hex;
	m.to = item->to.hex;
	m.pg_major = major;
	pk_migration_with_header(&m, old.ptr, old.len, &text);
	item->text = pk_buf_take(&text);
	return 0;
}

/* Does what the migrations make agree with what the schema files mean? */
static int compare(struct pk_sync *sync, struct pk_server *server, const struct pk_snapshot *end,
		   struct pk_err *err)
{
	const struct pk_ctx *ctx = sync->ctx;
	const struct pk_shadow_options how = { .trust = pk_super_trust(&ctx->config, &ctx->repo,
								       NULL),
					       .managed = &ctx->project.managed };
	PK_AUTO(pk_session_source) source = PK_SESSION_SOURCE_INIT;
	PK_AUTO(pk_snapshot) files = PK_SNAPSHOT_INIT;
	PK_AUTO(pk_tree_diff) diff = PK_TREE_DIFF_INIT;
	PK_AUTO(pk_buf) lines = PK_BUF_INIT;

	if (pk_session_source_from_rev(&ctx->repo, &ctx->project, sync->head.hex, &source, err) <
		    0 ||
	    pk_shadow_read(server, source.infra.n ? &source.infra : NULL, &source.files, &how,
			   &files, err) < 0)
		return pk_err_wrap(err, "the schema files of HEAD");
	if (pk_streq(files.fingerprint.hex, end->fingerprint.hex))
		return 0;
	if (pk_snapshot_diff_tree(&ctx->repo, &end->fingerprint, &files, &diff, err) < 0)
		return -1;
	pk_tree_diff_lines(&diff, &lines);
	pk_err_set(
		err,
		"the migrations, one behind the other, do not lead to what the schema files say");
	pk_err_exit(err, PK_EXIT_NO);
	pk_err_detail(err, "%s", lines.ptr);
	return pk_err_hint(err, "+ is in the schema files alone, - in the migrations alone, ~ "
				"differs: the two changes touch the same objects. Mend the schema files and commit; or "
				"git rm the later migration, then git "
				"postkit start, plan, apply and commit write it again");
}

static int run_all(struct pk_sync *sync, struct pk_server *server, struct pk_snapshot *states,
		   struct pk_err *err)
{
	PK_AUTO(pk_trial) trial = PK_TRIAL_INIT;

	if (open_trial(sync, server, &trial, &states[0], err) < 0 ||
	    keep_schema(sync, &states[0], err) < 0)
		return -1;
	for (size_t i = 0; i < sync->n; i++)
		if (run_up(sync, &trial, i, states, err) < 0)
			return -1;
	if (compare(sync, server, &states[sync->n], err) < 0 ||
	    run_back(sync, &trial, states, err) < 0)
		return -1;
	for (size_t i = 0; i < sync->n; i++)
		if (make_text(sync, &sync->items[i], server->major, err) < 0)
			return -1;
	sync->end = states[sync->n].fingerprint;
	return 0;
}

static int major_of(const struct pk_sync *sync)
{
	int major = 0;

	for (size_t i = 0; i < sync->chain.n; i++)
		if (sync->chain.items[i].pg_major > major)
			major = sync->chain.items[i].pg_major;
	return major;
}

int pk_sync_prove(struct pk_sync *sync, struct pk_err *err)
{
	PK_AUTO(pk_server) server = PK_SERVER_INIT;
	struct pk_snapshot *states = pk_alloc((sync->n + 1) * sizeof(*states));
	int rc = pk_server_open(&server, &sync->ctx->repo, &sync->ctx->config, major_of(sync), err);

	if (rc == 0)
		rc = run_all(sync, &server, states, err);
	for (size_t i = 0; i <= sync->n; i++)
		pk_snapshot_release(&states[i]);
	free(states);
	return rc;
}
