/*
 * A new column whose default is another one for each row, on a table that is in use: added empty,
 * with the default for new rows; the old rows are filled in batches that each commit; then it is
 * made NOT NULL. And an identity for the rows of a table that has heirs.
 */
#include "base/strv.h"
#include "base/text_template.h"
#include "base/text.h"
#include "catalog/column.h"
#include "pg/conn.h"
#include "sql/action.h"

/* Functions that the grammar alone does not know are known when this schema has them. */
static bool known_stable(const struct pk_object *column, const char *function)
{
	bool found = false;

	for (size_t i = 0; i < column->n_deps; i++) {
		const struct pk_object *on = column->deps[i];

		if (on->kind != &pk_kind_function || strcmp(on->name, function) != 0)
			continue;
		if (!pk_function_is_stable(on))
			return false;
		found = true;
	}
	return found;
}

bool pk_column_has_default(const struct pk_object *o)
{
	for (size_t i = 0; i < o->n_deps; i++) {
		if (pk_type_has_default(o->deps[i], pk_attr(o, BASE_TYPE)))
			return true;
	}
	return pk_attr(o, DEFAULT_VALUE);
}

/* Its own, or its domain's; NULL: none, or its type's, a constant. */
static const char *default_expression(const struct pk_object *o)
{
	for (size_t i = 0; !pk_attr(o, DEFAULT_VALUE) && i < o->n_deps; i++) {
		if (o->deps[i]->kind == &pk_kind_domain && pk_streq(o->deps[i]->ident, pk_attr(o, TYPE)))
			return pk_domain_default(o->deps[i]);
	}
	return pk_attr(o, DEFAULT_VALUE);
}

/* Is its default another one for each row? Also where that is not known. */
bool pk_column_default_varies(const struct pk_object *o)
{
	const char *expr = default_expression(o);
	PK_AUTO(pk_strv) functions = PK_STRV_INIT;

	if (!expr)
		return false;
	switch (pk_sql_expr_volatility(expr)) {
	case PK_VOL_STABLE:
		return false;
	case PK_VOL_VOLATILE:
		return true;
	default:
		pk_sql_expr_functions(expr, &functions);
		for (size_t i = 0; i < functions.n; i++) {
			if (!known_stable(o, functions.items[i]))
				return true;
		}
		return functions.n == 0;
	}
}

const char *pk_dollar_quote(struct pk_script *s, const char *body)
{
	const char *quote = "$postkit$";

	while (strstr(body, quote))
		quote = pk_arena_printf(s->arena, "%.*s_$", (int)strlen(quote) - 1, quote);
	return quote;
}

const char *pk_column_fill_sql(struct pk_script *s, const struct pk_object *table, const char *column, const char *value,
			       const char *condition)
{
	struct pk_text_template t = { .own = "templates/fill/", .shared = "templates/pattern/", .values = PK_MAP_INIT };
	const char *name = pk_arena_printf(s->arena, "%s %s", table->ident, column);
	const char *key = pk_arena_printf(s->arena, "%lld", (long long)(pk_hash(name, strlen(name), 0) >> 1));
	PK_AUTO(pk_buf) text = PK_BUF_INIT, out = PK_BUF_INIT;

	pk_buf_add_literal(&text, table->ident);
	pk_map_set(&t.values, "table", (void *)table->ident);
	pk_map_set(&t.values, "table_text", text.ptr);
	pk_map_set(&t.values, "column", (void *)column);
	pk_map_set(&t.values, "value", (void *)value);
	pk_map_set(&t.values, "todo", (void *)condition);
	pk_map_set(&t.values, "key", (void *)key);
	PK_FREE char *quote = pk_text_template_quote(&t, "$postkit$");
	pk_map_set(&t.values, "q", quote);
	pk_text_template_add(&t, "batches", &out);
	pk_map_release(&t.values);
	while (out.len && out.ptr[out.len - 1] != *quote)
		out.ptr[--out.len] = '\0'; /* the semicolon is the caller's */
	return pk_arena_strdup(s->arena, out.ptr);
}

static void fill_table(struct pk_script *s, const struct pk_object *o, const struct pk_object *table)
{
	const char *column = pk_attr(o, QUOTED);
	struct pk_stmt *stmt;

	if (pk_table_is_partitioned(table) || (s->comes && s->comes(s, table)))
		return;
	stmt = pk_emit(s, "%s", pk_column_fill_sql(s, table, column, "DEFAULT", pk_arena_printf(s->arena, "t.%s IS NULL", column)));
	stmt->no_transaction = true;
	stmt->lock = "ROW EXCLUSIVE";
	stmt->about = table;
	stmt->scan = true;
	stmt->note = "fills the rows in batches, each committed by itself; triggers of UPDATE fire; begun again it goes on";
}

static void fill_heirs(struct pk_script *s, const struct pk_object *o, const struct pk_object *table)
{
	fill_table(s, o, table);
	for (size_t i = 0; i < table->n_heirs; i++)
		fill_heirs(s, o, table->heirs[i]);
}

