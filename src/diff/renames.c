/* What only changed its name: the same thing in the same place, which nobody has to say. */
#include "base/map.h"
#include "diff/changes.h"
#include "pg/conn.h"

struct pk_borrowed_text {
	const struct pk_object *renamed; /* because of which */
	const char **slot, *own;
	struct pk_borrowed_text *next;
};

void pk_borrow(struct pk_changes *c, const struct pk_object *renamed, const char **slot, const char *text)
{
	struct pk_borrowed_text *b = pk_arena_alloc(c->arena, sizeof(*b));

	*b = (struct pk_borrowed_text){ renamed, slot, *slot, c->borrowed };
	c->borrowed = b;
	*slot = text;
}

void pk_renames_restore(struct pk_changes *c)
{
	for (; c->borrowed; c->borrowed = c->borrowed->next)
		*c->borrowed->slot = c->borrowed->own;
}

void pk_renames_settle(struct pk_changes *c)
{
	for (struct pk_borrowed_text *b = c->borrowed; b; b = b->next) {
		if (!pk_goes(b->renamed))
			continue;
		*b->slot = b->own;
		pk_info(b->renamed)->old_name = NULL;
	}
}

static const char *quoted_name(struct pk_changes *c, const struct pk_object *o)
{
	PK_AUTO(pk_buf) name = PK_BUF_INIT;

	pk_buf_add_ident(&name, o->name);
	return pk_arena_strdup(c->arena, name.ptr);
}

/* In "CREATE UNIQUE INDEX name ON ..." all that stands before the name are key words and its schema. */
static void add_without_name(struct pk_buf *out, const char *text, const char *name)
{
	size_t n = strlen(name);

	for (const char *at = strstr(text, name); at; at = strstr(at + 1, name)) {
		if (at == text || (at[-1] != ' ' && at[-1] != '.') || at[n] != ' ')
			continue;
		pk_buf_addn(out, text, (size_t)(at - text));
		pk_buf_add(out, at + n);
		return;
	}
	pk_buf_add(out, text);
}

/* Where one attribute says what it is, the others can be changed in place. */
static bool counts(const struct pk_kind *kind, int attr)
{
	if (kind->named_attr)
		return attr == kind->named_attr - 1 || attr == kind->parent_attr - 1;
	return strcmp(kind->attrs[attr], "quoted") != 0;
}

/* All that it is but its name, and where; NULL for what keeps its name unless somebody says other. */
static const char *nameless(struct pk_changes *c, const struct pk_object *o)
{
	const char *quoted, *tie = pk_object_tie(o);
	PK_AUTO(pk_buf) text = PK_BUF_INIT;

	if (!o->kind->named_freely || !pk_can_be_renamed(o) || (o->kind->tied_to_column && !tie))
		return NULL;
	quoted = quoted_name(c, o);
	pk_buf_addf(&text, "%s\n%s\n", o->kind->name, o->parent ? o->parent->key : o->schema);
	for (size_t i = 0; i < o->kind->n_attrs; i++) {
		const char *attr = o->attr[i];

		if (!counts(o->kind, (int)i))
			continue;
		pk_buf_addf(&text, "%c", attr ? '+' : '-');
		if (attr && (int)i == o->kind->named_attr - 1)
			add_without_name(&text, attr, quoted);
		else if (attr)
			pk_buf_add(&text, attr);
		pk_buf_addc(&text, '\n');
	}
	return pk_arena_strdup(c->arena, text.ptr);
}

