#include "trace/conflict_ask.h"

#include "base/strv.h"

static void query_release(struct pk_conflict_query *q)
{
	struct pk_buf *bufs[] = { &q->what, &q->before, &q->keys, &q->list, &q->count };

	for (size_t i = 0; i < PK_COUNT(bufs); i++)
		pk_buf_release(bufs[i]);
}

void pk_conflict_queries_release(struct pk_conflict_queries *queries)
{
	for (size_t i = 0; i < queries->n; i++)
		query_release(&queries->items[i]);
	free(queries->items);
	*queries = (struct pk_conflict_queries)PK_CONFLICT_QUERIES_INIT;
}

/* ---- the table ---- */

struct table {
	struct pk_buf name;   /* as SQL has it */
	const char *only;     /* "ONLY " or "" */
	struct pk_strv key;   /* columns that tell its rows */
};
#define TABLE_INIT { .name = PK_BUF_INIT, .only = "" }

static void table_release(struct table *t)
{
	pk_buf_release(&t->name);
	pk_strv_release(&t->key);
}

/* A first column of many rows. */
static int texts(struct pk_conn *conn, const char *sql, int n, const char *const *params, struct pk_strv *ret,
		 struct pk_err *err)
{
	PK_AUTO(pk_rows) rows = PK_ROWS_INIT;

	if (pk_query(conn, sql, n, params, &rows, err) < 0)
		return -1;
	for (int i = 0; i < rows.n; i++)
		pk_strv_push(ret, pk_rows_get(&rows, i, 0));
	return 0;
}

static const char key_sql[] =
	"SELECT a.attname FROM pg_catalog.pg_index i, pg_catalog.unnest(i.indkey) WITH ORDINALITY k (n, at),"
	" pg_catalog.pg_attribute a WHERE i.indrelid = pg_catalog.to_regclass($1) AND i.indisprimary"
	" AND a.attrelid = i.indrelid AND a.attnum = k.n ORDER BY k.at";

static int table_of(struct pk_conn *conn, const char *schema, const char *name, bool only, struct table *ret,
		    struct pk_err *err)
{
	pk_buf_add_qualified(&ret->name, schema, name);
	ret->only = only ? "ONLY " : "";
	return texts(conn, key_sql, 1, (const char *const[]){ ret->name.ptr }, &ret->key, err);
}

static const char partitioned_sql[] =
	"SELECT c.relname FROM pg_catalog.pg_class c WHERE c.oid = pg_catalog.to_regclass($1) AND c.relkind = 'p'";

/* What an index or a foreign key holds for: all of a partitioned table, but of another one not the rows of its heirs. */
static int own_rows_of(struct pk_conn *conn, const char *schema, const char *name, struct table *ret, struct pk_err *err)
{
	PK_AUTO(pk_strv) partitioned = PK_STRV_INIT;

	if (table_of(conn, schema, name, true, ret, err) < 0 ||
	    texts(conn, partitioned_sql, 1, (const char *const[]){ ret->name.ptr }, &partitioned, err) < 0)
		return -1;
	ret->only = partitioned.n ? "" : "ONLY ";
	return 0;
}

/* ---- queries ---- */

static struct pk_conflict_query *new_query(struct pk_conflict_queries *ret)
{
	struct pk_conflict_query *q;

	ret->items = pk_realloc_array(ret->items, ret->n + 1, sizeof(*ret->items));
	q = &ret->items[ret->n++];
	*q = (struct pk_conflict_query){ PK_BUF_INIT, PK_BUF_INIT, PK_BUF_INIT, PK_BUF_INIT, PK_BUF_INIT, false };
	return q;
}

/* "a, b", each behind prefix. */
static void add_idents(struct pk_buf *buf, const char *const *names, const char *prefix, const char *between)
{
	for (size_t i = 0; names && names[i]; i++) {
		pk_buf_add(buf, i ? between : "");
		pk_buf_add(buf, prefix);
		pk_buf_add_ident(buf, names[i]);
	}
}

