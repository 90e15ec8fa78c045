/*
 * What is withheld from an object's own owner, who runs plans and for whom the server calls functions and reads rows. It
 * is lent for the time of a plan that needs it, and taken once all else is done.
 */
#include "diff/differ.h"

/* What anything may need of a relation; of all else every privilege is needed by whatever uses it. */
static const char *const privileges[] = { "SELECT", "INSERT", "UPDATE", "REFERENCES", "TRIGGER" };
enum { OF_SELECT = 1 << 0, OF_INSERT = 1 << 1, OF_UPDATE = 1 << 2, OF_REFERENCES = 1 << 3, USED = 1 << 5 };

struct search {
	struct pk_differ *d;
	unsigned *needs; /* by the number of an object's info */
	struct pk_object **stack;
	size_t n, cap;
};

static unsigned *needs_of(const struct search *s, const struct pk_object *o)
{
	return &s->needs[pk_info(o) - s->d->changes.infos];
}

static unsigned bit_of(const char *privilege)
{
	for (size_t i = 0; i < PK_COUNT(privileges); i++)
		if (pk_streq(privilege, privileges[i]))
			return 1U << i;
	return 0;
}

static bool is_relation(const struct pk_object *o)
{
	return pk_streq(o->kind->grant_on, "TABLE");
}

static const char *owner_of(const struct pk_differ *d, const struct pk_object *o)
{
	const struct pk_object *owned = o->kind->owned || !o->parent ? o : o->parent;

	return owned->owner ? owned->owner : d->changes.from->database_owner;
}

/* The lines about what its owner, by itself, may not do, but could grant to others. */
static const char **withheld(struct pk_differ *d, const struct pk_object *o)
{
	const char *owner = owner_of(d, o), **lines;
	size_t n = 0;

	while (o->grants && o->grants[n])
		n++;
	lines = pk_arena_alloc(&d->arena, (n + 1) * sizeof(*lines));
	n = 0;
	for (const char **p = o->grants; p && *p && owner && !o->kind->part && !o->kind->grant_prefix_attr; p++) {
		const char *privilege = strrchr(*p, '\t') + 1;

		if (strcmp(*p, pk_arena_printf(&d->arena, "-%s\t-\t%s", owner, privilege)) == 0 &&
		    !pk_acl_has(o->grants, pk_arena_printf(&d->arena, "+%s\tg\t%s", owner, privilege)))
			lines[n++] = *p;
	}
	return lines;
}

static bool any_withheld(struct pk_differ *d)
{
	const struct pk_snapshot *const sides[] = { d->changes.from, d->changes.to };
	bool found = false;

	for (size_t k = 0; k < PK_COUNT(sides); k++)
		for (size_t i = 0; i < sides[k]->n && !found; i++)
			found = sides[k]->objects[i]->grants && *withheld(d, sides[k]->objects[i]);
	return found;
}

static void need(struct search *s, struct pk_object *o, unsigned what)
{
	unsigned *needs = needs_of(s, o);

	if ((*needs & what) == what)
		return;
	*needs |= what;
	if (s->n == s->cap) {
		s->cap = s->cap ? s->cap * 2 : 64;
		s->stack = pk_realloc_array(s->stack, s->cap, sizeof(struct pk_object *));
	}
	s->stack[s->n++] = o;
}

/* What it uses, and all that this uses. */
static void need_used(struct search *s, const struct pk_object *o, unsigned what)
{
	for (size_t i = 0; i < o->n_deps; i++)
		need(s, o->deps[i], what);
	if (o->parent)
		need(s, o->parent, what);
	while (s->n) {
		const struct pk_object *next = s->stack[--s->n];
		unsigned needs = *needs_of(s, next);

		for (size_t i = 0; i < next->n_deps; i++)
			need(s, next->deps[i], needs);
		if (next->parent)
			need(s, next->parent, needs);
	}
}

/* What it takes of relations to make it. */
static unsigned taken_by(const struct search *s, const struct pk_object *o)
{
	if (o->kind->references && o->kind->references(o))
		return USED | OF_REFERENCES | OF_SELECT;
	if (o->kind->part && pk_info(o)->create != PK_NO_NODE && pk_column_default_varies(o) &&
	    pk_changes_online(&s->d->changes, o->parent))
		return USED | OF_SELECT | OF_UPDATE;
	return USED | (o->kind->takes ? bit_of(o->kind->takes) : 0);
}

static bool has_node(const struct pk_object *o)
{
	const struct pk_info *info = pk_info(o);

	return info->create != PK_NO_NODE || info->alter != PK_NO_NODE || info->attach != PK_NO_NODE || info->release != PK_NO_NODE ||
	       info->rename != PK_NO_NODE;
}

