/*
 * What has to come before what, from the dependencies of both sides. An edge is a must, a wish gives way where it would
 * close a cycle. The node names (create, alter, drop, release, attach, fill, clean) are those of diff/graph.h; "goes" and
 * "comes" are said of an object that only the old or only the new side has.
 */
#include "base/map.h"
#include "catalog/share.h"
#include "diff/differ.h"
#include "sql/body.h"

struct named {
	const struct pk_object *o;
	struct named *next;
};

/*
 * Whoever uses an object needs it finished: its own tie (attach) done, and those of its parts (defaults of columns). Not so
 * what belongs to the object itself, such as a key of the table, or a default of the table's own row type.
 */
static void wait_for_ties(struct pk_differ *d, const struct pk_object *o, const struct pk_object *on, size_t node)
{
	if (pk_whole(o) == pk_whole(on) || node == pk_info(pk_whole(on))->create)
		return;
	if (!on->kind->tied_to_column)
		pk_graph_edge(&d->graph, pk_info(on)->attach, node);
	for (size_t i = 0; i < on->n_children; i++) {
		if (on->children[i]->kind->part)
			pk_graph_edge(&d->graph, pk_info(on->children[i])->attach, node);
	}
}

/* The type that a column of a typed table follows; NULL: none. */
static const struct pk_object *type_of(const struct pk_object *o)
{
	return o->kind->part ? pk_type_of_table(o->parent) : NULL;
}

/* o inherits from on, both of one kind: NO INHERIT and INHERIT are statements of their own, apart from all other changes of o. */
static bool tied_late(const struct pk_object *o, const struct pk_object *on)
{
	return o->kind->tie && !o->kind->retie && on->kind == o->kind;
}

/* Only the default of o uses on, and that is dropped and set again by statements of its own. */
static bool tied_apart(const struct pk_object *o, const struct pk_object *on, size_t tying)
{
	const struct pk_info *info = pk_info(o);

	return tying != PK_NO_NODE && (info->retie || info->retype) && (on->kind->tied_to_column || pk_by_tie(o, on) || pk_computed_by(o, on));
}

/* What happens to an attribute happens to its type. */
static const struct pk_object *acting(const struct pk_object *o)
{
	return o->kind->part && o->parent->kind->type ? o->parent : o;
}

static bool refers(const struct pk_object *o) /* a foreign key */
{
	return o->kind->references && o->kind->references(o);
}

/*
 * What is dropped (by node drop) goes before changes to what it uses, and to the columns of parents that pass their changes
 * on to that. Where the change does not concern it, this is only a wish.
 */
static void order_before_change(struct pk_differ *d, size_t drop, const struct pk_object *o, const struct pk_object *on)
{
	const struct pk_info *info = pk_info(on);
	bool apart = on->kind->part ? on->parent != o->parent || refers(o) : on->kind->type && o->kind->type;

	if (apart && info->fate == PK_CHANGE && !info->retype)
		pk_graph_wish(&d->graph, drop, info->alter);
	else
		pk_graph_edge(&d->graph, drop, info->alter);
	if (on->origin)
		order_before_change(d, drop, o, on->origin);
}

/* A foreign key is dropped before the columns of the key that it refers to change (INCLUDE columns too), and made again after. */
static void order_key_columns(struct pk_differ *d, const struct pk_object *o, const struct pk_object *key)
{
	for (size_t i = 0; refers(o) && key->parent && !key->kind->part && i < key->n_deps; i++) {
		order_before_change(d, pk_info(o)->drop, o, key->deps[i]);
		pk_graph_edge(&d->graph, pk_info(o)->drop, pk_info(key->deps[i])->release);
		pk_graph_edge(&d->graph, pk_ready_node(key->deps[i]), pk_info(o)->create);
	}
}