static bool is_checked(const struct pk_object *o)
{
	bool checked = false;

	for (size_t i = 0; i < o->n_deps; i++) {
		if (o->deps[i]->kind == &pk_kind_domain)
			pk_domain_base(o->deps[i], &checked);
	}
	return checked;
}

bool pk_column_add_rewrites(const struct pk_object *o)
{
	const char *generated = pk_attr(o, GENERATED);

	return (generated && pk_ends_with(generated, " STORED")) || pk_attr(o, IDENTITY) || is_checked(o) ||
	       pk_column_default_varies(o);
}

/* Who fills it would not see all rows. */
static bool hides_rows(const struct pk_object *table)
{
	for (size_t i = 0; i < table->n_heirs; i++) {
		if (hides_rows(table->heirs[i]))
			return true;
	}
	return pk_table_forces_security(table);
}

bool pk_column_add_filled(struct pk_script *s, const struct pk_object *o)
{
	PK_AUTO(pk_buf) definition = PK_BUF_INIT;
	struct pk_stmt *stmt;

	/* A domain that checks has every row written anew even for nulls. */
	if (!pk_script_online(s, o->parent) || o->parent->kind->foreign || pk_attr(o, GENERATED) || pk_attr(o, IDENTITY) || is_checked(o) ||
	    (s->tied_later && s->tied_later(s, o)) || hides_rows(o->parent) || !pk_attr(o, DEFAULT_VALUE) || !pk_column_default_varies(o))
		return false;
	pk_buf_addf(&definition, "%s %s", pk_attr(o, QUOTED), pk_attr(o, TYPE));
	if (pk_attr(o, COLLATION))
		pk_buf_addf(&definition, " COLLATE %s", pk_attr(o, COLLATION));
	stmt = pk_emit(s, "ALTER TABLE %s ADD COLUMN %s, ALTER COLUMN %s SET DEFAULT %s", o->parent->ident, definition.ptr,
		       pk_attr(o, QUOTED), pk_attr(o, DEFAULT_VALUE));
	stmt->about = o->parent;
	stmt->heirs = PK_ALL_HEIRS;
	stmt->note = "new rows have the default from here on; with it at once, every row would be written anew under the lock";
	fill_heirs(s, o, o->parent);
	if (pk_attr(o, NOT_NULL) && !pk_attr(o, NOT_NULL_INVALID))
		pk_column_set_not_null(s, o);
	return true;
}

/* Has the table heirs that are there already? No identity comes to them by ADD COLUMN, but to partitions from 17 on. */
static bool has_heirs(const struct pk_script *s, const struct pk_object *table)
{
	for (size_t i = 0; i < table->n_heirs && !(pk_table_is_partitioned(table) && s->version >= 170000); i++) {
		if (s->comes && !s->comes(s, table->heirs[i]))
			return true;
	}
	return false;
}

bool pk_column_add_numbered(struct pk_script *s, const struct pk_object *o)
{
	static const int after[] = { IDENTITY, IDENTITY_OPTIONS, NOT_NULL };
	const char *const *options, *table = o->parent->ident, *name = pk_attr(o, QUOTED);
	const char *only = pk_table_is_partitioned(o->parent) ? "" : "ONLY ";
	size_t n = pk_attr_list(s, pk_attr(o, IDENTITY_OPTIONS), &options);
	const char **attr = pk_arena_alloc(s->arena, o->kind->n_attrs * sizeof(*attr));
	struct pk_object plain = *o;
	struct pk_stmt *stmt;

	if (!pk_attr(o, IDENTITY) || n < 5 || !has_heirs(s, o->parent))
		return false;
	memcpy(attr, o->attr, o->kind->n_attrs * sizeof(*attr));
	for (size_t i = 0; i < PK_COUNT(after); i++)
		attr[after[i]] = NULL;
	plain.attr = attr;
	o->kind->create(s, &plain);
	stmt = pk_emit(s, "UPDATE %s%s AS t SET %s = %s + (n.n - 1) * %s FROM"
			  " (SELECT tableoid, ctid, pg_catalog.row_number() OVER () AS n FROM %s%s) AS n"
			  " WHERE t.tableoid = n.tableoid AND t.ctid = n.ctid",
		       only, table, name, options[1] + strlen("START WITH "), options[2] + strlen("INCREMENT BY "), only, table);
	stmt->heirs = *only ? PK_NO_HEIRS : PK_ALL_HEIRS;
	stmt->about = o->parent;
	stmt->lock = "ROW EXCLUSIVE";
	stmt->scan = true;
	stmt->note = "the rows are numbered; an identity comes to no heirs, and so not with the column";
	o->kind->alter(s, &plain, o);
	pk_sequence_go_on(s, o, pk_column_identity(s, o), options[2] + strlen("INCREMENT BY "), options[3] + strlen("MINVALUE "),
			  options[4] + strlen("MAXVALUE "));
	return true;
}
