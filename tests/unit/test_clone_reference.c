#include "unit.h"

#include "clone/sample_reference.h"

/* "from,... > schema|table|to,... ? when", or "error". Caller frees. */
static char *said(const char *text)
{
	PK_AUTO(pk_reference) r = PK_REFERENCE_INIT;
	PK_AUTO(pk_err) err = PK_ERR_INIT;

	if (pk_reference_parse(text, &r, &err) < 0) {
		assert_int_equal(err.exit, PK_EXIT_USAGE);
		return pk_strdup("error");
	}
	PK_FREE char *from = pk_strv_join(&r.from, ","), *to = pk_strv_join(&r.to, ",");
	return pk_printf("%s > %s|%s|%s ?%s", from, r.schema, r.table, to, r.when ? r.when : "");
}

static void references_are_read_as_sql_has_names(void **state)
{
	(void)state;
	static const char *const cases[][2] = {
		{ "a -> s.t(id)", "a > s|t|id ?" },
		{ "  Subject_ID->Public.Posts ( ID )  when subject_type = 'Post'", "subject_id > public|posts|id ? subject_type = 'Post'" },
		{ "(a, b) -> s.t(c, d)", "a,b > s|t|c,d ?" },
		{ "a, b -> s.t(c, d) WHEN(a > 1)", "a,b > s|t|c,d ?(a > 1)" },
		{ "\"A \"\"q\"\" -> x\" -> \"S.x\".\"T(1)\"(\"when\")", "A \"q\" -> x > S.x|T(1)|when ?" },
		{ "\xc3\xa9t\xc3\xa9 -> s.t(x)", "\xc3\xa9t\xc3\xa9 > s|t|x ?" },
		{ "a -> t(id)", "error" },
		{ "a -> s.t", "error" },
		{ "a, b -> s.t(id)", "error" },
		{ "(a -> s.t(id)", "error" },
		{ "a -> s.t(id) whenever", "error" },
		{ "a = s.t(id)", "error" },
		{ "\"\" -> s.t(id)", "error" },
		{ "\"a -> s.t(id)", "error" },
		{ "", "error" },
	};

	for (size_t i = 0; i < PK_COUNT(cases); i++) {
		PK_FREE char *text = said(cases[i][0]);

		assert_string_equal(text, cases[i][1]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(references_are_read_as_sql_has_names),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
