/* What is known of a statement: locks, rewrites, sizes, losses. */
#include "diff/differ.h"

/* Weakest first. */
static const char *const modes[] = {
	"ACCESS SHARE", "ROW SHARE", "ROW EXCLUSIVE", "SHARE UPDATE EXCLUSIVE", "SHARE", "SHARE ROW EXCLUSIVE",
	"EXCLUSIVE", "ACCESS EXCLUSIVE",
};

static size_t strength(const char *mode)
{
	for (size_t i = 0; i < PK_COUNT(modes); i++) {
		if (strcmp(modes[i], mode) == 0)
			return i;
	}
	return 0;
}

static bool is_relation(const struct pk_object *o)
{
	return o->kind->relation_name && !o->kind->type;
}

/* The relation that a statement for an object works on; NULL: none. */
static const struct pk_object *relation_of(const struct pk_object *o)
{
	if (o->parent)
		return is_relation(o->parent) ? o->parent : NULL;
	if (is_relation(o))
		return o;
	for (size_t i = 0; o->kind->lock_create && i < o->n_deps; i++) {
		const struct pk_object *on = o->deps[i]->parent ? o->deps[i]->parent : o->deps[i];

		if (is_relation(on))
			return on;
	}
	return NULL;
}

static bool is_old(struct pk_differ *d, const struct pk_object *o)
{
	return pk_snapshot_find(d->changes.from, o->key) == o;
}

/* As it is before the plan; NULL when it was not there, or when its successor is meant, which is empty. */
static const struct pk_object *before(struct pk_differ *d, const struct pk_object *o)
{
	const struct pk_object *old = o;

	if (o && !is_old(d, o))
		old = pk_info(o)->other;
	return old && (old == o || !pk_goes(old)) ? old : NULL;
}

/* By the name that it has before the plan. */
static const char *old_ident(struct pk_differ *d, const struct pk_object *old)
{
	struct pk_script s = { .arena = &d->arena };

	return pk_info(old)->old_name ? pk_ident_named(&s, old, pk_info(old)->old_name) : old->ident;
}

struct locks {
	struct pk_differ *d;
	size_t step;
	struct pk_step_lock *items;
	size_t n, cap;
};

static void add_lock(struct locks *locks, const struct pk_object *on, const char *mode, enum pk_heirs heirs)
{
	const struct pk_object *old = before(locks->d, on);
	struct pk_info *info = old ? pk_info(old) : NULL;
	struct pk_step_lock *lock;

	if (!old || !is_relation(old))
		return;
	if (info->step != locks->step || info->lock == 0 || info->lock > locks->n) {
		if (locks->n == locks->cap) {
			locks->cap = locks->cap ? locks->cap * 2 : 8;
			locks->items = pk_realloc_array(locks->items, locks->cap, sizeof(*locks->items));
		}
		locks->items[locks->n++] = (struct pk_step_lock){ old_ident(locks->d, old), mode, old->rows, old->bytes };
		info->step = locks->step;
		info->lock = locks->n;
	}
	lock = &locks->items[info->lock - 1];
	if (strength(mode) > strength(lock->mode))
		lock->mode = mode;
	for (size_t i = 0; heirs != PK_NO_HEIRS && i < info->n_heirs; i++)
		add_lock(locks, info->heirs[i], mode, heirs == PK_ALL_HEIRS ? heirs : PK_NO_HEIRS);
}

/* The relations of what uses the object, and for foreign keys those at their other end. */
static const struct pk_object *add_users(struct locks *locks, const struct pk_object *o, const char *mode)
{
	const struct pk_object *largest = NULL;

	for (size_t i = 0; i < pk_info(o)->n_users; i++) {
		const struct pk_object *user = pk_info(o)->users[i], *relation = relation_of(user), *found = relation;
		const char *other_end = user->kind->references ? user->kind->references(user) : NULL;

		if (pk_goes(user))
			continue;
		if (user->kind->type && !pk_by_tie(user, o))
			found = add_users(locks, user, mode);
		else if (relation)
			add_lock(locks, relation, mode, PK_NO_HEIRS);
		if (other_end)
			add_lock(locks, pk_snapshot_find(locks->d->changes.from,
							 pk_arena_printf(&locks->d->arena, "table %s", other_end)),
				 mode, PK_NO_HEIRS);
		if (found && (!largest || found->rows > largest->rows))
			largest = found;
	}
	return largest;
}

/* Among equals the one that was named first stays first. */
static void strongest_first(struct locks *locks)
{
	for (size_t i = 1; i < locks->n; i++) {
		struct pk_step_lock lock = locks->items[i];
		size_t at = i;

		for (; at > 0 && strength(locks->items[at - 1].mode) < strength(lock.mode); at--)
			locks->items[at] = locks->items[at - 1];
		locks->items[at] = lock;
	}
}

