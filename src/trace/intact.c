#include "trace/intact.h"

#include "base/clock.h"
#include "base/text.h"

#define MAX_BYTES ((int64_t)256 << 20) /* of a table that is read for this */

void pk_intact_release(struct pk_intact *intact)
{
	pk_arena_release(&intact->arena);
	pk_map_release(&intact->names);
	free(intact->items);
	pk_conflicts_release(&intact->unproven);
	*intact = (struct pk_intact)PK_INTACT_INIT;
}

/* ---- which tables ---- */

static bool writes(const struct pk_action *a)
{
	return a->verb == PK_INSERT || a->verb == PK_UPDATE || a->verb == PK_DELETE || a->verb == PK_MERGE ||
	       a->verb == PK_TRUNCATE || (a->verb == PK_ALTER && a->sub == PK_ALTER_TYPE && a->def);
}

static void add_name(struct pk_intact *intact, const char *schema, const char *name, bool written)
{
	PK_AUTO(pk_buf) said = PK_BUF_INIT;
	char *at;

	pk_buf_add_qualified(&said, schema, name);
	at = pk_map_get(&intact->names, said.ptr);
	if (!at) {
		at = pk_arena_alloc(&intact->arena, 1);
		pk_map_set(&intact->names, said.ptr, at);
	}
	*at |= (char)written;
}

void pk_intact_add(struct pk_intact *intact, const char *sql)
{
	PK_AUTO(pk_statements) statements = PK_STATEMENTS_INIT;
	PK_AUTO(pk_actions) actions = PK_ACTIONS_INIT;

	if (pk_sql_split(sql, NULL, &statements, NULL) < 0)
		return;
	pk_sql_actions(&statements, &actions);
	for (size_t i = 0; i < actions.n; i++) {
		const struct pk_action *a = &actions.items[i];
		bool itself = pk_streq(a->object, "table") || pk_streq(a->object, "materialized view");

		if (a->verb == PK_CREATE || a->verb == PK_COMMENT || a->verb == PK_GRANT || a->verb == PK_REVOKE)
			continue;
		if (a->rel_name || (itself && a->name))
			add_name(intact, a->rel_name ? a->rel_schema : a->schema, a->rel_name ? a->rel_name : a->name,
				 writes(a));
	}
}

static const char find_sql[] =
	"SELECT s.name, c.oid FROM pg_catalog.unnest($1::pg_catalog.text[]) s (name)"
	" JOIN pg_catalog.pg_class c ON c.oid = pg_catalog.to_regclass(s.name) WHERE c.relkind IN ('r', 'p', 'm') ORDER BY c.oid";

/* A text[] as the server reads it. */
static char *array_of(const struct pk_map *names)
{
	PK_AUTO(pk_buf) buf = PK_BUF_INIT;

	pk_buf_addc(&buf, '{');
	for (size_t i = 0; i < names->n; i++) {
		pk_buf_add(&buf, i ? ",\"" : "\"");
		for (const char *p = names->entries[i].key; *p; p++) {
			if (*p == '"' || *p == '\\')
				pk_buf_addc(&buf, '\\');
			pk_buf_addc(&buf, *p);
		}
		pk_buf_addc(&buf, '"');
	}
	pk_buf_addc(&buf, '}');
	return pk_buf_take(&buf);
}

static int find_tables(struct pk_intact *intact, struct pk_conn *conn, struct pk_err *err)
{
	PK_AUTO(pk_rows) rows = PK_ROWS_INIT;
	PK_FREE char *names = array_of(&intact->names);

	if (pk_query(conn, find_sql, 1, (const char *const[]){ names }, &rows, err) < 0)
		return -1;
	intact->items = pk_realloc_array(NULL, (size_t)rows.n + 1, sizeof(*intact->items));
	for (int i = 0; i < rows.n; i++) {
		const char *said = pk_rows_get(&rows, i, 0), *oid = pk_rows_get(&rows, i, 1);

		/* One table may go by several names. */
		if (!intact->n || !pk_streq(intact->items[intact->n - 1].oid, oid))
			intact->items[intact->n++] = (struct pk_intact_table){
				.said = pk_arena_strdup(&intact->arena, said),
				.oid = pk_arena_strdup(&intact->arena, oid),
			};
		intact->items[intact->n - 1].written |= *(char *)pk_map_get(&intact->names, said);
	}
	return 0;
}

