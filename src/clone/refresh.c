#include "clone/refresh.h"

#include "base/clock.h"
#include "clone/again.h"
#include "clone/beside.h"
#include "clone/evidence.h"
#include "clone/less.h"
#include "clone/scrap.h"
#include "clone/sizes.h"
#include "clone/transfer.h"

void pk_refreshed_release(struct pk_refreshed *refreshed)
{
	free(refreshed->doubt);
	*refreshed = (struct pk_refreshed)PK_REFRESHED_INIT;
}

struct state {
	const struct pk_refresh_how *r;
	struct pk_source_facts facts;
	struct pk_carried carried;
	struct pk_strv unfilled;
	struct pk_buf sizes; /* clone/sizes.h; empty where all is copied */
	struct pk_transfer transfer;
	struct pk_transfer_work work;
	struct pk_copied is;
	struct pk_refreshed *ret;
	struct pk_again again;
	bool dumped;
};

static void state_release(struct state *s)
{
	if (s->work.t)
		pk_transfer_work_release(&s->work);
	pk_source_facts_release(&s->facts);
	pk_carried_release(&s->carried);
	pk_strv_release(&s->unfilled);
	pk_buf_release(&s->sizes);
	pk_copied_release(&s->is);
	free(s->again.changed);
	free((char *)s->transfer.bindir);
}

static void doubt(struct state *s, const char *why)
{
	if (!s->ret->doubt)
		s->ret->doubt = pk_strdup(why);
}

/* ---- what there is ---- */

static int prepare(struct state *s, struct pk_err *err)
{
	const struct pk_refresh_how *r = s->r;
	bool less = r->options->less && pk_less_leaves_out(r->options->less);

	if (pk_copy_facts(r->source, &s->facts, err) < 0 ||
	    pk_copy_carried(r->source, &s->carried, &s->unfilled, less ? &s->sizes : NULL, err) < 0)
		return -1;
	s->transfer = (struct pk_transfer){
		.source = r->source,
		.facts = &s->facts,
		.options = r->options,
		.unfilled = &s->unfilled,
		.place = pk_copy_place(r->server),
		.throwaway = true,
		.jobs = pk_copy_jobs(r->options),
		.record = &s->is,
	};
	if (pk_copy_max_age(r->options, &s->transfer.max_age, err) < 0)
		return -1;
	pk_transfer_work_init(&s->work, &s->transfer);
	return 0;
}

/* What pg_dump says is only asked for when the catalogs are not what they were. */
static int dump(struct state *s, struct pk_err *err)
{
	struct pk_transfer_work *w = &s->work;

	s->dumped = true;
	s->transfer.bindir = pk_dump_find(s->r->server, s->r->options->config, s->facts.version / 10000, s->r->server->major, err);
	w->dump.bindir = s->transfer.bindir;
	if (!w->dump.bindir || pk_dump_open(&w->dump, s->transfer.place, err) < 0)
		return -1;
	/* A single connection has to be let go for it. */
	if (s->transfer.jobs == 1) {
		pk_hold_release(&w->hold);
		return pk_transfer_hold(w, err) < 0 ? -1 : pk_copied_take(&s->is, &w->hold, err);
	}
	return pk_dump_take(&w->dump, s->transfer.source, &w->hold, err);
}

static int look_at_structure(struct state *s, struct pk_err *err)
{
	struct pk_transfer_work *w = &s->work;

	if (pk_streq(s->is.stamp, s->r->was->stamp)) {
		s->is.structure = pk_strdup(s->r->was->structure);
		return 0;
	}
	if (dump(s, err) < 0 || pk_dump_scripts(&w->dump, &w->structure, err) < 0 ||
	    pk_structure_sort(&w->structure, &w->hold.conn, &w->tables, &s->unfilled, err) < 0)
		return -1;
	s->is.structure = pk_copied_structure(&w->structure);
	pk_structure_release(&w->structure);
	return 0;
}

static bool extends(const struct pk_source_facts *facts, const char *name)
{
	for (size_t i = 0; i < facts->extensions.n; i++)
		if (pk_starts_with(facts->extensions.items[i], name) && facts->extensions.items[i][strlen(name)] == ' ')
			return true;
	return false;
}

/* All that makes it another database, whatever the rows are. */
static int compare(struct state *s, struct pk_err *err)
{
	const struct pk_copied *was = s->r->was;
	PK_FREE char *why = NULL;

	if (!s->is.place) {
		doubt(s, "the server does not say what it holds");
		return 0;
	}
	why = pk_evidence_doubt(was, &s->is);
	if (why)
		doubt(s, why);
	/* Its rows are elsewhere, under transactions of other servers. */
	if (extends(&s->facts, "citus"))
		doubt(s, "its tables are spread over several servers");
	pk_copied_around(&s->is, &s->facts, &s->carried, &s->unfilled);
	if (!pk_streq(was->around, s->is.around) ||
	    (pk_streq(was->role, s->is.role) && !pk_streq(was->session, s->is.session)))
		doubt(s, "what belongs to the database has changed: its owner, settings, extensions or what reaches elsewhere");
	if (s->ret->doubt)
		return 0;
	if (look_at_structure(s, err) < 0)
		return -1;
	/* With a single connection the snapshot is another one now. */
	why = s->is.place ? pk_evidence_doubt(was, &s->is) : pk_strdup("the server does not say what it holds");
	if (why)
		doubt(s, why);
	else if (!pk_streq(was->structure, s->is.structure))
		doubt(s, "the schema has changed");
	return 0;
}

