#include "deploy/internal.h"

#include "base/clock.h"
#include "deploy/watch.h"
#include "pg/silence.h"

struct pending_row {
	struct pk_deploy_target *target;
	const struct pk_migration *m;
	double began;
};

static const char *what_text(enum pk_diff_what what)
{
	static const char *const texts[] = {
		[PK_ADDED] = "not expected",
		[PK_CHANGED] = "differs",
		[PK_REMOVED] = "missing",
	};

	return texts[what];
}

int pk_deploy_prove_is(const struct pk_deploy *d, struct pk_conn *conn, const struct pk_migration *m, const char *to,
		       struct pk_err *err)
{
	PK_AUTO(pk_snapshot) after = PK_SNAPSHOT_INIT;
	PK_AUTO(pk_tree_diff) diff = PK_TREE_DIFF_INIT;
	PK_AUTO(pk_buf) list = PK_BUF_INIT;
	PK_FREE char *triggers = NULL;
	struct pk_oid expected = { "" };

	if (pk_snapshot_read(conn, &d->project->managed, &after, err) < 0)
		return -1;
	if (pk_streq(after.fingerprint.hex, to))
		return 0;
	snprintf(expected.hex, sizeof(expected.hex), "%s", to);
	if (pk_fingerprint_known(d->repo, to))
		pk_snapshot_diff_tree(d->repo, &expected, &after, &diff, NULL);
	for (size_t i = 0; i < diff.n && i < 20; i++)
		pk_buf_addf(&list, "%s%s: %s", list.len ? "\n" : "", what_text(diff.items[i].what),
			    diff.items[i].path);
	if (pk_deploy_is_down(d))
		pk_err_set(err,
			   "the way back of migration '%s' does not lead to the schema that was "
			   "there before it",
			   m->file);
	else
		pk_err_set(err, "migration '%s' does not lead to the schema that its header says",
			   m->file);
	pk_err_exit(err, PK_EXIT_NO);
	if (list.len)
		pk_err_detail(err, "%s", list.ptr);
	else
		pk_err_detail(err, "reached %s\nexpected %s", after.fingerprint.hex, to);
	if (pk_deploy_is_down(d))
		return pk_err_hint(
			err,
			"undo it with a new migration: git postkit plan on a branch writes one");
	if (pk_silence_loud(conn, &triggers, NULL) == 0 && triggers)
		return pk_err_hint(err,
				   "event triggers that fire there do not on copies (%s): what they do to new "
				   "objects has to stand in the schema files, too; else plan it again on top of the chain",
				   triggers);
	return pk_err_hint(err,
			   "it was planned for another schema: plan it again on top of the chain");
}

/* On a drifted database no migration leads to where it was meant to. */
static bool can_be_proven(const struct pk_deploy *d, const struct pk_migration *m)
{
	return pk_deploy_leads_to(d, m) && !(d->drifted && d->options.allow_drift) && !d->unordered;
}

/* Out of order it leads elsewhere than its header says: its row tells where. */
static int note_where(const struct pk_deploy *d, struct pk_conn *conn, const struct pk_migration *m, struct pk_err *err)
{
	PK_AUTO(pk_snapshot) now = PK_SNAPSHOT_INIT;

	if (pk_snapshot_read(conn, &d->project->managed, &now, err) < 0)
		return -1;

	const char *params[] = { m->version, now.fingerprint.hex };

	return pk_query(conn, "UPDATE postkit.schema_migrations SET to_fingerprint = $2 WHERE version = $1", 2, params, NULL, err);
}

int pk_deploy_prove(const struct pk_deploy *d, struct pk_conn *conn, const struct pk_migration *m,
		    struct pk_err *err)
{
	const char *to = pk_deploy_leads_to(d, m);

