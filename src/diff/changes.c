#include "diff/changes.h"

#include <stddef.h>

/* Below this, and with few rows, a lock is over before anybody notices. */
#define SMALL_BYTES (8 << 20)

static void append(struct pk_object ***list, size_t *n, size_t *cap, struct pk_object *o)
{
	if (*n == *cap) {
		*cap = *cap ? *cap * 2 : 4;
		*list = pk_realloc_array(*list, *cap, sizeof(**list));
	}
	(*list)[(*n)++] = o;
}

static void add_user(struct pk_object *of, struct pk_object *user)
{
	append(&pk_info(of)->users, &pk_info(of)->n_users, &pk_info(of)->cap_users, user);
}

void pk_info_add_heir(struct pk_object *of, struct pk_object *heir)
{
	append(&pk_info(of)->heirs, &pk_info(of)->n_heirs, &pk_info(of)->cap_heirs, heir);
}

static void hang_infos(struct pk_changes *c, struct pk_snapshot *snap, size_t *next)
{
	for (size_t i = 0; i < snap->n; i++) {
		struct pk_info *info = &c->infos[(*next)++];

		*info = (struct pk_info){ .drop = PK_NO_NODE, .create = PK_NO_NODE, .alter = PK_NO_NODE,
					  .clean = PK_NO_NODE, .fill = PK_NO_NODE, .release = PK_NO_NODE, .attach = PK_NO_NODE, .rename = PK_NO_NODE,
					  .beside_node = PK_NO_NODE, .lend = PK_NO_NODE, .withhold = PK_NO_NODE };
		snap->objects[i]->mark = info;
	}
	for (size_t i = 0; i < snap->n; i++) {
		for (size_t j = 0; j < snap->objects[i]->n_deps; j++)
			add_user(snap->objects[i]->deps[j], snap->objects[i]);
		for (size_t j = 0; j < snap->objects[i]->n_heirs; j++)
			pk_info_add_heir(snap->objects[i], snap->objects[i]->heirs[j]);
	}
}

bool pk_stays_attached(const struct pk_object *table)
{
	const struct pk_object *attachment = pk_attachment_of(table);

	return attachment && pk_info(attachment)->fate == PK_KEEP;
}

static void set_fate(struct pk_object *from, enum pk_fate fate)
{
	pk_info(from)->fate = fate;
	if (pk_info(from)->other)
		pk_info(pk_info(from)->other)->fate = fate;
}

static void set_because(struct pk_object *from, const struct pk_object *o)
{
	pk_info(from)->because = o;
	if (pk_info(from)->other)
		pk_info(pk_info(from)->other)->because = o;
}

bool pk_attrs_same(const struct pk_object *a, const struct pk_object *b)
{
	for (size_t i = 0; i < a->kind->n_attrs; i++) {
		if (pk_attr_changed(a, b, (int)i))
			return false;
	}
	return true;
}

/* What happens to an inherited column's origin may have to be taken back. */
bool pk_needs_look(const struct pk_object *from, const struct pk_object *to)
{
	return !pk_attrs_same(from, to) || (from->origin && to->origin && !pk_attrs_same(from->origin, to->origin));
}

/* The fate of a pair by itself. */
static enum pk_fate judge(struct pk_changes *c, struct pk_object *from, struct pk_object *to)
{
	struct pk_script scratch = { .arena = c->arena, .from = c->from, .to = c->to, .version = c->from->version };
	enum pk_outcome outcome = PK_SAME;
	bool common;

	if (from->kind != to->kind)
		return PK_REPLACE_TYPE;
	common = pk_common_same(&scratch, from, to);
	if (pk_needs_look(from, to))
		outcome = from->kind->alter(&scratch, from, to);
	pk_info(from)->why = pk_info(to)->why = scratch.why;
	pk_script_release(&scratch);
	switch (outcome) {
	case PK_RECREATE:
		return PK_REMAKE;
	case PK_RETYPE:
		return PK_REPLACE_TYPE;
	case PK_ALTERED_TYPE:
		return PK_CHANGE_TYPE;
	case PK_ALTERED:
		return PK_CHANGE;
	default:
		return common ? PK_KEEP : PK_CHANGE;
	}
}

