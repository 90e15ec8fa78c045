#include "unit.h"

#include "clone/method.h"

#define MB (1LL << 20)
#define GB (1LL << 30)

static bool pays(int64_t database, int64_t rows, int64_t cluster, double rate, double wait)
{
	const struct pk_method_figures figures = { database, rows, cluster, rate, wait };

	return pk_method_pays(&figures);
}

static void files_pay_where_there_is_much_to_build_anew(void **state)
{
	(void)state;
	assert_false(pays(0, 0, 0, 0, 0));
	assert_false(pays(199 * MB, 150 * MB, 220 * MB, 0, 0));
	assert_true(pays(200 * MB, 150 * MB, 224 * MB, 0, 0));
	assert_true(pays(600 * MB, 500 * MB, 624 * MB, 0, 0));
	/* ten times as much of others */
	assert_false(pays(600 * MB, 500 * MB, 6000 * MB, 0, 0));
}

static void files_do_not_pay_where_the_way_is_what_takes_long(void **state)
{
	(void)state;
	assert_true(pays(10 * GB, 5 * GB, 10 * GB, 1e9, 0));
	assert_false(pays(10 * GB, 5 * GB, 10 * GB, 50e6, 0));
	/* half of it are indexes, which are as quickly built as they come */
	assert_true(pays(10 * GB, 5 * GB, 10 * GB, 200e6, 0));
	assert_false(pays(10 * GB, 5 * GB, 10 * GB, 120e6, 0));
}

static void files_pay_when_there_is_time_for_a_checkpoint(void **state)
{
	(void)state;
	assert_false(pays(10 * GB, 8 * GB, 10 * GB, 0, 270));
	assert_true(pays(100 * GB, 80 * GB, 100 * GB, 0, 270));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(files_pay_where_there_is_much_to_build_anew),
		cmocka_unit_test(files_do_not_pay_where_the_way_is_what_takes_long),
		cmocka_unit_test(files_pay_when_there_is_time_for_a_checkpoint),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
