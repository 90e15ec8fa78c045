/* Actions: what is dropped, made and changed by a statement of its own, and what goes or comes along. */
#include "diff/differ.h"

size_t pk_drop_node(const struct pk_object *from)
{
	return from ? pk_info(from)->drop : PK_NO_NODE;
}

size_t pk_ready_node(const struct pk_object *to)
{
	const struct pk_info *info = pk_info(to);

	if (info->create != PK_NO_NODE)
		return info->create;
	return info->alter != PK_NO_NODE ? info->alter : info->rename;
}

const struct pk_object *pk_index_parent(struct pk_arena *arena, const struct pk_snapshot *side, const struct pk_object *o)
{
	const char *name = o->kind->parent_attr ? o->attr[o->kind->parent_attr - 1] : NULL;
	const struct pk_object *whole;

	if (!name)
		return NULL;
	whole = pk_snapshot_find(side, pk_arena_printf(arena, "%s %s", o->kind->name, name));
	return whole ? whole : pk_snapshot_find(side, pk_arena_printf(arena, "%s %s", pk_kind_index.name, name));
}

const struct pk_object *pk_referred_table(struct pk_arena *arena, const struct pk_snapshot *side, const struct pk_object *key)
{
	const char *ident = key->kind->references ? key->kind->references(key) : NULL;

	return ident ? pk_snapshot_find(side, pk_arena_printf(arena, "%s %s", pk_kind_table.name, ident)) : NULL;
}

/* A foreign key to another table that goes as well, or to its own one's partitions. */
static bool refers_elsewhere(struct pk_differ *d, const struct pk_object *o)
{
	const struct pk_object *other = pk_referred_table(&d->arena, d->changes.from, o);

	return other && pk_goes(other) && (other != o->parent || pk_table_is_partitioned(other));
}

static size_t add_drop(struct pk_differ *d, struct pk_object *o);

/* Is the table detached by a statement of its own? */
static bool is_detached(struct pk_differ *d, const struct pk_object *table)
{
	struct pk_object *attachment = (struct pk_object *)pk_attachment_of(table);
	size_t drop = attachment ? add_drop(d, attachment) : PK_NO_NODE;

	return drop != PK_NO_NODE && d->graph.nodes[drop].from == attachment;
}

bool pk_differ_refers_home(struct pk_differ *d, const struct pk_object *share)
{
	const struct pk_object *key = pk_object_comes_by_itself(share) ? pk_index_parent(&d->arena, d->changes.from, share) : NULL;
	const struct pk_object *table = key ? pk_referred_table(&d->arena, d->changes.from, key) : NULL, *part = share->parent;

	while (table && part && part != table)
		part = pk_partition_of(part);
	return table && part;
}

/* A partition's index or constraint goes with its whole's. */
static const struct pk_object *with_whole(struct pk_differ *d, const struct pk_object *o)
{
	const struct pk_object *other = pk_index_parent(&d->arena, d->changes.from, o);

	if (!o->parent || !other || !pk_goes(other))
		return NULL;
	if (pk_object_comes_by_itself(o) && (!is_detached(d, o->parent) || pk_differ_refers_home(d, o)))
		return other;
	return pk_stays_attached(o->parent) || pk_info(o->parent)->along ? other : NULL;
}

const struct pk_object *pk_type_made_of(const struct pk_object *o)
{
	for (size_t i = 0; i < o->n_deps; i++)
		if (o->deps[i]->kind->comes_first && o->deps[i]->parent != o)
			return o->deps[i]->parent;
	return NULL;
}

const struct pk_object *pk_type_of_table(const struct pk_object *table)
{
	for (size_t i = 0; pk_table_of_type(table) && i < table->n_deps; i++) {
		if (table->deps[i]->kind->type)
			return table->deps[i];
	}
	return NULL;
}

static void find_referred(struct pk_differ *d)
{
	for (size_t i = 0; i < d->changes.from->n; i++) {
		struct pk_object *o = d->changes.from->objects[i];
		const char *table = o->kind->references && !pk_goes(o) ? o->kind->references(o) : NULL;

		if (table)
			pk_map_set(&d->referred, table, o);
	}
}

/* Does a foreign key that stays refer to the table, or to one that it is a partition of? */
static bool referred_to(struct pk_differ *d, const struct pk_object *table)
{
	while (table && !pk_map_get(&d->referred, table->ident))
		table = pk_partition_of(table);
	return table;
}

/*
 * What disappears with `o` because something else does: parts with their relation, a partition's index
 * with its parent's, an owned sequence with its column. NULL: nothing, it has to be dropped by itself.
 */
