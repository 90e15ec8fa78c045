#include "clone/transfer.h"
#include "clone/before.h"
#include "clone/beside.h"
#include "clone/spaces.h"
#include "clone/views.h"
#include "pg/sqlstate.h"

#define TRIES_ALONE    3
#define LOGGED_VERSION 150000 /* from here on sequences may be unlogged */

void pk_transfer_work_release(struct pk_transfer_work *s)
{
	free(s->poured.rows);

	pk_hold_release(&s->hold);
	pk_conn_release(&s->target);
	pk_copy_tables_release(&s->tables);
	pk_structure_release(&s->structure);
	pk_dump_release(&s->dump);
	pk_buf_release(&s->sequences);
}

/* Extensions whose values both sides write alike. */
static int same_extensions(struct pk_transfer_work *s, struct pk_strv *ret, struct pk_err *err)
{
	PK_AUTO(pk_rows) rows = PK_ROWS_INIT;

	if (pk_query(&s->target,
		     "SELECT name, name || ' ' || coalesce(installed_version, default_version) "
		     "FROM pg_catalog.pg_available_extensions",
		     0, NULL, &rows, err) < 0)
		return -1;
	for (int i = 0; i < rows.n; i++)
		if (pk_rows_get(&rows, i, 1) && pk_strv_has(&s->t->facts->extensions, pk_rows_get(&rows, i, 1)))
			pk_strv_push(ret, pk_rows_get(&rows, i, 0));
	return 0;
}

int pk_transfer_tables(struct pk_transfer_work *s, bool same_major, const char *encoding, const struct pk_strv *extensions,
		       const bool *only, struct pk_err *err)
{
	const struct pk_copy_options *o = s->t->options;

	/* Text inside binary values is converted and checked; what is not UTF-8 may not survive that. */
	if (pk_copy_tables_columns(&s->hold.conn,
				   same_major && pk_streq(encoding, "UTF8") && pk_streq(s->t->facts->encoding, "UTF8"),
				   extensions, only, &s->tables, err) < 0)
		return -1;
	if (pk_streq(encoding, s->t->facts->encoding) && !pk_streq(encoding, "UTF8"))
		s->pour.terms.encoding = s->t->facts->encoding;
	return o->narrow ? o->narrow(o->narrow_arg, &s->hold, s->t->target, &s->tables, err) : 0;
}

static int read_tables(struct pk_transfer_work *s, struct pk_err *err)
{
	PK_AUTO(pk_strv) extensions = PK_STRV_INIT;
	PK_FREE char *encoding = NULL;
	bool same_major = s->t->facts->version / 10000 == s->target.version / 10000;

	if (pk_query_value(&s->target, "SELECT pg_catalog.current_setting('server_encoding')", 0, NULL, &encoding, err) < 0 ||
	    same_extensions(s, &extensions, err) < 0)
		return -1;
	if (s->t->record)
		for (size_t i = 0; i < extensions.n; i++)
			pk_strv_push(&s->t->record->extensions, extensions.items[i]);
	return pk_transfer_tables(s, same_major, encoding, &extensions, NULL, err);
}

/*
 * With a single connection, or room for the locks of one alone, pg_dump comes first, and does not see what the
 * rows are of. That is no matter when nothing was changed between: else it is done again.
 */
static int hold_alone(struct pk_transfer_work *s, bool *ret_same, struct pk_err *err)
{
	PK_AUTO(pk_conn) first = PK_CONN_INIT;
	PK_FREE char *before = NULL, *after = NULL;

	pk_hold_release(&s->hold);
	if (pk_conn_open(&first, s->t->source, err) < 0 || pk_hold_stamp(&first, &before, err) < 0)
		return -1;
	pk_conn_leave(&first);
	if (pk_dump_take(&s->dump, s->t->source, &s->hold, err) < 0 ||
	    pk_hold_open(&s->hold, s->t->source, &s->tables, err) < 0 ||
	    pk_hold_stamp(&s->hold.conn, &after, err) < 0)
		return -1;
	*ret_same = pk_streq(before, after);
	return 0;
}

