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
	return is_relation(o) ? o : NULL;
}

/* As it is before the plan; NULL when it was not there, or when its successor is meant, which is empty. */
static const struct pk_object *before(struct pk_differ *d, const struct pk_object *o)
{
	const struct pk_object *old = o;

	if (o && pk_snapshot_find(d->changes.from, o->key) != o)
		old = pk_info(o)->other;
	return old && (old == o || !pk_goes(old)) ? old : NULL;
}

struct locks {
	struct pk_differ *d;
	struct pk_step_lock *items;
	size_t n, cap;
};

static void add_lock(struct locks *locks, const struct pk_object *on, const char *mode, bool heirs)
{
	const struct pk_object *old = before(locks->d, on);
	struct pk_step_lock *lock = NULL;

	if (!old || !is_relation(old))
		return;
	for (size_t i = 0; i < locks->n; i++) {
		if (strcmp(locks->items[i].relation, old->ident) == 0)
			lock = &locks->items[i];
	}
	if (!lock) {
		if (locks->n == locks->cap) {
			locks->cap = locks->cap ? locks->cap * 2 : 8;
			locks->items = pk_realloc_array(locks->items, locks->cap, sizeof(*locks->items));
		}
		lock = &locks->items[locks->n++];
		*lock = (struct pk_step_lock){ old->ident, mode, old->rows, old->bytes };
	}
	if (strength(mode) > strength(lock->mode))
		lock->mode = mode;
	for (size_t i = 0; heirs && i < old->n_heirs; i++)
		add_lock(locks, old->heirs[i], mode, true);
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
	step->lost.rows = table->rows;
	step->lost.bytes = of == table ? table->bytes : -1;
}

/* The usual lock of a kind's statements. */
static const char *usual_lock(const struct pk_node *node, const struct pk_object *o)
{
	if (node->type == PK_NODE_CREATE)
		return o->kind->lock_create;
	return node->type == PK_NODE_DROP ? o->kind->lock_drop : o->kind->lock_alter;
}

/* Why something that nobody touched has to be made anew. */
static const char *why(struct pk_differ *d, const struct pk_object *o)
{
	const struct pk_object *because = pk_info(o)->because;
	enum pk_fate own = pk_info(o)->fate, fate = because ? pk_info(because)->fate : PK_KEEP;
	const char *what = "changes its type";

	if (own != PK_REMAKE && own != PK_REPLACE_TYPE)
		return "";
	if (!because)
		return "there is no ALTER for such a change";
	if (fate == PK_DROP_OLD)
		what = "is dropped";
	else if (fate == PK_REMAKE || fate == PK_REPLACE_TYPE)
		what = "is made anew";
	return pk_arena_printf(&d->arena, "%s %s %s", because->kind->name, because->ident, what);
}

void pk_differ_describe(struct pk_differ *d, const struct pk_node *node, const struct pk_stmt *stmt,
			struct pk_plan *plan, struct pk_step *step)
{
	const struct pk_object *o = node->to ? node->to : node->from;
	const struct pk_object *about = stmt->about ? stmt->about : relation_of(o), *old = before(d, about);
	const char *mode = stmt->lock ? stmt->lock : usual_lock(node, o);
	struct locks locks = { .d = d };

	if (o->parent) {
		step->within_kind = o->parent->kind->name;
		step->within = o->parent->ident;
		step->name = o->name;
	}
	step->why = node->type == PK_NODE_RENAME ? "only the name differs" : why(d, o);
	step->rows = step->bytes = -1;
	if (about && mode && *mode)
		add_lock(&locks, about, mode, stmt->heirs);
	for (const struct pk_stmt_lock *lock = stmt->locks; lock; lock = lock->next)
		add_lock(&locks, lock->on, lock->mode, pk_table_is_partitioned(lock->on));
	strongest_first(&locks);
	if (old) {
		step->relation = old->ident;
		step->rewrite = stmt->rewrite;
		step->scan = stmt->scan;
		step->rows = old->rows;
		step->bytes = old->bytes;
	}
	if (old || !about)
		describe_loss(step, stmt);
	step->locks = locks.items;
	step->n_locks = locks.n;
	step->lock = locks.n ? locks.items[0].mode : NULL;
	pk_plan_add(plan, step);
	free(locks.items);
}
