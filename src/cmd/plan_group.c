#include "cmd/plan_group.h"

#include "base/map.h"

void pk_plan_groups_release(struct pk_plan_groups *groups)
{
	for (size_t i = 0; i < groups->n; i++)
		free(groups->items[i].steps);
	free(groups->items);
	pk_arena_release(&groups->arena);
	*groups = (struct pk_plan_groups)PK_PLAN_GROUPS_INIT;
}

enum pk_change pk_change_of_both(enum pk_change a, enum pk_change b)
{
	if (a == b)
		return a;
	if (a == PK_REPLACE_OBJECT || b == PK_REPLACE_OBJECT || a == PK_DROP_OBJECT || b == PK_DROP_OBJECT)
		return PK_REPLACE_OBJECT;
	if (a == PK_CREATE_OBJECT || b == PK_CREATE_OBJECT)
		return PK_CREATE_OBJECT;
	return a == PK_RENAME_OBJECT ? b : a;
}

static struct pk_plan_group *add_group(struct pk_plan_groups *groups, const char *kind, const char *object)
{
	if (groups->n == groups->cap) {
		groups->cap = groups->cap ? groups->cap * 2 : 16;
		groups->items = pk_realloc_array(groups->items, groups->cap, sizeof(*groups->items));
	}
	struct pk_plan_group *group = &groups->items[groups->n++];
	*group = (struct pk_plan_group){
		.kind = kind, .object = object, .change = PK_ALTER_OBJECT, .why = "", .rows = -1, .bytes = -1,
	};
	return group;
}

static void add_step(struct pk_plan_group *group, const struct pk_step *step, size_t index, bool *ret_changed)
{
	if (group->n == group->cap) {
		group->cap = group->cap ? group->cap * 2 : 4;
		group->steps = pk_realloc_array(group->steps, group->cap, sizeof(*group->steps));
	}
	group->steps[group->n++] = index;
	for (size_t i = 0; i < step->n_locks; i++) {
		if (pk_streq(step->locks[i].relation, group->object) && step->locks[i].rows >= 0) {
			group->rows = step->locks[i].rows;
			group->bytes = step->locks[i].bytes;
		}
	}
	if (step->within)
		return;
	group->change = *ret_changed ? pk_change_of_both(group->change, step->change) : step->change;
	*ret_changed = true;
	if (*step->why)
		group->why = step->why;
}

void pk_plan_groups_find(const struct pk_plan *plan, struct pk_plan_groups *ret)
{
	struct pk_map known = PK_MAP_INIT; /* to the index of the group */
	bool *changed = pk_alloc((plan->n + 1) * sizeof(*changed));

	for (size_t i = 0; i < plan->n; i++) {
		const struct pk_step *step = &plan->steps[i];
		const char *kind = step->within ? step->within_kind : step->kind;
		const char *object = step->within ? step->within : step->object;
		const char *key = pk_arena_printf(&ret->arena, "%s %s", kind, object);
		size_t *at = pk_map_get(&known, key);

		if (!at) {
			at = pk_arena_alloc(&ret->arena, sizeof(*at));
			*at = ret->n;
			add_group(ret, kind, object);
			pk_map_set(&known, key, at);
		}
		add_step(&ret->items[*at], step, i, &changed[*at]);
	}
	free(changed);
	pk_map_release(&known);
}