/* The key, and the columns concerned, each once. */
static void add_shown(struct pk_buf *buf, const struct table *t, const char *const *columns, const char *prefix)
{
	PK_AUTO(pk_strv) shown = PK_STRV_INIT;

	for (size_t i = 0; i < t->key.n; i++)
		pk_strv_push(&shown, t->key.items[i]);
	for (size_t i = 0; columns && columns[i]; i++)
		if (!pk_strv_has(&shown, columns[i]))
			pk_strv_push(&shown, columns[i]);
	if (!t->key.n)
		pk_buf_addf(buf, "%sctid%s", prefix, shown.n ? ", " : "");
	add_idents(buf, (const char *const *)shown.items, prefix, ", ");
}

/* Rows of a table that meet a condition: "FROM t WHERE ...", with an alias or without. */
static void add_rows(struct pk_conflict_query *q, const struct table *t, const char *const *columns, const char *alias,
		     const char *where)
{
	PK_AUTO(pk_buf) from = PK_BUF_INIT;
	PK_FREE char *prefix = *alias ? pk_printf("%s.", alias) : pk_strdup("");

	pk_buf_addf(&from, " FROM %s%s%s%s WHERE %s", t->only, t->name.ptr, *alias ? " AS " : "", alias, where);
	pk_buf_add(&q->keys, "SELECT ");
	add_shown(&q->keys, t, columns, prefix);
	pk_buf_add(&q->keys, from.ptr);
	pk_buf_addf(&q->list, "SELECT %s*%s", prefix, from.ptr);
	pk_buf_addf(&q->count, "SELECT pg_catalog.count(*)%s", from.ptr);
}

static void say_what(struct pk_conflict_query *q, const char *kind, const char *name, const struct table *t)
{
	pk_buf_add(&q->what, kind);
	if (name) {
		pk_buf_addc(&q->what, ' ');
		pk_buf_add_ident(&q->what, name);
	}
	pk_buf_addf(&q->what, " of %s", t->name.ptr);
}

/* Rows that share a key; a key each. */
static void add_duplicates(struct pk_conflict_query *q, const struct table *t, const struct pk_action *a)
{
	PK_AUTO(pk_buf) keys = PK_BUF_INIT;
	PK_AUTO(pk_buf) named = PK_BUF_INIT;
	PK_AUTO(pk_buf) where = PK_BUF_INIT;

	for (size_t i = 0; a->columns[i]; i++) {
		bool expression = a->expressions && a->expressions[i];
		PK_AUTO(pk_buf) key = PK_BUF_INIT;

		if (expression)
			pk_buf_addf(&key, "(%s)", a->columns[i]);
		else
			pk_buf_add_ident(&key, a->columns[i]);
		pk_buf_addf(&keys, "%s%s", i ? ", " : "", key.ptr);
		pk_buf_addf(&named, "%s%s%s", i ? ", " : "", key.ptr, expression ? " AS " : "");
		if (expression)
			pk_buf_add_ident(&named, a->columns[i]);
		if (!a->nulls_equal)
			pk_buf_addf(&where, "%s%s IS NOT NULL", where.len ? " AND " : "", key.ptr);
	}
	if (a->where)
		pk_buf_addf(&where, "%s(%s)", where.len ? " AND " : "", a->where);
	pk_buf_addf(&q->list, "SELECT %s, pg_catalog.count(*) AS rows FROM %s%s%s%s GROUP BY %s HAVING pg_catalog.count(*) > 1",
		    named.ptr, t->only, t->name.ptr, where.len ? " WHERE " : "", where.ptr, keys.ptr);
	pk_buf_add(&q->keys, q->list.ptr);
	q->grouped = true;
	pk_buf_addf(&q->count, "SELECT pg_catalog.sum(rows) FROM (%s) AS keys", q->list.ptr);
}

static void add_nulls(struct pk_conflict_queries *ret, const struct table *t, const char *const *columns)
{
	PK_AUTO(pk_buf) where = PK_BUF_INIT;
	struct pk_conflict_query *q = new_query(ret);

	for (size_t i = 0; columns[i]; i++) {
		pk_buf_add(&where, i ? " OR " : "");
		pk_buf_add_ident(&where, columns[i]);
		pk_buf_add(&where, " IS NULL");
	}
	pk_buf_add(&q->what, "NOT NULL of ");
	add_idents(&q->what, columns, "", ", ");
	pk_buf_addf(&q->what, " of %s", t->name.ptr);
	add_rows(q, t, columns, "", where.ptr);
}

