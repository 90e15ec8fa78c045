#include "deploy/internal.h"
#include "pg/sqlstate.h"

/* Said of the remote, also where it came to light on a copy. */
static int may_not_create(const struct pk_deploy *d, struct pk_err *err)
{
	const char *db = pk_conninfo_get(&d->remote.info, "dbname");
	PK_AUTO(pk_buf) grant = PK_BUF_INIT;

	pk_buf_add(&grant, d->tracked ? "GRANT CREATE ON SCHEMA postkit" : "GRANT CREATE ON DATABASE ");
	if (!d->tracked && db)
		pk_buf_add_ident(&grant, db);
	else if (!d->tracked)
		pk_buf_add(&grant, "...");
	pk_buf_add(&grant, " TO ");
	pk_buf_add_ident(&grant, d->facts.role);
	return pk_err_hint(err, "the role that deploys makes the schema postkit and tables in it: %s", grant.ptr);
}

int pk_deploy_create_tables(const struct pk_deploy *d, struct pk_conn *conn, struct pk_err *err)
{
	PK_AUTO(pk_err) why = PK_ERR_INIT;

	if (pk_applied_create_table(conn, &why) == 0 && (!pk_deploy_is_down(d) || pk_undone_create_table(conn, &why) == 0))
		return 0;
	if (pk_streq(why.sqlstate, PK_SQLSTATE_INSUFFICIENT_PRIVILEGE))
		may_not_create(d, &why);
	return pk_err_move(err, &why);
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

bool pk_deploy_led_elsewhere(const struct pk_migration *m, const struct pk_applied *row)
{
	return row && row->to && *row->to && !pk_streq(row->to, m->to);
}

const char *pk_deploy_leads_to(const struct pk_deploy *d, const struct pk_migration *m)
{
	if (!pk_deploy_is_down(d))
		return m->to;
	return m->from && !pk_deploy_led_elsewhere(m, pk_deploy_find_applied(d, m->version)) ? m->from : state_before(d, m);
}