/* ---- what they are like ---- */

static const struct pk_intact_column *same_column(const struct pk_intact_state *state, const struct pk_intact_column *c,
						  bool by_name)
{
	for (size_t i = 0; i < state->n; i++)
		if (by_name ? pk_streq(state->columns[i].name, c->name) : state->columns[i].number == c->number)
			return &state->columns[i];
	return NULL;
}

static const char table_sql[] =
	"SELECT n.nspname, c.relname, (SELECT pg_catalog.sum(pg_catalog.pg_table_size(relid)) FROM"
	" (SELECT relid FROM pg_catalog.pg_partition_tree($1) UNION SELECT $1::pg_catalog.regclass) parts)"
	" FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE c.oid = $1::pg_catalog.oid";

static const char columns_sql[] =
	"SELECT a.attname, a.attnum, pg_catalog.format_type(a.atttypid, a.atttypmod),"
	" EXISTS (SELECT FROM pg_catalog.pg_index i WHERE i.indrelid = a.attrelid AND i.indisprimary AND a.attnum = ANY (i.indkey))"
	" FROM pg_catalog.pg_attribute a WHERE a.attrelid = $1::pg_catalog.oid AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum";

static int read_columns(struct pk_intact *intact, struct pk_conn *conn, const struct pk_intact_table *t,
			struct pk_intact_state *ret, struct pk_buf *key, struct pk_err *err)
{
	PK_AUTO(pk_rows) rows = PK_ROWS_INIT;

	if (pk_query(conn, columns_sql, 1, (const char *const[]){ t->oid }, &rows, err) < 0)
		return -1;
	ret->n = (size_t)rows.n;
	ret->columns = pk_arena_alloc(&intact->arena, (ret->n + 1) * sizeof(*ret->columns));
	for (int i = 0; i < rows.n; i++) {
		const struct pk_intact_column *was;

		ret->columns[i].name = pk_arena_strdup(&intact->arena, pk_rows_get(&rows, i, 0));
		ret->columns[i].number = (int)strtol(pk_rows_get(&rows, i, 1), NULL, 10);
		ret->columns[i].type = pk_arena_strdup(&intact->arena, pk_rows_get(&rows, i, 2));
		/* Afterwards by the same key, whatever has become of it. */
		was = same_column(&t->before, &ret->columns[i], t->anew);
		ret->columns[i].key = ret == &t->before ? pk_rows_true(&rows, i, 3) : was && was->key;
		if (!ret->columns[i].key)
			continue;
		ret->n_key++;
		pk_buf_add(key, "t.");
		pk_buf_add_ident(key, ret->columns[i].name);
		pk_buf_add(key, ", ");
	}
	return 0;
}

/* All of a table in one scan. */
static int scan(struct pk_intact *intact, struct pk_conn *conn, struct pk_intact_state *state, const char *key,
		struct pk_err *err)
{
	PK_AUTO(pk_buf) sql = PK_BUF_INIT;
	PK_AUTO(pk_rows) rows = PK_ROWS_INIT;

