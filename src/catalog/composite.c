#include "catalog/kind.h"
#include "catalog_sql.h"

enum { ATTRIBUTES };
static const char *const attrs[] = { "attributes" };

static void create(struct pk_script *s, const struct pk_object *o)
{
	const char *const *items;
	size_t n = pk_attr_list(s, pk_attr(o, ATTRIBUTES), &items);
	PK_AUTO(pk_buf) list = PK_BUF_INIT;

	for (size_t i = 0; i < n; i++)
		pk_buf_addf(&list, "%s\n    %s %s", i ? "," : "", pk_item_part(s, items[i], 0),
			    pk_item_part(s, items[i], 1));
	pk_emit(s, "CREATE TYPE %s AS (%s%s)", o->ident, list.ptr, n ? "\n" : "");
}

static const char *find(struct pk_script *s, const char *const *items, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++) {
		if (strcmp(pk_item_part(s, items[i], 0), name) == 0)
			return pk_item_part(s, items[i], 1);
	}
	return NULL;
}

/*
 * Attributes can be dropped and added at the end. The order of attributes is part of the type, and
 * ALTER ATTRIBUTE ... TYPE is refused while a column has the type: both need a new type.
 */
static enum pk_outcome alter(struct pk_script *s, const struct pk_object *from, const struct pk_object *to)
{
	const char *const *old, *const *new;
	size_t n_old = pk_attr_list(s, pk_attr(from, ATTRIBUTES), &old);
	size_t n_new = pk_attr_list(s, pk_attr(to, ATTRIBUTES), &new);
	size_t next = 0;

	for (size_t i = 0; i < n_old; i++) {
		const char *name = pk_item_part(s, old[i], 0), *type = find(s, new, n_new, name);

		if (!type)
			continue;
		if (strcmp(type, pk_item_part(s, old[i], 1)) != 0)
			return PK_RETYPE;
		if (strcmp(pk_item_part(s, new[next++], 0), name) != 0)
			return PK_RETYPE;
	}
	for (size_t i = 0; i < n_old; i++) {
		const char *name = pk_item_part(s, old[i], 0);

		if (!find(s, new, n_new, name))
			pk_emit(s, "ALTER TYPE %s DROP ATTRIBUTE %s", to->ident, name)->lost =
				"the values of the attribute in every column of the type";
	}
	for (; next < n_new; next++)
		pk_emit(s, "ALTER TYPE %s ADD ATTRIBUTE %s %s", to->ident, pk_item_part(s, new[next], 0),
			pk_item_part(s, new[next], 1));
	return PK_ALTERED;
}

const struct pk_kind pk_kind_composite = {
	.name = "type", .sql_name = "TYPE", .folder = "types", .query = pk_sql_composite, .attrs = attrs,
	.n_attrs = PK_COUNT(attrs), .rank = 5, .grant_on = "TYPE", .owned = true, .relation_name = true, .type = true,
	.create = create, .alter = alter, .drop = pk_drop_plain, .set_aside = pk_set_aside_type,
	.rename = pk_rename_itself,
};