/* A foreign key to a partitioned table is one to each of its partitions, and finds all rows in them. */
static void order_referenced(struct pk_differ *d, const struct pk_object *key, const struct pk_object *table, bool old)
{
	for (size_t i = 0; table && pk_table_is_partitioned(table) && i < table->n_heirs; i++) {
		const struct pk_object *attachment = pk_attachment_of(table->heirs[i]);

		if (old) {
			pk_graph_edge(&d->graph, pk_info(key)->drop, pk_drop_node(table->heirs[i]));
			if (key->parent != table->heirs[i] && !pk_object_comes_by_itself(key))
				pk_graph_edge(&d->graph, pk_info(key)->drop, pk_drop_node(attachment));
		} else if (attachment) {
			pk_graph_wish(&d->graph, pk_ready_node(attachment), pk_info(key)->create); /* may be the partition's own */
			pk_graph_wish(&d->graph, pk_info(table->heirs[i])->fill, pk_info(key)->create);
		}
		order_referenced(d, key, table->heirs[i], old);
	}
}

/* Is it the whole, or a partition at any depth? Those are there with all they have before the whole is filled. */
static bool is_within(const struct pk_object *table, const struct pk_object *whole)
{
	while (table && table != whole)
		table = pk_partition_of(table);
	return table;
}

/* A child is made after its parent; but one that comes first, before it: the parent is made of it. */
static void order_after_parent(struct pk_differ *d, const struct pk_object *o, size_t node)
{
	const struct pk_object *parent = o->parent;

	if (!o->kind->comes_first) {
		pk_graph_edge(&d->graph, pk_ready_node(parent), node);
		return;
	}
	pk_graph_edge(&d->graph, pk_drop_node(pk_info(parent)->other), node);
	pk_graph_edge(&d->graph, node, pk_ready_node(parent));
	for (size_t i = 0; i < parent->n_deps; i++)
		if (!parent->deps[i]->schema) /* the schema itself, which has none */
			pk_graph_edge(&d->graph, pk_ready_node(parent->deps[i]), node);
}

/* New side, one dependency: o, made by node, uses on. */
static void order_use(struct pk_differ *d, struct pk_object *o, struct pk_object *on, size_t node)
{
	const struct pk_info *info = pk_info(acting(o));
	bool circle = pk_in_circle(o, on);

	pk_graph_edge(&d->graph, pk_ready_node(on), info->attach);
	if (o->kind->columns_apart)
		pk_differ_wait_for_columns(d, on, info->create);
	/* What closes a circle of dependencies is tied by a statement of its own, and only that one has to wait. */
	if (circle && info->attach != PK_NO_NODE && pk_by_tie(o, on))
		return;
	if (node != info->alter || (!tied_late(o, on) && !tied_apart(o, on, info->attach)))
		pk_graph_edge(&d->graph, pk_ready_node(on), node);
	if (!circle)
		wait_for_ties(d, o, on, node);
	if (pk_places_name(o, pk_whole(on)))
		pk_differ_wait_for_columns(d, pk_whole(on), node);
	order_key_columns(d, o, on);
	if (o->kind->routine) /* a partition that has to be there before its rows are moved may call it */
		pk_graph_wish(&d->graph, pk_info(pk_whole(on))->fill, node);
	else if (!circle && !o->kind->attachment && pk_whole(o) != pk_whole(on) && !is_within(o->parent, pk_whole(on)))
		pk_graph_edge(&d->graph, pk_info(pk_whole(on))->fill, node);
}

/* New side: what something uses is made or changed before it. */
static void order_new(struct pk_differ *d, struct pk_object *o)
{
	const struct pk_info *info = pk_info(acting(o));
	size_t node = pk_ready_node(acting(o));
	const struct pk_object *column;

	if (o->parent)
		order_after_parent(d, o, node);
	if (type_of(o))
		pk_graph_edge(&d->graph, pk_ready_node(type_of(o)), node);
	/* What watches, and is only altered, is ordered by watch.c. */
	for (size_t i = 0; i < o->n_deps && !(o->kind->watches && node == info->alter); i++)
		order_use(d, o, o->deps[i], node);
	order_referenced(d, o, pk_referred_table(&d->arena, d->changes.to, o), false);
	pk_graph_edge(&d->graph, node, info->attach);
	column = pk_tied_column(&d->changes, d->changes.to, o);
	if (column)
		pk_graph_edge(&d->graph, pk_ready_node(column), info->attach);
}

/*
 * The new one is made beside the old one while that still serves: after all that the new one uses,
 * before the old one and its users go. What both use may change in place before.
 */
