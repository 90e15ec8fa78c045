/* Actions into statements, with what is known of each. */
#include "diff/differ.h"

static bool online(const struct pk_script *s, const struct pk_object *relation)
{
	const struct pk_differ *d = s->context;

	return pk_changes_online(&d->changes, relation);
}

static bool tied_later(const struct pk_script *s, const struct pk_object *o)
{
	const struct pk_info *info = pk_info(o);

	(void)s;
	return info->cut || (info->aside && info->retie) || (!pk_comes(o) && (info->retie || info->retype));
}

static bool comes(const struct pk_script *s, const struct pk_object *o)
{
	(void)s;
	return pk_comes(o);
}

static bool stays_heir(const struct pk_script *s, const struct pk_object *table)
{
	const struct pk_differ *d = s->context;
	const struct pk_object *to = table;

	if (pk_snapshot_find(d->changes.from, table->key) == table)
		to = pk_info(table)->other;
	return !to || pk_comes(to) || pk_stays_heir(to);
}

static void add_names(struct pk_map *names, const struct pk_snapshot *side)
{
	for (size_t i = 0; i < side->n; i++) {
		struct pk_object *o = side->objects[i];

		pk_map_set(names, o->name, o);
		if (pk_info(o)->old_name)
			pk_map_set(names, pk_info(o)->old_name, o);
	}
}

/* Few plans ask: the names are gathered when the first one does. */
static bool is_taken(const struct pk_script *s, const char *name)
{
	struct pk_differ *d = (struct pk_differ *)s->context;

	if (!d->names.n) {
		add_names(&d->names, d->changes.from);
		add_names(&d->names, d->changes.to);
	}
	return pk_map_get(&d->names, name) != NULL;
}

/* Default privileges that go do so before anything is made, others change or come after. */
static bool in_force(const struct pk_object *default_privileges)
{
	return !pk_goes(default_privileges);
}

static enum pk_stand_in stand_in(const struct pk_script *s, const struct pk_object *column)
{
	(void)s;
	return pk_row_type_stand_in(column);
}

static const char **born(const struct pk_script *s, const struct pk_object *o)
{
	const struct pk_differ *d = s->context;

	return pk_acl_born(s->arena, d->changes.from, s->role ? s->role : s->database_owner, in_force, o);
}

static const char **grants_apart(const struct pk_script *s, const struct pk_object *o)
{
	(void)s;
	return pk_info(o)->apart;
}

/* With the parts that no statement of their own makes. */
static void create_with_parts(struct pk_script *s, const struct pk_object *o)
{
	pk_object_create(s, o);
	for (size_t i = 0; i < o->n_children; i++) {
		const struct pk_object *part = o->children[i];

		if (part->kind->part || !pk_made_with_parent(part))
			continue;
		part->kind->extras(s, NULL, part);
		pk_common_create(s, part);
	}
}

/* ---- one function for each type of node: the statements that it stands for ---- */

static void emit_release(struct pk_script *s, const struct pk_node *node)
{
	const struct pk_object *from = node->from;

	if (pk_object_tie(from) || (from->kind->part && pk_column_generated(from) && pk_info(from)->retie))
		from->kind->untie(s, from, node->to);
	if (pk_info(from)->freed && !pk_parks(from->parent) && (node->to || !pk_lets_go_along(from)))
		pk_column_stand_in(s, from, node->to, pk_row_type_stand_in(from));
}

static void emit_drop(struct pk_script *s, const struct pk_node *node)
{
	const struct pk_object *from = node->from;
	bool aside = pk_info(from)->aside;

	if (aside)
		from->kind->set_aside(s, from);
	if (pk_parks(from))
		pk_table_park(s, from);
	if (!aside)
		from->kind->drop(s, from);
}

