#include "diff/plan.h"

#include "base/buf.h"
#include "base/text.h"

void pk_plan_release(struct pk_plan *plan)
{
	free(plan->steps);
	pk_arena_release(&plan->arena);
	*plan = (struct pk_plan)PK_PLAN_INIT;
}

static void copy_text(struct pk_arena *arena, const char **text)
{
	if (*text)
		*text = pk_arena_strdup(arena, *text);
}

struct pk_step *pk_plan_add(struct pk_plan *plan, const struct pk_step *step)
{
	struct pk_step_lock *locks = pk_arena_alloc(&plan->arena, (step->n_locks + 1) * sizeof(*locks));
	struct pk_step *to;

	if (plan->n == plan->cap) {
		plan->cap = plan->cap ? plan->cap * 2 : 32;
		plan->steps = pk_realloc_array(plan->steps, plan->cap, sizeof(*plan->steps));
	}
	to = &plan->steps[plan->n++];
	*to = *step;
	const char **texts[] = { &to->kind, &to->object, &to->within_kind, &to->within, &to->name, &to->sql, &to->why,
				 &to->note, &to->lock, &to->relation, &to->lost.what,
				 &to->lost.schema, &to->lost.table, &to->lost.column, &to->lost.where, &to->pattern.up, &to->pattern.down };
	for (size_t i = 0; i < PK_COUNT(texts); i++)
		copy_text(&plan->arena, texts[i]);
	for (size_t i = 0; i < step->n_locks; i++) {
		locks[i] = step->locks[i];
		copy_text(&plan->arena, &locks[i].relation);
		copy_text(&plan->arena, &locks[i].mode);
	}
	to->locks = locks;
	return to;
}

static bool makes_routine(const struct pk_step *step)
{
	return (strcmp(step->kind, "function") == 0 || strcmp(step->kind, "aggregate") == 0) &&
	       step->change != PK_DROP_OBJECT;
}

/* Bodies of functions may name what comes later; the server checks them when they run. */
static void add_settings(const struct pk_plan *plan, size_t first, size_t n, struct pk_buf *ret)
{
	for (size_t i = first; i < first + n; i++) {
		if (makes_routine(&plan->steps[i])) {
			pk_buf_add(ret, "SET check_function_bodies = off;\n");
			return;
		}
	}
}

static void add_steps(const struct pk_plan *plan, size_t first, size_t n, struct pk_buf *ret)
{
	add_settings(plan, first, n, ret);
	for (size_t i = first; i < first + n; i++) {
		pk_buf_add(ret, plan->steps[i].sql);
		pk_buf_add(ret, ";\n");
	}
}

void pk_plan_sql(const struct pk_plan *plan, struct pk_buf *ret)
{
	add_steps(plan, 0, plan->n, ret);
}

static bool is_alone(const struct pk_step *step)
{
	return step->no_transaction || step->own_transaction;
}

struct pk_plan_part *pk_plan_parts(const struct pk_plan *plan, size_t *ret_n)
{
	struct pk_plan_part *parts = pk_realloc_array(NULL, plan->n + 1, sizeof(*parts));
	size_t n = 0;

	for (size_t i = 0; i < plan->n; i++) {
		const struct pk_step *step = &plan->steps[i];
		bool alone = is_alone(step);

		if (n == 0 || alone == parts[n - 1].transaction || (!alone && step->commit_before))
			parts[n++] = (struct pk_plan_part){ .first = i, .transaction = !alone };
		parts[n - 1].n++;
	}
	for (size_t i = 0; i < n; i++)
		parts[i].transaction |= parts[i].n == 1 && !plan->steps[parts[i].first].no_transaction;
	*ret_n = n;
	return parts;
}

void pk_plan_part_sql(const struct pk_plan *plan, const struct pk_plan_part *part, struct pk_buf *ret)
{
	add_steps(plan, part->first, part->n, ret);
}

void pk_plan_pattern(const struct pk_plan *plan, struct pk_buf *ret)
{
	PK_AUTO(pk_buf) down = PK_BUF_INIT;

	for (size_t i = 0; i < plan->n; i++) {
		const struct pk_step *up = &plan->steps[i], *back = &plan->steps[plan->n - 1 - i];

		if (up->pattern.up)
			pk_buf_addf(ret, "%s%s", ret->len ? "\n" : "-- migrate:up transaction:false\n", up->pattern.up);
		pk_buf_add(&down, back->pattern.down ? back->pattern.down : "");
	}
	if (ret->len)
		pk_buf_addf(ret, "\n-- migrate:down transaction:false\n%s", down.ptr);
}