static void order_beside(struct pk_differ *d, const struct pk_object *from)
{
	const struct pk_info *info = pk_info(from);

	for (size_t i = 0; i < info->beside->n_deps; i++)
		pk_graph_edge(&d->graph, pk_ready_node(info->beside->deps[i]), info->beside_node);
	pk_graph_edge(&d->graph, info->beside_node, info->drop);
	pk_graph_edge(&d->graph, info->drop, pk_info(info->beside)->create);
	for (size_t i = 0; i < info->n_users; i++)
		pk_graph_edge(&d->graph, info->beside_node, pk_info(info->users[i])->drop);
}

static bool both_use(const struct pk_object *from, const struct pk_object *used)
{
	const struct pk_object *to = pk_info(from)->beside, *same = pk_info(used)->other;

	for (size_t i = 0; to && i < to->n_deps; i++) {
		if (to->deps[i] == same)
			return true;
	}
	return false;
}

static bool stays(const struct pk_object *relation)
{
	return relation && !pk_goes(relation);
}

/* A column of an heir goes, or takes a type of its own, once all its parents let go of it. */
static void order_inherited(struct pk_differ *d, const struct pk_object *o)
{
	const struct pk_object *heir = o->parent;

	if (!o->origin || !stays(heir))
		return;
	if (stays(o->origin->parent)) {
		pk_graph_edge(&d->graph, pk_drop_node(o->origin), pk_info(o)->drop);
		if (pk_info(o)->fate == PK_CHANGE_TYPE || pk_info(o)->retype)
			pk_graph_edge(&d->graph, pk_drop_node(o->origin), pk_info(o)->alter);
		if (pk_info(o)->freed)
			pk_graph_edge(&d->graph, pk_drop_node(o->origin), pk_info(o)->release);
	}
	for (size_t i = 0; i < heir->n_deps; i++) {
		for (size_t j = 0; heir->deps[i]->kind->columns_apart && stays(heir->deps[i]) && j < heir->deps[i]->n_children; j++) {
			const struct pk_object *column = heir->deps[i]->children[j];

			if (column->kind == o->kind && strcmp(column->name, o->name) == 0)
				pk_graph_edge(&d->graph, pk_drop_node(column), pk_info(o)->drop);
		}
	}
}

/*
 * A column by which a partition is itself partitioned cannot be dropped or changed in the whole table before the partition
 * is detached.
 */
static void order_keys_of_partitions(struct pk_differ *d, const struct pk_object *o)
{
	const struct pk_object *attachment = o->origin && o->kind->fixed(o) ? pk_attachment_of(o->parent) : NULL;

	for (const struct pk_object *column = o->origin; attachment && column; column = column->origin) {
		pk_graph_edge(&d->graph, pk_drop_node(attachment), pk_info(column)->drop);
		pk_graph_edge(&d->graph, pk_drop_node(attachment), pk_info(column)->alter);
	}
}

/* Does o stop using on when it is set aside (renamed, to be dropped last)? A table then leaves its parents. */
static bool sheds(const struct pk_object *o, const struct pk_object *on)
{
	return pk_info(o)->aside && (tied_late(o, on) || (o->kind->sheds && !on->kind->type));
}

/* Is only a table of plain columns left of it while it stands aside? */
static bool is_parked(const struct pk_object *o)
{
	const struct pk_object *table = pk_whole(o);

	while (pk_info(table)->along)
		table = pk_partition_of(table);
	return pk_parks(table);
}

/*
 * on: a column that is given a stand-in type before it changes (freed), or one that such a column of a parent takes along;
 * o is dropped before that. A part of a table that is dropped needs no such edge: its own column is released as well.
 */
static void order_before_release(struct pk_differ *d, const struct pk_object *o, const struct pk_object *on)
{
	while (on && !pk_info(on)->freed)
		on = on->origin;
	if (on && (!o->kind->part || !pk_goes(o->parent)))
		pk_graph_edge(&d->graph, pk_info(o)->drop, pk_info(on)->release);
}

