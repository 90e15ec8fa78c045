#include "deploy/internal.h"

#include "base/clock.h"
#include "base/sig.h"
#include "deploy/lock.h"
#include "deploy/watch.h"
#include "pg/sqlstate.h"

struct run {
	struct pk_deploy *d;
	struct pk_conn lock;
	struct pk_deploy_target target;
	struct pk_deploy_watch watch;
	const struct pk_migration *told; /* of that one it was said that it begins */
	bool intended;			 /* what it is about to do is written down */
};

static void say_waiting(void *arg, const char *holder)
{
	const struct pk_deploy *d = arg;

	pk_deploy_phase(d, "waiting for another deploy to '%s': %s", d->remote.name, holder);
}

static int take_lock(struct run *run, struct pk_err *err)
{
	struct pk_deploy *d = run->d;

	if (pk_remote_connect(&d->remote, &run->lock, err) < 0)
		return -1;
	/* It will sit still for as long as the migrations take. */
	if (run->lock.version >= 140000 && pk_exec(&run->lock, "SET idle_session_timeout = 0", err) < 0)
		return -1;
	return pk_deploy_lock_take(&run->lock, d->remote.name, d->options.max_wait, say_waiting, d, err);
}

void pk_deploy_add_done(struct pk_deploy *d, size_t index, double seconds, bool adopted)
{
	d->done = pk_realloc_array(d->done, d->n_done + 1, sizeof(*d->done));
	d->done[d->n_done++] = (struct pk_deployed){ .index = index, .seconds = seconds, .adopted = adopted };
}

/* --- a connection that was lost --- */

/* A timeout of the server's settings would end the next attempt, too. */
static int hint_again(const struct pk_deploy *d, const struct pk_migration *m, struct pk_err *err)
{
	static const char *const states[] = { PK_SQLSTATE_IDLE_IN_TRANSACTION_TIMEOUT, PK_SQLSTATE_TRANSACTION_TIMEOUT,
					      PK_SQLSTATE_IDLE_SESSION_TIMEOUT };
	PK_FREE char *first = NULL;

	for (size_t i = 0; err && err->hint && i < PK_COUNT(states); i++)
		if (pk_streq(err->sqlstate, states[i]))
			first = pk_printf("%s; when that is changed, ", err->hint);
	return pk_err_hint(err, "nothing of '%s' was committed; %srun %s again", m->file, first ? first : "", d->again);
}

/*
 * The connection was lost while a migration ran, perhaps at its COMMIT. The tracking row was in the
 * same transaction, so it tells. Returns 0 when the migration is in, -1 with why otherwise.
 */
static int ask_outcome(struct run *run, const struct pk_migration *m, struct pk_err *why, struct pk_err *err)
{
	struct pk_deploy *d = run->d;
	PK_AUTO(pk_err) again = PK_ERR_INIT;
	PK_FREE char *state = NULL;
	const char *before = pk_deploy_is_down(d) ? "applied" : NULL,
		   *after = pk_deploy_is_down(d) ? NULL : "applied";
	const struct pk_deploy_lost lost = { .pid = run->watch.pid, .xid = run->target.xid };

	if (pk_deploy_outcome(d, m, &lost, after, &state, &again) < 0) {
		pk_err_set(err, "the connection to '%s' was lost while '%s' ran, and it is not known whether it was "
			   "committed: %s", d->remote.name, m->file, again.msg ? again.msg : "no connection");
		pk_err_exit(err, PK_EXIT_UNKNOWN);
		return pk_err_hint(
			err,
			"when the server is back, %s sees what was done and goes on from there",
			d->again);
	}
	if (!pk_streq(state, after)) {
		pk_err_move(err, why);
		if (err && err->exit == PK_EXIT_UNKNOWN)
			err->exit = PK_EXIT_FATAL; /* by now it is known */
		if (!pk_streq(state, before))
			return pk_err_hint(err,
					   "the statements done so far stay; %s goes on after them",
					   d->again);
		return hint_again(d, m, err);
	}
	pk_deploy_phase(d, "'%s' was committed before the connection was lost", m->file);
	if (!pk_conn_alive(&run->lock) || pk_exec(&run->lock, "SELECT 1", NULL) < 0) {
		pk_conn_release(&run->lock);
		run->lock = (struct pk_conn)PK_CONN_INIT;
		if (take_lock(run, err) < 0)
			return -1;
	}
	return pk_deploy_watch_begin(&run->watch, d, &run->lock, err);
}

/* --- the steps --- */

static int adopt(struct pk_deploy *d, struct pk_err *err)
{
	if (pk_deploy_adopt(d, &d->conn, err) < 0)
		return -1;
	pk_deploy_add_adopted(d);
	return 0;
}

