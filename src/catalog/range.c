#include "catalog/kind.h"
#include "catalog_sql.h"

enum { DEFINITION };
static const char *const attrs[] = { "definition" };

static void create(struct pk_script *s, const struct pk_object *o)
{
	pk_emit(s, "CREATE TYPE %s AS RANGE (%s)", o->ident, pk_attr(o, DEFINITION));
}

const struct pk_kind pk_kind_range = {
	.name = "range", .sql_name = "TYPE", .folder = "types", .query = pk_sql_range, .attrs = attrs,
	.n_attrs = PK_COUNT(attrs), .rank = 6, .grant_on = "TYPE", .owned = true, .relation_name = true, .type = true,
	.create = create, .alter = pk_alter_recreate, .drop = pk_drop_plain,
	.rename = pk_rename_itself,
};