/* Old side: what uses something goes, or lets go of it, before it goes or changes. */
/* One of those that an object which goes or changes has used: on. */
static void order_old_use(struct pk_differ *d, struct pk_object *o, const struct pk_object *on)
{
	const struct pk_info *info = pk_info(acting(o)), *of = pk_info(on);
	/* A type is set aside first of all; what uses it matters when the old one is dropped. */
	size_t end = of->clean != PK_NO_NODE ? of->clean : of->drop;

	if (!info->freed && (info->release == PK_NO_NODE || (!tied_late(o, on) && !tied_apart(o, on, info->release))))
		pk_graph_edge(&d->graph, info->alter, end);
	pk_graph_edge(&d->graph, info->release, end);
	if (info->cut && pk_in_circle(o, on) && pk_by_tie(o, on))
		return; /* untied */
	pk_graph_edge(&d->graph, info->drop, end);
	if (!pk_share_only_carries(o, on))
		order_before_release(d, o, on);
	if (!info->freed && !sheds(o, on) && !tied_apart(o, on, info->release) && !(is_parked(o) && !on->kind->relation_name))
		pk_graph_edge(&d->graph, info->clean, end);
	if (of->aside && !on->kind->routine && (info->aside || !o->kind->relation_name)) /* while it has the name by which that is said */
		pk_graph_edge(&d->graph, info->drop, of->drop);
	if (of->clean == PK_NO_NODE && of->drop == PK_NO_NODE && !on->kind->grows && !both_use(o, on))
		order_before_change(d, info->drop, o, on);
	order_key_columns(d, o, on);
}

static void order_old(struct pk_differ *d, struct pk_object *o)
{
	const struct pk_info *info = pk_info(acting(o));

	for (size_t i = 0; i < o->n_deps; i++)
		order_old_use(d, o, o->deps[i]);
	if (o->kind->linked)
		pk_graph_edge(&d->graph, info->drop, pk_info(o->parent)->alter);
	if (o->origin)
		pk_graph_edge(&d->graph, pk_info(o->parent)->release, info->drop);
	order_referenced(d, o, pk_referred_table(&d->arena, d->changes.from, o), true);
	if (type_of(o))
		pk_graph_edge(&d->graph, info->drop, pk_info(type_of(o))->alter);
	if (info->aside && pk_type_made_of(o))
		pk_graph_edge(&d->graph, info->drop, pk_drop_node(pk_type_made_of(o)));
	if (info->other)
		pk_graph_edge(&d->graph, info->drop, pk_ready_node(info->other));
	if (info->beside)
		order_beside(d, o);
	if (info->clean != PK_NO_NODE && info->other)
		pk_graph_edge(&d->graph, pk_info(info->other)->create, info->clean);
	pk_graph_edge(&d->graph, info->release, info->alter);
	pk_graph_edge(&d->graph, info->release, info->drop);
	if (o->origin)
		pk_graph_edge(&d->graph, info->release, pk_info(o->origin)->alter);
	if (o->parent)
		pk_graph_edge(&d->graph, info->drop, pk_drop_node(o->parent));
	order_inherited(d, o);
	order_keys_of_partitions(d, o);
	pk_graph_edge(&d->graph, info->release, pk_drop_node(pk_tied_column(&d->changes, d->changes.from, o)));
	if (info->other)
		pk_graph_edge(&d->graph, info->release, pk_info(info->other)->attach);
}

/* Default privileges hold for what is made after: all that is made is made before they change, and after they went. */
static void order_default_privileges(struct pk_differ *d)
{
	for (size_t i = 0; i < d->changes.from->n + d->changes.to->n; i++) {
		bool old = i < d->changes.from->n;
		const struct pk_object *acl = old ? d->changes.from->objects[i] : d->changes.to->objects[i - d->changes.from->n];
		size_t node = old ? pk_info(acl)->drop : pk_ready_node(acl);

		for (size_t j = 0; acl->kind->grant_prefix_attr && node != PK_NO_NODE && j < d->changes.to->n; j++) {
			size_t create = pk_info(d->changes.to->objects[j])->create;

			if (d->changes.to->objects[j]->kind->grant_on && !d->changes.to->objects[j]->kind->grant_prefix_attr)
				pk_graph_edge(&d->graph, old ? node : create, old ? create : node);
		}
	}
}

/* Its query is what it shall be once all that stood in for others in the circle is replaced. */
static void order_refresh(struct pk_differ *d, const struct pk_object *o)
{
	for (size_t i = 0; i < d->changes.to->n; i++)
		if (pk_in_circle(d->changes.to->objects[i], o))
			pk_graph_edge(&d->graph, pk_info(d->changes.to->objects[i])->attach, pk_info(o)->fill);
}

