/* Which rows of which table a sample has. */
#include "base/text.h"
#include "clone/closure.h"
#include "clone/edges.h"
#include "clone/sample.h"

#define WHOLE_ROWS 100	/* tables of no more come whole */
#define LEAD_ROWS  1000 /* a share of no more is no share of what refers to them */
#define FEW_PAGES  1000 /* of a table whose rows are worth counting */
#define COUNTED	   100	/* tables at once */

#define NO_LEAD SIZE_MAX

/* For each table of the copy. */
struct choice {
	const struct pk_sample_rule *rule; /* or NULL */
	double share;			   /* of what follows no other */
	bool narrowed, follows, done;
	size_t *candidates; /* references, the best first */
	size_t n;
	size_t lead; /* reference that it follows, or NO_LEAD */
};
struct plan {
	const struct pk_sample *sample;
	const struct pk_mask_facts *facts;
	struct pk_copy_tables *tables;
	struct pk_refs refs;
	struct choice *choices;
	int *few; /* of each rel: 2: to come whole, 1: not to be followed */
	bool *followed;
	bool *sampled; /* of each rel that is not a part: some of its rows are left out */
	int64_t beside, edges; /* rows */
};

static void plan_release(struct plan *p)
{
	for (size_t i = 0; p->choices && i < p->tables->n; i++)
		free(p->choices[i].candidates);
	free(p->choices);
	free(p->few);
	free(p->followed);
	free(p->sampled);
	pk_refs_release(&p->refs);
}

/* ---- small ones ---- */

static int64_t pages_of(const struct plan *p, const struct pk_rel *rel)
{
	int64_t pages = 0;

	for (size_t i = 0; i < rel->n; i++)
		pages += p->tables->items[rel->leaves[i]].pages;
	return pages;
}

static int count_some(struct plan *p, struct pk_conn *source, struct pk_buf *sql, struct pk_err *err)
{
	PK_AUTO(pk_rows) rows = PK_ROWS_INIT;

	if (sql->len && pk_query(source, sql->ptr, 0, NULL, &rows, err) < 0)
		return pk_hold_hint(err);
	pk_buf_clear(sql);
	for (int i = 0; i < rows.n; i++) {
		int n = atoi(pk_rows_get(&rows, i, 1));

		p->few[strtoul(pk_rows_get(&rows, i, 0), NULL, 10)] = n <= WHOLE_ROWS ? 2 : n <= LEAD_ROWS;
	}
	return 0;
}

/* Counted, not estimated: a sample is not to hang on statistics. */
static int count_small(struct plan *p, struct pk_conn *source, struct pk_err *err)
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
		if (++n % COUNTED == 0 && count_some(p, source, &sql, err) < 0)
			return -1;
	}
	return count_some(p, source, &sql, err);
}

/* ---- who follows whom ---- */

static size_t root_of(const struct plan *p, uint32_t oid)
{
	size_t rel = 0;

	pk_refs_find(&p->refs, oid, &rel);
	return pk_rel_root(&p->refs, rel);
}

static int few_of(const struct plan *p, uint32_t oid)
{
	return p->few[root_of(p, oid)];
}

static int parse_rule(struct choice *c)
{
	return c->rule && c->rule->share;
}

static void set_choice(struct plan *p, const struct pk_mask_table *m, struct choice *c, const struct pk_copy_table *t)
{
	for (size_t i = 0; i < p->sample->n; i++)
		if (pk_mask_table_is(m, p->sample->rules[i].pattern))
			c->rule = &p->sample->rules[i];
	c->lead = NO_LEAD;
	c->share = parse_rule(c) ? strtod(c->rule->share, NULL) / 100 : p->sample->share;
	if (t->skip || t->added || (c->rule && c->rule->keep) || (!parse_rule(c) && few_of(p, t->oid) == 2))
		c->share = 1;
	else
		c->follows = !parse_rule(c);
	c->narrowed = t->where || c->share < 1;
}

