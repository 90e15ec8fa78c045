/*
 * A migration that must not run in one transaction. Its tracking row is written first, in state
 * 'started', and counts the statements that are done.
 */
#include "deploy/internal.h"

#include "base/clock.h"
#include "trace/stepwise.h"

struct steps {
	struct pk_deploy_target *target;
	const struct pk_migration *m;
};

static int write_count(void *arg, struct pk_conn *conn, size_t done, struct pk_err *err)
{
	const struct steps *s = arg;
	PK_FREE char *state = pk_printf("started %zu", done);
	const char *params[] = { s->m->version, state };

	return pk_query(conn, "UPDATE postkit.schema_migrations SET state = $2 WHERE version = $1", 2, params,
			NULL, err);
}

static int read_count(const struct steps *s, size_t *ret, struct pk_err *err)
{
	const char *params[] = { s->m->version };
	PK_FREE char *state = NULL;

	if (pk_query_value(s->target->conn, "SELECT state FROM postkit.schema_migrations WHERE version = $1", 1,
			   params, &state, err) < 0)
		return -1;
	/* Without a number: begun, and nothing counted yet. */
	*ret = state && pk_starts_with(state, "started ") ? strtoul(state + strlen("started "), NULL, 10) : 0;
	return 0;
}

static bool again(void *arg, const struct pk_err *err, int attempt)
{
	const struct steps *s = arg;

	return pk_deploy_wait(s->target, err, attempt);
}

static void after_statement(void *arg, const struct pk_traced *traced)
{
	const struct steps *s = arg;
	const struct pk_deploy_events *events = s->target->d->events;

	if (events && events->statement)
		events->statement(events->arg, traced);
}

static void say_dropped(void *arg, const char *index)
{
	const struct steps *s = arg;

	pk_deploy_phase(s->target->d, "index %s was left invalid by a build that failed, it is built again", index);
}

static int run_all(struct steps *s, struct pk_stepwise *how, struct pk_err *err)
{
	struct pk_deploy_target *target = s->target;
	PK_AUTO(pk_trace) trace = PK_TRACE_INIT;
	double began = pk_now();

	if ((how->seen ? read_count(s, &how->done, err)
		       : pk_applied_start(target->conn, s->m, target->d->commit.hex, err)) < 0)
		return -1;
	if (pk_run_stepwise(s->m->up ? s->m->up : "", how, &trace, err) < 0) {
		if (!target->local && (!err || !err->hint))
			pk_err_hint(err, "%zu of %zu statements are done and stay; the next deploy goes on after them",
				    how->done, how->total);
		return -1;
	}
	if (pk_deploy_prove(target->d, target->conn, s->m, err) < 0)
		return -1;
	return pk_applied_finish(target->conn, s->m->version, "applied", pk_now() - began, err);
}

int pk_deploy_steps(struct pk_deploy_target *target, const struct pk_migration *m, bool resume,
		    double *ret_seconds, struct pk_err *err)
{
	PK_FREE char *path = pk_printf("%s/%s", target->d->project->migrations_dir, m->file);
	const char *lock_timeout = pk_config_get(target->d->config, "lockTimeout");
	struct steps s = { .target = target, .m = m };
	struct pk_stepwise how = {
		.file = path, .first_line = m->up_line, .conn = target->conn, .admin = target->admin,
		.local = target->local, .measure = target->local, .lock_timeout = lock_timeout ? lock_timeout : "5s",
		.seen = resume, .note = write_count, .again = again, .after = after_statement, .dropped = say_dropped,
		.arg = &s, .trust = pk_super_trust(target->d->config, target->d->repo, NULL),
	};
	double began = pk_now();
	int rc = run_all(&s, &how, err);

	*ret_seconds = pk_now() - began;
	return rc;
}
