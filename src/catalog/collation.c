#include "catalog/kind.h"
#include "catalog_sql.h"

static const char *const attrs[] = { "definition" };

const struct pk_kind pk_kind_collation = {
	.name = "collation", .sql_name = "COLLATION", .folder = "types", .query = pk_sql_collation, .attrs = attrs,
	.n_attrs = PK_COUNT(attrs), .rank = 3, .owned = true, .create = pk_create_defined, .alter = pk_alter_recreate,
	.drop = pk_drop_plain,
	.rename = pk_rename_itself,
};
