#include "catalog/kind.h"
#include "catalog_sql.h"

enum { DEFINITION, SUPERUSER };
static const char *const attrs[] = { "definition", "superuser" };

static void create(struct pk_script *s, const struct pk_object *o)
{
	pk_emit(s, "CREATE CAST %s %s", o->ident, pk_attr(o, DEFINITION))->superuser = pk_attr(o, SUPERUSER) != NULL;
}

static void drop(struct pk_script *s, const struct pk_object *o)
{
	pk_emit(s, "DROP CAST %s", o->ident)->superuser = pk_attr(o, SUPERUSER) != NULL;
}

const struct pk_kind pk_kind_cast = {
	.name = "cast", .sql_name = "CAST", .folder = "casts", .query = pk_sql_cast, .attrs = attrs,
	.if_any = "pg_cast WHERE oid >= 16384",
	.n_attrs = PK_COUNT(attrs), .rank = 9, .create = create, .alter = pk_alter_recreate, .drop = drop,
};
