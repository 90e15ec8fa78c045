#include "clone/refs.h"

void pk_refs_release(struct pk_refs *refs)
{
	for (size_t i = 0; i < refs->n_rels; i++) {
		free(refs->rels[i].schema);
		free(refs->rels[i].name);
		free(refs->rels[i].leaves);
		pk_strv_release(&refs->rels[i].key);
	}
	for (size_t i = 0; i < refs->n; i++) {
		pk_strv_release(&refs->items[i].from_columns);
		pk_strv_release(&refs->items[i].to_columns);
		pk_strv_release(&refs->items[i].operators);
		free(refs->items[i].when);
		free(refs->items[i].name);
	}
	free(refs->rels);
	free(refs->items);
	free(refs->prefix);
	*refs = (struct pk_refs)PK_REFS_INIT;
}

/* ---- what there is ---- */

static const char rels_sql[] =
	"SELECT c.oid, coalesce(pg_catalog.pg_partition_root(c.oid)::oid, c.oid), n.nspname, c.relname, c.relkind = 'p', l.oid "
	"FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace "
	"LEFT JOIN LATERAL (SELECT t.relid::oid AS oid FROM pg_catalog.pg_partition_tree(c.oid) t "
	"WHERE t.isleaf AND t.relid <> c.oid AND c.relkind = 'p' UNION ALL SELECT c.oid WHERE c.relkind = 'r') l ON true "
	"WHERE c.relkind IN ('r', 'p') AND c.relpersistence <> 't' AND n.nspname !~ '^pg_' "
	"AND n.nspname <> 'information_schema' ORDER BY c.oid, l.oid";

/* The primary key, or else the first unique index that no NULL and no row gets around. */
static const char row_keys_sql[] =
	"WITH best AS (SELECT DISTINCT ON (i.indrelid) i.indrelid, i.indkey, i.indnkeyatts FROM pg_catalog.pg_index i "
	"JOIN pg_catalog.pg_class x ON x.oid = i.indexrelid WHERE i.indisunique AND i.indisvalid AND i.indimmediate "
	"AND i.indpred IS NULL AND i.indexprs IS NULL AND NOT EXISTS (SELECT FROM pg_catalog.pg_attribute a "
	"WHERE a.attrelid = i.indrelid AND a.attnum = ANY (i.indkey) AND NOT a.attnotnull) "
	"ORDER BY i.indrelid, i.indisprimary DESC, i.indnkeyatts, x.relname) "
	"SELECT b.indrelid, a.attname FROM best b, LATERAL pg_catalog.generate_series(0, b.indnkeyatts - 1) i "
	"JOIN pg_catalog.pg_attribute a ON true WHERE a.attrelid = b.indrelid AND a.attnum = b.indkey[i] "
	"ORDER BY b.indrelid, i";

/* The key on a whole stands for those of its partitions. */
static const char refs_sql[] =
	"SELECT k.oid, k.conrelid, k.confrelid, k.conname, k.confdeltype = 'c', k.convalidated, a.attname, a.attnotnull, "
	"b.attname, pg_catalog.format('%sOPERATOR(%I.%s)', CASE WHEN a.attcollation <> b.attcollation AND b.attcollation <> 0 "
	"THEN (SELECT pg_catalog.format('COLLATE %I.%I ', m.nspname, l.collname) FROM pg_catalog.pg_collation l "
	"JOIN pg_catalog.pg_namespace m ON m.oid = l.collnamespace WHERE l.oid = b.attcollation) END, n.nspname, o.oprname), "
	"EXISTS (SELECT FROM pg_catalog.pg_amop x "
	"WHERE x.amopopr = o.oid AND x.amopmethod = 403 AND x.amopstrategy = 3) "
	"FROM pg_catalog.pg_constraint k, LATERAL pg_catalog.generate_subscripts(k.conkey, 1) i "
	"JOIN pg_catalog.pg_attribute a ON true JOIN pg_catalog.pg_attribute b ON true "
	"JOIN pg_catalog.pg_operator o ON true JOIN pg_catalog.pg_namespace n ON n.oid = o.oprnamespace "
	"WHERE k.contype = 'f' AND k.conparentid = 0 AND a.attrelid = k.conrelid AND a.attnum = k.conkey[i] "
	"AND b.attrelid = k.confrelid AND b.attnum = k.confkey[i] AND o.oid = k.conpfeqop[i] ORDER BY k.oid, i";

static const char prefix_sql[] =
	"SELECT coalesce(pg_catalog.max(pg_catalog.length(pg_catalog.substring(a.attname::text, '^pk(_*)'))), 0) "
	"FROM pg_catalog.pg_attribute a WHERE a.attname ~ '^pk'";