static void emit_rename(struct pk_script *s, const struct pk_node *node)
{
	node->from->kind->rename(s, node->from, pk_info(node->from)->old_name, node->to->name);
	s->items[s->n - 1].heirs = node->from->kind->renamed_along ? PK_ALL_HEIRS : PK_NO_HEIRS;
}

static void emit_beside(struct pk_script *s, const struct pk_node *node)
{
	node->to->kind->stand_beside(s, node->from, node->to);
}

static void emit_create(struct pk_script *s, const struct pk_node *node)
{
	s->beside = pk_info(node->to)->beside != NULL;
	if (pk_brought_by(node->to))
		node->to->kind->follow(s, pk_brought_by(node->to), node->to);
	else
		create_with_parts(s, node->to);
}

static void emit_alter(struct pk_script *s, const struct pk_node *node)
{
	if (pk_needs_look(node->from, node->to))
		node->to->kind->alter(s, node->from, node->to);
	pk_common_alter(s, node->from, node->to);
	if (pk_info(node->to)->again)
		pk_common_again(s, node->to);
}

static void emit_retype(struct pk_script *s, const struct pk_node *node)
{
	pk_column_retype(s, node->from, node->to, pk_row_type_stand_in(node->from));
	pk_common_alter(s, node->from, node->to);
}

static void emit_attach(struct pk_script *s, const struct pk_node *node)
{
	node->to->kind->retie(s, node->to);
}

static void emit_late(struct pk_script *s, const struct pk_node *node)
{
	node->to->kind->late(s, node->from, node->to);
}

static void emit_fill(struct pk_script *s, const struct pk_node *node)
{
	if (node->from)
		node->to->kind->refill(s, node->from, node->to);
	else
		node->to->kind->refresh(s, node->to);
}

static void emit_lend(struct pk_script *s, const struct pk_node *node)
{
	pk_acl_change(s, node->from, pk_info(node->from)->apart, NULL);
}

static void emit_withhold(struct pk_script *s, const struct pk_node *node)
{
	pk_acl_withhold(s, node->to, pk_info(node->to)->apart);
}

static void emit_clean(struct pk_script *s, const struct pk_node *node)
{
	const struct pk_kind *kind = node->from->kind;

	if (kind->drop_aside && (!kind->refill || !node->to || node->to->kind == kind))
		kind->drop_aside(s, node->from, node->to);
	else
		pk_emit(s, "DROP %s %s", pk_sql_name(node->from), pk_aside_ident(s, node->from));
}

static void (*const emit[])(struct pk_script *s, const struct pk_node *node) = {
	[PK_NODE_RELEASE] = emit_release,
	[PK_NODE_DROP] = emit_drop,
	[PK_NODE_RENAME] = emit_rename,
	[PK_NODE_BESIDE] = emit_beside,
	[PK_NODE_CREATE] = emit_create,
	[PK_NODE_ALTER] = emit_alter,
	[PK_NODE_RETYPE] = emit_retype,
	[PK_NODE_ATTACH] = emit_attach,
	[PK_NODE_LATE] = emit_late,
	[PK_NODE_FILL] = emit_fill,
	[PK_NODE_LEND] = emit_lend,
	[PK_NODE_WITHHOLD] = emit_withhold,
	[PK_NODE_CLEAN] = emit_clean,
};

static enum pk_change change_of(const struct pk_node *node)
{
	const struct pk_object *o = pk_node_object(node);

	if (pk_info(o)->fate == PK_REMAKE || pk_info(o)->fate == PK_REPLACE_TYPE)
		return PK_REPLACE_OBJECT;
	if (node->type == PK_NODE_DROP)
		return PK_DROP_OBJECT;
	if (node->type == PK_NODE_RENAME)
		return PK_RENAME_OBJECT;
	return node->type == PK_NODE_CREATE && pk_info(o)->fate == PK_CREATE_NEW ? PK_CREATE_OBJECT : PK_ALTER_OBJECT;
}

