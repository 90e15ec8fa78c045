#include "diff/graph.h"

void pk_graph_release(struct pk_graph *graph)
{
	for (size_t i = 0; i < graph->n; i++) {
		free(graph->nodes[i].next);
		pk_script_release(&graph->nodes[i].script);
	}
	free(graph->nodes);
	*graph = (struct pk_graph)PK_GRAPH_INIT;
}

size_t pk_graph_add(struct pk_graph *graph, enum pk_node_type type, struct pk_object *from, struct pk_object *to)
{
	if (graph->n == graph->cap) {
		graph->cap = graph->cap ? graph->cap * 2 : 64;
		graph->nodes = pk_realloc_array(graph->nodes, graph->cap, sizeof(*graph->nodes));
	}
	graph->nodes[graph->n] = (struct pk_node){ .type = type, .from = from, .to = to };
	return graph->n++;
}

static void add_next(struct pk_graph *graph, size_t before, size_t after, bool wish)
{
	struct pk_node *node;
	size_t next = after * 2 + wish;

	if (before == PK_NO_NODE || after == PK_NO_NODE || before == after)
		return;
	node = &graph->nodes[before];
	for (size_t i = 0; i < node->n_next; i++) {
		if (node->next[i] == next)
			return;
	}
	if (node->n_next == node->cap_next) {
		node->cap_next = node->cap_next ? node->cap_next * 2 : 4;
		node->next = pk_realloc_array(node->next, node->cap_next, sizeof(*node->next));
	}
	node->next[node->n_next++] = next;
	if (wish)
		graph->nodes[after].wishes++;
	else
		graph->nodes[after].waits++;
}

void pk_graph_edge(struct pk_graph *graph, size_t before, size_t after)
{
	add_next(graph, before, after, false);
}

void pk_graph_wish(struct pk_graph *graph, size_t before, size_t after)
{
	add_next(graph, before, after, true);
}

/* Ranks of what is put off. */
#define LATE 100

/* A table of which all rows are written anew, as its columns may have them: it goes with these. */
static bool writes_table(const struct pk_node *node)
{
	return node->type == PK_NODE_ALTER && pk_node_object(node)->kind->columns_apart && node->script.n &&
	       node->script.items[0].action && node->script.items[0].rewrite;
}

/* Smaller comes first. */
static int rank_of(const struct pk_node *node)
{
	int rank = pk_node_object(node)->kind->rank;

	if (node->swap)
		return node->type == PK_NODE_DROP ? 200 - rank : 200 + rank;
	if (node->late)
		return LATE + 80 - rank;
	if (node->apart)
		return LATE + rank;
	if (node->early)
		return -300;

	switch (node->type) {
	case PK_NODE_RELEASE:
		return -200;
	case PK_NODE_DROP:
		return -100 - rank;
	case PK_NODE_RENAME:
		return -50;
	case PK_NODE_CLEAN:
		return 300;
	case PK_NODE_LEND:
		return -1000;
	case PK_NODE_WITHHOLD:
		return 1000;
	default:
		return writes_table(node) ? pk_kind_column.rank : rank;
	}
}

/* What its rows are written or read for stands together: columns and constraints by their table. */
static const char *table_of(const struct pk_node *node)
{
	const struct pk_object *o = pk_node_object(node);

	if (o->kind->shape && o->parent && !o->kind->relation_name)
		return o->parent->ident;
	return writes_table(node) ? o->ident : "";
}

static bool comes_before(const struct pk_node *a, const struct pk_node *b)
{
	int difference = rank_of(a) - rank_of(b);

	if (difference == 0)
		difference = strcmp(table_of(a), table_of(b));
	if (difference == 0)
		difference = strcmp(pk_node_object(a)->key, pk_node_object(b)->key);
	if (difference == 0)
		difference = (int)a->type - (int)b->type;
	return difference < 0;
}

/* A heap of nodes that are free, the first on top. */
struct heap {
	struct pk_graph *graph;
	size_t *items, n;
};

static void push(struct heap *heap, size_t node)
{
	size_t i = heap->n++;

	while (i > 0) {
		size_t up = (i - 1) / 2;

		if (!comes_before(&heap->graph->nodes[node], &heap->graph->nodes[heap->items[up]]))
			break;
		heap->items[i] = heap->items[up];
		i = up;
	}
	heap->items[i] = node;
}

static size_t pop(struct heap *heap)
{
	size_t top = heap->items[0], last = heap->items[--heap->n], i = 0;

	for (;;) {
		size_t child = 2 * i + 1;

		if (child >= heap->n)
			break;
		if (child + 1 < heap->n && comes_before(&heap->graph->nodes[heap->items[child + 1]],
							&heap->graph->nodes[heap->items[child]]))
			child++;
		if (!comes_before(&heap->graph->nodes[heap->items[child]], &heap->graph->nodes[last]))
			break;
		heap->items[i] = heap->items[child];
		i = child;
	}
	heap->items[i] = last;
	return top;
}

static bool waits_less(const struct pk_node *a, const struct pk_node *b)
{
	if (a->waits != b->waits)
		return a->waits < b->waits;
	return a->wishes != b->wishes ? a->wishes < b->wishes : comes_before(a, b);
}

/* In a cycle: the node that waits for least. */
static size_t least_waiting(const struct pk_graph *graph)
{
	size_t best = PK_NO_NODE;

	for (size_t i = 0; i < graph->n; i++) {
		const struct pk_node *node = &graph->nodes[i];

		if (!node->done && (best == PK_NO_NODE || waits_less(node, &graph->nodes[best])))
			best = i;
	}
	return best;
}

/* The role's and the superuser's; turn: whose it is. */
struct heaps {
	struct heap of[2];
	bool turn;
};

