#include "diff/changes.h"

#include "base/map.h"

/* The work of one diff. */
struct differ {
	struct pk_changes changes;
	struct pk_graph graph;
	struct pk_arena arena; /* scratch */
	unsigned visit;
};

/* The node that makes away with an object of the old side: its own, or that of what takes it along. */
static size_t drop_node(const struct pk_object *from)
{
	return from ? pk_info(from)->drop : PK_NO_NODE;
}

/* The node after which an object of the new side exists as it shall be. */
static size_t ready_node(const struct pk_object *to)
{
	const struct pk_info *info = pk_info(to);

	return info->create != PK_NO_NODE ? info->create : info->alter;
}

static const struct pk_object *index_parent(const struct pk_snapshot *snap, struct pk_arena *arena, const struct pk_object *o)
{
	const char *name = NULL, *kind = NULL;

	if (o->kind == &pk_kind_index)
		name = o->attr[4], kind = "index";
	else if (o->kind == &pk_kind_constraint)
		name = o->attr[5], kind = "constraint";
	return name ? pk_snapshot_find(snap, pk_arena_printf(arena, "%s %s", kind, name)) : NULL;
}

/* A foreign key to another table that goes as well. */
static bool refers_elsewhere(struct differ *d, const struct pk_object *o)
{
	const char *table = o->kind == &pk_kind_constraint ? pk_constraint_references(o) : NULL;
	const struct pk_object *other;

	if (!table || strcmp(table, o->parent->ident) == 0)
		return false;
	other = pk_snapshot_find(d->changes.from, pk_arena_printf(&d->arena, "table %s", table));
	return other && pk_goes(other);
}

/*
 * What disappears with `o` because something else does: parts with their relation, a partition's index
 * with its parent's, an owned sequence with its column. NULL: nothing, it has to be dropped by itself.
 */
static const struct pk_object *taken_along_by(struct differ *d, const struct pk_object *o)
{
	const struct pk_object *other;

	/* Two tables that refer to each other can only go once a foreign key is gone. */
	if (o->parent && pk_goes(o->parent) && !refers_elsewhere(d, o))
		return o->parent;
	other = index_parent(d->changes.from, &d->arena, o);
	if (other && pk_goes(other) && pk_stays_attached(o->parent))
		return other;
	if (o->kind == &pk_kind_column && o->origin && pk_goes(o->origin) && pk_table_is_partition(o->parent) &&
	    pk_stays_attached(o->parent))
		return o->origin;
	if (o->kind == &pk_kind_sequence && pk_sequence_owner_column(o)) {
		other = pk_snapshot_find(d->changes.from,
					 pk_arena_printf(&d->arena, "column %s", pk_sequence_owner_column(o)));
		if (other && pk_goes(other))
			return other;
	}
	return NULL;
}

static size_t add_drop(struct differ *d, struct pk_object *o)
{
	struct pk_info *info = pk_info(o);
	const struct pk_object *with;

	if (!pk_goes(o) || info->drop != PK_NO_NODE)
		return info->drop;
	with = taken_along_by(d, o);
	info->drop = with ? add_drop(d, (struct pk_object *)with) : pk_graph_add(&d->graph, PK_NODE_DROP, o, NULL);
	if (info->fate == PK_REPLACE_TYPE)
		info->clean = pk_graph_add(&d->graph, PK_NODE_CLEAN, o, info->other);
	return info->drop;
}

/* Can `from` be reached from `target` along dependencies? Then target cannot wait for it. */
static bool reaches(struct differ *d, const struct pk_object *from, const struct pk_object *target, int depth)
{
	if (from == target || from->parent == target)
		return true;
	if (depth > 20)
		return true;
	for (size_t i = 0; i < from->n_deps; i++) {
		if (from->kind != &pk_kind_column && reaches(d, from->deps[i], target, depth + 1))
			return true;
	}
	return false;
}

