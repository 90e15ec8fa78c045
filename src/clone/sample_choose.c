/* Which rows of which table a sample has. */
#include "base/text.h"
#include "clone/closure.h"
#include "clone/edges.h"
#include "clone/sample_plan.h"

/* ---- conditions ---- */

static void add_share(const struct pk_sample_plan *p, const struct pk_copy_table *t, double share, struct pk_buf *sql)
{
	const struct pk_rel *root = &p->refs.rels[pk_sample_plan_root(p, t->oid)];
	PK_FREE char *name = pk_printf("%s.%s", root->schema, root->name);
	bool row = root->key.n != 1;

	pk_buf_add(sql, "pg_catalog.hashtextextended(CAST(");
	pk_buf_add(sql, row ? "ROW(" : "");
	for (size_t i = 0; i < root->key.n; i++) {
		pk_buf_add(sql, i ? ", " : "");
		pk_buf_add_ident(sql, root->key.items[i]);
	}
	pk_buf_addf(sql, "%s AS pg_catalog.text) COLLATE pg_catalog.\"C\", %lld) & 9007199254740991 < %lld", row ? ")" : "",
		    (long long)(int64_t)pk_hash(name, strlen(name), p->sample->seed), (long long)(share * 9007199254740992.0));
}

static void add_nulls(const struct pk_ref *ref, struct pk_buf *sql)
{
	pk_buf_add(sql, "(");
	for (size_t i = 0; i < ref->from_columns.n; i++) {
		pk_buf_add(sql, i ? " OR " : "");
		pk_buf_add_ident(sql, ref->from_columns.items[i]);
		pk_buf_add(sql, " IS NULL");
	}
	pk_buf_add(sql, ")");
}

static void choose(struct pk_sample_plan *p, size_t table);

static void add_following(struct pk_sample_plan *p, const struct pk_copy_table *t, const struct pk_sample_table *c, struct pk_buf *sql)
{
	const struct pk_ref *ref = &p->refs.items[c->lead];
	const struct pk_rel *to = &p->refs.rels[ref->to];
	const struct pk_rel_query query = { .columns = &ref->to_columns, .which = PK_REL_CHOSEN };
	PK_FREE char *alias = pk_printf("%sp", p->refs.prefix);

	for (size_t i = 0; i < to->n; i++)
		choose(p, to->leaves[i]);
	pk_buf_add(sql, "EXISTS (SELECT FROM (");
	pk_rel_add_query(&p->refs, ref->to, p->tables, &query, sql);
	pk_buf_addf(sql, ") %s WHERE ", alias);
	pk_ref_add_match(&p->refs, ref, alias, NULL, sql);
	pk_buf_add(sql, ")");
	if (ref->not_null)
		return;
	pk_buf_add(sql, " OR ");
	add_nulls(ref, sql);
	if (c->share < 1) {
		pk_buf_add(sql, " AND ");
		add_share(p, t, c->share, sql);
	}
}

static void add_part(struct pk_buf *sql, const char *condition)
{
	if (condition)
		pk_buf_addf(sql, "%s(%s)", sql->len ? " AND " : "", condition);
}

static void choose(struct pk_sample_plan *p, size_t table)
{
	struct pk_copy_table *t = &p->tables->items[table];
	struct pk_sample_table *c = &p->choices[table];
	PK_AUTO(pk_buf) sql = PK_BUF_INIT;
	PK_AUTO(pk_buf) own = PK_BUF_INIT;

	if (c->done)
		return;
	c->done = true;
	if (c->lead != PK_NO_LEAD)
		add_following(p, t, c, &own);
	else if (c->share < 1)
		add_share(p, t, c->share, &own);
	add_part(&sql, c->where);
	add_part(&sql, c->since);
	add_part(&sql, own.len ? own.ptr : NULL);
	free(t->where);
	t->where = sql.len ? pk_buf_take(&sql) : NULL;
	t->joined = c->lead != PK_NO_LEAD;
}

/* ---- as much as fits ---- */

#define TRIES 5
#define CLOSE 0.97 /* of what there is room for */

