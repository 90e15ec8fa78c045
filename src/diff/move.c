/* Tables that are made anew and keep their rows, and what that means for their partitions. */
#include "diff/changes.h"

/* The partitioned table that a table is part of before and after; NULL: none, or another. */
static const struct pk_object *whole_all_along(const struct pk_object *table)
{
	const struct pk_object *to = pk_info(table)->other, *whole = pk_partition_of(table);
	const struct pk_object *after = to ? pk_partition_of(to) : NULL;

	if (!whole || (to && (!after || strcmp(after->ident, whole->ident) != 0)))
		return NULL;
	return whole;
}

bool pk_moves_reach(struct pk_changes *c)
{
	bool changed = false;

	for (size_t i = 0; i < c->from->n; i++) {
		struct pk_object *o = c->from->objects[i];
		const struct pk_object *whole = o->kind->refill ? whole_all_along(o) : NULL;

		if (!whole || !pk_moves(whole) || pk_info(o)->fate == PK_REMAKE || !pk_info(o)->other)
			continue;
		pk_info(o)->fate = pk_info(pk_info(o)->other)->fate = PK_REMAKE;
		changed = true;
	}
	return changed;
}

bool pk_goes_along(const struct pk_object *o)
{
	const struct pk_object *whole = o->kind->refill && pk_goes(o) ? whole_all_along(o) : NULL;

	return whole && (pk_moves(whole) || pk_goes_along(whole));
}

/* Does anything keep values of the old type while the new one comes? */
static bool in_use(const struct pk_object *type)
{
	const struct pk_info *info = pk_info(type);

	for (size_t i = 0; i < info->n_users; i++) {
		const struct pk_object *user = info->users[i];

		if (pk_info(user)->freed)
			continue;
		if (pk_info(user)->fate == PK_REPLACE_TYPE ? in_use(user) : !pk_goes(user) || pk_moves(user) || (user->parent && pk_moves(user->parent)))
			return true;
	}
	return false;
}

/* What a type is made of cannot go before it, and makes room as well. */
static void makers_aside(const struct pk_object *type)
{
	for (size_t i = 0; i < type->n_deps; i++) {
		const struct pk_object *on = type->deps[i];

		pk_info(on)->aside |= on->kind->routine && on->kind->set_aside && pk_goes(on);
	}
}

/* Has it a column that lets go of its type while the parent's, which goes, does not? Then it leaves that before. */
static bool leaves_early(const struct pk_object *table)
{
	for (size_t i = 0; pk_info(table)->aside && table->kind->columns_apart && i < table->n_children; i++) {
		const struct pk_object *column = table->children[i];

		if (column->kind->part && pk_info(column)->freed && column->origin && !pk_info(column->origin)->freed)
			return true;
	}
	return false;
}

bool pk_lets_go_along(const struct pk_object *column)
{
	return column->origin && pk_info(column->origin)->freed && !leaves_early(column->parent);
}

bool pk_computed_by(const struct pk_object *o, const struct pk_object *on)
{
	return o->kind->part && pk_column_generated(o) && !on->kind->part && !on->kind->relation_name;
}

/* A sequence, if not its own, which goes with it. */
static bool counts_by(const struct pk_changes *c, const struct pk_object *table, const struct pk_object *on)
{
	const struct pk_object *column = pk_tied_column(c, c->from, on);

	return on->kind->tied_to_column && (!column || column->parent != table);
}

/*
 * What stands aside does not keep what has to come again, go with something else or make way for a name by then: columns
 * let go of functions and sequences.
 */
static void untie_columns(const struct pk_changes *c, const struct pk_object *table)
{
	for (size_t i = 0; table->kind->columns_apart && i < table->n_children; i++) {
		const struct pk_object *column = table->children[i];

		for (size_t k = 0; column->kind->part && k < column->n_deps; k++) {
			const struct pk_object *on = column->deps[k];

			pk_info(column)->retie |= pk_goes(on) && (pk_by_tie(column, on) || pk_computed_by(column, on) ||
								      counts_by(c, table, on));
		}
	}
}

void pk_moves_settle(struct pk_changes *c)
{
	for (size_t i = 0; i < c->from->n; i++) {
		struct pk_object *o = c->from->objects[i];
		struct pk_info *info = pk_info(o);

		info->along = pk_goes_along(o);
		info->aside |= (info->fate == PK_REPLACE_TYPE && in_use(o)) || pk_moves(o) || info->along;
		if (info->aside && o->kind->type)
			makers_aside(o);
		info->retie |= leaves_early(o);
		if (info->aside)
			untie_columns(c, o);
	}
}

/* Is it divided by what goes: a function, an operator class? Not so types, which make room. */
static bool uses_what_goes(const struct pk_object *table)
{
	for (size_t i = 0; pk_table_is_partitioned(table) && i < table->n_deps; i++) {
		const struct pk_object *on = table->deps[i];

		if (pk_goes(on) && pk_info(on)->other && !pk_info(on)->aside && !on->kind->relation_name)
			return true;
	}
	return false;
}

static bool has_freed_key(const struct pk_object *table)
{
	if (uses_what_goes(table))
		return true;
	for (size_t i = 0; i < table->n_children; i++) {
		const struct pk_object *part = table->children[i];

		if (part->kind->part && pk_info(part)->freed && part->kind->fixed(part))
			return true;
	}
	for (size_t i = 0; i < table->n_heirs; i++) {
		if (pk_info(table->heirs[i])->along && has_freed_key(table->heirs[i]))
			return true;
	}
	return false;
}

bool pk_parks(const struct pk_object *table)
{
	return pk_moves(table) && !pk_info(table)->along && has_freed_key(table);
}
