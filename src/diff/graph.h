/* Actions of a plan and what has to come before what. */
#ifndef PK_DIFF_GRAPH_H
#define PK_DIFF_GRAPH_H

#include "catalog/kind.h"

enum pk_node_type {
	PK_NODE_RELEASE, /* before anything: OWNED BY NONE, NO INHERIT, DROP DEFAULT of what is made anew */
	PK_NODE_DROP,    /* or set aside */
	PK_NODE_RENAME,  /* only its name changed */
	PK_NODE_BESIDE,  /* the new one under another name, while the old one still serves */
	PK_NODE_CREATE,
	PK_NODE_ALTER,
	PK_NODE_RETYPE,  /* a column moves to the new type of the same name */
	PK_NODE_ATTACH,  /* SET DEFAULT again, OWNED BY */
	PK_NODE_LATE,    /* what a table says of its indexes */
	PK_NODE_FILL,    /* the rows of the table set aside, moved; or taken again */
	PK_NODE_CLEAN,   /* what was set aside, dropped */
	PK_NODE_LEND,    /* first of all: what is withheld from its owner, given */
	PK_NODE_WITHHOLD, /* last of all: taken */
};

struct pk_node {
	enum pk_node_type type;
	struct pk_object *from, *to; /* one may be NULL */
	size_t *next;                /* nodes that come after, doubled; odd: that rather come after */
	size_t n_next, cap_next;
	size_t waits;                /* nodes that have to come before */
	size_t wishes;               /* nodes that rather come before */
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
size_t pk_graph_add(struct pk_graph *graph, enum pk_node_type type, struct pk_object *from, struct pk_object *to);
/* PK_NO_NODE on either side, or both the same: nothing. */
void pk_graph_edge(struct pk_graph *graph, size_t before, size_t after);
/* An order that gives way where it closes a cycle. */
void pk_graph_wish(struct pk_graph *graph, size_t before, size_t after);
/*
 * Kahn's algorithm with a fixed order among what is free: what is early, releases, drops in reverse rank,
 * then the others by rank and name, those apart behind them and in a row, what is late, swaps last. Actions of one table that write
 * or read its rows follow each other where they can. Of what a superuser has to run, and of the
 * rest, as much comes in a row as can. A cycle is broken at the node that has nothing
 * but wishes before it, else at the one that waits for least. Fills ret_order (n).
 */
void pk_graph_sort(struct pk_graph *graph, size_t *ret_order);

/*
 * A cycle of edges, wishes aside: the sort would have to break it, and what it breaks does not run. Fills
 * ret_nodes (n) and returns how many they are; 0: there is none.
 */
size_t pk_graph_cycle(const struct pk_graph *graph, size_t *ret_nodes);

#endif
