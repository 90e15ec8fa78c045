/*
 * Renames as statements, in an order in which each can run. From the inside out where nothing stands against it: parts,
 * what has arguments, relations and types, schemas. One comes when its new name is free; what is in the way and is not
 * to stay goes aside, as does one of those that wait for each other in a circle.
 */
#include "diff/rename_names.h"
#include "pg/conn.h"

struct mover {
	struct pk_rename_work *w;
	struct pk_renaming *ret;
	struct pk_names names;
	struct pk_bearer **due; /* that have to get somewhere, and those that are there */
	size_t n;
	struct pk_strv schemas; /* made on the way */
	struct pk_strv left;    /* "heir parent" */
};

/* ---- statements ---- */

static struct pk_rename_step *add_step(struct mover *m, const char *kind, const char *object)
{
	struct pk_renaming *ret = m->ret;

	if (ret->n == ret->cap) {
		ret->cap = ret->cap ? ret->cap * 2 : 8;
		ret->steps = pk_realloc_array(ret->steps, ret->cap, sizeof(*ret->steps));
	}
	ret->steps[ret->n] = (struct pk_rename_step){
		.kind = kind, .object = pk_arena_strdup(&ret->arena, object), .note = "",
	};
	return &ret->steps[ret->n++];
}

/* Takes the statements that the script got, the one there and the one back. */
static void take_statements(struct mover *m, struct pk_rename_step *step)
{
	struct pk_script *s = &m->w->script;

	step->up = pk_arena_strdup(&m->ret->arena, s->items[s->n - 2].sql);
	step->down = pk_arena_strdup(&m->ret->arena, s->items[s->n - 1].sql);
	s->n = 0;
}

static void describe_lock(struct mover *m, const struct pk_object *o, struct pk_rename_step *step)
{
	const struct pk_object *on = pk_is_part(o) ? o->parent : o;

	if (!on->kind->relation_name || on->kind->type || on->parent)
		return;
	step->lock = (struct pk_step_lock){
		.relation = pk_arena_strdup(&m->ret->arena, on->ident), .mode = "ACCESS EXCLUSIVE",
		.rows = on->rows, .bytes = on->bytes,
	};
}

static void emit_rename(struct pk_script *s, const struct pk_bearer *b, const char *from, const char *to)
{
	const struct pk_object *o = &b->now;

	if (b->inside)
		pk_rename_inside(s, o->parent, from, to);
	else
		o->kind->rename(s, o, from, to);
}

static void rename_now(struct mover *m, struct pk_bearer *b, const char *name)
{
	struct pk_script *s = &m->w->script;
	const struct pk_object *now = &b->now;
	struct pk_rename_step *step;

	pk_names_refresh(&m->names, b);
	step = add_step(m, b->inside ? now->kind->inside : now->kind->name, b->inside ? now->name : now->ident);
	step->note = "programs that use the old name fail from then on";
	if (now->parent) {
		step->within_kind = now->parent->kind->name;
		step->within = pk_arena_strdup(&m->ret->arena, now->parent->ident);
		step->name = pk_arena_strdup(&m->ret->arena, now->name);
	}
	emit_rename(s, b, now->name, name);
	emit_rename(s, b, name, now->name);
	take_statements(m, step);
	if (!b->inside)
		describe_lock(m, now, step);
	pk_names_give(&m->names, b, now->schema, name);
}

static void make_schema(struct mover *m, const char *schema)
{
	struct pk_script *s = &m->w->script;
	PK_AUTO(pk_buf) ident = PK_BUF_INIT;
	struct pk_rename_step *step;

	if (!schema || pk_strv_has(&m->schemas, schema) || pk_names_schema(&m->names, schema))
		return;
	pk_strv_push(&m->schemas, schema);
	pk_buf_add_ident(&ident, schema);
	step = add_step(m, pk_kind_schema.name, ident.ptr);
	pk_emit(s, "CREATE SCHEMA %s", ident.ptr);
	pk_emit(s, "DROP SCHEMA %s", ident.ptr);
	take_statements(m, step);
}

