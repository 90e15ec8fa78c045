#include "catalog/kind.h"
#include "catalog_sql.h"

enum { QUOTED, DEFINITION, ENABLED };
static const char *const attrs[] = { "quoted", "definition", "enabled" };

/* One in each partition, of its whole's name. */
static bool has_shares(const struct pk_object *o)
{
	return pk_table_is_partitioned(o->parent) && pk_find_outside(pk_attr(o, DEFINITION), " FOR EACH ROW ");
}

static void set_enabled(struct pk_script *s, const struct pk_object *o)
{
	pk_emit(s, "ALTER TABLE %s %s TRIGGER %s", o->parent->ident, pk_attr(o, ENABLED) ? pk_attr(o, ENABLED) : "ENABLE",
		pk_attr(o, QUOTED));
}

static void create(struct pk_script *s, const struct pk_object *o)
{
	struct pk_stmt *stmt = pk_emit(s, "%s", pk_attr(o, DEFINITION));

	stmt->lock = "SHARE ROW EXCLUSIVE";
	stmt->about = o->parent;
	stmt->heirs = has_shares(o) ? PK_ALL_HEIRS : PK_NO_HEIRS;
	if (pk_attr(o, ENABLED))
		set_enabled(s, o);
}

static void drop(struct pk_script *s, const struct pk_object *o)
{
	pk_drop_plain(s, o);
	s->items[s->n - 1].heirs = has_shares(o) ? PK_ALL_HEIRS : PK_NO_HEIRS;
}

static enum pk_outcome alter(struct pk_script *s, const struct pk_object *from, const struct pk_object *to)
{
	if (pk_attr_changed(from, to, DEFINITION))
		return PK_RECREATE;
	set_enabled(s, to);
	return PK_ALTERED;
}

const struct pk_kind pk_kind_trigger = {
	.opens_relations = true,
	.name = "trigger", .sql_name = "TRIGGER", .folder = "triggers", .query = pk_sql_trigger, .attrs = attrs,
	.if_any = "pg_trigger WHERE NOT tgisinternal",
	.n_attrs = PK_COUNT(attrs), .rank = 20, .lock_create = "SHARE ROW EXCLUSIVE", .lock_alter = "SHARE ROW EXCLUSIVE", .lock_drop = "ACCESS EXCLUSIVE", .blocks_type_change = true, .create = create, .alter = alter, .drop = drop,
	.takes = "TRIGGER", .rename = pk_rename_itself, .named_freely = true, .renames_heirs = has_shares, .named_attr = DEFINITION + 1,
};
