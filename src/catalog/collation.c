#include "catalog/kind.h"
#include "catalog_sql.h"

static const char *const attrs[] = { "definition" };

/* Nothing of it can be changed; columns move to the one that takes its place. */
static enum pk_outcome alter(struct pk_script *s, const struct pk_object *from, const struct pk_object *to)
{
	(void)s, (void)from, (void)to;
	return PK_RETYPE;
}

const struct pk_kind pk_kind_collation = {
	.name = "collation", .sql_name = "COLLATION", .folder = "types", .query = pk_sql_collation, .attrs = attrs,
	.if_any = "pg_collation WHERE oid >= 16384",
	.n_attrs = PK_COUNT(attrs), .rank = 3, .owned = true, .type = true, .create = pk_create_defined, .alter = alter,
	.drop = pk_drop_plain, .set_aside = pk_set_aside_type, .rename = pk_rename_itself,
};
