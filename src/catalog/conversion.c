#include "catalog/kind.h"
#include "catalog_sql.h"

enum { IS_DEFAULT, DEFINITION };
static const char *const attrs[] = { "is_default", "definition" };

static void create(struct pk_script *s, const struct pk_object *o)
{
	pk_emit(s, "CREATE %sCONVERSION %s %s", pk_attr(o, IS_DEFAULT), o->ident, pk_attr(o, DEFINITION));
}

const struct pk_kind pk_kind_conversion = {
	.name = "conversion", .sql_name = "CONVERSION", .folder = "conversions", .query = pk_sql_conversion,
	.if_any = "pg_conversion WHERE oid >= 16384",
	.attrs = attrs, .n_attrs = PK_COUNT(attrs), .rank = 9, .owned = true,
	.create = create, .alter = pk_alter_recreate, .drop = pk_drop_plain,
	.rename = pk_rename_itself,
};