/* With as much room left to others; the documentation of max_locks_per_transaction says how many locks there are. */
int pk_transfer_room(struct pk_transfer_work *s, bool *ret, struct pk_err *err)
{
	PK_FREE char *room = NULL;

	*ret = false;
	if (s->t->jobs == 1)
		return 0;
	if (pk_query_value(&s->hold.conn,
			   "SELECT 2 * count(*) <= pg_catalog.current_setting('max_locks_per_transaction')::bigint * "
			   "(pg_catalog.current_setting('max_connections')::bigint + "
			   "pg_catalog.current_setting('max_prepared_transactions')::bigint) "
			   "FROM pg_catalog.pg_class WHERE relkind IN ('r', 'p')",
			   0, NULL, &room, err) < 0)
		return -1;
	*ret = pk_streq(room, "t");
	return 0;
}

static int hold_beside(struct pk_transfer_work *s, struct pk_err *err)
{
	s->dump.meanwhile = s->beside;
	s->dump.arg = s;
	return pk_hold_open(&s->hold, s->t->source, &s->tables, err) < 0 ? -1 :
									   pk_dump_take(&s->dump, s->t->source, &s->hold, err);
}

int pk_transfer_hold(struct pk_transfer_work *s, struct pk_err *err)
{
	bool room = false, same = false;

	if ((s->t->jobs > 1 && !s->hold.conn.handle && pk_hold_connect(&s->hold, s->t->source, err) < 0) ||
	    pk_transfer_room(s, &room, err) < 0)
		return -1;
	if (room)
		return hold_beside(s, err);
	for (int i = 0; i < TRIES_ALONE && !same; i++)
		if (hold_alone(s, &same, err) < 0)
			return -1;
	if (same)
		return s->beside ? s->beside(s, err) : 0;
	pk_err_set(err, "the structure of '%s' was changed each time while it was read", s->hold.conn.where);
	return pk_err_hint(err, s->t->jobs > 1 ? "with a higher max_locks_per_transaction there structure and rows are read at "
						 "the same moment" :
						 "with --jobs 2 structure and rows are read at the same moment");
}

/* Before the snapshot, since a transaction would not outlive what the role may not read. */
static int read_carried(struct pk_transfer_work *s, struct pk_err *err)
{
	const struct pk_transfer *t = s->t;

	if (!t->carried)
		return 0;
	return pk_hold_connect(&s->hold, t->source, err) < 0 ?
		       -1 :
		       pk_copy_carried(&s->hold.conn, t->carried, t->unfilled, t->sizes, err);
}

/* What the snapshot says beside the structure. */
static int read_beside(void *arg, struct pk_err *err)
{
	struct pk_transfer_work *s = arg;
	const struct pk_transfer *t = s->t;

	if (t->record && pk_copied_take(t->record, &s->hold, err) < 0)
		return -1;
	if (!t->options->schema_only && pk_beside_sequences(&s->hold.conn, &s->sequences, err) < 0)
		return pk_hold_hint(err);
	return pk_hold_check(&s->hold, err);
}

static int read_source(struct pk_transfer_work *s, struct pk_err *err)
{
	const struct pk_transfer *t = s->t;

	s->beside = read_beside;
	if (read_carried(s, err) < 0 || pk_transfer_hold(s, err) < 0 || read_tables(s, err) < 0 ||
	    pk_dump_scripts(&s->dump, &s->structure, err) < 0 ||
	    pk_structure_sort(&s->structure, &s->hold.conn, &s->tables, t->unfilled, err) < 0)
		return -1;
	/* As the source has it, whatever the target is told. */
	if (t->record)
		t->record->structure = pk_copied_structure(&s->structure);
	if (s->target.version < LOGGED_VERSION)
		pk_ddl_logged_always(&s->structure.pre);
	return pk_hold_check(&s->hold, err);
}

/* What is said of a foreign key in the catalog counts; only a superuser may. */
static int may_trust(struct pk_transfer_work *s, bool *ret, struct pk_err *err)
{
	PK_FREE char *may = NULL;

	*ret = false;
	if (!s->t->throwaway)
		return 0;
	if (pk_query_value(&s->target, "SELECT pg_catalog.has_table_privilege('pg_catalog.pg_constraint', 'UPDATE')", 0,
			   NULL, &may, err) < 0)
		return -1;
	*ret = pk_streq(may, "t");
	return 0;
}

