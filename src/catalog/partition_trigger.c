/*
 * How a partition's share of its whole's trigger is enabled, where that differs. What is said of the whole's
 * reaches all partitions, so this is said after it, and of this one alone.
 */
#include "catalog/kind.h"
#include "catalog_sql.h"

enum { QUOTED, ENABLED, WHOLE_ENABLED };
static const char *const attrs[] = { "quoted", "enabled", "whole_enabled" };

static void set(struct pk_script *s, const struct pk_object *o, int how)
{
	pk_emit(s, "%s ONLY %s %s TRIGGER %s", pk_alter_table(o->parent), o->parent->ident, pk_attr(o, how), pk_attr(o, QUOTED));
}

static void create(struct pk_script *s, const struct pk_object *o)
{
	set(s, o, ENABLED);
}

static enum pk_outcome alter(struct pk_script *s, const struct pk_object *from, const struct pk_object *to)
{
	(void)from;
	set(s, to, ENABLED);
	return PK_ALTERED;
}

static void drop(struct pk_script *s, const struct pk_object *o)
{
	set(s, o, WHOLE_ENABLED);
}

const struct pk_kind pk_kind_partition_trigger = {
	.if_any = "pg_trigger WHERE tgparentid <> 0",
	.name = "partition_trigger", .sql_name = "", .query = pk_sql_partition_trigger, .attrs = attrs,
	.n_attrs = PK_COUNT(attrs), .rank = 21, .lock_create = "SHARE ROW EXCLUSIVE", .lock_alter = "SHARE ROW EXCLUSIVE",
	.lock_drop = "SHARE ROW EXCLUSIVE", .linked = true, .create = create, .alter = alter, .drop = drop,
};