	/* What somebody else has made there is part of where it led, and must not be taken for ours from then on. */
	if (d->unordered)
		return d->drifted ? 0 : note_where(d, conn, m, err);
	if (!to && pk_deploy_is_down(d))
		pk_deploy_phase(
			d,
			"what the schema was before %s is not known, so that it cannot be compared",
			m->file);
	return can_be_proven(d, m) ? pk_deploy_prove_is(d, conn, m, to, err) : 0;
}

/* What is told of the objects is of a moment later: by then it may be as it was meant to be. */
int pk_deploy_prove_end(struct pk_deploy *d, struct pk_err *err)
{
	const struct pk_migration *last = d->n_pending ? &d->chain.items[d->pending[d->n_pending - 1]] : NULL;
	PK_AUTO(pk_err) why = PK_ERR_INIT;

	if (pk_deploy_is_down(d) || !last || !can_be_proven(d, last) || pk_streq(d->to, last->to) ||
	    pk_deploy_prove_is(d, &d->conn, last, last->to, &why) == 0)
		return 0;
	pk_err_set(err, "deployed and recorded, but now the schema of '%s' is not what '%s' leads to", d->remote.name, last->file);
	if (why.exit == PK_EXIT_NO)
		pk_err_detail(err, "%s", why.detail);
	pk_err_exit(err, PK_EXIT_ATTENTION);
	return pk_err_hint(err, "grants or seeds did there what they do not on a copy, or somebody else was at work: git postkit drift %s",
			   d->remote.name);
}

/* Inside the transaction of the migration, as its last acts. */
static int add_row(void *arg, struct pk_buf *sql)
{
	const struct pending_row *row = arg;

	pk_applied_add_insert(sql, row->m, row->target->d->commit.hex, pk_now() - row->began);
	return 1;
}

static int track(void *arg, struct pk_conn *conn, struct pk_err *err)
{
	const struct pending_row *row = arg;
	const struct pk_deploy *d = row->target->d;

	if (!pk_deploy_is_proven(row->target) && pk_deploy_prove(d, conn, row->m, err) < 0)
		return -1;
	return pk_deploy_is_down(d) ? pk_applied_undo(conn, row->m->version, d->commit.hex, pk_now() - row->began, err) : 0;
}

/* Is there something to be done between the last statement and COMMIT? */
static bool has_to_track(const struct pk_deploy_target *target, const struct pk_migration *m)
{
	return pk_deploy_is_down(target->d) || target->d->unordered ||
	       (!pk_deploy_is_proven(target) && can_be_proven(target->d, m));
}

static int may_begin(void *arg, struct pk_err *err)
{
	const struct pending_row *row = arg;

	return row->target->may_begin(row->target->arg, row->m, err);
}

void pk_deploy_tell_statement(const struct pk_deploy_target *target, const struct pk_migration *m,
			      const struct pk_traced *traced)
{
	struct pk_deploy *d = target->d;

	if (target->aside)
		return;
	if (target->watch)
		pk_deploy_show_stop(&target->watch->show);
	if (target->local)
		pk_foreseen_add(&d->foreseen, m, traced);
	if (target->local && traced->rewrote_table &&
	    !pk_strv_has(&d->rewritten, traced->rewritten))
		pk_strv_push(&d->rewritten, traced->rewritten);
	if (d->events && d->events->statement)
		d->events->statement(d->events->arg, traced);
}

void pk_deploy_limits_begin(struct pk_deploy_target *target)
{
	target->blocking_since = 0;
	target->blocking_work = 0;
}

/* More than it took on the copy was spent on waiting. */
static double others_waited(struct pk_deploy_target *target)
{
	double now = pk_now(), waited;

	if (!target->foreseen || !target->foreseen->others_wait)
		return 0;
	if (!target->blocking_since)
		target->blocking_since = now;
	waited = now - target->blocking_since - target->blocking_work;
	target->blocking_work += target->foreseen->seconds;
	return waited > 0 ? waited : 0;
}

