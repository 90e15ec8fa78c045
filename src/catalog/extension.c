#include "catalog/kind.h"
#include "catalog_sql.h"

enum { IN_SCHEMA };
static const char *const attrs[] = { "in_schema" };

/* The version is the server's affair: two servers rarely have the same, and no schema file says one. */
static void create(struct pk_script *s, const struct pk_object *o)
{
	pk_emit(s, "CREATE EXTENSION IF NOT EXISTS %s WITH SCHEMA %s", o->ident, pk_attr(o, IN_SCHEMA));
}

static enum pk_outcome alter(struct pk_script *s, const struct pk_object *from, const struct pk_object *to)
{
	(void)from;
	pk_emit(s, "ALTER EXTENSION %s SET SCHEMA %s", to->ident, pk_attr(to, IN_SCHEMA));
	return PK_ALTERED;
}

const struct pk_kind pk_kind_extension = {
	.name = "extension", .sql_name = "EXTENSION", .folder = "extensions", .query = pk_sql_extension,
	.attrs = attrs, .n_attrs = PK_COUNT(attrs), .rank = 1, .extension = true, .stays = true,
	.create = create, .alter = alter, .drop = pk_drop_plain,
};
