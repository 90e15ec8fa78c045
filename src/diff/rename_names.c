#include "diff/rename_names.h"

#include "pg/conn.h"

/* Names have 63 bytes. */
#define NAME_MAX_BYTES 63

/* ---- keys: what only one at a time can be called ---- */

static void add_keys(struct pk_names *names, const struct pk_bearer *b, const char *schema, const char *name, struct pk_strv *ret)
{
	const struct pk_object *o = &b->now;

	if (b->place)
		pk_strv_pushf(ret, "%s\n%s\n%s", b->inside ? o->kind->inside : o->kind->name, b->place, name);
	else if (!o->kind->relation_name)
		pk_strv_pushf(ret, "%s\n%s\n%s%s", o->kind->routine ? "routine" : o->kind->name, schema ? schema : "", name,
			      pk_ident_tail(o));
	if (!b->inside && pk_takes_relation_name(o))
		pk_add_taken_names(&names->work->script, o, schema, name, ret);
}

static bool follows(const struct pk_bearer *b, const struct pk_bearer *leader)
{
	for (size_t i = 0; i < leader->n_followers; i++)
		if (leader->followers[i] == b || follows(b, leader->followers[i]))
			return true;
	return false;
}

static struct pk_bearer *holder_of_one(struct pk_names *names, struct pk_bearer *mover, struct pk_bearer *b, const char *schema,
				       const char *name)
{
	PK_AUTO(pk_strv) keys = PK_STRV_INIT;

	add_keys(names, b, schema, name, &keys);
	for (size_t i = 0; i < keys.n; i++) {
		struct pk_bearer *holder = pk_map_get(&names->held, keys.items[i]);

		if (holder && holder != b && holder != mover && !follows(holder, mover))
			return holder;
	}
	return NULL;
}

static struct pk_bearer *holder_for_followers(struct pk_names *names, struct pk_bearer *mover, struct pk_bearer *b,
					      const char *name, struct pk_bearer **ret_whose)
{
	struct pk_bearer *holder = NULL;

	for (size_t i = 0; i < b->n_followers && !holder; i++) {
		*ret_whose = b->followers[i];
		holder = holder_of_one(names, mover, b->followers[i], b->followers[i]->now.schema, name);
		if (!holder)
			holder = holder_for_followers(names, mover, b->followers[i], name, ret_whose);
	}
	return holder;
}

struct pk_bearer *pk_names_holder(struct pk_names *names, struct pk_bearer *b, const char *schema, const char *name,
				  struct pk_bearer **ret_whose)
{
	struct pk_bearer *whose = b, *holder = holder_of_one(names, b, b, schema, name);

	if (!holder && !pk_streq(b->now.name, name))
		holder = holder_for_followers(names, b, b, name, &whose);
	for (size_t i = 0; i < b->n_along && !holder && !pk_streq(b->now.schema, schema); i++) {
		whose = b->along[i];
		holder = holder_of_one(names, b, whose, schema, whose->now.name);
	}
	if (ret_whose)
		*ret_whose = whose;
	return holder;
}

const char *pk_names_free(struct pk_names *names, struct pk_bearer *b, const char *schema)
{
	static const char suffix[] = "__renamed";

	for (int i = 0;; i++) {
		PK_FREE char *tail = i ? pk_printf("%s%d", suffix, i) : pk_strdup(suffix);
		size_t n = strlen(b->now.name), most = NAME_MAX_BYTES - strlen(tail);

		if (n > most)
			for (n = most; n > 0 && ((unsigned char)b->now.name[n] & 0xC0) == 0x80;)
				n--; /* not in the middle of a character */
		const char *name = pk_arena_printf(&names->work->arena, "%.*s%s", (int)n, b->now.name, tail);
		if (!pk_names_holder(names, b, b->now.schema, name, NULL) &&
		    (!schema || !holder_of_one(names, b, b, schema, name)) &&
		    (!b->inside || !pk_has_inside(&names->work->script, b->was, name)))
			return name;
	}
}

