/*
 * What sees, and may forbid, all that is done: event triggers. Each goes, or is turned off, before all else, and comes,
 * or is changed in another way, after it. What it runs is there by then: in place it does not come to run another thing.
 */
#include "diff/differ.h"

/* When it stays, it is what it becomes that counts. */
static bool ends_watching(const struct pk_node *node)
{
	const struct pk_object *o = node->from;

	if (!o || !o->kind->watches || !o->kind->watches(o))
		return false;
	return node->type == PK_NODE_DROP || (node->to && !o->kind->watches(node->to));
}

static bool begins_watching(const struct pk_node *node)
{
	return node->to && node->to->kind->watches && node->to->kind->watches(node->to);
}

void pk_differ_order_watchers(struct pk_differ *d)
{
	for (size_t i = 0; i < d->graph.n; i++) {
		bool first = ends_watching(&d->graph.nodes[i]), last = !first && begins_watching(&d->graph.nodes[i]);

		for (size_t j = 0; (first || last) && j < d->graph.n; j++) {
			const struct pk_node *other = &d->graph.nodes[j];

			if (first && !ends_watching(other))
				pk_graph_edge(&d->graph, i, j);
			else if (last && !begins_watching(other))
				pk_graph_edge(&d->graph, j, i);
		}
	}
}
