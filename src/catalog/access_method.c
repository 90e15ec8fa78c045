#include "catalog/kind.h"
#include "catalog_sql.h"

enum { DEFINITION };
static const char *const attrs[] = { "definition" };

static void create(struct pk_script *s, const struct pk_object *o)
{
	pk_emit_super(s, "CREATE ACCESS METHOD %s %s", o->ident, pk_attr(o, DEFINITION));
}

static void drop(struct pk_script *s, const struct pk_object *o)
{
	pk_emit_super(s, "DROP ACCESS METHOD %s", o->ident);
}

const struct pk_kind pk_kind_access_method = {
	.name = "access_method", .sql_name = "ACCESS METHOD", .folder = "access_methods", .query = pk_sql_access_method,
	.if_any = "pg_am WHERE oid >= 16384",
	.attrs = attrs, .n_attrs = PK_COUNT(attrs), .rank = 2,
	.create = create, .alter = pk_alter_recreate, .drop = drop,
};
