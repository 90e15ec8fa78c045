#include "deploy/internal.h"

int pk_deploy_create_tables(const struct pk_deploy *d, struct pk_conn *conn, struct pk_err *err)
{
	if (pk_applied_create_table(conn, err) < 0)
		return -1;
	return pk_deploy_is_down(d) ? pk_undone_create_table(conn, err) : 0;
}

bool pk_deploy_is_down(const struct pk_deploy *d)
{
	return d->options.direction == PK_DOWN;
}

struct pk_deploy_section pk_deploy_section(const struct pk_deploy *d, const struct pk_migration *m)
{
	if (pk_deploy_is_down(d))
		return (struct pk_deploy_section){ m->down ? m->down : "", m->down_line,
						   m->down_transaction };
	return (struct pk_deploy_section){ m->up ? m->up : "", m->up_line, m->up_transaction };
}

const struct pk_applied *pk_deploy_find_applied(const struct pk_deploy *d, const char *version)
{
	for (size_t i = 0; i < d->applied.n; i++)
		if (pk_streq(d->applied.items[i].version, version))
			return &d->applied.items[i];
	return NULL;
}

/* What the migration that stays, or is undone next, had led to. */
static const char *state_before(const struct pk_deploy *d, const struct pk_migration *m)
{
	const struct pk_applied *before = NULL;

	for (size_t i = 0; i < d->n_pending; i++)
		if (&d->chain.items[d->pending[i]] == m)
			before = pk_deploy_find_applied(
				d, i + 1 < d->n_pending ? d->chain.items[d->pending[i + 1]].version
							: d->back_to);
	return before ? before->to : NULL;
}

const char *pk_deploy_leads_to(const struct pk_deploy *d, const struct pk_migration *m)
{
	if (!pk_deploy_is_down(d))
		return m->to;
	return m->from ? m->from : state_before(d, m);
}