/* ---- who has them ---- */

static void hold(struct pk_names *names, struct pk_bearer *b, bool held)
{
	PK_AUTO(pk_strv) keys = PK_STRV_INIT;

	add_keys(names, b, b->now.schema, b->now.name, &keys);
	for (size_t i = 0; i < keys.n; i++)
		if (held || pk_map_get(&names->held, keys.items[i]) == b)
			pk_map_set(&names->held, keys.items[i], held ? b : NULL);
}

static const struct pk_object *now_of(struct pk_rename_work *w, const struct pk_object *o)
{
	(void)w;
	return &pk_names_of(o)->now;
}

/* How SQL names it by now, and its parts. */
static void set_ident(struct pk_names *names, struct pk_bearer *b)
{
	struct pk_object *o = &b->now;
	PK_AUTO(pk_buf) ident = PK_BUF_INIT;

	if (!b->was || b->inside)
		return;
	if (o->kind->part)
		pk_buf_addf(&ident, "%s.", o->parent->ident);
	if (o->kind->routine) {
		pk_buf_add_qualified(&ident, o->schema, o->name);
		pk_buf_add(&ident, pk_rename_tail_there(names->work, b->was, now_of));
	} else if (!b->place) {
		pk_buf_add(&ident, pk_ident_named(&names->work->script, o, o->name));
	}
	if (b->place)
		pk_buf_add_ident(&ident, o->name);
	if (b->place && pk_starts_with(pk_ident_tail(o), " ON "))
		pk_buf_addf(&ident, " ON %s", o->parent->ident);
	o->ident = pk_arena_strdup(&names->work->arena, ident.ptr);
	for (size_t i = 0; i < b->was->n_children; i++)
		set_ident(names, pk_names_of(b->was->children[i]));
}

static void call(struct pk_names *names, struct pk_bearer *b, const char *schema, const char *name)
{
	hold(names, b, false);
	b->now.schema = schema;
	b->now.name = name;
	hold(names, b, true);
	set_ident(names, b);
}

void pk_names_forget(struct pk_names *names, struct pk_bearer *b)
{
	hold(names, b, false);
}

static void call_followers(struct pk_names *names, struct pk_bearer *b, const char *name)
{
	for (size_t i = 0; i < b->n_followers; i++) {
		call(names, b->followers[i], b->followers[i]->now.schema, name);
		call_followers(names, b->followers[i], name);
	}
}

void pk_names_refresh(struct pk_names *names, struct pk_bearer *b)
{
	if (b->now.kind->routine)
		call(names, b, b->now.schema, b->now.name);
}

/* What is in the schema is in it under its new name, and so is what gets there. */
static void call_contents(struct pk_names *names, const char *old, const char *new)
{
	const struct pk_snapshot *from = names->work->from;

	for (size_t i = 0; i < from->n; i++) {
		struct pk_bearer *b = pk_names_of(from->objects[i]);

		if (b->due && !b->anew && pk_streq(b->schema, old))
			b->schema = new;
		if (!pk_streq(b->now.schema, old))
			continue;
		call(names, b, new, b->now.name);
		for (size_t j = 0; j < b->n_along; j++)
			if (pk_streq(b->along[j]->now.schema, old))
				call(names, b->along[j], new, b->along[j]->now.name);
	}
}

struct pk_bearer *pk_names_schema(struct pk_names *names, const char *name)
{
	return pk_map_get(&names->held, pk_arena_printf(&names->work->arena, "%s\n\n%s", pk_kind_schema.name, name));
}

void pk_names_give(struct pk_names *names, struct pk_bearer *b, const char *schema, const char *name)
{
	if (b->now.kind == &pk_kind_schema)
		call_contents(names, b->now.name, name);
	if (!pk_streq(b->now.name, name))
		call_followers(names, b, name);
	for (size_t i = 0; i < b->n_along && !pk_streq(b->now.schema, schema); i++)
		call(names, b->along[i], schema, b->along[i]->now.name);
	call(names, b, schema, name);
}