/* What is in the database beside tables, and comes too. */
static int read_rest(const struct pk_sample_plan *p, double *ret, struct pk_err *err)
{
	PK_FREE char *size = NULL;
	const char *const params[] = { p->sample->no_large ? "true" : "false" };

	if (pk_query_value(&p->source->conn,
			   "SELECT pg_catalog.pg_database_size(pg_catalog.current_database()) - "
			   "CASE WHEN $1 THEN pg_catalog.pg_total_relation_size('pg_catalog.pg_largeobject') ELSE 0 END",
			   1, params, &size, err) < 0)
		return -1;
	*ret = strtod(size, NULL);
	for (size_t i = 0; i < p->tables->n; i++)
		*ret -= (double)p->choices[i].bytes;
	return 0;
}

/* Bytes that a table will take: its own by the share of rows that was chosen. */
static int estimate(const struct pk_sample_plan *p, size_t table, double *ret, struct pk_err *err)
{
	const struct pk_copy_table *t = &p->tables->items[table];
	PK_AUTO(pk_rows) rows = PK_ROWS_INIT;
	PK_AUTO(pk_buf) sql = PK_BUF_INIT;
	int64_t beside;
	double all;

	*ret = t->skip ? 0 : (double)p->choices[table].bytes;
	if (t->skip || !t->where)
		return 0;
	pk_buf_addf(&sql, "SELECT pg_catalog.count(*), pg_catalog.count(*) FILTER (WHERE %s) FROM ONLY ", t->where);
	pk_buf_add_qualified(&sql, t->schema, t->name);
	if (pk_hold_look(p->source, err) < 0)
		return -1;
	if (pk_query(&p->source->conn, sql.ptr, 0, NULL, &rows, err) < 0)
		return pk_hold_late(p->source, err);
	if (pk_hold_looked(p->source, err) < 0 || pk_row_places_count(p->places, t->oid, &beside, err) < 0)
		return -1;
	all = strtod(pk_rows_get(&rows, 0, 0), NULL);
	*ret *= all > 0 ? (strtod(pk_rows_get(&rows, 0, 1), NULL) + (double)beside) / all : 0;
	return 0;
}

static int choose_once(struct pk_sample_plan *p, double share, struct pk_err *err)
{
	const struct pk_choosing in = { .source = p->source, .tables = p->tables, .refs = &p->refs, .places = p->places };

	pk_sample_plan_make(p, share);
	if (pk_row_places_clear(p->places, err) < 0)
		return -1;
	if (p->sample->edges && pk_edges_find(&in, p->sampled, p->sample->seed, &p->edges, err) < 0)
		return -1;
	for (size_t i = 0; i < p->tables->n; i++)
		choose(p, i);
	return pk_closure_find(&in, p->followed, &p->beside, err);
}

static int no_room(const struct pk_sample_plan *p, double least, struct pk_err *err)
{
	PK_FREE char *need = pk_size((uint64_t)least), *max = pk_size((uint64_t)p->sample->max_bytes);

	pk_err_set(err, "no sample is as small as %s: what comes in any case, and what rows refer to, takes %s", max, need);
	return pk_err_hint(err, "leave rows of tables out (--exclude-data, --where), or allow more (--max-size)");
}

/* Does not get smaller with the share of all. */
static bool is_fixed(const struct pk_sample_table *c)
{
	return c->whole || c->rule.share;
}

/* By what tables take now; where conditions leave rows out, that says little. */
static double guess_share(const struct pk_sample_plan *p, double rest, double room)
{
	double fixed = rest, all = rest, share = p->sample->share;

	for (size_t i = 0; i < p->tables->n; i++) {
		double bytes = p->tables->items[i].skip ? 0 : (double)p->choices[i].bytes;

		if (p->choices[i].since || p->choices[i].where)
			return share;
		all += bytes;
		fixed += is_fixed(&p->choices[i]) ? bytes : 0;
	}
	if (all * share <= room || fixed >= room)
		return share;
	return share < CLOSE * (room - fixed) / (all - fixed) ? share : CLOSE * (room - fixed) / (all - fixed);
}

static int estimate_all(struct pk_sample_plan *p, double *bytes, double *fixed, struct pk_err *err)
{
	for (size_t i = 0; i < p->tables->n; i++) {
		double one;

		if (estimate(p, i, &one, err) < 0)
			return -1;
		*bytes += one;
		*fixed += is_fixed(&p->choices[i]) ? one : 0;
	}
	return 0;
}

