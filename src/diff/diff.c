#include "diff/differ.h"

int pk_diff(struct pk_snapshot *from, struct pk_snapshot *to, const struct pk_diff_options *options, struct pk_plan *ret,
	    struct pk_err *err)
{
	static const struct pk_diff_options defaults = { 0 };
	struct pk_differ d = { .graph = PK_GRAPH_INIT, .names = PK_MAP_INIT };
	size_t *order;

	(void)err;
	d.changes = (struct pk_changes){ .from = from, .to = to, .options = options ? options : &defaults, .arena = &d.arena };
	ret->from = from->fingerprint;
	ret->to = to->fingerprint;
	ret->pg_major = from->version / 10000;
	pk_changes_find(&d.changes);
	pk_differ_add_nodes(&d);
	pk_differ_add_edges(&d);
	pk_differ_write_scripts(&d, ret);
	order = pk_realloc_array(NULL, d.graph.n + 1, sizeof(*order));
	pk_graph_sort(&d.graph, order);
	pk_differ_write_steps(&d, order, ret);
	free(order);
	pk_graph_release(&d.graph);
	pk_changes_release(&d.changes);
	pk_map_release(&d.names);
	pk_arena_release(&d.arena);
	return 0;
}
