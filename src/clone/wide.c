#include "clone/wide.h"
#include "clone/row_places.h"
#include "pg/copy_in.h"

#define PIECE	   (2 << 20)   /* bytes of a value that are fetched at once, as twice as many digits */
#define LEAST	   (256 << 10) /* beside a table's own pages: with less no row is wide */
#define COMPRESSED 64	       /* how much smaller a value may lie on the disk than it is */
#define BLOCK	   8192
#define AT_ONCE	   64 /* tables whose TOAST and indexes stay locked */
#define AS_IS	   "bytea" /* in place of a function that gives a value's bytes */
#define AS_TEXT	   "text"  /* what the type's output function writes */

void pk_wide_release(struct pk_wide *wide)
{
	for (size_t i = 0; i < wide->n; i++)
		free(wide->places[i]);
	free(wide->places);
	*wide = (struct pk_wide)PK_WIDE_INIT;
}

/* ---- finding ---- */

static bool may_have(const struct pk_copy_table *t)
{
	return t->heap && t->n_columns && !t->skip && t->bytes - t->pages * BLOCK >= LEAST;
}

/* A column as the bytes that COPY sends; send: the function for it. Quoted by the caller. */
static void add_bytes(struct pk_buf *sql, const char *send, const char *column)
{
	if (pk_streq(send, AS_TEXT))
		pk_buf_addf(sql, "pg_catalog.textsend(pg_catalog.format('%%s', %s))", column);
	else
		pk_buf_addf(sql, "%s(%s)", pk_streq(send, AS_IS) || !send ? "" : send, column);
}

/* How many they are. Of text and bytea the server knows it without having to read them. */
static void add_length(struct pk_buf *sql, const char *send, const char *name, size_t limit)
{
	bool known = pk_streq(send, AS_IS) || pk_ends_with(send, "textsend") ||
		     pk_ends_with(send, "varcharsend");
	PK_AUTO(pk_buf) column = PK_BUF_INIT;

	pk_buf_add_ident(&column, name);
	pk_buf_add(sql, sql->len ? " + coalesce(" : "coalesce(");
	if (!known)
		pk_buf_addf(sql, "CASE WHEN pg_catalog.pg_column_size(%s) > %zu THEN ", column.ptr,
			    limit / COMPRESSED);
	pk_buf_add(sql, "pg_catalog.octet_length(");
	if (known)
		pk_buf_add(sql, column.ptr);
	else
		add_bytes(sql, send, column.ptr);
	pk_buf_addf(sql, ")%s, 0)::bigint", known ? "" : " END");
}

/* Names of columns with the function that turns each into bytes, those of any length alone or all; row after row. */
static int read_columns(struct pk_hold *hold, const struct pk_copy_table *t, bool any_length,
			struct pk_rows *ret, struct pk_err *err)
{
	PK_FREE char *sql = pk_printf(
		"SELECT a.attname, CASE WHEN t.typsend IN "
		"('pg_catalog.textsend'::pg_catalog.regproc, "
		"'pg_catalog.varcharsend'::pg_catalog.regproc) THEN t.typsend::text WHEN %s THEN "
		"'" AS_TEXT "' "
		"WHEN t.typsend = 'pg_catalog.byteasend'::pg_catalog.regproc THEN '" AS_IS
		"' ELSE t.typsend::text END "
		"FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_type t ON t.oid = a.atttypid "
		"WHERE a.attrelid = %u "
		"AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''%s ORDER BY "
		"a.attnum",
		t->binary ? "false" : "true", t->oid, any_length ? " AND a.attlen = -1" : "");

	return pk_hold_query(hold, sql, ret, err);
}

