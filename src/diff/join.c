/*
 * Statements that follow each other and are actions of one table become one: its rows are then written, or read, once
 * for all of them.
 */
#include "diff/differ.h"

static bool same_table(const struct pk_stmt *a, const struct pk_stmt *b)
{
	return a->action == b->action && strncmp(a->sql, b->sql, a->action) == 0;
}

/* Its rows are not written while an expression of its own, such as this one, names its row type. */
static bool names_row_type(const struct pk_object *o)
{
	for (size_t i = 0; o->parent && i < o->parent->n_typed_by; i++) {
		if (o->parent->typed_by[i] == o)
			return true;
	}
	return false;
}

/* A column has one new type at a time: what stands in for its type, and what comes in place of that. */
static bool is_retyped_again(const struct pk_differ *d, const size_t *order, size_t at, size_t end)
{
	const struct pk_object *o = d->graph.nodes[order[end]].from;

	for (size_t i = at; i < end && o && pk_info(o)->freed; i++) {
		if (d->graph.nodes[order[i]].from == o)
			return true;
	}
	return false;
}

/* Statements at the node's beginning that can be joined to the first one; the rest can wait. */
static size_t joinable(const struct pk_node *node, const struct pk_stmt *first)
{
	size_t n = 0;

	if (node->apart || node->superuser || node->early || names_row_type(pk_node_object(node)))
		return 0;
	while (n < node->script.n && node->script.items[n].action && same_table(&node->script.items[n], first) &&
	       (!node->script.items[n].lost || node->script.items[n].lost_where))
		n++;
	return n;
}

void pk_join_find(const struct pk_differ *d, const size_t *order, size_t at, struct pk_join *ret)
{
	const struct pk_stmt *first = NULL;
	size_t costly = 0, end = at;

	*ret = (struct pk_join){ 0 };
	if (d->graph.nodes[order[at]].script.n)
		first = &d->graph.nodes[order[at]].script.items[0];
	for (; first && first->action && end < d->graph.n; end++) {
		const struct pk_node *node = &d->graph.nodes[order[end]];
		size_t n = joinable(node, first);

		if (!n || is_retyped_again(d, order, at, end))
			break;
		for (size_t i = 0; i < n; i++)
			costly += node->script.items[i].rewrite || node->script.items[i].scan;
		ret->n_nodes++;
	}
	if (ret->n_nodes < 2 || costly < 2)
		ret->n_nodes = 0;
}

static const char *both(struct pk_arena *arena, const char *a, const char *b)
{
	return !a ? b : !b ? a : pk_arena_printf(arena, "%s%s", a, b);
}

static void add(struct pk_arena *arena, struct pk_stmt *all, const struct pk_stmt *stmt)
{
	if (stmt->heirs > all->heirs)
		all->heirs = stmt->heirs;
	all->rewrite |= stmt->rewrite;
	all->scan |= stmt->scan;
	all->about = stmt->about ? stmt->about : all->about;
	if (stmt->users_lock)
		all->users_lock = stmt->users_lock;
	if (stmt->lost && all->lost) { /* of rows, in one column or another */
		all->lost_of = stmt->lost_of->parent;
		all->lost_where = pk_arena_printf(arena, "%s OR %s", all->lost_where, stmt->lost_where);
	} else if (stmt->lost) {
		all->lost = stmt->lost;
		all->lost_of = stmt->lost_of;
		all->lost_where = stmt->lost_where;
	}
	for (const struct pk_stmt_lock *lock = stmt->locks; lock; lock = lock->next) {
		struct pk_stmt_lock *copy = pk_arena_alloc(arena, sizeof(*copy));

		*copy = *lock;
		copy->next = all->locks;
		all->locks = copy;
	}
	all->pattern.up = both(arena, all->pattern.up, stmt->pattern.up);
	all->pattern.down = both(arena, stmt->pattern.down, all->pattern.down);
}

void pk_join_make(const struct pk_differ *d, const size_t *order, size_t at, struct pk_arena *arena, struct pk_join *join)
{
	const struct pk_stmt *first = &d->graph.nodes[order[at]].script.items[0];
	struct pk_stmt *all = &join->stmt;
	PK_AUTO(pk_buf) sql = PK_BUF_INIT;

	*all = (struct pk_stmt){ .lock = "ACCESS EXCLUSIVE" };
	pk_buf_addn(&sql, first->sql, first->action - 1);
	for (size_t i = 0; i < join->n_nodes; i++) {
		const struct pk_node *node = &d->graph.nodes[order[at + i]];
		size_t n = joinable(node, first);

		for (size_t j = 0; j < n; j++) {
			const struct pk_stmt *stmt = &node->script.items[j];

			pk_buf_addf(&sql, "%s\n    %s", i || j ? "," : "", stmt->sql + stmt->action);
			add(arena, all, stmt);
		}
	}
	all->sql = pk_arena_strdup(arena, sql.ptr);
	all->scan &= !all->rewrite;
	all->note = all->rewrite ? "every row is written anew and every index built anew under the lock, once for all of these" :
				   "the rows are read under the lock, once for all of these";
}

size_t pk_join_skips(const struct pk_differ *d, const size_t *order, size_t at, size_t i)
{
	return joinable(&d->graph.nodes[order[at + i]], &d->graph.nodes[order[at]].script.items[0]);
}
