#include "clone/unit.h"

#include "clone/row_places.h"

#define SMALL_BYTES PK_UNIT_SMALL
#define LEAST_BYTES (128 << 10)
#define SMALL_N	    32
#define FRESH_BYTES (1 << 20)  /* less is not worth a new file */
#define PART_BYTES  (32 << 20) /* at least */
#define SHARES	    4	       /* of all that is copied, for each job */
#define BLOCK_BYTES 8192       /* as nearly all servers have them */

void pk_units_release(struct pk_units *units)
{
	for (size_t i = 0; i < units->n; i++)
		free(units->items[i].tables);
	free(units->items);
	*units = (struct pk_units)PK_UNITS_INIT;
}

static struct pk_unit *add_unit(struct pk_units *units)
{
	if (units->n == units->cap) {
		units->cap = units->cap ? 2 * units->cap : 64;
		units->items = pk_realloc_array(units->items, units->cap, sizeof(*units->items));
	}
	units->items[units->n] = (struct pk_unit){ .to = -1 };
	return &units->items[units->n++];
}

static void add_table(struct pk_unit *u, size_t table, int64_t bytes)
{
	u->tables = pk_realloc_array(u->tables, u->n + 1, sizeof(*u->tables));
	u->tables[u->n++] = table;
	u->bytes += bytes;
}

/* Before 14 a range of ctid is looked for in the whole table; a table without columns has nothing to select. */
static bool may_split(const struct pk_copy_table *t, int version)
{
	return version >= 140000 && t->heap && !t->root_name && !t->joined && t->n_columns > 0 && t->pages > 1;
}

/* Values that lie apart are compressed on the way, which takes more of a processor than WAL does. */
static bool mostly_toast(const struct pk_copy_table *t)
{
	return t->pages * BLOCK_BYTES < t->bytes / 2;
}

static void add_parts(struct pk_units *units, size_t table, const struct pk_copy_table *t, int64_t n)
{
	for (int64_t i = 0; i < n; i++) {
		struct pk_unit *u = add_unit(units);

		add_table(u, table, t->bytes / n);
		u->part = true;
		u->from = t->pages * i / n;
		u->to = i + 1 < n ? t->pages * (i + 1) / n : -1;
	}
}

static void add_batches(struct pk_units *units, size_t table, const struct pk_copy_table *t)
{
	for (int64_t i = 0; i < t->batches; i++) {
		struct pk_unit *u = add_unit(units);

		add_table(u, table, 0);
		u->batch = true;
		u->from = i;
	}
}

static int longest_first(const void *a, const void *b)
{
	const struct pk_unit *x = a, *y = b;

	if (x->bytes != y->bytes)
		return x->bytes < y->bytes ? 1 : -1;
	if (x->tables[0] != y->tables[0])
		return x->tables[0] < y->tables[0] ? -1 : 1;
	return x->from < y->from ? -1 : x->from > y->from;
}

/* Small tables that go together, as long as they are not many. */
struct together {
	struct pk_units *units;
	struct pk_unit unit;
	int64_t limit;
};

static void end_together(struct together *t)
{
	if (t->unit.n)
		*add_unit(t->units) = t->unit;
	t->unit = (struct pk_unit){ .builds = true, .to = -1 };
}

static void add_small(struct together *t, size_t table, int64_t bytes)
{
	if (t->unit.n == SMALL_N || (t->unit.n && t->unit.bytes + bytes > t->limit))
		end_together(t);
	add_table(&t->unit, table, bytes);
}

/* Those rows are there already. */
static const char *wide_of(const struct pk_unit_terms *terms, size_t table)
{
	return terms->wide ? terms->wide->places[table] : NULL;
}

static int64_t bytes_of(const struct pk_copy_table *t, const struct pk_unit_terms *terms)
{
	return terms->rows && !t->skip ? t->bytes : 0;
}