static const struct pk_object *taken_along_by(struct pk_differ *d, const struct pk_object *o)
{
	const struct pk_object *other;

	/* What is set aside keeps its columns, or its shell; the rest would be in the way of the new one's, or of what it uses. */
	if (o->parent && pk_info(o->parent)->aside && !o->kind->part && !o->kind->comes_first && !(o->kind->attachment && pk_info(o->parent)->along))
		return with_whole(d, o);
	/* A partition to which a foreign key refers, through the whole, cannot go before it is detached. */
	other = o->kind->attachment ? pk_partition_of(o->parent) : NULL;
	if (other && !pk_goes(other) && referred_to(d, other))
		return NULL;
	other = o->parent && !pk_goes(o->parent) && pk_object_comes_by_itself(o) ? with_whole(d, o) : NULL;
	if (other)
		return other;
	/* Two tables that refer to each other can only go once a foreign key is gone. */
	if (o->parent && pk_goes(o->parent) && !refers_elsewhere(d, o) && !pk_map_get(d->apart, o->key))
		return o->parent;
	other = with_whole(d, o);
	if (other)
		return other;
	for (size_t i = 0; o->kind->linked && i < o->n_deps; i++) {
		if (!o->deps[i]->kind->part && pk_goes(o->deps[i]) && !pk_info(o->deps[i])->aside)
			return o->deps[i];
	}
	if (o->origin && pk_goes(o->origin) && pk_table_is_partition(o->parent) &&
	    pk_stays_attached(o->parent))
		return o->origin;
	other = pk_info(o)->aside ? NULL : pk_type_made_of(o);
	if (other && pk_goes(other))
		return other;
	other = pk_tied_column(&d->changes, d->changes.from, o);
	return other && pk_goes(other) ? other : NULL;
}

/* Where what was set aside, or is part of it, goes at last. */
static void add_clean(struct pk_differ *d, struct pk_object *o, const struct pk_object *with)
{
	struct pk_info *info = pk_info(o);

	if (info->along)
		with = pk_partition_of(o);
	else if (info->aside && !with)
		with = pk_type_made_of(o);
	if (with)
		add_drop(d, (struct pk_object *)with);
	if (with)
		info->clean = pk_info(with)->clean;
	else if (info->aside)
		info->clean = pk_graph_add(&d->graph, PK_NODE_CLEAN, o, info->other);
}

static size_t add_drop(struct pk_differ *d, struct pk_object *o)
{
	struct pk_info *info = pk_info(o);
	const struct pk_object *with;

	if (!pk_goes(o) || info->drop != PK_NO_NODE)
		return info->drop;
	with = taken_along_by(d, o);
	if (!with && pk_object_comes_by_itself(o) && !is_detached(d, o->parent))
		return info->drop;
	info->drop = with ? add_drop(d, (struct pk_object *)with) : pk_graph_add(&d->graph, PK_NODE_DROP, o, NULL);
	if (info->beside)
		info->beside_node = pk_graph_add(&d->graph, PK_NODE_BESIDE, o, info->beside);
	if (info->cut || info->freed || (info->retie && (o->kind->part || (info->aside && o->kind->columns_apart))))
		info->release = pk_graph_add(&d->graph, PK_NODE_RELEASE, o, NULL);
	add_clean(d, o, with);
	return info->drop;
}

void pk_differ_wait_for_columns(struct pk_differ *d, const struct pk_object *relation, size_t node)
{
	const struct pk_object *old = pk_info(relation)->other;

	for (size_t i = 0; relation->kind->columns_apart && i < relation->n_children; i++) {
		if (relation->children[i]->kind->part)
			pk_graph_edge(&d->graph, pk_ready_node(relation->children[i]), node);
	}
	for (size_t i = 0; old && relation->kind->columns_apart && !pk_goes(old) && i < old->n_children; i++) {
		if (old->children[i]->kind->part)
			pk_graph_edge(&d->graph, pk_drop_node(old->children[i]), node);
	}
}

bool pk_made_with_parent(const struct pk_object *o)
{
	return o->parent && pk_comes(o->parent) && pk_object_folds(o);
}

bool pk_stays_heir(const struct pk_object *table)
{
	const struct pk_object *old = pk_info(table)->other;

	if (pk_table_is_partition(table))
		return pk_stays_attached(table);
	return old && pk_table_parents_same(old, table);
}

/* Is the table an heir of that parent all along? */
static bool keeps(const struct pk_object *table, const struct pk_object *parent)
{
	const struct pk_object *old = pk_info(table)->other;

	if (pk_table_is_partition(table))
		return pk_stays_attached(table);
	return old && pk_table_keeps_parent(old, table, parent->ident);
}

const struct pk_object *pk_brought_by(const struct pk_object *o)
{
	const struct pk_object *first;

	if (!o->origin || pk_made_with_parent(o) || !pk_comes(o->origin) || !keeps(o->parent, o->origin->parent))
		return NULL;
	first = pk_brought_by(o->origin);
	return first ? first : o->origin;
}

