#include "diff/differ.h"

/* Can it be dropped and made again instead of changed, without the loss of anything, or of a type in use? */
static bool can_be_made_anew(struct pk_differ *d, struct pk_object *from)
{
	const struct pk_kind *kind = from->kind;
	struct pk_script s = pk_differ_script(d, &d->arena);
	bool can = pk_info(from)->fate == PK_CHANGE && !pk_attrs_same(from, pk_info(from)->other) && !kind->part && !kind->type &&
		   !kind->stays;

	if (can)
		kind->drop(&s, from);
	for (size_t i = 0; i < s.n; i++)
		can = can && !s.items[i].lost;
	pk_script_release(&s);
	return can;
}

static bool uses_others(const struct pk_object *part)
{
	for (size_t i = 0; i < part->n_deps; i++) {
		if (part->deps[i] != part->parent && part->deps[i]->parent != part->parent)
			return true;
	}
	return false;
}

/* A foreign key, a rule, a policy may use what uses its relation, all of which goes. Returns false when there is none. */
static bool take_parts_off(struct pk_differ *d, const struct pk_object *relation, struct pk_map *apart)
{
	bool found = false;

	for (size_t i = 0; i < relation->n_children; i++) {
		struct pk_object *part = relation->children[i];
		bool can = !part->kind->part && !part->kind->comes_first && !part->kind->attachment && !pk_object_comes_by_itself(part);

		if (!can || pk_drop_node(part) != pk_drop_node(relation) || !uses_others(part) || pk_map_get(d->apart, part->key))
			continue;
		pk_map_set(apart, part->key, part);
		found = true;
	}
	return found;
}

/*
 * Of what waits for each other in a cycle, something goes by itself rather than with its relation, or one change is given
 * up. Returns false when there is no cycle, or none that comes apart so: ret_circle is one of the objects in it.
 */
static bool open_cycle(struct pk_differ *d, struct pk_map *apart, struct pk_map *anew, const char **ret_circle)
{
	size_t *nodes = pk_realloc_array(NULL, d->graph.n + 1, sizeof(*nodes));
	size_t n = pk_graph_cycle(&d->graph, nodes);
	bool found = false;

	for (size_t i = 0; i < n; i++) {
		const struct pk_node *node = &d->graph.nodes[nodes[i]];

		found |= node->type == PK_NODE_DROP && take_parts_off(d, node->from, apart);
	}
	for (size_t i = 0; i < n && !found; i++) {
		const struct pk_node *node = &d->graph.nodes[nodes[i]];

		found = node->type == PK_NODE_ALTER && can_be_made_anew(d, node->from);
		if (found)
			pk_map_set(anew, node->from->key, node->from);
	}
	*ret_circle = n && !found ? pk_node_object(&d->graph.nodes[nodes[0]])->key : NULL;
	free(nodes);
	return found;
}

static void find_actions(struct pk_differ *d)
{
	pk_changes_find(&d->changes);
	pk_differ_add_nodes(d);
	pk_differ_add_edges(d);
}

static void forget_actions(struct pk_differ *d)
{
	pk_graph_release(&d->graph);
	pk_changes_release(&d->changes);
	pk_map_release(&d->referred);
}

void pk_diff(struct pk_snapshot *from, struct pk_snapshot *to, const struct pk_diff_options *options, struct pk_plan *ret)
{
	static const struct pk_diff_options defaults = { 0 };
	struct pk_differ d = { .graph = PK_GRAPH_INIT, .names = PK_MAP_INIT, .referred = PK_MAP_INIT };
	struct pk_map anew = PK_MAP_INIT, apart = PK_MAP_INIT;
	const char *circle;
	size_t *order;

	d.changes = (struct pk_changes){ .from = from, .to = to, .options = options ? options : &defaults, .arena = &d.arena,
					 .anew = &anew };
	d.apart = &apart;
	ret->from = from->fingerprint;
	ret->to = to->fingerprint;
	ret->pg_major = from->version / 10000;
	for (find_actions(&d); open_cycle(&d, &apart, &anew, &circle); find_actions(&d))
		forget_actions(&d);
	ret->circle = circle ? pk_arena_strdup(&ret->arena, circle) : NULL;
	pk_differ_write_scripts(&d, ret);
	order = pk_realloc_array(NULL, d.graph.n + 1, sizeof(*order));
	pk_graph_sort(&d.graph, order);
	pk_differ_write_steps(&d, order, ret);
	free(order);
	forget_actions(&d);
	pk_map_release(&d.names);
	pk_map_release(&anew);
	pk_map_release(&apart);
	pk_arena_release(&d.arena);
}
