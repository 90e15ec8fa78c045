#include "unit.h"

#include "catalog/kind.h"
#include "cmd/coverage.h"

static struct pk_object object(const struct pk_kind *kind, const char *key, struct pk_object *parent)
{
	return (struct pk_object){ .kind = kind, .key = key, .parent = parent, .left_out = true };
}

static void strict_names_what_is_not_modelled(void **state)
{
	(void)state;
	struct pk_snapshot snapshot = PK_SNAPSHOT_INIT;
	PK_AUTO(pk_coverage) coverage = PK_COVERAGE_INIT;
	PK_AUTO(pk_err) err = PK_ERR_INIT;

	pk_coverage_add(&coverage, &snapshot);
	assert_int_equal(pk_coverage_strict(&coverage, &err), 0);
	pk_strv_push(&snapshot.unmodelled, "thing public.x");
	pk_strv_push(&snapshot.unmodelled, "thing public.y");
	pk_coverage_add(&coverage, &snapshot);
	pk_coverage_add(&coverage, &snapshot); /* the other side has them, too */
	assert_int_equal(pk_coverage_strict(&coverage, &err), -1);
	assert_int_equal(err.exit, PK_EXIT_NO);
	assert_string_equal(err.detail, "thing public.x\nthing public.y");
	pk_snapshot_release(&snapshot);
}

static void what_is_left_out_is_counted_by_kind_without_parts(void **state)
{
	(void)state;
	struct pk_object table = object(&pk_kind_table, "table public.a", NULL);
	struct pk_object column = object(&pk_kind_column, "column public.a.x", &table);
	struct pk_object index = object(&pk_kind_index, "index public.i", NULL);
	struct pk_object policy = object(&pk_kind_policy, "policy p ON public.b", NULL);
	struct pk_object other = object(&pk_kind_policy, "policy q ON public.b", NULL);
	struct pk_object *left_out[] = { &table, &column, &index, &policy, &other };
	const struct pk_snapshot snapshot = { .left_out = left_out, .n_left_out = PK_COUNT(left_out), .n_left_grants = 2 };
	PK_AUTO(pk_coverage) coverage = PK_COVERAGE_INIT;
	PK_AUTO(pk_buf) words = PK_BUF_INIT;

	pk_coverage_add(&coverage, &snapshot);
	pk_coverage_add(&coverage, &snapshot);
	pk_coverage_words(&coverage, &words);
	assert_string_equal(words.ptr, "1 table, 1 index, 2 policies, 2 privileges");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(strict_names_what_is_not_modelled),
		cmocka_unit_test(what_is_left_out_is_counted_by_kind_without_parts),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
