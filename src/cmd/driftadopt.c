#include "cmd/driftadopt.h"

#include "base/clock.h"
#include "base/fs.h"
#include "base/text.h"
#include "cmd/driftfiles.h"
#include "cmd/trial.h"
#include "session/prove.h"

void pk_drift_migration_release(struct pk_drift_migration *ret)
{
	pk_migration_release(&ret->m);
	pk_strv_release(&ret->changed);
	free(ret->path);
	*ret = (struct pk_drift_migration)PK_DRIFT_MIGRATION_INIT;
}

/* The two schemas: what the chain says, made here, and the remote's. */
struct work {
	const struct pk_ctx *ctx;
	struct pk_deploy *d;
	struct pk_server server;
	struct pk_snapshot expected;
	struct pk_part part; /* up: from expected to the remote's; down: back */
};

static void work_release(struct work *w)
{
	pk_snapshot_release(&w->expected);
	pk_part_release(&w->part);
	pk_server_release(&w->server);
}

static int read_of(struct pk_trial *trial, const char *wanted, struct pk_snapshot *ret,
		   struct pk_err *err)
{
	if (pk_trial_read(trial, ret, err) < 0)
		return -1;
	return pk_streq(ret->fingerprint.hex, wanted)
		       ? 0
		       : pk_err_set(err, "a copy on the local server is %.12s and not %.12s",
				    ret->fingerprint.hex, wanted);
}

/* One statement after the other, as one text each way. */
static void find_ways(struct work *w)
{
	const struct pk_diff_options options = { .online = { .when = PK_ONLINE_NEVER } };
	struct pk_part up = { 0 };

	pk_part_way_back(&up, &w->d->now, &w->expected, &options);
	w->part.up = up.down;
	w->part.up_transaction = up.down_transaction;
	pk_part_way_back(&w->part, &w->expected, &w->d->now, &options);
}

static int prove_way(struct pk_trial *trial, const char *sql, bool transaction, const char *wanted,
		     struct pk_err *err)
{
	PK_AUTO(pk_snapshot) reached = PK_SNAPSHOT_INIT;

	if (pk_trial_run(trial, sql, NULL, 1, transaction, err) < 0)
		return -1;
	return read_of(trial, wanted, &reached, err);
}

/* From what the chain says to the remote's schema and back, on a database of its own. */
static int prove(struct work *w, struct pk_err *err)
{
	struct pk_deploy *d = w->d;
	PK_AUTO(pk_trial) trial = PK_TRIAL_INIT;
	PK_AUTO(pk_source) files = PK_SOURCE_INIT;

	if (pk_server_open(&w->server, &w->ctx->repo, &w->ctx->config, d->facts.version / 10000,
			   err) < 0 ||
	    pk_trial_known(w->ctx, d->expected, &files, err) < 0 ||
	    pk_trial_open(&trial, w->ctx, &w->server, &files, err) < 0 ||
	    read_of(&trial, d->expected, &w->expected, err) < 0)
		return -1;
	find_ways(w);
	if (prove_way(&trial, w->part.up, w->part.up_transaction, d->now.fingerprint.hex, err) <
		    0 ||
	    prove_way(&trial, w->part.down, w->part.down_transaction, d->expected, err) < 0)
		return pk_err_wrap(err, "what was done on '%s' can't be made a migration",
				   d->remote.name);
	return 0;
}

static int check_fit(const struct pk_deploy *d, struct pk_err *err)
{
	if (d->resume || !*d->expected) {
		pk_err_set(err, "what '%s' should be is not known", d->remote.name);
		return pk_err_hint(err, "git postkit drift %s says more", d->remote.name);
	}
	if (pk_fingerprint_known(d->repo, d->expected))
		return 0;
	pk_err_set(err, "the schema that '%s' should have, %.12s, is not in this repository",
		   d->remote.name, d->expected);
	return pk_err_hint(err, "others may have it: git postkit records fetch");
}

