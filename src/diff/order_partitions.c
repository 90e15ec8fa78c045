/* Partitions, and what is shared with their wholes. */
#include "catalog/share.h"
#include "diff/differ.h"

/* The whole's indexes are made of those of all its partitions, and no others, unless they come with the whole. */
static void order_wholes(struct pk_differ *d, const struct pk_object *whole, size_t before)
{
	for (size_t i = 0; whole && i < whole->n_children; i++) {
		const struct pk_object *part = whole->children[i];

		if (pk_made_with_parent(part))
			continue;
		if (part->kind->parent_attr && pk_takes_relation_name(part))
			pk_graph_edge(&d->graph, before, pk_info(part)->create);
	}
}

/* What the partition has by itself goes before it could be taken for a share of the whole's. */
static void order_own(struct pk_differ *d, const struct pk_object *table, size_t attach)
{
	const struct pk_object *old = pk_info(table)->other;

	for (size_t i = 0; old && i < old->n_children; i++) {
		if (old->children[i]->kind->shape && !pk_index_parent(&d->arena, d->changes.from, old->children[i]))
			pk_graph_edge(&d->graph, pk_info(old->children[i])->drop, attach);
	}
}

/* Its bounds may be those of partitions that go, also where these go late. */
static void order_bounds(struct pk_differ *d, const struct pk_object *whole, size_t attach)
{
	const struct pk_object *old = whole ? pk_info(whole)->other : NULL;

	for (size_t i = 0; old && !pk_goes(old) && i < old->n_heirs; i++) {
		const struct pk_object *attachment = pk_attachment_of(old->heirs[i]);

		if (attachment && pk_goes(attachment))
			pk_graph_edge(&d->graph, pk_drop_node(attachment), attach);
	}
}

/* Is the whole's key or index, of which it is a share, made after the partition is attached? */
static bool shares_later(struct pk_differ *d, const struct pk_object *part)
{
	const struct pk_object *whole = pk_index_parent(&d->arena, d->changes.to, part);

	return whole && pk_info(whole)->create != PK_NO_NODE && !pk_made_with_parent(whole);
}

/* A foreign key of its own may refer to what is whole only with it, as may those of what that is made of. */
static bool refers_by_itself(struct pk_differ *d, const struct pk_snapshot *side, const struct pk_object *part)
{
	return part->kind->references && part->kind->references(part) && !pk_index_parent(&d->arena, side, part);
}

/* It would be taken for the share of another one of the same columns, if it were there by then. */
static bool waits_for_attachment(struct pk_differ *d, const struct pk_object *part)
{
	const struct pk_object *table = part->parent, *whole = pk_index_parent(&d->arena, d->changes.to, part);

	if (pk_info(part)->create == PK_NO_NODE || pk_made_with_parent(part) || (whole && !shares_later(d, part)))
		return false;
	for (size_t i = 0; i < table->n_children; i++) {
		const struct pk_object *other = table->children[i];

		if (other != part && pk_index_parent(&d->arena, d->changes.to, other) && !shares_later(d, other) &&
		    (whole || pk_share_alike(other, part)))
			return true;
	}
	return false;
}

/* Shares of wholes that are there are made in the order of these: each whole takes the first that fits. */
static void order_like_wholes(struct pk_differ *d, const struct pk_object *part)
{
	const struct pk_object *whole = pk_index_parent(&d->arena, d->changes.to, part);

	for (size_t i = 0; whole && !shares_later(d, part) && i < part->parent->n_children; i++) {
		const struct pk_object *other = part->parent->children[i];
		const struct pk_object *theirs = pk_index_parent(&d->arena, d->changes.to, other);

		if (theirs && !pk_comes(whole) && !pk_comes(theirs) && pk_share_alike(part, other) &&
		    pk_info(whole)->other->oid < pk_info(theirs)->other->oid && pk_info(part)->create != pk_info(other)->create)
			pk_graph_edge(&d->graph, pk_info(part)->create, pk_info(other)->create);
	}
}

/* The whole's check of that name, which goes with its partitions' as long as they are attached. */
static const struct pk_object *check_of_whole(const struct pk_object *part)
{
	const struct pk_object *whole = pk_partition_of(part->parent);

	for (size_t i = 0; whole && pk_constraint_is_check(part) && i < whole->n_children; i++) {
		if (pk_constraint_is_check(whole->children[i]) && strcmp(whole->children[i]->name, part->name) == 0)
			return whole->children[i];
	}
	return NULL;
}

/* Partitions: shape first, then attached; detached first, then changed. Heirs' indexes before the parent's. */
void pk_differ_order_partitions(struct pk_differ *d)
{
	for (size_t i = 0; i < d->changes.to->n; i++) {
		struct pk_object *o = d->changes.to->objects[i];
		const struct pk_object *parent = pk_index_parent(&d->arena, d->changes.to, o);

		if (parent && !pk_made_with_parent(parent))
			pk_graph_edge(&d->graph, pk_info(o)->create, pk_info(parent)->create);
		if (o->kind->attachment && pk_info(o)->create != PK_NO_NODE) {
			order_wholes(d, pk_partition_of(o->parent), pk_info(o)->create);
			order_own(d, o->parent, pk_info(o)->create);
			order_bounds(d, pk_partition_of(o->parent), pk_info(o)->create);
			for (size_t j = 0; j < o->parent->n_children; j++) {
				const struct pk_object *part = o->parent->children[j];

				order_like_wholes(d, part);
				if (waits_for_attachment(d, part))
					pk_graph_edge(&d->graph, pk_info(o)->create, pk_info(part)->create);
				else if (part->kind->shape && !refers_by_itself(d, d->changes.to, part))
					pk_graph_edge(&d->graph, pk_ready_node(part), pk_info(o)->create);
			}
			for (size_t j = 0; j < o->n_deps; j++)
				pk_differ_wait_for_columns(d, o->deps[j], pk_info(o)->create);
		}
	}
	for (size_t i = 0; i < d->changes.from->n; i++) {
		struct pk_object *o = d->changes.from->objects[i];

		if (!o->kind->attachment || pk_info(o)->drop == PK_NO_NODE)
			continue;
		if (pk_partition_of(o->parent))
			order_wholes(d, pk_info(pk_partition_of(o->parent))->other, pk_info(o)->drop);
		if (pk_goes(o->parent) && (!pk_info(o->parent)->aside || pk_info(o->parent)->along)) /* its parts go with it */
			continue;
		for (size_t j = 0; j < o->parent->n_children; j++) {
			struct pk_object *part = o->parent->children[j];

			if (part == o || pk_differ_refers_home(d, part) || refers_by_itself(d, d->changes.from, part))
				continue;
			pk_graph_edge(&d->graph, pk_info(o)->drop, pk_info(part)->drop);
			pk_graph_edge(&d->graph, pk_info(o)->drop, pk_info(part)->alter);
			pk_graph_edge(&d->graph, pk_info(o)->drop, pk_drop_node(check_of_whole(part)));
			if (pk_info(part)->freed && !pk_goes(o->parent))
				pk_graph_edge(&d->graph, pk_info(o)->drop, pk_info(part)->release);
			if (pk_index_parent(&d->arena, d->changes.from, part))
				pk_graph_edge(&d->graph, pk_info(o)->drop,
					      pk_drop_node(pk_index_parent(&d->arena, d->changes.from, part)));
		}
	}
}
