/*
 * Columns of a table's row type, of arrays of it, of whatever is made of it: the server changes nothing of a table that
 * has its rows checked or written while such a column is anywhere, be it empty. So they are something else meanwhile.
 * As are columns of what goes before what they are to be is there.
 */
#include "diff/differ.h"

/* Does it, in itself, ask the server to look at the table's row type? */
static bool looks(struct pk_changes *c, const struct pk_object *o)
{
	struct pk_script s = { .arena = c->arena, .from = c->from, .to = c->to, .version = c->from->version };
	const struct pk_info *info = pk_info(o);
	bool found = info->retype || info->fate == PK_REMAKE || info->fate == PK_CHANGE_TYPE;

	/* of a typed table, which has it by a change of its type */
	found |= info->fate == PK_CREATE_NEW && o->kind->part && pk_column_has_default(o);
	if (!found && info->fate == PK_CHANGE && pk_needs_look(o, info->other))
		o->kind->alter(&s, o, info->other);
	else if (info->fate == PK_CREATE_NEW)
		o->kind->create(&s, o);
	for (size_t i = 0; i < s.n; i++)
		found |= s.items[i].row_type;
	pk_script_release(&s);
	return found;
}

/* Does any of that happen to the relation, of the old side, or to its columns? */
static bool is_looked_at(struct pk_changes *c, const struct pk_object *table)
{
	const struct pk_object *to = pk_info(table)->other;

	if (!to || pk_info(table)->fate == PK_DROP_OLD || looks(c, table))
		return to && pk_info(table)->fate != PK_DROP_OLD;
	for (size_t i = 0; i < table->n_children && table->kind->columns_apart; i++) {
		if (table->children[i]->kind->part && looks(c, table->children[i]))
			return true;
	}
	for (size_t i = 0; i < to->n_children && to->kind->columns_apart; i++) {
		const struct pk_object *part = to->children[i];

		if (part->kind->part && pk_info(part)->fate == PK_CREATE_NEW && looks(c, part))
			return true;
	}
	return false;
}

typedef bool found_holder(void *context, const struct pk_object *type, struct pk_object *holder);

static bool has_column_of(const struct pk_object *relation, const struct pk_object *type)
{
	for (size_t i = 0; i < relation->n_children; i++) {
		if (relation->children[i]->kind->part && pk_column_has_type(relation->children[i], type))
			return true;
	}
	return false;
}

/* A domain's checks may use it, too. */
static bool is_made_of(const struct pk_object *user, const struct pk_object *type)
{
	return user->kind->type && !pk_by_tie(user, type);
}

/*
 * Finds all that keeps values of the type, or of what is made of it: columns of tables, views that keep rows,
 * expressions, for which the server looks too (in newer minor versions; in others they would be wrong after).
 */
static bool each_holder(const struct pk_object *type, void *context, found_holder *found)
{
	bool changed = false;

	for (size_t i = 0; i < type->n_typed_by; i++)
		changed |= found(context, type, type->typed_by[i]);
	for (size_t i = 0; i < pk_info(type)->n_users; i++) {
		struct pk_object *user = pk_info(type)->users[i];
		bool view = user->kind->relation_name && !user->kind->type && !user->kind->columns_apart &&
			    has_column_of(user, type);

		if (user->kind->part && user->parent->kind->refill && pk_column_has_type(user, type))
			changed |= found(context, type, user);
		if (view && user->kind->keeps_rows)
			changed |= found(context, type, user);
		if (view || is_made_of(user, type))
			changed |= each_holder(user, context, found);
	}
	return changed;
}

/* Has it a row type that is used? */
static bool is_held(const struct pk_object *o)
{
	return o->kind->relation_name && !o->kind->type && (pk_info(o)->n_users || o->n_typed_by);
}

static bool is_value(const struct pk_object *o, const struct pk_object *type)
{
	return o->kind->part && pk_column_has_type(o, type);
}

/* The columns of a typed table change only while it is on its own. */
static bool free_column(struct pk_object *column, bool moves)
{
	struct pk_info *info = pk_info(column), *table = pk_info(column->parent);

	if (pk_table_of_type(column->parent))
		table->retie = true;
	if (moves)
		return info->freed = true;
	if (pk_table_of_type(table->other))
		pk_info(table->other)->retie = true;
	return info->freed = info->retype = pk_info(info->other)->freed = pk_info(info->other)->retype = true;
}