static bool inline_default_of(struct differ *d, const struct pk_object *column)
{
	for (size_t i = 0; i < column->n_deps; i++) {
		if (column->deps[i]->kind == &pk_kind_function && reaches(d, column->deps[i], column->parent, 0))
			return false;
	}
	return true;
}

static bool made_with_parent(const struct pk_object *o)
{
	if (!o->parent || !pk_comes(o->parent))
		return false;
	return o->kind == &pk_kind_column || (o->kind == &pk_kind_constraint && pk_constraint_folds(o));
}

static size_t add_create(struct differ *d, struct pk_object *o)
{
	struct pk_info *info = pk_info(o);

	if (!pk_comes(o) || info->create != PK_NO_NODE)
		return info->create;
	if (made_with_parent(o)) {
		info->create = add_create(d, o->parent);
		if (o->kind == &pk_kind_column && pk_column_default(o) && !inline_default_of(d, o))
			info->attach = pk_graph_add(&d->graph, PK_NODE_ATTACH, NULL, o);
	} else if (o->kind == &pk_kind_column && o->parent->kind != &pk_kind_table) {
		info->create = ready_node(o->parent); /* comes with the new definition of its relation */
	} else if (o->kind == &pk_kind_column && pk_column_inherited(o) && o->origin && pk_comes(o->origin) &&
		   (!pk_table_is_partition(o->parent) || pk_stays_attached(o->parent))) {
		info->create = add_create(d, o->origin);
	} else {
		info->create = pk_graph_add(&d->graph, PK_NODE_CREATE, NULL, o);
	}
	if (o->kind == &pk_kind_sequence && pk_sequence_owner_column(o))
		info->attach = pk_graph_add(&d->graph, PK_NODE_ATTACH, NULL, o);
	return info->create;
}

static void add_changes(struct differ *d, struct pk_object *from)
{
	struct pk_info *info = pk_info(from);
	struct pk_object *to = info->other;

	if (!to)
		return;
	if (info->retype && !pk_goes(from)) {
		info->alter = pk_graph_add(&d->graph, PK_NODE_RETYPE, from, to);
	} else if (pk_changes_in_place(from)) {
		info->alter = pk_graph_add(&d->graph, PK_NODE_ALTER, from, to);
	}
	pk_info(to)->alter = info->alter;
	if (info->redefault && !pk_goes(from) && !info->retype) {
		if (pk_column_default(from))
			info->release = pk_graph_add(&d->graph, PK_NODE_RELEASE, from, to);
		if (pk_column_default(to))
			pk_info(to)->attach = pk_graph_add(&d->graph, PK_NODE_ATTACH, from, to);
	}
	if (from->kind == &pk_kind_sequence && !pk_goes(from) &&
	    !pk_streq(pk_sequence_owner_column(from), pk_sequence_owner_column(to))) {
		if (pk_sequence_owner_column(from))
			info->release = pk_graph_add(&d->graph, PK_NODE_RELEASE, from, to);
		if (pk_sequence_owner_column(to))
			pk_info(to)->attach = pk_graph_add(&d->graph, PK_NODE_ATTACH, from, to);
	}
}

static bool late_differs(struct differ *d, const struct pk_object *from, const struct pk_object *to)
{
	struct pk_script s = { .arena = &d->arena };
	bool differs;

	pk_table_late(&s, from && !pk_goes(from) ? from : NULL, to);
	differs = s.n > 0;
	pk_script_release(&s);
	return differs;
}

static void add_nodes(struct differ *d)
{
	for (size_t i = 0; i < d->changes.from->n; i++) {
		add_drop(d, d->changes.from->objects[i]);
		add_changes(d, d->changes.from->objects[i]);
	}
	for (size_t i = 0; i < d->changes.to->n; i++)
		add_create(d, d->changes.to->objects[i]);
	for (size_t i = 0; i < d->changes.to->n; i++) {
		struct pk_object *to = d->changes.to->objects[i], *from = pk_info(to)->other;
		size_t late;

		if (!late_differs(d, from, to))
			continue;
		late = pk_graph_add(&d->graph, PK_NODE_LATE, from && !pk_goes(from) ? from : NULL, to);
		pk_graph_edge(&d->graph, ready_node(to), late);
		for (size_t j = 0; j < to->n_children; j++)
			pk_graph_edge(&d->graph, ready_node(to->children[j]), late);
	}
}