bool pk_refs_find(const struct pk_refs *refs, uint32_t oid, size_t *ret)
{
	const struct pk_rel *rel = refs->n_rels ? bsearch(&oid, refs->rels, refs->n_rels, sizeof(*rel), pk_oid_compare) : NULL;

	if (rel)
		*ret = (size_t)(rel - refs->rels);
	return rel;
}

size_t pk_rel_root(const struct pk_refs *refs, size_t rel)
{
	size_t root;

	return pk_refs_find(refs, refs->rels[rel].root, &root) ? root : rel;
}

static void add_leaf(struct pk_rel *rel, const struct pk_copy_tables *tables, uint32_t oid)
{
	const struct pk_copy_table *t = pk_copy_tables_find(tables, oid);

	if (!t) {
		rel->elsewhere = true;
		return;
	}
	rel->leaves = pk_realloc_array(rel->leaves, rel->n + 1, sizeof(*rel->leaves));
	rel->leaves[rel->n++] = (size_t)(t - tables->items);
}

static int read_rels(struct pk_conn *source, const struct pk_copy_tables *tables, struct pk_refs *ret, struct pk_err *err)
{
	PK_AUTO(pk_rows) rows = PK_ROWS_INIT;

	if (pk_query(source, rels_sql, 0, NULL, &rows, err) < 0)
		return -1;
	ret->rels = pk_alloc(((size_t)rows.n + 1) * sizeof(*ret->rels));
	for (int i = 0; i < rows.n; i++) {
		uint32_t oid = pk_rows_oid(&rows, i, 0);

		if (!ret->n_rels || ret->rels[ret->n_rels - 1].oid != oid)
			ret->rels[ret->n_rels++] = (struct pk_rel){
				.oid = oid,
				.root = pk_rows_oid(&rows, i, 1),
				.schema = pk_strdup(pk_rows_get(&rows, i, 2)),
				.name = pk_strdup(pk_rows_get(&rows, i, 3)),
				.whole = pk_rows_true(&rows, i, 4),
			};
		if (pk_rows_get(&rows, i, 5))
			add_leaf(&ret->rels[ret->n_rels - 1], tables, pk_rows_oid(&rows, i, 5));
	}
	return 0;
}

static int read_row_keys(struct pk_conn *source, const struct pk_copy_tables *tables, struct pk_refs *ret,
			 struct pk_err *err)
{
	PK_AUTO(pk_rows) rows = PK_ROWS_INIT;
	size_t rel;

	if (pk_query(source, row_keys_sql, 0, NULL, &rows, err) < 0)
		return -1;
	for (int i = 0; i < rows.n; i++)
		if (pk_refs_find(ret, pk_rows_oid(&rows, i, 0), &rel))
			pk_strv_push(&ret->rels[rel].key, pk_rows_get(&rows, i, 1));
	for (size_t i = 0; i < ret->n_rels; i++) {
		struct pk_rel *r = &ret->rels[i];
		const struct pk_copy_table *t = r->n && !r->key.n ? &tables->items[r->leaves[0]] : NULL;

		for (size_t c = 0; t && c < t->n_columns; c++)
			pk_strv_push(&r->key, t->columns[c].name);
	}
	return 0;
}

struct pk_ref *pk_refs_add(struct pk_refs *refs, const char *name)
{
	refs->items = pk_realloc_array(refs->items, refs->n + 1, sizeof(*refs->items));
	refs->items[refs->n] = (struct pk_ref){ .name = pk_strdup(name), .one = true };
	return &refs->items[refs->n++];
}

static struct pk_ref *add_key(struct pk_refs *refs, const struct pk_rows *rows, int row)
{
	struct pk_ref *ref;
	size_t from, to;

	if (!pk_refs_find(refs, pk_rows_oid(rows, row, 1), &from) || !pk_refs_find(refs, pk_rows_oid(rows, row, 2), &to))
		return NULL;
	ref = pk_refs_add(refs, pk_rows_get(rows, row, 3));
	ref->from = from;
	ref->to = to;
	ref->owns = pk_rows_true(rows, row, 4);
	ref->declared = pk_rows_true(rows, row, 5);
	ref->not_null = true;
	return ref;
}

int pk_refs_read(struct pk_conn *source, const struct pk_copy_tables *tables, struct pk_refs *ret, struct pk_err *err)
{
	PK_AUTO(pk_rows) rows = PK_ROWS_INIT;
	PK_FREE char *used = NULL;
	struct pk_ref *ref = NULL;

	if (read_rels(source, tables, ret, err) < 0 || read_row_keys(source, tables, ret, err) < 0 ||
	    pk_query_value(source, prefix_sql, 0, NULL, &used, err) < 0 ||
	    pk_query(source, refs_sql, 0, NULL, &rows, err) < 0)
		return -1;
	ret->prefix = pk_printf("pk%.*s", atoi(used) + 1,
				"________________________________________________________________");
	for (int i = 0; i < rows.n; i++) {
		if (i == 0 || pk_rows_oid(&rows, i, 0) != pk_rows_oid(&rows, i - 1, 0))
			ref = add_key(ret, &rows, i);
		if (!ref)
			continue;
		pk_strv_push(&ref->from_columns, pk_rows_get(&rows, i, 6));
		pk_strv_push(&ref->to_columns, pk_rows_get(&rows, i, 8));
		pk_strv_push(&ref->operators, pk_rows_get(&rows, i, 9));
		ref->not_null = ref->not_null && pk_rows_true(&rows, i, 7);
		ref->one = ref->one && pk_rows_true(&rows, i, 10);
	}
	return 0;
}

