#include "catalog/kind.h"
#include "catalog_sql.h"

/* Part of a type, and there before it: what the type is made of needs its name. Nothing of it is seen. */
static void create(struct pk_script *s, const struct pk_object *o)
{
	if (!s->canonical && !s->files)
		pk_emit_super(s, "CREATE TYPE %s", o->ident);
}

static void drop(struct pk_script *s, const struct pk_object *o)
{
	(void)s, (void)o; /* goes with its type */
}

const struct pk_kind pk_kind_shell = {
	.if_any = "pg_type WHERE oid >= 16384 AND (typtype IN ('b', 'r') AND typarray <> 0 OR NOT typisdefined)",
	.name = "shell", .sql_name = "", .query = pk_sql_shell, .rank = 4, .comes_first = true,
	.create = create, .alter = pk_alter_recreate, .drop = drop,
};