/* Those that hold on the source, but are not proven to hold here, are looked at. */
static int validate(struct pk_transfer_work *s, struct pk_err *err)
{
	PK_AUTO(pk_strv) sql = PK_STRV_INIT;
	bool trust;

	if (may_trust(s, &trust, err) < 0)
		return -1;
	for (size_t i = 0; i < s->structure.n_keys; i++) {
		struct pk_foreign_key *k = &s->structure.keys[i];
		PK_AUTO(pk_buf) one = PK_BUF_INIT;
		PK_AUTO(pk_err) e = PK_ERR_INIT;

		if (k->proven && trust)
			continue;
		pk_buf_add(&one, "ALTER TABLE ONLY ");
		pk_buf_add_qualified(&one, k->schema, k->table);
		pk_buf_add(&one, " VALIDATE CONSTRAINT ");
		pk_buf_add_ident(&one, k->name);
		if (k->proven) {
			pk_strv_push(&sql, one.ptr);
			continue;
		}
		if (pk_exec(&s->target, one.ptr, &e) == 0)
			continue;
		if (!pk_streq(e.sqlstate, PK_SQLSTATE_FOREIGN_KEY_VIOLATION))
			return pk_err_move(err, &e);
		k->lacking = true;
		if (s->t->options->unproven)
			pk_strv_pushf(s->t->options->unproven, "%s.%s.%s", k->schema, k->table, k->name);
	}
	if (pk_pour_statements(&s->pour, "checking foreign keys", &sql, err) < 0)
		return -1;
	return trust ? pk_structure_trust(&s->structure, &s->target, err) : 0;
}

static int fill_views(struct pk_transfer_work *s, struct pk_err *err)
{
	PK_AUTO(pk_strv) names = PK_STRV_INIT;

	pk_structure_views(&s->structure, &names);
	return pk_views_fill(&s->pour, &s->target, &names, err);
}

static int write_target(struct pk_transfer_work *s, struct pk_err *err)
{
	const struct pk_transfer *t = s->t;
	bool rows = !t->options->schema_only;

	pk_progress_start(t->options->progress, "making the structure", 0);
	if (pk_pour_settings(&s->pour, &s->target, err) < 0 ||
	    pk_before_make(&s->pour, &s->target, err) < 0 ||
	    (t->throwaway && pk_spaces_move(&t->facts->placed, &s->target, err) < 0))
		return -1;
	if (rows && pk_beside_large(&s->hold.conn, &s->target, !t->options->no_owner, &s->pour.large, err) < 0)
		return -1;
	s->pour.large = s->pour.large && !t->options->no_large;
	if (pk_pour_run(&s->pour, err) < 0)
		return pk_hold_hint(err);
	pk_progress_start(t->options->progress, "finishing", 0);
	if (s->sequences.len && pk_exec(&s->target, s->sequences.ptr, err) < 0)
		return pk_err_wrap(err, "cannot set the sequences");
	if (pk_structure_after(&s->structure, &s->target, err) < 0 || validate(s, err) < 0 ||
	    pk_structure_rights(&s->structure, &s->target, err) < 0 ||
	    (rows && fill_views(s, err) < 0))
		return -1;
	if (t->throwaway && pk_spaces_move(&t->facts->placed_indexes, &s->target, err) < 0)
		return -1;
	return pk_structure_end(&s->structure, &s->target, err);
}

static void set_up(struct pk_transfer_work *s)
{
	const struct pk_transfer *t = s->t;
	const char *encoding = pk_streq(t->facts->encoding, "SQL_ASCII") ? "SQL_ASCII" : "UTF8";

	s->hold.encoding = encoding;
	s->hold.progress = t->options->progress;
	s->hold.max_age = t->max_age;
	s->hold.max_rate = t->options->max_rate;
	s->dump.bindir = t->bindir;
	s->dump.no_owner = t->options->no_owner;
	s->dump.encoding = encoding;
	s->dump.progress = t->options->progress;
	s->pour.source = t->source;
	s->pour.target = t->target;
	s->pour.crew = t->crew;
	s->pour.hold = &s->hold;
	s->pour.tables = &s->tables;
	s->pour.structure = &s->structure;
	s->pour.throwaway = t->throwaway;
	s->pour.poured = t->record ? &s->poured : NULL;
	s->pour.progress = t->options->progress;
	s->pour.terms = (struct pk_unit_terms){
		.jobs = t->jobs,
		.source_version = t->facts->version,
		.rows = !t->options->schema_only,
	};
}

