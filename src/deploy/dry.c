#include "deploy/internal.h"

#include "base/clock.h"
#include "clone/less.h"
#include "clone/template.h"
#include "trace/measure.h"

struct cut {
	struct pk_server server;
	struct pk_template template;
	struct pk_conn conn, admin;
	char *db;
};

static void cut_close(struct cut *cut)
{
	pk_conn_release(&cut->conn);
	pk_conn_release(&cut->admin);
	if (cut->db)
		pk_server_drop_db(&cut->server, cut->db, NULL);
	free(cut->db);
	cut->db = NULL;
	pk_template_release(&cut->template);
	cut->template = (struct pk_template)PK_TEMPLATE_INIT;
}

static int cut_make(struct pk_deploy *d, struct cut *cut, enum pk_template_age age, struct pk_err *err)
{
	PK_AUTO(pk_less) less = PK_LESS_INIT;
	const struct pk_template_want want = {
		.remote = &d->remote, .facts = &d->facts, .age = age,
		.options = { .less = &less, .follow = d->options.follow,
			     .progress = d->events ? d->events->progress : NULL, .config = d->config },
	};
	const struct pk_mark mark = { .purpose = "dry-run", .label = d->remote.name };
	PK_FREE char *random = pk_random_hex(4), *told = NULL;
	struct pk_conninfo user = PK_CONNINFO_INIT, admin = PK_CONNINFO_INIT;
	int rc;

	if (pk_less_read(d->config, d->repo, NULL, &less, err) < 0)
		return -1;
	if (pk_template_ensure(&cut->server, &want, &cut->template, err) < 0)
		return -1;
	told = pk_template_told(&cut->template);
	if (told)
		pk_deploy_phase(d, "copy of '%s': %s", d->remote.name, told);
	cut->db = pk_printf("pk_dry_%s", random);
	if (pk_template_cut(&cut->server, &cut->template, &cut->db, &mark, d->facts.role, err) < 0)
		return -1;
	pk_server_user_info(&cut->server, cut->db, &user);
	pk_server_admin_info(&cut->server, cut->db, &admin);
	rc = pk_conn_open_both(&cut->conn, &user, &cut->admin, &admin, err);
	pk_conninfo_release(&user);
	pk_conninfo_release(&admin);
	return rc;
}

/* The cut must be what the remote is now: the same schema, the same migrations behind it. */
static int cut_is_current(struct pk_deploy *d, struct cut *cut, bool *ret, struct pk_err *err)
{
	PK_AUTO(pk_snapshot) snapshot = PK_SNAPSHOT_INIT;
	PK_AUTO(pk_applied_list) applied = PK_APPLIED_LIST_INIT;
	bool exists = false;

	*ret = false;
	if (pk_snapshot_read(&cut->conn, &d->project->managed, &snapshot, err) < 0 ||
	    pk_applied_read(&cut->conn, &applied, &exists, err) < 0)
		return -1;
	/* Half way through a migration there may be an invalid index, which no copy has. */
	if ((!d->resume && !pk_streq(snapshot.fingerprint.hex, d->now.fingerprint.hex)) ||
	    applied.n != d->applied.n)
		return 0;
	for (size_t i = 0; i < applied.n; i++)
		if (!pk_streq(applied.items[i].version, d->applied.items[i].version) ||
		    !pk_streq(applied.items[i].state, d->applied.items[i].state))
			return 0;
	*ret = true;
	return 0;
}

/* Infra makes its roles in DO blocks too, where they cannot be skipped: the stand-ins are there before. */
static int make_roles(struct pk_deploy *d, struct cut *cut, struct pk_err *err)
{
	PK_AUTO(pk_source) infra = PK_SOURCE_INIT;
	PK_AUTO(pk_strv) roles = PK_STRV_INIT;

	if (pk_parts_load(d->project, d->repo, d->commit.hex, "infra", &infra, err) < 0 ||
	    pk_source_roles(&infra, &roles, err) < 0)
		return -1;
	return roles.n ? pk_server_ensure_roles(&cut->server, &roles, err) : 0;
}