struct pk_run_limits pk_deploy_limits(struct pk_deploy_target *target, const struct pk_migration *m,
				      const char *sql, int line)
{
	const struct pk_deploy *d = target->d;
	struct pk_run_limits limits = { -1, -1 };

	if (!target->local) {
		target->foreseen = pk_foreseen_find(&d->foreseen, m, sql, line);
		limits = pk_foreseen_limits(&d->foreseen, target->foreseen,
					    d->options.max_wait - target->waited, others_waited(target));
	}
	target->statement_ms = limits.statement_ms;
	return limits;
}

static struct pk_run_limits limits(void *arg, const char *sql, int line)
{
	const struct pending_row *row = arg;

	return pk_deploy_limits(row->target, row->m, sql, line);
}

static void after_statement(void *arg, const struct pk_traced *traced)
{
	const struct pending_row *row = arg;

	pk_deploy_tell_statement(row->target, row->m, traced);
}

static bool is_transaction(const struct pk_deploy *d, size_t i)
{
	return i < d->n_pending && pk_deploy_section(d, &d->chain.items[d->pending[i]]).transaction;
}

static int run_in_transaction(struct pk_deploy_target *target, size_t i, struct pk_err *err)
{
	const struct pk_migration *m = &target->d->chain.items[target->d->pending[i]];
	PK_FREE char *path = pk_printf("%s/%s", target->d->project->migrations_dir, m->file);
	PK_FREE char *unrecorded = pk_printf("migration '%s' cannot be recorded", m->version);
	PK_AUTO(pk_trace) trace = PK_TRACE_INIT;
	struct pending_row row = { .target = target, .m = m, .began = pk_now() };
	const struct pk_deploy_section section = pk_deploy_section(target->d, m);
	struct pk_run how = {
		.file = path,
		.first_line = section.line,
		.transaction = true,
		.whole = true,
		.measure = target->local && !target->aside,
		.lock_timeout = target->d->foreseen.lock_text,
		.limits = limits,
		.may_begin = target->may_begin ? may_begin : NULL,
		.last = pk_deploy_is_down(target->d) ? NULL : add_row,
		.last_failed = unrecorded,
		.before_commit = has_to_track(target, m) ? track : NULL,
		.leaves = is_transaction(target->d, i + 1),
		.xid = !target->local,
		.commit_late = target->local,
		.after = after_statement,
		.arg = &row,
		.admin = target->admin,
		.local = target->local,
		.trust = pk_super_trust(target->d->config, target->d->repo, NULL),
	};
	int rc;

	pk_deploy_limits_begin(target);
	pk_deploy_watch_arm(target->watch);
	rc = pk_run_sql(target->conn, section.sql, &how, &trace, NULL, err);
	if (rc < 0 && !pk_conn_alive(target->conn))
		snprintf(target->xid, sizeof(target->xid), "%s", trace.xid);
	pk_deploy_watch_disarm(target->watch);
	if (rc == 0)
		pk_gone_deleted(&target->d->gone, &trace);
	pk_deploy_keep_trace(target, m, &trace);
	return rc;
}

int pk_deploy_migrate(struct pk_deploy_target *target, size_t i, bool resume, double *ret_seconds, struct pk_err *err)
{
	const struct pk_migration *m = &target->d->chain.items[target->d->pending[i]];
	double began = pk_now();

	target->xid[0] = '\0';
	if (pk_deploy_wait_for_replicas(target, err) < 0)
		return -1;
	if (!is_transaction(target->d, i)) {
		if (target->may_begin && target->may_begin(target->arg, m, err) < 0)
			return -1;
		return pk_deploy_steps(target, m, resume, ret_seconds, err);
	}
	for (int attempt = 0;; attempt++) {
		PK_AUTO(pk_err) why = PK_ERR_INIT;

		if (run_in_transaction(target, i, &why) == 0)
			break;
		if (!pk_conn_alive(target->conn) || !pk_deploy_wait(target, &why, attempt))
			return pk_err_move(err, &why);
	}
	*ret_seconds = pk_now() - began;
	return 0;
}