/* Adds to an array's text what another query finds. */
static int add_places(struct pk_hold *hold, const char *sql, char **places, struct pk_err *err)
{
	PK_AUTO(pk_rows) found = PK_ROWS_INIT;
	const char *more;
	char *all;

	if (pk_hold_query(hold, sql, &found, err) < 0)
		return -1;
	more = pk_rows_get(&found, 0, 0);
	if (!more)
		return 0;
	all = *places ? pk_printf("%.*s,%s", (int)strlen(*places) - 1, *places, more + 1) : pk_strdup(more);
	free(*places);
	*places = all;
	return 0;
}

/* Of rows that are copied. How large they are before they are masked counts. */
static int find_in(struct pk_hold *hold, const struct pk_copy_tables *tables, const struct pk_copy_table *t,
		   size_t limit, char **ret, struct pk_err *err)
{
	PK_AUTO(pk_rows) columns = PK_ROWS_INIT;
	PK_AUTO(pk_buf) length = PK_BUF_INIT, head = PK_BUF_INIT;

	if (read_columns(hold, t, true, &columns, err) < 0)
		return -1;
	for (int i = 0; i < columns.n; i++)
		add_length(&length, pk_rows_get(&columns, i, 1), pk_rows_get(&columns, i, 0),
			   limit);
	if (!length.len)
		return 0;
	pk_buf_add(&head, "SELECT pg_catalog.array_agg(ctid) FROM ONLY ");
	pk_buf_add_qualified(&head, t->schema, t->name);
	for (int64_t n = -1; n < t->batches; n++) {
		PK_FREE char *batch = NULL, *sql = NULL;

		if (n >= 0 && pk_row_places_batch(tables->places, t->oid, n, &batch, err) < 0)
			return -1;
		sql = batch ? pk_printf("%s WHERE ctid = ANY ('%s'::pg_catalog.tid[]) AND (%s) IS NOT TRUE AND %s > %zu",
					head.ptr, batch, t->where ? t->where : "false", length.ptr, limit) :
			      pk_printf("%s WHERE (%s) AND %s > %zu", head.ptr, t->where ? t->where : "true",
					length.ptr, limit);
		if (add_places(hold, sql, ret, err) < 0)
			return -1;
	}
	return 0;
}

int pk_wide_find(struct pk_hold *hold, const struct pk_copy_tables *tables, size_t limit,
		 struct pk_wide *ret, struct pk_err *err)
{
	size_t looked = 0;

	ret->n = tables->n;
	ret->places = pk_alloc((tables->n + 1) * sizeof(*ret->places));
	for (size_t i = 0; i < tables->n; i++) {
		if (!may_have(&tables->items[i]))
			continue;
		if (looked++ % AT_ONCE == 0 &&
		    pk_exec(&hold->conn, looked > 1 ? PK_HOLD_UNLOCK "; " PK_HOLD_MARK : PK_HOLD_MARK, err) < 0)
			return -1;
		if (find_in(hold, tables, &tables->items[i], limit, &ret->places[i], err) < 0)
			return pk_err_wrap(err, "cannot see how large the rows of %s.%s are",
					   tables->items[i].schema, tables->items[i].name);
	}
	return looked ? pk_exec(&hold->conn, PK_HOLD_UNLOCK, err) : 0;
}

/* ---- copying ---- */

struct copying {
	struct pk_hold *hold;
	struct pk_conn *target;
	const struct pk_copy_table *table;
	struct pk_rows columns;
	unsigned char *piece;
	uint64_t bytes;
};

static int put(struct copying *c, const void *data, size_t n, struct pk_err *err)
{
	c->bytes += n;
	return pk_hold_pace(c->hold, n, err) < 0 ? -1 : pk_copy_in_put(c->target, data, n, err);
}

/* As the network has it. */
static int put_number(struct copying *c, uint32_t number, int bytes, struct pk_err *err)
{
	unsigned char raw[4];

	for (int i = 0; i < bytes; i++)
		raw[i] = (unsigned char)(number >> 8 * (bytes - 1 - i));
	return put(c, raw, (size_t)bytes, err);
}

