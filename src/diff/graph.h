/*
 * Actions of a plan (nodes) and what has to come before what (edges). "It" in the comments below is the object of a node:
 * `from` as it was, `to` as it shall be.
 */
#ifndef PK_DIFF_GRAPH_H
#define PK_DIFF_GRAPH_H

#include "catalog/kind.h"

enum pk_node_type {
	PK_NODE_RELEASE, /* cuts ties first: OWNED BY NONE, NO INHERIT, DROP DEFAULT of what is made anew */
	PK_NODE_DROP,    /* drops it, or renames it to make room while its rows are still needed ("sets it aside") */
	PK_NODE_RENAME,  /* only its name changed */
	PK_NODE_BESIDE,  /* makes the new one under another name, while the old one still serves */
	PK_NODE_CREATE,
	PK_NODE_ALTER,
	PK_NODE_RETYPE,  /* a column moves to the new type of the same name */
	PK_NODE_ATTACH,  /* SET DEFAULT again, OWNED BY */
	PK_NODE_LATE,    /* what a table says of its indexes: CLUSTER ON, REPLICA IDENTITY */
	PK_NODE_FILL,    /* moves the rows of the table that was set aside; REFRESH of a materialized view */
	PK_NODE_CLEAN,   /* drops what was set aside */
	PK_NODE_LEND,    /* first of all: grants the owner rights that it lacks and that the plan needs (own_rights.c) */
	PK_NODE_WITHHOLD, /* last of all: takes them away again */
};

struct pk_node {
	enum pk_node_type type;
	struct pk_object *from, *to; /* one may be NULL */
	size_t *next;                /* nodes that come after this one: their index times 2, plus 1 for a wish */
	size_t n_next, cap_next;
	size_t waits;                /* edges from nodes that are not done yet */
	size_t wishes;               /* wishes from nodes that are not done yet */
	bool done;
	bool written;                /* its statements are in the plan */
	bool apart;                  /* cannot share a transaction with others: rather last */
	bool superuser;              /* a superuser runs it for the role: many of them in a row are one change of hands */
	bool early;                  /* makes what can be used only after a commit: rather first */
	bool late;                   /* drops what can be made again only after nodes apart: behind these, for a short time */
	bool swap;                   /* puts what was made beside in its place: once all of that is made */
	struct pk_script script;     /* its statements */
};

static inline struct pk_object *pk_node_object(const struct pk_node *node) /* as it shall be, or was */
{
	return node->to ? node->to : node->from;
}

struct pk_graph {
	struct pk_node *nodes;
	size_t n, cap;
};
#define PK_GRAPH_INIT { 0 }
#define PK_NO_NODE ((size_t)-1)

void pk_graph_release(struct pk_graph *graph);
/* Returns its number. from, to: NULL on the side where there is none. */
size_t pk_graph_add(struct pk_graph *graph, enum pk_node_type type, struct pk_object *from, struct pk_object *to);
/* A must: before comes first. PK_NO_NODE on either side, or the same node on both: nothing is added. */
void pk_graph_edge(struct pk_graph *graph, size_t before, size_t after);
/* A wish: the same, but dropped where it would close a cycle. */
void pk_graph_wish(struct pk_graph *graph, size_t before, size_t after);
/*
 * A topological order by Kahn's algorithm (A. B. Kahn, 1962). Among the nodes that are free to come next the choice is
 * fixed, so that the same schemas always give the same plan: early ones, releases, drops in reverse order of their kinds'
 * ranks, then the others by rank and name, behind them those apart (all in a row), late ones, and swaps last. Where it can
 * be had, actions that write or read the rows of one table follow each other, and so do those that a superuser runs. A
 * cycle is broken at a node that only wishes hold back, else at the one that waits for the fewest. Fills ret_order, of
 * graph->n.
 */
void pk_graph_sort(struct pk_graph *graph, size_t *ret_order);

/*
 * Finds a cycle of edges (not of wishes). The sort would break it somewhere, and the plan would fail there. Fills ret_nodes
 * (room for graph->n) and returns how many nodes are on it; 0: there is no cycle.
 */
size_t pk_graph_cycle(const struct pk_graph *graph, size_t *ret_nodes);

#endif
