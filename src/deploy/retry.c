/* What was rolled back for the sake of others, theirs or ours, and is tried again while there is time left. */
#include "deploy/internal.h"

#include <time.h>

#include "base/clock.h"
#include "base/sig.h"
#include "deploy/lock.h"
#include "deploy/watch.h"
#include "pg/sqlstate.h"

#define PAUSED_SQLSTATE "PK001" /* of templates/pattern/batches.sql */

/* Several that wait for each other are not to come back at the same moment. */
static double pause_before(int attempt)
{
	double pause = 0.25 * (double)(1 << (attempt < 5 ? attempt : 5));
	uint32_t random;

	pk_random(&random, sizeof(random));
	return pause * (0.75 + 0.5 * (double)random / UINT32_MAX);
}

static void pause_for(double seconds)
{
	struct timespec ts = { .tv_sec = (time_t)seconds };

	ts.tv_nsec = (long)((seconds - (double)ts.tv_sec) * 1e9);
	nanosleep(&ts, NULL);
}

static double time_left(const struct pk_deploy_target *target)
{
	return target->d->options.max_wait - target->waited;
}

/* Returns whether it was waited to the end. */
static bool wait_before(struct pk_deploy_target *target, const char *why, int attempt)
{
	double left = time_left(target), pause = pause_before(attempt), began = pk_now();

	if (pause > left)
		pause = left;
	pk_deploy_show_stop(&target->watch->show);
	pk_deploy_phase(target->d, "%s, trying again in %.1f s", why, pause);
	pause_for(pause);
	target->waited += pk_now() - began;
	return !pk_interrupted();
}

/* ---- what was asked for ---- */

static int say_stopped(const struct pk_deploy_target *target, struct pk_err *err)
{
	pk_err_set(err, "stopped, as git postkit deploy --pause asked");
	pk_err_hint(err, "what is done stays; %s goes on from there", target->d->again);
	return pk_err_exit(err, PK_EXIT_ATTENTION);
}

int pk_deploy_stop_if_asked(const struct pk_deploy_target *target, struct pk_err *err)
{
	bool asked = false;

	if (!target->watch)
		return 0;
	if (pk_deploy_pause_asked(target->watch->by, &asked, err) < 0)
		return -1;
	return asked ? say_stopped(target, err) : 0;
}

/* ---- what others suffered ---- */

static int give_up_harm(const struct pk_deploy_target *target, struct pk_err *err)
{
	const char *remote = target->d->remote.name;
	const struct pk_harm *harm = &target->watch->harm;

	pk_err_set(err, "cancelled and rolled back for the sake of others: %s", harm->why.ptr);
	if (err)
		snprintf(err->sqlstate, sizeof(err->sqlstate), PK_SQLSTATE_QUERY_CANCELED);
	if (harm->circle)
		return pk_err_hint(err, "at a quieter time, or with each table in a migration of its own: what locks several waits in "
					"circles with programs that lock them in another order");
	return pk_err_hint(err,
			   "at a quieter time, in steps that hold locks for less long (git postkit "
			   "check), or with"
			   " another limit in postkit.remote.%s",
			   remote);
}

/* While a replica is behind, nothing more is begun. */
int pk_deploy_wait_for_replicas(struct pk_deploy_target *target, struct pk_err *err)
{
	struct pk_harm *harm = target->watch ? &target->watch->harm : NULL;

	for (int attempt = 0; harm; attempt++) {
		if (pk_harm_look_at_lag(harm, target->watch->by) < 0 || !harm->why.len)
			return 0; /* the connection is asked for before the next migration */
		if (time_left(target) <= 0)
			return give_up_harm(target, err);
		if (!wait_before(target, harm->why.ptr, attempt))
			return pk_err_interrupted(err, "interrupted while waiting for a replica");
	}
	return 0;
}

static bool wait_after_harm(struct pk_deploy_target *target, struct pk_err *err, int attempt)
{
	struct pk_deploy_watch *watch = target->watch;
	PK_FREE char *why = pk_printf("cancelled and rolled back, since %s", watch->harm.why.ptr);

	/* As after a deadlock that the server found, nothing but the pauses counts. */
	if (!watch->harm.circle)
		target->waited += pk_now() - watch->began;
	if (time_left(target) <= 0) {
		give_up_harm(target, err);
		return false;
	}
	if (!wait_before(target, why, attempt))
		return false;
	return pk_deploy_wait_for_replicas(target, err) == 0;
}

/* ---- what we suffered ---- */

/* The server says only that it was cancelled. */
static void explain_limit(const struct pk_deploy_target *target, struct pk_err *err)
{
	PK_FREE char *given = pk_duration((double)target->statement_ms / 1e3);
	PK_FREE char *took = target->foreseen ? pk_duration(target->foreseen->seconds) : NULL;

	if (target->statement_ms <= 0 || !took)
		return;
	pk_err_detail(err,
		      "it took %s on the copy, and was given %s here, while others wait for it",
		      took, given);
	pk_err_hint(err,
		    "at a quieter time, or with another limit: postkit.remote.%s.statementTimeout",
		    target->d->remote.name);
}

static void add_blockers(struct pk_err *err, const char *blockers)
{
	PK_FREE char *detail = err->detail ? pk_strdup(err->detail) : NULL;

	if (*blockers)
		pk_err_detail(err, "%s%sblocked by %s", detail ? detail : "", detail ? "\n" : "",
			      blockers);
}

bool pk_deploy_wait(struct pk_deploy_target *target, struct pk_err *err, int attempt)
{
	const struct pk_deploy_watch *watch = target->watch;
	const char *blockers = watch && watch->blockers.len ? watch->blockers.ptr : "";
	PK_FREE char *why = NULL;

	if (watch && watch->harm.why.len && pk_streq(err->sqlstate, PK_SQLSTATE_QUERY_CANCELED) &&
	    err->exit != PK_EXIT_INTERRUPTED)
		return wait_after_harm(target, err, attempt);
	if (pk_streq(err->sqlstate, PAUSED_SQLSTATE) && !target->local) {
		say_stopped(target, err);
		return false;
	}
	if (pk_streq(err->sqlstate, PK_SQLSTATE_QUERY_CANCELED) && err->exit != PK_EXIT_INTERRUPTED)
		explain_limit(target, err);
	if (!pk_streq(err->sqlstate, PK_SQLSTATE_LOCK_NOT_AVAILABLE) &&
	    !pk_streq(err->sqlstate, PK_SQLSTATE_DEADLOCK_DETECTED))
		return false;
	if (target->local || time_left(target) <= 0 || pk_interrupted()) {
		add_blockers(err, blockers);
		return false;
	}
	why = pk_printf("a lock was not granted in time%s%s", *blockers ? ": blocked by " : "",
			blockers);
	return wait_before(target, why, attempt);
}