void pk_transfer_work_init(struct pk_transfer_work *s, const struct pk_transfer *t)
{
	*s = (struct pk_transfer_work){
		.t = t,
		.hold = PK_HOLD_INIT,
		.structure = PK_STRUCTURE_INIT,
		.dump = PK_DUMP_INIT,
		.target = PK_CONN_INIT,
		.sequences = PK_BUF_INIT,
	};
	set_up(s);
}

/* What is known once all is copied. */
static void complete(const struct pk_transfer_work *s)
{
	struct pk_copied *record = s->t->record;

	if (!record)
		return;
	record->sequences = pk_copied_word(&s->sequences);
	if (s->poured.rows)
		pk_copied_rows(record, &s->tables, s->poured.rows);
}

int pk_transfer_run(const struct pk_transfer *t, struct pk_err *err)
{
	PK_AUTO(pk_transfer_work) s;
	int status;

	pk_transfer_work_init(&s, t);
	if (pk_conn_open(&s.target, t->target, err) < 0 || pk_dump_open(&s.dump, t->place, err) < 0)
		return -1;
	status = read_source(&s, err);
	if (status == 0)
		status = write_target(&s, err);
	if (status == 0)
		complete(&s);
	pk_progress_stop(t->options->progress);
	return status;
}

/* A table of which an expression fails has no statistics on the source either. */
static int analyze_alone(const struct pk_pour *pour, struct pk_conn *target, const char *only, struct pk_strv *notes,
			 struct pk_err *err)
{
	PK_AUTO(pk_strv) sql = PK_STRV_INIT;

	if (pk_carry_analyze(target, only, true, &sql, err) < 0)
		return -1;
	for (size_t i = 0; i < sql.n; i++) {
		PK_AUTO(pk_err) e = PK_ERR_INIT;

		if (pour->inside && pk_exec(target, PK_HOLD_MARK, err) < 0)
			return -1;
		if (pk_exec(target, sql.items[i], &e) < 0) {
			if (!pk_conn_alive(target) || !*e.sqlstate || pk_streq(e.sqlstate, PK_SQLSTATE_QUERY_CANCELED))
				return pk_err_move(err, &e);
			if (notes)
				pk_strv_pushf(notes, "warning: no statistics of a table could be gathered: %s: %s", sql.items[i],
					      e.msg);
		}
		if (pour->inside && pk_exec(target, *e.sqlstate ? PK_HOLD_UNLOCK : "RELEASE SAVEPOINT postkit", err) < 0)
			return -1;
	}
	return 0;
}

int pk_transfer_gather(const struct pk_pour *pour, struct pk_conn *target, const char *only, struct pk_strv *notes,
		       struct pk_err *err)
{
	PK_AUTO(pk_strv) sql = PK_STRV_INIT;
	PK_AUTO(pk_err) e = PK_ERR_INIT;

	if (pour->inside)
		return analyze_alone(pour, target, only, notes, err);
	if (pk_carry_analyze(target, only, false, &sql, err) < 0)
		return -1;
	if (pk_pour_statements(pour, "gathering statistics", &sql, &e) == 0)
		return 0;
	if (*e.sqlstate)
		return analyze_alone(pour, target, only, notes, err);
	return pk_err_move(err, &e);
}

int pk_transfer_analyze(const struct pk_transfer *t, struct pk_conn *target, const char *only, struct pk_err *err)
{
	PK_AUTO(pk_transfer_work) s;
	int status;

	pk_transfer_work_init(&s, t);
	status = pk_transfer_gather(&s.pour, target, only, t->options->notes, err);
	pk_progress_stop(t->options->progress);
	return status;
}