void pk_units_make(const struct pk_copy_tables *tables, const struct pk_unit_terms *terms, struct pk_units *ret)
{
	struct together small = { .units = ret };
	int64_t all = 0, little = 0, part;

	for (size_t i = 0; i < tables->n; i++) {
		int64_t bytes = bytes_of(&tables->items[i], terms);

		all += bytes;
		little += bytes <= SMALL_BYTES ? bytes : 0;
	}
	part = all / (terms->jobs * SHARES) > PART_BYTES ? all / (terms->jobs * SHARES) : PART_BYTES;
	small.limit = little / (terms->jobs * SHARES);
	small.limit = small.limit > SMALL_BYTES ? SMALL_BYTES : small.limit < LEAST_BYTES ? LEAST_BYTES : small.limit;
	end_together(&small);
	for (size_t i = 0; i < tables->n; i++) {
		const struct pk_copy_table *t = &tables->items[i];
		int64_t bytes = bytes_of(t, terms), parts = (bytes + part - 1) / part;

		if (bytes <= SMALL_BYTES) {
			add_small(&small, i, bytes);
		} else if (terms->jobs > 1 && parts > 1 && (terms->parts || mostly_toast(t)) &&
			   may_split(t, terms->source_version)) {
			add_parts(ret, i, t, parts < t->pages ? parts : t->pages);
		} else {
			struct pk_unit *u = add_unit(ret);

			add_table(u, i, bytes);
			u->fresh = terms->wal_minimal && bytes >= FRESH_BYTES && !t->added && !t->root_name && !t->batches &&
				   !wide_of(terms, i);
		}
		if (bytes > SMALL_BYTES)
			add_batches(ret, i, t);
	}
	end_together(&small);
	if (ret->n)
		qsort(ret->items, ret->n, sizeof(*ret->items), longest_first);
}

/* ---- SQL ---- */

static void add_columns(struct pk_buf *sql, const struct pk_copy_table *t)
{
	for (size_t i = 0; i < t->n_columns; i++) {
		pk_buf_add(sql, i ? ", " : " (");
		pk_buf_add_ident(sql, t->columns[i].name);
	}
	pk_buf_add(sql, t->n_columns ? ")" : "");
}

/* batch, wide: places, or NULL. Nothing is copied twice: where is looked at there, too. */
static void add_query(struct pk_buf *sql, const struct pk_copy_table *t, const struct pk_unit *u, const char *batch,
		      const char *wide)
{
	const char *and = " WHERE ";

	pk_buf_add(sql, "(SELECT ");
	for (size_t i = 0; i < t->n_columns; i++) {
		const struct pk_copy_column *c = &t->columns[i];

		pk_buf_add(sql, i ? ", " : "");
		if (c->expr)
			pk_buf_addf(sql, "(%s)::%s", c->expr, c->type);
		else
			pk_buf_add_ident(sql, c->name);
	}
	pk_buf_add(sql, " FROM ONLY ");
	pk_buf_add_qualified(sql, t->schema, t->name);
	if (t->where) {
		pk_buf_addf(sql, "%s(%s)%s", and, t->where, batch ? " IS NOT TRUE" : "");
		and = " AND ";
	}
	if (batch) {
		pk_buf_addf(sql, "%sctid = ANY ('%s'::pg_catalog.tid[])", and, batch);
		and = " AND ";
	}
	if (wide) {
		pk_buf_addf(sql, "%sctid <> ALL ('%s'::pg_catalog.tid[])", and, wide);
		and = " AND ";
	}
	if (u->part) {
		pk_buf_addf(sql, "%sctid >= '(%lld,0)'", and, (long long)u->from);
		if (u->to >= 0)
			pk_buf_addf(sql, " AND ctid < '(%lld,0)'", (long long)u->to);
	}
	pk_buf_add(sql, ")");
}

static void add_format(struct pk_buf *sql, const struct pk_copy_table *t, const struct pk_unit_terms *terms, bool freeze)
{
	pk_buf_add(sql, " WITH (");
	if (t->binary && t->n_columns) {
		pk_buf_add(sql, "FORMAT binary");
	} else {
		pk_buf_add(sql, "FORMAT text");
		if (terms->encoding) {
			pk_buf_add(sql, ", ENCODING ");
			pk_buf_add_literal(sql, terms->encoding);
		}
	}
	pk_buf_addf(sql, "%s);\n", freeze ? ", FREEZE" : "");
}

void pk_unit_unready(const struct pk_copy_table *t, struct pk_buf *sql)
{
	PK_AUTO(pk_buf) name = PK_BUF_INIT;

	pk_buf_add_qualified(&name, t->schema, t->name);
	pk_buf_add(sql, "UPDATE pg_catalog.pg_index SET indisready = false, indisvalid = false WHERE indrelid = ");
	pk_buf_add_literal(sql, name.ptr);
	pk_buf_add(sql, "::pg_catalog.regclass;\n");
}

