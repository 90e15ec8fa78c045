#include "catalog/circles.h"

#include "catalog/kind.h"

struct walk {
	const struct pk_circle_search *search;
	size_t *index, *low; /* by place; 0: not seen */
	struct pk_object **stack;
	size_t n_stack, next;
};

struct pk_object *pk_whole(const struct pk_object *o)
{
	return (struct pk_object *)(o->kind->part ? o->parent : o);
}

bool pk_by_tie(const struct pk_object *o, const struct pk_object *on)
{
	const struct pk_object *whole = pk_whole(on);

	if (o->kind->part && whole->kind->relation_name && !whole->kind->tied_to_column)
		return pk_object_tie(o) && !pk_column_has_type(o, whole); /* a row or another value, in its default */
	return pk_object_tie(o) &&
	       ((!whole->kind->type && !whole->kind->relation_name) || (o->kind->tie_uses && o->kind->tie_uses(o, whole)));
}

static size_t place_of(const struct walk *w, const struct pk_object *whole)
{
	return w->search->place(w->search->arg, whole);
}

static void visit(struct walk *w, struct pk_object *o);

static void follow(struct walk *w, size_t i, const struct pk_object *o, struct pk_object *on)
{
	struct pk_object *next = on ? pk_whole(on) : NULL;
	size_t j;

	if (!next || next == pk_whole(o) || !w->search->counts(w->search->arg, o, on))
		return;
	j = place_of(w, next);
	if (!w->index[j])
		visit(w, next);
	if (w->low[j] && w->low[j] < w->low[i])
		w->low[i] = w->low[j];
}

/* Takes a whole circle from the stack; what stands alone is none. */
static void close_circle(struct walk *w, const struct pk_object *first)
{
	size_t n = w->n_stack;

	do
		w->low[place_of(w, w->stack[--n])] = 0; /* done */
	while (w->stack[n] != first);
	if (w->n_stack - n > 1)
		w->search->found(w->search->arg, &w->stack[n], w->n_stack - n);
	w->n_stack = n;
}

static void visit(struct walk *w, struct pk_object *o)
{
	size_t i = place_of(w, o);

	w->index[i] = w->low[i] = ++w->next;
	w->stack[w->n_stack++] = o;
	follow(w, i, o, o->parent);
	for (size_t j = 0; j < o->n_deps; j++)
		follow(w, i, o, o->deps[j]);
	for (size_t j = 0; j < o->n_children; j++) {
		const struct pk_object *part = o->children[j];

		for (size_t k = 0; part->kind->part && k < part->n_deps; k++)
			follow(w, i, part, part->deps[k]);
	}
	if (w->low[i] == w->index[i])
		close_circle(w, o);
}

void pk_circles_search(const struct pk_snapshot *side, const struct pk_circle_search *search)
{
	PK_FREE size_t *index = pk_alloc((search->n + 1) * sizeof(*index));
	PK_FREE size_t *low = pk_alloc((search->n + 1) * sizeof(*low));
	PK_FREE struct pk_object **stack = pk_alloc((side->n + 1) * sizeof(*stack));
	struct walk w = { .search = search, .index = index, .low = low, .stack = stack };

	for (size_t i = 0; i < side->n; i++) {
		struct pk_object *o = side->objects[i];

		if (!o->kind->part && !index[place_of(&w, o)])
			visit(&w, o);
	}
}