static void set_free(struct heaps *heaps, size_t node)
{
	struct heap *heap = &heaps->of[heaps->of[0].graph->nodes[node].superuser];

	push(heap, node);
}

static bool is_action(const struct pk_node *node)
{
	return node->script.n && node->script.items[0].action && !node->apart && !node->late && !node->swap && !node->early;
}

/* Another action of the same table that is free and not done; it stays in the heap. */
static size_t next_action(const struct heap *heap, const struct pk_node *last)
{
	const struct pk_stmt *first = &last->script.items[0];
	size_t best = PK_NO_NODE;

	for (size_t i = 0; (first->rewrite || first->scan) && i < heap->n; i++) {
		const struct pk_node *node = &heap->graph->nodes[heap->items[i]];

		if (!node->done && is_action(node) && node->script.items[0].action == first->action &&
		    strncmp(node->script.items[0].sql, first->sql, first->action) == 0 &&
		    (best == PK_NO_NODE || comes_before(node, &heap->graph->nodes[best])))
			best = heap->items[i];
	}
	return best;
}

/* The first of those apart, likewise. */
static size_t next_apart(const struct heap *heap)
{
	size_t best = PK_NO_NODE;

	for (size_t i = 0; i < heap->n; i++) {
		const struct pk_node *node = &heap->graph->nodes[heap->items[i]];

		if (!node->done && node->apart && !node->swap && !node->late &&
		    (best == PK_NO_NODE || comes_before(node, &heap->graph->nodes[best])))
			best = heap->items[i];
	}
	return best;
}

/* What goes on with what was begun: one look at a table's rows, or steps that each have a transaction of their own. */
static size_t next_of_run(const struct heap *heap, const struct pk_node *last)
{
	if (is_action(last))
		return next_action(heap, last);
	return last->apart ? next_apart(heap) : PK_NO_NODE;
}

/* Whoever has the turn keeps it; but what is to come late waits for the other one, too. */
static size_t next_free(struct heaps *heaps, const struct pk_node *last)
{
	struct heap *mine = &heaps->of[heaps->turn], *other = &heaps->of[!heaps->turn];
	size_t next = last && last->superuser == heaps->turn ? next_of_run(mine, last) : PK_NO_NODE;

	if (next != PK_NO_NODE)
		return next;
	if (other->n && (!mine->n || rank_of(&mine->graph->nodes[mine->items[0]]) >= LATE)) {
		heaps->turn = !heaps->turn;
		mine = other;
	}
	return mine->n ? pop(mine) : least_waiting(mine->graph);
}

void pk_graph_sort(struct pk_graph *graph, size_t *ret_order)
{
	struct heaps heaps = { .turn = false };
	size_t n = 0;

	for (size_t i = 0; i < PK_COUNT(heaps.of); i++)
		heaps.of[i] = (struct heap){ graph, pk_realloc_array(NULL, graph->n + 1, sizeof(size_t)), 0 };
	for (size_t i = 0; i < graph->n; i++) {
		if (!graph->nodes[i].waits && !graph->nodes[i].wishes)
			set_free(&heaps, i);
	}
	while (n < graph->n) {
		size_t i = next_free(&heaps, n ? &graph->nodes[ret_order[n - 1]] : NULL);
		struct pk_node *node = &graph->nodes[i];

		if (node->done)
			continue;
		node->done = true;
		ret_order[n++] = i;
		for (size_t j = 0; j < node->n_next; j++) {
			struct pk_node *after = &graph->nodes[node->next[j] / 2];

			if (node->next[j] % 2)
				after->wishes--;
			else
				after->waits--;
			if (!after->waits && !after->wishes && !after->done)
				set_free(&heaps, node->next[j] / 2);
		}
	}
	for (size_t i = 0; i < PK_COUNT(heaps.of); i++)
		free(heaps.of[i].items);
}

/* By Kahn's algorithm, what waits in the end: for each, some node that it waits for; PK_NO_NODE: it is free. */
static void find_waiting(const struct pk_graph *graph, size_t *ret_for)
{
	size_t *waits = pk_realloc_array(NULL, graph->n + 1, sizeof(*waits));
	size_t *queue = pk_realloc_array(NULL, graph->n + 1, sizeof(*queue)), n = 0;

	for (size_t i = 0; i < graph->n; i++) {
		waits[i] = graph->nodes[i].waits;
		ret_for[i] = PK_NO_NODE;
		if (!waits[i])
			queue[n++] = i;
	}
	for (size_t i = 0; i < n; i++) {
		const struct pk_node *node = &graph->nodes[queue[i]];

		for (size_t j = 0; j < node->n_next; j++) {
			if (node->next[j] % 2 == 0 && --waits[node->next[j] / 2] == 0)
				queue[n++] = node->next[j] / 2;
		}
	}
	for (size_t i = 0; i < graph->n; i++) {
		const struct pk_node *node = &graph->nodes[i];

		for (size_t j = 0; waits[i] && j < node->n_next; j++) {
			if (node->next[j] % 2 == 0)
				ret_for[node->next[j] / 2] = i;
		}
	}
	free(queue);
	free(waits);
}

size_t pk_graph_cycle(const struct pk_graph *graph, size_t *ret_nodes)
{
	size_t *waits_for = pk_realloc_array(NULL, graph->n + 1, sizeof(*waits_for));
	size_t node = 0, n = 0;

	find_waiting(graph, waits_for);
	while (node < graph->n && waits_for[node] == PK_NO_NODE)
		node++;
	/* Whoever waits leads to the cycle, and is in it after so many steps. */
	for (size_t i = 0; node < graph->n && i < graph->n; i++)
		node = waits_for[node];
	for (size_t first = node; node < graph->n && (!n || node != first); node = waits_for[node])
		ret_nodes[n++] = node;
	free(waits_for);
	return n;
}