/* A part of a view is not that of a table that came in its place. */
static struct pk_object *same_in(const struct pk_snapshot *side, const struct pk_object *o)
{
	struct pk_object *other = pk_snapshot_find(side, o->key);

	return other && o->parent && o->parent->kind != other->parent->kind ? NULL : other;
}

static bool changes_kind(const struct pk_kind *kind)
{
	return kind->type && kind->relation_name && kind->set_aside;
}

/* A type of another kind, which columns may move to as to one of the same. */
static struct pk_object *type_instead(const struct pk_changes *c, const struct pk_object *o)
{
	for (const struct pk_kind *const *kind = pk_kinds; *kind && changes_kind(o->kind); kind++) {
		struct pk_object *other = changes_kind(*kind) ? pk_snapshot_find(c->to, pk_arena_printf(c->arena, "%s %s", (*kind)->name,
												     o->ident)) : NULL;

		if (other)
			return other;
	}
	return NULL;
}

static void match(struct pk_changes *c)
{
	for (size_t i = 0; i < c->from->n; i++) {
		struct pk_object *o = c->from->objects[i], *other = same_in(c->to, o);

		other = other ? other : type_instead(c, o);
		pk_info(o)->other = other;
		if (other)
			pk_info(other)->other = o;
		else
			pk_info(o)->fate = PK_DROP_OLD;
	}
	for (size_t i = 0; i < c->to->n; i++) {
		if (!pk_info(c->to->objects[i])->other)
			pk_info(c->to->objects[i])->fate = PK_CREATE_NEW;
	}
	pk_renames_pair(c);
	pk_origins_settle(c);
	for (size_t i = 0; i < c->from->n; i++) {
		struct pk_object *o = c->from->objects[i];

		if (pk_info(o)->other)
			set_fate(o, judge(c, o, pk_info(o)->other));
		if (pk_map_get(c->anew, o->key))
			set_fate(o, PK_REMAKE);
	}
}

bool pk_rivals(struct pk_arena *arena, const struct pk_object *a, const struct pk_object *b)
{
	return a->kind->routine && b->kind->routine && pk_streq(a->schema, b->schema) &&
	       pk_streq(pk_bare_name(arena, a), pk_bare_name(arena, b));
}

/* By which others may be meant, or take its place; NULL: nobody minds. */
static const char *contested_name(struct pk_changes *c, const struct pk_object *o)
{
	if (o->kind->routine)
		return pk_arena_printf(c->arena, "routine %s.%s", o->schema, pk_bare_name(c->arena, o));
	return o->kind->relation_name ? pk_arena_printf(c->arena, "relation %s.%s", o->schema, o->name) : NULL;
}

static void find_rivals(struct pk_changes *c)
{
	struct pk_map names = PK_MAP_INIT;

	for (size_t i = 0; i < c->to->n; i++) {
		struct pk_object *o = c->to->objects[i];
		const char *name = pk_info(o)->fate == PK_CREATE_NEW ? contested_name(c, o) : NULL;

		if (name)
			pk_map_set(&names, name, o);
	}
	for (size_t i = 0; i < c->from->n && names.n; i++) {
		struct pk_object *o = c->from->objects[i];
		const char *name = pk_info(o)->fate == PK_DROP_OLD ? contested_name(c, o) : NULL;

		pk_info(o)->rival = name && pk_map_get(&names, name);
	}
	pk_map_release(&names);
}

/* What happened to `o` as far as its users are concerned. Returns false when nothing did. */
static bool loss_of(const struct pk_object *o, enum pk_loss *ret)
{
	const struct pk_info *info = pk_info(o);

	if (info->fate == PK_DROP_OLD) /* a column that its relation loses by being made anew goes as early as that */
		*ret = o->kind->part && pk_goes(o->parent) && pk_info(o->parent)->fate != PK_DROP_OLD ? PK_LOSS_ANEW : PK_LOSS_GONE;
	else if (info->fate == PK_REMAKE || info->fate == PK_REPLACE_TYPE || info->freed)
		*ret = PK_LOSS_ANEW;
	else if (info->fate == PK_CHANGE_TYPE || info->retype)
		*ret = PK_LOSS_TYPE;
	else
		return false;
	return true;
}