/* Rows move once all partitions are there, and before what would slow them down, watch them or count them. */
static void order_moves(struct pk_differ *d)
{
	for (size_t i = 0; i < d->changes.to->n; i++) {
		struct pk_object *o = d->changes.to->objects[i];
		const struct pk_info *info = pk_info(o);

		if (info->fill != PK_NO_NODE) {
			pk_graph_edge(&d->graph, info->create, info->fill);
			if (info->other)
				pk_graph_edge(&d->graph, info->fill, pk_info(info->other)->clean);
			if (o->kind->refresh)
				order_refresh(d, o);
			for (size_t j = 0; j < o->n_children; j++) {
				if (!o->children[j]->kind->attachment && !pk_made_with_parent(o->children[j]))
					pk_graph_edge(&d->graph, info->fill, pk_info(o->children[j])->create);
			}
		}
		if (!o->kind->attachment)
			continue;
		for (const struct pk_object *whole = pk_partition_of(o->parent); whole; whole = pk_partition_of(whole))
			pk_graph_edge(&d->graph, pk_ready_node(o), pk_info(whole)->fill);
	}
}

/* What a relation can have only one of, whatever its name. */
static void order_exclusive(struct pk_differ *d, const struct pk_object *to)
{
	const struct pk_object *relation = to->parent ? pk_info(to->parent)->other : NULL;

	if (!to->kind->exclusive || !to->kind->exclusive(to))
		return;
	for (size_t i = 0; relation && i < relation->n_children; i++) {
		const struct pk_object *old = relation->children[i];

		if (old->kind == to->kind && old->kind->exclusive(old))
			pk_graph_edge(&d->graph, pk_info(old)->drop, pk_info(to)->create);
	}
}

/* Is the column its heir from now on alone? Then it changes by itself before. */
static bool becomes_heir(const struct pk_object *column)
{
	const struct pk_object *table = column->parent, *old = pk_info(table)->other;

	if (!old || pk_comes(table))
		return false;
	return pk_table_is_partition(table) ? !pk_stays_attached(table) :
					      !pk_table_keeps_parent(old, table, column->origin->parent->ident);
}

/*
 * Was it its heir's own, by then at least, before the parent comes by such a column? It is merged with that only when it
 * is like it.
 */
static bool is_merged(const struct pk_object *column)
{
	const struct pk_object *old = pk_info(column)->other;

	return old && (pk_changes_in_place(column) || pk_info(column)->retype) && !pk_table_is_partition(column->parent) &&
	       (!old->origin || !pk_table_keeps_parent(old->parent, column->parent, old->origin->parent->ident));
}

/* The node after which the column is as it shall be, or else what it comes from. */
static size_t reaching_node(const struct pk_object *column)
{
	size_t node = pk_ready_node(column);

	return node == PK_NO_NODE && column->origin ? reaching_node(column->origin) : node;
}

/* An heir's own change comes after its parent's, which reaches it too; a partition is made apart. */
static void order_heirs(struct pk_differ *d)
{
	for (size_t i = 0; i < d->changes.to->n; i++) {
		struct pk_object *o = d->changes.to->objects[i];
		size_t bringing;

		if (!o->origin || becomes_heir(o))
			continue;
		bringing = pk_brought_by(o) ? pk_info(pk_brought_by(o))->create : PK_NO_NODE;
		pk_graph_edge(&d->graph, pk_drop_node(pk_info(o)->other), bringing);
		if (is_merged(o))
			pk_graph_edge(&d->graph, pk_info(o)->alter, bringing);
		else if (!pk_table_is_partition(o->parent) || !pk_made_with_parent(o))
			pk_graph_edge(&d->graph, reaching_node(o->origin), pk_ready_node(o));
	}
}

static void add_named(struct pk_differ *d, struct pk_map *names, enum pk_named what, const struct pk_object *o)
{
	const char *schema = o->schema ? o->schema : "", *name = o->name;
	size_t len = what == PK_NAMED_ROUTINE ? strcspn(name, "(") : strlen(name);
	const char *keys[] = { pk_arena_printf(&d->arena, "%d %s.%.*s", what, schema, (int)len, name),
			       pk_arena_printf(&d->arena, "%d .%.*s", what, (int)len, name) };

	if (pk_ready_node(o) == PK_NO_NODE)
		return;
	for (size_t i = 0; i < PK_COUNT(keys); i++) {
		struct named *list = pk_arena_alloc(&d->arena, sizeof(*list));

		*list = (struct named){ o, pk_map_get(names, keys[i]) };
		pk_map_set(names, keys[i], list);
	}
}