static bool stands_beside(const struct pk_object *o)
{
	if (pk_info(o)->beside)
		return true;
	for (size_t i = 0; i < o->n_deps; i++) {
		if (pk_info(o->deps[i])->beside)
			return true;
	}
	return false;
}

static bool swaps(const struct pk_node *node)
{
	return (node->type == PK_NODE_DROP && stands_beside(node->from)) ||
	       (node->type == PK_NODE_CREATE && stands_beside(node->to));
}

struct pk_script pk_differ_script(struct pk_differ *d, struct pk_arena *arena)
{
	return (struct pk_script){
		.arena = arena, .online = online, .tied_later = tied_later, .stays_heir = stays_heir, .comes = comes, .born = born, .grants_apart = grants_apart,
		.is_taken = is_taken, .stand_in = stand_in,
		.role = d->changes.options->role, .database_owner = d->changes.from->database_owner, .context = d,
		.from = d->changes.from, .to = d->changes.to, .side = d->changes.to, .version = d->changes.from->version,
	};
}

/* Which nodes have to come after one that is apart; caller frees. */
static bool *after_apart(const struct pk_graph *graph)
{
	bool *after = pk_alloc((graph->n + 1) * sizeof(*after));
	size_t *stack = pk_realloc_array(NULL, 2 * graph->n + 1, sizeof(*stack)), n = 0;

	for (size_t i = 0; i < graph->n; i++) {
		if (graph->nodes[i].apart)
			stack[n++] = i;
	}
	while (n > 0) {
		const struct pk_node *node = &graph->nodes[stack[--n]];

		for (size_t i = 0; i < node->n_next; i++) {
			size_t next = node->next[i] / 2;

			if (!after[next])
				stack[n++] = next;
			after[next] = true;
		}
	}
	free(stack);
	return after;
}

/* Nothing takes part in a relation's or a type's shape but what says so, and for that order is everything. */
static bool is_apart_from_shapes(const struct pk_object *o)
{
	return !o->kind->shape && !o->kind->attachment && !o->kind->part && !o->kind->type && !o->kind->refill &&
	       !pk_info(o)->aside;
}

/*
 * What is made anew is not there in between. Where it can come again only after steps that have transactions
 * of their own, and may take hours, it goes only after these.
 */
static void put_off_drops(struct pk_graph *graph)
{
	bool *after = after_apart(graph);

	for (size_t i = 0; i < graph->n; i++) {
		struct pk_node *node = &graph->nodes[i];
		const struct pk_object *again = node->type == PK_NODE_DROP ? pk_info(node->from)->other : NULL;

		node->late = again && !node->apart && !after[i] && is_apart_from_shapes(node->from) &&
			     pk_info(again)->create != PK_NO_NODE && after[pk_info(again)->create];
	}
	free(after);
}

/* The statements of each node, before they are put in order. */
void pk_differ_write_scripts(struct pk_differ *d, struct pk_plan *plan)
{
	for (size_t i = 0; i < d->graph.n; i++) {
		struct pk_node *node = &d->graph.nodes[i];

		node->script = pk_differ_script(d, &plan->arena);
		emit[node->type](&node->script, node);
		node->swap = swaps(node);
		for (size_t j = 0; j < node->script.n; j++) {
			node->apart |= node->script.items[j].no_transaction || node->script.items[j].own_transaction;
			node->superuser |= node->script.items[j].superuser;
			node->early |= node->script.items[j].usable_later != NULL;
		}
	}
	put_off_drops(&d->graph);
}

/*
 * A superuser's session of its own runs what the role may not, and sees only what is committed; nor does
 * the role see more of its. Owner and comment of what it made may be left to the role until the end.
 */
static bool changes_hands(bool *superuser, const struct pk_stmt *stmt, bool after_superuser)
{
	bool before = *superuser;

	if (!stmt->superuser && after_superuser)
		return false;
	*superuser = stmt->superuser;
	return stmt->superuser != before;
}