/* New side: what something uses is made or changed before it. */
static void order_new(struct differ *d, struct pk_object *o)
{
	const struct pk_info *info = pk_info(o);
	size_t node = ready_node(o);

	if (o->parent)
		pk_graph_edge(&d->graph, ready_node(o->parent), node);
	for (size_t i = 0; i < o->n_deps; i++) {
		struct pk_object *on = o->deps[i];
		size_t before = ready_node(on);

		/* A default that cannot be said yet waits; the rest of its column does not. */
		if (o->kind == &pk_kind_column && info->attach != PK_NO_NODE && on->kind == &pk_kind_function) {
			pk_graph_edge(&d->graph, before, info->attach);
			continue;
		}
		pk_graph_edge(&d->graph, before, node);
		pk_graph_edge(&d->graph, before, info->attach);
		if (pk_info(on)->attach != PK_NO_NODE && on->kind != &pk_kind_sequence && o->kind != &pk_kind_function)
			pk_graph_edge(&d->graph, pk_info(on)->attach, node);
	}
	pk_graph_edge(&d->graph, node, info->attach);
	if (o->kind == &pk_kind_sequence && pk_sequence_owner_column(o)) {
		struct pk_object *column = pk_snapshot_find(
			d->changes.to, pk_arena_printf(&d->arena, "column %s", pk_sequence_owner_column(o)));

		if (column)
			pk_graph_edge(&d->graph, ready_node(column), info->attach);
	}
}

/* Old side: what uses something goes, or lets go of it, before it goes or changes. */
static void order_old(struct differ *d, struct pk_object *o)
{
	const struct pk_info *info = pk_info(o);

	for (size_t i = 0; i < o->n_deps; i++) {
		const struct pk_object *on = o->deps[i];
		const struct pk_info *of = pk_info(on);
		/* A type is set aside first of all; what uses it matters when the old one is dropped. */
		size_t end = of->clean != PK_NO_NODE ? of->clean : of->drop;

		pk_graph_edge(&d->graph, info->drop, end);
		pk_graph_edge(&d->graph, info->alter, end);
		pk_graph_edge(&d->graph, info->release, end);
		pk_graph_edge(&d->graph, info->clean, end);
		if (of->clean == PK_NO_NODE && of->drop == PK_NO_NODE)
			pk_graph_edge(&d->graph, info->drop, of->alter);
	}
	if (info->other)
		pk_graph_edge(&d->graph, info->drop, ready_node(info->other));
	if (info->clean != PK_NO_NODE)
		pk_graph_edge(&d->graph, pk_info(info->other)->create, info->clean);
	pk_graph_edge(&d->graph, info->release, info->alter);
	if (o->kind == &pk_kind_column && o->origin)
		pk_graph_edge(&d->graph, info->release, pk_info(o->origin)->alter);
	if (o->parent)
		pk_graph_edge(&d->graph, info->drop, drop_node(o->parent));
	if (o->kind == &pk_kind_column && o->origin && !pk_goes(o->parent) && !pk_goes(o->origin->parent))
		pk_graph_edge(&d->graph, drop_node(o->origin), info->drop);
	if (o->kind == &pk_kind_sequence && info->release != PK_NO_NODE) {
		struct pk_object *column = pk_snapshot_find(
			d->changes.from, pk_arena_printf(&d->arena, "column %s", pk_sequence_owner_column(o)));

		pk_graph_edge(&d->graph, info->release, drop_node(column));
		pk_graph_edge(&d->graph, info->release, pk_info(info->other)->attach);
	}
}

