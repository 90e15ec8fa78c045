#include "deploy/internal.h"

#include "base/clock.h"
#include "base/text.h"

#include <float.h>

#define SETTING	   "wayBack"
#define MAX_SECONDS 600.0 /* that the way there took */

void pk_way_back_release(struct pk_way_back *back)
{
	free(back->why);
	pk_checks_release(&back->checks);
	pk_strv_release(&back->differ);
	pk_intact_release(&back->intact);
	*back = (struct pk_way_back)PK_WAY_BACK_INIT;
}

/* ---- before ---- */

/* *ret: how long the way there may take for the way back to be tried; below 0: it never is. */
static int read_setting(const struct pk_config *config, double *ret, struct pk_err *err)
{
	const char *text = pk_config_get_protected(config, SETTING);

	*ret = MAX_SECONDS;
	if (!text || pk_parse_duration(text, ret))
		return 0;
	if (strcmp(text, "never") == 0 || strcmp(text, "always") == 0) {
		*ret = *text == 'n' ? -1 : DBL_MAX;
		return 0;
	}
	pk_err_set(err, "postkit." SETTING ": '%s' is neither always, never, nor a time", text);
	return pk_err_hint(err, "10min: it is tried where the way there took no longer than that");
}

static void do_without(struct pk_way_back *back, const char *why)
{
	free(back->why);
	back->why = pk_strdup(why);
}

static bool has_way_back(struct pk_deploy *d, const struct pk_migration *m)
{
	const char *why = pk_deploy_no_way_back(m);

	if (!why)
		return true;
	free(d->back.why);
	d->back.why = pk_printf("%s: %s%s%s", m->file, why, m->irreversible ? ": " : "", m->irreversible ? m->irreversible : "");
	return false;
}

/* Those at the end that have a way back, as far as there is none without between them. */
static size_t count_back(struct pk_deploy *d)
{
	size_t n = 0;

	while (n < d->n_pending && has_way_back(d, &d->chain.items[d->pending[d->n_pending - 1 - n]]))
		n++;
	return n;
}

/* The schema where the way back has to lead; infra may have changed it. */
static int read_from(struct pk_deploy *d, struct pk_conn *conn, struct pk_err *err)
{
	PK_AUTO(pk_snapshot) now = PK_SNAPSHOT_INIT;
	const struct pk_migration *oldest = &d->chain.items[d->pending[d->n_pending - d->back.n]];
	const char *from = d->back.n < d->n_pending ? oldest->from : now.fingerprint.hex;

	if (d->back.n == d->n_pending && pk_snapshot_read(conn, &d->project->managed, &now, err) < 0)
		return -1;
	snprintf(d->back.from, sizeof(d->back.from), "%s", from ? from : "");
	return 0;
}

int pk_deploy_before_back(struct pk_deploy *d, struct pk_conn *conn, const struct pk_conninfo *where, struct pk_err *err)
{
	struct pk_way_back *back = &d->back;
	double limit;

	if (read_setting(d->config, &limit, err) < 0)
		return -1;
	if (limit < 0)
		do_without(back, "postkit." SETTING " says never");
	else if (d->resume)
		do_without(back, "the first migration is half way there already");
	else if (d->drifted || d->unordered)
		do_without(back, "the schema is not what the migrations before made of it");
	else
		back->n = count_back(d);
	if (back->n && read_from(d, conn, err) < 0)
		return -1;
	/* Where it leads to something in between there is nothing to compare rows with. */
	if (back->n == 0 || back->n < d->n_pending)
		return 0;
	for (size_t i = 0; i < d->n_pending; i++) {
		const struct pk_migration *m = &d->chain.items[d->pending[i]];

		pk_intact_add(&back->intact, m->up ? m->up : "");
		pk_intact_add(&back->intact, m->down);
	}
	if (pk_checks_load(&back->checks, d->project, d->config, d->repo, d->commit.hex, err) < 0 ||
	    pk_checks_ask(&back->checks, where, false, err) < 0)
		return -1;
	return pk_intact_look(&back->intact, where, back->checks.seconds, false, err);
}

/* ---- there and back ---- */

bool pk_deploy_is_proven(const struct pk_deploy_target *target)
{
	return target->aside && !pk_deploy_is_down(target->d);
}

static bool differs(const struct pk_checked *c)
{
	if (c->before.err.exit || c->after.err.exit)
		return !c->before.err.exit != !c->after.err.exit;
	return !pk_answer_same(&c->before, &c->after);
}

static int compare(struct pk_deploy *d, const struct pk_conninfo *where, struct pk_err *err)
{
	struct pk_way_back *back = &d->back;
	PK_AUTO(pk_buf) rows = PK_BUF_INIT;

	if (pk_checks_ask(&back->checks, where, true, err) < 0 ||
	    pk_intact_look(&back->intact, where, back->checks.seconds, true, err) < 0)
		return -1;
	for (size_t i = 0; i < back->checks.n; i++)
		if (differs(&back->checks.items[i]))
			pk_strv_pushf(&back->differ, "%s:%d", back->checks.items[i].file, back->checks.items[i].query.line);
	pk_intact_words(&back->intact, &rows);
	back->result = rows.len || back->differ.n ? PK_WAY_BACK_LOSES : PK_WAY_BACK_PROVEN;
	return 0;
}

static int migrate_all(struct pk_deploy_target *target, struct pk_err *err)
{
	const struct pk_deploy *d = target->d;
	double seconds;

	for (size_t i = 0; i < d->n_pending; i++)
		if (pk_deploy_migrate(target, i, false, &seconds, err) < 0)
			return -1;
	return 0;
}

