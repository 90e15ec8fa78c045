/* Drops and creations that look like one thing under a new name. */
#include "diff/rename_work.h"
#include "pg/conn.h"
#include "sql/scan.h"

/* From here on two relations are taken for the same one. */
#define LIKELY 60

void pk_rename_guesses_release(struct pk_rename_guesses *guesses)
{
	free(guesses->items);
	pk_arena_release(&guesses->arena);
	*guesses = (struct pk_rename_guesses)PK_RENAME_GUESSES_INIT;
}

/* ---- likeness ---- */

static const char *attr_named(const struct pk_object *o, const char *name)
{
	for (size_t i = 0; i < o->kind->n_attrs; i++)
		if (strcmp(o->kind->attrs[i], name) == 0)
			return o->attr[i];
	return NULL;
}

static bool same_type(const struct pk_object *a, const struct pk_object *b)
{
	return pk_streq(attr_named(a, "type"), attr_named(b, "type")) &&
	       pk_streq(attr_named(a, "generated"), attr_named(b, "generated"));
}

/* Columns of the same name and type, of all that there are. */
static int shared_columns(struct pk_arena *arena, const struct pk_object *a, const struct pk_object *b, const char **why)
{
	size_t n_a = 0, n_b = 0, same = 0;

	for (size_t i = 0; i < b->n_children; i++)
		n_b += b->children[i]->kind->part;
	for (size_t i = 0; i < a->n_children; i++) {
		const struct pk_object *column = a->children[i], *other;

		if (!column->kind->part)
			continue;
		n_a++;
		other = pk_part_named(b, column->kind, column->name);
		same += other && same_type(column, other);
	}
	if (!n_a || !n_b)
		return 0;
	if (same == n_a && same == n_b)
		*why = n_a == 1 ? "the same column" : pk_arena_printf(arena, "the same %zu columns", n_a);
	else
		*why = pk_arena_printf(arena, "%zu of %zu columns the same", same, n_a > n_b ? n_a : n_b);
	return (int)(200 * same / (n_a + n_b));
}

/* The text without its first mention of a name, as a whole word. */
static void without(const char *text, const char *name, struct pk_buf *ret)
{
	size_t n = strlen(name);

	for (const char *at = strstr(text, name); at && n; at = strstr(at + 1, name)) {
		if ((at > text && !strchr(" .", at[-1])) || (at[n] && !strchr(" (", at[n])))
			continue;
		pk_buf_addn(ret, text, (size_t)(at - text));
		pk_buf_add(ret, at + n);
		return;
	}
	pk_buf_add(ret, text);
}

static bool same_but_name(struct pk_arena *arena, const struct pk_object *a, const struct pk_object *b)
{
	PK_AUTO(pk_buf) name_a = PK_BUF_INIT;
	PK_AUTO(pk_buf) name_b = PK_BUF_INIT;

	pk_buf_add_ident(&name_a, pk_bare_name(arena, a));
	pk_buf_add_ident(&name_b, pk_bare_name(arena, b));
	for (size_t i = 0; i < a->kind->n_attrs; i++) {
		PK_AUTO(pk_buf) text_a = PK_BUF_INIT;
		PK_AUTO(pk_buf) text_b = PK_BUF_INIT;

		if (!a->attr[i] != !b->attr[i])
			return false;
		if (!a->attr[i])
			continue;
		without(a->attr[i], name_a.ptr, &text_a);
		without(b->attr[i], name_b.ptr, &text_b);
		if (strcmp(text_a.ptr, text_b.ptr) != 0)
			return false;
	}
	return true;
}

/* A schema is what is in it. */
static int shared_objects(struct pk_arena *arena, const struct pk_snapshot *from_side, const struct pk_snapshot *to_side,
			  const struct pk_object *from, const struct pk_object *to, const char **why)
{
	struct pk_map names = PK_MAP_INIT;
	size_t n = 0, same = 0;

	for (size_t i = 0; i < from_side->n; i++) {
		const struct pk_object *o = from_side->objects[i];

		if (!o->parent && pk_streq(o->schema, from->name))
			pk_map_set(&names, pk_arena_printf(arena, "%s %s", o->kind->name, o->name), &names);
	}
	for (size_t i = 0; i < to_side->n; i++) {
		const struct pk_object *o = to_side->objects[i];

		if (o->parent || !pk_streq(o->schema, to->name))
			continue;
		n++;
		same += pk_map_get(&names, pk_arena_printf(arena, "%s %s", o->kind->name, o->name)) != NULL;
	}
	n = names.n > n ? names.n : n;
	pk_map_release(&names);
	*why = pk_arena_printf(arena, "%zu of %zu objects in it the same", same, n);
	return n ? (int)(100 * same / n) : 0;
}

