#include "clone/refresh.h"

#include "clone/again.h"
#include "clone/beside.h"
#include "clone/door.h"
#include "clone/evidence.h"
#include "clone/follow.h"
#include "clone/less.h"
#include "clone/scrap.h"
#include "clone/sizes.h"
#include "clone/transfer.h"
#include "pg/silence.h"

/* Of what is copied inside one transaction: rows go through one pair of connections, and locks have an end. */
#define INSIDE_BYTES	 (64LL << 20)
#define INSIDE_TABLES	 200
#define INSIDE_SEQUENCES 2000

void pk_refreshed_release(struct pk_refreshed *refreshed)
{
	free(refreshed->doubt);
	*refreshed = (struct pk_refreshed)PK_REFRESHED_INIT;
}

struct state {
	const struct pk_refresh_how *r;
	struct pk_carried carried;
	struct pk_strv unfilled;
	struct pk_buf sizes; /* clone/sizes.h; empty where all is copied */
	struct pk_transfer transfer;
	struct pk_transfer_work work;
	struct pk_pour_crew crew;
	struct pk_conninfo target;
	struct pk_copied is;
	struct pk_refreshed *ret;
	struct pk_again again;
	struct pk_structure structure; /* of the source, where it is another one */
	bool dumped, narrows;
};

