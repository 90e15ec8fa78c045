/* Privileges as the server lists them. */
#include "catalog/acl.h"
#include "unit.h"

static void lines_are(const char *acl, const char *acl_default, const char *const *wanted)
{
	PK_AUTO(pk_arena) arena = PK_ARENA_INIT;
	size_t left_out = 0, n = 0;
	const char **lines = pk_acl_parse(&arena, NULL, acl, acl_default, &left_out);

	for (; lines && lines[n] && wanted[n]; n++)
		assert_string_equal(lines[n], wanted[n]);
	assert_true(!wanted[n] && (!lines || !lines[n]));
}

static void what_goes_beyond_the_default_or_lacks(void **state)
{
	(void)state;
	lines_are("owner=arw/owner\n=r/owner\n\"a role\"=r*/owner", "owner=arwd/owner",
		  (const char *[]){ "+\"a role\"\tg\tSELECT", "+PUBLIC\t-\tSELECT", "-owner\t-\tDELETE", NULL });
}

static void owners_grant_themselves_options(void **state)
{
	(void)state;
	lines_are("owner=w*/owner\nother=w*/owner", NULL,
		  (const char *[]){ "+other\tg\tUPDATE", "+owner\tg\tUPDATE", NULL });
	lines_are("\"o/\"\"x\"=w*/\"o/\"\"x\"", NULL, (const char *[]){ "+\"o/\"\"x\"\tg\tUPDATE", NULL });
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_goes_beyond_the_default_or_lacks),
		cmocka_unit_test(owners_grant_themselves_options),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
