#include "clone/row_places.h"

#include <strings.h>

static void release_table(struct pk_copy_table *t)
{
	for (size_t i = 0; i < t->n_columns; i++) {
		free(t->columns[i].name);
		free(t->columns[i].type);
		free(t->columns[i].expr);
	}
	free(t->columns);
	free(t->schema);
	free(t->name);
	free(t->where);
	free(t->added_where);
	free(t->root_schema);
	free(t->root_name);
}

void pk_copy_tables_release(struct pk_copy_tables *tables)
{
	for (size_t i = 0; i < tables->n; i++)
		release_table(&tables->items[i]);
	free(tables->items);
	if (tables->places)
		pk_row_places_release(tables->places);
	free(tables->places);
	*tables = (struct pk_copy_tables)PK_COPY_TABLES_INIT;
}

int pk_oid_compare(const void *oid, const void *item)
{
	uint32_t a = *(const uint32_t *)oid, b = *(const uint32_t *)item;

	return a < b ? -1 : a > b;
}

struct pk_copy_table *pk_copy_tables_find(const struct pk_copy_tables *tables, uint32_t oid)
{
	return tables->n ? bsearch(&oid, tables->items, tables->n, sizeof(*tables->items), pk_oid_compare) : NULL;
}

bool pk_copy_table_narrowed(const struct pk_copy_table *table)
{
	bool narrowed = table->skip || table->where;

	for (size_t i = 0; i < table->n_columns && !narrowed; i++)
		narrowed = table->columns[i].expr;
	return narrowed;
}

/*
 * An extension's own tables are made by its script; of those that it declares as configuration the rows it
 * says are the user's. A standby has no rows of unlogged tables.
 */
#define COPIED                                                                                             \
	"WITH RECURSIVE copied AS (SELECT c.oid, n.nspname, c.relname, c.relam, c.relispartition, "        \
	"c.reltoastrelid, greatest(c.relpages, 0) AS relpages, "                                            \
	"nullif(x.condition, '') AS condition, x.oid IS NOT NULL AS added "                     \
	"FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace "             \
	"LEFT JOIN (SELECT x.oid, e.extcondition[x.i] AS condition FROM pg_catalog.pg_extension e, "       \
	"LATERAL pg_catalog.unnest(e.extconfig) WITH ORDINALITY x (oid, i)) x ON x.oid = c.oid "           \
	"WHERE c.relkind = 'r' AND c.relpersistence <> 't' "                                               \
	"AND (c.relpersistence <> 'u' OR NOT pg_catalog.pg_is_in_recovery()) "                             \
	"AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' "                                   \
	"AND (x.oid IS NOT NULL OR NOT EXISTS (SELECT FROM pg_catalog.pg_depend d WHERE d.classid = 1259 " \
	"AND d.objid = c.oid AND d.deptype = 'e'))) "

/*
 * Rows of hash partitions by an enum go where the enum's OIDs say, which are others in every database: they
 * have to find their partition anew, as pg_dump does it.
 */
static const char list_sql[] = COPIED
	"SELECT c.oid, c.nspname, c.relname, CASE WHEN $1 THEN c.relpages * pg_catalog.current_setting('block_size')::bigint "
	"ELSE coalesce(pg_catalog.pg_relation_size(c.oid), 0) + coalesce(pg_catalog.pg_relation_size(c.reltoastrelid), 0) END, "
	"CASE WHEN $1 THEN c.relpages "
	"ELSE coalesce(pg_catalog.pg_relation_size(c.oid), 0) / pg_catalog.current_setting('block_size')::integer END, "
	"c.relam = (SELECT oid FROM pg_catalog.pg_am WHERE amname = 'heap'), c.condition, c.added, "
	"r.nspname, r.relname FROM copied c LEFT JOIN LATERAL (SELECT n.nspname, p.relname "
	"FROM pg_catalog.pg_class p JOIN pg_catalog.pg_namespace n ON n.oid = p.relnamespace "
	"WHERE c.relispartition AND p.oid = pg_catalog.pg_partition_root(c.oid) AND EXISTS (SELECT FROM "
	"pg_catalog.pg_partition_ancestors(c.oid) a JOIN pg_catalog.pg_partitioned_table t ON t.partrelid = a.relid "
	"WHERE t.partstrat = 'h' AND (SELECT o.oid FROM pg_catalog.pg_opclass o JOIN pg_catalog.pg_am m "
	"ON m.oid = o.opcmethod WHERE o.opcname = 'enum_ops' AND o.opcnamespace = 11 AND m.amname = 'hash') "
	"= ANY (t.partclass))) r ON true ORDER BY c.oid";

