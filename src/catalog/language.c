#include "catalog/kind.h"
#include "catalog_sql.h"

enum { TRUSTED, DEFINITION };
static const char *const attrs[] = { "trusted", "definition" };

static void make(struct pk_script *s, const struct pk_object *o, const char *word)
{
	pk_emit_super(s, "%s %sLANGUAGE %s %s", word, pk_attr(o, TRUSTED), o->ident, pk_attr(o, DEFINITION));
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

const struct pk_kind pk_kind_language = {
	.name = "language", .sql_name = "LANGUAGE", .folder = "languages", .query = pk_sql_language, .attrs = attrs,
	.if_any = "pg_language WHERE oid >= 16384",
	.n_attrs = PK_COUNT(attrs), .rank = 2, .grant_on = "LANGUAGE", .owned = true,
	.create = create, .alter = alter, .drop = pk_drop_plain,
	.rename = pk_rename_itself,
};
