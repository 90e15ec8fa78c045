/*
 * A logged table refers to none that is not: where both sides of a foreign key change that, one goes first, and where two
 * refer to each other, a key is away meanwhile.
 */
#include "diff/differ.h"

static bool changes_logging(const struct pk_object *table)
{
	const struct pk_object *other = table ? pk_info(table)->other : NULL;

	return other && table->kind->refill && other->kind == table->kind && !pk_goes(table) &&
	       pk_table_is_unlogged(table) != pk_table_is_unlogged(other);
}

/* The table that the key of that side refers to, where that, and its own, changes so; NULL: it does not. */
static const struct pk_object *changing_target(struct pk_changes *c, const struct pk_snapshot *side, const struct pk_object *key)
{
	const struct pk_object *table = changes_logging(key->parent) ? pk_referred_table(c->arena, side, key) : NULL;

	return table != key->parent && changes_logging(table) ? table : NULL;
}

static bool reaches(struct pk_changes *c, const struct pk_object *table, const struct pk_object *end, struct pk_map *seen)
{
	if (table == end)
		return true;
	if (!pk_map_set(seen, table->key, (void *)table))
		return false;
	for (size_t i = 0; i < table->n_children; i++) {
		const struct pk_object *key = table->children[i];
		const struct pk_object *next = key->kind->references && !pk_goes(key) ? changing_target(c, c->from, key) : NULL;

		if (next && reaches(c, next, end, seen))
			return true;
	}
	return false;
}

bool pk_logging_reach(struct pk_changes *c)
{
	bool changed = false;

	for (size_t i = 0; i < c->from->n; i++) {
		struct pk_object *key = c->from->objects[i];
		const struct pk_object *table = key->kind->references && !pk_goes(key) ? changing_target(c, c->from, key) : NULL;
		PK_AUTO(pk_map) seen = PK_MAP_INIT;

		if (!table || pk_object_comes_by_itself(key) || !reaches(c, table, key->parent, &seen))
			continue;
		pk_info(key)->gap = true;
		changed |= pk_reach(key, table, PK_LOSS_ANEW);
	}
	return changed;
}

static void order_tables(struct pk_differ *d, const struct pk_object *from, const struct pk_object *to)
{
	if (pk_table_is_unlogged(from))
		pk_graph_edge(&d->graph, pk_info(to)->alter, pk_info(from)->alter);
	else
		pk_graph_edge(&d->graph, pk_info(from)->alter, pk_info(to)->alter);
}

void pk_differ_order_logging(struct pk_differ *d)
{
	for (size_t i = 0; i < d->changes.from->n; i++) {
		const struct pk_object *key = d->changes.from->objects[i];
		const struct pk_object *table = key->kind->references ? pk_referred_table(&d->arena, d->changes.from, key) : NULL;

		if (changes_logging(table))
			pk_graph_edge(&d->graph, pk_info(key)->drop, pk_info(table)->alter);
		table = table && !pk_goes(key) ? changing_target(&d->changes, d->changes.from, key) : NULL;
		if (table)
			order_tables(d, key->parent, table);
	}
	for (size_t i = 0; i < d->changes.to->n; i++) {
		const struct pk_object *key = d->changes.to->objects[i];
		const struct pk_object *table = key->kind->references && pk_info(key)->create != PK_NO_NODE ?
							pk_referred_table(&d->arena, d->changes.to, key) : NULL;

		if (changes_logging(table))
			pk_graph_edge(&d->graph, pk_info(table)->alter, pk_info(key)->create);
	}
}
