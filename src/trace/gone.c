#include "trace/gone.h"

#include "base/text.h"

/* Of one question to a database that others use. */
#define ASK_LIMITS                                                                                 \
	"BEGIN READ ONLY; SET LOCAL row_security = off; SET LOCAL lock_timeout = '2s'; SET LOCAL " \
	"statement_timeout = '10s'"

void pk_gone_release(struct pk_gone *gone)
{
	for (size_t i = 0; i < gone->before.n; i++)
		free(gone->before.items[i].columns);
	for (size_t i = 0; i < gone->after.n; i++)
		free(gone->after.items[i].columns);
	free(gone->before.items);
	free(gone->after.items);
	free(gone->items);
	pk_arena_release(&gone->arena);
	*gone = (struct pk_gone)PK_GONE_INIT;
}

/* ---- what is there ---- */

static const char tables_sql[] =
	"WITH RECURSIVE below (top, oid) AS (SELECT c.oid, c.oid FROM pg_catalog.pg_class c"
	" JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind IN ('r', 'p') "
	"AND n.nspname !~ '^pg_'"
	" AND n.nspname NOT IN ('information_schema', 'postkit')"
	" UNION SELECT b.top, i.inhrelid FROM below b JOIN pg_catalog.pg_inherits i ON i.inhparent = b.oid),"
	" sizes AS (SELECT top, pg_catalog.sum(pg_catalog.pg_relation_size(oid)) AS bytes FROM below GROUP BY top)"
	" SELECT c.oid, n.nspname, c.relname, s.bytes,"
	" (SELECT pg_catalog.min(inhparent) FROM pg_catalog.pg_inherits WHERE inhrelid = c.oid), "
	"a.attnum, a.attname, a.attinhcount = 0"
	" FROM sizes s JOIN pg_catalog.pg_class c ON c.oid = s.top JOIN pg_catalog.pg_namespace n "
	"ON n.oid = c.relnamespace"
	" LEFT JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped"
	" AND a.attgenerated = '' ORDER BY c.oid, a.attnum";

static void add_column(struct pk_gone *gone, struct pk_gone_table *t, const struct pk_rows *rows,
		       int i)
{
	PK_AUTO(pk_buf) name = PK_BUF_INIT;

	if (!pk_rows_get(rows, i, 5))
		return;
	pk_buf_add_ident(&name, pk_rows_get(rows, i, 6));
	t->columns = pk_realloc_array(t->columns, t->n + 1, sizeof(*t->columns));
	t->columns[t->n].own = pk_rows_true(rows, i, 7);
	t->columns[t->n].number = (int)strtol(pk_rows_get(rows, i, 5), NULL, 10);
	t->columns[t->n++].name = pk_arena_strdup(&gone->arena, name.ptr);
}

static int read_tables(struct pk_gone *gone, struct pk_conn *conn, struct pk_gone_tables *ret,
		       struct pk_err *err)
{
	PK_AUTO(pk_rows) rows = PK_ROWS_INIT;

	if (pk_query(conn, tables_sql, 0, NULL, &rows, err) < 0)
		return -1;
	ret->items = pk_realloc_array(NULL, (size_t)rows.n + 1, sizeof(*ret->items));
	for (int i = 0; i < rows.n; i++) {
		const char *oid = pk_rows_get(&rows, i, 0);
		PK_AUTO(pk_buf) name = PK_BUF_INIT;

		if (!ret->n || !pk_streq(ret->items[ret->n - 1].oid, oid)) {
			pk_buf_add_qualified(&name, pk_rows_get(&rows, i, 1),
					     pk_rows_get(&rows, i, 2));
			ret->items[ret->n++] = (struct pk_gone_table){
				.oid = pk_arena_strdup(&gone->arena, oid),
				.name = pk_arena_strdup(&gone->arena, name.ptr),
				.parent = pk_arena_strdup(&gone->arena, pk_rows_get(&rows, i, 4)),
				.bytes = pk_rows_int(&rows, i, 3),
			};
		}
		add_column(gone, &ret->items[ret->n - 1], &rows, i);
	}
	return 0;
}

int pk_gone_before(struct pk_gone *gone, struct pk_conn *conn, struct pk_err *err)
{
	return read_tables(gone, conn, &gone->before, err);
}

static int compare_oids(const void *key, const void *item)
{
	unsigned long a = strtoul(key, NULL, 10),
		      b = strtoul(((const struct pk_gone_table *)item)->oid, NULL, 10);

	return (a > b) - (a < b);
}

