#include "catalog/kind.h"
#include "catalog_sql.h"

enum { HEAD, SHAPE, DEFINITION, SIGNATURE, SUPERUSER };
static const char *const attrs[] = { "head", "shape", "definition", "signature", "superuser" };

static void make(struct pk_script *s, const struct pk_object *o, const char *word)
{
	pk_emit(s, "%s AGGREGATE %s (\n    %s\n)", word, pk_attr(o, HEAD), pk_attr(o, DEFINITION))->superuser =
		pk_attr(o, SUPERUSER) != NULL;
}

static void create(struct pk_script *s, const struct pk_object *o)
{
	make(s, o, "CREATE");
}

/* Its result and how many arguments come before ORDER BY stay, and what it is called with. */
static enum pk_outcome alter(struct pk_script *s, const struct pk_object *from, const struct pk_object *to)
{
	if (pk_attr_changed(from, to, HEAD) || pk_attr_changed(from, to, SHAPE))
		return PK_RECREATE;
	make(s, to, "CREATE OR REPLACE");
	return PK_ALTERED;
}

const struct pk_kind pk_kind_aggregate = {
	.name = "aggregate", .sql_name = "AGGREGATE", .folder = "functions", .query = pk_sql_aggregate, .attrs = attrs,
	.if_any = "pg_proc WHERE prokind = 'a' AND oid >= 16384",
	.n_attrs = PK_COUNT(attrs), .rank = 9, .grant_on = "FUNCTION",
	.grant_name_attr = SIGNATURE + 1, .owned = true, .routine = true,
	.create = create, .alter = alter, .drop = pk_drop_plain,
	.rename = pk_rename_itself,
};
