/* Where inherited columns come from, when there are several parents. */
#include "diff/differ.h"

static struct pk_object *column_named(const struct pk_object *table, const char *name)
{
	for (size_t i = 0; i < table->n_children; i++) {
		if (table->children[i]->kind->part && strcmp(table->children[i]->name, name) == 0)
			return table->children[i];
	}
	return NULL;
}

/* What happens to the column of a parent that the table keeps reaches it; so that is the one to come from. */
static void settle(const struct pk_object *from, const struct pk_object *to, const struct pk_object *side)
{
	for (size_t i = 0; i < side->n_deps; i++) {
		const struct pk_object *parent = side->deps[i];

		if (!parent->kind->columns_apart || !pk_table_keeps_parent(from, to, parent->ident))
			continue;
		for (size_t j = 0; j < side->n_children; j++) {
			struct pk_object *column = side->children[j];
			struct pk_object *other = column->origin ? column_named(parent, column->name) : NULL;

			if (other && !pk_table_keeps_parent(from, to, column->origin->parent->ident))
				column->origin = other;
		}
	}
}

void pk_origins_settle(struct pk_changes *c)
{
	for (size_t i = 0; i < c->from->n; i++) {
		const struct pk_object *from = c->from->objects[i], *to = pk_info(from)->other;

		if (!from->kind->columns_apart || !to || pk_attachment_of(from) || pk_attachment_of(to))
			continue;
		settle(from, to, from);
		settle(from, to, to);
	}
}

static const struct pk_object *root_of(const struct pk_object *column)
{
	while (column->origin)
		column = column->origin;
	return column;
}

static bool changes_type(const struct pk_object *column)
{
	const struct pk_info *info = pk_info(column);

	return info->fate == PK_CHANGE_TYPE || info->retype || info->freed;
}

static const struct pk_object *parent_named(const struct pk_object *table, const char *ident)
{
	for (size_t i = 0; i < table->n_deps; i++) {
		if (table->deps[i]->kind->columns_apart && strcmp(table->deps[i]->ident, ident) == 0)
			return table->deps[i];
	}
	return NULL;
}

/* Has the table a column from both whose type changes, and which these have from different ones? */
static bool share_change(const struct pk_object *table, const struct pk_object *a, const struct pk_object *b)
{
	for (size_t i = 0; a && b && i < table->n_children; i++) {
		const struct pk_object *column = table->children[i];
		const struct pk_object *one = column->origin && changes_type(column) ? column_named(a, column->name) : NULL;
		const struct pk_object *two = one ? column_named(b, column->name) : NULL;

		if (two && root_of(one) != root_of(two))
			return true;
	}
	return false;
}

/* How many of the parents that it keeps, from the first on, it can stay an heir of. */
static size_t parents_to_keep(const struct pk_object *table, const char *const *parents, size_t n)
{
	for (size_t i = 1; i < n; i++) {
		for (size_t k = 0; k < i; k++) {
			if (share_change(table, parent_named(table, parents[k]), parent_named(table, parents[i])))
				return i;
		}
	}
	return n;
}

/*
 * A column that comes from several takes no other type from one of them as long as it is the others' as well: the table
 * leaves these, and takes them again. So it does with those that it had in another order.
 */
static bool leave_some(struct pk_changes *c, struct pk_object *from, struct pk_object *to)
{
	struct pk_script s = { .arena = c->arena };
	const char *const *old, *const *new;
	size_t n_old = pk_attr_list(&s, pk_table_parents(from), &old), n_new = pk_attr_list(&s, pk_table_parents(to), &new);
	size_t n_both = 0, n_kept;
	PK_AUTO(pk_buf) order = PK_BUF_INIT;

	for (size_t i = 0; i < n_old && n_both < n_new; i++)
		n_both += strcmp(old[i], new[n_both]) == 0;
	n_kept = parents_to_keep(from, new, n_both);
	if (n_kept == n_both)
		return false;
	for (size_t i = 0; i < n_old; i++) {
		size_t k = 0;

		while (k < n_kept && strcmp(old[i], new[k]) != 0)
			k++;
		if (k == n_kept)
			pk_buf_addf(&order, "%s%c", old[i], PK_LIST_SEP);
	}
	for (size_t k = 0; k < n_kept; k++)
		pk_buf_addf(&order, "%s%s", k ? (const char[]){ PK_LIST_SEP, '\0' } : "", new[k]);
	pk_borrow(c, from, &from->attr[PK_TABLE_INHERITS], pk_arena_strdup(c->arena, order.ptr));
	settle(from, to, from);
	settle(from, to, to);
	return true;
}

bool pk_origins_reach(struct pk_changes *c)
{
	bool changed = false;

	for (size_t i = 0; i < c->from->n; i++) {
		struct pk_object *from = c->from->objects[i], *to = pk_info(from)->other;

		if (from->kind->columns_apart && to && to->kind == from->kind && !pk_goes(from) && !pk_attachment_of(from) &&
		    !pk_attachment_of(to))
			changed |= leave_some(c, from, to);
	}
	return changed;
}

/* What goes and has columns from several goes before one of them takes another type. */
void pk_differ_order_origins(struct pk_differ *d)
{
	for (size_t i = 0; i < d->changes.from->n; i++) {
		const struct pk_object *column = d->changes.from->objects[i], *table = column->parent;

		if (!column->origin || !pk_goes(table) || pk_info(table)->aside)
			continue;
		for (size_t k = 0; k < table->n_deps; k++) {
			const struct pk_object *other = table->deps[k]->kind->columns_apart ? column_named(table->deps[k], column->name) : NULL;

			for (; other && other != column->origin; other = other->origin) {
				pk_graph_edge(&d->graph, pk_info(table)->drop, pk_info(root_of(column))->release);
				pk_graph_edge(&d->graph, pk_info(table)->drop, pk_info(root_of(column))->alter);
				pk_graph_edge(&d->graph, pk_info(table)->drop, pk_info(other)->release);
				pk_graph_edge(&d->graph, pk_info(table)->drop, pk_info(other)->alter);
			}
		}
	}
}