static const struct pk_gone_table *find_table(const struct pk_gone_tables *tables, const char *oid)
{
	return oid && tables->n ? bsearch(oid, tables->items, tables->n, sizeof(*tables->items),
					  compare_oids)
				: NULL;
}

static bool has_column(const struct pk_gone_table *t, int number)
{
	for (size_t i = 0; i < t->n; i++)
		if (t->columns[i].number == number)
			return true;
	return false;
}

/* ---- what went ---- */

static void add(struct pk_gone *gone, enum pk_gone_what what, const char *table, const char *column,
		int64_t rows)
{
	gone->items = pk_realloc_array(gone->items, gone->n + 1, sizeof(*gone->items));
	gone->items[gone->n++] = (struct pk_gone_item){
		.what = what,
		.table = pk_arena_strdup(&gone->arena, table),
		.column = pk_arena_strdup(&gone->arena, column),
		.rows = rows,
	};
}

static struct pk_gone_item *find_rows(struct pk_gone *gone, const char *table)
{
	for (size_t i = 0; i < gone->n; i++)
		if (gone->items[i].what == PK_GONE_ROWS && pk_streq(gone->items[i].table, table))
			return &gone->items[i];
	return NULL;
}

void pk_gone_deleted(struct pk_gone *gone, const struct pk_trace *trace)
{
	for (size_t i = 0; i < trace->n_deleted; i++) {
		struct pk_gone_item *item = find_rows(gone, trace->deleted[i].table);

		if (item)
			item->rows += trace->deleted[i].rows;
		else
			add(gone, PK_GONE_ROWS, trace->deleted[i].table, NULL,
			    trace->deleted[i].rows);
	}
}

static const struct pk_intact_table *find_looked_at(const struct pk_intact *intact,
						    const char *name)
{
	for (size_t i = 0; i < intact->n; i++)
		if (pk_streq(intact->items[i].before.name, name))
			return &intact->items[i];
	return NULL;
}

static int64_t values_in(const struct pk_intact_table *looked, const struct pk_gone_table *t,
			 int number)
{
	for (size_t i = 0; looked && looked->before.scanned && i < looked->before.n; i++)
		if (looked->before.columns[i].number == number)
			return looked->before.columns[i].values;
	return t->bytes ? -1 : 0;
}

/* Rows that are fewer than before, where no statement was seen to delete them: TRUNCATE. */
static void add_fewer(struct pk_gone *gone, const struct pk_gone_table *was,
		      const struct pk_gone_table *now, const struct pk_intact_table *looked)
{
	bool counted = looked && looked->before.scanned && looked->after.scanned;
	int64_t fewer = counted ? looked->before.rows - looked->after.rows
			: was->bytes && now && !now->bytes ? -1
							   : 0;
	struct pk_gone_item *item = find_rows(gone, was->name);

	if (item)
		item->rows = fewer > item->rows ? fewer : item->rows;
	else if (fewer > 0 || (fewer < 0 && !counted))
		add(gone, PK_GONE_ROWS, was->name, NULL, fewer);
}

/* A table that was made anew under its name holds what was put into it. */
static void add_anew(struct pk_gone *gone, const struct pk_gone_table *was,
		     const struct pk_intact_table *looked)
{
	add_fewer(gone, was, NULL, looked);
	for (size_t i = 0; i < looked->before.n; i++) {
		const struct pk_intact_column *column = &looked->before.columns[i];
		PK_AUTO(pk_buf) name = PK_BUF_INIT;
		bool there = false;

		for (size_t k = 0; k < looked->after.n; k++)
			there |= pk_streq(looked->after.columns[k].name, column->name);
		pk_buf_add_ident(&name, column->name);
		if (!there)
			add(gone, PK_GONE_COLUMN, was->name, name.ptr, column->values);
	}
}

static void add_table(struct pk_gone *gone, const struct pk_gone_table *was,
		      const struct pk_intact_table *looked)
{
	bool scanned = looked && looked->before.scanned;
	const struct pk_gone_table *parent = find_table(&gone->before, was->parent);

	if (scanned && looked->anew && looked->after.scanned)
		add_anew(gone, was, looked);
	else if (!parent || find_table(&gone->after, was->parent))
		add(gone, PK_GONE_TABLE, was->name, NULL,
		    scanned	 ? looked->before.rows
		    : was->bytes ? -1
				 : 0);
}

