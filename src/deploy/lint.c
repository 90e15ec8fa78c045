#include "deploy/internal.h"

#include "base/fs.h"
#include "trace/effects.h"

static int read_workload(void *arg, struct pk_workload *ret, struct pk_err *err)
{
	struct pk_deploy *d = arg;

	if (pk_workload_read(&d->conn, d->remote.name, ret, err) < 0)
		return -1;
	pk_workload_keep_or_load(ret, d->repo);
	return 0;
}

void pk_deploy_keep_trace(const struct pk_deploy_target *target, const struct pk_migration *m, struct pk_trace *trace)
{
	struct pk_deploy *d = target->d;

	if (!target->local || target->aside)
		return;
	if (!d->traces)
		d->traces = pk_alloc((d->n_pending + 1) * sizeof(*d->traces));
	for (size_t i = 0; i < d->n_pending; i++) {
		if (&d->chain.items[d->pending[i]] != m)
			continue;
		pk_trace_release(&d->traces[i]);
		d->traces[i] = *trace;
		*trace = (struct pk_trace)PK_TRACE_INIT;
	}
}

void pk_deploy_drop_traces(struct pk_deploy *d)
{
	for (size_t i = 0; d->traces && i < d->n_pending; i++)
		pk_trace_release(&d->traces[i]);
	free(d->traces);
	d->traces = NULL;
}

/* One that does not parse has been run by now; what it takes away is not known then. */
static int look(struct pk_deploy *d, size_t i, const struct pk_lint_options *settings, struct pk_err *err)
{
	const struct pk_migration *m = &d->chain.items[d->pending[i]];
	PK_FREE char *file = pk_path_join(d->project->migrations_dir, m->file);
	const struct pk_deploy_section section = pk_deploy_section(d, m);
	struct pk_trace_as_effects seen = { d->traces ? &d->traces[i] : NULL, section.transaction };
	struct pk_lint_options options = *settings;
	PK_AUTO(pk_err) why = PK_ERR_INIT;

	options.transaction = section.transaction;
	options.first_line = section.line;
	options.measure = d->traces ? pk_trace_effects : NULL;
	options.measure_arg = &seen;
	if (pk_lint_sql(section.sql, file, &options, &d->findings, &why) == 0)
		return 0;
	if (pk_err_move_interrupt(err, &why))
		return -1;
	pk_deploy_phase(d, "%s: what is unsafe in it, and whether anything uses what it takes away, was not looked at: %s",
			file, why.msg ? why.msg : "it cannot be read");
	return 0;
}

int pk_deploy_lint(struct pk_deploy *d, struct pk_err *err)
{
	const char *leave_out[] = { d->project->schema_dir, d->project->migrations_dir, NULL };
	PK_AUTO(pk_usage_source) source = PK_USAGE_SOURCE_INIT;
	PK_AUTO(pk_map) texts = PK_MAP_INIT;
	struct pk_lint_catalog catalog;
	struct pk_lint_options options = { .catalog = &catalog, .ours = true };
	bool wanted;

	if (pk_usage_wanted(d->config, d->remote.name, &wanted, err) < 0 ||
	    pk_lint_settings(d->config, d->remote.name, &options, err) < 0)
		return -1;
	pk_lint_catalog_of(&d->now, &texts, &catalog);
	source.read = read_workload;
	source.arg = d;
	source.repo = d->repo;
	source.rev = d->commit.hex;
	source.leave_out = leave_out;
	options.usage = wanted ? &source : NULL;
	for (size_t i = 0; i < d->n_pending; i++)
		if (look(d, i, &options, err) < 0)
			return -1;
	return 0;
}
