/* Changes in steps: which of them are run, and since when the last one may be. */
#include "deploy/internal.h"

/* The step before, of whichever change: on a branch they stand behind each other. NULL: there is none. */
static const struct pk_migration *step_before(const struct pk_deploy *d, size_t index)
{
	enum pk_stage stage = PK_STAGE_NONE;

	while (index-- > 0) {
		pk_stage_parse(d->chain.items[index].stage, &stage, NULL);
		if (stage == PK_STAGE_EXPAND || stage == PK_STAGE_BACKFILL)
			return &d->chain.items[index];
	}
	return NULL;
}

/* By the remote's clock. *ret_due "": now; else when, for people. */
static int read_due(struct pk_deploy *d, const struct pk_migration *before, int days,
		    char **ret_due, struct pk_err *err)
{
	static const char sql[] =
		"SELECT CASE WHEN pg_catalog.clock_timestamp() < due THEN 'not before ' ||"
		" pg_catalog.to_char(due AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI') || ' UTC' ELSE "
		"'' END"
		" FROM (SELECT applied_at + pg_catalog.make_interval(days => $2::pg_catalog.int4) "
		"AS due"
		" FROM postkit.schema_migrations WHERE version = $1 AND state = 'applied') s";
	PK_FREE char *text = pk_printf("%d", days);
	const char *params[] = { before->version, text };

	*ret_due = NULL;
	if (d->tracked && pk_query_value(&d->conn, sql, 2, params, ret_due, err) < 0)
		return -1;
	if (!*ret_due)
		*ret_due = pk_printf("%d day%s after %s has run there", days, days == 1 ? "" : "s",
				     before->file);
	return 0;
}

/* *ret_why NULL: it is run. */
static int find_reason(struct pk_deploy *d, size_t index, char **ret_why, struct pk_err *err)
{
	const struct pk_migration *m = &d->chain.items[index], *before;
	enum pk_stage stage = PK_STAGE_NONE;
	PK_FREE char *due = NULL;
	int days;

	*ret_why = NULL;
	pk_stage_parse(m->stage, &stage, &days);
	if (d->options.stage != PK_STAGE_NONE && stage > d->options.stage) {
		*ret_why = pk_printf("%s waits: it is of a later stage", m->file);
		return 0;
	}
	before = stage == PK_STAGE_CONTRACT && days ? step_before(d, index) : NULL;
	if (!before || d->empty)
		return 0;
	if (read_due(d, before, days, &due, err) < 0)
		return -1;
	if (*due)
		*ret_why = pk_printf("%s waits: %s, by its stage", m->file, due);
	return 0;
}

int pk_deploy_hold(struct pk_deploy *d, struct pk_err *err)
{
	free(d->held);
	d->held = NULL;
	for (size_t i = d->resume ? 1 : 0; i < d->n_pending; i++) {
		if (find_reason(d, d->pending[i], &d->held, err) < 0)
			return -1;
		if (d->held) {
			d->n_pending = i;
			break;
		}
	}
	if (!d->held || d->options.stage != PK_STAGE_CONTRACT)
		return 0;
	pk_err_set(err, "%s", d->held);
	pk_err_exit(err, PK_EXIT_NO);
	return pk_err_hint(err, "git postkit deploy %s runs what comes before it", d->remote.name);
}