/* Literals that were made since the last commit, and the step behind the last of these. */
struct fresh {
	const char **items;
	size_t n, behind;
};

static bool uses_fresh(const struct fresh *fresh, const char *sql)
{
	for (size_t i = 0; i < fresh->n; i++) {
		if (strstr(sql, fresh->items[i]))
			return true;
	}
	return false;
}

/* They are committed as soon as they are there, so that what comes after stays together. */
static void follow_commits(struct fresh *fresh, const struct pk_stmt *stmt, struct pk_plan *plan, struct pk_step *step)
{
	bool alone = step->no_transaction || step->own_transaction;
	bool used = !alone && !stmt->usable_later && uses_fresh(fresh, stmt->sql);

	if (used && fresh->behind < plan->n)
		plan->steps[fresh->behind].commit_before = true;
	else
		step->commit_before = used;
	if (alone || used)
		fresh->n = 0;
	if (stmt->usable_later && !alone) {
		fresh->items = pk_realloc_array(fresh->items, fresh->n + 1, sizeof(*fresh->items));
		fresh->items[fresh->n++] = stmt->usable_later;
		fresh->behind = plan->n + 1;
	}
}

struct writing {
	struct pk_differ *d;
	struct pk_plan *plan;
	struct fresh fresh;
	bool superuser;
};

/* The statements of a node, but for those that are part of a join. */
static void write_node(struct writing *w, const size_t *at, size_t skip)
{
	const struct pk_node *node = &w->d->graph.nodes[*at];
	const struct pk_object *o = pk_node_object(node);
	bool after_superuser = false;

	for (size_t j = skip; j < node->script.n; j++) {
		const struct pk_stmt *stmt = &node->script.items[j];
		struct pk_step step = {
			.change = change_of(node), .kind = o->kind->name, .object = o->ident, .sql = stmt->sql,
			.note = stmt->note ? stmt->note : stmt->superuser ? "only a superuser may run this" : "",
			.no_transaction = stmt->no_transaction,
			.own_transaction = node->apart && !stmt->no_transaction,
		};

		follow_commits(&w->fresh, stmt, w->plan, &step);
		step.commit_before |= changes_hands(&w->superuser, stmt, after_superuser);
		after_superuser |= stmt->superuser;
		pk_differ_describe(w->d, at, 1, stmt, w->plan, &step);
	}
}

static void write_join(struct writing *w, const size_t *order, size_t at, struct pk_join *join)
{
	const struct pk_node *node = &w->d->graph.nodes[order[at]];
	const struct pk_object *o = pk_node_object(node), *table = o->parent ? o->parent : o;
	struct pk_step step = { .change = PK_ALTER_OBJECT, .kind = table->kind->name, .object = table->ident };

	pk_join_make(w->d, order, at, &w->plan->arena, join);
	step.sql = join->stmt.sql;
	step.note = join->stmt.note;
	follow_commits(&w->fresh, &join->stmt, w->plan, &step);
	step.commit_before |= changes_hands(&w->superuser, &join->stmt, false);
	pk_differ_describe(w->d, &order[at], join->n_nodes, &join->stmt, w->plan, &step);
}

void pk_differ_write_steps(struct pk_differ *d, const size_t *order, struct pk_plan *plan)
{
	struct writing w = { .d = d, .plan = plan };

	for (size_t i = 0, n; i < d->graph.n; i += n) {
		struct pk_join join;

		pk_join_find(d, order, i, &join);
		n = join.n_nodes ? join.n_nodes : 1;
		if (join.n_nodes)
			write_join(&w, order, i, &join);
		for (size_t j = 0; j < n; j++) {
			write_node(&w, &order[i + j], join.n_nodes ? pk_join_skips(d, order, i, j) : 0);
			d->graph.nodes[order[i + j]].written = true;
			pk_differ_follow(&d->graph.nodes[order[i + j]]);
		}
	}
	free(w.fresh.items);
}
