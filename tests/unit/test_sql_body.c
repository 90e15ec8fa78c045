#include "sql/body.h"
#include "unit.h"

#include <string.h>

static bool names(const struct pk_name *name, enum pk_named what, const char *schema, const char *wanted)
{
	for (; name; name = name->next) {
		if (name->what == what && strcmp(name->name, wanted) == 0 && pk_streq(name->schema, schema))
			return true;
	}
	return false;
}

static void sql_bodies_are_read(void **state)
{
	PK_AUTO(pk_arena) arena = PK_ARENA_INIT;
	const struct pk_name *found = pk_sql_body_names(
		&arena, "CREATE OR REPLACE FUNCTION public.f(a int)\n RETURNS int\n LANGUAGE sql\nAS $function$ "
			"INSERT INTO s.t SELECT g(a) FROM \"T 2\"; SELECT s.h() $function$");

	(void)state;
	assert_true(names(found, PK_NAMED_RELATION, "s", "t"));
	assert_true(names(found, PK_NAMED_RELATION, NULL, "T 2"));
	assert_true(names(found, PK_NAMED_ROUTINE, NULL, "g"));
	assert_true(names(found, PK_NAMED_ROUTINE, "s", "h"));
	assert_false(names(found, PK_NAMED_RELATION, NULL, "g"));
}

static void plpgsql_bodies_are_read(void **state)
{
	PK_AUTO(pk_arena) arena = PK_ARENA_INIT;
	const struct pk_name *found = pk_sql_body_names(
		&arena, "CREATE FUNCTION f(a int) RETURNS int LANGUAGE plpgsql AS $$ DECLARE x int; BEGIN "
			"x := g(a) + 1; IF h(x) THEN INSERT INTO s.t VALUES (1); END IF; PERFORM i(); "
			"FOR x IN SELECT * FROM looped LOOP NULL; END LOOP; RETURN (SELECT max(n) FROM last); END $$");

	(void)state;
	assert_true(names(found, PK_NAMED_ROUTINE, NULL, "g"));
	assert_true(names(found, PK_NAMED_ROUTINE, NULL, "h"));
	assert_true(names(found, PK_NAMED_ROUTINE, NULL, "i"));
	assert_true(names(found, PK_NAMED_RELATION, "s", "t"));
	assert_true(names(found, PK_NAMED_RELATION, NULL, "looped"));
	assert_true(names(found, PK_NAMED_RELATION, NULL, "last"));
}

static void what_is_not_understood_names_nothing(void **state)
{
	PK_AUTO(pk_arena) arena = PK_ARENA_INIT;
	static const char *const others[] = {
		"CREATE FUNCTION f() RETURNS int LANGUAGE c AS '$libdir/x', 'f'",
		"CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELEKT 1 FROM t'",
		"CREATE FUNCTION f() RETURNS int LANGUAGE plpgsql AS 'BEGIN RETRUN g(; END'",
		"SELECT 1",
		"not SQL",
	};

	(void)state;
	for (size_t i = 0; i < PK_COUNT(others); i++)
		assert_null(pk_sql_body_names(&arena, others[i]));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sql_bodies_are_read),
		cmocka_unit_test(plpgsql_bodies_are_read),
		cmocka_unit_test(what_is_not_understood_names_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