static int cut_open(struct pk_deploy *d, struct cut *cut, struct pk_err *err)
{
	const struct pk_server_want want = { .repo = d->repo,
					     .config = d->config,
					     .major = d->facts.version / 10000,
					     .remote = d->remote.name,
					     .clones = true };
	enum pk_template_age age = d->options.fresh ? PK_TEMPLATE_FRESH : PK_TEMPLATE_CURRENT;
	bool current = false;

	if ((!d->options.fresh && !d->options.refresh && pk_template_wanted(d->config, PK_TEMPLATE_NEAR, &age, err) < 0) ||
	    pk_server_open_for(&cut->server, &want, err) < 0 || cut_make(d, cut, age, err) < 0 || make_roles(d, cut, err) < 0 ||
	    cut_is_current(d, cut, &current, err) < 0)
		return -1;
	if (current)
		return 0;
	if (!cut->template.copied && !cut->template.none) {
		pk_deploy_phase(d, "'%s' has changed since its template was copied, copying it again",
				d->remote.name);
		cut_close(cut);
		if (cut_make(d, cut, PK_TEMPLATE_FRESH, err) < 0 || cut_is_current(d, cut, &current, err) < 0)
			return -1;
	}
	if (!current)
		pk_deploy_phase(d, "the copy of '%s' does not have quite its schema (git postkit doctor)",
				d->remote.name);
	return 0;
}

/* What is expected of a check is said of the way up: downwards its answers come the other way round. */
static int ask_checks(struct pk_deploy *d, const struct pk_conninfo *where, bool after, struct pk_err *err)
{
	if (pk_checks_ask(&d->checks, where, pk_deploy_is_down(d) ? !after : after, err) < 0)
		return -1;
	return pk_intact_look(&d->intact, where, d->checks.seconds, after, err);
}

/* Whose rows the dry run may change. */
static int name_tables(struct pk_deploy *d, struct pk_err *err)
{
	PK_AUTO(pk_source) seeds = PK_SOURCE_INIT;

	if (!pk_deploy_is_down(d) &&
	    pk_parts_load(d->project, d->repo, d->commit.hex, "seeds", &seeds, err) < 0)
		return -1;
	for (size_t i = 0; i < d->n_pending; i++)
		pk_intact_add(&d->intact, pk_deploy_section(d, &d->chain.items[d->pending[i]]).sql);
	for (size_t i = 0; i < seeds.n; i++)
		pk_intact_add(&d->intact, seeds.items[i].text);
	return 0;
}

static int judge_checks(struct pk_deploy *d, struct pk_err *err)
{
	pk_checks_compare(&d->checks);
	if (!d->checks.n_wrong)
		return 0;
	pk_err_set(err, "%zu of %zu checks do not come to what they expect", d->checks.n_wrong, d->checks.n);
	pk_err_exit(err, PK_EXIT_NO);
	return pk_err_hint(err, "a difference that is meant to be is declared above the query: -- postkit:expect may-change");
}

static int rehearse_migrations(struct pk_deploy_target *target, struct pk_err *err)
{
	struct pk_deploy *d = target->d;

	for (size_t i = 0; i < d->n_pending; i++) {
		const struct pk_migration *m = &d->chain.items[d->pending[i]];
		double seconds = 0;

		if (d->events && d->events->migration)
			d->events->migration(d->events->arg, m);
		if (pk_deploy_migrate(target, i, d->resume && i == 0, &seconds, err) < 0)
			return -1;
		if (d->events && d->events->finished)
			d->events->finished(d->events->arg, m, seconds);
	}
	return 0;
}