int pk_rename_likeness(struct pk_arena *arena, const struct pk_object *from, const struct pk_object *to,
		       const char **ret_why)
{
	const char *why = "the same definition";
	int likeness = 0;

	if (from->kind->part) {
		likeness = same_type(from, to) ? (same_but_name(arena, from, to) ? 100 : 80) : 0;
		why = "the same type";
	} else if (from->kind->columns_apart) {
		likeness = shared_columns(arena, from, to, &why);
	} else {
		likeness = same_but_name(arena, from, to) ? 100 : 0;
	}
	if (ret_why)
		*ret_why = why;
	return likeness;
}

/* ---- pairs ---- */

struct guessing {
	const struct pk_snapshot *from, *to;
	struct pk_rename_guesses *ret;
	const struct pk_object **comes; /* what comes alone */
	size_t n_comes;
	struct pk_map used; /* keys of the new side that have a partner, and of the old side's schemas that have one */
};

/* Gone or come by itself, not with its relation, its parent's column or its type's attribute. */
static bool alone(const struct pk_object *o, const struct pk_snapshot *other_side)
{
	if (pk_snapshot_find(other_side, o->key) || !o->kind->rename || o->kind->named_freely || o->origin)
		return false;
	if (!pk_is_part(o))
		return true;
	return (o->parent->kind->columns_apart || o->parent->kind->type) && pk_snapshot_find(other_side, o->parent->key) &&
	       !(o->kind->part && pk_column_follows_type(o));
}

/* A move to another schema is one only where the name stays. */
static bool comparable(const struct pk_object *from, const struct pk_object *to)
{
	if (to->kind != from->kind)
		return false;
	if (pk_is_part(from))
		return strcmp(from->parent->key, to->parent->key) == 0;
	return pk_streq(from->schema, to->schema) || strcmp(from->name, to->name) == 0;
}

/* How much two names have in common at both ends: of two columns of one type the likelier one. */
static size_t common_letters(const char *a, const char *b)
{
	size_t n_a = strlen(a), n_b = strlen(b), start = 0, end = 0;

	while (a[start] && a[start] == b[start])
		start++;
	while (end < n_a - start && end < n_b - start && a[n_a - 1 - end] == b[n_b - 1 - end])
		end++;
	return start + end;
}

static void add_path(struct pk_arena *arena, struct pk_buf *buf, const struct pk_object *o)
{
	PK_AUTO(pk_buf) ident = PK_BUF_INIT;

	if (pk_is_part(o))
		pk_buf_addf(buf, "%s.", o->parent->ident);
	pk_buf_add_qualified(&ident, pk_is_part(o) ? NULL : o->schema, pk_bare_name(arena, o));
	pk_buf_add(buf, ident.ptr);
	if (*pk_ident_tail(o) == '(')
		pk_buf_add(buf, pk_ident_tail(o));
}

/* What a guess says: schemas are NULL of what is inside something else. */
struct renamed {
	const char *kind, *path;
	const char *old_schema, *old_name;
	const char *new_schema, *new_name;
	const char *why;
};

static void add(struct guessing *g, const struct renamed *r)
{
	struct pk_rename_guesses *ret = g->ret;
	bool moved = !pk_streq(r->new_schema, r->old_schema);
	PK_AUTO(pk_buf) mark = PK_BUF_INIT;
	PK_AUTO(pk_buf) to = PK_BUF_INIT;

	if (ret->n == ret->cap) {
		ret->cap = ret->cap ? ret->cap * 2 : 8;
		ret->items = pk_realloc_array(ret->items, ret->cap, sizeof(*ret->items));
	}
	pk_buf_add_qualified(&mark, moved ? r->old_schema : NULL, r->old_name);
	pk_buf_add_qualified(&to, moved ? r->new_schema : NULL, r->new_name);
	ret->items[ret->n++] = (struct pk_rename_guess){
		.kind = r->kind,
		.from = pk_arena_strdup(&ret->arena, r->path),
		.to = pk_arena_strdup(&ret->arena, to.ptr),
		.option = pk_arena_printf(&ret->arena, "%s:%s=%s", r->kind, r->path, to.ptr),
		.mark = pk_arena_printf(&ret->arena, "-- postkit:renamed-from %s", mark.ptr),
		.why = r->why,
	};
}