/* ---- one for each demand ---- */

int pk_conflict_unique(struct pk_conn *conn, const struct pk_action *action, struct pk_conflict_queries *ret,
		       struct pk_err *err)
{
	struct table t __attribute__((cleanup(table_release))) = TABLE_INIT;
	struct pk_conflict_query *q;

	if (!action->columns || !action->columns[0])
		return 0;
	if (own_rows_of(conn, action->rel_schema, action->rel_name, &t, err) < 0)
		return -1;
	q = new_query(ret);
	say_what(q, action->constraint == PK_CON_PRIMARY ? "PRIMARY KEY" : "UNIQUE", action->name, &t);
	add_duplicates(q, &t, action);
	return 0;
}

int pk_conflict_primary(struct pk_conn *conn, const struct pk_action *action, struct pk_conflict_queries *ret,
			struct pk_err *err)
{
	struct table t __attribute__((cleanup(table_release))) = TABLE_INIT;

	if (!action->columns || !action->columns[0])
		return 0;
	if (table_of(conn, action->rel_schema, action->rel_name, false, &t, err) < 0 ||
	    pk_conflict_unique(conn, action, ret, err) < 0)
		return -1;
	add_nulls(ret, &t, action->columns);
	return 0;
}

int pk_conflict_null(struct pk_conn *conn, const struct pk_action *action, struct pk_conflict_queries *ret,
		     struct pk_err *err)
{
	struct table t __attribute__((cleanup(table_release))) = TABLE_INIT;

	if (table_of(conn, action->rel_schema, action->rel_name, action->only, &t, err) < 0)
		return -1;
	add_nulls(ret, &t, (const char *const[]){ action->column, NULL });
	return 0;
}

/* A column that comes without a value for the rows that are there. */
int pk_conflict_filled(struct pk_conn *conn, const struct pk_action *action, struct pk_conflict_queries *ret,
		       struct pk_err *err)
{
	struct table t __attribute__((cleanup(table_release))) = TABLE_INIT;
	struct pk_conflict_query *q;

	if (table_of(conn, action->rel_schema, action->rel_name, action->only, &t, err) < 0)
		return -1;
	q = new_query(ret);
	say_what(q, "NOT NULL without a default: new column", action->column, &t);
	add_rows(q, &t, NULL, "", "true");
	return 0;
}

int pk_conflict_check(struct pk_conn *conn, const struct pk_action *action, struct pk_conflict_queries *ret,
		      struct pk_err *err)
{
	struct table t __attribute__((cleanup(table_release))) = TABLE_INIT;
	PK_FREE char *where = pk_printf("(%s) IS FALSE", action->def ? action->def : "NULL");
	struct pk_conflict_query *q;

	if (!action->def)
		return 0;
	if (table_of(conn, action->rel_schema, action->rel_name, action->only, &t, err) < 0)
		return -1;
	q = new_query(ret);
	say_what(q, "CHECK", action->name, &t);
	add_rows(q, &t, action->columns, "", where);
	return 0;
}

int pk_conflict_foreign(struct pk_conn *conn, const struct pk_action *action, struct pk_conflict_queries *ret,
			struct pk_err *err)
{
	struct table t __attribute__((cleanup(table_release))) = TABLE_INIT;
	struct table ref __attribute__((cleanup(table_release))) = TABLE_INIT;
	PK_AUTO(pk_buf) where = PK_BUF_INIT;
	PK_AUTO(pk_buf) same = PK_BUF_INIT;
	const char *const *there;
	struct pk_conflict_query *q;

