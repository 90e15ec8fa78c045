#include "clone/edges.h"

#define COLUMNS 200 /* looked at together: a query has an end */
#define ORPHANS 3

enum sort { ORDERED, TEXT, VALUES, SIZED, OTHER };

struct column {
	size_t rel;
	char *name;
	enum sort sort;
	bool nullable;
};
struct edges {
	const struct pk_choosing *in;
	uint64_t seed;
	struct column *columns; /* by rel */
	size_t n;
	int64_t found;
};

static void edges_release(struct edges *e)
{
	for (size_t i = 0; i < e->n; i++)
		free(e->columns[i].name);
	free(e->columns);
}

/* ---- columns ---- */

static const char columns_sql[] =
	"WITH RECURSIVE made (oid, base) AS (SELECT DISTINCT a.atttypid, a.atttypid FROM pg_catalog.pg_attribute a "
	"WHERE a.attrelid >= 16384 UNION ALL SELECT m.oid, t.typbasetype FROM made m JOIN pg_catalog.pg_type t ON t.oid = m.base "
	"WHERE t.typtype = 'd') "
	"SELECT c.oid, a.attname, NOT a.attnotnull, CASE WHEN t.typcategory = 'S' THEN 1 "
	"WHEN t.typtype = 'e' OR t.oid = 16 THEN 2 WHEN EXISTS (SELECT FROM pg_catalog.pg_proc p "
	"WHERE p.pronamespace = 11 AND p.proname = 'min' AND p.proargtypes[0] = t.oid AND (t.typlen <> -1 OR t.oid IN (869, 1700))) "
	"THEN 0 WHEN t.typlen = -1 THEN 3 ELSE 4 END "
	"FROM pg_catalog.pg_class c JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped "
	"JOIN made m ON m.oid = a.atttypid JOIN pg_catalog.pg_type t ON t.oid = m.base "
	"WHERE c.relkind IN ('r', 'p') AND c.oid >= 16384 AND t.typtype <> 'd' ORDER BY c.oid, a.attnum";

static int read_columns(struct edges *e, struct pk_err *err)
{
	PK_AUTO(pk_rows) rows = PK_ROWS_INIT;

	if (pk_query(&e->in->source->conn, columns_sql, 0, NULL, &rows, err) < 0)
		return -1;
	e->columns = pk_alloc(((size_t)rows.n + 1) * sizeof(*e->columns));
	for (int i = 0; i < rows.n; i++) {
		struct column c = { .nullable = pk_rows_true(&rows, i, 2) };

		if (!pk_refs_find(e->in->refs, pk_rows_oid(&rows, i, 0), &c.rel))
			continue;
		c.name = pk_strdup(pk_rows_get(&rows, i, 1));
		c.sort = (enum sort)atoi(pk_rows_get(&rows, i, 3));
		e->columns[e->n++] = c;
	}
	return 0;
}

/* ---- SQL ---- */

/* First the columns that tell rows apart, then those that are looked at. */
static void list_columns(const struct pk_rel *rel, const struct column *columns, size_t n, struct pk_strv *ret)
{
	for (size_t i = 0; i < rel->key.n; i++)
		pk_strv_push(ret, rel->key.items[i]);
	for (size_t i = 0; i < n; i++)
		pk_strv_push(ret, columns[i].name);
}

/* Where a row lies, behind what says which of several is taken. before: columns that come before its key. */
static char *place_of(const struct edges *e, const struct pk_rel *rel, size_t before)
{
	const char *prefix = e->in->refs->prefix;
	PK_AUTO(pk_buf) sql = PK_BUF_INIT;

	pk_buf_add(&sql, "(pg_catalog.lpad(pg_catalog.to_hex(pg_catalog.hashtextextended(CAST(ROW(");
	for (size_t i = 0; i < rel->key.n; i++)
		pk_buf_addf(&sql, "%s%s%zu", i ? ", " : "", prefix, before + i + 1);
	pk_buf_addf(&sql, ") AS pg_catalog.text) COLLATE pg_catalog.\"C\", %lld)), 16, '0') || ' ' || %srel || ' ' || %stid) "
			  "COLLATE pg_catalog.\"C\"",
		    (long long)(int64_t)e->seed, prefix, prefix);
	return pk_buf_take(&sql);
}