static char *copy_of(const struct pk_rows *rows, int row, int column)
{
	return pk_strdup(pk_rows_get(rows, row, column));
}

/* What an extension says is a whole clause. */
static char *condition_of(const char *clause)
{
	if (!clause)
		return NULL;
	clause += strspn(clause, " \t\r\n");
	return pk_strdup(strncasecmp(clause, "WHERE", 5) == 0 ? clause + 5 : clause);
}

static void add_names(const struct pk_rows *rows, struct pk_copy_tables *ret)
{
	pk_copy_tables_release(ret);
	ret->items = pk_alloc((size_t)(rows->n + 1) * sizeof(*ret->items));
	ret->n = (size_t)rows->n;
	for (int i = 0; i < rows->n; i++)
		ret->items[i] = (struct pk_copy_table){
			.oid = pk_rows_oid(rows, i, 0),
			.schema = copy_of(rows, i, 1),
			.name = copy_of(rows, i, 2),
		};
}

int pk_copy_tables_names(struct pk_conn *source, struct pk_copy_tables *ret, struct pk_err *err)
{
	PK_AUTO(pk_rows) rows = PK_ROWS_INIT;

	if (pk_query(source, COPIED "SELECT oid, nspname, relname FROM copied ORDER BY oid", 0, NULL, &rows, err) < 0)
		return -1;
	add_names(&rows, ret);
	return 0;
}

int pk_copy_tables_list(struct pk_conn *source, bool rough, struct pk_copy_tables *ret, struct pk_err *err)
{
	PK_AUTO(pk_rows) rows = PK_ROWS_INIT;
	const char *const params[] = { rough ? "true" : "false" };

	if (pk_query(source, list_sql, 1, params, &rows, err) < 0)
		return -1;
	add_names(&rows, ret);
	for (int i = 0; i < rows.n; i++) {
		struct pk_copy_table *t = &ret->items[i];

		t->bytes = pk_rows_int(&rows, i, 3);
		t->pages = pk_rows_int(&rows, i, 4);
		t->heap = pk_rows_true(&rows, i, 5);
		t->where = condition_of(pk_rows_get(&rows, i, 6));
		t->added_where = condition_of(pk_rows_get(&rows, i, 6));
		t->added = pk_rows_true(&rows, i, 7);
		t->unsteady = pk_rows_get(&rows, i, 6) != NULL;
		t->root_schema = copy_of(&rows, i, 8);
		t->root_name = copy_of(&rows, i, 9);
	}
	return 0;
}

/* As an array of their OIDs. */
static void add_oids(const struct pk_copy_tables *tables, const bool *only, struct pk_buf *sql)
{
	const char *comma = "";

	pk_buf_add(sql, "'{");
	for (size_t i = 0; i < tables->n; i++) {
		if (only && !only[i])
			continue;
		pk_buf_addf(sql, "%s%u", comma, tables->items[i].oid);
		comma = ",";
	}
	pk_buf_add(sql, "}'::oid[]");
}

int pk_copy_tables_sizes(struct pk_conn *source, const bool *only, struct pk_copy_tables *tables, struct pk_err *err)
{
	PK_AUTO(pk_rows) rows = PK_ROWS_INIT;
	PK_AUTO(pk_buf) sql = PK_BUF_INIT;

	pk_buf_add(&sql, "SELECT oid, coalesce(pg_catalog.pg_table_size(oid), 0), coalesce(pg_catalog.pg_relation_size(oid), 0) "
			 "/ pg_catalog.current_setting('block_size')::integer FROM pg_catalog.unnest(");
	add_oids(tables, only, &sql);
	pk_buf_add(&sql, ") oid");
	if (pk_query(source, sql.ptr, 0, NULL, &rows, err) < 0)
		return -1;
	for (int i = 0; i < rows.n; i++) {
		struct pk_copy_table *t = pk_copy_tables_find(tables, pk_rows_oid(&rows, i, 0));

		t->bytes = pk_rows_int(&rows, i, 1);
		t->pages = pk_rows_int(&rows, i, 2);
	}
	return 0;
}