/* nextval('public.old'::regclass) in a default: the server will say the new name by itself. */
static void rename_in_user(struct pk_changes *c, const struct pk_object *renamed, struct pk_object *user,
			   const char *old_ident)
{
	PK_AUTO(pk_buf) old = PK_BUF_INIT;
	PK_AUTO(pk_buf) new = PK_BUF_INIT;

	pk_buf_add_literal(&old, old_ident);
	pk_buf_add_literal(&new, renamed->ident);
	for (size_t i = 0; i < user->kind->n_attrs; i++) {
		const char *attr = user->attr[i], *at = attr ? strstr(attr, old.ptr) : NULL;

		if (at && pk_starts_with(at + old.len, "::regclass"))
			pk_borrow(c, renamed, &user->attr[i],
			       pk_arena_printf(c->arena, "%.*s%s%s", (int)(at - attr), attr, new.ptr, at + old.len));
	}
}

/* What a table says of its indexes follows their names. */
static void rename_in_parent(struct pk_changes *c, const struct pk_object *renamed, const char *old_quoted)
{
	static const struct {
		const char *attr, *before_name;
	} says[] = { { "clustered_on", "" }, { "replica_identity", "USING INDEX " } };
	const char *quoted = quoted_name(c, renamed);
	const struct pk_object *parent = renamed->parent;

	for (size_t k = 0; parent && k < PK_COUNT(says); k++) {
		const char *old = pk_arena_printf(c->arena, "%s%s", says[k].before_name, old_quoted);

		for (size_t i = 0; i < parent->kind->n_attrs; i++) {
			if (strcmp(parent->kind->attrs[i], says[k].attr) == 0 && pk_streq(parent->attr[i], old))
				pk_borrow(c, renamed, &parent->attr[i],
				       pk_arena_printf(c->arena, "%s%s", says[k].before_name, quoted));
		}
	}
}

/* The shares of partitions name their parent's. */
static void rename_in_shares(struct pk_changes *c, const struct pk_object *renamed, const char *old_ident)
{
	int parent = renamed->kind->parent_attr - 1;

	for (size_t i = 0; parent >= 0 && i < c->from->n; i++) {
		struct pk_object *o = c->from->objects[i];

		if (o->kind == renamed->kind && pk_streq(o->attr[parent], old_ident))
			pk_borrow(c, renamed, &o->attr[parent], renamed->ident);
	}
}

static void pair(struct pk_changes *c, struct pk_object *from, struct pk_object *to)
{
	struct pk_info *info = pk_info(from);
	const char *old_ident = from->ident, *old_quoted = quoted_name(c, from);

	info->other = to;
	info->fate = PK_KEEP;
	info->old_name = from->name;
	pk_info(to)->other = from;
	pk_info(to)->fate = PK_KEEP;
	pk_borrow(c, from, &from->name, to->name);
	pk_borrow(c, from, &from->ident, to->ident);
	for (size_t i = 0; i < from->kind->n_attrs; i++) {
		if ((int)i == from->kind->named_attr - 1 || strcmp(from->kind->attrs[i], "quoted") == 0)
			pk_borrow(c, from, &from->attr[i], to->attr[i]);
	}
	for (size_t i = 0; i < info->n_users; i++)
		rename_in_user(c, from, info->users[i], old_ident);
	rename_in_parent(c, from, old_quoted);
	rename_in_shares(c, from, old_ident);
}

/* Returns whether any was found: what is called after it may be found in the next round. */
static bool pair_round(struct pk_changes *c)
{
	struct pk_map left = PK_MAP_INIT;
	bool found = false;

	for (size_t i = c->from->n; i-- > 0;) {
		struct pk_object *o = c->from->objects[i];
		const char *key = pk_info(o)->other ? NULL : nameless(c, o);

		if (key)
			pk_map_set(&left, key, o);
	}
	for (size_t i = 0; left.n && i < c->to->n; i++) {
		struct pk_object *to = c->to->objects[i], *from;
		const char *key = pk_info(to)->other ? NULL : nameless(c, to);

		from = key ? pk_map_get(&left, key) : NULL;
		if (!from || pk_info(from)->other)
			continue;
		pair(c, from, to);
		found = true;
	}
	pk_map_release(&left);
	return found;
}

void pk_renames_pair(struct pk_changes *c)
{
	while (pair_round(c))
		;
}