static bool goes_before(const struct plan *p, size_t a, size_t b)
{
	const struct pk_ref *x = &p->refs.items[a], *y = &p->refs.items[b];
	int64_t x_pages = pages_of(p, &p->refs.rels[x->to]), y_pages = pages_of(p, &p->refs.rels[y->to]);

	if (x->owns != y->owns)
		return x->owns;
	return x_pages != y_pages ? x_pages > y_pages : strcmp(x->name, y->name) < 0;
}

static void add_candidate(struct plan *p, struct choice *c, size_t ref)
{
	size_t at = c->n++;

	c->candidates = pk_realloc_array(c->candidates, c->n, sizeof(*c->candidates));
	for (; at && goes_before(p, ref, c->candidates[at - 1]); at--)
		c->candidates[at] = c->candidates[at - 1];
	c->candidates[at] = ref;
}

static void find_candidates(struct plan *p)
{
	for (size_t i = 0; i < p->refs.n; i++) {
		const struct pk_ref *ref = &p->refs.items[i];
		const struct pk_rel *from = &p->refs.rels[ref->from], *to = &p->refs.rels[ref->to];

		if (ref->when || pk_rel_skipped(to, p->tables) || p->few[root_of(p, to->oid)])
			continue;
		for (size_t l = 0; l < from->n; l++)
			if (p->choices[from->leaves[l]].follows)
				add_candidate(p, &p->choices[from->leaves[l]], i);
	}
}

/* By way of those that lead. */
static bool hangs_on(const struct plan *p, const struct pk_rel *rel, size_t table)
{
	for (size_t i = 0; i < rel->n; i++) {
		size_t leaf = rel->leaves[i], lead = p->choices[leaf].lead;

		if (leaf == table || (lead != NO_LEAD && hangs_on(p, &p->refs.rels[p->refs.items[lead].to], table)))
			return true;
	}
	return false;
}

static bool is_narrowed(const struct plan *p, const struct pk_rel *rel)
{
	for (size_t i = 0; i < rel->n; i++)
		if (p->choices[rel->leaves[i]].narrowed && !p->tables->items[rel->leaves[i]].skip)
			return true;
	return false;
}

static bool find_lead(struct plan *p, size_t table, bool not_null)
{
	struct choice *c = &p->choices[table];

	for (size_t i = 0; i < c->n && c->lead == NO_LEAD; i++) {
		const struct pk_ref *ref = &p->refs.items[c->candidates[i]];
		const struct pk_rel *to = &p->refs.rels[ref->to];

		if (ref->not_null == not_null && is_narrowed(p, to) && !hangs_on(p, to, table))
			c->lead = c->candidates[i];
	}
	c->narrowed = c->narrowed || c->lead != NO_LEAD;
	return c->lead != NO_LEAD;
}

/* References that are always there first; what is narrowed by that may be followed in turn. */
static void find_leads(struct plan *p)
{
	for (int pass = 0; pass < 2; pass++)
		for (bool again = true; again;) {
			again = false;
			for (size_t i = 0; i < p->tables->n; i++)
				if (p->choices[i].lead == NO_LEAD && find_lead(p, i, pass == 0))
					again = true;
		}
	for (size_t i = 0; i < p->refs.n; i++) {
		const struct pk_rel *from = &p->refs.rels[p->refs.items[i].from];
		bool all = from->n > 0;

		for (size_t l = 0; l < from->n; l++)
			all = all && (p->choices[from->leaves[l]].lead == i || p->tables->items[from->leaves[l]].skip);
		p->followed[i] = all;
	}
}

/* ---- conditions ---- */