/* Partitions: shape first, then attached; detached first, then changed. Heirs' indexes before the parent's. */
static void order_partitions(struct differ *d)
{
	for (size_t i = 0; i < d->changes.to->n; i++) {
		struct pk_object *o = d->changes.to->objects[i];
		const struct pk_object *parent = index_parent(d->changes.to, &d->arena, o);

		if (parent && pk_info(parent)->create != PK_NO_NODE)
			pk_graph_edge(&d->graph, pk_info(o)->create, pk_info(parent)->create);
		if (o->kind == &pk_kind_attachment && pk_info(o)->create != PK_NO_NODE) {
			for (size_t j = 0; j < o->parent->n_children; j++) {
				if (o->parent->children[j] != o && o->parent->children[j]->kind != &pk_kind_trigger)
					pk_graph_edge(&d->graph, ready_node(o->parent->children[j]), pk_info(o)->create);
			}
			for (size_t j = 0; j < o->n_deps; j++) {
				for (size_t k = 0; k < o->deps[j]->n_children; k++) {
					if (o->deps[j]->children[k]->kind == &pk_kind_column)
						pk_graph_edge(&d->graph, ready_node(o->deps[j]->children[k]), pk_info(o)->create);
				}
			}
		}
	}
	for (size_t i = 0; i < d->changes.from->n; i++) {
		struct pk_object *o = d->changes.from->objects[i];

		if (o->kind != &pk_kind_attachment || pk_info(o)->drop == PK_NO_NODE || pk_goes(o->parent))
			continue;
		for (size_t j = 0; j < o->parent->n_children; j++) {
			struct pk_object *part = o->parent->children[j];

			if (part == o)
				continue;
			pk_graph_edge(&d->graph, pk_info(o)->drop, pk_info(part)->drop);
			pk_graph_edge(&d->graph, pk_info(o)->drop, pk_info(part)->alter);
		}
	}
}

/* Does the object take a name among relations and types? Constraints do through their index. */
static bool takes_name(const struct pk_object *o)
{
	return o->kind->relation_name || (o->kind == &pk_kind_constraint && *o->attr[1] != 'f' && *o->attr[1] != 'c');
}

static void order_names(struct differ *d)
{
	struct pk_map names = PK_MAP_INIT;

	for (size_t i = 0; i < d->changes.from->n; i++) {
		struct pk_object *o = d->changes.from->objects[i];

		if (takes_name(o) && pk_info(o)->drop != PK_NO_NODE)
			pk_map_set(&names, pk_arena_printf(&d->arena, "%s.%s", o->schema, o->name), o);
	}
	for (size_t i = 0; i < d->changes.to->n; i++) {
		struct pk_object *o = d->changes.to->objects[i], *old;

		if (!takes_name(o) || pk_info(o)->create == PK_NO_NODE)
			continue;
		old = pk_map_get(&names, pk_arena_printf(&d->arena, "%s.%s", o->schema, o->name));
		if (old)
			pk_graph_edge(&d->graph, drop_node(old), pk_info(o)->create);
	}
	pk_map_release(&names);
}

/* The name of a routine stands before its arguments; overloads with defaults clash while both are there. */
static void order_routines(struct differ *d)
{
	struct pk_map names = PK_MAP_INIT;

	for (size_t i = 0; i < d->changes.from->n; i++) {
		struct pk_object *o = d->changes.from->objects[i];

		if ((o->kind == &pk_kind_function || o->kind == &pk_kind_aggregate) && pk_info(o)->drop != PK_NO_NODE)
			pk_map_set(&names, o->ident, o);
	}
	for (size_t i = 0; i < d->changes.to->n; i++) {
		struct pk_object *o = d->changes.to->objects[i];

		if ((o->kind == &pk_kind_function || o->kind == &pk_kind_aggregate) && pk_info(o)->create != PK_NO_NODE)
			pk_graph_edge(&d->graph, drop_node(pk_map_get(&names, o->ident)), pk_info(o)->create);
	}
	pk_map_release(&names);
}

