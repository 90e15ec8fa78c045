/* A table that cannot become the new one in place: it stands aside, its rows move, it goes. */
#include "catalog/kind.h"
#include "pg/conn.h"

/*
 * It leaves its parents: they may become what has no heirs, and their changes are not its own any more. Identity
 * sequences keep their names when their table is renamed, and the new table wants them.
 */
void pk_table_set_aside(struct pk_script *s, const struct pk_object *o)
{
	struct pk_stmt *stmt;

	if (!pk_tied_later(s, o))
		pk_table_leave_all(s, o);
	stmt = pk_emit(s, "ALTER TABLE %s RENAME TO %s", o->ident, pk_aside_name(s, o->name));
	stmt->lock = "ACCESS EXCLUSIVE";
	stmt->about = o;
	for (size_t i = 0; i < o->n_children; i++) {
		const char *sequence = o->children[i]->kind->part ? pk_column_identity(s, o->children[i]) : NULL;

		if (sequence)
			pk_emit(s, "ALTER SEQUENCE %s RENAME TO %s", sequence, pk_aside_name(s, pk_name_of_ident(s, sequence)));
	}
}

static const char *parked_value(struct pk_script *s, const struct pk_object *column)
{
	const char *name = pk_attr(column, 0);

	switch (s->stand_in ? s->stand_in(s, column) : PK_STAND_IN_NONE) {
	case PK_STAND_IN_TEXT:
		return pk_arena_printf(s->arena, "%s::text AS %s", name, name);
	case PK_STAND_IN_JSON:
		return pk_arena_printf(s->arena, "to_json(%s) AS %s", name, name);
	default:
		return name;
	}
}

void pk_table_park(struct pk_script *s, const struct pk_object *o)
{
	const char *aside = pk_aside_ident(s, o), *schema = pk_schema_of_ident(s->arena, o->ident), *name = pk_name_with(s, o->name, "_parked");
	PK_AUTO(pk_buf) values = PK_BUF_INIT;
	struct pk_stmt *stmt;

	for (size_t i = 0; i < o->n_children; i++) {
		if (o->children[i]->kind->part)
			pk_buf_addf(&values, "%s%s", values.len ? ", " : "", parked_value(s, o->children[i]));
	}
	stmt = pk_emit(s, "CREATE TABLE %s.%s AS SELECT %s FROM %s", schema, name, values.ptr, aside);
	stmt->rewrite = true;
	stmt->lock = "ACCESS EXCLUSIVE"; /* held since it was renamed */
	stmt->about = o;
	stmt->note = "keeps the rows while the type of the key changes; nobody reads or writes them meanwhile";
	pk_emit(s, "DROP TABLE %s", aside)->lock = "";
	pk_emit(s, "ALTER TABLE %s.%s RENAME TO %s", schema, name, pk_aside_name(s, o->name))->lock = "";
}

static const struct pk_object *counterpart(const struct pk_object *table, const struct pk_object *column)
{
	for (size_t i = 0; i < table->n_children; i++) {
		if (table->children[i]->kind->part && strcmp(table->children[i]->name, column->name) == 0)
			return table->children[i];
	}
	return NULL;
}

static void move_sequence(struct pk_script *s, const struct pk_object *from, const struct pk_object *to)
{
	const char *old = pk_column_identity(s, from), *new = pk_column_identity(s, to);
	PK_AUTO(pk_buf) literal = PK_BUF_INIT;

	if (!old || !new)
		return;
	pk_buf_add_literal(&literal, new);
	pk_emit(s, "SELECT pg_catalog.setval(%s, last_value, is_called) FROM %s.%s", literal.ptr,
		pk_schema_of_ident(s->arena, old), pk_aside_name(s, pk_name_of_ident(s, old)));
}

void pk_table_refill(struct pk_script *s, const struct pk_object *from, const struct pk_object *to)
{
	PK_AUTO(pk_buf) names = PK_BUF_INIT;
	PK_AUTO(pk_buf) values = PK_BUF_INIT;
	bool identity = false, forced = pk_table_forces_security(to);
	struct pk_stmt *stmt;

	for (size_t i = 0; i < to->n_children; i++) {
		const struct pk_object *new = to->children[i], *old = new->kind->part ? counterpart(from, new) : NULL;

		if (!old || pk_column_generated(new))
			continue;
		pk_buf_addf(&names, "%s%s", names.len ? ", " : "", pk_attr(new, 0));
		pk_buf_addf(&values, "%s%s", values.len ? ", " : "", pk_column_value(s, old, new));
		identity |= pk_column_identity(s, new) != NULL;
	}
	if (forced)
		pk_emit(s, "ALTER TABLE %s NO FORCE ROW LEVEL SECURITY", to->ident);
	stmt = pk_emit(s, "INSERT INTO %s%s%s%s%s SELECT %s FROM %s%s", to->ident, names.len ? " (" : "", names.ptr,
		       names.len ? ")" : "", identity ? " OVERRIDING SYSTEM VALUE" : "", values.ptr,
		       pk_table_is_partitioned(from) ? "" : "ONLY ", pk_aside_ident(s, from));
	stmt->about = from;
	stmt->lock = "ACCESS EXCLUSIVE"; /* held since it was renamed */
	stmt->rewrite = true;
	stmt->note = "moves the rows to the new table; nobody reads or writes them meanwhile";
	if (forced)
		pk_emit(s, "ALTER TABLE %s FORCE ROW LEVEL SECURITY", to->ident);
	for (size_t i = 0; i < to->n_children; i++) {
		const struct pk_object *new = to->children[i], *old = new->kind->part ? counterpart(from, new) : NULL;

		if (old)
			move_sequence(s, old, new);
	}
}

void pk_table_drop_aside(struct pk_script *s, const struct pk_object *from, const struct pk_object *to)
{
	struct pk_stmt *stmt = pk_emit(s, "DROP TABLE %s", pk_aside_ident(s, from));

	stmt->about = from;
	for (size_t i = 0; i < from->n_children; i++) {
		const struct pk_object *old = from->children[i];

		if (old->kind->part && !pk_column_generated(old) && !counterpart(to, old)) {
			stmt->lost = "the values";
			stmt->lost_of = old;
		}
	}
}
