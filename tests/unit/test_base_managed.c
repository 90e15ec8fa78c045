#include "unit.h"

#include "base/managed.h"

static struct pk_managed managed_of(const char *ignore, const char *grantees)
{
	struct pk_managed managed = PK_MANAGED_INIT;
	PK_AUTO(pk_strv) i = PK_STRV_INIT;
	PK_AUTO(pk_strv) g = PK_STRV_INIT;

	pk_strv_split(&i, ignore, ' ');
	pk_strv_split(&g, grantees, ' ');
	pk_managed_add(&managed, &i, &g);
	return managed;
}

static void patterns_say_what_is_ignored(void **state)
{
	(void)state;
	static const struct {
		const char *patterns, *kind, *schema, *parent, *name;
		bool ignored;
	} cases[] = {
		{ "table:audit_*", "table", "public", NULL, "audit_log", true },
		{ "table:audit_*", "view", "public", NULL, "audit_log", false },
		{ "table:a*", "table", "app", NULL, "users", false },
		{ "audit_*", "view", "public", NULL, "audit_log", true },
		{ "*:audit_*", "view", "public", NULL, "audit_log", true },
		{ "table:legacy.*", "table", "legacy", NULL, "users", true },
		{ "table:legacy.*", "table", "public", NULL, "legacy", false },
		{ "table:legacy.* !table:legacy.users", "table", "legacy", NULL, "users", false },
		{ "!table:legacy.users table:legacy.*", "table", "legacy", NULL, "users", true },
		{ "column:tmp_*", "column", "public", "users", "tmp_x", true },
		{ "column:users.x", "column", "public", "users", "x", true },
		{ "column:public.users.x", "column", "public", "users", "x", true },
		{ "column:other.users.x", "column", "public", "users", "x", false },
		{ "schema:leg?cy", "schema", NULL, NULL, "legacy", true },
		{ "*:a:b", "table", "public", NULL, "a:b", true },
		{ "Weird:x", "table", "public", NULL, "Weird:x", true },
		{ "", "table", "public", NULL, "x", false },
	};
	for (size_t i = 0; i < PK_COUNT(cases); i++) {
		PK_AUTO(pk_managed) managed = managed_of(cases[i].patterns, "");

		assert_int_equal(pk_managed_ignores(&managed, cases[i].kind, cases[i].schema,
						    cases[i].parent, cases[i].name),
				 cases[i].ignored);
	}
	assert_false(pk_managed_ignores(NULL, "table", "public", NULL, "x"));
}

static void grantees_are_chosen_by_inclusion_or_by_exclusion(void **state)
{
	(void)state;
	static const struct {
		const char *patterns, *role;
		bool counts;
	} cases[] = {
		{ "", "anybody", true },	   { "app_*", "app_reader", true },
		{ "app_*", "rds_admin", false },   { "app_*", "PUBLIC", false },
		{ "app_* public", "PUBLIC", true }, { "!rds_*", "rds_admin", false },
		{ "!rds_*", "app_reader", true },  { "* !rds_*", "rds_admin", false },
		{ "!rds_* rds_app", "rds_app", true },
	};
	for (size_t i = 0; i < PK_COUNT(cases); i++) {
		PK_AUTO(pk_managed) managed = managed_of("", cases[i].patterns);

		assert_int_equal(pk_managed_grantee(&managed, cases[i].role), cases[i].counts);
	}
	assert_true(pk_managed_grantee(NULL, "anybody"));
}

static void an_empty_pattern_forgets_those_before(void **state)
{
	(void)state;
	PK_AUTO(pk_managed) managed = managed_of("table:x", "app");
	PK_AUTO(pk_strv) more = PK_STRV_INIT;
	PK_AUTO(pk_strv) none = PK_STRV_INIT;

	pk_strv_push(&more, "");
	pk_strv_push(&more, "table:y");
	pk_managed_add(&managed, &more, &none);
	assert_false(pk_managed_ignores(&managed, "table", "s", NULL, "x"));
	assert_true(pk_managed_ignores(&managed, "table", "s", NULL, "y"));
	assert_false(pk_managed_grantee(&managed, "other"));
}

static void the_kind_of_a_pattern_is_what_stands_before_the_colon(void **state)
{
	(void)state;
	PK_FREE char *table = pk_managed_kind("!table:a");
	PK_FREE char *any = pk_managed_kind("*:a");
	PK_FREE char *none = pk_managed_kind("a");

	assert_string_equal(table, "table");
	assert_null(any);
	assert_null(none);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(patterns_say_what_is_ignored),
		cmocka_unit_test(grantees_are_chosen_by_inclusion_or_by_exclusion),
		cmocka_unit_test(an_empty_pattern_forgets_those_before),
		cmocka_unit_test(the_kind_of_a_pattern_is_what_stands_before_the_colon),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