/* Of the new side. The server calls what stands beside a column that changes, and makes anew what depends on it. */
static void need_for(struct search *s, const struct pk_object *o)
{
	const struct pk_info *info = pk_info(o);

	if (!has_node(o))
		return;
	for (size_t i = 0; o->kind->part && i < o->parent->n_children; i++)
		need(s, o->parent->children[i], USED);
	need_used(s, o, taken_by(s, o));
	for (size_t i = 0; (info->fate == PK_CHANGE_TYPE || info->retype) && i < info->n_users; i++)
		need_used(s, info->users[i], taken_by(s, info->users[i]));
	if (info->fill != PK_NO_NODE) {
		*needs_of(s, o) |= OF_INSERT;
		*needs_of(s, info->other) |= OF_SELECT;
	}
}

/* To drop it takes no more than that its name can be said. */
static void need_for_drop(struct search *s, const struct pk_object *o)
{
	if (!has_node(o) && pk_info(o)->drop == PK_NO_NODE)
		return;
	for (size_t i = 0; i < o->n_deps; i++)
		if (!o->deps[i]->schema)
			*needs_of(s, o->deps[i]) |= USED;
}

static void find_needs(struct search *s)
{
	const struct pk_changes *c = &s->d->changes;

	for (size_t i = 0; i < c->to->n; i++)
		need_for(s, c->to->objects[i]);
	for (size_t i = 0; i < c->from->n; i++)
		need_for_drop(s, c->from->objects[i]);
	for (size_t i = 0; i < c->from->n; i++) {
		const struct pk_object *o = c->from->objects[i], *other = pk_info(o)->other;

		if (other)
			*needs_of(s, o) = *needs_of(s, other) |= *needs_of(s, o);
	}
}

static bool is_needed(const struct search *s, const struct pk_object *o, const char *line)
{
	unsigned needs = *needs_of(s, o);

	return is_relation(o) ? needs & bit_of(strrchr(line, '\t') + 1) : needs;
}

/* Leaves in `lines` those that are needed. */
static const char **only_needed(const struct search *s, const struct pk_object *o, const char **lines)
{
	size_t n = 0;

	for (const char **p = lines; *p; p++)
		if (is_needed(s, o, *p))
			lines[n++] = *p;
	lines[n] = NULL;
	return lines;
}

/* What is taken in the end: all that comes to be withheld, if any of it is needed until then, and what was lent. */
static const char **to_withhold(const struct search *s, const struct pk_object *o)
{
	const struct pk_object *old = pk_comes(o) ? NULL : pk_info(o)->other;
	const char **lines = withheld(s->d, o), **before = old ? withheld(s->d, old) : NULL;
	bool any = false;
	size_t n = 0;

	for (const char **p = lines; *p; p++)
		any |= is_needed(s, o, *p);
	for (const char **p = lines; *p && any; p++)
		if (!old || !pk_acl_has(before, *p) || pk_acl_has(pk_info(old)->apart, *p))
			lines[n++] = *p;
	lines[n] = NULL;
	return lines;
}

static size_t add_node(struct pk_differ *d, enum pk_node_type type, struct pk_object *o)
{
	bool lend = type == PK_NODE_LEND;

	return *pk_info(o)->apart ? pk_graph_add(&d->graph, type, lend ? o : NULL, lend ? NULL : o) : PK_NO_NODE;
}

/* Who cannot use the schema cannot say what is in it. */
static void order_nodes(struct pk_differ *d)
{
	for (size_t i = 0; i < d->changes.n_infos; i++) {
		const struct pk_object *o = i < d->changes.from->n ? d->changes.from->objects[i] : d->changes.to->objects[i - d->changes.from->n];
		const struct pk_info *info = pk_info(o);

		pk_graph_edge(&d->graph, info->create, info->withhold);
		pk_graph_edge(&d->graph, info->alter, info->withhold);
		for (size_t k = 0; k < o->n_deps; k++) {
			pk_graph_edge(&d->graph, pk_info(o->deps[k])->lend, info->lend);
			pk_graph_edge(&d->graph, info->withhold, pk_info(o->deps[k])->withhold);
		}
	}
}

void pk_differ_lend_rights(struct pk_differ *d)
{
	struct search s = { .d = d };

	if (!any_withheld(d))
		return;
	s.needs = pk_alloc((d->changes.n_infos + 1) * sizeof(*s.needs));
	find_needs(&s);
	for (size_t i = 0; i < d->changes.from->n; i++) {
		struct pk_object *o = d->changes.from->objects[i];

		pk_info(o)->apart = only_needed(&s, o, withheld(d, o));
		pk_info(o)->lend = add_node(d, PK_NODE_LEND, o);
	}
	for (size_t i = 0; i < d->changes.to->n; i++) {
		struct pk_object *o = d->changes.to->objects[i];

		pk_info(o)->apart = to_withhold(&s, o);
		pk_info(o)->withhold = add_node(d, PK_NODE_WITHHOLD, o);
	}
	order_nodes(d);
	free(s.needs);
	free(s.stack);
}