static void set_schema(struct mover *m, struct pk_bearer *b, const char *schema)
{
	struct pk_script *s = &m->w->script;
	struct pk_object moved;
	PK_AUTO(pk_buf) from = PK_BUF_INIT;
	PK_AUTO(pk_buf) to = PK_BUF_INIT;
	struct pk_rename_step *step;

	pk_names_refresh(&m->names, b);
	moved = b->now;
	make_schema(m, schema);
	pk_buf_add_ident(&from, moved.schema);
	pk_buf_add_ident(&to, schema);
	moved.schema = schema;
	step = add_step(m, moved.kind->name, b->now.ident);
	step->note = "programs that use the old name fail from then on";
	pk_emit(s, "ALTER %s %s SET SCHEMA %s", pk_sql_name(&moved), b->now.ident, to.ptr);
	pk_emit(s, "ALTER %s %s SET SCHEMA %s", pk_sql_name(&moved), pk_ident_named(s, &moved, moved.name), from.ptr);
	take_statements(m, step);
	describe_lock(m, &b->now, step);
	pk_names_give(&m->names, b, schema, b->now.name);
}

/* What stands for nothing goes, and comes again on the way back: that runs the last step first. */
static void drop(struct mover *m, struct pk_bearer *b)
{
	struct pk_script *s = &m->w->script;

	s->files = true;
	pk_object_create(s, &b->now);
	s->files = false;
	for (size_t i = s->n; i-- > 0;)
		add_step(m, b->now.kind->name, b->now.ident)->down = pk_arena_strdup(&m->ret->arena, s->items[i].sql);
	s->n = 0;
	b->now.kind->drop(s, &b->now);
	m->ret->steps[m->ret->n - 1].up = pk_arena_strdup(&m->ret->arena, s->items[0].sql);
	s->n = 0;
	pk_names_forget(&m->names, b);
}

/* Parents are known in their order: those that it took later it takes again, on the way back. */
static void take_later_parents(struct mover *m, const struct pk_object *heir, const struct pk_object *parent, struct pk_buf *out)
{
	const char *const *parents;
	size_t n = pk_attr_list(&m->w->script, pk_table_parents(heir), &parents), i = 0;

	while (i < n && strcmp(parents[i], parent->ident) != 0)
		i++;
	for (i++; i < n; i++)
		for (size_t j = 0; j < heir->n_deps; j++) {
			const struct pk_object *later = heir->deps[j];
			PK_FREE char *pair = pk_printf("%s %s", heir->ident, later->ident);

			if (later->kind->columns_apart && strcmp(later->ident, parents[i]) == 0 && !pk_strv_has(&m->left, pair))
				pk_buf_addf(out, ", NO INHERIT %s, INHERIT %s", pk_names_of(later)->now.ident, pk_names_of(later)->now.ident);
		}
}

/* The heir leaves the parent: the plan joins them again where they shall stay together. */
static void leave(struct mover *m, const struct pk_object *heir, const struct pk_object *parent)
{
	struct pk_script *s = &m->w->script;
	const struct pk_object *heir_now = &pk_names_of(heir)->now, *parent_now = &pk_names_of(parent)->now;
	const struct pk_object *attachment = pk_attachment_of(heir);
	struct pk_rename_step *step = add_step(m, heir->kind->name, heir_now->ident);
	PK_AUTO(pk_buf) later = PK_BUF_INIT;

	step->note = "its columns stay; names of the parent's could not change otherwise";
	if (attachment) {
		pk_partition_detach(s, parent_now->ident, heir_now->ident);
		pk_partition_attach(s, attachment, parent_now->ident, heir_now->ident);
	} else if (parent->kind->type) {
		pk_emit(s, "ALTER TABLE %s NOT OF", heir_now->ident);
		pk_emit(s, "ALTER TABLE %s OF %s", heir_now->ident, parent_now->ident);
	} else {
		take_later_parents(m, heir, parent, &later);
		pk_emit(s, "%s %s NO INHERIT %s", pk_alter_table(heir), heir_now->ident, parent_now->ident);
		pk_emit(s, "%s %s INHERIT %s%s", pk_alter_table(heir), heir_now->ident, parent_now->ident, later.ptr);
	}
	take_statements(m, step);
	describe_lock(m, heir_now, step);
	pk_names_leave(&m->names, heir, parent);
	pk_strv_pushf(&m->left, "%s %s", heir->ident, parent->ident);
}