/* Of the text format, what means something else than itself. */
static int put_text(struct copying *c, const unsigned char *text, size_t n, struct pk_err *err)
{
	static const char special[] = "\\\n\r\t", letters[] = "\\nrt";
	size_t from = 0;

	for (size_t i = 0; i < n; i++) {
		const char *found = text[i] ? strchr(special, text[i]) : NULL;
		char escaped[2] = { '\\', found ? letters[found - special] : 0 };

		if (!found)
			continue;
		if (put(c, text + from, i - from, err) < 0 || put(c, escaped, 2, err) < 0)
			return -1;
		from = i + 1;
	}
	return put(c, text + from, n - from, err);
}

static unsigned digit(char c)
{
	return (unsigned)(c <= '9' ? c - '0' : c - 'a' + 10);
}

/* "\x0a1b" */
static int put_digits(struct copying *c, const char *hex, struct pk_err *err)
{
	size_t n = strlen(hex) / 2 - 1;

	for (size_t i = 0; i < n; i++)
		c->piece[i] = (unsigned char)(digit(hex[2 * i + 2]) << 4 | digit(hex[2 * i + 3]));
	return c->table->binary ? put(c, c->piece, n, err) : put_text(c, c->piece, n, err);
}

/* As it is copied: a column, or what it is masked as. */
static void add_value(struct pk_buf *sql, const struct copying *c, const char *name)
{
	for (size_t i = 0; i < c->table->n_columns; i++) {
		const struct pk_copy_column *column = &c->table->columns[i];

		if (column->expr && pk_streq(column->name, name)) {
			pk_buf_addf(sql, "(%s)::%s", column->expr, column->type);
			return;
		}
	}
	pk_buf_add_ident(sql, name);
}

/*
 * Rows of a value's length and a piece of it: one with no piece where it is empty, with no length where it is NULL. It is made
 * once (OFFSET 0 keeps it so), since reading a large one takes long, and a mask may give another each time.
 */
static char *pieces_sql(const struct copying *c, int column, const char *place)
{
	PK_AUTO(pk_buf) sql = PK_BUF_INIT;

	pk_buf_add(&sql, "DECLARE postkit_pieces NO SCROLL CURSOR FOR SELECT pg_catalog.octet_length(v.b), "
			 "pg_catalog.substring(v.b, g.at, ");
	/* IS NULL is also true of a row of NULLs. */
	pk_buf_addf(&sql, "%d) FROM (SELECT CASE WHEN pg_catalog.num_nulls(x.v) = 0 THEN ", PIECE);
	add_bytes(&sql, pk_rows_get(&c->columns, column, 1), "x.v");
	pk_buf_add(&sql, " END AS b FROM (SELECT ");
	add_value(&sql, c, pk_rows_get(&c->columns, column, 0));
	pk_buf_add(&sql, " AS v FROM ONLY ");
	pk_buf_add_qualified(&sql, c->table->schema, c->table->name);
	pk_buf_add(&sql, " WHERE ctid = ");
	pk_buf_add_literal(&sql, place);
	pk_buf_addf(&sql, " OFFSET 0) x OFFSET 0) v LEFT JOIN LATERAL pg_catalog.generate_series(1, "
			  "pg_catalog.octet_length(v.b), %d) g (at) ON true", PIECE);
	return pk_buf_take(&sql);
}

/* What stands before a value: its length, or what parts it from the one before; length NULL: it is NULL. */
static int begin_value(struct copying *c, int column, const char *length, struct pk_err *err)
{
	if (c->table->binary)
		return put_number(c, length ? (uint32_t)strtoul(length, NULL, 10) : UINT32_MAX, 4,
				  err);
	if (column > 0 && put(c, "\t", 1, err) < 0)
		return -1;
	return length ? 0 : put(c, "\\N", 2, err);
}

