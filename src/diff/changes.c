#include "diff/changes.h"

static void add_user(struct pk_object *of, struct pk_object *user)
{
	struct pk_info *info = pk_info(of);

	if (info->n_users == info->cap_users) {
		info->cap_users = info->cap_users ? info->cap_users * 2 : 4;
		info->users = pk_realloc_array(info->users, info->cap_users, sizeof(*info->users));
	}
	info->users[info->n_users++] = user;
}

static void hang_infos(struct pk_changes *c, struct pk_snapshot *snap, size_t *next)
{
	for (size_t i = 0; i < snap->n; i++) {
		struct pk_info *info = &c->infos[(*next)++];

		*info = (struct pk_info){ .drop = PK_NO_NODE, .create = PK_NO_NODE, .alter = PK_NO_NODE,
					  .clean = PK_NO_NODE, .release = PK_NO_NODE, .attach = PK_NO_NODE };
		snap->objects[i]->mark = info;
	}
	for (size_t i = 0; i < snap->n; i++) {
		for (size_t j = 0; j < snap->objects[i]->n_deps; j++)
			add_user(snap->objects[i]->deps[j], snap->objects[i]);
	}
}

const struct pk_object *pk_attachment_of(const struct pk_object *table)
{
	for (size_t i = 0; i < table->n_children; i++) {
		if (table->children[i]->kind == &pk_kind_attachment)
			return table->children[i];
	}
	return NULL;
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

bool pk_attrs_same(const struct pk_object *a, const struct pk_object *b)
{
	for (size_t i = 0; i < a->kind->n_attrs; i++) {
		if (pk_attr_changed(a, b, (int)i))
			return false;
	}
	return true;
}

/* The fate of a pair by itself. */
static enum pk_fate judge(struct pk_changes *c, struct pk_object *from, struct pk_object *to)
{
	struct pk_script scratch = { .arena = c->arena };
	enum pk_outcome outcome = PK_SAME;
	bool common = pk_common_same(&scratch, from, to);

	if (!pk_attrs_same(from, to))
		outcome = from->kind->alter(&scratch, from, to);
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

static void match(struct pk_changes *c)
{
	for (size_t i = 0; i < c->from->n; i++) {
		struct pk_object *o = c->from->objects[i], *other = pk_snapshot_find(c->to, o->key);

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
	for (size_t i = 0; i < c->from->n; i++) {
		struct pk_object *o = c->from->objects[i];

		if (pk_info(o)->other)
			set_fate(o, judge(c, o, pk_info(o)->other));
	}
}

/* Kinds that refuse a change of type in a column they use. */
static bool blocks_type_change(const struct pk_object *user)
{
	const struct pk_kind *kind = user->kind;

	return kind == &pk_kind_view || kind == &pk_kind_matview || kind == &pk_kind_rule || kind == &pk_kind_policy ||
	       kind == &pk_kind_trigger || kind == &pk_kind_function;
}

static bool is_generated(const struct pk_object *column)
{
	return column->attr[5] != NULL;
}

static bool is_type(const struct pk_object *o)
{
	return o->kind->set_aside != NULL || o->kind == &pk_kind_range;
}

/* A column that uses what goes. Returns true when something was decided that was not before. */
static bool reach_column(struct pk_object *column, const struct pk_object *gone)
{
	struct pk_info *info = pk_info(column);

	if (is_generated(column)) {
		set_fate(column, PK_REMAKE);
		return true;
	}
	if (is_type(gone)) {
		if (info->retype)
			return false;
		info->retype = pk_info(info->other)->retype = true;
		return true;
	}
	if (info->redefault)
		return false;
	info->redefault = pk_info(info->other)->redefault = true;
	return true;
}

/* What the end of `o` means for a user of it that has a counterpart and stays so far. */
static bool reach(struct pk_object *user, const struct pk_object *o)
{
	enum pk_fate fate = pk_info(o)->fate, own = pk_info(user)->fate;

	if (own == PK_DROP_OLD || own == PK_REMAKE || own == PK_REPLACE_TYPE)
		return false;
	if (user->kind == &pk_kind_sequence || user->kind == &pk_kind_extension || user->kind == &pk_kind_schema ||
	    user->kind == &pk_kind_default_acl)
		return false;
	if (fate == PK_CHANGE_TYPE || (o->kind == &pk_kind_column && pk_info(o)->retype && fate != PK_DROP_OLD && fate != PK_REMAKE)) {
		if (!blocks_type_change(user) && !(user->kind == &pk_kind_column && is_generated(user)))
			return false;
		set_fate(user, PK_REMAKE);
		return true;
	}
	if (fate == PK_DROP_OLD && own != PK_KEEP)
		return false; /* it changes, and no longer uses what goes */
	if (fate == PK_DROP_OLD && (user->kind == &pk_kind_table || (user->kind == &pk_kind_column && is_type(o))))
		return false;
	if (fate != PK_DROP_OLD && fate != PK_REMAKE && fate != PK_REPLACE_TYPE)
		return false;
	if (user->kind == &pk_kind_column)
		return user->parent->kind == &pk_kind_table && reach_column(user, o);
	set_fate(user, is_type(user) && is_type(o) && user->kind->set_aside ? PK_REPLACE_TYPE : PK_REMAKE);
	return true;
}

/* Parts go with their whole, in both snapshots. */
static bool reach_children(struct pk_object *o)
{
	bool changed = false;

	for (size_t i = 0; i < o->n_children; i++) {
		struct pk_object *child = o->children[i];

		if (!pk_info(child)->other || pk_info(child)->fate == PK_REMAKE)
			continue;
		set_fate(child, PK_REMAKE);
		changed = true;
	}
	return changed;
}

/* A sequence that is dropped with the column that owns it comes back where the new state has it too. */
static bool reach_sequence(struct pk_changes *c, struct pk_object *sequence)
{
	const char *owner = pk_sequence_owner_column(sequence);
	struct pk_object *column;

	if (!owner || pk_info(sequence)->fate == PK_REMAKE || !pk_info(sequence)->other ||
	    !pk_streq(owner, pk_sequence_owner_column(pk_info(sequence)->other)))
		return false;
	column = pk_snapshot_find(c->from, pk_arena_printf(c->arena, "column %s", owner));
	if (!column || pk_info(column)->fate != PK_REMAKE)
		return false;
	set_fate(sequence, PK_REMAKE);
	return true;
}

static bool carry_on(struct pk_changes *c)
{
	bool changed = false;

	for (size_t i = 0; i < c->from->n; i++) {
		struct pk_object *o = c->from->objects[i];
		struct pk_info *info = pk_info(o);

		if (o->kind == &pk_kind_sequence)
			changed |= reach_sequence(c, o);
		if (info->fate == PK_KEEP && !info->retype)
			continue;
		if (info->fate == PK_CHANGE && !info->retype)
			continue;
		for (size_t j = 0; j < info->n_users; j++)
			changed |= reach(info->users[j], o);
		if (info->fate == PK_REMAKE)
			changed |= reach_children(o);
	}
	return changed;
}

/* An heir's default has to be out of the way before its parent's change of type reaches it. */
static void release_heirs(struct pk_changes *c)
{
	for (size_t i = 0; i < c->from->n; i++) {
		struct pk_object *o = c->from->objects[i];

		if (o->kind == &pk_kind_column && o->origin && pk_info(o)->fate == PK_CHANGE_TYPE &&
		    pk_info(o->origin)->fate == PK_CHANGE_TYPE && pk_column_default(o))
			pk_info(o)->redefault = pk_info(pk_info(o)->other)->redefault = true;
	}
}

/* An index or constraint that loses its parent because the partition is detached stays as it is. */
static void keep_detached(struct pk_changes *c)
{
	for (size_t i = 0; i < c->from->n; i++) {
		struct pk_object *o = c->from->objects[i];
		int attr = o->kind == &pk_kind_index ? 4 : o->kind == &pk_kind_constraint ? 5 : -1;
		struct pk_object *other = pk_info(o)->other;
		const char *parent;

		if (attr < 0 || !other || pk_info(o)->fate != PK_REMAKE || pk_stays_attached(o->parent))
			continue;
		parent = other->attr[attr];
		other->attr[attr] = o->attr[attr];
		set_fate(o, judge(c, o, other));
		other->attr[attr] = parent;
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
	keep_detached(c);
	release_heirs(c);
	while (carry_on(c))
		;
}

void pk_changes_release(struct pk_changes *c)
{
	for (size_t i = 0; i < c->n_infos; i++)
		free(c->infos[i].users);
	free(c->infos);
	c->infos = NULL;
	c->n_infos = 0;
}