/*
 * Binary values carry OIDs where the type is a row, an array of user types, or one of those that are OIDs
 * by themselves (reg...). What a domain or a range is made of counts for it. xml says its encoding. Whether
 * the functions of other people's types do the same on both sides is known when they are of one version.
 */
static const char types_sql[] =
	"used AS (SELECT DISTINCT a.atttypid AS oid FROM pg_catalog.pg_attribute a JOIN copied c ON c.oid = a.attrelid "
	"WHERE a.attnum > 0 AND NOT a.attisdropped), "
	"made (oid, leaf) AS (SELECT oid, oid FROM used UNION SELECT m.oid, x.oid FROM made m "
	"JOIN pg_catalog.pg_type t ON t.oid = m.leaf, LATERAL (SELECT t.typbasetype AS oid WHERE t.typtype = 'd' "
	"UNION ALL SELECT g.rngsubtype FROM pg_catalog.pg_range g WHERE t.oid IN (g.rngtypid, g.rngmultitypid) "
	"UNION ALL SELECT t.typelem WHERE t.typtype = 'b' AND t.typlen = -1 AND t.typelem <> 0) x), "
	"plain AS (SELECT m.oid FROM made m JOIN pg_catalog.pg_type t ON t.oid = m.leaf GROUP BY m.oid "
	"HAVING NOT bool_and(t.typtype IN ('d', 'e', 'r', 'm') OR (t.typtype = 'b' AND CASE "
	"WHEN t.typlen = -1 AND t.typelem <> 0 THEN t.typelem < 10000 "
	"WHEN t.typnamespace = 11 THEN t.typsend <> 0 AND t.typreceive <> 0 AND t.typname !~ '^reg' AND t.typname <> 'xml' "
	"ELSE t.typsend <> 0 AND t.typreceive <> 0 AND EXISTS (SELECT FROM pg_catalog.pg_depend d "
	"JOIN pg_catalog.pg_extension e ON e.oid = d.refobjid WHERE d.classid = 1247 AND d.objid = t.oid "
	"AND d.deptype = 'e' AND e.extname = ANY (";

static const char columns_sql[] =
	")) END))) SELECT a.attrelid, a.attname, pg_catalog.format_type(a.atttypid, a.atttypmod), "
	"a.atttypid IN (SELECT oid FROM plain) FROM pg_catalog.pg_attribute a JOIN copied c ON c.oid = a.attrelid "
	"WHERE a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = '' ORDER BY a.attrelid, a.attnum";

static void add_column(struct pk_copy_table *t, const struct pk_rows *rows, int row)
{
	t->columns = pk_realloc_array(t->columns, t->n_columns + 1, sizeof(*t->columns));
	t->columns[t->n_columns++] = (struct pk_copy_column){
		.name = copy_of(rows, row, 1),
		.type = copy_of(rows, row, 2),
	};
	if (pk_rows_true(rows, row, 3))
		t->binary = false;
}

int pk_copy_tables_columns(struct pk_conn *source, bool same_major, const struct pk_strv *extensions, const bool *only,
			   struct pk_copy_tables *tables, struct pk_err *err)
{
	PK_AUTO(pk_rows) rows = PK_ROWS_INIT;
	PK_AUTO(pk_buf) sql = PK_BUF_INIT;

	pk_buf_add(&sql, "WITH RECURSIVE copied AS (SELECT pg_catalog.unnest(");
	add_oids(tables, only, &sql);
	pk_buf_addf(&sql, ") AS oid), %sARRAY[", types_sql);
	for (size_t i = 0; i < extensions->n; i++) {
		pk_buf_add(&sql, i ? ", " : "");
		pk_buf_add_literal(&sql, extensions->items[i]);
	}
	pk_buf_addf(&sql, "]::text[]%s", columns_sql);
	if (pk_query(source, sql.ptr, 0, NULL, &rows, err) < 0)
		return -1;
	for (size_t i = 0; i < tables->n; i++)
		tables->items[i].binary = same_major;
	for (int i = 0; i < rows.n; i++) {
		struct pk_copy_table *t = pk_copy_tables_find(tables, pk_rows_oid(&rows, i, 0));

		if (t)
			add_column(t, &rows, i);
	}
	return 0;
}