static int copy_value(struct copying *c, int column, const char *place, struct pk_err *err)
{
	PK_FREE char *sql = pieces_sql(c, column, place);
	bool first = true;

	if (pk_exec(&c->hold->conn, sql, err) < 0)
		return -1;
	for (;;) {
		PK_AUTO(pk_rows) rows = PK_ROWS_INIT;

		if (pk_hold_query(c->hold, "FETCH 1 FROM postkit_pieces", &rows, err) < 0)
			return -1;
		if (!rows.n && first)
			return pk_err_set(err, "a row is no longer where it was");
		if (!rows.n)
			break;
		if (first && begin_value(c, column, pk_rows_get(&rows, 0, 0), err) < 0)
			return -1;
		first = false;
		if (pk_rows_get(&rows, 0, 1) && put_digits(c, pk_rows_get(&rows, 0, 1), err) < 0)
			return -1;
	}
	return pk_exec(&c->hold->conn, "CLOSE postkit_pieces", err);
}

static int copy_row(struct copying *c, const char *place, struct pk_err *err)
{
	if (c->table->binary && put_number(c, (uint32_t)c->columns.n, 2, err) < 0)
		return -1;
	for (int i = 0; i < c->columns.n; i++)
		if (copy_value(c, i, place, err) < 0)
			return -1;
	return c->table->binary ? 0 : put(c, "\n", 1, err);
}

static int copy_rows(struct copying *c, const struct pk_rows *places, struct pk_err *err)
{
	static const char head[] =
		"PGCOPY\n\377\r\n\0\0\0\0\0\0\0\0"; /* with its last NUL: signature, flags, extension */

	if (c->table->binary && put(c, head, sizeof(head), err) < 0)
		return -1;
	for (int i = 0; i < places->n; i++)
		if (pk_hold_check(c->hold, err) < 0 ||
		    copy_row(c, pk_rows_get(places, i, 0), err) < 0)
			return -1;
	return c->table->binary ? put_number(c, UINT16_MAX, 2, err) : 0;
}

static char *copy_sql(const struct pk_copy_table *t, const struct pk_rows *columns)
{
	PK_AUTO(pk_buf) sql = PK_BUF_INIT;

	pk_buf_add(&sql, "COPY ");
	pk_buf_add_qualified(&sql, t->root_name ? t->root_schema : t->schema, t->root_name ? t->root_name : t->name);
	for (int i = 0; i < columns->n; i++) {
		pk_buf_add(&sql, i ? ", " : " (");
		pk_buf_add_ident(&sql, pk_rows_get(columns, i, 0));
	}
	pk_buf_addf(&sql, ") FROM STDIN WITH (FORMAT %s)", t->binary ? "binary" : "text");
	return pk_buf_take(&sql);
}

int64_t pk_wide_copy(struct pk_hold *hold, struct pk_conn *target, const struct pk_copy_table *table, const char *places,
		     uint64_t *bytes, struct pk_err *err)
{
	struct copying c = { .hold = hold, .target = target, .table = table };
	PK_FREE char *list = pk_printf("SELECT pg_catalog.unnest('%s'::pg_catalog.tid[])", places), *sql = NULL;
	PK_AUTO(pk_rows) rows = PK_ROWS_INIT;
	PK_AUTO(pk_err) ignored = PK_ERR_INIT;
	int status = read_columns(hold, c.table, false, &c.columns, err);

	c.piece = pk_alloc(PIECE);
	sql = status == 0 ? copy_sql(c.table, &c.columns) : NULL;
	if (status == 0)
		status = pk_hold_query(hold, list, &rows, err);
	if (status == 0 && (status = pk_copy_in_begin(target, sql, err)) == 0) {
		status = copy_rows(&c, &rows, err);
		if (status < 0)
			pk_copy_in_end(target, "the rows could not be read", &ignored);
		else
			status = pk_copy_in_end(target, NULL, err);
	}
	pk_rows_release(&c.columns);
	free(c.piece);
	*bytes += c.bytes;
	return status < 0 ? pk_err_wrap(err, "cannot copy large rows of %s.%s", table->schema, table->name) : rows.n;
}
