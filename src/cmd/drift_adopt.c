#include "cmd/drift_adopt.h"

#include "base/clock.h"
#include "base/fs.h"
#include "base/text.h"
#include "cmd/drift_files.h"
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
	struct pk_snapshot end; /* the remote's, with what is pending behind it; empty where nothing is */
	struct pk_part part;	/* up: from expected to the remote's; down: back */
};

static void work_release(struct work *w)
{
	pk_snapshot_release(&w->expected);
	pk_snapshot_release(&w->end);
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

static bool is_pending(const struct pk_deploy *d, size_t index)
{
	return index >= d->found && !pk_deploy_find_applied(d, d->chain.items[index].version);
}

static size_t count_pending(const struct pk_deploy *d)
{
	size_t n = 0;

	for (size_t i = 0; i < d->chain.n; i++)
		n += is_pending(d, i);
	return n;
}

/* What is pending, behind the remote's schema, which the trial has. */
static int run_pending(struct work *w, struct pk_trial *trial, struct pk_err *err)
{
	const struct pk_deploy *d = w->d;

	for (size_t i = 0; i < d->chain.n; i++) {
		const struct pk_migration *m = &d->chain.items[i];
		PK_FREE char *file = pk_path_join(w->ctx->project.migrations_dir, m->file);

		if (!is_pending(d, i) || pk_trial_run(trial, m->up, file, m->up_line, m->up_transaction, err) == 0)
			continue;
		if (err && err->exit == PK_EXIT_INTERRUPTED)
			return -1;
		pk_err_wrap(err, "'%s' is pending, and fails behind what was done on '%s'", m->file, d->remote.name);
		pk_err_exit(err, PK_EXIT_NO);
		return pk_err_hint(err,
				   "change the migration, or undo what was done: git postkit drift %s --revert prints how",
				   d->remote.name);
	}
	return pk_trial_read(trial, &w->end, err);
}

/* From what the chain says to the remote's schema and back, on a database of its own. */
static int prove(struct work *w, bool with_pending, struct pk_err *err)
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
		return pk_err_wrap(err, "what was done on '%s' cannot be made a migration",
				   d->remote.name);
	if (!with_pending || !count_pending(d))
		return 0;
	return prove_way(&trial, w->part.up, w->part.up_transaction, d->now.fingerprint.hex, err) < 0
		       ? -1
		       : run_pending(w, &trial, err);
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

/* Behind what has run, and before what is pending where there is room; else sync gives that other versions. */
static char *choose_version(const struct pk_deploy *d)
{
	const struct pk_chain *chain = &d->chain;
	PK_FREE char *now = pk_time_compact(pk_time());
	const char *last = "", *next = NULL, *end = chain->n ? chain->items[chain->n - 1].version : "";

	for (size_t i = 0; i < chain->n; i++)
		if (!is_pending(d, i))
			last = chain->items[i].version;
	for (size_t i = chain->n; i-- > 0;)
		if (strcmp(chain->items[i].version, last) > 0)
			next = chain->items[i].version;
	if (strcmp(now, last) > 0 && (!next || strcmp(now, next) < 0))
		return pk_take(&now);
	PK_FREE char *between = pk_migration_version_after(last, 1);
	if (between && (!next || strcmp(between, next) < 0))
		return pk_take(&between);
	return strcmp(now, end) > 0 ? pk_take(&now) : pk_migration_version_after(end, 1);
}

static int fill(const struct work *w, struct pk_migration *m, struct pk_err *err)
{
	const struct pk_deploy *d = w->d;
	PK_FREE char *words = pk_printf("drift of %s", d->remote.name);

	m->version = choose_version(d);
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

static int write_files(struct work *w, struct pk_drift_migration *ret, struct pk_err *err)
{
	const struct pk_deploy *d = w->d;
	const struct pk_chain *chain = &d->chain;
	const struct pk_drift_change change = {
		.from = &w->expected,
		.to = &d->now,
		.end = ret->n_pending ? &w->end : &w->d->now,
		.base = ret->n_pending ? chain->items[chain->n - 1].to : d->expected,
	};

	return pk_drift_files(w->ctx, &w->server, &change, &ret->changed, err);
}

int pk_drift_adopt(const struct pk_ctx *ctx, struct pk_deploy *d, struct pk_drift_migration *ret,
		   struct pk_err *err)
{
	struct work w __attribute__((
		cleanup(work_release))) = { .ctx = ctx, .d = d, .server = PK_SERVER_INIT };

	ret->n_pending = count_pending(d);
	if (check_fit(d, err) < 0 || prove(&w, true, err) < 0 || fill(&w, &ret->m, err) < 0 ||
	    write_files(&w, ret, err) < 0)
		return -1;
	return write_migration(&w, ret, err);
}

int pk_drift_revert(const struct pk_ctx *ctx, struct pk_deploy *d, struct pk_drift_migration *ret,
		    struct pk_err *err)
{
	struct work w __attribute__((
		cleanup(work_release))) = { .ctx = ctx, .d = d, .server = PK_SERVER_INIT };

	if (check_fit(d, err) < 0 || prove(&w, false, err) < 0)
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