/* A smaller share until it fits; what rows refer to does not shrink as they do. */
static int fit(struct pk_sample_plan *p, struct pk_err *err)
{
	double room = (double)p->sample->max_bytes, share, rest, bytes = 0;

	if (read_rest(p, &rest, err) < 0)
		return -1;
	share = guess_share(p, rest, room);
	for (int i = 0; i < TRIES; i++) {
		double fixed = rest;

		bytes = rest;
		if (choose_once(p, share, err) < 0 || estimate_all(p, &bytes, &fixed, err) < 0)
			return -1;
		p->bytes = (int64_t)bytes;
		if (bytes <= room)
			return 0;
		if (fixed >= room)
			return no_room(p, fixed, err);
		share *= CLOSE * (room - fixed) / (bytes - fixed);
	}
	return no_room(p, bytes, err);
}

/* ---- all of it ---- */

static void tell_unused(const struct pk_sample_plan *p, const char *pattern, struct pk_strv *notes)
{
	for (size_t i = 0; i < p->facts->n_tables; i++)
		if (pk_mask_table_is(&p->facts->tables[i], pattern))
			return;
	pk_strv_pushf(notes, "warning: no table is '%s'", pattern);
}

/* Nothing is narrowed by a time that no table has. */
static void tell_timeless(const struct pk_sample_plan *p, struct pk_strv *notes)
{
	PK_FREE char *columns = pk_strv_join(&p->sample->columns, "', '");
	bool any = !p->sample->age;

	for (size_t i = 0; i < p->tables->n; i++)
		any = any || p->choices[i].since;
	if (!any)
		pk_strv_pushf(notes, "warning: no table has a date or time in a column '%s', so none is narrowed by it", columns);
}

static void tell(const struct pk_sample_plan *p, struct pk_strv *notes)
{
	PK_FREE char *beside = pk_count((uint64_t)p->beside), *edges = pk_count((uint64_t)p->edges);
	PK_FREE char *about = pk_size((uint64_t)p->bytes);
	PK_AUTO(pk_buf) note = PK_BUF_INIT;
	size_t narrowed = 0, whole = 0;

	for (size_t i = 0; i < p->tables->n; i++) {
		narrowed += !p->tables->items[i].skip && p->choices[i].narrowed;
		whole += !p->tables->items[i].skip && !p->choices[i].narrowed;
	}
	pk_buf_add(&note, "a sample");
	if (p->share < 1)
		pk_buf_addf(&note, " of %.3g%%", p->share * 100);
	pk_buf_addf(&note, ": %zu table%s in part, %zu whole", narrowed, narrowed == 1 ? "" : "s", whole);
	if (p->sample->max_bytes)
		pk_buf_addf(&note, ", about %s in all", about);
	pk_buf_addf(&note, "; beside it rows for edge cases: %s, and rows that others refer to: %s", edges, beside);
	pk_strv_push(notes, note.ptr);
	tell_timeless(p, notes);
	for (size_t i = 0; i < p->sample->n; i++)
		tell_unused(p, p->sample->rules[i].pattern, notes);
	for (size_t i = 0; i < p->sample->references.n; i += 2)
		tell_unused(p, p->sample->references.items[i], notes);
}

int pk_sample_choose(const struct pk_sample *sample, const struct pk_sample_source *source, const struct pk_conninfo *target,
		     struct pk_copy_tables *tables, struct pk_strv *notes, struct pk_err *err)
{
	struct pk_sample_plan p __attribute__((cleanup(pk_sample_plan_release))) = {
		.sample = sample,
		.source = source->hold,
		.facts = source->facts,
		.functions = source->functions,
		.tables = tables,
	};

	if (!sample->asked)
		return 0;
	p.places = tables->places = pk_alloc(sizeof(*tables->places));
	*tables->places = (struct pk_row_places)PK_ROW_PLACES_INIT;
	if (pk_sample_plan_read(&p, err) < 0 || pk_row_places_open(p.places, target, err) < 0 ||
	    (sample->max_bytes ? fit(&p, err) : choose_once(&p, sample->share, err)) < 0 ||
	    pk_row_places_settle(p.places, tables, err) < 0)
		return -1;
	tell(&p, notes);
	return 0;
}
