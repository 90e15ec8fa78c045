#include "deploy/internal.h"

#include "sql/split.h"

/* ---- what is to be undone ---- */

/* In the order in which they came: by time, those of one time by version; what is of no known time came first. */
static int compare_applied(const void *a, const void *b)
{
	const struct pk_applied *x = *(const struct pk_applied *const *)a,
				*y = *(const struct pk_applied *const *)b;
	int c = strcmp(x->applied_at ? x->applied_at : "", y->applied_at ? y->applied_at : "");

	return c ? c : strcmp(x->version, y->version);
}

static const struct pk_applied **newest_first(const struct pk_deploy *d)
{
	const struct pk_applied **order = pk_alloc((d->applied.n + 1) * sizeof(*order));
	size_t n = d->applied.n;

	for (size_t i = 0; i < n; i++)
		order[i] = &d->applied.items[i];
	if (n > 1)
		qsort(order, n, sizeof(*order), compare_applied);
	for (size_t i = 0; i < n / 2; i++) {
		const struct pk_applied *other = order[i];

		order[i] = order[n - 1 - i];
		order[n - 1 - i] = other;
	}
	return order;
}

/* How many come after the one that is to stay. */
static int count_back(const struct pk_deploy *d, const struct pk_applied **order, const char *to,
		      size_t *ret, struct pk_err *err)
{
	*ret = d->applied.n;
	if (pk_streq(to, "0"))
		return 0;
	for (size_t i = 0; i < d->applied.n; i++) {
		if (!pk_streq(order[i]->version, to))
			continue;
		*ret = i;
		if (pk_applied_stage(order[i]) != PK_APPLIED_GOING)
			return 0;
		pk_err_set(
			err,
			"migration '%s' cannot stay on '%s': it is half way of being rolled back",
			to, d->remote.name);
		pk_err_exit(err, PK_EXIT_NO);
		return pk_err_hint(err, "git postkit rollback %s goes on with that",
				   d->remote.name);
	}
	pk_err_set(err, "no migration '%s' has run on '%s'", to, d->remote.name);
	return pk_err_hint(err, "--to takes the version that is to be the last one there, as git "
				"postkit log shows them, "
				"or 0 for none");
}

static size_t index_in_chain(const struct pk_deploy *d, const char *version)
{
	return (size_t)(pk_chain_find(&d->chain, version) - d->chain.items);
}

int pk_deploy_find_back(struct pk_deploy *d, struct pk_err *err)
{
	PK_FREE const struct pk_applied **order = newest_first(d);
	PK_FREE char *intended = d->options.to ? NULL : pk_deploy_intended_back(d);
	const char *to = d->options.to ? d->options.to : intended;
	size_t n = d->applied.n ? 1 : 0;

	if (to && count_back(d, order, to, &n, err) < 0)
		return -1;
	free(d->pending);
	d->pending = pk_alloc((n + 1) * sizeof(*d->pending));
	d->n_pending = n;
	for (size_t i = 0; i < n; i++)
		d->pending[i] = index_in_chain(d, order[i]->version);
	d->resume = n && pk_applied_stage(order[0]) == PK_APPLIED_GOING;
	free(d->back_to);
	d->back_to = pk_strdup(n < d->applied.n ? order[n]->version : "0");
	free(d->again);
	d->again = pk_printf("git postkit rollback %s --to %s", d->remote.name, d->back_to);
	return 0;
}

/* ---- what speaks against it ---- */

const char *pk_deploy_no_way_back(const struct pk_migration *m)
{
	PK_AUTO(pk_statements) statements = PK_STATEMENTS_INIT;

	if (m->irreversible)
		return "marked as irreversible";
	if (!m->down)
		return "it has no way back";
	return pk_sql_split(m->down, NULL, &statements, NULL) < 0 || statements.n ? NULL : "its way back has no statement";
}

int pk_deploy_check_back(const struct pk_deploy *d, struct pk_err *err)
{
	PK_AUTO(pk_buf) list = PK_BUF_INIT;
	const char *stays = NULL;

	for (size_t i = 0; i < d->n_pending; i++) {
		const struct pk_migration *m = &d->chain.items[d->pending[i]];
		const char *why = pk_deploy_no_way_back(m);

		if (!why)
			continue;
		stays = stays ? stays : m->version;
		pk_buf_addf(&list, "%s%s: %s", list.len ? "\n" : "", m->file, why);
		if (m->irreversible)
			pk_buf_addf(&list, ": %s", m->irreversible);
	}
	if (!list.len)
		return 0;
	pk_err_set(err, "there is no way back behind what ran on '%s'", d->remote.name);
	pk_err_exit(err, PK_EXIT_NO);
	pk_err_detail(err, "%s", list.ptr);
	if (pk_streq(stays, d->chain.items[d->pending[0]].version))
		return pk_err_hint(err, "what it did is undone by a new migration: git postkit "
					"plan on a branch writes one");
	return pk_err_hint(err,
			   "git postkit rollback %s --to %s goes back as far as that; the rest is "
			   "undone by a new "
			   "migration",
			   d->remote.name, stays);
}

int pk_deploy_check_loss(struct pk_deploy *d, struct pk_err *err)
{
	PK_AUTO(pk_buf) list = PK_BUF_INIT;

	if (d->options.allow_destructive)
		return 0;
	if (pk_gone_ask(&d->gone, &d->conn, err) < 0)
		return -1;
	if (!pk_gone_lossy(&d->gone))
		return 0;
	pk_gone_words(&d->gone, &list);
	pk_buf_rtrim(&list);
	pk_err_set(err, "the rollback would lose data of '%s'", d->remote.name);
	pk_err_exit(err, PK_EXIT_NO);
	pk_err_detail(err, "%s", list.ptr);
	return pk_err_hint(err, "--allow-destructive lets it go; a new migration may undo the "
				"change and keep the data");
}
