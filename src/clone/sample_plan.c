/* Which table goes with which other one. */
#include "clone/sample_plan.h"

#define WHOLE_ROWS 100	/* tables of no more come whole */
#define LEAD_ROWS  1000 /* a share of no more is no share of what refers to them */
#define FEW_PAGES  1000 /* of a table whose rows are worth counting */
#define COUNTED	   100	/* tables at once */

static void pk_sample_table_release(struct pk_sample_table *c)
{
	free(c->candidates);
	free(c->since);
	free(c->where);
}

void pk_sample_plan_release(struct pk_sample_plan *p)
{
	for (size_t i = 0; p->choices && i < p->tables->n; i++)
		pk_sample_table_release(&p->choices[i]);
	free(p->choices);
	free(p->few);
	free(p->seen);
	free(p->followed);
	free(p->sampled);
	pk_refs_release(&p->refs);
}

/* ---- small ones ---- */

static int64_t pages_of(const struct pk_sample_plan *p, const struct pk_rel *rel)
{
	int64_t pages = 0;

	for (size_t i = 0; i < rel->n; i++)
		pages += p->tables->items[rel->leaves[i]].pages;
	return pages;
}

static int count_some(struct pk_sample_plan *p, struct pk_buf *sql, struct pk_err *err)
{
	PK_AUTO(pk_rows) rows = PK_ROWS_INIT;

	if (!sql->len)
		return 0;
	if (pk_hold_look(p->source, err) < 0)
		return -1;
	if (pk_query(&p->source->conn, sql->ptr, 0, NULL, &rows, err) < 0) {
		pk_hold_late(p->source, err);
		return pk_hold_hint(err);
	}
	if (pk_hold_looked(p->source, err) < 0)
		return -1;
	pk_buf_clear(sql);
	for (int i = 0; i < rows.n; i++) {
		int n = atoi(pk_rows_get(&rows, i, 1));

		p->few[strtoul(pk_rows_get(&rows, i, 0), NULL, 10)] = n <= WHOLE_ROWS ? PK_SAMPLE_FEW : n <= LEAD_ROWS;
	}
	return 0;
}

/* Counted, not estimated: a sample is not to hang on statistics. */
static int count_small(struct pk_sample_plan *p, struct pk_err *err)
{
	PK_AUTO(pk_buf) sql = PK_BUF_INIT;
	size_t n = 0;

	for (size_t i = 0; i < p->refs.n_rels; i++) {
		const struct pk_rel *r = &p->refs.rels[i];

		if (r->oid != r->root || !r->n || r->elsewhere || pk_rel_skipped(r, p->tables) || pages_of(p, r) > FEW_PAGES)
			continue;
		pk_buf_addf(&sql, "%sSELECT %zu, (SELECT pg_catalog.count(*) FROM (SELECT FROM %s", sql.len ? " UNION ALL " : "",
			    i, r->whole ? "" : "ONLY ");
		pk_buf_add_qualified(&sql, r->schema, r->name);
		pk_buf_addf(&sql, " LIMIT %d) r)", LEAD_ROWS + 1);
		if (++n % COUNTED == 0 && count_some(p, &sql, err) < 0)
			return -1;
	}
	return count_some(p, &sql, err);
}

/* ---- who follows whom ---- */

size_t pk_sample_plan_root(const struct pk_sample_plan *p, uint32_t oid)
{
	size_t rel = 0;

	pk_refs_find(&p->refs, oid, &rel);
	return pk_rel_root(&p->refs, rel);
}

static int few_of(const struct pk_sample_plan *p, uint32_t oid)
{
	return p->few[pk_sample_plan_root(p, oid)];
}

static void set_choice(struct pk_sample_plan *p, size_t table)
{
	struct pk_sample_table *c = &p->choices[table];
	struct pk_copy_table *t = &p->tables->items[table];

	free(t->where);
	t->where = pk_strdup(c->where);
	t->joined = c->done = false;
	t->batches = 0;
	c->n = 0;
	c->lead = PK_NO_LEAD;
	c->share = c->whole ? 1 : c->rule.share ? strtod(c->rule.share, NULL) / 100 : p->share;
	c->follows = !c->whole && !c->rule.share && !(c->since && c->share == 1);
	c->narrowed = c->where || c->since || c->share < 1;
}

