#include "catalog/kind.h"
#include "catalog_sql.h"

enum { ATTRIBUTES };
static const char *const attrs[] = { "attributes" };

/* "name type COLLATE collation" */
static const char *attribute(struct pk_script *s, const char *item)
{
	return pk_arena_printf(s->arena, "%s %s%s", pk_item_part(s, item, 0), pk_item_part(s, item, 1),
			       pk_item_part(s, item, 2));
}

static void create(struct pk_script *s, const struct pk_object *o)
{
	const char *const *items;
	size_t n = pk_attr_list(s, pk_attr(o, ATTRIBUTES), &items);
	PK_AUTO(pk_buf) list = PK_BUF_INIT;

	for (size_t i = 0; i < n; i++)
		pk_buf_addf(&list, "%s\n    %s", i ? "," : "", attribute(s, items[i]));
	pk_emit(s, "CREATE TYPE %s AS (%s%s)", o->ident, list.ptr, n ? "\n" : "");
}

/* CASCADE. */
static void lock_tables(struct pk_script *s, struct pk_stmt *stmt, const struct pk_object *type)
{
	for (size_t i = 0; s->from && i < s->from->n; i++) {
		const struct pk_object *o = s->from->objects[i];

		if (o->kind == &pk_kind_table && pk_streq(pk_table_of_type(o), type->ident))
			pk_stmt_lock(s, stmt, o, "ACCESS EXCLUSIVE");
	}
}

/*
 * Attributes can be dropped and added at the end. The order of attributes is part of the type, and
 * ALTER ATTRIBUTE ... TYPE is refused while a column has the type: both need a new type. CASCADE
 * reaches the tables of the type, and nothing else: what used the attribute has gone before.
 */
static enum pk_outcome alter(struct pk_script *s, const struct pk_object *from, const struct pk_object *to)
{
	const char *const *old, *const *new;
	size_t n_old = pk_attr_list(s, pk_attr(from, ATTRIBUTES), &old);
	size_t n_new = pk_attr_list(s, pk_attr(to, ATTRIBUTES), &new);
	size_t next = 0;

	for (size_t i = 0; i < n_old; i++) {
		const char *same = pk_item_find(s, new, n_new, pk_item_part(s, old[i], 0));

		if (same && (strcmp(same, old[i]) != 0 || strcmp(new[next++], old[i]) != 0))
			return pk_anew(s, PK_RETYPE, "attributes change their types, or their order");
	}
	for (size_t i = 0; i < n_old; i++) {
		const char *name = pk_item_part(s, old[i], 0);

		if (!pk_item_find(s, new, n_new, name)) {
			struct pk_stmt *stmt = pk_emit(s, "ALTER TYPE %s DROP ATTRIBUTE %s CASCADE", to->ident, name);

			stmt->lost = "the values of the attribute in every column of the type";
			lock_tables(s, stmt, from);
		}
	}
	for (; next < n_new; next++)
		lock_tables(s, pk_emit(s, "ALTER TYPE %s ADD ATTRIBUTE %s CASCADE", to->ident, attribute(s, new[next])), from);
	return PK_ALTERED;
}

/* A type whose own values change by the names of their attributes, when it stands aside too. */
static bool has_refill(const struct pk_object *o, const char *type)
{
	for (size_t i = 0; i < o->n_deps; i++)
		if (pk_type_has_cast(o->deps[i]) && pk_is_type(type, o->deps[i]))
			return true;
	return false;
}

bool pk_type_has_cast(const struct pk_object *type)
{
	for (size_t i = 0; type->kind == &pk_kind_domain && i < type->n_deps; i++) {
		if (pk_type_has_cast(type->deps[i]))
			return true;
	}
	return type->kind->type && type->kind->refill;
}

/*
 * A cast from the old type to the new one, by the names of the attributes, which arrays follow too.
 * Text lies between, since a plain cast would cut what does not fit.
 */
static void refill(struct pk_script *s, const struct pk_object *from, const struct pk_object *to)
{
	const char *const *old, *const *new, *aside = pk_aside_ident(s, from);
	size_t n_old = pk_attr_list(s, pk_attr(from, ATTRIBUTES), &old);
	size_t n_new = pk_attr_list(s, pk_attr(to, ATTRIBUTES), &new);
	PK_AUTO(pk_buf) values = PK_BUF_INIT;

	for (size_t i = 0; i < n_new; i++) {
		const char *name = pk_item_part(s, new[i], 0), *type = pk_item_part(s, new[i], 1);
		const char *same = pk_item_find(s, old, n_old, name);
		bool nested = same && strcmp(pk_item_part(s, same, 1), type) == 0 && has_refill(from, type) && has_refill(to, type);

		pk_buf_add(&values, i ? ", " : "");
		if (same)
			pk_buf_addf(&values, "($1).%s%s%s", name, nested ? "::" : "", nested ? type : "");
		else
			pk_buf_add(&values, "NULL");
	}
	pk_emit(s, "CREATE FUNCTION %s(%s) RETURNS %s LANGUAGE sql IMMUTABLE STRICT RETURN ROW(%s)::text::%s", aside, aside,
		to->ident, values.ptr, to->ident)->note = "for the time in which columns move to the new type";
	pk_emit(s, "CREATE CAST (%s AS %s) WITH FUNCTION %s(%s)", aside, to->ident, aside, aside);
}

static void drop_aside(struct pk_script *s, const struct pk_object *from, const struct pk_object *to)
{
	const char *const *old, *const *new, *aside = pk_aside_ident(s, from);
	size_t n_old = pk_attr_list(s, pk_attr(from, ATTRIBUTES), &old);
	size_t n_new = pk_attr_list(s, pk_attr(to, ATTRIBUTES), &new);

	pk_emit(s, "DROP CAST (%s AS %s)", aside, to->ident);
	pk_emit(s, "DROP FUNCTION %s(%s)", aside, aside);
	pk_emit(s, "DROP TYPE %s", aside);
	for (size_t i = 0; i < n_old; i++) {
		if (!pk_item_find(s, new, n_new, pk_item_part(s, old[i], 0)))
			s->items[s->n - 1].lost = "the values of an attribute";
	}
}

const struct pk_kind pk_kind_composite = {
	.if_any = "pg_class WHERE relkind = 'c' AND oid >= 16384",
	.name = "type", .sql_name = "TYPE", .folder = "types", .query = pk_sql_composite, .attrs = attrs,
	.n_attrs = PK_COUNT(attrs), .rank = 5, .grant_on = "TYPE", .owned = true, .relation_name = true, .type = true,
	.create = create, .alter = alter, .drop = pk_drop_plain, .set_aside = pk_set_aside_type, .refill = refill,
	.drop_aside = drop_aside,
	.rename = pk_rename_itself,
};
