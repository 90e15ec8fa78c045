#include "sql/check_file.h"
#include "unit.h"

#include <string.h>

static void queries_have_places_and_expectations(void **state)
{
	PK_AUTO(pk_check_file) file = PK_CHECK_FILE_INIT;
	PK_AUTO(pk_err) err = PK_ERR_INIT;

	(void)state;
	assert_int_equal(pk_check_file_parse("-- what there is\nSELECT 1;\n"
					     "--postkit: expect removed 2, added 10 : why not\n"
					     "-- about it\n  WITH x AS (SELECT 2) SELECT * FROM x;\n"
					     "TABLE t; -- of it\n--  postkit:  expect  empty\nVALUES (';-- postkit:expect what')",
					     "c.sql", &file, &err),
			 0);
	assert_int_equal(file.n, 4);
	assert_string_equal(file.items[0].expected.text, "same");
	assert_int_equal(file.items[1].expected.what, PK_EXPECT_COUNTS);
	assert_int_equal(file.items[1].expected.added, 10);
	assert_int_equal(file.items[1].expected.removed, 2);
	assert_int_equal(file.items[1].line, 5);
	assert_int_equal(file.items[1].col, 3);
	assert_string_equal(file.items[2].sql, "TABLE t");
	assert_int_equal(file.items[2].expected.what, PK_EXPECT_SAME);
	assert_int_equal(file.items[3].expected.what, PK_EXPECT_EMPTY);
}

static void refuse(const char *sql, int line)
{
	PK_AUTO(pk_check_file) file = PK_CHECK_FILE_INIT;
	PK_AUTO(pk_err) err = PK_ERR_INIT;

	if (pk_check_file_parse(sql, "c.sql", &file, &err) == 0)
		fail_msg("taken: %s", sql);
	assert_string_equal(err.file, "c.sql");
	assert_int_equal(err.line, line);
}

static void what_cannot_be_read_is_refused_with_its_place(void **state)
{
	(void)state;
	refuse("SELECT 1;\nUPDATE t SET a = 1", 2);
	refuse("WITH x AS (DELETE FROM t RETURNING *) SELECT * FROM x", 1);
	refuse("SELECT 1 INTO t", 1);
	refuse("SELECT 1;\nCOMMIT", 2);
	refuse("-- postkit:expect\nSELECT 1", 1);
	refuse("-- postkit:expected same\nSELECT 1", 1);
	refuse("-- postkit:expect added -1\nSELECT 1", 1);
	refuse("-- postkit:expect added 1,\nSELECT 1", 1);
	refuse("-- postkit:expect removed 1, removed 1\nSELECT 1", 1);
	refuse("-- postkit:expect added 99999999999999999999\nSELECT 1", 1);
	refuse("-- postkit:allow drop-table: yes\nSELECT 1", 1);
	refuse("-- postkit:expect same\n-- postkit:expect same\nSELECT 1", 2);
	refuse("SELECT 1; -- postkit:expect same\nSELECT 2", 1);
	refuse("SELECT 1\n-- postkit:expect same\n+ 1", 2);
	refuse("SELECT 1;\n\n-- postkit:expect same", 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(queries_have_places_and_expectations),
		cmocka_unit_test(what_cannot_be_read_is_refused_with_its_place),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