	if (!action->columns || !action->ref_name)
		return 0;
	if (own_rows_of(conn, action->rel_schema, action->rel_name, &t, err) < 0 ||
	    own_rows_of(conn, action->ref_schema, action->ref_name, &ref, err) < 0)
		return -1;
	there = action->ref_columns ? action->ref_columns : (const char *const *)ref.key.items;
	for (size_t i = 0; action->columns[i]; i++) {
		if (!there || !there[i])
			return 0;
		pk_buf_addf(&where, "%srow_here.", i ? " AND " : "");
		pk_buf_add_ident(&where, action->columns[i]);
		pk_buf_add(&where, " IS NOT NULL");
		pk_buf_addf(&same, "%srow_there.", i ? " AND " : "");
		pk_buf_add_ident(&same, there[i]);
		pk_buf_add(&same, " = row_here.");
		pk_buf_add_ident(&same, action->columns[i]);
	}
	pk_buf_addf(&where, " AND NOT EXISTS (SELECT FROM %s%s AS row_there WHERE %s)", ref.only, ref.name.ptr, same.ptr);
	q = new_query(ret);
	say_what(q, "FOREIGN KEY", action->name, &t);
	add_rows(q, &t, action->columns, "row_here", where.ptr);
	return 0;
}

/* ---- constraints that the catalog knows ---- */

static const char columns_sql[] =
	"SELECT a.attname FROM pg_catalog.unnest($1::pg_catalog.int2[]) WITH ORDINALITY k (n, at), pg_catalog.pg_attribute a"
	" WHERE a.attrelid = $2::pg_catalog.oid AND a.attnum = k.n ORDER BY k.at";

static const char constraint_sql[] =
	"SELECT c.contype, c.conkey, c.conrelid, c.confkey, c.confrelid, n.nspname, r.relname,"
	" pg_catalog.pg_get_expr(c.conbin, c.conrelid) FROM pg_catalog.pg_constraint c"
	" LEFT JOIN pg_catalog.pg_class r ON r.oid = c.confrelid LEFT JOIN pg_catalog.pg_namespace n ON n.oid = r.relnamespace"
	" WHERE c.conrelid = pg_catalog.to_regclass($1) AND c.conname = $2";

int pk_conflict_valid(struct pk_conn *conn, const struct pk_action *action, struct pk_conflict_queries *ret,
		      struct pk_err *err)
{
	PK_AUTO(pk_rows) rows = PK_ROWS_INIT;
	PK_AUTO(pk_buf) table = PK_BUF_INIT;
	PK_AUTO(pk_strv) columns = PK_STRV_INIT, there = PK_STRV_INIT;
	struct pk_action known = *action;

	pk_buf_add_qualified(&table, action->rel_schema, action->rel_name);
	if (pk_query(conn, constraint_sql, 2, (const char *const[]){ table.ptr, action->name }, &rows, err) < 0)
		return -1;
	if (!rows.n)
		return 0;
	if (texts(conn, columns_sql, 2, (const char *const[]){ pk_rows_get(&rows, 0, 1), pk_rows_get(&rows, 0, 2) },
		  &columns, err) < 0 ||
	    texts(conn, columns_sql, 2, (const char *const[]){ pk_rows_get(&rows, 0, 3), pk_rows_get(&rows, 0, 4) }, &there,
		  err) < 0)
		return -1;
	known.columns = (const char *const *)columns.items;
	known.ref_columns = (const char *const *)there.items;
	known.ref_schema = pk_rows_get(&rows, 0, 5);
	known.ref_name = pk_rows_get(&rows, 0, 6);
	known.def = pk_rows_get(&rows, 0, 7);
	known.column = columns.n ? columns.items[0] : NULL;
	switch (*pk_rows_get(&rows, 0, 0)) {
	case 'f':
		return pk_conflict_foreign(conn, &known, ret, err);
	case 'c':
		return pk_conflict_check(conn, &known, ret, err);
	case 'n':
		return pk_conflict_null(conn, &known, ret, err);
	default:
		return 0;
	}
}

/* ---- types ---- */