#define SPLIT "SELECT pg_catalog.split_part(p, ' ', 2), pg_catalog.split_part(p, ' ', 3) FROM "

struct marks {
	const char *prefix, *place;
	struct pk_buf values, picks; /* of all rows; a row for each */
	size_t n;
};

static void add_pick(struct marks *m, const char *condition)
{
	pk_buf_addf(&m->picks, "%spg_catalog.min(%s) FILTER (WHERE %s)", m->picks.len ? ", " : "", m->place, condition);
}

static void add_mark(struct marks *m, const char *aggregate, const char *value)
{
	PK_FREE char *condition = pk_printf("%s = %sm%zu", value, m->prefix, ++m->n);

	pk_buf_addf(&m->values, "%spg_catalog.%s(%s) AS %sm%zu", m->values.len ? ", " : "", aggregate, value, m->prefix, m->n);
	add_pick(m, condition);
}

static void mark_column(struct marks *m, const struct column *c, size_t number)
{
	PK_FREE char *column = pk_printf("%s%zu", m->prefix, number);
	PK_FREE char *text = pk_printf("%s::pg_catalog.text COLLATE pg_catalog.\"C\"", column);
	PK_FREE char *size = c->sort == TEXT ? pk_printf("pg_catalog.octet_length(%s::pg_catalog.text)", column) :
					       pk_printf("pg_catalog.pg_column_size(%s)", column);
	const char *ordered = c->sort == TEXT ? text : column;

	if (c->sort == ORDERED || c->sort == TEXT) {
		add_mark(m, "min", ordered);
		add_mark(m, "max", ordered);
	}
	if (c->sort == SIZED || c->sort == TEXT)
		add_mark(m, "max", size);
	if (c->nullable) {
		PK_FREE char *is_null = pk_printf("pg_catalog.num_nulls(%s) > 0", column);

		add_pick(m, is_null);
	}
}

static int add_found(struct edges *e, const struct pk_rel *rel, const char *query, struct pk_err *err)
{
	int64_t n;

	if (pk_row_places_add(e->in->places, e->in->source, query, 0, &n, err) < 0)
		return pk_err_wrap(err, "edge cases of table '%s.%s'", rel->schema, rel->name);
	e->found += n;
	return 0;
}

/* picks: places or NULL, with commas between. */
static void add_unnest(const char *picks, const char *from, struct pk_buf *sql)
{
	pk_buf_addf(sql, SPLIT "(SELECT ARRAY[%s] AS a %s) s, LATERAL pg_catalog.unnest(a) p WHERE p IS NOT NULL", picks, from);
}

static int find_marks(struct edges *e, size_t rel, const struct column *columns, size_t n, struct pk_err *err)
{
	const struct pk_rel *r = &e->in->refs->rels[rel];
	PK_FREE char *place = place_of(e, r, 0);
	PK_AUTO(pk_strv) names = PK_STRV_INIT;
	struct marks m = { .prefix = e->in->refs->prefix, .place = place, .values = PK_BUF_INIT, .picks = PK_BUF_INIT };
	const struct pk_rel_query query = { .columns = &names, .which = PK_REL_CHOSEN, .places = true };
	PK_AUTO(pk_buf) rows = PK_BUF_INIT;
	PK_AUTO(pk_buf) from = PK_BUF_INIT;
	PK_AUTO(pk_buf) sql = PK_BUF_INIT;

	list_columns(r, columns, n, &names);
	for (size_t i = 0; i < n; i++)
		mark_column(&m, &columns[i], r->key.n + i + 1);
	pk_rel_add_query(e->in->refs, rel, e->in->tables, &query, &rows);
	pk_buf_addf(&from, "FROM (%s) r", rows.ptr);
	if (m.values.len)
		pk_buf_addf(&from, " CROSS JOIN (SELECT %s FROM (%s) r) x", m.values.ptr, rows.ptr);
	add_unnest(m.picks.ptr, from.ptr, &sql);
	int status = m.picks.len ? add_found(e, r, sql.ptr, err) : 0;
	pk_buf_release(&m.values);
	pk_buf_release(&m.picks);
	return status;
}

