#include "deploy/internal.h"

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

static int run_part(struct pk_deploy_target *target, const char *part,
		    int (*apply)(struct pk_conn *, const struct pk_source *, const struct pk_parts_options *,
				 struct pk_part_results *, struct pk_err *),
		    struct pk_err *err)
{
	const struct pk_deploy *d = target->d;
	const char *lock_timeout = pk_config_get(d->config, "lockTimeout");
	struct step step = { .d = d, .part = part };
	const struct pk_parts_options options = {
		.local = target->local, .admin = target->admin,
		.lock_timeout = lock_timeout ? lock_timeout : "5s", .after = after_file, .arg = &step,
	};
	PK_AUTO(pk_source) source = PK_SOURCE_INIT;

	if (pk_parts_load(d->project, d->repo, d->commit.hex, part, &source, err) < 0)
		return -1;
	return source.n ? apply(target->conn, &source, &options, NULL, err) : 0;
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
