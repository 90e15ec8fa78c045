#include "catalog/kind.h"
#include "catalog_sql.h"

enum { DEFINITION, SUBTYPE, MULTIRANGE };
static const char *const attrs[] = { "definition", "subtype", "multirange" };

static void create(struct pk_script *s, const struct pk_object *o)
{
	pk_emit(s, "CREATE TYPE %s AS RANGE (%s)", o->ident, pk_attr(o, DEFINITION));
}

static enum pk_outcome alter(struct pk_script *s, const struct pk_object *from, const struct pk_object *to)
{
	(void)s, (void)from, (void)to;
	return PK_RETYPE;
}

/*
 * With its multirange, and with the constructors, which do not follow the name of their type and would
 * stand in the way of the new one's. They belong to the superuser who made the cluster.
 */
static void set_aside(struct pk_script *s, const struct pk_object *o)
{
	const char *subtype = pk_attr(o, SUBTYPE), *multirange = pk_attr(o, MULTIRANGE);
	const char *name = pk_aside_name(s, o->name), *other = pk_aside_name(s, pk_name_of_ident(s, multirange));

	pk_set_aside_type(s, o);
	pk_emit(s, "ALTER TYPE %s RENAME TO %s", multirange, other);
	pk_emit(s, "ALTER FUNCTION %s(%s, %s) RENAME TO %s", o->ident, subtype, subtype, name)->note =
		"takes a superuser";
	pk_emit(s, "ALTER FUNCTION %s(%s, %s, text) RENAME TO %s", o->ident, subtype, subtype, name);
	pk_emit(s, "ALTER FUNCTION %s() RENAME TO %s", multirange, other);
}

const struct pk_kind pk_kind_range = {
	.name = "range", .sql_name = "TYPE", .folder = "types", .query = pk_sql_range, .attrs = attrs,
	.n_attrs = PK_COUNT(attrs), .rank = 6, .grant_on = "TYPE", .owned = true, .relation_name = true, .type = true,
	.create = create, .alter = alter, .drop = pk_drop_plain, .set_aside = set_aside,
	.rename = pk_rename_itself,
};