/* An heir's own change comes after its parent's, which reaches it too. */
static void order_heirs(struct differ *d)
{
	for (size_t i = 0; i < d->changes.to->n; i++) {
		struct pk_object *o = d->changes.to->objects[i];

		if (o->kind == &pk_kind_column && o->origin)
			pk_graph_edge(&d->graph, ready_node(o->origin), ready_node(o));
	}
}

static void add_edges(struct differ *d)
{
	for (size_t i = 0; i < d->changes.from->n; i++)
		order_old(d, d->changes.from->objects[i]);
	for (size_t i = 0; i < d->changes.to->n; i++)
		order_new(d, d->changes.to->objects[i]);
	order_partitions(d);
	order_names(d);
	order_routines(d);
	order_heirs(d);
}

/* The old table's estimate decides; what this plan makes is empty. */
static bool online(const struct pk_script *s, const struct pk_object *relation)
{
	const struct differ *d = s->context;
	const struct pk_diff_options *options = d->changes.options;
	const struct pk_object *old = relation;

	if (pk_snapshot_find(d->changes.from, relation->key) != relation)
		old = pk_info(relation)->other;
	if (!old || pk_goes(old) || options->online == PK_ONLINE_NEVER)
		return false;
	if (options->online == PK_ONLINE_ALWAYS)
		return true;
	return old->rows > (options->small_rows ? options->small_rows : 1000);
}

static bool inline_default(const struct pk_script *s, const struct pk_object *column)
{
	const struct differ *d = s->context;

	return inline_default_of((struct differ *)d, column);
}

static void emit_attach(struct pk_script *s, const struct pk_object *o)
{
	if (o->kind == &pk_kind_sequence)
		pk_sequence_own(s, o);
	else
		pk_column_set_default(s, o);
}

static void emit_release(struct pk_script *s, const struct pk_object *o)
{
	if (o->kind == &pk_kind_sequence)
		pk_emit(s, "ALTER SEQUENCE %s OWNED BY NONE", o->ident);
	else
		pk_column_drop_default(s, o);
}

static void emit_create(struct pk_script *s, const struct pk_object *o)
{
	pk_object_create(s, o);
	for (size_t i = 0; i < o->n_children; i++) {
		const struct pk_object *part = o->children[i];

		if (part->kind == &pk_kind_constraint && made_with_parent(part)) {
			pk_constraint_extras(s, NULL, part);
			pk_common_create(s, part);
		}
	}
}

static void emit(struct pk_script *s, const struct pk_node *node)
{
	switch (node->type) {
	case PK_NODE_RELEASE:
		emit_release(s, node->from);
		break;
	case PK_NODE_DROP:
		if (pk_info(node->from)->fate == PK_REPLACE_TYPE)
			node->from->kind->set_aside(s, node->from);
		else
			node->from->kind->drop(s, node->from);
		break;
	case PK_NODE_CREATE:
		emit_create(s, node->to);
		break;
	case PK_NODE_ALTER:
		if (!pk_attrs_same(node->from, node->to))
			node->to->kind->alter(s, node->from, node->to);
		pk_common_alter(s, node->from, node->to);
		break;
	case PK_NODE_RETYPE:
		pk_column_retype(s, node->from, node->to);
		pk_common_alter(s, node->from, node->to);
		break;
	case PK_NODE_ATTACH:
		emit_attach(s, node->to);
		break;
	case PK_NODE_LATE:
		pk_table_late(s, node->from, node->to);
		break;
	case PK_NODE_CLEAN:
		pk_emit(s, "DROP %s %s", pk_sql_name(node->from), pk_aside_ident(s, node->from));
		break;
	}
}

static enum pk_change change_of(const struct pk_node *node)
{
	const struct pk_object *o = node->to ? node->to : node->from;

