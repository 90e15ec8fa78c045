/* Columns that number their rows: what their sequences are, and become. */
#include "catalog/column.h"

#define SEQUENCE_NAME "SEQUENCE NAME "

const char *pk_column_identity(struct pk_script *s, const struct pk_object *column)
{
	const char *const *items;

	if (!pk_attr_list(s, pk_attr(column, IDENTITY_OPTIONS), &items) || !pk_starts_with(items[0], SEQUENCE_NAME))
		return NULL;
	return items[0] + strlen(SEQUENCE_NAME);
}

void pk_column_set_identity(struct pk_object *column, const char *options)
{
	column->attr[IDENTITY_OPTIONS] = options;
}

const struct pk_object *pk_column_own_sequence(const struct pk_object *o)
{
	for (size_t i = 0; i < o->n_deps; i++) {
		if (o->deps[i]->kind->tied_to_column && pk_streq(pk_object_tie(o->deps[i]), o->ident))
			return o->deps[i];
	}
	return NULL;
}

void pk_column_add_identity_options(struct pk_script *s, const struct pk_object *o, struct pk_buf *out)
{
	static const struct {
		const char *type, *max;
	} limits[] = { { "smallint", "MAXVALUE 32767" }, { "integer", "MAXVALUE 2147483647" },
		       { "bigint", "MAXVALUE 9223372036854775807" } };
	const char *const *items;
	size_t n = pk_attr_list(s, pk_attr(o, IDENTITY_OPTIONS), &items);
	PK_AUTO(pk_buf) name = PK_BUF_INIT;
	bool any = false;

	pk_buf_addf(&name, "%s_%s_seq", o->parent->name, o->name);
	for (size_t i = 0; i < n; i++) {
		bool usual = strcmp(items[i], "START WITH 1") == 0 || strcmp(items[i], "INCREMENT BY 1") == 0 ||
			     strcmp(items[i], "MINVALUE 1") == 0 || strcmp(items[i], "CACHE 1") == 0 ||
			     strcmp(items[i], "NO CYCLE") == 0;

		for (size_t j = 0; j < PK_COUNT(limits) && !usual; j++)
			usual = strcmp(limits[j].type, pk_attr(o, TYPE)) == 0 && strcmp(limits[j].max, items[i]) == 0;
		/* SEQUENCE NAME schema.table_column_seq, plain letters only: anything else is written out */
		if (!usual && pk_starts_with(items[i], "SEQUENCE NAME ") && pk_ends_with(items[i], name.ptr))
			usual = items[i][strlen(items[i]) - name.len - 1] == '.';
		if (usual)
			continue;
		pk_buf_addf(out, "%s%s", any ? " " : " (", items[i]);
		any = true;
	}
	if (any)
		pk_buf_addc(out, ')');
}

void pk_column_alter_identity(struct pk_script *s, const struct pk_object *from, const struct pk_object *to)
{
	const char *what = pk_column_alter(s, to, false);
	const char *const *old, *const *new;
	size_t n_old = pk_attr_list(s, pk_attr(from, IDENTITY_OPTIONS), &old);
	size_t n_new = pk_attr_list(s, pk_attr(to, IDENTITY_OPTIONS), &new);
	PK_AUTO(pk_buf) sql = PK_BUF_INIT;

	if (!pk_attr(from, IDENTITY)) {
		pk_column_add_identity_options(s, to, &sql);
		pk_emit(s, "%s ADD GENERATED %s AS IDENTITY%s", what, pk_attr(to, IDENTITY), sql.ptr);
		if (pk_column_own_sequence(from) && n_new > 4)
			pk_sequence_go_on(s, to, new[0] + strlen(SEQUENCE_NAME), new[2] + strlen("INCREMENT BY "),
					  new[3] + strlen("MINVALUE "), new[4] + strlen("MAXVALUE "));
		return;
	}
	if (n_old > 4 && n_new > 4)
		pk_sequence_into_bounds(s, old[0] + strlen(SEQUENCE_NAME), old[3] + strlen("MINVALUE "),
					new[3] + strlen("MINVALUE "), old[4] + strlen("MAXVALUE "),
					new[4] + strlen("MAXVALUE "));
	if (pk_attr_changed(from, to, IDENTITY))
		pk_buf_addf(&sql, " SET GENERATED %s", pk_attr(to, IDENTITY));
	for (size_t i = 1; i < n_new && i < n_old; i++) {
		if (strcmp(old[i], new[i]) != 0)
			pk_buf_addf(&sql, " SET %s", new[i]);
	}
	if (n_old > 4 && n_new > 4 &&
	    pk_sequence_bounds_apart(old[3] + strlen("MINVALUE "), new[3] + strlen("MINVALUE "),
				     old[4] + strlen("MAXVALUE "), new[4] + strlen("MAXVALUE ")))
		pk_buf_add(&sql, " RESTART");
	if (sql.len)
		pk_emit(s, "%s%s", what, sql.ptr);
	if (n_old && n_new && strcmp(old[0], new[0]) != 0) {
		const char *old_name = old[0] + strlen(SEQUENCE_NAME), *new_name = new[0] + strlen(SEQUENCE_NAME);

		pk_emit(s, "ALTER SEQUENCE %s RENAME TO %s", old_name,
			new_name + strlen(pk_schema_of_ident(s->arena, new_name)) + 1)->lock = "";
	}
}
