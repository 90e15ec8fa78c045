#include "cmd/follow.h"

#include "catalog/kind.h"
#include "diff/plan.h"

/* Kinds whose statements leave rows as they are: only what reads them is another one. */
static bool is_beside_rows(const char *kind)
{
	static const char *const kinds[] = { "index",	 "trigger", "partition_trigger", "policy", "rule",
					     "statistics", "view",    "materialized_view", "function", "aggregate",
					     "sequence", "schema",  "default_privileges" };

	for (size_t i = 0; i < PK_COUNT(kinds); i++)
		if (strcmp(kinds[i], kind) == 0)
			return true;
	return false;
}

static bool is_part_of_a_table(const char *kind)
{
	static const char *const kinds[] = { "column", "constraint", "partition", "identity" };

	for (size_t i = 0; i < PK_COUNT(kinds); i++)
		if (strcmp(kinds[i], kind) == 0)
			return true;
	return false;
}

/* A type that is new has no values yet, and one more value changes none that are there. */
static bool is_safe_type(const struct pk_step *step)
{
	static const char *const kinds[] = { "enum", "domain", "type", "range" };

	for (size_t i = 0; i < PK_COUNT(kinds); i++)
		if (strcmp(kinds[i], step->kind) == 0)
			return step->change == PK_CREATE_OBJECT ||
			       (i == 0 && step->change == PK_ALTER_OBJECT && strstr(step->sql, " ADD VALUE "));
	return false;
}

static void judge(const struct pk_step *step, struct pk_follow *ret)
{
	if (strcmp(step->kind, "table") == 0) {
		pk_strv_push(&ret->touched, step->object);
	} else if (is_part_of_a_table(step->kind) && step->within) {
		pk_strv_push(&ret->touched, step->within);
	} else if (!is_beside_rows(step->kind) && !is_safe_type(step) && !ret->doubt) {
		ret->doubt = pk_printf("the schema has changed, and with it %s %s, of which rows may hang", step->kind,
				       step->object);
	}
}

/* What is the cluster's waits beside the copy until a clone is cut from it (clone/carry.h), so the copy lacks it. */
static void leave_out_shared(struct pk_managed *ret)
{
	for (size_t i = 0; pk_kinds[i]; i++)
		if (pk_kinds[i]->shared)
			pk_strv_pushf(&ret->ignore, "%s:*", pk_kinds[i]->name);
}

int pk_follow_by_diff(struct pk_conn *source, struct pk_conn *target, struct pk_follow *ret, struct pk_err *err)
{
	PK_AUTO(pk_snapshot) from = PK_SNAPSHOT_INIT, to = PK_SNAPSHOT_INIT;
	PK_AUTO(pk_managed) managed = PK_MANAGED_INIT;
	PK_AUTO(pk_plan) plan = PK_PLAN_INIT;
	PK_FREE char *role = NULL;
	struct pk_diff_options options = { 0 };

	if (pk_query_value(target, "SELECT pg_catalog.quote_ident(current_user)", 0, NULL, &role, err) < 0)
		return -1;
	options.role = role;
	leave_out_shared(&managed);
	if (pk_snapshot_read(target, &managed, &from, err) < 0 || pk_snapshot_read(source, &managed, &to, err) < 0)
		return -1;
	if (strcmp(from.fingerprint.hex, to.fingerprint.hex) == 0)
		return 0;
	pk_diff(&from, &to, &options, &plan);
	for (size_t i = 0; i < plan.n; i++)
		judge(&plan.steps[i], ret);
	if (plan.circle && !ret->doubt)
		ret->doubt = pk_printf("the schema has changed in a circle about %s", plan.circle);
	if (!plan.n && !ret->doubt)
		ret->doubt = pk_strdup("the schema has changed in what no statement says");
	pk_plan_sql(&plan, &ret->sql);
	return 0;
}
