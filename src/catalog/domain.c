#include "catalog/kind.h"
#include "catalog_sql.h"

enum { TYPE, DEFAULT_VALUE, NOT_NULL, CONSTRAINTS };
static const char *const attrs[] = { "type", "default_value", "not_null", "constraints" };

static bool is_not_valid(const char *definition)
{
	return pk_ends_with(definition, " NOT VALID");
}

static void add_constraint(struct pk_script *s, const struct pk_object *o, const char *item)
{
	struct pk_stmt *stmt = pk_emit(s, "ALTER DOMAIN %s ADD CONSTRAINT %s %s", o->ident, pk_item_part(s, item, 0),
				       pk_item_part(s, item, 1));

	stmt->scan = !is_not_valid(pk_item_part(s, item, 1));
}

static void comment_constraint(struct pk_script *s, const struct pk_object *o, const char *item)
{
	const char *comment = pk_item_part(s, item, 2);

	pk_emit(s, "COMMENT ON CONSTRAINT %s ON DOMAIN %s IS %s", pk_item_part(s, item, 0), o->ident,
		*comment ? comment : "NULL");
}

static void create(struct pk_script *s, const struct pk_object *o)
{
	const char *const *items;
	size_t n = pk_attr_list(s, pk_attr(o, CONSTRAINTS), &items);
	PK_AUTO(pk_buf) sql = PK_BUF_INIT;

	pk_buf_addf(&sql, "CREATE DOMAIN %s AS %s", o->ident, pk_attr(o, TYPE));
	if (pk_attr(o, DEFAULT_VALUE))
		pk_buf_addf(&sql, " DEFAULT %s", pk_attr(o, DEFAULT_VALUE));
	if (pk_attr(o, NOT_NULL))
		pk_buf_add(&sql, " NOT NULL");
	for (size_t i = 0; i < n; i++) {
		if (!is_not_valid(pk_item_part(s, items[i], 1)))
			pk_buf_addf(&sql, "\n    CONSTRAINT %s %s", pk_item_part(s, items[i], 0),
				    pk_item_part(s, items[i], 1));
	}
	pk_emit(s, "%s", sql.ptr);
	for (size_t i = 0; i < n; i++) {
		if (is_not_valid(pk_item_part(s, items[i], 1)))
			add_constraint(s, o, items[i]);
		if (*pk_item_part(s, items[i], 2))
			comment_constraint(s, o, items[i]);
	}
}

static void alter_constraints(struct pk_script *s, const struct pk_object *from, const struct pk_object *to)
{
	const char *const *old, *const *new;
	size_t n_old = pk_attr_list(s, pk_attr(from, CONSTRAINTS), &old);
	size_t n_new = pk_attr_list(s, pk_attr(to, CONSTRAINTS), &new);

	for (size_t i = 0; i < n_old; i++) {
		const char *name = pk_item_part(s, old[i], 0), *same = pk_item_find(s, new, n_new, name);

		if (!same || strcmp(pk_item_part(s, same, 1), pk_item_part(s, old[i], 1)) != 0)
			pk_emit(s, "ALTER DOMAIN %s DROP CONSTRAINT %s", to->ident, name);
	}
	for (size_t i = 0; i < n_new; i++) {
		const char *same = pk_item_find(s, old, n_old, pk_item_part(s, new[i], 0));
		bool kept = same && strcmp(pk_item_part(s, same, 1), pk_item_part(s, new[i], 1)) == 0;

		if (!kept)
			add_constraint(s, to, new[i]);
		if (kept ? strcmp(pk_item_part(s, same, 2), pk_item_part(s, new[i], 2)) != 0
			 : *pk_item_part(s, new[i], 2) != '\0')
			comment_constraint(s, to, new[i]);
	}
}

static enum pk_outcome alter(struct pk_script *s, const struct pk_object *from, const struct pk_object *to)
{
	if (pk_attr_changed(from, to, TYPE))
		return PK_RETYPE;
	if (pk_attr_changed(from, to, DEFAULT_VALUE)) {
		if (pk_attr(to, DEFAULT_VALUE))
			pk_emit(s, "ALTER DOMAIN %s SET DEFAULT %s", to->ident, pk_attr(to, DEFAULT_VALUE));
		else
			pk_emit(s, "ALTER DOMAIN %s DROP DEFAULT", to->ident);
	}
	if (pk_attr_changed(from, to, NOT_NULL))
		pk_emit(s, "ALTER DOMAIN %s %s NOT NULL", to->ident, pk_attr(to, NOT_NULL) ? "SET" : "DROP");
	alter_constraints(s, from, to);
	return PK_ALTERED;
}

const struct pk_kind pk_kind_domain = {
	.name = "domain", .sql_name = "DOMAIN", .folder = "domains", .query = pk_sql_domain, .attrs = attrs,
	.n_attrs = PK_COUNT(attrs), .rank = 5, .grant_on = "DOMAIN", .owned = true, .relation_name = true, .type = true,
	.create = create, .alter = alter, .drop = pk_drop_plain, .set_aside = pk_set_aside_type,
	.rename = pk_rename_itself,
};