/* ---- what waits for what ---- */

/* The relation that a part is of, as it was. */
static const struct pk_object *relation_of(const struct pk_bearer *b)
{
	return b->was->parent;
}

/* Is it afterwards as well? Of a typed table: is it of the type? */
static bool stays_heir(struct mover *m, const struct pk_object *heir, const struct pk_object *parent)
{
	const struct pk_object *heir_after = pk_rename_after(m->w, heir), *parent_after = pk_rename_after(m->w, parent);
	const char *const *parents;
	size_t n = heir_after ? pk_attr_list(&m->w->script, pk_table_parents(heir_after), &parents) : 0;

	if (heir_after && parent->kind->type)
		return parent_after && pk_streq(pk_table_of_type(heir_after), parent_after->ident);
	if (heir_after && pk_attachment_of(heir_after))
		return parent_after && pk_partition_of(heir_after) == parent_after;
	for (size_t i = 0; i < n; i++)
		if (parent_after && strcmp(parents[i], parent_after->ident) == 0)
			return true;
	return false;
}

/* Can it be taken out of its parent's, or its type's, if need be? */
static bool can_leave(struct mover *m, const struct pk_bearer *b)
{
	const struct pk_object *heir = b->n_leaders && b->was ? relation_of(b) : NULL, *parent = heir ? relation_of(b->leaders[0]) : NULL;

	if (!heir || !heir->kind->columns_apart)
		return false;
	/* Parents can be joined again. Of a partition all rows would be read for that, and of a typed table it is no use. */
	return (parent->kind->columns_apart && !pk_attachment_of(heir)) || !stays_heir(m, heir, parent);
}

/* Does the follower's relation leave the leader's in any case, and is it called afterwards as it is by now? */
static bool keeps_name(struct mover *m, const struct pk_bearer *leader, const struct pk_bearer *b)
{
	const struct pk_object *heir = b->was ? relation_of(b) : NULL, *after = heir ? pk_rename_after(m->w, heir) : NULL;

	return after && leader->was && !b->due && heir->kind->columns_apart && !stays_heir(m, heir, relation_of(leader)) && pk_rename_named(m->w->to, b->was, NULL, NULL, after, b->now.name);
}

static struct pk_bearer *find_keeper(struct mover *m, struct pk_bearer *b, struct pk_bearer **ret_leader)
{
	struct pk_bearer *found = NULL;

	for (size_t i = 0; i < b->n_followers && !found && !b->all_follow; i++) {
		*ret_leader = b;
		found = keeps_name(m, b, b->followers[i]) ? b->followers[i] : find_keeper(m, b->followers[i], ret_leader);
	}
	b->all_follow = !found;
	return found;
}

/* The schema that has to give its name to the new one in which this one shall be; NULL: none. */
static struct pk_bearer *waits_for_schema(struct mover *m, const struct pk_bearer *b)
{
	return b->anew ? pk_names_schema(&m->names, b->schema) : NULL;
}

static bool let_go(struct mover *m, struct pk_bearer *b)
{
	struct pk_bearer *leader, *keeper = find_keeper(m, b, &leader);

	if (keeper)
		leave(m, relation_of(keeper), relation_of(leader));
	return keeper;
}

/* What a bearer waits for that cannot be called as it shall be: a bearer that is due itself, or NULL. */
static struct pk_bearer *waits_for(struct mover *m, struct pk_bearer *b)
{
	struct pk_bearer *whose, *root = pk_names_root(b), *holder;

	if (waits_for_schema(m, b))
		return waits_for_schema(m, b);
	if (root != b && root->due)
		return root;
	holder = pk_names_holder(&m->names, b, b->schema, b->name, &whose);
	if (holder && whose != b && whose->due)
		return whose;
	root = holder ? pk_names_root(holder) : NULL;
	return root && root->due ? root : NULL;
}