/* The table is no heir of the parent any more. */
static bool is_left(const struct pk_object *heir, const struct pk_object *parent)
{
	const struct pk_object *other = pk_info(heir)->other;

	return heir->kind->columns_apart && other && pk_table_keeps_parent(heir, heir, parent->ident) &&
	       !pk_table_keeps_parent(heir, other, parent->ident);
}

static enum pk_reaction reaction_of(const struct pk_object *user, const struct pk_object *used, enum pk_loss loss)
{
	if (user->kind->stays || is_left(user, used))
		return PK_UNTOUCHED;
	if (user->kind->reaction)
		return user->kind->reaction(user, used, pk_info(used)->other, loss);
	return loss != PK_LOSS_TYPE || user->kind->blocks_type_change ? PK_MADE_ANEW : PK_UNTOUCHED;
}

/* Sets a mark of both sides. Returns true when it was not set before. */
static bool mark_both(struct pk_info *info, size_t offset)
{
	bool *mine = (bool *)((char *)info + offset), *other = (bool *)((char *)pk_info(info->other) + offset);
	bool before = *mine;

	*mine = *other = true;
	return !before;
}

bool pk_reach(struct pk_object *user, const struct pk_object *o, enum pk_loss loss)
{
	struct pk_info *info = pk_info(user);

	if (info->fate == PK_DROP_OLD || info->fate == PK_REMAKE || info->fate == PK_REPLACE_TYPE)
		return false;
	/* it changes, or follows its parent's change, and no longer uses what goes */
	if (loss == PK_LOSS_GONE && (info->fate != PK_KEEP || !pk_attrs_same(user, info->other)) && !pk_info(pk_whole(o))->rival)
		return false;
	switch (reaction_of(user, o, loss)) {
	case PK_MADE_ANEW:
		set_because(user, o);
		set_fate(user, user->kind->type && user->kind->set_aside ? PK_REPLACE_TYPE : PK_REMAKE);
		return true;
	case PK_RETYPED:
		return mark_both(info, offsetof(struct pk_info, retype));
	case PK_RETIED:
		return mark_both(info, offsetof(struct pk_info, retie));
	case PK_SAID_AGAIN:
		return mark_both(info, offsetof(struct pk_info, again));
	default:
		return false;
	}
}

/* Parts go with their whole, in both snapshots; of a type that is replaced the shell. */
static bool reach_children(struct pk_object *o)
{
	bool changed = false;

	for (size_t i = 0; i < o->n_children; i++) {
		struct pk_object *child = o->children[i];

		if (!pk_info(child)->other || pk_info(child)->fate == PK_REMAKE ||
		    (pk_info(o)->fate == PK_REPLACE_TYPE && !child->kind->comes_first))
			continue;
		set_because(child, o);
		set_fate(child, PK_REMAKE);
		changed = true;
	}
	return changed;
}

struct pk_object *pk_tied_column(const struct pk_changes *c, const struct pk_snapshot *side, const struct pk_object *o)
{
	const char *column = o->kind->tied_to_column ? pk_object_tie(o) : NULL;

	return column ? pk_snapshot_find(side, pk_arena_printf(c->arena, "column %s", column)) : NULL;
}

/* A sequence that is dropped with the column that owns it comes back where the new state has it too. */
static bool reach_tied(struct pk_changes *c, struct pk_object *o)
{
	struct pk_object *column = pk_tied_column(c, c->from, o);

	if (!column || pk_info(column)->fate != PK_REMAKE || pk_moves(column->parent) || pk_info(o)->fate == PK_REMAKE || !pk_info(o)->other ||
	    !pk_streq(pk_object_tie(o), pk_object_tie(pk_info(o)->other)))
		return false;
	set_fate(o, PK_REMAKE);
	return true;
}

static bool is_user(const struct pk_object *o, const struct pk_object *used)
{
	for (size_t i = 0; i < pk_info(used)->n_users; i++) {
		if (pk_info(used)->users[i] == o)
			return true;
	}
	return false;
}

