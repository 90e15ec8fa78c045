#include "unit.h"

#include "pg/conn.h"

static void quotes_identifiers_as_the_server_does(void **state)
{
	static const char *const cases[][2] = {
		{ "plain", "plain" },
		{ "_a1", "_a1" },
		{ "1a", "\"1a\"" },
		{ "", "\"\"" },
		{ "Upper", "\"Upper\"" },
		{ "a$b", "\"a$b\"" },
		{ "a b", "\"a b\"" },
		{ "user", "\"user\"" },
		{ "select", "\"select\"" },
		{ "all", "\"all\"" },
		{ "xmltable", "\"xmltable\"" },
		{ "between", "\"between\"" },
		{ "left", "\"left\"" },
		{ "json_table", "\"json_table\"" },
		{ "name", "name" },
		{ "text", "text" },
		{ "public", "public" },
		{ "alter", "alter" },
		{ "a\"b", "\"a\"\"b\"" },
		{ "\xc3\xa9", "\"\xc3\xa9\"" },
		{ "a.b", "\"a.b\"" },
	};
	(void)state;

	for (size_t i = 0; i < PK_COUNT(cases); i++) {
		PK_AUTO(pk_buf) buf = PK_BUF_INIT;
		pk_buf_add_ident(&buf, cases[i][0]);
		assert_string_equal(buf.ptr, cases[i][1]);
	}
}

static void qualifies(void **state)
{
	PK_AUTO(pk_buf) buf = PK_BUF_INIT;
	(void)state;

	pk_buf_add_qualified(&buf, "my schema", "table");
	pk_buf_addc(&buf, ' ');
	pk_buf_add_qualified(&buf, NULL, "t");
	assert_string_equal(buf.ptr, "\"my schema\".\"table\" t");
}

static void quotes_literals(void **state)
{
	PK_AUTO(pk_buf) buf = PK_BUF_INIT;
	(void)state;

	pk_buf_add_literal(&buf, "it's");
	pk_buf_addc(&buf, ' ');
	pk_buf_add_literal(&buf, "a\\'b");
	pk_buf_addc(&buf, ' ');
	pk_buf_add_literal(&buf, NULL);
	pk_buf_addc(&buf, ' ');
	pk_buf_add_literal(&buf, "");
	assert_string_equal(buf.ptr, "'it''s' E'a\\\\''b' NULL ''");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(quotes_identifiers_as_the_server_does),
		cmocka_unit_test(qualifies),
		cmocka_unit_test(quotes_literals),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