	if (pk_info(o)->fate == PK_REMAKE || pk_info(o)->fate == PK_REPLACE_TYPE)
		return PK_REPLACE_OBJECT;
	if (node->type == PK_NODE_DROP)
		return PK_DROP_OBJECT;
	return node->type == PK_NODE_CREATE && pk_info(o)->fate == PK_CREATE_NEW ? PK_CREATE_OBJECT : PK_ALTER_OBJECT;
}

static struct pk_step *add_step(struct pk_plan *plan)
{
	if (plan->n == plan->cap) {
		plan->cap = plan->cap ? plan->cap * 2 : 32;
		plan->steps = pk_realloc_array(plan->steps, plan->cap, sizeof(*plan->steps));
	}
	plan->steps[plan->n] = (struct pk_step){ .rows = -1, .note = "" };
	return &plan->steps[plan->n++];
}

/* Locks and scans count only on relations that were there before. */
static void describe(struct differ *d, struct pk_step *step, const struct pk_stmt *stmt)
{
	const struct pk_object *old = stmt->about;

	if (old && pk_snapshot_find(d->changes.from, old->key) != old)
		old = pk_info(old)->other;
	if (stmt->about && (!old || (pk_goes(old) && stmt->about != old)))
		return;
	step->lock = stmt->lock;
	step->rewrite = stmt->rewrite;
	step->scan = stmt->scan;
	step->destructive = stmt->destructive;
	step->rows = old ? old->rows : -1;
}

/* The statements of each node, before they are put in order. */
static void write_scripts(struct differ *d, struct pk_plan *plan)
{
	for (size_t i = 0; i < d->graph.n; i++) {
		struct pk_node *node = &d->graph.nodes[i];

		node->script = (struct pk_script){ .arena = &plan->arena, .online = online, .context = d,
						   .inline_default = inline_default, .role = d->changes.options->role,
						   .database_owner = d->changes.from->database_owner };
		emit(&node->script, node);
		for (size_t j = 0; j < node->script.n; j++)
			node->apart |= node->script.items[j].no_transaction || node->script.items[j].own_transaction;
	}
}

static void write_steps(struct differ *d, const size_t *order, struct pk_plan *plan)
{
	bool commit = false;

	for (size_t i = 0; i < d->graph.n; i++) {
		const struct pk_node *node = &d->graph.nodes[order[i]];
		const struct pk_object *o = node->to ? node->to : node->from;

		for (size_t j = 0; j < node->script.n; j++) {
			const struct pk_stmt *stmt = &node->script.items[j];
			struct pk_step *step = add_step(plan);

			step->change = change_of(node);
			step->kind = o->kind->name;
			step->object = pk_arena_strdup(&plan->arena, o->ident);
			step->sql = stmt->sql;
			step->note = stmt->note ? pk_arena_strdup(&plan->arena, stmt->note) : "";
			step->no_transaction = stmt->no_transaction;
			step->own_transaction = stmt->own_transaction || commit;
			describe(d, step, stmt);
			commit = stmt->commit_after;
		}
	}
}

int pk_diff(struct pk_snapshot *from, struct pk_snapshot *to, const struct pk_diff_options *options, struct pk_plan *ret,
	    struct pk_err *err)
{
	static const struct pk_diff_options defaults = { 0 };
	struct differ d = { .graph = PK_GRAPH_INIT };
	size_t *order;

	(void)err;
	d.changes = (struct pk_changes){ .from = from, .to = to, .options = options ? options : &defaults, .arena = &d.arena };
	ret->from = from->fingerprint;
	ret->to = to->fingerprint;
	ret->pg_major = from->version / 10000;
	pk_changes_find(&d.changes);
	add_nodes(&d);
	add_edges(&d);
	write_scripts(&d, ret);
	order = pk_realloc_array(NULL, d.graph.n + 1, sizeof(*order));
	pk_graph_sort(&d.graph, order);
	write_steps(&d, order, ret);
	free(order);
	pk_graph_release(&d.graph);
	pk_changes_release(&d.changes);
	pk_arena_release(&d.arena);
	return 0;
}
