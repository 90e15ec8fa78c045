/* Migrations that came with the branch, brought to the clone. */
#include "session/desk.h"

#include "base/clock.h"
#include "base/fs.h"
#include "trace/run.h"

void pk_caught_up_release(struct pk_caught_up *caught_up)
{
	pk_strv_release(&caught_up->versions);
	*caught_up = (struct pk_caught_up)PK_CAUGHT_UP_INIT;
}

/* Pending migrations as indexes into the chain; caller frees. */
static int find_pending(struct pk_desk *desk, struct pk_chain *chain, size_t **ret, size_t *ret_n,
			struct pk_err *err)
{
	PK_AUTO(pk_applied_list) applied = PK_APPLIED_LIST_INIT;
	PK_AUTO(pk_strv) versions = PK_STRV_INIT;
	bool exists;
	if (pk_chain_from_dir(chain, desk->repo->workdir, desk->project->migrations_dir, err) < 0 ||
	    pk_applied_read(&desk->admin, &applied, &exists, err) < 0)
		return -1;
	for (size_t i = 0; i < applied.n; i++)
		pk_strv_push(&versions, applied.items[i].version);
	if (!exists) {
		PK_FREE char *table = NULL;
		if (pk_applied_foreign(&desk->admin, &versions, &table, err) < 0)
			return -1;
	}
	*ret = pk_alloc((chain->n + 1) * sizeof(**ret));
	*ret_n = 0;
	for (size_t i = 0; i < chain->n; i++)
		if (!pk_strv_has(&versions, chain->items[i].version))
			(*ret)[(*ret_n)++] = i;
	return 0;
}

struct recording {
	const struct pk_migration *migration;
	double started;
};

static int record(void *arg, struct pk_conn *conn, struct pk_err *err)
{
	const struct recording *recording = arg;
	return pk_applied_insert(conn, recording->migration, NULL, pk_now() - recording->started,
				 err);
}

static int run_one(struct pk_desk *desk, const struct pk_migration *m, struct pk_err *err)
{
	PK_AUTO(pk_trace) trace = PK_TRACE_INIT;
	PK_FREE char *file = pk_path_join(desk->project->migrations_dir, m->file);
	struct recording recording = { .migration = m, .started = pk_now() };
	const struct pk_run how = {
		.file = file,
		.first_line = m->up_line,
		.transaction = m->up_transaction,
		.whole = true,
		.before_commit = m->up_transaction ? record : NULL,
		.arg = &recording,
		.admin = &desk->admin,
		.local = true,
		.trust = pk_super_trust(desk->config, desk->repo, NULL),
	};
	size_t done;
	if (pk_desk_roles_of(desk, m->up, file, err) < 0)
		return -1;
	if (pk_run_sql(&desk->user, m->up, &how, &trace, &done, err) < 0)
		return pk_err_wrap(err, "a migration of this branch fails on the clone");
	return m->up_transaction ? 0 : record(&recording, &desk->admin, err);
}

/* The clone was not empty, and not what the baseline says: production was changed after the import. */
static int not_as_imported(const struct pk_desk *desk, const struct pk_migration *baseline, struct pk_err *err)
{
	const char *remote = desk->session.remote;

	if (err && err->exit == PK_EXIT_INTERRUPTED)
		return -1;
	pk_err_wrap(err, "no migration is recorded on '%s', whose schema is not what '%s' says", remote, baseline->file);
	return pk_err_hint(err, "git postkit drift %s shows what was changed there since the import; with --adopt it makes that a "
			   "migration", remote);
}

int pk_desk_catch_up(struct pk_desk *desk, const struct pk_oid *now, struct pk_caught_up *ret,
		     struct pk_err *err)
{
	PK_AUTO(pk_chain) chain = PK_CHAIN_INIT;
	PK_FREE size_t *pending = NULL;
	size_t n, adopted = 0;
	if (find_pending(desk, &chain, &pending, &n, err) < 0)
		return -1;
	if (!n)
		return 0;
	if (pk_session_uncommitted(&desk->session)) {
		pk_err_set(err,
			   "the branch has %zu migration%s that the clone lacks, and changes are applied there "
			   "that are not committed",
			   n, n == 1 ? "" : "s");
		return pk_err_hint(err, "git postkit abort and git postkit start cut a clone that has them; the schema "
					"files stay");
	}
	if (pk_desk_tables(desk, err) < 0)
		return -1;
	/* A remote that was never adopted has the schema but not the rows. */
	for (size_t i = 0; i < n; i++)
		if (pk_streq(chain.items[pending[i]].to, now->hex))
			adopted = i + 1;
	bool unrecorded = n == chain.n && !adopted && chain.items[0].adopted;
	for (size_t i = 0; i < n; i++) {
		const struct pk_migration *m = &chain.items[pending[i]];
		if (i < adopted) {
			if (pk_applied_insert(&desk->admin, m, NULL, 0, err) < 0)
				return -1;
			continue;
		}
		if (run_one(desk, m, err) < 0)
			return i == 0 && unrecorded ? not_as_imported(desk, m, err) : -1;
		ret->run++;
		pk_strv_push(&ret->versions, m->version);
	}
	ret->adopted += adopted;
	return 0;
}