static void add_share(const struct plan *p, const struct pk_copy_table *t, double share, struct pk_buf *sql)
{
	const struct pk_rel *root = &p->refs.rels[root_of(p, t->oid)];
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

static void choose(struct plan *p, size_t table);

static void add_following(struct plan *p, const struct pk_copy_table *t, const struct choice *c, struct pk_buf *sql)
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

static void choose(struct plan *p, size_t table)
{
	struct pk_copy_table *t = &p->tables->items[table];
	struct choice *c = &p->choices[table];
	PK_AUTO(pk_buf) sql = PK_BUF_INIT;

	if (c->done)
		return;
	c->done = true;
	if (c->lead != NO_LEAD)
		add_following(p, t, c, &sql);
	else if (c->share < 1)
		add_share(p, t, c->share, &sql);
	if (!sql.len)
		return;
	PK_FREE char *before = t->where;
	t->where = before ? pk_printf("(%s) AND (%s)", before, sql.ptr) : pk_buf_take(&sql);
	t->joined = c->lead != NO_LEAD;
}

/* ---- all of it ---- */

static int prepare(struct plan *p, struct pk_conn *source, struct pk_err *err)
{
	if (pk_refs_read(source, p->tables, &p->refs, err) < 0)
		return -1;
	p->choices = pk_alloc((p->tables->n + 1) * sizeof(*p->choices));
	p->few = pk_alloc((p->refs.n_rels + 1) * sizeof(*p->few));
	p->followed = pk_alloc(p->refs.n + 1);
	p->sampled = pk_alloc(p->refs.n_rels + 1);
	if (count_small(p, source, err) < 0)
		return -1;
	for (size_t i = 0; i < p->tables->n; i++)
		p->choices[i].lead = NO_LEAD;
	for (size_t i = 0; i < p->facts->n_tables; i++) {
		const struct pk_copy_table *t = pk_copy_tables_find(p->tables, p->facts->tables[i].oid);

		if (t)
			set_choice(p, &p->facts->tables[i], &p->choices[t - p->tables->items], t);
	}
	find_candidates(p);
	find_leads(p);
	for (size_t i = 0; i < p->tables->n; i++)
		if (p->choices[i].share < 1 || p->choices[i].lead != NO_LEAD)
			p->sampled[root_of(p, p->tables->items[i].oid)] = true;
	return 0;
}

static void tell(const struct plan *p, struct pk_strv *notes)
{
	PK_FREE char *beside = pk_count((uint64_t)p->beside), *edges = pk_count((uint64_t)p->edges);
	size_t narrowed = 0, whole = 0;

	for (size_t i = 0; i < p->tables->n; i++) {
		narrowed += !p->tables->items[i].skip && p->choices[i].narrowed;
		whole += !p->tables->items[i].skip && !p->choices[i].narrowed;
	}
	pk_strv_pushf(notes, "a sample of %zu table%s, %zu come%s whole; beside it rows for edge cases: %s, and rows that others "
			     "refer to: %s",
		      narrowed, narrowed == 1 ? "" : "s", whole, whole == 1 ? "s" : "", edges, beside);
}

static int choose_all(struct plan *p, struct pk_hold *source, struct pk_places *places, struct pk_err *err)
{
	if (p->sample->edges &&
	    pk_edges_find(source, p->tables, &p->refs, p->sampled, p->sample->seed, places, &p->edges, err) < 0)
		return -1;
	for (size_t i = 0; i < p->tables->n; i++)
		choose(p, i);
	return pk_closure_find(source, p->tables, &p->refs, p->followed, places, &p->beside, err);
}

int pk_sample_choose(const struct pk_sample *sample, struct pk_hold *source, const struct pk_conninfo *target,
		     const struct pk_mask_facts *facts, struct pk_copy_tables *tables, struct pk_strv *notes,
		     struct pk_err *err)
{
	struct plan p __attribute__((cleanup(plan_release))) = { .sample = sample, .facts = facts, .tables = tables };

	if (!sample->asked)
		return 0;
	tables->places = pk_alloc(sizeof(*tables->places));
	*tables->places = (struct pk_places)PK_PLACES_INIT;
	if (prepare(&p, &source->conn, err) < 0 || pk_places_open(tables->places, target, err) < 0 ||
	    choose_all(&p, source, tables->places, err) < 0 || pk_places_settle(tables->places, tables, err) < 0)
		return -1;
	tell(&p, notes);
	return 0;
}