/* One that waits for nothing but has not its way free. Returns false when there is no way to make room. */
static bool make_room(struct mover *m, struct pk_bearer *b)
{
	struct pk_bearer *follower, *other, *whose, *holder, *leaves = NULL;

	if (b->n_leaders) /* it goes its own way */
		leaves = b;
	else if (!pk_streq(b->now.name, b->name) && let_go(m, b))
		return true;
	else if ((other = pk_names_other_leader(b, &follower)) && can_leave(m, follower))
		return leave(m, relation_of(follower), relation_of(other)), true;
	holder = leaves ? NULL : pk_names_holder(&m->names, b, b->schema, b->name, &whose);
	if (holder && whose->goes_along && whose != b) {
		rename_now(m, whose, pk_names_free(&m->names, whose, b->schema));
		return true;
	}
	if (holder && holder->n_leaders) { /* one of two parents */
		leaves = holder;
		if (whose->n_leaders && can_leave(m, whose) &&
		    (!can_leave(m, holder) || stays_heir(m, relation_of(holder), relation_of(holder->leaders[0]))))
			leaves = whose;
	}
	if (leaves && !can_leave(m, leaves))
		return false;
	if (leaves)
		leave(m, relation_of(leaves), relation_of(leaves->leaders[0]));
	else if (holder && (holder->inside || pk_can_be_renamed(&holder->now)))
		rename_now(m, holder, pk_names_free(&m->names, holder, NULL));
	else if (holder && holder->now.kind->rename)
		drop(m, holder);
	return leaves || (holder && (holder->inside || holder->now.kind->rename));
}

/* Is there nothing between it and its new name? */
static bool is_free(struct mover *m, struct pk_bearer *b)
{
	struct pk_bearer *follower;

	return !waits_for_schema(m, b) && !b->n_leaders && !pk_names_holder(&m->names, b, b->schema, b->name, NULL) &&
	       (pk_streq(b->now.name, b->name) || (!pk_names_other_leader(b, &follower) && !find_keeper(m, b, &follower)));
}

/* ---- moves ---- */

static void move(struct mover *m, struct pk_bearer *b)
{
	struct pk_names *names = &m->names;
	bool elsewhere = !pk_streq(b->now.schema, b->schema);

	if (elsewhere && pk_names_holder(names, b, b->schema, b->now.name, NULL) &&
	    pk_names_holder(names, b, b->now.schema, b->name, NULL))
		rename_now(m, b, pk_names_free(names, b, b->schema));
	if (elsewhere && !pk_names_holder(names, b, b->schema, b->now.name, NULL)) {
		set_schema(m, b, b->schema);
		elsewhere = false;
	}
	if (!pk_streq(b->now.name, b->name))
		rename_now(m, b, b->name);
	if (elsewhere)
		set_schema(m, b, b->schema);
	b->due = false;
}

/* One of a circle of those that wait for each other, and none that follows another. */
static struct pk_bearer *of_circle(struct mover *m, struct pk_bearer *b)
{
	for (size_t i = 0; i <= m->n || b->n_leaders; i++)
		b = waits_for(m, b);
	return b;
}

/* Returns false when all are where they shall be. */
static bool move_next(struct mover *m)
{
	struct pk_bearer *first = NULL;

	for (size_t i = 0; i < m->n; i++) {
		struct pk_bearer *b = m->due[i];

		/* what goes along is where its table is; what follows may have its name already */
		if (b->goes_along || b->place) {
			b->schema = b->now.schema;
			b->anew = false;
		}
		b->due = b->due && (waits_for_schema(m, b) || !pk_streq(b->now.schema, b->schema) ||
				    !pk_streq(b->now.name, b->name));
		if (b->due && is_free(m, b))
			return move(m, b), true;
		first = b->due && !first ? b : first;
	}
	for (size_t i = 0; i < m->n; i++) {
		if (!m->due[i]->due || waits_for(m, m->due[i]))
			continue;
		if (!make_room(m, m->due[i]))
			move(m, m->due[i]); /* the server says why it cannot be */
		return true;
	}
	if (first) {
		first = of_circle(m, first);
		if (!let_go(m, first))
			rename_now(m, first, pk_names_free(&m->names, first, first->schema));
	}
	return first != NULL;
}