static bool goes_before(const struct pk_sample_plan *p, size_t a, size_t b)
{
	const struct pk_ref *x = &p->refs.items[a], *y = &p->refs.items[b];
	int64_t x_pages = pages_of(p, &p->refs.rels[x->to]), y_pages = pages_of(p, &p->refs.rels[y->to]);

	if (x->owns != y->owns)
		return x->owns;
	return x_pages != y_pages ? x_pages > y_pages : strcmp(x->name, y->name) < 0;
}

static void add_candidate(struct pk_sample_plan *p, struct pk_sample_table *c, size_t ref)
{
	size_t at = c->n++;

	c->candidates = pk_realloc_array(c->candidates, c->n, sizeof(*c->candidates));
	for (; at && goes_before(p, ref, c->candidates[at - 1]); at--)
		c->candidates[at] = c->candidates[at - 1];
	c->candidates[at] = ref;
}

static bool has_since(const struct pk_sample_plan *p, const struct pk_rel *rel)
{
	for (size_t i = 0; i < rel->n; i++)
		if (p->choices[rel->leaves[i]].since)
			return true;
	return false;
}

static void find_candidates(struct pk_sample_plan *p)
{
	for (size_t i = 0; i < p->refs.n; i++) {
		const struct pk_ref *ref = &p->refs.items[i];
		const struct pk_rel *from = &p->refs.rels[ref->from], *to = &p->refs.rels[ref->to];

		if (ref->when || pk_rel_skipped(to, p->tables) || (p->few[pk_sample_plan_root(p, to->oid)] && !has_since(p, to)))
			continue;
		for (size_t l = 0; l < from->n; l++)
			if (p->choices[from->leaves[l]].follows)
				add_candidate(p, &p->choices[from->leaves[l]], i);
	}
}

/* By way of those that lead. */
static bool hangs_on(struct pk_sample_plan *p, size_t number, size_t table)
{
	const struct pk_rel *rel = &p->refs.rels[number];

	if (p->seen[number] == p->looks)
		return false;
	p->seen[number] = p->looks;
	for (size_t i = 0; i < rel->n; i++) {
		size_t leaf = rel->leaves[i], lead = p->choices[leaf].lead;

		if (leaf == table || (lead != PK_NO_LEAD && hangs_on(p, p->refs.items[lead].to, table)))
			return true;
	}
	return false;
}

static bool is_narrowed(const struct pk_sample_plan *p, const struct pk_rel *rel)
{
	for (size_t i = 0; i < rel->n; i++)
		if (p->choices[rel->leaves[i]].narrowed && !p->tables->items[rel->leaves[i]].skip)
			return true;
	return false;
}

static bool find_lead(struct pk_sample_plan *p, size_t table, bool not_null)
{
	struct pk_sample_table *c = &p->choices[table];

	for (size_t i = 0; i < c->n && c->lead == PK_NO_LEAD; i++) {
		const struct pk_ref *ref = &p->refs.items[c->candidates[i]];
		const struct pk_rel *to = &p->refs.rels[ref->to];

		p->looks++;
		if (ref->not_null == not_null && is_narrowed(p, to) && !hangs_on(p, ref->to, table))
			c->lead = c->candidates[i];
	}
	c->narrowed = c->narrowed || c->lead != PK_NO_LEAD;
	return c->lead != PK_NO_LEAD;
}