/* ---- who is renamed with whom ---- */

static void append(struct pk_bearer ***list, size_t *n, size_t *cap, struct pk_bearer *b, struct pk_arena *arena)
{
	if (*n == *cap) {
		struct pk_bearer **more = pk_arena_alloc(arena, (*cap * 2 + 2) * sizeof(*more));

		if (*n)
			memcpy(more, *list, *n * sizeof(*more));
		*list = more;
		*cap = *cap * 2 + 2;
	}
	(*list)[(*n)++] = b;
}

static void lead(struct pk_names *names, struct pk_bearer *leader, struct pk_bearer *b)
{
	struct pk_arena *arena = &names->work->arena;

	append(&leader->followers, &leader->n_followers, &leader->cap_followers, b, arena);
	append(&b->leaders, &b->n_leaders, &b->cap_leaders, leader, arena);
}

static struct pk_bearer *child_of(const struct pk_object *relation, const struct pk_kind *kind, const char *name)
{
	for (size_t i = 0; i < relation->n_children; i++)
		if (relation->children[i]->kind == kind && strcmp(relation->children[i]->name, name) == 0)
			return pk_names_of(relation->children[i]);
	return NULL;
}

static struct pk_bearer *add(struct pk_names *names, const struct pk_object *like)
{
	struct pk_bearer *b = pk_arena_alloc(&names->work->arena, sizeof(*b));

	*b = (struct pk_bearer){ .now = *like };
	return b;
}

/* What the heirs have of a parent's part, where that is an object or not. */
static void link_followers(struct pk_names *names, struct pk_bearer *b, const struct pk_object *relation)
{
	for (size_t i = 0; i < relation->n_heirs; i++) {
		const struct pk_object *heir = relation->heirs[i];
		struct pk_bearer *share = child_of(heir, b->now.kind, b->now.name);

		if (!share) {
			share = add(names, &b->now);
			share->now.parent = &pk_names_of(heir)->now;
			share->place = heir->key;
			hold(names, share, true);
			link_followers(names, share, heir);
		}
		lead(names, b, share);
	}
}

/* Columns of a table of a type. */
static void link_type(struct pk_names *names, const struct pk_object *table)
{
	const char *type = pk_table_of_type(table);
	const struct pk_object *composite = NULL;

	if (type)
		composite = pk_snapshot_find(names->work->from, pk_arena_printf(&names->work->arena, "%s %s", pk_kind_composite.name, type));
	for (size_t i = 0; composite && i < composite->n_children; i++) {
		struct pk_bearer *share = child_of(table, composite->children[i]->kind, composite->children[i]->name);

		if (share)
			lead(names, pk_names_of(composite->children[i]), share);
	}
}

static void go_along(struct pk_names *names, struct pk_bearer *table, struct pk_bearer *b)
{
	append(&table->along, &table->n_along, &table->cap_along, b, &names->work->arena);
	b->goes_along = true;
}

static void link_along(struct pk_names *names, const struct pk_object *o)
{
	struct pk_script *s = &names->work->script;
	const char *column = o->kind->tied_to_column ? pk_object_tie(o) : NULL;
	const char *sequence = o->parent && o->kind->brings ? o->kind->brings(s, o) : NULL;
	const struct pk_object *owner = column ? pk_snapshot_find(names->work->from, pk_arena_printf(s->arena, "column %s", column)) : NULL;

	if (owner)
		go_along(names, pk_names_of(owner->parent), pk_names_of(o));
	if (o->parent && pk_takes_relation_name(o))
		go_along(names, pk_names_of(o->parent), pk_names_of(o));
	if (sequence) {
		const struct pk_object like = { .kind = &pk_kind_sequence, .schema = o->schema, .ident = sequence,
						.name = pk_name_of_ident(s, sequence) };
		struct pk_bearer *b = add(names, &like);

		hold(names, b, true);
		go_along(names, pk_names_of(o->parent), b);
	}
}