static bool takes_new(const struct pk_object *to)
{
	for (size_t i = 0; i < to->n_deps; i++) {
		if (to->deps[i]->kind->relation_name && pk_comes(to->deps[i]))
			return true;
	}
	return false;
}

/* context: whose row type, or type, it is in the end. */
static bool free_holder(void *context, const struct pk_object *type, struct pk_object *o)
{
	const struct pk_object *root = context;
	struct pk_info *info = pk_info(o), *other = info->other ? pk_info(info->other) : NULL;
	bool gone = pk_info(root)->fate == PK_DROP_OLD;

	info->gap = true;
	if (is_value(o, type) && (pk_moves(o->parent) || pk_goes_along(o->parent)) && !info->freed)
		return free_column(o, true); /* of the table that stands aside; the new one has no rows yet */
	if (!other || pk_goes(o) || info->freed || (o->kind->type && info->retie))
		return false;
	if (gone && (!is_value(o, type) || !takes_new(info->other)))
		return false; /* it lets go by itself */
	if (is_value(o, type) && !pk_column_generated(o))
		return free_column(o, false);
	if (o->kind->type) /* a domain's checks */
		return info->retie = other->retie = true;
	return pk_reach(o, type, PK_LOSS_ANEW);
}

/* What is called so, or is to be: as one of the relations or types. */
static void add_names(struct pk_changes *c, const struct pk_object *o, struct pk_strv *ret)
{
	struct pk_script s = { .arena = c->arena };

	if (!pk_takes_relation_name(o))
		return;
	pk_add_taken_names(&s, o, o->schema, o->name, ret);
	if (o->kind->tied_to_column) /* no type has its name when it is made */
		pk_add_type_name(ret, o->schema, o->name);
}

static void find_coming_names(struct pk_changes *c, struct pk_map *ret)
{
	for (size_t i = 0; i < c->to->n; i++) {
		PK_AUTO(pk_strv) names = PK_STRV_INIT;

		if (pk_comes(c->to->objects[i]))
			add_names(c, c->to->objects[i], &names);
		for (size_t k = 0; k < names.n; k++)
			pk_map_set(ret, names.items[k], c->to->objects[i]);
	}
}

/* A type or relation that goes for good before what takes its values comes: because of its name, or of its keys'. */
static bool goes_before(struct pk_changes *c, const struct pk_object *o, struct pk_map *coming)
{
	PK_AUTO(pk_strv) names = PK_STRV_INIT;

	if (pk_info(o)->fate != PK_DROP_OLD || !o->kind->relation_name || (!pk_info(o)->n_users && !o->n_typed_by))
		return false;
	add_names(c, o, &names);
	for (size_t i = 0; i < o->n_children; i++)
		add_names(c, o->children[i], &names);
	if (!coming->n)
		find_coming_names(c, coming);
	for (size_t i = 0; i < names.n; i++)
		if (pk_map_get(coming, names.items[i]))
			return true;
	return false;
}

bool pk_row_types_reach(struct pk_changes *c)
{
	PK_AUTO(pk_map) coming = PK_MAP_INIT;
	bool changed = false;

	for (size_t i = 0; i < c->from->n; i++) {
		struct pk_object *o = c->from->objects[i];

		if ((is_held(o) && is_looked_at(c, o)) || goes_before(c, o, &coming))
			changed |= each_holder(o, o, free_holder);
	}
	return changed;
}

struct around {
	struct pk_differ *d;
	const struct pk_object *table; /* of the side that counts */
	bool after;
};

/* Between letting go of the type and taking it again comes what happens to the table and its columns. */
static void order_node(const struct around *around, size_t node, const struct pk_object *part, const struct pk_object *holder)
{
	const struct pk_info *info = pk_info(part);
	size_t nodes[] = { info->freed ? info->release : PK_NO_NODE, info->drop, info->alter, info->create };

	if (part == holder || (holder->parent == around->table && part->kind->part && info->fate == PK_REMAKE))
		return; /* expressions of its own */
	for (size_t i = 0; i < PK_COUNT(nodes); i++) {
		if (around->after)
			pk_graph_edge(&around->d->graph, nodes[i], node);
		else
			pk_graph_edge(&around->d->graph, node, nodes[i]);
	}
}

