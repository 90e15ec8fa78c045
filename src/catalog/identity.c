/* What is said of an identity column's sequence beside its numbers: comment and privileges. It comes and goes with it. */
#include "catalog/kind.h"
#include "catalog_sql.h"

enum { SEQUENCE, TEXT };
static const char *const attrs[] = { "sequence", "text" };

static void comment(struct pk_script *s, const struct pk_object *o)
{
	pk_emit(s, "COMMENT ON SEQUENCE %s IS %s", pk_attr(o, SEQUENCE), pk_attr(o, TEXT) ? pk_attr(o, TEXT) : "NULL");
}

static void create(struct pk_script *s, const struct pk_object *o)
{
	if (pk_attr(o, TEXT))
		comment(s, o);
}

static enum pk_outcome alter(struct pk_script *s, const struct pk_object *from, const struct pk_object *to)
{
	if (!pk_attr_changed(from, to, TEXT))
		return PK_SAME; /* the column sees to the name */
	comment(s, to);
	return PK_ALTERED;
}

static void drop(struct pk_script *s, const struct pk_object *o)
{
	(void)s, (void)o;
}

const struct pk_kind pk_kind_identity = {
	.if_any = "pg_sequence",
	.name = "identity", .sql_name = "", .query = pk_sql_identity, .attrs = attrs, .n_attrs = PK_COUNT(attrs),
	.rank = 12, .grant_on = "SEQUENCE", .grant_name_attr = SEQUENCE + 1, .hash_joins = true,
	.create = create, .alter = alter, .drop = drop,
};
