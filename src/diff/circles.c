/*
 * Objects of one side that depend on one another in a circle, so that none can be made first: strongly
 * connected components, by Tarjan's algorithm. Relations count with their columns as one.
 */
#include "diff/changes.h"

struct search {
	struct pk_changes *c;
	size_t *index, *low; /* by the place of an object's info; 0: not seen */
	struct pk_object **stack;
	size_t n_stack, next;
	size_t circles;
	bool again;          /* what was cut does not count any more */
};

struct pk_object *pk_whole(const struct pk_object *o)
{
	return (struct pk_object *)(o->kind->part ? o->parent : o);
}

bool pk_in_circle(const struct pk_object *o, const struct pk_object *on)
{
	const struct pk_object *a = pk_whole(o), *b = pk_whole(on);

	return a != b && pk_info(a)->circle && pk_info(a)->circle == pk_info(b)->circle;
}

bool pk_by_tie(const struct pk_object *o, const struct pk_object *on)
{
	const struct pk_object *whole = pk_whole(on);

	if (o->kind->part && whole->kind->relation_name && !whole->kind->tied_to_column)
		return pk_object_tie(o) && !pk_column_has_type(o, whole); /* a row or another value, in its default */
	return pk_object_tie(o) && !whole->kind->type && (!whole->kind->relation_name || (o->kind->tie_uses && o->kind->tie_uses(o, whole)));
}

static void visit(struct search *s, struct pk_object *o);

static void follow(struct search *s, size_t i, const struct pk_object *o, struct pk_object *on)
{
	struct pk_object *next = on ? pk_whole(on) : NULL;
	size_t j;

	if (!next || next == pk_whole(o))
		return;
	if (s->again && pk_info(o)->cut && pk_in_circle(o, on) && pk_by_tie(o, on))
		return;
	j = (size_t)(pk_info(next) - s->c->infos);
	if (!s->index[j])
		visit(s, next);
	if (s->low[j] && s->low[j] < s->low[i])
		s->low[i] = s->low[j];
}

/* Takes a whole circle from the stack; what stands alone is none. */
static void close_circle(struct search *s, struct pk_object *first)
{
	size_t n = s->n_stack, circle;

	while (s->stack[n - 1] != first)
		n--;
	circle = s->n_stack - n ? ++s->circles : 0;
	while (s->n_stack >= n) {
		struct pk_object *o = s->stack[--s->n_stack];

		s->low[pk_info(o) - s->c->infos] = 0; /* done */
		if (!s->again)
			pk_info(o)->circle = circle;
		else if (circle && o->kind->routine && pk_object_tie(o))
			pk_info(o)->cut = true;
	}
}

static void visit(struct search *s, struct pk_object *o)
{
	size_t i = (size_t)(pk_info(o) - s->c->infos);

	s->index[i] = s->low[i] = ++s->next;
	s->stack[s->n_stack++] = o;
	follow(s, i, o, o->parent);
	for (size_t j = 0; j < o->n_deps; j++)
		follow(s, i, o, o->deps[j]);
	for (size_t j = 0; j < o->n_children; j++) {
		const struct pk_object *part = o->children[j];

		for (size_t k = 0; part->kind->part && k < part->n_deps; k++)
			follow(s, i, part, part->deps[k]);
	}
	if (s->low[i] == s->index[i])
		close_circle(s, o);
}

/* Returns whether there are any. */
static bool search(struct pk_changes *c, const struct pk_snapshot *side, bool again)
{
	PK_FREE size_t *index = pk_alloc((c->n_infos + 1) * sizeof(*index));
	PK_FREE size_t *low = pk_alloc((c->n_infos + 1) * sizeof(*low));
	PK_FREE struct pk_object **stack = pk_alloc((side->n + 1) * sizeof(*stack));
	struct search s = { .c = c, .index = index, .low = low, .stack = stack, .again = again };

	for (size_t i = 0; i < side->n; i++) {
		struct pk_object *o = side->objects[i];

		if (!o->kind->part && !index[pk_info(o) - c->infos])
			visit(&s, o);
	}
	return s.circles > 0;
}

/* Functions are cut only where a circle is left without. */
void pk_circles_find(struct pk_changes *c, const struct pk_snapshot *side)
{
	if (!search(c, side, false))
		return;
	for (size_t i = 0; i < side->n; i++) {
		struct pk_object *o = side->objects[i];

		for (size_t j = 0; j < o->n_deps && !o->kind->routine; j++)
			pk_info(o)->cut |= pk_in_circle(o, o->deps[j]) && pk_by_tie(o, o->deps[j]);
	}
	search(c, side, true);
}