static void describe_loss(struct pk_step *step, const struct pk_stmt *stmt)
{
	const struct pk_object *of = stmt->lost_of, *table = of && of->parent ? of->parent : of;

	step->destructive = stmt->lost != NULL;
	step->lost = (struct pk_lost){ .what = stmt->lost, .rows = -1, .bytes = -1 };
	if (!stmt->lost || !of)
		return;
	step->lost.schema = table->schema;
	step->lost.table = table->name;
	step->lost.column = of == table ? NULL : of->name;
	step->lost.where = stmt->lost_where;
	step->lost.rows = stmt->lost_where ? -1 : table->rows;
	step->lost.bytes = of == table && !stmt->lost_where ? table->bytes : -1;
}

/* Of a table with its indexes, which are built anew: what small machines get done in a second. */
#define REWRITE_BYTES 40e6
#define REWRITE_ROWS  500e3

static void describe_time(struct pk_differ *d, struct pk_step *step, const struct pk_stmt *stmt)
{
	double limit = d->changes.options->online.max_lock;

	if (!step->rewrite || step->rows < 0)
		return;
	step->seconds = (double)step->bytes / REWRITE_BYTES;
	if ((double)step->rows / REWRITE_ROWS > step->seconds)
		step->seconds = (double)step->rows / REWRITE_ROWS;
	step->too_long = limit > 0 && step->seconds > limit;
	if (step->too_long)
		step->pattern = stmt->pattern;
}

/* The usual lock of a kind's statements. */
static const char *usual_lock(const struct pk_node *node, const struct pk_object *o)
{
	if (node->type == PK_NODE_CREATE)
		return o->kind->lock_create;
	return node->type == PK_NODE_DROP ? o->kind->lock_drop : o->kind->lock_alter;
}

/* What it is made of and changes its type, which shows in it. */
static const struct pk_object *retyped(const struct pk_object *o)
{
	for (size_t i = 0; i < o->n_deps; i++) {
		if (o->deps[i]->kind->part && pk_info(o->deps[i])->fate == PK_CHANGE_TYPE && pk_whole(o) != pk_whole(o->deps[i]))
			return o->deps[i];
	}
	return NULL;
}

/* The type whose place another one takes, so that a column of it moves. */
static const struct pk_object *replaced_type(const struct pk_object *column)
{
	for (size_t i = 0; pk_info(column)->retype && i < column->n_deps; i++) {
		if (pk_info(column->deps[i])->fate == PK_REPLACE_TYPE)
			return column->deps[i];
	}
	return NULL;
}

/* What made it come to that; NULL: its own change. */
static const struct pk_object *reason(const struct pk_object *o)
{
	const struct pk_object *because = pk_info(o)->because ? pk_info(o)->because : retyped(o);

	/* A part that goes with its relation is not what it is about. */
	if (because && because->kind->part && because->parent != o->parent && pk_info(because->parent)->fate == pk_info(because)->fate)
		return because->parent;
	return because ? because : replaced_type(o);
}

/* Why something that nobody touched has to be made anew, or to change. */
static const char *why(struct pk_differ *d, const struct pk_object *o)
{
	const struct pk_object *because = reason(o);
	enum pk_fate own = pk_info(o)->fate, fate = because ? pk_info(because)->fate : PK_KEEP;
	const char *what = "changes its type";
	const struct pk_object *whole = own == PK_CREATE_NEW ? pk_index_parent(&d->arena, d->changes.to, o) : NULL;

	PK_AUTO(pk_buf) kind = PK_BUF_INIT;

	if (whole) {
		pk_kind_words(&kind, whole->kind->name);
		return pk_arena_printf(&d->arena, "%s %s is made of one in each partition", kind.ptr, whole->ident);
	}
	if (own != PK_REMAKE && own != PK_REPLACE_TYPE && fate != PK_REPLACE_TYPE)
		return "";
	if (!because)
		return pk_info(o)->why ? pk_info(o)->why : "there is no ALTER for such a change";
	if (fate == PK_DROP_OLD)
		what = "is dropped";
	else if (fate == PK_REMAKE || fate == PK_REPLACE_TYPE)
		what = "is made anew";
	pk_kind_words(&kind, because->kind->name);
	return pk_arena_printf(&d->arena, "%s %s %s", kind.ptr, because->ident, what);
}

/* At the point that the statements have come to. A share goes with its whole. */
static bool is_there(struct pk_differ *d, const struct pk_object *o)
{
	bool old = is_old(d, o);
	size_t node = old ? pk_drop_node(o) : pk_comes(o) ? pk_info(o)->create : PK_NO_NODE;
	const struct pk_object *whole = old ? pk_index_parent(&d->arena, d->changes.from, o) : NULL;

	if (whole && !is_there(d, whole))
		return false;
	return node == PK_NO_NODE || d->graph.nodes[node].written != old;
}