static void state_release(struct state *s)
{
	if (s->work.t)
		pk_transfer_work_release(&s->work);
	pk_pour_crew_release(&s->crew);
	pk_carried_release(&s->carried);
	pk_strv_release(&s->unfilled);
	pk_buf_release(&s->sizes);
	pk_conninfo_release(&s->target);
	pk_copied_release(&s->is);
	pk_structure_release(&s->structure);
	free(s->again.changed);
	pk_strv_release(&s->again.sequences);
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

	s->transfer = (struct pk_transfer){
		.source = r->source,
		.crew = &s->crew,
		.facts = r->facts,
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
	s->work.hold.rough = true;
	if (pk_hold_connect(&s->work.hold, r->source, err) < 0)
		return -1;
	return pk_copy_carried(&s->work.hold.conn, &s->carried, &s->unfilled,
				  less ? &s->sizes : NULL, err);
}

/* What pg_dump says is only asked for when the catalogs are not what they were. */
static int dump(struct state *s, struct pk_err *err)
{
	struct pk_transfer_work *w = &s->work;
	bool room;

	s->dumped = true;
	s->transfer.bindir = pk_dump_find(s->r->server, s->r->options->config,
					  s->r->facts->version / 10000, s->r->server->major, err);
	w->dump.bindir = s->transfer.bindir;
	if (!w->dump.bindir || pk_dump_open(&w->dump, s->transfer.place, err) < 0)
		return -1;
	if (pk_transfer_room(w, &room, err) < 0)
		return -1;
	/* A single connection has to be let go for it, and so have locks that fill the server. */
	if (!room) {
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
	s->structure = w->structure;
	w->structure = (struct pk_structure)PK_STRUCTURE_INIT;
	return 0;
}

static bool extends(const struct pk_source_facts *facts, const char *name)
{
	for (size_t i = 0; i < facts->extensions.n; i++)
		if (pk_starts_with(facts->extensions.items[i], name) &&
		    facts->extensions.items[i][strlen(name)] == ' ')
			return true;
	return false;
}

/* What is narrowed hangs on columns and keys, and a single connection is held. */
static bool may_follow(const struct state *s)
{
	return s->transfer.options->follow && !s->narrows && !s->transfer.options->schema_only && s->transfer.jobs > 1;
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
	if (extends(s->r->facts, "citus"))
		doubt(s, "its tables are spread over several servers");
	pk_copied_around(&s->is, s->r->facts, &s->carried, &s->unfilled);
	if (!pk_streq(was->around, s->is.around) ||
	    (pk_streq(was->role, s->is.role) && !pk_streq(was->session, s->is.session)))
		doubt(s, "what belongs to the database has changed: its owner, settings, "
			 "extensions or what reaches elsewhere");
	if (s->ret->doubt)
		return 0;
	if (look_at_structure(s, err) < 0)
		return -1;
	/* With a single connection the snapshot is another one now. */
	why = s->is.place ? pk_evidence_doubt(was, &s->is)
			  : pk_strdup("the server does not say what it holds");
	if (why)
		doubt(s, why);
	else if (!pk_streq(was->structure, s->is.structure) && may_follow(s))
		s->ret->followed = true;
	else if (!pk_streq(was->structure, s->is.structure))
		doubt(s, "the schema has changed");
	return 0;
}

/* ---- what has changed ---- */

/* only: of each table, whether it is looked at; NULL: all are, and narrowed. */
static int look_at_columns(struct state *s, const bool *only, struct pk_err *err)
{
	const struct pk_source_facts *facts = s->r->facts;
	bool same_major = facts->version / 10000 == s->r->server->major;

	return pk_transfer_tables(&s->work, same_major, facts->encoding, &s->is.extensions, only,
				  err);
}

static int find_changes(struct state *s, struct pk_err *err)
{
	struct pk_transfer_work *w = &s->work;
	const struct pk_evidence evidence = { .source = s->transfer.source,
					      .hold = &w->hold,
					      .was = s->r->was,
					      .is = &s->is,
					      .tables = &w->tables,
					      .jobs = s->transfer.jobs,
					      .progress = s->transfer.options->progress };
	bool same = pk_evidence_same(s->r->was, &s->is), rows = !s->transfer.options->schema_only;

	s->again.changed = pk_alloc((w->tables.n + 1) * sizeof(*s->again.changed));
	s->ret->scanned = !same;
	if (rows && !same &&
	    (pk_evidence_tables(&evidence, s->again.changed, &s->again.sequences, err) < 0 ||
	     pk_evidence_large(&evidence, &s->again.large, err) < 0))
		return -1;
	if (rows && same && pk_beside_sequence_values(&w->hold.conn, &s->again.sequences, err) < 0)
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

static int look_at_changed(struct state *s, struct pk_err *err)
{
	struct pk_transfer_work *w = &s->work;

	s->ret->changed = 0;
	for (size_t i = 0; i < w->tables.n; i++)
		s->ret->changed += s->again.changed[i];
	if (!s->ret->changed)
		return 0;
	if (pk_copy_tables_sizes(&w->hold.conn, s->again.changed, &w->tables, err) < 0)
		return -1;
	return s->narrows ? 0 : look_at_columns(s, s->again.changed, err);
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

static int fill(struct state *s, const char *name, struct pk_err *err)
{
	struct pk_transfer_work *w = &s->work;
	const struct pk_source_facts *facts = s->r->facts;

	if (pk_again_run(&s->again, w, err) < 0 ||
	    (facts->may_create &&
	     pk_carry_create_privilege(&w->target, name, facts->role, err) < 0))
		return -1;
	s->ret->bytes = w->poured.bytes;
	complete(s);
	return pk_sizes_keep(&w->target, &s->sizes, facts->may_create ? facts->role : NULL, err);
}

static void aim(struct state *s, const char *name)
{
	pk_server_admin_info(s->r->server, name, &s->target);
	s->transfer.target = s->work.pour.target = &s->target;
}

/* ---- in the template itself ---- */

/* What else has to be told of a copy that is narrowed is not part of a transaction. */
static bool may_be_inside(const struct state *s)
{
	const struct pk_copy_tables *tables = &s->work.tables;
	int64_t bytes = 0;

	for (size_t i = 0; i < tables->n; i++) {
		if (pk_copy_table_narrowed(&tables->items[i]))
			return false;
		bytes += s->again.changed[i] ? tables->items[i].bytes : 0;
	}
	return !s->again.large && !s->ret->followed && !s->sizes.len && bytes <= INSIDE_BYTES &&
	       s->ret->changed <= INSIDE_TABLES && s->again.sequences.n / 2 <= INSIDE_SEQUENCES;
}

static int fill_inside(struct state *s, struct pk_err *err)
{
	const struct pk_refresh_how *r = s->r;
	struct pk_conn *target = &s->work.target;
	PK_AUTO(pk_rows) triggers = PK_ROWS_INIT;
	PK_FREE char *record = NULL;
	struct pk_mark mark = { .purpose = "template", .label = r->label, .source = r->mark };

	s->again.inside = true;
	if (pk_exec(target, "BEGIN", err) < 0 || pk_silence_begin(target, &triggers, err) < 0 ||
	    fill(s, r->from, err) < 0 || pk_silence_end(target, &triggers, err) < 0)
		return -1;
	record = pk_copied_text(&s->is);
	mark.record = record;
	if (pk_server_mark_db_by(r->server, target, r->from, &mark, err) < 0)
		return -1;
	return pk_exec(target, "COMMIT", err);
}

static int make_inside(struct state *s, struct pk_err *err)
{
	int status;

	pk_progress_start(s->transfer.options->progress, "changing the template", 0);
	aim(s, s->r->from);
	status = pk_door_enter(s->r->server, s->r->from, &s->work.target, err);
	if (status == 0)
		status = fill_inside(s, err);
	pk_conn_release(&s->work.target);
	s->ret->inside = status == 0;
	return status;
}

/* ---- in a new one ---- */

static int follow(struct state *s, struct pk_err *err)
{
	if (pk_follow_run(&s->work, &s->structure, s->again.changed, &s->ret->doubt, err) < 0)
		return -1;
	s->again.views = true;
	return s->ret->doubt ? 0 : look_at_changed(s, err);
}

static int check(struct state *s, struct pk_err *err)
{
	bool same = false;

	if (pk_follow_check(&s->work, s->is.structure, &same, err) < 0)
		return -1;
	if (!same)
		doubt(s, "the schema has changed, and the copy's did not become the same");
	return 0;
}

static int fill_new(struct state *s, struct pk_err *err)
{
	bool follows = s->ret->followed;

	aim(s, s->r->name);
	if (pk_conn_open(&s->work.target, &s->target, err) < 0 || (follows && follow(s, err) < 0))
		return -1;
	if (s->ret->doubt)
		return 0;
	return fill(s, s->r->name, err) < 0 ? -1 : follows ? check(s, err) : 0;
}

/* What went wrong on the way to another schema is no error: a copy of all does not go that way. */
static int forgive(struct state *s, struct pk_err *err)
{
	if (!s->ret->followed || err->exit == PK_EXIT_INTERRUPTED)
		return -1;
	free(s->ret->doubt);
	s->ret->doubt = pk_printf("the schema has changed, and the copy's could not be changed likewise: %s", err->msg);
	pk_err_release(err);
	return 0;
}

static int make(struct state *s, struct pk_err *err)
{
	const struct pk_refresh_how *r = s->r;
	const struct pk_mark mark = { .purpose = "template", .label = r->label };
	struct pk_conn *admin;
	int status;

	pk_progress_start(s->transfer.options->progress, "cutting a new template", 0);
	if (pk_server_admin(r->server, &admin, err) < 0 ||
	    pk_server_cut_db(r->server, r->from, r->name, &mark, err) < 0)
		return -1;
	status = fill_new(s, err);
	pk_conn_release(&s->work.target);
	pk_pour_crew_release(&s->crew);
	s->ret->made = status == 0 && !s->ret->doubt;
	if (s->ret->made)
		return 0;
	pk_scrap_db(admin, r->name, NULL);
	return status < 0 ? forgive(s, err) : 0;
}

static int run(struct state *s, struct pk_err *err)
{
	struct pk_transfer_work *w = &s->work;
	int status = 0;

	s->narrows = s->r->options->narrow && (!s->r->options->less || pk_less_narrows(s->r->options->less));
	if (prepare(s, err) < 0 ||
	    pk_hold_open(&w->hold, s->transfer.source, &w->tables, err) < 0 ||
	    pk_copied_take(&s->is, &w->hold, err) < 0 || compare(s, err) < 0)
		return -1;
	if (s->ret->doubt)
		return 0;
	for (size_t i = 0; i < s->r->was->extensions.n; i++)
		pk_strv_push(&s->is.extensions, s->r->was->extensions.items[i]);
	if ((s->narrows && look_at_columns(s, NULL, err) < 0) || find_changes(s, err) < 0 ||
	    (!s->ret->followed && look_at_changed(s, err) < 0))
		return -1;
	for (size_t i = 0; i + 1 < s->again.sequences.n; i += 2)
		pk_beside_set_sequence(s->again.sequences.items[i], s->again.sequences.items[i + 1],
				       &w->sequences);
	s->is.sequences = pk_copied_word(&w->sequences);
	if (pk_streq(s->is.sequences, s->r->was->sequences) && !s->ret->followed)
		pk_strv_release(&s->again.sequences);
	if (s->ret->changed || s->again.large || s->ret->followed || !pk_streq(s->is.sequences, s->r->was->sequences))
		status = may_be_inside(s) ? make_inside(s, err) : make(s, err);
	else
		complete(s);
	return status;
}

int pk_refresh_run(const struct pk_refresh_how *r, struct pk_refreshed *ret,
		   struct pk_copied *ret_record, struct pk_err *err)
{
	struct state s __attribute__((cleanup(state_release))) = {
		.r = r,
		.carried = PK_CARRIED_INIT,
		.sizes = PK_BUF_INIT,
		.structure = PK_STRUCTURE_INIT,
		.ret = ret,
	};
	int status;

	pk_refreshed_release(ret);
	status = run(&s, err);
	pk_progress_stop(r->options->progress);
	if (status < 0 || ret->doubt)
		return status;
	pk_copied_release(ret_record);
	*ret_record = s.is;
	s.is = (struct pk_copied)PK_COPIED_INIT;
	return 0;
}
