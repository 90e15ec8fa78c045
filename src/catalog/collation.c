#include "catalog/kind.h"
#include "catalog_sql.h"

enum { DEFINITION };
static const char *const attrs[] = { "definition" };

static void create(struct pk_script *s, const struct pk_object *o)
{
	pk_emit(s, "CREATE COLLATION %s (%s)", o->ident, pk_attr(o, DEFINITION));
}

const struct pk_kind pk_kind_collation = {
	.name = "collation", .sql_name = "COLLATION", .folder = "types", .query = pk_sql_collation, .attrs = attrs,
	.n_attrs = PK_COUNT(attrs), .rank = 3, .owned = true, .create = create, .alter = pk_alter_recreate,
	.drop = pk_drop_plain,
};