/* What the text of a body names, is made before the body rather than after it: something may run it soon. */
static void order_body(struct pk_differ *d, const struct pk_map *names, const struct pk_object *o)
{
	const struct pk_name *named = pk_sql_body_names(&d->arena, o->attr[o->kind->body_attr - 1]);

	for (; named; named = named->next) {
		const struct named *list = pk_map_get(names, pk_arena_printf(&d->arena, "%d %s.%s", named->what,
									       named->schema ? named->schema : "",
									       named->name));

		for (; list; list = list->next) {
			pk_graph_wish(&d->graph, pk_ready_node(list->o), pk_ready_node(o));
			for (size_t i = 0; i < list->o->n_children; i++) {
				if (list->o->children[i]->kind->part)
					pk_graph_wish(&d->graph, pk_ready_node(list->o->children[i]), pk_ready_node(o));
			}
		}
	}
}

static void order_bodies(struct pk_differ *d)
{
	struct pk_map names = PK_MAP_INIT;

	for (size_t i = 0; i < d->changes.to->n; i++) {
		const struct pk_object *o = d->changes.to->objects[i];

		if (o->kind->routine)
			add_named(d, &names, PK_NAMED_ROUTINE, o);
		else if (o->kind->relation_name && !o->parent)
			add_named(d, &names, PK_NAMED_RELATION, o);
	}
	for (size_t i = 0; i < d->changes.to->n; i++) {
		const struct pk_object *o = d->changes.to->objects[i];

		if (o->kind->body_attr && !pk_object_tie(o) && pk_ready_node(o) != PK_NO_NODE)
			order_body(d, &names, o);
	}
	pk_map_release(&names);
}

/* What sorts or groups by an operator depends on that alone, and needs what it is part of. */
static void order_sorting(struct pk_differ *d)
{
	for (size_t i = 0; i < d->changes.to->n; i++) {
		const struct pk_object *class = d->changes.to->objects[i];

		for (size_t k = 0; class->kind->sorts_by && k < class->n_deps; k++) {
			const struct pk_info *operator = pk_info(class->deps[k]);

			for (size_t j = 0; class->deps[k]->kind == class->kind->sorts_by && j < operator->n_users; j++)
				if (operator->users[j]->kind != class->kind)
					pk_graph_wish(&d->graph, pk_ready_node(class), pk_ready_node(operator->users[j]));
		}
	}
}

/* A call that names no argument it leaves to its default may mean either of two routines of one name. */
static void order_rivals(struct pk_differ *d)
{
	for (size_t i = 0; i < d->changes.from->n; i++) {
		const struct pk_object *old = d->changes.from->objects[i];

		if (!pk_info(old)->rival)
			continue;
		for (size_t k = 0; k < d->changes.to->n; k++) {
			const struct pk_object *new = d->changes.to->objects[k];

			if (pk_info(new)->fate == PK_CREATE_NEW && pk_rivals(&d->arena, old, new))
				pk_graph_wish(&d->graph, pk_info(old)->drop, pk_info(new)->create);
		}
	}
}

void pk_differ_add_edges(struct pk_differ *d)
{
	for (size_t i = 0; i < d->changes.from->n; i++)
		order_old(d, d->changes.from->objects[i]);
	for (size_t i = 0; i < d->changes.to->n; i++) {
		order_new(d, d->changes.to->objects[i]);
		order_exclusive(d, d->changes.to->objects[i]);
	}
	pk_differ_order_partitions(d);
	pk_differ_order_origins(d);
	pk_differ_order_names(d);
	order_rivals(d);
	order_sorting(d);
	order_heirs(d);
	order_moves(d);
	order_default_privileges(d);
	pk_differ_order_row_types(d);
	pk_differ_order_literals(d);
	pk_differ_order_logging(d);
	pk_differ_lend_rights(d);
	pk_differ_order_watchers(d);
	order_bodies(d);
}