bool pk_rel_narrowed(const struct pk_rel *rel, const struct pk_copy_tables *tables)
{
	for (size_t i = 0; i < rel->n; i++) {
		const struct pk_copy_table *t = &tables->items[rel->leaves[i]];

		if (t->where && !t->skip && !t->added)
			return true;
	}
	return false;
}

bool pk_rel_skipped(const struct pk_rel *rel, const struct pk_copy_tables *tables)
{
	for (size_t i = 0; i < rel->n; i++)
		if (!tables->items[rel->leaves[i]].skip)
			return false;
	return true;
}

/* ---- SQL ---- */

static void add_select(const struct pk_refs *refs, const struct pk_rel_query *q, struct pk_buf *sql)
{
	const char *comma = "";

	pk_buf_add(sql, "SELECT ");
	if (q->places) {
		pk_buf_addf(sql, "tableoid AS %srel, ctid AS %stid", refs->prefix, refs->prefix);
		comma = ", ";
	}
	for (size_t i = 0; i < q->columns->n; i++) {
		pk_buf_add(sql, comma);
		pk_buf_add_ident(sql, q->columns->items[i]);
		pk_buf_addf(sql, " AS %s%zu", refs->prefix, i + 1);
		comma = ", ";
	}
}

static void add_where(const struct pk_rel_query *q, const char *condition, struct pk_buf *sql)
{
	const char *and = " WHERE ";

	if (condition && q->which != PK_REL_ALL) {
		pk_buf_addf(sql, "%s(%s)%s", and, condition, q->which == PK_REL_LEFT_OUT ? " IS NOT TRUE" : "");
		and = " AND ";
	}
	if (q->when)
		pk_buf_addf(sql, "%s(%s)", and, q->when);
}

/* Its leaves need not be named one by one. */
static bool is_uniform(const struct pk_rel *rel, const struct pk_copy_tables *tables)
{
	const struct pk_copy_table *first = rel->n ? &tables->items[rel->leaves[0]] : NULL;

	for (size_t i = 0; i < rel->n; i++) {
		const struct pk_copy_table *t = &tables->items[rel->leaves[i]];

		if (t->skip || t->added || !pk_streq(t->where, first->where))
			return false;
	}
	return first && !rel->elsewhere;
}

void pk_rel_add_query(const struct pk_refs *refs, size_t rel, const struct pk_copy_tables *tables,
		      const struct pk_rel_query *q, struct pk_buf *sql)
{
	const struct pk_rel *r = &refs->rels[rel];
	bool uniform = r->whole && is_uniform(r, tables), any = false;

	for (size_t i = 0; i < r->n; i++) {
		const struct pk_copy_table *t = &tables->items[r->leaves[i]];

		if ((t->skip && q->which != PK_REL_ALL) || (q->which == PK_REL_LEFT_OUT && (!t->where || t->added)) || (uniform && i))
			continue;
		pk_buf_add(sql, any ? " UNION ALL " : "");
		add_select(refs, q, sql);
		pk_buf_add(sql, uniform ? " FROM " : " FROM ONLY ");
		pk_buf_add_qualified(sql, uniform ? r->schema : t->schema, uniform ? r->name : t->name);
		add_where(q, t->where, sql);
		any = true;
	}
	if (any)
		return;
	add_select(refs, q, sql);
	pk_buf_add(sql, " FROM ONLY ");
	pk_buf_add_qualified(sql, r->schema, r->name);
	pk_buf_add(sql, " WHERE false");
}

void pk_ref_add_match(const struct pk_refs *refs, const struct pk_ref *ref, const char *to, const char *from,
		      struct pk_buf *sql)
{
	for (size_t i = 0; i < ref->to_columns.n; i++) {
		pk_buf_addf(sql, "%s%s.%s%zu%s %s ", i ? " AND " : "", to, refs->prefix, i + 1,
			    ref->textual ? "::pg_catalog.text" : "", ref->operators.items[i]);
		if (from)
			pk_buf_addf(sql, "%s.%s%zu", from, refs->prefix, i + 1);
		else
			pk_buf_add_ident(sql, ref->from_columns.items[i]);
		pk_buf_add(sql, ref->textual ? "::pg_catalog.text" : "");
	}
}