/* For a column's new type the server makes a key anew, but no foreign key to it that does without the column: an included one. */
static bool reach_foreign_keys(const struct pk_object *column, const struct pk_object *key)
{
	bool changed = false;

	for (size_t i = 0; i < pk_info(key)->n_users; i++) {
		struct pk_object *user = pk_info(key)->users[i];

		if (!user->kind->references || !user->kind->references(user) || is_user(user, column))
			continue;
		pk_info(user)->gap = true;
		changed |= pk_reach(user, key, PK_LOSS_ANEW);
	}
	return changed;
}

static bool carry_on(struct pk_changes *c)
{
	bool changed = pk_moves_reach(c) | pk_row_types_reach(c) | pk_literals_reach(c) | pk_shares_reach(c) | pk_logging_reach(c) |
		       pk_origins_reach(c);

	for (size_t i = 0; i < c->from->n; i++) {
		struct pk_object *o = c->from->objects[i];
		struct pk_info *info = pk_info(o);
		enum pk_loss loss;

		changed |= reach_tied(c, o);
		if (!loss_of(o, &loss))
			continue;
		for (size_t j = 0; j < info->n_users; j++)
			changed |= pk_reach(info->users[j], o, loss) |
				   (loss == PK_LOSS_TYPE && reach_foreign_keys(o, info->users[j]));
		if ((loss == PK_LOSS_TYPE || info->freed) && o->kind->fixed && o->kind->fixed(o) && !pk_goes(o->parent)) {
			set_fate(o->parent, PK_REMAKE);
			changed = true;
		}
		if (info->fate == PK_REMAKE || info->fate == PK_REPLACE_TYPE)
			changed |= reach_children(o);
	}
	return changed;
}

static bool changes_type(const struct pk_object *o)
{
	return pk_info(o)->fate == PK_CHANGE_TYPE || pk_info(o)->retype;
}

/* A default, or a domain's checks, in a circle: alter() leaves them to statements of their own. */
static bool changes_in_circle(const struct pk_object *o)
{
	const struct pk_object *other = pk_info(o)->other;

	if (!pk_changes_in_place(o) || (!pk_info(o)->cut && !pk_info(other)->cut))
		return false;
	return o->kind->type || (o->kind->part && !pk_streq(pk_object_tie(o), pk_object_tie(other)));
}

/*
 * An heir's default has to be out of the way before its parent's change of type reaches it, and that which
 * gives way to an identity, or takes its place, before one sequence takes the name of the other.
 */
static void release_ties(struct pk_changes *c)
{
	for (size_t i = 0; i < c->from->n; i++) {
		struct pk_object *o = c->from->objects[i];

		if ((o->origin && changes_type(o) && changes_type(o->origin) && pk_object_tie(o)) ||
		    changes_in_circle(o) || (o->kind->tie_apart && pk_changes_in_place(o) && o->kind->tie_apart(o, pk_info(o)->other)))
			mark_both(pk_info(o), offsetof(struct pk_info, retie));
	}
}

/* A view in a circle cannot take its new columns in place: what it shows may need them first. */
static void remake_circles(struct pk_changes *c)
{
	for (size_t i = 0; i < c->to->n; i++) {
		struct pk_object *to = c->to->objects[i];

		if (pk_info(to)->cut && to->kind->relation_name && !to->kind->type && to->kind->tie_uses &&
		    pk_info(to)->fate == PK_CHANGE && !pk_attrs_same(pk_info(to)->other, to))
			set_fate(pk_info(to)->other, PK_REMAKE);
	}
}

/* Dropped columns keep their numbers: a table that has none left for new ones is made anew. */
static void remake_full(struct pk_changes *c)
{
	for (size_t i = 0; i < c->from->n; i++) {
		struct pk_object *from = c->from->objects[i], *to = pk_info(from)->other;
		size_t last = 0, added = 0;

		if (!from->kind->most_parts || !to || pk_goes(from))
			continue;
		for (size_t j = 0; j < from->n_children; j++) {
			if (from->children[j]->kind->part && (size_t)from->children[j]->subid > last)
				last = (size_t)from->children[j]->subid;
		}
		for (size_t j = 0; j < to->n_children; j++)
			added += to->children[j]->kind->part && pk_comes(to->children[j]);
		if (added && last + added > from->kind->most_parts) {
			set_fate(from, PK_REMAKE);
			pk_info(from)->why = pk_info(to)->why = "dropped columns keep their numbers, and none are left";
		}
	}
}