/* The likeliest of the same kind, in the same table. */
static void guess_for(struct guessing *g, const struct pk_object *from)
{
	struct pk_arena *arena = &g->ret->arena;
	const struct pk_object *best = NULL;
	const char *best_why = NULL;
	size_t best_letters = 0;
	int best_likeness = LIKELY - 1;
	PK_AUTO(pk_buf) path = PK_BUF_INIT;

	for (size_t i = 0; i < g->n_comes; i++) {
		const struct pk_object *to = g->comes[i];
		size_t letters = common_letters(from->name, to->name);
		const char *why;
		int likeness;

		if (!comparable(from, to) || pk_map_get(&g->used, to->key))
			continue;
		likeness = from->kind->n_attrs ? pk_rename_likeness(arena, from, to, &why)
					       : shared_objects(arena, g->from, g->to, from, to, &why);
		if (likeness < best_likeness || (likeness == best_likeness && letters <= best_letters))
			continue;
		best = to;
		best_likeness = likeness;
		best_letters = letters;
		best_why = why;
	}
	if (!best)
		return;
	pk_map_set(&g->used, best->key, g);
	if (!from->kind->n_attrs)
		pk_map_set(&g->used, from->key, g);
	add_path(arena, &path, from);
	add(g, &(const struct renamed){
		.kind = from->kind->name,
		.path = path.ptr,
		.old_schema = from->schema,
		.old_name = pk_bare_name(arena, from),
		.new_schema = best->schema,
		.new_name = pk_bare_name(arena, best),
		.why = best_why,
	});
}

/* 'it''s' without its quotes. Caller frees. */
static char *label_of(const char *literal)
{
	struct pk_scan scan;
	struct pk_token token;

	pk_scan_start(&scan, literal, strlen(literal));
	pk_scan_next(&scan, &token);
	return pk_token_string(literal, &token);
}

/* Of what has a list inside: one goes and one comes in its place. */
static void guess_inside(struct guessing *g, const struct pk_object *from, const struct pk_object *to)
{
	struct pk_script s = { .arena = &g->ret->arena };
	const char *const *old, *const *new;
	int attr = from->kind->inside_attr - 1;
	size_t n_old = pk_attr_list(&s, pk_attr(from, attr), &old), n_new = pk_attr_list(&s, pk_attr(to, attr), &new), at = 0;
	size_t changed = 0;

	for (size_t i = 0; n_old == n_new && i < n_old; i++) {
		if (strcmp(pk_item_part(&s, old[i], 0), pk_item_part(&s, new[i], 0)) != 0)
			changed++, at = i;
	}
	if (changed != 1 || strcmp(from->kind->inside, "value") != 0 ||
	    pk_item_find(&s, new, n_new, pk_item_part(&s, old[at], 0)) ||
	    pk_item_find(&s, old, n_old, pk_item_part(&s, new[at], 0)))
		return;
	PK_FREE char *old_label = label_of(pk_item_part(&s, old[at], 0));
	PK_FREE char *new_label = label_of(pk_item_part(&s, new[at], 0));
	PK_AUTO(pk_buf) path = PK_BUF_INIT;
	pk_buf_addf(&path, "%s.", from->ident);
	pk_buf_add_ident(&path, old_label);
	add(g, &(const struct renamed){
		.kind = from->kind->inside,
		.path = path.ptr,
		.old_name = old_label,
		.new_name = new_label,
		.why = "in the same place",
	});
}

static bool goes_with_schema(const struct guessing *g, const struct pk_object *o)
{
	PK_AUTO(pk_buf) key = PK_BUF_INIT;

	if (!o->schema || !g->used.n)
		return false;
	pk_buf_addf(&key, "%s ", pk_kind_schema.name);
	pk_buf_add_ident(&key, o->schema);
	return pk_map_get(&g->used, key.ptr) != NULL;
}

void pk_rename_guess(const struct pk_snapshot *from, const struct pk_snapshot *to, struct pk_rename_guesses *ret)
{
	struct guessing g = { .from = from, .to = to, .ret = ret };

	g.comes = pk_arena_alloc(&ret->arena, (to->n + 1) * sizeof(const struct pk_object *));
	for (size_t i = 0; i < to->n; i++)
		if (alone(to->objects[i], from))
			g.comes[g.n_comes++] = to->objects[i];
	/* Schemas first: what is in one goes with it. */
	for (int schemas = 1; schemas >= 0; schemas--) {
		for (size_t i = 0; i < from->n; i++) {
			const struct pk_object *o = from->objects[i], *other = pk_snapshot_find(to, o->key);

			if ((o->kind->n_attrs == 0) != schemas)
				continue;
			if (other && o->kind->inside)
				guess_inside(&g, o, other);
			if (g.n_comes && alone(o, to) && !goes_with_schema(&g, o))
				guess_for(&g, o);
		}
	}
	pk_map_release(&g.used);
}