	pk_buf_add(&sql, "SELECT pg_catalog.count(*)");
	for (size_t i = 0; i < state->n; i++) {
		PK_AUTO(pk_buf) column = PK_BUF_INIT;

		pk_buf_add_ident(&column, state->columns[i].name);
		pk_buf_addf(&sql,
			    ", pg_catalog.count(t.%s), pg_catalog.sum(pg_catalog.hashtextextended(ROW(%st.%s)::pg_catalog.text, 0))",
			    column.ptr, key, column.ptr);
	}
	pk_buf_addf(&sql, " FROM %s AS t", state->name);
	if (pk_query(conn, sql.ptr, 0, NULL, &rows, err) < 0)
		return -1;
	state->scanned = true;
	state->rows = pk_rows_int(&rows, 0, 0);
	for (int i = 0; i < (int)state->n; i++) {
		const char *sum = pk_rows_get(&rows, 0, 2 * i + 2);

		state->columns[i].values = pk_rows_int(&rows, 0, 2 * i + 1);
		state->columns[i].sum = pk_arena_strdup(&intact->arena, sum ? sum : "0");
	}
	return 0;
}

/* Constraints of the table that hold for new rows only. */
static int find_unproven(struct pk_intact *intact, struct pk_conn *conn, const struct pk_intact_table *t,
			 struct pk_err *err)
{
	static const char sql[] = "SELECT pg_catalog.format('ALTER TABLE %I.%I VALIDATE CONSTRAINT %I', n.nspname, r.relname, c.conname)"
				  " FROM pg_catalog.pg_constraint c JOIN pg_catalog.pg_class r ON r.oid = c.conrelid"
				  " JOIN pg_catalog.pg_namespace n ON n.oid = r.relnamespace"
				  " WHERE c.conrelid = $1::pg_catalog.oid AND NOT c.convalidated ORDER BY 1";
	PK_AUTO(pk_rows) rows = PK_ROWS_INIT;

	if (pk_query(conn, sql, 1, (const char *const[]){ t->oid }, &rows, err) < 0)
		return -1;
	for (int i = 0; i < rows.n; i++) {
		PK_AUTO(pk_statements) statements = PK_STATEMENTS_INIT;
		PK_AUTO(pk_actions) actions = PK_ACTIONS_INIT;

		if (pk_sql_split(pk_rows_get(&rows, i, 0), NULL, &statements, err) < 0)
			return -1;
		pk_sql_actions(&statements, &actions);
		if (pk_conflicts_find(conn, &actions, 0, NULL, &intact->unproven, err) < 0)
			return -1;
	}
	return 0;
}

/* Another one may have taken the place of a table that is gone. */
static int find_again(struct pk_intact *intact, struct pk_conn *conn, struct pk_intact_table *t, struct pk_err *err)
{
	static const char sql[] = "SELECT pg_catalog.to_regclass($1)::pg_catalog.oid WHERE NOT EXISTS"
				  " (SELECT FROM pg_catalog.pg_class WHERE oid = $2::pg_catalog.oid)";
	PK_FREE char *oid = NULL;

	if (pk_query_value(conn, sql, 2, (const char *const[]){ t->before.name, t->oid }, &oid, err) < 0)
		return -1;
	t->anew = oid != NULL;
	if (oid)
		t->oid = pk_arena_strdup(&intact->arena, oid);
	return 0;
}

static int look_at(struct pk_intact *intact, struct pk_conn *conn, const struct pk_intact_table *t,
		   struct pk_intact_state *state, struct pk_err *err)
{
	PK_AUTO(pk_rows) rows = PK_ROWS_INIT;
	PK_AUTO(pk_buf) name = PK_BUF_INIT;
	PK_AUTO(pk_buf) key = PK_BUF_INIT;

	if (pk_query(conn, table_sql, 1, (const char *const[]){ t->oid }, &rows, err) < 0)
		return -1;
	if (!rows.n)
		return 0;
	pk_buf_add_qualified(&name, pk_rows_get(&rows, 0, 0), pk_rows_get(&rows, 0, 1));
	state->there = true;
	state->name = pk_arena_strdup(&intact->arena, name.ptr);
	state->bytes = pk_rows_int(&rows, 0, 2);
	if (read_columns(intact, conn, t, state, &key, err) < 0)
		return -1;
	return state->bytes > MAX_BYTES ? 0 : scan(intact, conn, state, key.ptr, err);
}

