#include "catalog/kind.h"
#include "catalog_sql.h"

enum { DEFINITION, TARGET };
static const char *const attrs[] = { "definition", "target" };

static void set_target(struct pk_script *s, const struct pk_object *o)
{
	pk_emit(s, "ALTER STATISTICS %s SET STATISTICS %s", o->ident, pk_attr(o, TARGET) ? pk_attr(o, TARGET) : "-1");
}

static void create(struct pk_script *s, const struct pk_object *o)
{
	pk_emit(s, "%s", pk_attr(o, DEFINITION));
}

static void extras(struct pk_script *s, const struct pk_object *from, const struct pk_object *to)
{
	if (!from && pk_attr(to, TARGET))
		set_target(s, to);
}

static enum pk_outcome alter(struct pk_script *s, const struct pk_object *from, const struct pk_object *to)
{
	if (pk_attr_changed(from, to, DEFINITION))
		return PK_RECREATE;
	set_target(s, to);
	return PK_ALTERED;
}

const struct pk_kind pk_kind_statistics = {
	.opens_relations = true,
	.name = "statistics", .sql_name = "STATISTICS", .folder = "indexes", .query = pk_sql_statistics, .attrs = attrs,
	.if_any = "pg_statistic_ext",
	.n_attrs = PK_COUNT(attrs), .rank = 16, .lock_create = "SHARE UPDATE EXCLUSIVE", .lock_drop = "SHARE UPDATE EXCLUSIVE", .owned = true, .blocks_type_change = true, .extras = extras, .create = create, .alter = alter, .drop = pk_drop_plain,
	.rename = pk_rename_itself, .named_freely = true, .named_attr = DEFINITION + 1,
};