static int find_values(struct edges *e, size_t rel, const struct column *column, struct pk_err *err)
{
	const struct pk_rel *r = &e->in->refs->rels[rel];
	PK_FREE char *place = place_of(e, r, 0);
	PK_AUTO(pk_strv) names = PK_STRV_INIT;
	const struct pk_rel_query query = { .columns = &names, .which = PK_REL_CHOSEN, .places = true };
	PK_AUTO(pk_buf) sql = PK_BUF_INIT;

	list_columns(r, column, 1, &names);
	pk_buf_addf(&sql, SPLIT "(SELECT pg_catalog.min(%s) AS p FROM (", place);
	pk_rel_add_query(e->in->refs, rel, e->in->tables, &query, &sql);
	pk_buf_addf(&sql, ") r GROUP BY %s%zu) v", e->in->refs->prefix, r->key.n + 1);
	return add_found(e, r, sql.ptr, err);
}

/* Rows that refer to nothing, where that can be. */
static int find_orphans(struct edges *e, const struct pk_ref *ref, struct pk_err *err)
{
	const struct pk_rel *r = &e->in->refs->rels[ref->from];
	const char *prefix = e->in->refs->prefix;
	PK_AUTO(pk_strv) names = PK_STRV_INIT;
	PK_FREE char *place = place_of(e, r, ref->from_columns.n), *from = pk_printf("%sc", prefix), *to = pk_printf("%sp", prefix);
	const struct pk_rel_query rows = { .columns = &names, .which = PK_REL_CHOSEN, .places = true, .when = ref->when };
	const struct pk_rel_query others = { .columns = &ref->to_columns, .which = PK_REL_ALL };
	PK_AUTO(pk_buf) sql = PK_BUF_INIT;

	for (size_t i = 0; i < ref->from_columns.n; i++)
		pk_strv_push(&names, ref->from_columns.items[i]);
	for (size_t i = 0; i < r->key.n; i++)
		pk_strv_push(&names, r->key.items[i]);
	pk_buf_addf(&sql, SPLIT "(SELECT %s AS p FROM (", place);
	pk_rel_add_query(e->in->refs, ref->from, e->in->tables, &rows, &sql);
	pk_buf_addf(&sql, ") %s WHERE pg_catalog.num_nulls(", from);
	for (size_t i = 0; i < ref->from_columns.n; i++)
		pk_buf_addf(&sql, "%s%s%zu", i ? ", " : "", prefix, i + 1);
	pk_buf_add(&sql, ") = 0 AND NOT EXISTS (SELECT FROM (");
	pk_rel_add_query(e->in->refs, ref->to, e->in->tables, &others, &sql);
	pk_buf_addf(&sql, ") %s WHERE ", to);
	pk_ref_add_match(e->in->refs, ref, to, from, &sql);
	pk_buf_addf(&sql, ") ORDER BY p LIMIT %d) o", ORPHANS);
	return add_found(e, r, sql.ptr, err);
}

/* ---- all of it ---- */

static int find_in(struct edges *e, size_t rel, const struct column *columns, size_t n, struct pk_err *err)
{
	for (size_t i = 0; i < n; i += COLUMNS)
		if (find_marks(e, rel, columns + i, n - i < COLUMNS ? n - i : COLUMNS, err) < 0)
			return -1;
	for (size_t i = 0; i < n; i++)
		if (columns[i].sort == VALUES && find_values(e, rel, &columns[i], err) < 0)
			return -1;
	return 0;
}

int pk_edges_find(const struct pk_choosing *in, const bool *sampled, uint64_t seed, int64_t *ret_n, struct pk_err *err)
{
	struct edges e __attribute__((cleanup(edges_release))) = { .in = in, .seed = seed };

	if (read_columns(&e, err) < 0)
		return -1;
	for (size_t i = 0, n; i < e.n; i += n) {
		for (n = 1; i + n < e.n && e.columns[i + n].rel == e.columns[i].rel; n++)
			;
		if (sampled[e.columns[i].rel] && find_in(&e, e.columns[i].rel, e.columns + i, n, err) < 0)
			return -1;
	}
	for (size_t i = 0; i < in->refs->n; i++) {
		const struct pk_ref *ref = &in->refs->items[i];

		if (!ref->declared && sampled[pk_rel_root(in->refs, ref->from)] && find_orphans(&e, ref, err) < 0)
			return -1;
	}
	*ret_n = e.found;
	return 0;
}
