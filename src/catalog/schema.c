#include "catalog/kind.h"
#include "catalog_sql.h"

/* public comes with every database, so it is only made where somebody dropped it. */
static void create(struct pk_script *s, const struct pk_object *o)
{
	pk_emit(s, "CREATE SCHEMA %s%s", s->files ? "IF NOT EXISTS " : "", o->ident);
}

static enum pk_outcome alter(struct pk_script *s, const struct pk_object *from, const struct pk_object *to)
{
	(void)s, (void)from, (void)to;
	return PK_ALTERED;
}

const struct pk_kind pk_kind_schema = {
	.name = "schema", .sql_name = "SCHEMA", .folder = "schemas", .query = pk_sql_schema, .rank = 0,
	.grant_on = "SCHEMA", .owned = true, .stays = true, .create = create, .alter = alter, .drop = pk_drop_plain,
	.rename = pk_rename_itself,
};