static int group_of(const struct pk_rename *rename)
{
	if (rename->inside)
		return 0;
	if (rename->from->kind == &pk_kind_schema)
		return 4;
	if (pk_is_part(rename->from))
		return 1;
	return *pk_ident_tail(rename->from) ? 2 : 3;
}

static void add_due(struct mover *m, const struct pk_rename *rename)
{
	struct pk_bearer *b = rename->inside ? pk_names_inside(&m->names, rename->from, rename->inside) : pk_names_of(rename->from);

	if (rename->inside)
		pk_names_inside(&m->names, rename->from, rename->inside_to);
	b->due = true;
	b->name = rename->inside ? rename->inside_to : pk_bare_name(&m->w->arena, rename->to);
	b->schema = pk_rename_schema_before(m->w, rename->to->schema);
	b->anew = !b->schema && rename->to->schema;
	if (b->anew)
		b->schema = rename->to->schema;
	m->due[m->n++] = b;
}

void pk_rename_write(struct pk_rename_work *work, struct pk_renaming *ret)
{
	struct mover m = { .w = work, .ret = ret, .names = PK_NAMES_INIT };

	if (!work->n)
		return;
	pk_names_init(&m.names, work);
	m.due = pk_arena_alloc(&work->arena, work->n * sizeof(struct pk_bearer *));
	for (int group = 0; group <= 4; group++)
		for (size_t i = 0; i < work->n; i++)
			if (group_of(&work->items[i]) == group)
				add_due(&m, &work->items[i]);
	while (move_next(&m))
		;
	pk_names_release(&m.names);
	pk_strv_release(&m.schemas);
	pk_strv_release(&m.left);
}

/* ---- what becomes of it ---- */

void pk_renaming_sql(const struct pk_renaming *renaming, bool back, struct pk_buf *ret)
{
	for (size_t i = 0; i < renaming->n; i++) {
		const struct pk_rename_step *step = &renaming->steps[back ? renaming->n - 1 - i : i];

		if (back ? step->down : step->up)
			pk_buf_addf(ret, "%s;\n", back ? step->down : step->up);
	}
}

void pk_renaming_plan(const struct pk_renaming *renaming, bool back, struct pk_plan *ret)
{
	for (size_t i = 0; i < renaming->n; i++) {
		const struct pk_rename_step *from = &renaming->steps[back ? renaming->n - 1 - i : i];
		bool locks = from->lock.relation != NULL;
		const struct pk_step step = {
			.change = PK_RENAME_OBJECT, .kind = from->kind, .object = from->object,
			.within_kind = from->within_kind, .within = from->within, .name = from->name, .why = "", .sql = back ? from->down : from->up,
			.note = from->note, .locks = &from->lock, .n_locks = locks,
			.lock = locks ? from->lock.mode : NULL, .relation = from->lock.relation,
			.rows = locks ? from->lock.rows : -1, .bytes = locks ? from->lock.bytes : -1,
		};

		if (step.sql)
			pk_plan_add(ret, &step);
	}
}

static const char *address_of(char *ret, size_t size, const struct pk_object *o)
{
	snprintf(ret, size, "%u:%u:%d", o->classid, o->oid, o->subid);
	return ret;
}

void pk_renaming_sizes(const struct pk_snapshot *full, const struct pk_snapshot *before, struct pk_snapshot *after)
{
	struct pk_map copied = PK_MAP_INIT;
	char address[64];

	for (size_t i = 0; before && i < before->n; i++)
		pk_map_set(&copied, address_of(address, sizeof(address), before->objects[i]), before->objects[i]);
	for (size_t i = 0; i < after->n; i++) {
		struct pk_object *o = after->objects[i];
		const struct pk_object *was = pk_map_get(&copied, address_of(address, sizeof(address), o));
		const struct pk_object *of = pk_snapshot_find(full, was ? was->key : o->key);

		int state = o->kind->state_attr - 1;

		if (!of)
			continue;
		o->rows = of->rows;
		o->bytes = of->bytes;
		if (state >= 0 && of->kind == o->kind)
			o->attr[state] = of->attr[state] ? pk_arena_strdup(&after->arena, of->attr[state]) : NULL;
	}
	pk_map_release(&copied);
}
