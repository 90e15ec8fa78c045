/* A schema whose tables a publication has, those to come too. Only a superuser may say so. */
#include "catalog/kind.h"
#include "catalog_sql.h"

static void create(struct pk_script *s, const struct pk_object *o)
{
	pk_emit_super(s, "ALTER PUBLICATION %s ADD TABLES IN SCHEMA %s", o->parent->ident, o->name);
}

static void drop(struct pk_script *s, const struct pk_object *o)
{
	pk_emit_super(s, "ALTER PUBLICATION %s DROP TABLES IN SCHEMA %s", o->parent->ident, o->name);
}

const struct pk_kind pk_kind_publication_schema = {
	.if_any = "pg_publication",
	.name = "publication_schema", .sql_name = "", .query = pk_sql_publication_schema, .rank = 26, .carried = true,
	.linked = true, .create = create, .alter = pk_alter_recreate, .drop = drop,
};
