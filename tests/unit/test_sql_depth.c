#include "unit.h"

#include "base/buf.h"
#include "sql/action.h"
#include "sql/depth.h"

/* before, n times what is repeated, n times what closes it. */
static bool is_deep(const char *before, const char *again, const char *behind, size_t n)
{
	PK_AUTO(pk_buf) sql = PK_BUF_INIT;

	pk_buf_add(&sql, before);
	for (size_t i = 0; i < n; i++)
		pk_buf_add(&sql, again);
	pk_buf_add(&sql, "1");
	for (size_t i = 0; i < n; i++)
		pk_buf_add(&sql, behind);
	return pk_sql_too_deep(sql.ptr) != NULL;
}

static void what_nests_is_bounded(void **state)
{
	static const struct {
		const char *before, *again, *behind;
	} deep[] = {
		{ "SELECT ", "(", ")" },
		{ "SELECT ", "f(a, ", ")" },
		{ "SELECT ", "(SELECT ", ")" },
		{ "SELECT ", "ARRAY[", "]" },
		{ "SELECT ", "CASE WHEN a.end AND b THEN ", " END" },
		{ "SELECT ", "1 + ", "" },
		{ "SELECT ", "- ", "" },
		{ "SELECT ", "NOT ", "" },
		{ "SELECT ", "1 OPERATOR(pg_catalog.+) ", "" },
		{ "SELECT 1", "", "::int" },
		{ "SELECT 'a'", "", " COLLATE \"C\"" },
		{ "", "SELECT 1 UNION ALL ", "" },
		{ "SELECT FROM a", "", " JOIN b ON a = b, c" },
	};

	(void)state;
	for (size_t i = 0; i < PK_COUNT(deep); i++) {
		assert_false(is_deep(deep[i].before, deep[i].again, deep[i].behind, 100));
		assert_true(is_deep(deep[i].before, deep[i].again, deep[i].behind, 5000));
	}
}

static void lists_are_as_long_as_they_like(void **state)
{
	(void)state;
	assert_false(is_deep("SELECT ", "a + 1, ", "", 100000));
	assert_false(is_deep("SELECT ", "a = 1 OR ", "", 100000));
	assert_false(is_deep("SELECT ", "NOT a AND ", "", 100000));
	assert_false(is_deep("", "SELECT (1 + 2);", "", 100000));
	assert_false(is_deep("INSERT INTO t VALUES ", "(1, f(2)), ", "", 100000));
	assert_false(is_deep("SELECT ", "CASE WHEN a THEN 1 END, ", "", 100000));
	assert_false(is_deep("SELECT ", "'((((', ", "", 100000));
}

static void what_is_too_deep_is_not_parsed(void **state)
{
	PK_AUTO(pk_buf) sql = PK_BUF_INIT;
	PK_AUTO(pk_statements) statements = PK_STATEMENTS_INIT;
	struct pk_actions actions = PK_ACTIONS_INIT;

	(void)state;
	pk_buf_add(&sql, "SELECT 1");
	for (int i = 0; i < 200000; i++)
		pk_buf_add(&sql, "+1");
	pk_buf_add(&sql, "; DROP TABLE t");
	assert_int_equal(pk_sql_split(sql.ptr, "a.sql", &statements, NULL), 0);
	pk_sql_actions(&statements, &actions);
	assert_int_equal(actions.n, 2);
	assert_int_equal(actions.items[0].verb, PK_UNPARSED);
	assert_int_equal(actions.items[1].verb, PK_DROP);
	pk_actions_release(&actions);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_nests_is_bounded),
		cmocka_unit_test(lists_are_as_long_as_they_like),
		cmocka_unit_test(what_is_too_deep_is_not_parsed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