/* What cannot be read, or not in time, is not scanned. */
static int look_apart(struct pk_intact *intact, struct pk_conn *conn, struct pk_intact_table *t, double seconds, bool after,
		      struct pk_err *err)
{
	PK_FREE char *begin = pk_printf("BEGIN; SET LOCAL row_security = off; SET LOCAL statement_timeout = %.0f", seconds * 1000);
	PK_AUTO(pk_err) why = PK_ERR_INIT;

	if (pk_exec(conn, begin, err) < 0)
		return -1;
	if (((after && t->before.there && find_again(intact, conn, t, &why) < 0) ||
	     look_at(intact, conn, t, after ? &t->after : &t->before, &why) < 0 ||
	     (after && t->after.scanned && find_unproven(intact, conn, t, &why) < 0)) &&
	    pk_conn_lost(conn, &why, err))
		return -1;
	return pk_exec(conn, "ROLLBACK", err);
}

int pk_intact_look(struct pk_intact *intact, const struct pk_conninfo *where, double seconds, bool after,
		   struct pk_err *err)
{
	PK_AUTO(pk_conn) conn = PK_CONN_INIT;
	double began = pk_now();

	if (!intact->names.n || (after && !intact->n))
		return 0;
	/* Names are resolved as the statements will be; what is read then must not depend on settings. */
	if (pk_conn_open(&conn, where, err) < 0 ||
	    (!after && (pk_conn_user_settings(&conn, err) < 0 || find_tables(intact, &conn, err) < 0 ||
			pk_conn_own_settings(&conn, err) < 0)))
		return -1;
	for (size_t i = 0; i < intact->n; i++)
		if (look_apart(intact, &conn, &intact->items[i], seconds, after, err) < 0)
			return pk_err_wrap(err, "rows of '%s'", intact->items[i].said);
	intact->looked |= after;
	intact->took += pk_now() - began;
	return 0;
}

/* ---- telling ---- */

enum change { CHANGED, NEW, GONE };

struct visit {
	void (*column)(void *arg, enum change what, const struct pk_intact_column *c, int64_t n);
	void *arg;
};

/* Each sum is of values with their rows' keys: where rows come or go, or keys are others, it tells nothing. */
static bool is_comparable(const struct pk_intact_table *t)
{
	for (size_t i = 0; i < t->before.n; i++) {
		const struct pk_intact_column *was = &t->before.columns[i], *now;

		if (!was->key)
			continue;
		now = same_column(&t->after, was, t->anew);
		if (!now || !pk_streq(was->type, now->type) || !pk_streq(was->sum, now->sum))
			return false;
	}
	return t->before.rows == t->after.rows && t->before.n_key == t->after.n_key;
}

/* Columns that are not as before; n: of a new one its NULLs, of one that is gone its values. */
static void visit_columns(const struct pk_intact_table *t, const struct visit *v)
{
	bool comparable = is_comparable(t);

	for (size_t i = 0; i < t->after.n; i++) {
		const struct pk_intact_column *now = &t->after.columns[i], *was = same_column(&t->before, now, t->anew);

		if (!was)
			v->column(v->arg, NEW, now, t->after.rows - now->values);
		else if ((comparable || was->key) && t->before.rows == t->after.rows && pk_streq(was->type, now->type) &&
			 !pk_streq(was->sum, now->sum))
			v->column(v->arg, CHANGED, now, 0);
	}
	for (size_t i = 0; i < t->before.n; i++)
		if (!same_column(&t->after, &t->before.columns[i], t->anew))
			v->column(v->arg, GONE, &t->before.columns[i], t->before.columns[i].values);
}

