#include "unit.h"

#include "base/clock.h"
#include "base/err.h"
#include <errno.h>

static void errors_wrap_and_keep_what_was_there(void **state)
{
	(void)state;
	PK_AUTO(pk_err) err = PK_ERR_INIT;
	assert_int_equal(pk_err_set(&err, "no such table '%s'", "t"), -1);
	pk_err_at(&err, "db/a.sql", 3, 7);
	pk_err_hint(&err, "create it");
	pk_err_exit(&err, PK_EXIT_NO);
	pk_err_wrap(&err, "loading '%s'", "a.sql");
	assert_string_equal(err.msg, "loading 'a.sql': no such table 't'");
	assert_string_equal(err.file, "db/a.sql");
	assert_string_equal(err.hint, "create it");
	assert_int_equal(err.exit, PK_EXIT_NO);
	assert_int_equal(err.line, 3);
}

static void set_replaces_and_may_quote_the_old_error(void **state)
{
	(void)state;
	PK_AUTO(pk_err) err = PK_ERR_INIT;
	pk_err_set(&err, "first");
	pk_err_hint(&err, "a hint");
	pk_err_set(&err, "second after %s", err.msg);
	assert_string_equal(err.msg, "second after first");
	assert_null(err.hint);
	assert_int_equal(err.exit, PK_EXIT_FATAL);
}

static void errno_is_named(void **state)
{
	(void)state;
	PK_AUTO(pk_err) err = PK_ERR_INIT;
	errno = ENOENT;
	pk_err_errno(&err, "could not open '%s'", "x");
	assert_string_equal(err.msg, "could not open 'x': No such file or directory");
}

static void nobody_has_to_want_an_error(void **state)
{
	(void)state;
	assert_int_equal(pk_err_set(NULL, "x"), -1);
	assert_int_equal(pk_err_wrap(NULL, "x"), -1);
	assert_int_equal(pk_err_hint(NULL, "x"), -1);
	assert_int_equal(pk_err_at(NULL, "x", 1, 1), -1);
	struct pk_err from = PK_ERR_INIT;
	pk_err_set(&from, "x");
	pk_err_move(NULL, &from);
	assert_null(from.msg);
}

static void moving_leaves_nothing_behind(void **state)
{
	(void)state;
	PK_AUTO(pk_err) to = PK_ERR_INIT;
	PK_AUTO(pk_err) from = PK_ERR_INIT;
	pk_err_set(&to, "old");
	pk_err_set(&from, "new");
	pk_err_move(&to, &from);
	assert_string_equal(to.msg, "new");
	assert_null(from.msg);
	assert_int_equal(from.exit, 0);
}

static void time_is_written_in_utc(void **state)
{
	(void)state;
	PK_FREE char *compact = pk_time_compact(1767225600);
	PK_FREE char *iso = pk_time_iso(1767225600);
	assert_string_equal(compact, "20260101000000");
	assert_string_equal(iso, "2026-01-01T00:00:00Z");
}

static void time_can_be_held(void **state)
{
	(void)state;
	setenv("POSTKIT_TEST_NOW", "1000000", 1);
	assert_int_equal(pk_time(), 1000000);
	static const struct {
		long age;
		const char *text;
	} cases[] = {
		{ 0, "just now" },	 { 1, "1 second ago" },	      { 59, "59 seconds ago" },
		{ 60, "1 minute ago" },	 { 3 * 3600, "3 hours ago" }, { 86400 * 8, "1 week ago" },
		{ -5, "in the future" },
	};
	for (size_t i = 0; i < PK_COUNT(cases); i++) {
		PK_FREE char *text = pk_time_ago(1000000 - cases[i].age);
		assert_string_equal(text, cases[i].text);
	}
	unsetenv("POSTKIT_TEST_NOW");
}

static void durations_read_well(void **state)
{
	(void)state;
	static const struct {
		double seconds;
		const char *text;
	} cases[] = {
		{ 0.0004, "0.4 ms" },  { 0.00999, "10 ms" },  { 0.012, "12 ms" },
		{ 0.9996, "1.0 s" },   { 3.2, "3.2 s" },      { 59.97, "1 min 0 s" },
		{ 250, "4 min 10 s" }, { 7260, "2 h 1 min" },
	};
	for (size_t i = 0; i < PK_COUNT(cases); i++) {
		PK_FREE char *text = pk_duration(cases[i].seconds);
		assert_string_equal(text, cases[i].text);
	}
}

static void random_hex_has_its_length(void **state)
{
	(void)state;
	PK_FREE char *a = pk_random_hex(16);
	PK_FREE char *b = pk_random_hex(16);
	assert_int_equal(strlen(a), 32);
	assert_int_equal(strspn(a, "0123456789abcdef"), 32);
	assert_string_not_equal(a, b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(errors_wrap_and_keep_what_was_there),
		cmocka_unit_test(set_replaces_and_may_quote_the_old_error),
		cmocka_unit_test(errno_is_named),
		cmocka_unit_test(nobody_has_to_want_an_error),
		cmocka_unit_test(moving_leaves_nothing_behind),
		cmocka_unit_test(time_is_written_in_utc),
		cmocka_unit_test(time_can_be_held),
		cmocka_unit_test(durations_read_well),
		cmocka_unit_test(random_hex_has_its_length),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