/* An index or constraint that loses its parent because the partition is detached stays as it is. */
static void keep_detached(struct pk_changes *c)
{
	for (size_t i = 0; i < c->from->n; i++) {
		struct pk_object *o = c->from->objects[i];
		int attr = o->kind->parent_attr - 1;
		struct pk_object *other = pk_info(o)->other;
		const char *parent;

		if (attr < 0 || !o->attr[attr] || !other || pk_info(o)->fate != PK_REMAKE || pk_stays_attached(o->parent))
			continue;
		parent = other->attr[attr];
		other->attr[attr] = o->attr[attr];
		set_fate(o, judge(c, o, other));
		other->attr[attr] = parent;
	}
}

bool pk_changes_online(const struct pk_changes *c, const struct pk_object *relation)
{
	const struct pk_object *old = relation;

	if (pk_snapshot_find(c->from, relation->key) != relation)
		old = pk_info(relation)->other;
	/* Partition by partition is no way where the settings leave some of them out. */
	if (!old || pk_goes(old) || old->hides_heirs || c->options->online.when == PK_ONLINE_NEVER)
		return false;
	if (c->options->online.when == PK_ONLINE_ALWAYS)
		return true;
	return old->rows > c->options->online.small_rows || old->bytes > SMALL_BYTES;
}

/* What the old one uses and the new one has to wait for would keep the two from standing side by side. */
static bool uses_stay(const struct pk_object *from)
{
	for (size_t i = 0; i < from->n_deps; i++) {
		const struct pk_object *on = from->deps[i];
		const struct pk_info *info = pk_info(on);

		if (pk_goes(on) ? !on->kind->part || info->other : info->fate == PK_CHANGE_TYPE || info->retype)
			return false;
	}
	return true;
}

/* The one whose place an object takes: its own former self, or the only one of its sort that the relation had. */
static struct pk_object *predecessor(const struct pk_object *to)
{
	const struct pk_object *relation = to->parent ? pk_info(to->parent)->other : NULL;
	bool exclusive = to->kind->exclusive && to->kind->exclusive(to);

	if (pk_info(to)->fate == PK_REMAKE)
		return pk_info(to)->other;
	for (size_t i = 0; exclusive && pk_info(to)->fate == PK_CREATE_NEW && relation && i < relation->n_children; i++) {
		struct pk_object *old = relation->children[i];

		if (old->kind == to->kind && pk_info(old)->fate == PK_DROP_OLD && to->kind->exclusive(old))
			return old;
	}
	return NULL;
}

/* What is made anew for its own sake, on a relation that is in use, is made beside the old one where it can be. */
static void make_beside(struct pk_changes *c)
{
	for (size_t i = 0; i < c->to->n; i++) {
		struct pk_object *to = c->to->objects[i], *from = to->kind->stand_beside ? predecessor(to) : NULL;

		if (!from || pk_info(from)->gap || !pk_changes_online(c, to->parent) || !uses_stay(from) || !to->kind->can_stand_beside(from, to))
			continue;
		pk_info(from)->beside = to;
		pk_info(to)->beside = from;
	}
}

void pk_changes_find(struct pk_changes *c)
{
	size_t next = 0;

	c->n_infos = c->from->n + c->to->n;
	c->infos = pk_realloc_array(NULL, c->n_infos + 1, sizeof(*c->infos));
	hang_infos(c, c->from, &next);
	hang_infos(c, c->to, &next);
	match(c);
	pk_circles_find(c, c->from);
	pk_circles_find(c, c->to);
	remake_circles(c);
	remake_full(c);
	keep_detached(c);
	find_rivals(c);
	while (carry_on(c))
		;
	release_ties(c);
	pk_moves_settle(c);
	pk_renames_settle(c);
	make_beside(c);
}

void pk_changes_release(struct pk_changes *c)
{
	pk_renames_restore(c);
	for (size_t i = 0; i < c->n_infos; i++) {
		free(c->infos[i].users);
		free(c->infos[i].heirs);
	}
	free(c->infos);
	c->infos = NULL;
	c->n_infos = 0;
}
