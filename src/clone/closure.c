#include "clone/closure.h"

struct closure {
	const struct pk_choosing *in;
	int64_t n;
};

/* Something that it refers to may be missing. */
static bool matters(const struct closure *c, const struct pk_ref *ref)
{
	return pk_rel_narrowed(&c->in->refs->rels[ref->to], c->in->tables) && !pk_rel_skipped(&c->in->refs->rels[ref->from], c->in->tables);
}

/* from: a query for what refers. */
static int add_missing(struct closure *c, const struct pk_ref *ref, const char *from, int round, struct pk_err *err)
{
	const struct pk_rel_query to = { .columns = &ref->to_columns, .which = PK_REL_LEFT_OUT, .places = true };
	const char *prefix = c->in->refs->prefix;
	PK_AUTO(pk_buf) sql = PK_BUF_INIT;
	int64_t n;

	pk_buf_addf(&sql, "SELECT DISTINCT %sp.%srel, %sp.%stid FROM (%s) %sc JOIN (", prefix, prefix, prefix, prefix, from,
		    prefix);
	pk_rel_add_query(c->in->refs, ref->to, c->in->tables, &to, &sql);
	PK_FREE char *p = pk_printf("%sp", prefix), *q = pk_printf("%sc", prefix);
	pk_buf_addf(&sql, ") %s ON ", p);
	pk_ref_add_match(c->in->refs, ref, p, q, &sql);
	if (pk_row_places_add(c->in->places, c->in->source, sql.ptr, round, &n, err) < 0)
		return pk_err_wrap(err, "rows that '%s' refers to", ref->name);
	c->n += n;
	return 0;
}

static int begin(struct closure *c, const bool *followed, struct pk_err *err)
{
	for (size_t i = 0; i < c->in->refs->n; i++) {
		const struct pk_ref *ref = &c->in->refs->items[i];
		const struct pk_rel_query from = { .columns = &ref->from_columns, .when = ref->when };
		PK_AUTO(pk_buf) sql = PK_BUF_INIT;

		if (followed[i] || !matters(c, ref))
			continue;
		pk_rel_add_query(c->in->refs, ref->from, c->in->tables, &from, &sql);
		if (add_missing(c, ref, sql.ptr, 1, err) < 0)
			return -1;
	}
	return 0;
}

static bool holds(const struct pk_rel *rel, size_t leaf)
{
	for (size_t i = 0; i < rel->n; i++)
		if (rel->leaves[i] == leaf)
			return true;
	return false;
}

static int follow_batch(struct closure *c, const struct pk_copy_table *t, const char *places, int round, struct pk_err *err)
{
	for (size_t i = 0; i < c->in->refs->n; i++) {
		const struct pk_ref *ref = &c->in->refs->items[i];
		PK_AUTO(pk_buf) sql = PK_BUF_INIT;

		if (!holds(&c->in->refs->rels[ref->from], (size_t)(t - c->in->tables->items)) || !matters(c, ref))
			continue;
		pk_buf_add(&sql, "SELECT ");
		for (size_t k = 0; k < ref->from_columns.n; k++) {
			pk_buf_add(&sql, k ? ", " : "");
			pk_buf_add_ident(&sql, ref->from_columns.items[k]);
			pk_buf_addf(&sql, " AS %s%zu", c->in->refs->prefix, k + 1);
		}
		pk_buf_add(&sql, " FROM ONLY ");
		pk_buf_add_qualified(&sql, t->schema, t->name);
		pk_buf_addf(&sql, " WHERE ctid = ANY ('%s'::pg_catalog.tid[])", places);
		if (ref->when)
			pk_buf_addf(&sql, " AND (%s)", ref->when);
		if (add_missing(c, ref, sql.ptr, round + 1, err) < 0)
			return -1;
	}
	return 0;
}

static int follow_table(struct closure *c, const char *oid, int round, struct pk_err *err)
{
	const struct pk_copy_table *t = pk_copy_tables_find(c->in->tables, (uint32_t)strtoul(oid, NULL, 10));
	PK_FREE char *last = NULL;

	for (bool more = t != NULL; more;) {
		PK_FREE char *places = NULL;

		if (pk_row_places_next(c->in->places, oid, round, &last, &places, err) < 0 ||
		    (places && follow_batch(c, t, places, round, err) < 0))
			return -1;
		more = places != NULL;
	}
	return 0;
}

int pk_closure_find(const struct pk_choosing *in, const bool *followed, int64_t *ret_n, struct pk_err *err)
{
	struct closure c = { .in = in };
	bool any = true;

	if (begin(&c, followed, err) < 0)
		return -1;
	for (int round = 0; any || round < 2; round++) {
		PK_AUTO(pk_strv) found = PK_STRV_INIT;

		if (pk_row_places_tables(in->places, round, &found, err) < 0)
			return -1;
		any = found.n > 0;
		for (size_t i = 0; i < found.n; i++)
			if (follow_table(&c, found.items[i], round, err) < 0)
				return -1;
	}
	*ret_n = c.n;
	return 0;
}