static bool locks_users(const struct pk_node *node)
{
	for (size_t i = 0; i < node->script.n; i++) {
		if (node->script.items[i].users_lock)
			return true;
	}
	return false;
}

void pk_differ_describe(struct pk_differ *d, const size_t *nodes, size_t n_nodes, const struct pk_stmt *stmt,
			struct pk_plan *plan, struct pk_step *step)
{
	const struct pk_node *node = &d->graph.nodes[nodes[0]];
	const struct pk_object *o = pk_node_object(node);
	const struct pk_object *about = stmt->about ? stmt->about : relation_of(o), *old = before(d, about);
	const char *mode = stmt->lock ? stmt->lock : usual_lock(node, o);
	struct locks locks = { .d = d, .step = plan->n + 1 };

	if (o->parent && n_nodes == 1) {
		step->within_kind = o->parent->kind->name;
		step->within = o->parent->ident;
		step->name = o->name;
	}
	step->why = node->type == PK_NODE_RENAME ? "only the name differs" : n_nodes > 1 ? "" : why(d, o);
	step->rows = step->bytes = -1;
	if (about && mode && *mode)
		add_lock(&locks, about, mode, stmt->heirs);
	for (const struct pk_stmt_lock *lock = stmt->locks; lock; lock = lock->next) {
		if (!lock->through || is_there(d, lock->through))
			add_lock(&locks, lock->on, lock->mode,
				 pk_table_is_partitioned(lock->on) && !lock->alone ? PK_ALL_HEIRS : PK_NO_HEIRS);
	}
	for (size_t i = 0; i < n_nodes && stmt->users_lock; i++) {
		const struct pk_object *from = n_nodes == 1 || locks_users(&d->graph.nodes[nodes[i]]) ? d->graph.nodes[nodes[i]].from : NULL;
		const struct pk_object *largest = from ? add_users(&locks, from, stmt->users_lock) : NULL;

		if (!about)
			about = old = largest;
	}
	strongest_first(&locks);
	if (old) {
		bool rows = !pk_table_is_partitioned(old) || pk_info(old)->n_heirs;

		step->relation = old_ident(d, old);
		step->rewrite = stmt->rewrite && rows;
		step->scan = stmt->scan && rows;
		step->rows = old->rows;
		step->bytes = old->bytes;
		describe_time(d, step, stmt);
	}
	if (old || !about)
		describe_loss(step, stmt);
	step->locks = locks.items;
	step->n_locks = locks.n;
	step->lock = locks.n ? locks.items[0].mode : NULL;
	pk_plan_add(plan, step);
	free(locks.items);
}

static void leave(const struct pk_object *heir, const struct pk_object *parent)
{
	struct pk_info *info = parent ? pk_info(parent) : NULL;
	size_t n = 0;

	for (size_t i = 0; info && i < info->n_heirs; i++) {
		if (info->heirs[i] != heir)
			info->heirs[n++] = info->heirs[i];
	}
	if (info)
		info->n_heirs = n;
}

/* What is dropped or stands aside is nobody's heir any more. */
static void leave_all(const struct pk_object *heir)
{
	leave(heir, pk_partition_of(heir));
	for (size_t i = 0; i < heir->n_deps; i++) {
		if (heir->deps[i]->kind->columns_apart)
			leave(heir, heir->deps[i]);
	}
}

static void join(struct pk_object *heir, const struct pk_object *parent)
{
	struct pk_object *old = pk_info(heir)->other, *whole = parent ? pk_info(parent)->other : NULL;

	if (old && whole && !pk_goes(old) && !pk_goes(whole))
		pk_info_add_heir(whole, old);
}

/* Parents that only one of the two has. */
static void change_parents(const struct pk_object *from, struct pk_object *to, bool gained)
{
	const struct pk_object *side = gained ? to : from, *other = gained ? from : to;

	for (size_t i = 0; i < side->n_deps; i++) {
		bool both = false;

		for (size_t j = 0; j < other->n_deps && !both; j++)
			both = other->deps[j] == pk_info(side->deps[i])->other;
		if (both || !side->deps[i]->kind->columns_apart)
			continue;
		if (gained)
			join(to, side->deps[i]);
		else
			leave(from, side->deps[i]);
	}
}

void pk_differ_follow(const struct pk_node *node)
{
	const struct pk_object *o = pk_node_object(node);

	if (o->kind->attachment && node->type == PK_NODE_DROP && node->from)
		leave(node->from->parent, pk_partition_of(node->from->parent));
	else if (o->kind->attachment && node->type == PK_NODE_CREATE && node->to)
		join(node->to->parent, pk_partition_of(node->to->parent));
	else if (!o->kind->columns_apart)
		return;
	else if (node->type == PK_NODE_DROP && node->from)
		leave_all(node->from);
	else if (node->from && node->to && (node->type == PK_NODE_RELEASE || node->type == PK_NODE_LATE))
		change_parents(node->from, node->to, node->type == PK_NODE_LATE);
}