int pk_gone_after(struct pk_gone *gone, struct pk_conn *conn, const struct pk_intact *intact,
		  struct pk_err *err)
{
	if (read_tables(gone, conn, &gone->after, err) < 0)
		return -1;
	for (size_t i = 0; i < gone->before.n; i++) {
		const struct pk_gone_table *was = &gone->before.items[i],
					   *now = find_table(&gone->after, was->oid);
		const struct pk_intact_table *looked = find_looked_at(intact, was->name);

		if (!now) {
			add_table(gone, was, looked);
			continue;
		}
		add_fewer(gone, was, now, looked);
		for (size_t k = 0; k < was->n; k++)
			if (was->columns[k].own && !has_column(now, was->columns[k].number))
				add(gone, PK_GONE_COLUMN, was->name, was->columns[k].name,
				    values_in(looked, was, was->columns[k].number));
	}
	return 0;
}

/* ---- asking where more may be ---- */

static int ask_one(struct pk_gone *gone, struct pk_conn *conn, struct pk_gone_item *item,
		   struct pk_err *err)
{
	PK_AUTO(pk_buf) sql = PK_BUF_INIT;
	PK_AUTO(pk_rows) rows = PK_ROWS_INIT;
	PK_AUTO(pk_err) why = PK_ERR_INIT;

	/* The names were quoted when they were read. */
	pk_buf_addf(&sql, "SELECT EXISTS (SELECT FROM %s AS t", item->table);
	if (item->column)
		pk_buf_addf(&sql, " WHERE t.%s IS NOT NULL", item->column);
	pk_buf_addc(&sql, ')');
	if (pk_exec(conn, ASK_LIMITS, err) < 0)
		return -1;
	if (pk_query(conn, sql.ptr, 0, NULL, &rows, &why) < 0) {
		if (pk_conn_lost(conn, &why, err))
			return -1;
		item->rows = -1;
		item->why = pk_arena_printf(&gone->arena, "could not be asked: %s", why.msg);
	} else if (pk_rows_true(&rows, 0, 0)) {
		item->rows = -1;
		item->why = "are there, though not in the copy";
	}
	return pk_exec(conn, "ROLLBACK", err);
}

int pk_gone_ask(struct pk_gone *gone, struct pk_conn *conn, struct pk_err *err)
{
	for (size_t i = 0; i < gone->n; i++)
		if (gone->items[i].rows == 0 && ask_one(gone, conn, &gone->items[i], err) < 0)
			return pk_err_wrap(err, "whether '%s' is empty", gone->items[i].table);
	return 0;
}

/* ---- telling ---- */

size_t pk_gone_lossy(const struct pk_gone *gone)
{
	size_t n = 0;

	for (size_t i = 0; i < gone->n; i++)
		n += gone->items[i].rows != 0;
	return n;
}

static const struct {
	const char *name, *what, *of;
} words[] = {
	[PK_GONE_TABLE] = { "table", "the table goes, with ", "row" },
	[PK_GONE_COLUMN] = { "column", "the column goes, with ", "value" },
	[PK_GONE_ROWS] = { "rows", "deletes ", "row" },
};

void pk_gone_words(const struct pk_gone *gone, struct pk_buf *ret)
{
	for (size_t i = 0; i < gone->n; i++) {
		const struct pk_gone_item *item = &gone->items[i];
		PK_FREE char *n = item->rows > 0 ? pk_count((uint64_t)item->rows) : NULL;

		if (!item->rows)
			continue;
		pk_buf_addf(ret, "%s%s%s: %s", item->table, item->column ? "." : "",
			    item->column ? item->column : "", words[item->what].what);
		if (n)
			pk_buf_addf(ret, "%s %s%s\n", n, words[item->what].of,
				    item->rows == 1 ? "" : "s");
		else
			pk_buf_addf(ret, "%ss that %s\n", words[item->what].of,
				    item->why ? item->why : "were not counted");
	}
}

cJSON *pk_gone_to_json(const struct pk_gone *gone)
{
	cJSON *array = cJSON_CreateArray();

	for (size_t i = 0; i < gone->n; i++) {
		const struct pk_gone_item *item = &gone->items[i];
		cJSON *object;

		if (!item->rows)
			continue;
		object = pk_json_add_object(array, NULL);
		pk_json_set_str(object, "what", words[item->what].name);
		pk_json_set_str(object, "table", item->table);
		pk_json_set_str(object, "column", item->column);
		if (item->rows > 0)
			pk_json_set_num(object, "rows", (double)item->rows);
	}
	return array;
}