/* The same deploy of the last n of its migrations, in one direction; nobody is told of it. */
static int run_part(struct pk_deploy_target *target, size_t n, enum pk_direction direction, struct pk_err *err)
{
	struct pk_deploy *all = target->d, part = *all;
	struct pk_deploy_target there = *target;
	int rc;

	part.options.direction = direction;
	part.events = NULL;
	part.back_to = NULL;
	part.gone = (struct pk_gone)PK_GONE_INIT;
	part.n_pending = n;
	part.pending = pk_alloc(n * sizeof(*part.pending));
	for (size_t i = 0; i < n; i++)
		part.pending[i] = all->pending[direction == PK_DOWN ? all->n_pending - 1 - i : all->n_pending - n + i];
	there.d = &part;
	there.aside = true;
	rc = direction == PK_DOWN ? pk_deploy_create_tables(&part, target->conn, err) : 0;
	if (rc == 0)
		rc = migrate_all(&there, err);
	if (rc == 0 && direction == PK_DOWN && *all->back.from)
		rc = pk_deploy_prove_is(&part, target->conn, &all->chain.items[part.pending[n - 1]], all->back.from, err);
	free(part.pending);
	pk_gone_release(&part.gone);
	return rc;
}

static int go_back(struct pk_deploy_target *target, struct pk_err *err)
{
	if (run_part(target, target->d->back.n, PK_DOWN, err) == 0)
		return 0;
	pk_err_wrap(err, "the way back");
	if (!err || err->exit == PK_EXIT_INTERRUPTED || !pk_conn_alive(target->conn))
		return -1;
	pk_err_exit(err, PK_EXIT_NO);
	return pk_err_hint(err, "mend the section '-- migrate:down', or say above '-- migrate:up' why there is none: -- "
				"postkit:irreversible: REASON; without trying it: git config postkit." SETTING " never");
}

int pk_deploy_try_back(struct pk_deploy_target *target, const struct pk_conninfo *where, double seconds, struct pk_err *err)
{
	struct pk_deploy *d = target->d;
	struct pk_way_back *back = &d->back;
	double limit, began = pk_now();

	if (!back->n || read_setting(d->config, &limit, err) < 0)
		return back->n ? -1 : 0;
	if (seconds > limit) {
		PK_FREE char *took = pk_duration(seconds);

		free(back->why);
		back->why = pk_printf("the way there took %s, more than postkit." SETTING " allows for", took);
		back->n = 0;
		return 0;
	}
	pk_deploy_phase(d, "trying the way back");
	if (go_back(target, err) < 0)
		return -1;
	if (back->n == d->n_pending && compare(d, where, err) < 0)
		return -1;
	if (run_part(target, back->n, PK_UP, err) < 0)
		return pk_err_wrap(err, "once more after the way back");
	if (back->n < d->n_pending)
		back->result = PK_WAY_BACK_IN_PART;
	back->seconds = pk_now() - began;
	return 0;
}

/* ---- telling ---- */

static void add_lines(const char *text, struct pk_buf *ret)
{
	while (*text) {
		size_t n = strcspn(text, "\n");

		pk_buf_addf(ret, "  %.*s\n", (int)n, text);
		text += n + (text[n] == '\n');
	}
}

void pk_way_back_words(const struct pk_way_back *back, struct pk_buf *ret)
{
	PK_FREE char *took = pk_duration(back->seconds);
	PK_AUTO(pk_buf) rows = PK_BUF_INIT;

	if (back->result == PK_WAY_BACK_NOT_TRIED) {
		if (back->why)
			pk_buf_addf(ret, "way back: not tried: %s\n", back->why);
		return;
	}
	pk_buf_addf(ret, "way back: %zu migration%s back and again in %s, %s", back->n, back->n == 1 ? "" : "s", took,
		    !*back->from			? "to a schema that was not known before" :
		    back->result == PK_WAY_BACK_LOSES ? "to the same schema, but not to the same data:\n" :
						    "to the same schema");
	if (back->result == PK_WAY_BACK_PROVEN)
		pk_buf_add(ret, " and the same data\n");
	if (back->result == PK_WAY_BACK_IN_PART)
		pk_buf_addf(ret, "; no further: %s\n", back->why);
	pk_intact_words(&back->intact, &rows);
	if (rows.len)
		add_lines(rows.ptr, ret);
	for (size_t i = 0; i < back->differ.n; i++)
		pk_buf_addf(ret, "  %s: other rows than before\n", back->differ.items[i]);
}

cJSON *pk_way_back_to_json(const struct pk_way_back *back)
{
	static const char *const results[] = {
		[PK_WAY_BACK_NOT_TRIED] = "not tried",
		[PK_WAY_BACK_PROVEN] = "proven",
		[PK_WAY_BACK_LOSES] = "loses",
		[PK_WAY_BACK_IN_PART] = "in part",
	};
	cJSON *json = cJSON_CreateObject(), *differ;

	pk_json_set_str(json, "result", results[back->result]);
	pk_json_set_str(json, "why", back->why);
	pk_json_set_num(json, "migrations", (double)back->n);
	pk_json_set_num(json, "seconds", back->seconds);
	cJSON_AddItemToObject(json, "tables", pk_intact_to_json(&back->intact));
	differ = pk_json_add_array(json, "checks");
	for (size_t i = 0; i < back->differ.n; i++)
		cJSON_AddItemToArray(differ, cJSON_CreateString(back->differ.items[i]));
	return json;
}