/* References that are always there first; what is narrowed by that may be followed in turn. */
static void find_leads(struct pk_sample_plan *p)
{
	for (int pass = 0; pass < 2; pass++)
		for (bool again = true; again;) {
			again = false;
			for (size_t i = 0; i < p->tables->n; i++)
				if (p->choices[i].lead == PK_NO_LEAD && find_lead(p, i, pass == 0))
					again = true;
		}
	for (size_t i = 0; i < p->refs.n; i++) {
		const struct pk_rel *from = &p->refs.rels[p->refs.items[i].from];
		bool all = from->n > 0 && p->refs.items[i].one;

		for (size_t l = 0; l < from->n; l++)
			all = all && (p->choices[from->leaves[l]].lead == i || p->tables->items[from->leaves[l]].skip);
		p->followed[i] = all;
	}
}

void pk_sample_plan_make(struct pk_sample_plan *p, double share)
{
	p->share = share;
	for (size_t i = 0; i < p->tables->n; i++)
		set_choice(p, i);
	find_candidates(p);
	find_leads(p);
	for (size_t i = 0; i < p->refs.n_rels; i++)
		p->sampled[i] = false;
	for (size_t i = 0; i < p->tables->n; i++) {
		const struct pk_sample_table *c = &p->choices[i];

		if (c->share < 1 || c->since || c->lead != PK_NO_LEAD)
			p->sampled[pk_sample_plan_root(p, p->tables->items[i].oid)] = true;
	}
}

static int read_sizes(struct pk_sample_plan *p, struct pk_err *err)
{
	PK_AUTO(pk_rows) rows = PK_ROWS_INIT;

	if (pk_query(&p->source->conn,
		     "SELECT oid, pg_catalog.pg_total_relation_size(oid) FROM pg_catalog.pg_class WHERE relkind = 'r'", 0, NULL,
		     &rows, err) < 0)
		return -1;
	for (int i = 0; i < rows.n; i++) {
		const struct pk_copy_table *t = pk_copy_tables_find(p->tables, pk_rows_oid(&rows, i, 0));

		if (t && pk_rows_get(&rows, i, 1))
			p->choices[t - p->tables->items].bytes = pk_rows_int(&rows, i, 1);
	}
	return 0;
}

/* What the settings say of a table. */
static void read_rule(struct pk_sample_plan *p, const struct pk_mask_table *m, const struct pk_copy_table *t)
{
	struct pk_sample_table *c = &p->choices[t - p->tables->items];

	for (size_t i = 0; i < p->sample->n; i++) {
		const struct pk_sample_rule *r = &p->sample->rules[i];

		if (!pk_mask_table_is(m, r->pattern))
			continue;
		c->rule.share = r->share ? r->share : c->rule.share;
		c->rule.keep = r->keep ? r->keep : c->rule.keep;
		c->rule.age = r->age ? r->age : c->rule.age;
		if (r->column) {
			c->rule.column = r->column;
			c->rule.pattern = r->pattern;
		}
	}
	c->whole = t->skip || t->added || pk_streq(c->rule.keep, "all") || (!c->rule.share && few_of(p, t->oid) == PK_SAMPLE_FEW);
	c->where = pk_strdup(t->where);
}

int pk_sample_plan_read(struct pk_sample_plan *p, struct pk_err *err)
{
	if (pk_refs_read(&p->source->conn, p->tables, &p->refs, err) < 0)
		return -1;
	p->choices = pk_alloc((p->tables->n + 1) * sizeof(*p->choices));
	p->few = pk_alloc((p->refs.n_rels + 1) * sizeof(*p->few));
	if (pk_sample_plan_references(p, err) < 0)
		return -1;
	p->followed = pk_alloc(p->refs.n + 1);
	p->sampled = pk_alloc(p->refs.n_rels + 1);
	p->seen = pk_alloc((p->refs.n_rels + 1) * sizeof(*p->seen));
	if (count_small(p, err) < 0 || read_sizes(p, err) < 0)
		return -1;
	for (size_t i = 0; i < p->facts->n_tables; i++) {
		const struct pk_copy_table *t = pk_copy_tables_find(p->tables, p->facts->tables[i].oid);

		if (t)
			read_rule(p, &p->facts->tables[i], t);
	}
	return pk_sample_plan_since(p, err);
}