static const char *const change_names[] = { "create", "alter", "replace", "drop", "rename" };

static void add_locks_json(cJSON *object, const struct pk_step *step)
{
	cJSON *array = pk_json_add_array(object, "locks");

	for (size_t i = 0; i < step->n_locks; i++) {
		cJSON *lock = pk_json_add_object(array, NULL);

		pk_json_set_str(lock, "relation", step->locks[i].relation);
		pk_json_set_str(lock, "mode", step->locks[i].mode);
		pk_json_set_num(lock, "rows", (double)step->locks[i].rows);
		pk_json_set_num(lock, "bytes", (double)step->locks[i].bytes);
	}
}

static void add_loss_json(cJSON *object, const struct pk_lost *lost)
{
	cJSON *item = pk_json_add_object(object, "lost");

	pk_json_set_str(item, "what", lost->what);
	pk_json_set_num(item, "rows", (double)lost->rows);
	pk_json_set_num(item, "bytes", (double)lost->bytes);
	pk_json_set_bool(item, "counted", lost->counted);
}

/* migration: the number, from 1, of the one that it becomes part of. */
static void add_step_json(cJSON *array, const struct pk_step *step, size_t migration)
{
	cJSON *object = pk_json_add_object(array, NULL);

	pk_json_set_str(object, "change", change_names[step->change]);
	pk_json_set_str(object, "kind", step->kind);
	pk_json_set_str(object, "object", step->object);
	pk_json_set_str(object, "sql", step->sql);
	pk_json_set_str(object, "within", step->within);
	pk_json_set_str(object, "why", step->why);
	pk_json_set_str(object, "note", step->note);
	pk_json_set_num(object, "migration", (double)migration);
	pk_json_set_bool(object, "no_transaction", step->no_transaction);
	pk_json_set_bool(object, "own_transaction", step->own_transaction);
	pk_json_set_bool(object, "commit_before", step->commit_before);
	pk_json_set_str(object, "lock", step->lock);
	add_locks_json(object, step);
	pk_json_set_str(object, "relation", step->relation);
	pk_json_set_bool(object, "rewrite", step->rewrite);
	pk_json_set_bool(object, "scan", step->scan);
	pk_json_set_num(object, "rows", (double)step->rows);
	pk_json_set_num(object, "bytes", (double)step->bytes);
	if (step->seconds > 0)
		pk_json_set_num(object, "seconds", step->seconds);
	pk_json_set_bool(object, "too_long", step->too_long);
	pk_json_set_bool(object, "destructive", step->destructive);
	pk_json_set_bool(object, "reversible", !step->destructive);
	if (step->destructive)
		add_loss_json(object, &step->lost);
}

void pk_lost_words(struct pk_buf *out, const struct pk_lost *lost)
{
	PK_FREE char *count = lost->rows > 0 ? pk_count((uint64_t)lost->rows) : NULL;
	PK_FREE char *size = lost->bytes > 0 ? pk_size((uint64_t)lost->bytes) : NULL;

	pk_buf_add(out, lost->what ? lost->what : "data");
	if (lost->rows == 0)
		pk_buf_add(out, ": none now");
	else if (count)
		pk_buf_addf(out, ": %s%s%s%s", lost->counted ? "" : "about ", count, size ? ", " : "", size ? size : "");
}

cJSON *pk_plan_to_json(const struct pk_plan *plan)
{
	cJSON *root = cJSON_CreateObject(), *steps;
	size_t n = 0;
	struct pk_plan_part *parts = pk_plan_parts(plan, &n);

	pk_json_set_str(root, "from", plan->from.hex);
	pk_json_set_str(root, "to", plan->to.hex);
	pk_json_set_num(root, "pg_major", plan->pg_major);
	steps = pk_json_add_array(root, "steps");
	for (size_t i = 0; i < n; i++) {
		for (size_t j = 0; j < parts[i].n; j++)
			add_step_json(steps, &plan->steps[parts[i].first + j], i + 1);
	}
	free(parts);
	return root;
}