/* The same for the table, and the columns of both sides. */
static void order_all(const struct around *around, size_t node, const struct pk_object *holder)
{
	const struct pk_object *table = around->table, *other = pk_info(table)->other;

	order_node(around, node, table, holder);
	if (pk_type_of_table(table))
		order_node(around, node, pk_type_of_table(table), holder);
	for (size_t i = 0; i < table->n_children; i++) {
		if (table->children[i]->kind->part)
			order_node(around, node, table->children[i], holder);
	}
	for (size_t i = 0; i < other->n_children; i++) {
		if (other->children[i]->kind->part)
			order_node(around, node, other->children[i], pk_info(holder)->other ? pk_info(holder)->other : holder);
	}
}

static bool order_holder(void *context, const struct pk_object *type, struct pk_object *holder)
{
	const struct around *around = context;
	const struct pk_info *info = pk_info(holder);
	bool lets_go = info->release != PK_NO_NODE && (info->freed ? !pk_parks(holder->parent) : info->retie || info->cut);
	size_t before = lets_go ? info->release : info->drop;
	size_t after = info->attach != PK_NO_NODE && !info->freed ? info->attach : pk_ready_node(holder);

	(void)type;
	order_all(around, around->after ? after : before, holder);
	return false;
}

/* So that nothing happens to the row type while there is a cast, from a type made of it to what takes the place of that. */
static void order_casts(const struct around *around, const struct pk_object *type)
{
	for (size_t i = 0; i < pk_info(type)->n_users; i++) {
		const struct pk_object *user = pk_info(type)->users[i];

		if (!is_made_of(user, type))
			continue;
		if (pk_info(user)->fate == PK_REPLACE_TYPE)
			order_all(around, pk_info(user)->create, user);
		order_casts(around, user);
	}
}

/* An heir that leaves, and then drops the column, has left by then: its default would not fit. */
static void order_leaving(struct pk_differ *d, const struct pk_object *heir, const struct pk_object *column)
{
	for (size_t i = 0; i < heir->n_children; i++) {
		const struct pk_object *part = heir->children[i];

		if (part->origin == column && pk_info(part)->fate == PK_DROP_OLD && !pk_goes(heir) && pk_attachment_of(heir))
			pk_graph_edge(&d->graph, pk_drop_node(pk_attachment_of(heir)), pk_info(column)->release);
	}
}

/*
 * A column lets go with its parent's, as long as its table is an heir, else once that has left parents and type; as it has
 * where the parent's goes as it is.
 */
static void order_freed(struct pk_differ *d, const struct pk_object *column)
{
	const struct pk_object *table = column->parent, *origin = column->origin;
	size_t release = origin ? pk_info(origin)->release : PK_NO_NODE;

	pk_graph_edge(&d->graph, pk_info(table)->release, pk_info(column)->release);
	pk_graph_edge(&d->graph, pk_info(column)->release, release);
	for (size_t i = 0; i < table->n_heirs; i++)
		order_leaving(d, table->heirs[i], column);
	if (origin && !pk_info(origin)->freed && pk_attachment_of(table))
		pk_graph_edge(&d->graph, pk_drop_node(pk_attachment_of(table)), pk_info(column)->release);
	if (!pk_goes(table) || !origin || pk_parks(table))
		return;
	pk_graph_edge(&d->graph, release, pk_drop_node(table));
	if (pk_attachment_of(table))
		pk_graph_edge(&d->graph, release, pk_drop_node(pk_attachment_of(table)));
}

/* What is in the table that goes, and not in the one that keeps its rows, lets go of it before. */
static void order_parked(struct pk_differ *d, const struct pk_object *table, size_t parking)
{
	for (size_t i = 0; i < table->n_children; i++) {
		const struct pk_object *part = table->children[i];

		for (size_t k = 0; k < pk_info(part)->n_users; k++) {
			if (pk_whole(pk_info(part)->users[k]) != table)
				pk_graph_edge(&d->graph, pk_drop_node(pk_info(part)->users[k]), parking);
		}
		if (part->origin && pk_info(part)->freed && !pk_goes(part->origin->parent))
			pk_graph_edge(&d->graph, parking, pk_info(part->origin)->release);
	}
	for (size_t i = 0; i < pk_info(table)->n_users; i++)
		pk_graph_edge(&d->graph, pk_drop_node(pk_info(table)->users[i]), parking);
	for (size_t i = 0; i < table->n_heirs; i++) {
		const struct pk_object *heir = table->heirs[i];

		if (pk_attachment_of(heir))
			pk_graph_edge(&d->graph, pk_drop_node(pk_attachment_of(heir)), parking);
		if (pk_info(heir)->along) {
			pk_graph_edge(&d->graph, pk_drop_node(heir), parking);
			order_parked(d, heir, parking);
		}
	}
}