/* The statements of a unit, at the source and in the target. */
struct script {
	const struct pk_unit *unit;
	const struct pk_unit_terms *terms;
	struct pk_buf from, into;
};

/* Of the table that is the i-th of all; batch: as of add_query(). */
static void add_rows(struct script *s, const struct pk_copy_table *t, size_t i, const char *batch)
{
	const struct pk_unit *u = s->unit;
	const struct pk_unit_terms *terms = s->terms;
	const char *wide = wide_of(terms, i);
	struct pk_buf *from = &s->from, *into = &s->into;

	pk_buf_add(from, "COPY ");
	if (u->part || batch || wide || pk_copy_table_narrowed(t)) {
		add_query(from, t, u, batch, wide);
	} else {
		pk_buf_add_qualified(from, t->schema, t->name);
		add_columns(from, t);
	}
	pk_buf_add(from, " TO STDOUT");
	add_format(from, t, terms, false);
	if (u->fresh) {
		pk_buf_add(into, "TRUNCATE ONLY ");
		pk_buf_add_qualified(into, t->schema, t->name);
		pk_buf_add(into, ";\n");
		if (terms->again)
			pk_unit_unready(t, into);
	}
	pk_buf_add(into, "COPY ");
	pk_buf_add_qualified(into, t->root_name ? t->root_schema : t->schema, t->root_name ? t->root_name : t->name);
	add_columns(into, t);
	pk_buf_add(into, " FROM STDIN");
	add_format(into, t, terms, u->fresh);
}

static char *title(const struct pk_unit *u, const struct pk_copy_table *t)
{
	PK_AUTO(pk_buf) what = PK_BUF_INIT;

	pk_buf_add(&what, "copy ");
	pk_buf_add_qualified(&what, t->schema, t->name);
	if (u->n > 1)
		pk_buf_addf(&what, " and %zu more", u->n - 1);
	return pk_buf_take(&what);
}

static int add_batch(struct script *s, const struct pk_copy_tables *tables, size_t i, int64_t n, struct pk_err *err)
{
	const struct pk_copy_table *t = &tables->items[i];
	PK_FREE char *places = NULL;

	if (pk_row_places_batch(tables->places, t->oid, n, &places, err) < 0)
		return -1;
	add_rows(s, t, i, places);
	return 0;
}

/* Those of the unit's share, and behind them the batches that nobody else copies. */
static int add_table_rows(struct script *s, const struct pk_copy_tables *tables, size_t i, struct pk_err *err)
{
	const struct pk_copy_table *t = &tables->items[i];

	if (t->skip)
		return 0;
	if (!s->unit->batch)
		add_rows(s, t, i, NULL);
	else if (add_batch(s, tables, i, s->unit->from, err) < 0)
		return -1;
	for (int64_t n = 0; s->unit->builds && n < t->batches; n++)
		if (add_batch(s, tables, i, n, err) < 0)
			return -1;
	return 0;
}

static void script_release(struct script *s)
{
	pk_buf_release(&s->from);
	pk_buf_release(&s->into);
}

int pk_unit_task(const struct pk_unit *u, const struct pk_copy_tables *tables, const struct pk_structure *structure,
		 const struct pk_unit_terms *terms, struct pk_pump_task *ret, struct pk_err *err)
{
	struct script s __attribute__((cleanup(script_release))) = { .unit = u,
								     .terms = terms,
								     .from = PK_BUF_INIT,
								     .into = PK_BUF_INIT };

	for (size_t i = 0; terms->rows && i < u->n; i++)
		if (add_table_rows(&s, tables, u->tables[i], err) < 0)
			return -1;
	for (size_t i = 0; u->builds && i < u->n; i++)
		for (size_t b = structure->first[u->tables[i]]; b < structure->first[u->tables[i] + 1]; b++) {
			pk_buf_addn(&s.into, structure->builds[b].entry->sql, structure->builds[b].entry->len);
			pk_buf_addc(&s.into, '\n');
		}
	ret->what = title(u, &tables->items[u->tables[0]]);
	ret->from = s.from.len ? pk_printf(PK_HOLD_MARK ";\n%s" PK_HOLD_UNLOCK, s.from.ptr) : NULL;
	ret->into = s.into.len ? pk_buf_take(&s.into) : NULL;
	return 0;
}
