/* Where inherited columns come from, when there are several parents. */
#include "diff/changes.h"

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
