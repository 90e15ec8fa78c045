/* Event triggers. In databases of ours none fires whose function a role may change (pk_super_sever()). */
#include "catalog/kind.h"
#include "catalog_sql.h"

enum { DEFINITION, ENABLED };
static const char *const attrs[] = { "definition", "enabled" };

static void set_enabled(struct pk_script *s, const struct pk_object *o)
{
	pk_emit_super(s, "ALTER EVENT TRIGGER %s %s", o->ident, pk_attr(o, ENABLED));
}

static void create(struct pk_script *s, const struct pk_object *o)
{
	pk_emit_super(s, "CREATE EVENT TRIGGER %s ON %s", o->ident, pk_attr(o, DEFINITION));
	if (!pk_streq(pk_attr(o, ENABLED), "ENABLE"))
		set_enabled(s, o);
}

static enum pk_outcome alter(struct pk_script *s, const struct pk_object *from, const struct pk_object *to)
{
	if (pk_attr_changed(from, to, DEFINITION))
		return PK_RECREATE;
	set_enabled(s, to);
	return PK_ALTERED;
}

static void drop(struct pk_script *s, const struct pk_object *o)
{
	pk_emit_super(s, "DROP EVENT TRIGGER %s", o->ident);
}

static bool watches(const struct pk_object *o)
{
	return !pk_streq(pk_attr(o, ENABLED), "DISABLE");
}

const struct pk_kind pk_kind_event_trigger = {
	.name = "event_trigger", .sql_name = "EVENT TRIGGER", .folder = "event_triggers", .query = pk_sql_event_trigger,
	.if_any = "pg_event_trigger",
	.attrs = attrs, .n_attrs = PK_COUNT(attrs), .rank = 28, .watches = watches, .create = create, .alter = alter, .drop = drop,
	.rename = pk_rename_itself,
};
