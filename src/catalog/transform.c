#include "catalog/kind.h"
#include "catalog_sql.h"

enum { DEFINITION };
static const char *const attrs[] = { "definition" };

static void make(struct pk_script *s, const struct pk_object *o, const char *word)
{
	pk_emit_super(s, "%s TRANSFORM %s (%s)", word, o->ident, pk_attr(o, DEFINITION));
}

static void create(struct pk_script *s, const struct pk_object *o)
{
	make(s, o, "CREATE");
}

static enum pk_outcome alter(struct pk_script *s, const struct pk_object *from, const struct pk_object *to)
{
	(void)from;
	make(s, to, "CREATE OR REPLACE");
	return PK_ALTERED;
}

const struct pk_kind pk_kind_transform = {
	.name = "transform", .sql_name = "TRANSFORM", .folder = "transforms", .query = pk_sql_transform, .attrs = attrs,
	.if_any = "pg_transform",
	.n_attrs = PK_COUNT(attrs), .rank = 9, .create = create, .alter = alter, .drop = pk_drop_plain,
};
