#include "catalog/normalize.h"
#include "unit.h"

/* What the server prints first, and what it prints after reading that; the second is a fixpoint. */
static const char *const forms[][2] = {
	{ "((v)::text = ANY ((ARRAY['a'::character varying, 'b,]'::character varying])::text[]))",
	  "((v)::text = ANY (ARRAY[('a'::character varying)::text, ('b,]'::character varying)::text]))" },
	{ "(t = ANY ((ARRAY[c, 'x'::bpchar])::text[]))", "(t = ANY (ARRAY[(c)::text, ('x'::bpchar)::text]))" },
	{ "(n = ANY ((ARRAY[i, (s)::integer])::numeric(10,2)[]))",
	  "(n = ANY (ARRAY[(i)::numeric(10,2), ((s)::integer)::numeric(10,2)]))" },
	{ "((ARRAY[ARRAY['a'::s.\"T[]\", 'b'::s.\"T[]\"], ARRAY['c'::s.\"T[]\"]])::s.\"U 1\"[])",
	  "(ARRAY[ARRAY[('a'::s.\"T[]\")::s.\"U 1\", ('b'::s.\"T[]\")::s.\"U 1\"], ARRAY[('c'::s.\"T[]\")::s.\"U 1\"]])" },
	{ "(((i >= 1) AND (i <= 2)) AND (b > 3))", "((i >= 1) AND (i <= 2) AND (b > 3))" },
	{ "((((a = 1) OR (b = 2)) OR (c = 3)) OR d)", "((a = 1) OR (b = 2) OR (c = 3) OR d)" },
	{ "((((a < 1) OR (a > 2)) AND ((a < 2) OR (a > 1))) AND b)",
	  "(((a < 1) OR (a > 2)) AND ((a < 2) OR (a > 1)) AND b)" },
	{ "CHECK ((((i >= 1) AND (i <= 2)) AND\n b))", "CHECK (((i >= 1) AND (i <= 2) AND\n b))" },
	{ "( SELECT 'a'::text AS text, NULL::character varying(3) AS \"varchar\", '1'::s.\"E x\"[] AS \"E x\",\n '2'::date AS date)",
	  "( SELECT 'a'::text, NULL::character varying(3), '1'::s.\"E x\"[],\n '2'::date)" },
	{ "SELECT '1'::timestamp(3) without time zone AS \"timestamp\"", "SELECT '1'::timestamp(3) without time zone" },
	{ "SELECT x AS x,\n f.\"a\"\"b\" AS \"a\"\"b\", (x)[1] AS x, (x COLLATE \"C\") AS x;",
	  "SELECT x,\n f.\"a\"\"b\", (x)[1], (x COLLATE \"C\");" },
	{ "((x = ANY ((ARRAY[1, 2])::bigint[])) AND (((a AND b) AND c) OR d))",
	  "((x = ANY (ARRAY[(1)::bigint, (2)::bigint])) AND ((a AND b AND c) OR d))" },
};

/* What reads back as it is. */
static const char *const stable[] = {
	"((a AND b) OR c)",
	"(c AND (a AND b))",
	"((a AND b) AND c",
	"(NOT ((a AND b) = c))",
	"((a AND b) = (c AND d))",
	"(ARRAY[]::character varying[])::text[]",
	"('{a,b}'::character varying[])::text[]",
	"(ARRAY[1, 2])[1]",
	"'(((a) AND (b)) AND c)'::text",
	"\"(((a) AND (b)) AND c)\"",
	"CREATE FUNCTION f() AS $function$ (((a) AND (b)) AND c); (ARRAY['a'])::text[]$function$",
	"SELECT 'a'::text AS name, (a)::text AS text, 'x'::text AS text_too",
	"SELECT upper(x) AS x, (a)::character varying AS \"varying\", (a + x) AS x, x AS xy, b.x AS b",
	"XMLFOREST('a'::text AS text)",
	"JSON_VALUE(j, '$' PASSING x AS x)",
	"sum(x) OVER (ORDER BY y ROWS BETWEEN 1 PRECEDING AND 2 FOLLOWING)",
	"",
};

static void the_second_form_is_given(void **state)
{
	PK_AUTO(pk_arena) arena = PK_ARENA_INIT;

	(void)state;
	for (size_t i = 0; i < PK_COUNT(forms); i++) {
		assert_string_equal(pk_normalize(&arena, forms[i][0]), forms[i][1]);
		assert_string_equal(pk_normalize(&arena, forms[i][1]), forms[i][1]);
	}
}

static void what_is_stable_stays(void **state)
{
	PK_AUTO(pk_arena) arena = PK_ARENA_INIT;

	(void)state;
	assert_null(pk_normalize(&arena, NULL));
	for (size_t i = 0; i < PK_COUNT(stable); i++)
		assert_string_equal(pk_normalize(&arena, stable[i]), stable[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_second_form_is_given),
		cmocka_unit_test(what_is_stable_stays),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
