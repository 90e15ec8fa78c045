#include "unit.h"

#include "catalog/kind.h"
#include "catalog/query.h"
#include "catalog_sql.h"

static void sent(const char *sql, int version, const char *wanted)
{
	PK_AUTO(pk_arena) arena = PK_ARENA_INIT;

	assert_string_equal(pk_catalog_query(&arena, sql, version), wanted);
}

static void a_line_is_sent_where_its_condition_holds(void **state)
{
	static const char sql[] = "SELECT a,\n"
				  "  b, -- pg>=16\n"
				  "  NULL AS b, -- pg<16\n"
				  "  c, -- pg>=15 pg<17\n"
				  "  d\n";

	(void)state;
	sent(sql, 140023, "SELECT a,\n  NULL AS b, -- pg<16\n  d\n");
	sent(sql, 150020, "SELECT a,\n  NULL AS b, -- pg<16\n  c, -- pg>=15 pg<17\n  d\n");
	sent(sql, 160000, "SELECT a,\n  b, -- pg>=16\n  c, -- pg>=15 pg<17\n  d\n");
	sent(sql, 180004, "SELECT a,\n  b, -- pg>=16\n  d\n");
}

static void other_comments_are_only_comments(void **state)
{
	(void)state;
	sent("a -- pg_attver is the server's\nb -- pg>=16 has it\nc -- pg>=\nd -- pg>16\ne -- pg", 150000,
	     "a -- pg_attver is the server's\nb -- pg>=16 has it\nc -- pg>=\nd -- pg>16\ne -- pg");
	sent("", 150000, "");
	sent("a -- pg<15", 150000, "");
}

/* A condition that is misspelt would be a comment, and its line sent to all. */
static void no_condition_is_misspelt(const char *sql)
{
	PK_AUTO(pk_arena) arena = PK_ARENA_INIT;
	const char *newest = pk_catalog_query(&arena, sql, 990000);
	const char *oldest = pk_catalog_query(&arena, newest, 10000);

	for (const char *p = oldest; (p = strstr(p, "-- pg")); p++)
		assert_true(p[5] == '_');
}

static void the_conditions_of_all_queries_are_well_formed(void **state)
{
	(void)state;
	no_condition_is_misspelt(pk_sql_alias);
	no_condition_is_misspelt(pk_sql_depend);
	no_condition_is_misspelt(pk_sql_unmodelled);
	for (int i = 0; pk_kinds[i]; i++)
		no_condition_is_misspelt(pk_kinds[i]->query);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_line_is_sent_where_its_condition_holds),
		cmocka_unit_test(other_comments_are_only_comments),
		cmocka_unit_test(the_conditions_of_all_queries_are_well_formed),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