static void column_words(void *arg, enum change what, const struct pk_intact_column *c, int64_t n)
{
	struct pk_buf *buf = arg;
	PK_FREE char *count = pk_count((uint64_t)n);

	pk_buf_add(buf, what == CHANGED ? "; other values in " : what == NEW ? "; new " : "; gone ");
	pk_buf_add_ident(buf, c->name);
	if (what == NEW)
		pk_buf_addf(buf, ": %s NULL", count);
	else if (what == GONE)
		pk_buf_addf(buf, " with %s value%s", count, n == 1 ? "" : "s");
}

static void table_words(struct pk_buf *ret, const struct pk_intact_table *t)
{
	PK_FREE char *rows = pk_count((uint64_t)t->before.rows), *size = pk_size((uint64_t)t->before.bytes);
	PK_AUTO(pk_buf) columns = PK_BUF_INIT;
	const struct visit v = { column_words, &columns };
	int64_t more = t->after.rows - t->before.rows;
	PK_FREE char *by = pk_count((uint64_t)(more < 0 ? -more : more));

	if (t->before.there && !t->before.scanned) {
		pk_buf_addf(ret, "%s: not looked at (%s)\n", t->before.name, size);
	} else if (!t->after.there) {
		pk_buf_addf(ret, "%s: gone, with %s row%s\n", t->before.name, rows, t->before.rows == 1 ? "" : "s");
	} else if (!t->after.scanned) {
		pk_buf_addf(ret, "%s: not looked at afterwards\n", t->after.name);
	} else {
		visit_columns(t, &v);
		if (!more && !columns.len)
			return;
		pk_buf_addf(ret, "%s: %s row%s", t->after.name, rows, t->before.rows == 1 ? "" : "s");
		if (more)
			pk_buf_addf(ret, ", %s %s", by, more > 0 ? "more" : "fewer");
		pk_buf_addf(ret, "%s%s\n", columns.ptr,
			    t->written ? "" : more || strstr(columns.ptr, "; other values") ? " (no statement says so)" : "");
	}
}

void pk_intact_words(const struct pk_intact *intact, struct pk_buf *ret)
{
	for (size_t i = 0; intact->looked && i < intact->n; i++)
		table_words(ret, &intact->items[i]);
	for (size_t i = 0; i < intact->unproven.n; i++) {
		pk_buf_add(ret, "not proven: ");
		pk_conflict_words(ret, &intact->unproven.items[i]);
		pk_buf_addc(ret, '\n');
	}
}

static void column_json(void *arg, enum change what, const struct pk_intact_column *c, int64_t n)
{
	static const char *const words[] = { [CHANGED] = "changed", [NEW] = "new", [GONE] = "gone" };
	cJSON *item = pk_json_add_object(arg, NULL);

	pk_json_set_str(item, "name", c->name);
	pk_json_set_str(item, "what", words[what]);
	if (what != CHANGED)
		pk_json_set_num(item, what == NEW ? "nulls" : "values", (double)n);
}

cJSON *pk_intact_to_json(const struct pk_intact *intact)
{
	cJSON *array = cJSON_CreateArray();

	for (size_t i = 0; intact->looked && i < intact->n; i++) {
		const struct pk_intact_table *t = &intact->items[i];
		cJSON *item = pk_json_add_object(array, NULL);
		const struct visit v = { column_json, pk_json_add_array(item, "columns") };

		pk_json_set_str(item, "name", t->after.there ? t->after.name : t->before.name);
		pk_json_set_bool(item, "there", t->after.there);
		pk_json_set_bool(item, "looked_at", t->before.scanned && (t->after.scanned || !t->after.there));
		pk_json_set_bool(item, "written", t->written);
		if (t->before.scanned)
			pk_json_set_num(item, "rows_before", (double)t->before.rows);
		if (t->after.scanned)
			pk_json_set_num(item, "rows_after", (double)t->after.rows);
		if (t->before.scanned && t->after.scanned)
			visit_columns(t, &v);
	}
	return array;
}
