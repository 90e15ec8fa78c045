/* What is said of an identity column's sequence beside its numbers: comment, privileges, logging. It comes and goes with it. */
#include "catalog/kind.h"
#include "catalog_sql.h"

enum { SEQUENCE, TEXT, LOGGING, COLUMN, OPTIONS };
static const char *const attrs[] = { "sequence", "text", "logging", "column", "options" };

static void complete(struct pk_arena *arena, struct pk_object *o, const struct pk_object *other)
{
	struct pk_object *column = pk_column_at(o->parent, strtol(pk_attr(o, COLUMN), NULL, 10));

	(void)arena, (void)other;
	o->attr[COLUMN] = NULL; /* numbers are no matter of a schema */
	o->schema = o->parent->schema;
	o->name = column ? column->name : o->parent->name;
	o->ident = column ? column->ident : o->parent->ident;
	if (column)
		pk_column_set_identity(column, pk_attr(o, OPTIONS));
	o->attr[OPTIONS] = NULL;
}

static void comment(struct pk_script *s, const struct pk_object *o)
{
	pk_emit(s, "COMMENT ON SEQUENCE %s IS %s", pk_attr(o, SEQUENCE), pk_attr(o, TEXT) ? pk_attr(o, TEXT) : "NULL");
}

static void set_logging(struct pk_script *s, const struct pk_object *o, const char *logging)
{
	pk_emit(s, "ALTER SEQUENCE %s SET %s", pk_attr(o, SEQUENCE), logging);
}

void pk_identity_keep_logging(struct pk_script *s, const struct pk_object *o)
{
	if (pk_attr(o, LOGGING))
		set_logging(s, o, pk_attr(o, LOGGING));
}

bool pk_identity_waits_for_logging(const struct pk_script *s, const struct pk_object *table)
{
	const struct pk_object *from = s->from ? pk_snapshot_find(s->from, table->key) : NULL;

	return from && pk_table_is_unlogged(from) != pk_table_is_unlogged(table);
}

static void create(struct pk_script *s, const struct pk_object *o)
{
	pk_identity_keep_logging(s, o);
	if (pk_attr(o, TEXT))
		comment(s, o);
}

static enum pk_outcome alter(struct pk_script *s, const struct pk_object *from, const struct pk_object *to)
{
	if (pk_attr_changed(from, to, LOGGING))
		set_logging(s, to, pk_attr(to, LOGGING) ? pk_attr(to, LOGGING) : pk_table_is_unlogged(to->parent) ? "UNLOGGED" : "LOGGED");
	if (pk_attr_changed(from, to, TEXT))
		comment(s, to);
	/* the column sees to the name */
	return pk_attr_changed(from, to, LOGGING) || pk_attr_changed(from, to, TEXT) ? PK_ALTERED : PK_SAME;
}

static void drop(struct pk_script *s, const struct pk_object *o)
{
	(void)s, (void)o;
}

const struct pk_kind pk_kind_identity = {
	.if_any = "pg_sequence",
	.name = "identity", .sql_name = "", .query = pk_sql_identity, .attrs = attrs, .n_attrs = PK_COUNT(attrs),
	.rank = 12, .grant_on = "SEQUENCE", .grant_name_attr = SEQUENCE + 1, .hash_joins = true,
	.complete = complete, .create = create, .alter = alter, .drop = drop,
};