/* ---- what has changed ---- */

static int find_changes(struct state *s, struct pk_err *err)
{
	struct pk_transfer_work *w = &s->work;
	const struct pk_evidence evidence = { .source = s->transfer.source,
					      .hold = &w->hold,
					      .was = s->r->was,
					      .tables = &w->tables,
					      .jobs = s->transfer.jobs,
					      .progress = s->transfer.options->progress };
	bool same = pk_evidence_same(s->r->was, &s->is), rows = !s->transfer.options->schema_only;

	s->again.changed = pk_alloc((w->tables.n + 1) * sizeof(*s->again.changed));
	s->ret->scanned = !same;
	if (rows && !same && (pk_evidence_tables(&evidence, s->again.changed, err) < 0 ||
			      pk_evidence_large(&evidence, &s->is, &s->again.large, err) < 0))
		return -1;
	for (size_t i = 0; i < w->tables.n; i++) {
		const struct pk_copy_table *t = &w->tables.items[i];

		s->again.changed[i] = rows && !t->skip && (s->again.changed[i] || t->unsteady);
		s->ret->tables += !t->skip;
		s->ret->changed += s->again.changed[i];
	}
	s->ret->large = s->again.large;
	return 0;
}

/* ---- the new one ---- */

static void complete(struct state *s)
{
	const struct pk_copy_tables *tables = &s->work.tables;
	PK_FREE int64_t *rows = pk_alloc((tables->n + 1) * sizeof(*rows));

	for (size_t i = 0; i < tables->n; i++) {
		const struct pk_copied_table *was = pk_copied_find(s->r->was, tables->items[i].oid);

		if (s->again.changed[i])
			rows[i] = s->work.poured.rows[i];
		else if (was)
			rows[i] = was->rows;
	}
	pk_copied_rows(&s->is, tables, rows);
}

static int fill(struct state *s, struct pk_err *err)
{
	PK_AUTO(pk_conninfo) target = PK_CONNINFO_INIT;
	struct pk_transfer_work *w = &s->work;
	const struct pk_refresh_how *r = s->r;

	pk_server_admin_info(r->server, r->name, &target);
	s->transfer.target = w->pour.target = &target;
	if (pk_conn_open(&w->target, &target, err) < 0 || pk_again_run(&s->again, w, err) < 0)
		return -1;
	if (s->facts.may_create && pk_carry_create_privilege(&w->target, r->name, s->facts.role, err) < 0)
		return -1;
	s->ret->bytes = w->poured.bytes;
	return pk_sizes_keep(&w->target, &s->sizes, s->facts.may_create ? s->facts.role : NULL, err);
}

static int make(struct state *s, struct pk_err *err)
{
	const struct pk_refresh_how *r = s->r;
	struct pk_conn *admin;

	pk_progress_start(s->transfer.options->progress, "cutting a new template", 0);
	if (pk_server_admin(r->server, &admin, err) < 0 ||
	    pk_server_cut_db(r->server, r->from, r->name, "template", r->label, err) < 0)
		return -1;
	if (fill(s, err) < 0) {
		pk_conn_release(&s->work.target);
		pk_scrap_db(admin, r->name, NULL);
		return -1;
	}
	pk_conn_release(&s->work.target);
	s->ret->made = true;
	return 0;
}

static int run(struct state *s, struct pk_err *err)
{
	struct pk_transfer_work *w = &s->work;
	bool rows;

	if (prepare(s, err) < 0 || pk_hold_open(&w->hold, s->transfer.source, &w->tables, err) < 0 ||
	    pk_copied_take(&s->is, &w->hold, err) < 0 || compare(s, err) < 0)
		return -1;
	if (s->ret->doubt)
		return 0;
	rows = !s->transfer.options->schema_only;
	for (size_t i = 0; i < s->r->was->extensions.n; i++)
		pk_strv_push(&s->is.extensions, s->r->was->extensions.items[i]);
	if (pk_transfer_tables(w, s->facts.version / 10000 == s->r->server->major, s->facts.encoding, &s->is.extensions,
			       err) < 0 ||
	    find_changes(s, err) < 0 || (rows && pk_beside_sequences(&w->hold.conn, &w->sequences, err) < 0))
		return -1;
	s->is.sequences = pk_copied_word(&w->sequences);
	if ((s->ret->changed || s->again.large || !pk_streq(s->is.sequences, s->r->was->sequences)) && make(s, err) < 0)
		return -1;
	complete(s);
	return 0;
}

int pk_refresh_run(const struct pk_refresh_how *r, struct pk_refreshed *ret, struct pk_copied *ret_record, struct pk_err *err)
{
	struct state s __attribute__((cleanup(state_release))) = {
		.r = r, .facts = PK_SOURCE_FACTS_INIT, .carried = PK_CARRIED_INIT, .sizes = PK_BUF_INIT, .ret = ret,
	};
	double started = pk_now();
	int status;

	pk_refreshed_release(ret);
	status = run(&s, err);
	pk_progress_stop(r->options->progress);
	ret->seconds = pk_now() - started;
	if (status < 0 || ret->doubt)
		return status;
	pk_copied_release(ret_record);
	*ret_record = s.is;
	s.is = (struct pk_copied)PK_COPIED_INIT;
	return 0;
}