/*
 * A typed table that is on its own for a while: what happens to the type does not reach it, and its columns are its
 * own, in the order that the type has.
 */
static void order_apart(struct pk_differ *d, const struct pk_object *table)
{
	const struct pk_object *other = pk_info(table)->other;
	size_t release = pk_info(table)->release, before = release;

	for (size_t i = 0; i < table->n_deps; i++) {
		if (table->deps[i]->kind->type)
			pk_graph_edge(&d->graph, release, pk_info(table->deps[i])->alter);
	}
	for (size_t i = 0; i < table->n_children; i++) {
		pk_graph_edge(&d->graph, release, pk_drop_node(table->children[i]));
		pk_graph_edge(&d->graph, release, pk_info(table->children[i])->alter);
	}
	for (size_t i = 0; i < other->n_children; i++) {
		const struct pk_object *part = other->children[i];

		if (!part->kind->part || pk_info(part)->create == PK_NO_NODE)
			continue;
		pk_graph_edge(&d->graph, before, pk_info(part)->create);
		before = pk_info(part)->create;
	}
}

/* No domain gains a check while an expression names the row type of a table that has such a column. */
static void order_checks(struct pk_differ *d, const struct pk_object *domain)
{
	size_t node = pk_info(domain)->attach != PK_NO_NODE ? pk_info(domain)->attach : pk_info(domain)->alter;

	for (size_t i = 0; domain->kind->type && node != PK_NO_NODE && i < pk_info(domain)->n_users; i++) {
		const struct pk_object *user = pk_info(domain)->users[i], *table = is_value(user, domain) ? user->parent : NULL;

		for (size_t k = 0; table && k < table->n_typed_by; k++) {
			const struct pk_info *holder = pk_info(table->typed_by[k]);

			if (table->typed_by[k]->parent)
				pk_graph_wish(&d->graph, node, holder->attach != PK_NO_NODE ? holder->attach : holder->create);
		}
	}
}

void pk_differ_order_row_types(struct pk_differ *d)
{
	for (size_t i = 0; i < d->changes.to->n; i++)
		order_checks(d, d->changes.to->objects[i]);
	for (size_t i = 0; i < d->changes.from->n; i++) {
		struct pk_object *o = d->changes.from->objects[i], *other = pk_info(o)->other;
		struct around before = { d, o, false }, after = { d, other, true };

		if (pk_info(o)->freed)
			order_freed(d, o);
		if (pk_info(o)->retie && o->kind->columns_apart && !pk_goes(o))
			order_apart(d, o);
		if (pk_parks(o))
			order_parked(d, o, pk_info(o)->drop);
		if ((!is_held(o) && !(other && is_held(other))) || !is_looked_at(&d->changes, o))
			continue;
		each_holder(o, &before, order_holder);
		each_holder(other, &after, order_holder);
		order_casts(&after, other);
	}
}

/* Do attributes come or go in any of what the values are made of? */
static bool changes_shape(const struct pk_object *o)
{
	for (size_t i = 0; i < o->n_deps; i++) {
		if ((!o->kind->part || pk_column_has_type(o, o->deps[i])) && o->deps[i]->kind->relation_name &&
		    !pk_by_tie(o, o->deps[i]) && pk_reshapes(o->deps[i]))
			return true;
	}
	return false;
}

bool pk_reshapes(const struct pk_object *type)
{
	const struct pk_object *other = pk_info(type)->other;

	if (type->kind->type && changes_shape(type))
		return true;
	for (size_t i = 0; i < type->n_children; i++) {
		const struct pk_object *part = type->children[i];

		if (part->kind->part && (pk_goes(part) || changes_shape(part)))
			return true;
	}
	for (size_t i = 0; other && i < other->n_children; i++) {
		if (other->children[i]->kind->part && pk_info(other->children[i])->fate == PK_CREATE_NEW)
			return true;
	}
	return false;
}

enum pk_stand_in pk_row_type_stand_in(const struct pk_object *column)
{
	if (!pk_info(column)->freed)
		return PK_STAND_IN_NONE;
	return changes_shape(column) ? PK_STAND_IN_JSON : PK_STAND_IN_TEXT;
}