/* The lock is held, and nobody has asked to stop. */
static int may_go_on(struct run *run, struct pk_err *err)
{
	PK_AUTO(pk_err) why = PK_ERR_INIT;

	if (pk_deploy_stop_if_asked(&run->target, &why) == 0)
		return 0;
	if (why.exit == PK_EXIT_ATTENTION)
		return pk_err_move(err, &why);
	if (pk_interrupted())
		return pk_err_interrupted(err, "interrupted");
	pk_err_set(err, "the connection that keeps other deploys away from '%s' was lost",
		   run->d->remote.name);
	return pk_err_hint(err, "%s goes on from here", run->d->again);
}

static int may_begin(void *arg, const struct pk_migration *m, struct pk_err *err)
{
	struct run *run = arg;
	const struct pk_deploy *d = run->d;

	if (may_go_on(run, err) < 0)
		return -1;
	if (run->told != m && d->events && d->events->migration)
		d->events->migration(d->events->arg, m);
	run->told = m;
	return 0;
}

static int run_one(struct run *run, size_t i, struct pk_err *err)
{
	struct pk_deploy *d = run->d;
	const struct pk_migration *m = &d->chain.items[d->pending[i]];
	PK_AUTO(pk_err) why = PK_ERR_INIT;
	double seconds = 0;

	if (pk_deploy_migrate(&run->target, i, d->resume && i == 0, &seconds, &why) < 0) {
		if (pk_conn_alive(&d->conn))
			return pk_err_move(err, &why);
		if (ask_outcome(run, m, &why, err) < 0)
			return -1;
	}
	pk_deploy_add_done(d, d->pending[i], seconds, false);
	if (d->events && d->events->finished)
		d->events->finished(d->events->arg, m, seconds);
	return 0;
}

static int run_locked(struct run *run, struct pk_err *err)
{
	struct pk_deploy *d = run->d;
	bool down = pk_deploy_is_down(d);

	if (take_lock(run, err) < 0 || pk_deploy_wake(d, err) < 0 || pk_deploy_still_the_same(d, err) < 0 ||
	    pk_deploy_catch_up_locked(d, err) < 0 || pk_deploy_watch_begin(&run->watch, d, &run->lock, err) < 0)
		return -1;
	pk_deploy_phase(d, down ? "rolling back on '%s'" : "deploying to '%s'", d->remote.name);
	if ((down && pk_deploy_check_loss(d, err) < 0) || pk_deploy_intend(d, err) < 0)
		return -1;
	run->intended = true;
	if (pk_deploy_create_tables(d, &d->conn, err) < 0 || adopt(d, err) < 0 ||
	    (!down && pk_deploy_infra(&run->target, err) < 0))
		return -1;
	for (size_t i = 0; i < d->n_pending; i++)
		if (run_one(run, i, err) < 0)
			return -1;
	return down ? 0 : pk_deploy_after(&run->target, err);
}

/* What another one has written down, which may be at work, is not this one's to forget. */
static int keep_record(struct run *run, int rc, struct pk_err *err)
{
	struct pk_deploy *d = run->d;
	PK_AUTO(pk_err) why = PK_ERR_INIT;

	if (!run->intended)
		return rc;
	if (d->n_done == 0) {
		/* Of an unknown outcome the next deploy will know more. */
		if (!err || err->exit != PK_EXIT_UNKNOWN)
			pk_deploy_forget(d);
		return rc;
	}
	if (pk_deploy_record(d, rc == 0, &why) == 0) {
		d->recorded = true;
		if (!err || err->exit != PK_EXIT_UNKNOWN)
			pk_deploy_forget(d);
		return rc == 0 ? pk_deploy_prove_end(d, err) : rc;
	}
	if (rc < 0)
		return rc; /* the first trouble is the one to tell */
	pk_err_move(err, &why);
	pk_err_wrap(err, "%s, not recorded", pk_deploy_is_down(d) ? "rolled back" : "deployed");
	pk_err_hint(err, "%s writes the record when it can", d->again);
	return pk_err_exit(err, PK_EXIT_ATTENTION);
}

int pk_deploy_run(struct pk_deploy *d, struct pk_err *err)
{
	struct run run = { .d = d, .lock = PK_CONN_INIT, .watch = PK_DEPLOY_WATCH_INIT };
	int rc;

	run.target = (struct pk_deploy_target){ .d = d, .conn = &d->conn, .watch = &run.watch,
						  .may_begin = may_begin, .arg = &run };
	free(d->started);
	d->started = pk_time_iso(pk_time());
	rc = run_locked(&run, err);
	if (pk_conn_alive(&d->conn)) {
		pk_conn_watch(&d->conn, NULL, NULL);
		/* What was to come behind it was not begun. */
		if (d->conn.users)
			pk_conn_own_settings(&d->conn, NULL);
	}
	/* The record is written under the lock too, so that records come in the order of deploys. */
	rc = keep_record(&run, rc, err);
	pk_conn_release(&run.lock);
	pk_deploy_watch_release(&run.watch);
	return rc;
}
