#include "deploy/internal.h"

#include "deploy/watch.h"
#include "trace/parts.h"

struct step {
	const struct pk_deploy *d;
	const char *part;
};

static void after_file(void *arg, const struct pk_part_result *result)
{
	const struct step *step = arg;
	const struct pk_deploy_events *events = step->d->events;

	if (events && events->part && result->ran)
		events->part(events->arg, step->part, result);
}

typedef int apply_fn(struct pk_conn *conn, const struct pk_source *source,
		     const struct pk_parts_options *options, struct pk_part_results *results,
		     struct pk_err *err);

/* Whatever became of a COMMIT whose answer was lost: these files can be run twice, and are. */
static int give_up(const struct pk_deploy *d, struct pk_err *why, struct pk_err *err)
{
	bool unknown = why->exit == PK_EXIT_UNKNOWN;

	pk_err_move(err, why);
	if (!unknown)
		return -1;
	pk_err_exit(err, PK_EXIT_FATAL);
	return pk_err_hint(err, "%s runs it again, whether it was committed or not", d->again);
}

static int run_part(struct pk_deploy_target *target, const char *part, apply_fn *apply,
		    struct pk_err *err)
{
	const struct pk_deploy *d = target->d;
	struct step step = { .d = d, .part = part };
	const struct pk_parts_options options = {
		.local = target->local,
		.admin = target->admin,
		.lock_timeout = d->foreseen.lock_text,
		.after = after_file,
		.arg = &step,
	};
	PK_AUTO(pk_source) source = PK_SOURCE_INIT;

	if (pk_parts_load(d->project, d->repo, d->commit.hex, part, &source, err) < 0)
		return -1;
	for (int attempt = 0; source.n; attempt++) {
		PK_AUTO(pk_err) why = PK_ERR_INIT;
		int rc;

		pk_deploy_watch_arm(target->watch);
		rc = apply(target->conn, &source, &options, NULL, &why);
		pk_deploy_watch_disarm(target->watch);
		if (rc == 0)
			return 0;
		if (!pk_conn_alive(target->conn) || !pk_deploy_wait(target, &why, attempt))
			return give_up(d, &why, err);
	}
	return 0;
}

int pk_deploy_infra(struct pk_deploy_target *target, struct pk_err *err)
{
	return run_part(target, "infra", pk_infra_apply, err);
}

int pk_deploy_after(struct pk_deploy_target *target, struct pk_err *err)
{
	if (run_part(target, "grants", pk_grants_apply, err) < 0)
		return -1;
	return run_part(target, "seeds", pk_seeds_apply, err);
}