/* As ALTER TABLE converts: what is assigned, not what is cast, so that nothing is cut in silence. */
static void add_converter(struct pk_buf *sql, const struct table *t, const struct pk_action *a)
{
	PK_AUTO(pk_buf) body = PK_BUF_INIT;

	pk_buf_addf(&body,
		    "#variable_conflict use_column\n"
		    "DECLARE converted %s; BEGIN SELECT ",
		    a->type);
	if (a->def)
		pk_buf_add(&body, a->def);
	else
		pk_buf_add_ident(&body, a->column);
	pk_buf_add(&body, " INTO converted FROM (SELECT (postkit_row).*) AS ");
	pk_buf_add_ident(&body, a->rel_name);
	pk_buf_add(&body, "; RETURN false; EXCEPTION WHEN data_exception OR integrity_constraint_violation THEN RETURN true; END");
	pk_buf_addf(sql, "CREATE OR REPLACE FUNCTION pg_temp.does_not_fit(postkit_row %s) RETURNS boolean LANGUAGE plpgsql AS ",
		    t->name.ptr);
	pk_buf_add_literal(sql, body.ptr);
}

int pk_conflict_type(struct pk_conn *conn, const struct pk_action *action, struct pk_conflict_queries *ret,
		     struct pk_err *err)
{
	struct table t __attribute__((cleanup(table_release))) = TABLE_INIT;
	struct pk_conflict_query *q;

	if (table_of(conn, action->rel_schema, action->rel_name, action->only, &t, err) < 0)
		return -1;
	q = new_query(ret);
	pk_buf_addf(&q->what, "type %s of column ", action->type);
	pk_buf_add_ident(&q->what, action->column);
	pk_buf_addf(&q->what, " of %s", t.name.ptr);
	add_converter(&q->before, &t, action);
	add_rows(q, &t, (const char *const[]){ action->column, NULL }, "postkit_row", "pg_temp.does_not_fit(postkit_row)");
	return 0;
}

static const char users_sql[] =
	"SELECT n.nspname, c.relname, a.attname FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_class c ON c.oid = a.attrelid"
	" JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE a.atttypid = pg_catalog.to_regtype($1)"
	" AND NOT a.attisdropped AND c.relkind IN ('r', 'p', 'm') AND NOT c.relispartition ORDER BY 1, 2, 3 LIMIT 20";

static const char domain_sql[] =
	"SELECT pg_catalog.pg_get_expr(conbin, 0) FROM pg_catalog.pg_constraint"
	" WHERE contypid = pg_catalog.to_regtype($1) AND conname = $2";

/* Rows whose values of a domain break what is asked of it, table by table. */
int pk_conflict_domain(struct pk_conn *conn, const struct pk_action *action, struct pk_conflict_queries *ret,
		       struct pk_err *err)
{
	PK_AUTO(pk_rows) users = PK_ROWS_INIT;
	PK_AUTO(pk_buf) domain = PK_BUF_INIT;
	PK_FREE char *known = NULL;
	const char *rule = action->def;

	pk_buf_add_qualified(&domain, action->schema, action->name);
	if (pk_query(conn, users_sql, 1, (const char *const[]){ domain.ptr }, &users, err) < 0 ||
	    (action->sub == PK_VALIDATE && pk_query_value(conn, domain_sql, 2, (const char *const[]){ domain.ptr, action->new_name },
							  &known, err) < 0))
		return -1;
	rule = known ? known : rule;
	for (int i = 0; i < users.n; i++) {
		struct table t __attribute__((cleanup(table_release))) = TABLE_INIT;
		const char *column = pk_rows_get(&users, i, 2);
		PK_AUTO(pk_buf) where = PK_BUF_INIT;

		if (table_of(conn, pk_rows_get(&users, i, 0), pk_rows_get(&users, i, 1), false, &t, err) < 0)
			return -1;
		if (!rule || action->constraint == PK_CON_NOT_NULL) {
			add_nulls(ret, &t, (const char *const[]){ column, NULL });
			continue;
		}
		/* VALUE is a column's name to the grammar. */
		pk_buf_addf(&where, "(SELECT (%s) IS FALSE FROM (SELECT postkit_row.", rule);
		pk_buf_add_ident(&where, column);
		pk_buf_add(&where, " AS value) AS postkit_value)");
		struct pk_conflict_query *q = new_query(ret);
		say_what(q, "domain", action->name, &t);
		add_rows(q, &t, (const char *const[]){ column, NULL }, "postkit_row", where.ptr);
	}
	return 0;
}
