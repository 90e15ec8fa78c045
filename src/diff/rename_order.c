/*
 * Renames as statements, in an order in which each can run. From the inside out: parts, what has arguments,
 * relations and types, schemas; so everything is called by the name that it has before. Of those in one
 * place one comes when its new name is free; what is in the way and is not to stay goes aside.
 */
#include "diff/rename_work.h"
#include "pg/conn.h"

/* Names have 63 bytes. */
#define NAME_MAX_BYTES 63

struct mover {
	struct pk_rename_work *w;
	struct pk_renaming *ret;
	struct pk_map held;	/* names that are taken: key -> the object, or NULL when it was given free */
	struct pk_strv schemas; /* made on the way */
};

/* One that is still to move, as it is by now. */
struct move {
	const struct pk_rename *rename;
	struct pk_object now;
	const char *schema, *name; /* where it has to get */
	bool done;
};

/* ---- names ---- */

/* What only one at a time can be called. */
static const char *key_of(struct mover *m, const struct pk_object *o, const char *schema, const char *name)
{
	struct pk_arena *arena = &m->w->arena;

	if (pk_is_part(o))
		return pk_arena_printf(arena, "%s\n%s\n%s", o->kind->name, o->parent->key, name);
	if (o->kind->relation_name)
		return pk_arena_printf(arena, "relation\n%s\n%s", schema, name);
	return pk_arena_printf(arena, "%s\n%s\n%s%s", o->kind->routine ? "routine" : o->kind->name, schema ? schema : "",
			       name, pk_ident_tail(o));
}

static const struct pk_object *holder(struct mover *m, const struct move *move, const char *schema, const char *name)
{
	return pk_map_get(&m->held, key_of(m, &move->now, schema, name));
}

/* A name near to the old one that nothing has. */
static const char *free_name(struct mover *m, const struct pk_object *o)
{
	static const char suffix[] = "__renamed";

	for (int i = 0;; i++) {
		PK_FREE char *tail = i ? pk_printf("%s%d", suffix, i) : pk_strdup(suffix);
		size_t n = strlen(o->name), most = NAME_MAX_BYTES - strlen(tail);

		if (n > most)
			for (n = most; n > 0 && ((unsigned char)o->name[n] & 0xC0) == 0x80;)
				n--; /* not in the middle of a character */
		const char *name = pk_arena_printf(&m->w->arena, "%.*s%s", (int)n, o->name, tail);
		if (!pk_map_get(&m->held, key_of(m, o, o->schema, name)))
			return name;
	}
}

/* ---- statements ---- */

static struct pk_rename_step *add_step(struct mover *m, const char *kind, const char *object)
{
	struct pk_renaming *ret = m->ret;