/* Grants and seeds come after the way back, which is of the migrations. */
static int rehearse_up(struct pk_deploy_target *target, const struct pk_conninfo *where, struct pk_err *err)
{
	struct pk_deploy *d = target->d;
	double began;

	if (pk_deploy_adopt(d, target->conn, err) < 0 || pk_deploy_infra(target, err) < 0 ||
	    pk_deploy_before_back(d, target->conn, where, err) < 0)
		return -1;
	began = pk_now();
	if (rehearse_migrations(target, err) < 0 || pk_deploy_try_back(target, where, pk_now() - began, err) < 0 ||
	    pk_deploy_after(target, err) < 0)
		return -1;
	/* What grants and seeds make of the schema must be what the last migration says it is. */
	if (d->n_pending &&
	    pk_deploy_prove(d, target->conn, &d->chain.items[d->pending[d->n_pending - 1]], err) <
		    0) {
		pk_err_hint(err, "grants or seeds change the schema in ways that no migration "
				 "does: git postkit plan "
				 "writes one");
		return pk_err_wrap(err, "after grants and seeds");
	}
	return 0;
}

static int rehearse(struct pk_deploy *d, struct cut *cut, struct pk_err *err)
{
	struct pk_deploy_target target = {
		.d = d,
		.conn = &cut->conn,
		.admin = &cut->admin,
		.local = true,
	};
	PK_AUTO(pk_conninfo) where = PK_CONNINFO_INIT;
	bool down = pk_deploy_is_down(d);
	PK_FREE char *less = NULL;

	if (pk_query_value(&cut->admin, PK_SOURCE_SIZES_KEPT, 0, NULL, &less, err) < 0)
		return -1;
	d->foreseen.less = pk_streq(less, "t");
	pk_server_user_info(&cut->server, cut->db, &where);
	if (pk_sampled_read(&cut->conn, &d->sampled, err) < 0 || ask_checks(d, &where, false, err) < 0 ||
	    pk_deploy_create_tables(d, &cut->conn, err) < 0 ||
	    (down && pk_gone_before(&d->gone, &cut->admin, err) < 0))
		return -1;
	if ((down ? rehearse_migrations(&target, err) : rehearse_up(&target, &where, err)) < 0 ||
	    ask_checks(d, &where, true, err) < 0 ||
	    (down && pk_gone_after(&d->gone, &cut->admin, &d->intact, err) < 0))
		return -1;
	return judge_checks(d, err);
}

/* Where somebody has deployed meanwhile, that is the trouble, whatever it looked like on the copy. */
static int explain_change(struct pk_deploy *d, struct pk_err *err)
{
	PK_AUTO(pk_err) why = PK_ERR_INIT;

	if (!err || err->exit == PK_EXIT_INTERRUPTED || pk_deploy_wake(d, NULL) < 0 || pk_deploy_still_the_same(d, &why) == 0 || why.exit != PK_EXIT_NO)
		return -1;
	pk_err_detail(&why, "on the copy it came to this: %s", err->msg);
	return pk_err_move(err, &why);
}

int pk_deploy_dry_run(struct pk_deploy *d, struct pk_err *err)
{
	struct cut cut = {
		.server = PK_SERVER_INIT, .template = PK_TEMPLATE_INIT, .conn = PK_CONN_INIT, .admin = PK_CONN_INIT,
	};
	int rc;

	pk_deploy_phase(d, "dry run on a copy of '%s'", d->remote.name);
	/* Of what is recorded later, and the lock need not be held for it. */
	pk_repo_know_author(d->repo);
	rc = pk_checks_load(&d->checks, d->project, d->config, d->repo, d->commit.hex, err);
	if (rc == 0)
		rc = name_tables(d, err);
	if (rc == 0)
		rc = cut_open(d, &cut, err);
	if (rc == 0)
		rc = rehearse(d, &cut, err);
	if (rc < 0)
		pk_err_wrap(err, "dry run");
	cut_close(&cut);
	pk_server_release(&cut.server);
	if (rc < 0)
		return explain_change(d, err);
	if (pk_deploy_wake(d, err) < 0)
		return -1;
	return pk_deploy_is_down(d) ? pk_deploy_check_loss(d, err) : 0;
}
