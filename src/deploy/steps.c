/*
 * A migration that must not run in one transaction. Its tracking row is written first, in state
 * 'started', and counts the statements that are done; downwards it is there, and in state 'rolling back'.
 */
#include "deploy/internal.h"

#include "base/clock.h"
#include "deploy/watch.h"
#include "trace/stepwise.h"

struct steps {
	struct pk_deploy_target *target;
	const struct pk_migration *m;
};

static const char *word(const struct steps *s)
{
	return pk_deploy_is_down(s->target->d) ? PK_STATE_GOING : PK_STATE_COMING;
}

static int write_count(void *arg, struct pk_conn *conn, size_t done, struct pk_err *err)
{
	const struct steps *s = arg;
	PK_FREE char *state = pk_printf("%s %zu", word(s), done);

	const char *params[] = { s->m->version, state };

	return pk_query(conn, "UPDATE postkit.schema_migrations SET state = $2 WHERE version = $1",
			2, params, NULL, err);
}

static int read_count(const struct steps *s, size_t *ret, struct pk_err *err)
{
	const char *params[] = { s->m->version };
	PK_FREE char *state = NULL;

	if (pk_query_value(s->target->conn,
			   "SELECT state FROM postkit.schema_migrations WHERE version = $1", 1,
			   params, &state, err) < 0)
		return -1;
	/* Without a number: begun, and nothing counted yet. */
	*ret = state && pk_starts_with(state, word(s)) ? strtoul(state + strlen(word(s)), NULL, 10)
						       : 0;
	return 0;
}

static int noted(void *arg, char **ret_xid, struct pk_err *err)
{
	const struct steps *s = arg;
	const char *params[] = { s->m->version };

	return pk_query_value(s->target->conn, "SELECT xmin FROM postkit.schema_migrations WHERE version = $1", 1, params,
			      ret_xid, err);
}

static int before_statement(void *arg, struct pk_err *err)
{
	const struct steps *s = arg;

	if (pk_deploy_stop_if_asked(s->target, err) < 0)
		return -1;
	pk_deploy_watch_arm(s->target->watch);
	return 0;
}

static bool again(void *arg, struct pk_err *err, int attempt)
{
	const struct steps *s = arg;

	return pk_deploy_wait(s->target, err, attempt);
}

static struct pk_run_limits limits(void *arg, const char *sql, int line)
{
	const struct steps *s = arg;

	pk_deploy_limits_begin(s->target);
	return pk_deploy_limits(s->target, s->m, sql, line);
}

static void after_statement(void *arg, const struct pk_traced *traced)
{
	const struct steps *s = arg;

	pk_deploy_tell_statement(s->target, s->m, traced);
}

static void say_dropped(void *arg, const char *index)
{
	const struct steps *s = arg;

	pk_deploy_phase(s->target->d,
			"index %s was left invalid by a build that failed, it is built again",
			index);
}

static void say_waiting(void *arg, const char *who)
{
	const struct steps *s = arg;

	pk_deploy_phase(s->target->d, "%s is at work there, perhaps for an earlier run that was killed; waiting for that", who);
}

static int begin(const struct steps *s, struct pk_err *err)
{
	const struct pk_deploy *d = s->target->d;

	return pk_deploy_is_down(d) ? pk_applied_leave(s->target->conn, s->m->version, err)
				    : pk_applied_start(s->target->conn, s->m, d->commit.hex, err);
}

static int finish(const struct steps *s, double seconds, struct pk_err *err)
{
	const struct pk_deploy *d = s->target->d;

	return pk_deploy_is_down(d)
		       ? pk_applied_undo(s->target->conn, s->m->version, d->commit.hex, seconds,
					 err)
		       : pk_applied_finish(s->target->conn, s->m->version, "applied", seconds, err);
}

static int run_all(struct steps *s, struct pk_stepwise *how, struct pk_err *err)
{
	struct pk_deploy_target *target = s->target;
	PK_AUTO(pk_trace) trace = PK_TRACE_INIT;
	double began = pk_now();
	int rc;

	if ((how->seen ? read_count(s, &how->done, err) : begin(s, err)) < 0)
		return -1;
	rc = pk_run_stepwise(pk_deploy_section(target->d, s->m).sql, how, &trace, err);
	pk_deploy_watch_disarm(target->watch);
	if (rc < 0) {
		if (!target->local && (!err || !err->hint))
			pk_err_hint(
				err,
				"%zu of %zu statements are done and stay; %s goes on after them",
				how->done, how->total, target->d->again);
		return -1;
	}
	/* From one step to the next they stay. */
	if (pk_exec(target->conn, "DISCARD TEMP", err) < 0)
		return -1;
	pk_gone_deleted(&target->d->gone, &trace);
	pk_deploy_keep_trace(target, s->m, &trace);
	if (!pk_deploy_is_proven(target) && pk_deploy_prove(target->d, target->conn, s->m, err) < 0)
		return -1;
	return finish(s, pk_now() - began, err);
}

int pk_deploy_steps(struct pk_deploy_target *target, const struct pk_migration *m, bool resume,
		    double *ret_seconds, struct pk_err *err)
{
	PK_FREE char *path = pk_printf("%s/%s", target->d->project->migrations_dir, m->file);
	struct steps s = { .target = target, .m = m };
	struct pk_stepwise how = {
		.file = path,
		.first_line = pk_deploy_section(target->d, m).line,
		.conn = target->conn,
		.admin = target->admin,
		.local = target->local,
		.measure = target->local && !target->aside,
		.lock_timeout = target->d->foreseen.lock_text,
		.limits = limits,
		.seen = resume,
		.before = before_statement,
		.note = write_count,
		.noted = noted,
		.again = again,
		.after = after_statement,
		.dropped = say_dropped,
		.waiting = say_waiting,
		.arg = &s,
		.trust = pk_super_trust(target->d->config, target->d->repo, NULL),
	};
	double began = pk_now();
	int rc;

	how.settings = target->local ? NULL : target->d->batch_settings;
	rc = run_all(&s, &how, err);

	*ret_seconds = pk_now() - began;
	return rc;
}
