/* What of a side depends on one another in a circle, and where that comes apart. */
#include "diff/changes.h"

struct finding {
	struct pk_changes *c;
	size_t circles;
};

bool pk_in_circle(const struct pk_object *o, const struct pk_object *on)
{
	const struct pk_object *a = pk_whole(o), *b = pk_whole(on);

	return a != b && pk_info(a)->circle && pk_info(a)->circle == pk_info(b)->circle;
}

static size_t place(const void *arg, const struct pk_object *whole)
{
	const struct finding *f = arg;

	return (size_t)(pk_info(whole) - f->c->infos);
}

static bool all_counts(const void *arg, const struct pk_object *o, const struct pk_object *on)
{
	(void)arg, (void)o, (void)on;
	return true;
}

static void number(void *arg, struct pk_object *const *circle, size_t n)
{
	struct finding *f = arg;

	f->circles++;
	for (size_t i = 0; i < n; i++)
		pk_info(circle[i])->circle = f->circles;
}

static bool uncut_counts(const void *arg, const struct pk_object *o, const struct pk_object *on)
{
	(void)arg;
	return !pk_info(o)->cut || !pk_in_circle(o, on) || !pk_by_tie(o, on);
}

static void cut_routines(void *arg, struct pk_object *const *circle, size_t n)
{
	(void)arg;
	for (size_t i = 0; i < n; i++)
		pk_info(circle[i])->cut |= circle[i]->kind->routine && pk_object_tie(circle[i]);
}

/* Functions are cut only where a circle is left without. */
void pk_circles_find(struct pk_changes *c, const struct pk_snapshot *side)
{
	struct finding f = { .c = c };

	pk_circles_search(side, &(struct pk_circle_search){ c->n_infos, place, all_counts, number, &f });
	if (!f.circles)
		return;
	for (size_t i = 0; i < side->n; i++) {
		struct pk_object *o = side->objects[i];

		for (size_t j = 0; j < o->n_deps && !o->kind->routine; j++)
			pk_info(o)->cut |= pk_in_circle(o, o->deps[j]) && pk_by_tie(o, o->deps[j]);
	}
	pk_circles_search(side, &(struct pk_circle_search){ c->n_infos, place, uncut_counts, cut_routines, &f });
}
