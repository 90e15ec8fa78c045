#include "catalog/kind.h"
#include "catalog_sql.h"
#include "pg/conn.h"

enum { PERSISTENCE, TYPE, START, INCREMENT, MIN, MAX, CACHE, CYCLE, OWNED_BY };
static const char *const attrs[] = { "persistence", "type", "start", "increment", "min", "max", "cache", "cycle",
				     "owned_by" };

static void own(struct pk_script *s, const struct pk_object *o)
{
	pk_emit(s, "ALTER SEQUENCE %s OWNED BY %s", o->ident, pk_attr(o, OWNED_BY) ? pk_attr(o, OWNED_BY) : "NONE");
}

static void disown(struct pk_script *s, const struct pk_object *from, const struct pk_object *to)
{
	(void)to;
	pk_emit(s, "ALTER SEQUENCE %s OWNED BY NONE", from->ident);
}

static const char *owner_column(const struct pk_object *o)
{
	return pk_attr(o, OWNED_BY);
}

static bool same_owner(const struct pk_object *from, const struct pk_object *to)
{
	return !pk_attr_changed(from, to, OWNED_BY);
}

/* OWNED BY is not part of creation: the column's default needs the sequence first. */
static void create(struct pk_script *s, const struct pk_object *o)
{
	pk_emit(s, "CREATE %s%sSEQUENCE %s AS %s START WITH %s INCREMENT BY %s MINVALUE %s MAXVALUE %s CACHE %s %s",
		pk_attr(o, PERSISTENCE) ? pk_attr(o, PERSISTENCE) : "", pk_attr(o, PERSISTENCE) ? " " : "", o->ident,
		pk_attr(o, TYPE), pk_attr(o, START), pk_attr(o, INCREMENT), pk_attr(o, MIN), pk_attr(o, MAX),
		pk_attr(o, CACHE), pk_attr(o, CYCLE));
	if ((s->canonical || s->files) && pk_attr(o, OWNED_BY))
		own(s, o);
}

static const char *literal(struct pk_script *s, const char *text)
{
	PK_AUTO(pk_buf) out = PK_BUF_INIT;

	pk_buf_add_literal(&out, text);
	return pk_arena_strdup(s->arena, out.ptr);
}

bool pk_sequence_bounds_apart(const char *old_min, const char *new_min, const char *old_max, const char *new_max)
{
	return strtoll(new_min, NULL, 10) > strtoll(old_max, NULL, 10) ||
	       strtoll(new_max, NULL, 10) < strtoll(old_min, NULL, 10);
}

void pk_sequence_into_bounds(struct pk_script *s, const char *ident, const char *old_min, const char *new_min,
			     const char *old_max, const char *new_max)
{
	if (pk_sequence_bounds_apart(old_min, new_min, old_max, new_max))
		return;
	if (strtoll(new_min, NULL, 10) > strtoll(old_min, NULL, 10))
		pk_emit(s, "SELECT pg_catalog.setval(%s, %s, is_called) FROM %s WHERE last_value < %s",
			literal(s, ident), new_min, ident, new_min)->lock = "";
	if (strtoll(new_max, NULL, 10) < strtoll(old_max, NULL, 10))
		pk_emit(s, "SELECT pg_catalog.setval(%s, %s, is_called) FROM %s WHERE last_value > %s",
			literal(s, ident), new_max, ident, new_max)->lock = "";
}

void pk_sequence_go_on(struct pk_script *s, const struct pk_object *column, const char *ident, const char *increment,
		       const char *min, const char *max)
{
	const char *last = pk_arena_printf(s->arena, "pg_catalog.%s(%s)", *increment == '-' ? "min" : "max", pk_attr(column, 0));
	struct pk_stmt *stmt = pk_emit(s, "SELECT pg_catalog.setval(%s, %s::bigint) FROM %s HAVING %s BETWEEN %s AND %s",
				       literal(s, ident), last, column->parent->ident, last, min, max);

	stmt->about = column->parent;
	stmt->lock = "ACCESS SHARE";
	stmt->scan = true;
}

void pk_sequence_succeeds(struct pk_script *s, const struct pk_object *sequence, const struct pk_object *column)
{
	pk_sequence_go_on(s, column, sequence->ident, pk_attr(sequence, INCREMENT), pk_attr(sequence, MIN), pk_attr(sequence, MAX));
}

bool pk_sequence_is_unlogged(const struct pk_object *o)
{
	return pk_attr(o, PERSISTENCE) != NULL;
}

void pk_sequence_set_logging(struct pk_script *s, const struct pk_object *o)
{
	pk_emit(s, "ALTER SEQUENCE %s SET %s", o->ident, pk_sequence_is_unlogged(o) ? "UNLOGGED" : "LOGGED");
}

static enum pk_outcome alter(struct pk_script *s, const struct pk_object *from, const struct pk_object *to)
{
	static const struct {
		int attr;
		const char *word;
	} changes[] = { { TYPE, "AS" }, { INCREMENT, "INCREMENT BY" }, { MIN, "MINVALUE" }, { MAX, "MAXVALUE" },
			{ START, "START WITH" }, { CACHE, "CACHE" }, { CYCLE, "" } };
	PK_AUTO(pk_buf) sql = PK_BUF_INIT;

	for (size_t i = 0; i < PK_COUNT(changes); i++) {
		int a = changes[i].attr;

		if (pk_attr_changed(from, to, a))
			pk_buf_addf(&sql, " %s%s%s", changes[i].word, *changes[i].word ? " " : "", pk_attr(to, a));
	}
	if (pk_sequence_bounds_apart(pk_attr(from, MIN), pk_attr(to, MIN), pk_attr(from, MAX), pk_attr(to, MAX)))
		pk_buf_add(&sql, " RESTART");
	pk_sequence_into_bounds(s, to->ident, pk_attr(from, MIN), pk_attr(to, MIN), pk_attr(from, MAX), pk_attr(to, MAX));
	if (sql.len)
		pk_emit(s, "ALTER SEQUENCE %s%s", to->ident, sql.ptr);
	if (pk_attr_changed(from, to, PERSISTENCE))
		pk_sequence_set_logging(s, to);
	return PK_ALTERED;
}

const struct pk_kind pk_kind_sequence = {
	.if_any = "pg_sequence",
	.name = "sequence", .sql_name = "SEQUENCE", .folder = "sequences", .query = pk_sql_sequence, .attrs = attrs,
	.n_attrs = PK_COUNT(attrs), .rank = 7, .lock_alter = "SHARE ROW EXCLUSIVE", .lock_drop = "ACCESS EXCLUSIVE", .grant_on = "SEQUENCE", .owned = true, .relation_name = true, .no_row_type = true, .stays = true,
	.tie = owner_column, .tie_same = same_owner, .untie = disown, .retie = own, .tied_to_column = true,
	.create = create, .alter = alter, .drop = pk_drop_plain,
	.rename = pk_rename_itself, .named_freely = true,
};
