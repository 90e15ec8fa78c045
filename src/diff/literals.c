/*
 * Literals of composite values, '(1,2)'::public.pair, in expressions: they have as many fields as the type has
 * attributes. What says one comes once the type is what it shall be. One that is there already follows the type by
 * itself, and then may be another than what is wanted, though both had been the same.
 */
#include "diff/differ.h"

#include <ctype.h>

/* Behind the quoted piece that begins here; is there a parenthesis in it? */
static const char *skip_quoted(const char *at, bool *ret_row)
{
	char quote = *at++;

	for (*ret_row = false; *at && (*at != quote || at[1] == quote); at++) {
		*ret_row |= *at == '(';
		at += *at == quote;
	}
	return at + (*at != '\0');
}

static bool is_type_at(const char *at, const char *type)
{
	unsigned char next;

	if (!pk_starts_with(at, "::") || !pk_starts_with(at + 2, type))
		return false;
	next = (unsigned char)at[2 + strlen(type)];
	return !isalnum(next) && next != '_' && next != '$' && next != '"' && next < 0x80;
}

static bool has_literal(const char *sql, const char *type)
{
	bool row;

	while (sql && *sql) {
		bool literal = *sql == '\'';

		sql = literal || *sql == '"' ? skip_quoted(sql, &row) : sql + 1;
		if (literal && row && is_type_at(sql, type))
			return true;
	}
	return false;
}

/* Does it say a value of the type, or an array of such? beside: in the same words as that. NULL: in any. */
static bool says_value(const struct pk_object *o, const struct pk_object *type, const struct pk_object *beside)
{
	const char *also = type->kind->also_type_attr ? type->attr[type->kind->also_type_attr - 1] : NULL;

	for (size_t i = 0; i < o->kind->n_attrs; i++) {
		if (beside && pk_attr_changed(o, beside, (int)i))
			continue;
		if (has_literal(o->attr[i], type->ident) || (also && has_literal(o->attr[i], also)))
			return true;
	}
	return false;
}

/* Of the old side: does what shows in a literal of it change? */
static bool changes(const struct pk_object *type, const struct pk_object *o)
{
	return type && type->kind->relation_name && !pk_goes(type) && pk_reshapes(type) && says_value(o, type, NULL);
}

/* Does it say a value before and after that looks the same, and is not? */
static const struct pk_object *changing(const struct pk_object *o)
{
	for (size_t i = 0; i < o->n_deps; i++) {
		if (changes(o->deps[i], o) && says_value(o, o->deps[i], pk_info(o)->other))
			return o->deps[i];
	}
	return NULL;
}

bool pk_literals_reach(struct pk_changes *c)
{
	bool changed = false;

	for (size_t i = 0; i < c->from->n; i++) {
		struct pk_object *o = c->from->objects[i];
		struct pk_info *info = pk_info(o);
		const struct pk_object *type = info->other && !pk_goes(o) && !info->retie ? changing(o) : NULL;

		if (!type)
			continue;
		if (o->kind->type || (o->kind->part && !pk_column_generated(o))) /* it can be said again by itself */
			changed = info->retie = pk_info(info->other)->retie = true;
		else if (pk_attrs_same(o, info->other))
			changed |= pk_reach(o, type, PK_LOSS_ANEW);
	}
	return changed;
}

/* All that makes the values of the type, of the new side, what they shall be. */
static void order_shape(struct pk_differ *d, const struct pk_object *type, size_t node)
{
	const struct pk_object *old = pk_info(type)->other;

	pk_graph_edge(&d->graph, pk_ready_node(type), node);
	for (size_t i = 0; i < type->n_deps; i++) {
		if ((type->kind->type ? type->deps[i]->kind->relation_name : type->deps[i]->kind->type) &&
		    !pk_by_tie(type, type->deps[i]))
			order_shape(d, type->deps[i], node);
	}
	for (size_t i = 0; i < type->n_children; i++) {
		const struct pk_object *part = type->children[i];

		if (!part->kind->part)
			continue;
		pk_graph_edge(&d->graph, pk_ready_node(part), node);
		for (size_t k = 0; k < part->n_deps; k++) {
			if (pk_column_has_type(part, part->deps[k]))
				order_shape(d, part->deps[k], node);
		}
	}
	for (size_t i = 0; old && i < old->n_children; i++) {
		if (old->children[i]->kind->part)
			pk_graph_edge(&d->graph, pk_drop_node(old->children[i]), node);
	}
}

/* The bounds of a partition are literals that do not name the type of the key. */
static void order_bounds(struct pk_differ *d, const struct pk_object *attachment)
{
	const struct pk_object *whole = pk_partition_of(attachment->parent);

	for (size_t i = 0; whole && i < whole->n_children; i++) {
		const struct pk_object *column = whole->children[i];

		for (size_t k = 0; column->kind->part && column->kind->fixed(column) && k < column->n_deps; k++) {
			if (pk_column_has_type(column, column->deps[k]))
				order_shape(d, column->deps[k], pk_info(attachment)->create);
		}
	}
}

/* Is there anything that names the columns of the table by their places? */
static bool counts_places(const struct pk_object *table)
{
	bool found = table->n_typed_by;

	for (size_t i = 0; i < pk_info(table)->n_users; i++)
		found |= pk_places_name(pk_info(table)->users[i], table);
	return found;
}

/* Columns that are added come as they are declared, computed ones last, so that it is known where each will stand. */
static void order_columns(struct pk_differ *d, const struct pk_object *table)
{
	size_t last = PK_NO_NODE;

	if (!table->kind->columns_apart || pk_comes(table) || !counts_places(table))
		return;
	for (int computed = 0; computed < 2; computed++)
		for (size_t i = 0; i < table->n_children; i++) {
			const struct pk_object *part = table->children[i];

			if (!part->kind->part || pk_info(part)->create == PK_NO_NODE || pk_column_generated(part) != (computed == 1))
				continue;
			pk_graph_wish(&d->graph, last, pk_info(part)->create);
			last = pk_info(part)->create;
		}
}

void pk_differ_order_literals(struct pk_differ *d)
{
	for (size_t i = 0; i < d->changes.to->n; i++) {
		const struct pk_object *o = d->changes.to->objects[i];
		const struct pk_info *info = pk_info(o);
		bool tied = (o->kind->part || o->kind->type) && info->attach != PK_NO_NODE;
		size_t node = tied ? info->attach : pk_ready_node(o);

		order_columns(d, o);
		if (node == PK_NO_NODE)
			continue;
		for (size_t k = 0; k < o->n_deps; k++) {
			if (changes(pk_info(o->deps[k])->other, o))
				order_shape(d, o->deps[k], node);
		}
		if (o->kind->attachment && info->create != PK_NO_NODE)
			order_bounds(d, o);
	}
}
