#include "catalog/kind.h"
#include "catalog_sql.h"

enum { DEFINITION, CONSTRUCTORS, MULTIRANGE, CANONICAL };
static const char *const attrs[] = { "definition", "constructors", "multirange", "canonical" };

const char *pk_range_subtype(struct pk_arena *arena, const struct pk_object *range)
{
	const char *type = pk_attr(range, DEFINITION) + strlen("subtype = ");
	const char *end = pk_find_outside(type, ", ");

	return end ? pk_arena_strndup(arena, type, (size_t)(end - type)) : type;
}

/* The shell that its canonical function needs is an object of its own in a plan; in files it is said here. */
static void create(struct pk_script *s, const struct pk_object *o)
{
	if (s->files && pk_attr(o, CANONICAL))
		pk_emit_super(s, "CREATE TYPE %s", o->ident);
	pk_emit(s, "CREATE TYPE %s AS RANGE (%s)", o->ident, pk_attr(o, DEFINITION));
}

static enum pk_outcome alter(struct pk_script *s, const struct pk_object *from, const struct pk_object *to)
{
	(void)s;
	return pk_attr_changed(from, to, DEFINITION) ? PK_RETYPE : PK_SAME;
}

/*
 * With its multirange, and with the constructors, which do not follow the name of their type, so that they may have
 * another one than it, and would stand in the way of the new one's. They belong to the superuser who made the cluster.
 */
static void set_aside(struct pk_script *s, const struct pk_object *o)
{
	const char *multirange = pk_attr(o, MULTIRANGE), *const *constructors;
	const char *name = pk_aside_name(s, o->name), *other = pk_aside_name(s, pk_name_of_ident(s, multirange));
	size_t n = pk_attr_list(s, pk_attr(o, CONSTRUCTORS), &constructors);

	for (size_t i = 0; i < n; i++)
		pk_emit_super(s, "ALTER FUNCTION %s RENAME TO %s", pk_item_part(s, constructors[i], 0),
			      *pk_item_part(s, constructors[i], 1) ? other : name);
	pk_set_aside_type(s, o);
	pk_emit(s, "ALTER TYPE %s RENAME TO %s", multirange, other);
}

/* A canonical function is about the range itself: it goes with it. */
static void drop(struct pk_script *s, const struct pk_object *o)
{
	pk_emit(s, "DROP TYPE %s%s", o->ident, pk_attr(o, CANONICAL) ? " CASCADE" : "");
}

static void drop_aside(struct pk_script *s, const struct pk_object *from, const struct pk_object *to)
{
	(void)to;
	pk_emit(s, "DROP TYPE %s%s", pk_aside_ident(s, from), pk_attr(from, CANONICAL) ? " CASCADE" : "");
}

const struct pk_kind pk_kind_range = {
	.name = "range", .sql_name = "TYPE", .folder = "types", .query = pk_sql_range, .attrs = attrs,
	.if_any = "pg_range WHERE rngtypid >= 16384",
	.n_attrs = PK_COUNT(attrs), .rank = 6, .grant_on = "TYPE", .owned = true, .relation_name = true, .no_relation = true, .type = true,
	.also_type_attr = MULTIRANGE + 1,
	.create = create, .alter = alter, .drop = drop, .set_aside = set_aside, .drop_aside = drop_aside,
	.rename = pk_rename_itself,
};
