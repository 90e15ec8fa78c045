#include "catalog/kind.h"
#include "catalog_sql.h"

enum { QUOTED, DEFINITION, ENABLED };
static const char *const attrs[] = { "quoted", "definition", "enabled" };

static void set_enabled(struct pk_script *s, const struct pk_object *o)
{
	pk_emit(s, "ALTER TABLE %s %s RULE %s", o->parent->ident, pk_attr(o, ENABLED) ? pk_attr(o, ENABLED) : "ENABLE",
		pk_attr(o, QUOTED));
}

static void create(struct pk_script *s, const struct pk_object *o)
{
	pk_emit(s, "%s", pk_places_said(s, o));
	if (pk_attr(o, ENABLED))
		set_enabled(s, o);
}

static enum pk_outcome alter(struct pk_script *s, const struct pk_object *from, const struct pk_object *to)
{
	if (pk_attr_changed(from, to, DEFINITION))
		return PK_RECREATE;
	set_enabled(s, to);
	return PK_ALTERED;
}

const struct pk_kind pk_kind_rule = {
	.opens_relations = true, .places_attr = DEFINITION + 1,
	.name = "rule", .sql_name = "RULE", .folder = "views", .query = pk_sql_rule, .attrs = attrs,
	.if_any = "pg_rewrite WHERE rulename <> '_RETURN' AND oid >= 16384",
	.n_attrs = PK_COUNT(attrs), .rank = 19, .lock_create = "ACCESS EXCLUSIVE", .lock_alter = "SHARE ROW EXCLUSIVE", .lock_drop = "ACCESS EXCLUSIVE", .blocks_type_change = true, .create = create, .alter = alter, .drop = pk_drop_plain,
	.rename = pk_rename_itself, .named_freely = true, .named_attr = DEFINITION + 1,
};