static size_t add_create(struct pk_differ *d, struct pk_object *o)
{
	struct pk_info *info = pk_info(o);

	if (!pk_comes(o) || info->create != PK_NO_NODE || pk_object_comes_by_itself(o))
		return info->create;
	if (pk_made_with_parent(o)) {
		info->create = add_create(d, o->parent);
	} else if (o->kind->part && !o->parent->kind->columns_apart) {
		info->create = pk_ready_node(o->parent); /* comes with the new definition of its relation */
	} else {
		info->create = pk_graph_add(&d->graph, PK_NODE_CREATE, NULL, o);
	}
	if (o->kind->refill && info->other && info->other->kind == o->kind && pk_info(info->other)->aside && !pk_info(info->other)->along)
		info->fill = pk_graph_add(&d->graph, PK_NODE_FILL, info->other, o);
	if (o->kind->refresh && info->circle)
		info->fill = pk_graph_add(&d->graph, PK_NODE_FILL, NULL, o);
	if ((o->kind->tied_to_column && pk_object_tie(o)) || info->cut)
		info->attach = pk_graph_add(&d->graph, PK_NODE_ATTACH, NULL, o);
	return info->create;
}

/* Is its tie cut, and made again or another one made, though it stays? */
static bool ties_anew(struct pk_differ *d, const struct pk_object *from)
{
	const struct pk_info *info = pk_info(from);
	const struct pk_object *column = pk_tied_column(&d->changes, d->changes.from, from);

	if (info->retie || info->retype)
		return true;
	if (column && pk_info(column->parent)->aside)
		return true;
	return from->kind->tie_same && !from->kind->tie_same(from, info->other);
}

static void add_changes(struct pk_differ *d, struct pk_object *from)
{
	struct pk_info *info = pk_info(from);
	struct pk_object *to = info->other;

	if (!to || (from->parent && pk_info(from->parent)->fate == PK_REPLACE_TYPE))
		return; /* an attribute is as its type is made */
	if (info->old_name && !pk_goes(from) && !(from->kind->renamed_along && from->kind->renamed_along(from)))
		info->rename = pk_graph_add(&d->graph, PK_NODE_RENAME, from, to);
	pk_info(to)->rename = info->rename;
	if (info->retype && !pk_goes(from)) {
		info->alter = pk_graph_add(&d->graph, PK_NODE_RETYPE, from, to);
	} else if (pk_changes_in_place(from) || (info->again && !pk_goes(from))) {
		info->alter = pk_graph_add(&d->graph, PK_NODE_ALTER, from, to);
	}
	pk_info(to)->alter = info->alter;
	if (!pk_goes(from) && ties_anew(d, from)) {
		if (pk_object_tie(from) || info->freed)
			info->release = pk_graph_add(&d->graph, PK_NODE_RELEASE, from, to);
		if (pk_object_tie(to) && to->kind->retie)
			pk_info(to)->attach = pk_graph_add(&d->graph, PK_NODE_ATTACH, from, to);
	}
}

static bool late_differs(struct pk_differ *d, const struct pk_object *from, const struct pk_object *to)
{
	struct pk_script s = pk_differ_script(d, &d->arena);
	bool differs;

	if (!to->kind->late)
		return false;
	to->kind->late(&s, from && !pk_goes(from) ? from : NULL, to);
	differs = s.n > 0;
	pk_script_release(&s);
	return differs;
}

void pk_differ_add_nodes(struct pk_differ *d)
{
	find_referred(d);
	for (size_t i = 0; i < d->changes.from->n; i++) {
		add_drop(d, d->changes.from->objects[i]);
		add_changes(d, d->changes.from->objects[i]);
	}
	for (size_t i = 0; i < d->changes.to->n; i++)
		add_create(d, d->changes.to->objects[i]);
	for (size_t i = 0; i < d->changes.to->n; i++) {
		struct pk_object *to = d->changes.to->objects[i], *from = pk_info(to)->other;
		size_t late;

		if (!late_differs(d, from, to))
			continue;
		late = pk_graph_add(&d->graph, PK_NODE_LATE, from && !pk_goes(from) ? from : NULL, to);
		pk_graph_edge(&d->graph, pk_ready_node(to), late);
		for (size_t j = 0; j < to->n_children; j++)
			pk_graph_edge(&d->graph, pk_ready_node(to->children[j]), late);
		for (size_t j = 0; j < to->n_deps; j++) {
			pk_graph_edge(&d->graph, pk_ready_node(to->deps[j]), late);
			pk_differ_wait_for_columns(d, to->deps[j], late);
			for (size_t k = 0; k < to->deps[j]->n_children; k++)
				pk_graph_edge(&d->graph, pk_ready_node(to->deps[j]->children[k]), late);
		}
	}
}