void pk_names_init(struct pk_names *names, struct pk_rename_work *work)
{
	const struct pk_snapshot *from = work->from;

	names->work = work;
	for (size_t i = 0; i < from->n; i++)
		from->objects[i]->mark = add(names, from->objects[i]);
	for (size_t i = 0; i < from->n; i++) {
		const struct pk_object *o = from->objects[i];
		struct pk_bearer *b = pk_names_of(o);

		b->was = o;
		b->now.name = pk_bare_name(&work->arena, o);
		b->place = pk_is_part(o) ? o->parent->key : NULL;
		b->now.parent = o->parent ? &pk_names_of(o->parent)->now : NULL;
		hold(names, b, true);
	}
	for (size_t i = 0; i < from->n; i++) {
		const struct pk_object *o = from->objects[i];

		if (o->kind->renames_heirs && o->kind->renames_heirs(o))
			link_followers(names, pk_names_of(o), o->parent);
		link_type(names, o);
		link_along(names, o);
	}
}

void pk_names_release(struct pk_names *names)
{
	for (size_t i = 0; i < names->work->from->n; i++)
		names->work->from->objects[i]->mark = NULL;
	pk_map_release(&names->held);
}

struct pk_bearer *pk_names_of(const struct pk_object *from)
{
	return from->mark;
}

struct pk_bearer *pk_names_inside(struct pk_names *names, const struct pk_object *from, const char *name)
{
	struct pk_script *s = &names->work->script;
	struct pk_bearer *b = pk_map_get(&names->held, pk_arena_printf(s->arena, "%s\n%s\n%s", from->kind->inside, from->key, name));

	if (b || !pk_has_inside(s, from, name))
		return b;
	b = add(names, from);
	b->was = from;
	b->inside = true;
	b->place = from->key;
	b->now.parent = &pk_names_of(from)->now;
	b->now.name = name;
	hold(names, b, true);
	return b;
}

struct pk_bearer *pk_names_root(struct pk_bearer *b)
{
	while (b->n_leaders)
		b = b->leaders[0];
	return b;
}

static struct pk_bearer *other_leader(struct pk_bearer *root, struct pk_bearer *b, struct pk_bearer **ret_follower)
{
	for (size_t i = 0; i < b->n_followers; i++) {
		struct pk_bearer *follower = b->followers[i], *found;

		*ret_follower = follower;
		for (size_t j = 0; j < follower->n_leaders; j++)
			if (follower->leaders[j] != root && !follows(follower->leaders[j], root))
				return follower->leaders[j];
		found = other_leader(root, follower, ret_follower);
		if (found)
			return found;
	}
	return NULL;
}

struct pk_bearer *pk_names_other_leader(struct pk_bearer *b, struct pk_bearer **ret_follower)
{
	return other_leader(b, b, ret_follower);
}

static void take_out(struct pk_bearer **list, size_t *n, const struct pk_bearer *b)
{
	for (size_t i = 0; i < *n; i++)
		if (list[i] == b) {
			memmove(&list[i], &list[i + 1], (--*n - i) * sizeof(*list));
			return;
		}
}

void pk_names_leave(struct pk_names *names, const struct pk_object *heir, const struct pk_object *parent)
{
	for (size_t i = 0; i < parent->n_children; i++) {
		struct pk_bearer *leader = pk_names_of(parent->children[i]);

		for (size_t j = leader->n_followers; j-- > 0;) {
			struct pk_bearer *b = leader->followers[j];

			if (b->now.parent != &pk_names_of(heir)->now)
				continue;
			take_out(b->leaders, &b->n_leaders, leader);
			take_out(leader->followers, &leader->n_followers, b);
			if (!b->was) /* it is there no longer */
				hold(names, b, false);
		}
	}
}