	if (ret->n == ret->cap) {
		ret->cap = ret->cap ? ret->cap * 2 : 8;
		ret->steps = pk_realloc_array(ret->steps, ret->cap, sizeof(*ret->steps));
	}
	ret->steps[ret->n] = (struct pk_rename_step){
		.kind = kind, .object = pk_arena_strdup(&ret->arena, object),
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
	const char *ident = on == o ? pk_ident_named(&m->w->script, o, o->name) : on->ident; /* by the name of now */

	if (!on->kind->relation_name || on->kind->type || on->parent)
		return;
	step->lock = (struct pk_step_lock){
		.relation = pk_arena_strdup(&m->ret->arena, ident), .mode = "ACCESS EXCLUSIVE",
		.rows = on->rows, .bytes = on->bytes,
	};
}

static void rename_now(struct mover *m, struct pk_object *now, const char *name)
{
	struct pk_script *s = &m->w->script;
	struct pk_rename_step *step = add_step(m, now->kind->name, pk_ident_named(s, now, now->name));

	if (now->kind->part)
		step->object = pk_arena_strdup(&m->ret->arena, now->ident);
	if (now->parent) {
		step->within_kind = now->parent->kind->name;
		step->within = pk_arena_strdup(&m->ret->arena, now->parent->ident);
		step->name = pk_arena_strdup(&m->ret->arena, now->name);
	}
	now->kind->rename(s, now, now->name, name);
	now->kind->rename(s, now, name, now->name);
	take_statements(m, step);
	describe_lock(m, now, step);
	pk_map_set(&m->held, key_of(m, now, now->schema, now->name), NULL);
	now->name = name;
	pk_map_set(&m->held, key_of(m, now, now->schema, now->name), now);
}

static void make_schema(struct mover *m, const char *schema)
{
	struct pk_script *s = &m->w->script;
	PK_AUTO(pk_buf) ident = PK_BUF_INIT;
	struct pk_rename_step *step;

	if (!schema || pk_strv_has(&m->schemas, schema))
		return;
	for (size_t i = 0; i < m->w->from->n; i++)
		if (m->w->from->objects[i]->kind == &pk_kind_schema && pk_streq(m->w->from->objects[i]->name, schema))
			return;
	pk_strv_push(&m->schemas, schema);
	pk_buf_add_ident(&ident, schema);
	step = add_step(m, pk_kind_schema.name, ident.ptr);
	pk_emit(s, "CREATE SCHEMA %s", ident.ptr);
	pk_emit(s, "DROP SCHEMA %s", ident.ptr);
	take_statements(m, step);
}

static void set_schema(struct mover *m, struct pk_object *now, const char *schema)
{
	struct pk_script *s = &m->w->script;
	const char *before = pk_ident_named(s, now, now->name);
	struct pk_object moved = *now;
	PK_AUTO(pk_buf) from = PK_BUF_INIT;
	PK_AUTO(pk_buf) to = PK_BUF_INIT;
	struct pk_rename_step *step;

	make_schema(m, schema);
	pk_buf_add_ident(&from, now->schema);
	pk_buf_add_ident(&to, schema);
	moved.schema = schema;
	step = add_step(m, now->kind->name, before);
	pk_emit(s, "ALTER %s %s SET SCHEMA %s", pk_sql_name(now), before, to.ptr);
	pk_emit(s, "ALTER %s %s SET SCHEMA %s", pk_sql_name(now), pk_ident_named(s, &moved, now->name), from.ptr);
	take_statements(m, step);
	describe_lock(m, now, step);
	pk_map_set(&m->held, key_of(m, now, now->schema, now->name), NULL);
	now->schema = schema;
	pk_map_set(&m->held, key_of(m, now, now->schema, now->name), now);
}

/* ---- moves ---- */

static void move(struct mover *m, struct move *move)
{
	struct pk_object *now = &move->now;
	bool elsewhere = !pk_is_part(now) && !pk_streq(now->schema, move->schema);

	if (elsewhere && holder(m, move, move->schema, now->name) && holder(m, move, now->schema, move->name))
		rename_now(m, now, free_name(m, now));
	if (elsewhere && !holder(m, move, move->schema, now->name)) {
		set_schema(m, now, move->schema);
		elsewhere = false;
	}
	if (!pk_streq(now->name, move->name))
		rename_now(m, now, move->name);
	if (elsewhere)
		set_schema(m, now, move->schema);
	move->done = true;
}

static bool is_pending(const struct move *moves, size_t n, const struct pk_object *o)
{
	for (size_t i = 0; i < n; i++)
		if (!moves[i].done && (moves[i].rename->from == o || &moves[i].now == o))
			return true;
	return false;
}

/*
 * The first whose new name is free; none: what is in its way goes aside, or it does itself. Returns false when
 * all are done.
 */
static bool move_next(struct mover *m, struct move *moves, size_t n)
{
	struct move *first = NULL;

	for (size_t i = 0; i < n; i++) {
		if (moves[i].done)
			continue;
		first = first ? first : &moves[i];
		if (holder(m, &moves[i], moves[i].schema, moves[i].name))
			continue;
		move(m, &moves[i]);
		return true;
	}
	if (!first)
		return false;
	const struct pk_object *in_the_way = holder(m, first, first->schema, first->name);
	if (is_pending(moves, n, in_the_way) || !in_the_way->kind->rename) {
		rename_now(m, &first->now, free_name(m, &first->now));
		return true;
	}
	struct pk_object *aside = pk_arena_alloc(&m->w->arena, sizeof(*aside));
	*aside = *in_the_way;
	aside->name = pk_bare_name(&m->w->arena, in_the_way);
	rename_now(m, aside, free_name(m, aside));
	return true;
}

static int group_of(const struct pk_rename *rename)
{
	if (rename->from->kind == &pk_kind_schema)
		return 3;
	if (pk_is_part(rename->from))
		return 0;
	return *pk_ident_tail(rename->from) ? 1 : 2;
}

static void move_group(struct mover *m, int group)
{
	struct pk_rename_work *w = m->w;
	struct move *moves = pk_arena_alloc(&w->arena, (w->n + 1) * sizeof(*moves));
	size_t n = 0;

	for (size_t i = 0; i < w->n; i++) {
		const struct pk_rename *rename = &w->items[i];

		if (rename->inside || group_of(rename) != group)
			continue;
		moves[n++] = (struct move){
			.rename = rename, .now = *rename->from, .name = pk_bare_name(&w->arena, rename->to),
			.schema = pk_rename_schema_before(w, rename->to->schema),
		};
		moves[n - 1].now.name = pk_bare_name(&w->arena, rename->from);
	}
	while (move_next(m, moves, n))
		;
}

/* Values and the like; two that change places go by a name that nothing has. */
static void rename_insides(struct mover *m)
{
	struct pk_rename_work *w = m->w;
	struct pk_script *s = &w->script;
	static const char aside[] = "%s__renamed";

	for (int round = 0; round < 2; round++)
		for (size_t i = 0; i < w->n; i++) {
			const struct pk_rename *r = &w->items[i];
			bool swapped = r->inside && pk_has_inside(s, r->from, r->inside_to);
			const char *between = swapped ? pk_arena_printf(&w->arena, aside, r->inside) : NULL;
			const char *from = round ? (swapped ? between : r->inside) : r->inside;
			const char *to = round ? r->inside_to : between;

			if (!r->inside || !to)
				continue;
			struct pk_rename_step *step = add_step(m, r->from->kind->inside, from);
			step->within_kind = r->from->kind->name;
			step->within = pk_arena_strdup(&m->ret->arena, r->from->ident);
			step->name = step->object;
			pk_rename_inside(s, r->from, from, to);
			pk_rename_inside(s, r->from, to, from);
			take_statements(m, step);
		}
}

void pk_rename_write(struct pk_rename_work *work, struct pk_renaming *ret)
{
	struct mover m = { .w = work, .ret = ret };

	if (!work->n)
		return;
	for (size_t i = 0; i < work->from->n; i++) {
		const struct pk_object *o = work->from->objects[i];

		pk_map_set(&m.held, key_of(&m, o, o->schema, pk_bare_name(&work->arena, o)), (void *)o);
	}
	rename_insides(&m);
	for (int group = 0; group <= 3; group++)
		move_group(&m, group);
	pk_map_release(&m.held);
	pk_strv_release(&m.schemas);
}

/* ---- what becomes of it ---- */

void pk_renaming_sql(const struct pk_renaming *renaming, bool back, struct pk_buf *ret)
{
	for (size_t i = 0; i < renaming->n; i++) {
		const struct pk_rename_step *step = &renaming->steps[back ? renaming->n - 1 - i : i];

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
			.note = "programs that use the old name fail from then on", .locks = &from->lock, .n_locks = locks,
			.lock = locks ? from->lock.mode : NULL, .relation = from->lock.relation,
			.rows = locks ? from->lock.rows : -1, .bytes = locks ? from->lock.bytes : -1,
		};

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

		if (of) {
			o->rows = of->rows;
			o->bytes = of->bytes;
		}
	}
	pk_map_release(&copied);
}