static int check_pending(const struct pk_deploy *d, struct pk_err *err)
{
	if (!d->n_pending)
		return 0;
	pk_err_set(
		err,
		"%zu migration%s of HEAD %s pending on '%s', and what was done there comes before",
		d->n_pending, d->n_pending == 1 ? "" : "s", d->n_pending == 1 ? "is" : "are",
		d->remote.name);
	pk_err_exit(err, PK_EXIT_NO);
	return pk_err_hint(err,
			   "adopt it on a branch that starts where '%s' is, and merge that: git "
			   "postkit sync then puts "
			   "the pending ones behind it",
			   d->remote.name);
}

static char *version_behind(const struct pk_chain *chain)
{
	const char *last = chain->n ? chain->items[chain->n - 1].version : "";
	PK_FREE char *now = pk_time_compact(pk_time());

	return strcmp(now, last) > 0 ? pk_take(&now) : pk_migration_version_after(last, 1);
}

static int fill(const struct work *w, struct pk_migration *m, struct pk_err *err)
{
	const struct pk_deploy *d = w->d;
	PK_FREE char *words = pk_printf("drift of %s", d->remote.name);

	m->version = version_behind(&d->chain);
	if (!m->version)
		return pk_err_set(err, "there is no version behind the last migration's");
	m->name = pk_slug(words);
	m->file = pk_printf("%s_%s.sql", m->version, m->name);
	m->from = pk_strdup(d->expected);
	m->to = pk_strdup(d->now.fingerprint.hex);
	m->pg_major = w->server.major;
	m->adopted = pk_strdup(d->remote.name);
	m->up = pk_strdup(w->part.up);
	m->down = *w->part.down ? pk_strdup(w->part.down) : NULL;
	m->up_transaction = w->part.up_transaction;
	m->down_transaction = w->part.down_transaction;
	return 0;
}

/* The migration comes last: without it the rest is what `plan` would find. */
static int write_migration(const struct work *w, struct pk_drift_migration *ret, struct pk_err *err)
{
	const struct pk_ctx *ctx = w->ctx;
	PK_FREE char *file = pk_path_join(ctx->project.migrations_dir, ret->m.file);
	PK_FREE char *path = pk_path_join(ctx->repo.workdir, file);
	PK_AUTO(pk_buf) text = PK_BUF_INIT;
	struct pk_oid tree = { "" };

	pk_migration_write(&ret->m, &text);
	if (pk_snapshot_write_tree(&w->d->now, &ctx->repo, &tree, err) < 0 ||
	    pk_fingerprint_store(&ctx->repo, &tree, "drift --adopt", err) < 0 ||
	    pk_write_file(path, text.ptr, text.len, 0644, err) < 0)
		return -1;
	ret->path = pk_take(&file);
	return 0;
}

int pk_drift_adopt(const struct pk_ctx *ctx, struct pk_deploy *d, struct pk_drift_migration *ret,
		   struct pk_err *err)
{
	struct work w __attribute__((
		cleanup(work_release))) = { .ctx = ctx, .d = d, .server = PK_SERVER_INIT };

	if (check_fit(d, err) < 0 || check_pending(d, err) < 0 || prove(&w, err) < 0 ||
	    fill(&w, &ret->m, err) < 0 ||
	    pk_drift_files(ctx, &w.server, &w.expected, &d->now, &ret->changed, err) < 0)
		return -1;
	return write_migration(&w, ret, err);
}

int pk_drift_revert(const struct pk_ctx *ctx, struct pk_deploy *d, struct pk_drift_migration *ret,
		    struct pk_err *err)
{
	struct work w __attribute__((
		cleanup(work_release))) = { .ctx = ctx, .d = d, .server = PK_SERVER_INIT };

	if (check_fit(d, err) < 0 || prove(&w, err) < 0)
		return -1;
	ret->m.from = pk_strdup(d->now.fingerprint.hex);
	ret->m.to = pk_strdup(d->expected);
	ret->m.pg_major = w.server.major;
	ret->m.up = pk_take(&w.part.down);
	ret->m.down = pk_take(&w.part.up);
	ret->m.up_transaction = w.part.down_transaction;
	ret->m.down_transaction = w.part.up_transaction;
	return 0;
}
