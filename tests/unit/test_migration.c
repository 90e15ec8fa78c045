#include "unit.h"

#include "sql/migration.h"

#define FROM "0123456789abcdef0123456789abcdef01234567"
#define TO   "89abcdef0123456789abcdef0123456789abcdef"
#define NAME "db/migrations/20260131120000_add_name.sql"

static int parse(const char *name, const char *text, struct pk_migration *m, struct pk_err *err)
{
	return pk_migration_parse(name, text, strlen(text), "abc", m, err);
}

static void good(const char *text, struct pk_migration *m)
{
	struct pk_err err = PK_ERR_INIT;
	if (parse(NAME, text, m, &err) < 0) {
		fprintf(stderr, "%s\n", err.msg);
		fail();
	}
}

static void bad(const char *text, int line)
{
	PK_AUTO(pk_migration) m = PK_MIGRATION_INIT;
	struct pk_err err = PK_ERR_INIT;

	assert_int_equal(parse(NAME, text, &m, &err), -1);
	assert_string_equal(err.file, NAME);
	assert_int_equal(err.line, line);
	assert_null(m.up);
	pk_err_release(&err);
}

static void all_fields_are_read_and_written_back(void **state)
{
	(void)state;
	static const char text[] =
		"-- postkit: from " FROM " to " TO " (pg15)\n-- migrate:up\nSELECT 1;\n"
		"-- migrate:down transaction:false\nSELECT 2;\n";
	PK_AUTO(pk_migration) m = PK_MIGRATION_INIT;
	PK_AUTO(pk_buf) out = PK_BUF_INIT;

	good(text, &m);
	assert_string_equal(m.file, "20260131120000_add_name.sql");
	assert_string_equal(m.version, "20260131120000");
	assert_string_equal(m.name, "add_name");
	assert_string_equal(m.from, FROM);
	assert_string_equal(m.to, TO);
	assert_int_equal(m.pg_major, 15);
	assert_string_equal(m.up, "SELECT 1;\n");
	assert_string_equal(m.down, "SELECT 2;\n");
	assert_true(m.up_transaction);
	assert_false(m.down_transaction);
	assert_int_equal(m.up_line, 3);
	assert_int_equal(m.down_line, 5);
	assert_string_equal(m.checksum, "abc");
	pk_migration_write(&m, &out);
	assert_string_equal(out.ptr, text);
}

static void files_of_dbmate_pass(void **state)
{
	(void)state;
	PK_AUTO(pk_migration) m = PK_MIGRATION_INIT;

	good("-- migrate:up\nSELECT 1\n\n-- migrate:down\n-- nothing\n", &m);
	assert_null(m.from);
	assert_null(m.down);
	assert_int_equal(m.pg_major, 0);
}

static void crlf_and_byte_order_mark_do_no_harm(void **state)
{
	(void)state;
	PK_AUTO(pk_migration) m = PK_MIGRATION_INIT;

	good("\xef\xbb\xbf-- postkit: from " FROM " to " TO
	     "\r\n\r\n--migrate:up  transaction:false \r\nSELECT 1;\r\n"
	     "-- migrate:down\r\nSELECT 2;\r\n",
	     &m);
	assert_string_equal(m.to, TO);
	assert_false(m.up_transaction);
	assert_int_equal(m.up_line, 4);
	assert_string_equal(m.up, "SELECT 1;\r\n");
}

static void directives_in_strings_are_refused_not_followed(void **state)
{
	(void)state;
	bad("-- migrate:up\nSELECT '\n-- migrate:down\n';\n", 3);
	bad("-- migrate:up\nSELECT 1; /*\n-- migrate:down\n*/\n", 3);
	bad("-- migrate:up\nSELECT $$\n-- migrate:up\n$$;\n-- migrate:down\n", 3);
	PK_AUTO(pk_migration) m = PK_MIGRATION_INIT;
	good("-- migrate:up\nSELECT '\n  -- migrate:down\n';\n", &m);
	assert_null(m.down);
}

static void sections_in_disorder_are_errors_with_their_line(void **state)
{
	(void)state;
	bad("", 1);
	bad("-- just words\n", 1);
	bad("SELECT 1;\n-- migrate:up\n", 1);
	bad("-- migrate:down\nSELECT 1;\n-- migrate:up\n", 1);
	bad("-- migrate:up\n-- migrate:up\n", 2);
	bad("-- migrate:up\n-- migrate:down\n-- migrate:down\n", 3);
	bad("-- migrate:up\n-- migrate:upp\n", 2);
	bad("-- migrate:up transaction:maybe\n", 1);
	bad("-- migrate:up env:HOME\n", 1);
}

static void headers_are_checked(void **state)
{
	(void)state;
	bad("-- postkit: from abc to " TO "\n-- migrate:up\n", 1);
	bad("-- postkit: from " FROM "\n-- migrate:up\n", 1);
	bad("-- postkit: from " FROM " to " TO " pg15\n-- migrate:up\n", 1);
	bad("-- postkit: from " FROM " to " TO "\n-- postkit: from " TO " to " FROM
	    "\n-- migrate:up\n",
	    2);
	bad("-- migrate:up\n-- postkit: from " FROM " to " TO "\n", 2);
}

static void the_reason_of_an_irreversible_one_is_kept(void **state)
{
	PK_AUTO(pk_migration) m = PK_MIGRATION_INIT;
	PK_AUTO(pk_buf) text = PK_BUF_INIT;

	(void)state;
	good("--postkit: irreversible:  the table: empty for years \r\n-- migrate:up\nDROP TABLE t;\n", &m);
	assert_string_equal(m.irreversible, "the table: empty for years");
	pk_migration_write(&m, &text);
	assert_string_equal(text.ptr, "-- postkit:irreversible: the table: empty for years\n-- migrate:up\nDROP TABLE t;\n"
				      "-- migrate:down\n");
	bad("-- postkit:irreversible\n-- migrate:up\nSELECT 1;\n", 1);
	bad("-- postkit:irreversible: \n-- migrate:up\nSELECT 1;\n", 1);
	bad("-- postkit:irreversible: a\n-- postkit:irreversible: b\n-- migrate:up\nSELECT 1;\n", 2);
	bad("-- migrate:up\n-- postkit:irreversible: a\nSELECT 1;\n", 2);
}

static void the_remote_that_one_was_found_on_is_kept(void **state)
{
	PK_AUTO(pk_migration) m = PK_MIGRATION_INIT;
	PK_AUTO(pk_buf) text = PK_BUF_INIT;

	(void)state;
	good("-- postkit:adopted: prod\n-- migrate:up\nSELECT 1;\n", &m);
	assert_string_equal(m.adopted, "prod");
	pk_migration_write(&m, &text);
	assert_string_equal(text.ptr, "-- postkit:adopted: prod\n-- migrate:up\nSELECT 1;\n-- migrate:down\n");
	bad("-- postkit:adopted: \x1b[2J\n-- migrate:up\nSELECT 1;\n", 1);
	bad("-- postkit:adopted: a\n-- postkit:adopted: b\n-- migrate:up\nSELECT 1;\n", 2);
	bad("-- migrate:up\n-- postkit:adopted: a\nSELECT 1;\n", 2);
}

static void another_header_leaves_the_rest_byte_by_byte(void **state)
{
	static const char a[] = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", b[] = "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb";
	static const char *const texts[][2] = {
		{ "\xef\xbb\xbf-- x\r\n--postkit:  from cccccccccccccccccccccccccccccccccccccccc to dddddddddddddddddddddddddddddddddddddddd\r\n\r\n-- migrate:up\r\n\r\nSELECT 1",
		  "\xef\xbb\xbf-- x\r\n-- postkit: from aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa to bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb (pg16)\r\n\r\n-- migrate:up\r\n\r\nSELECT 1" },
		{ "-- migrate:up\n-- postkit: from here on\nSELECT 1;", "-- migrate:up\n-- postkit: from here on\nSELECT 1;" },
	};
	const struct pk_migration m = { .from = (char *)a, .to = (char *)b, .pg_major = 16 };

	(void)state;
	for (size_t i = 0; i < PK_COUNT(texts); i++) {
		PK_AUTO(pk_buf) text = PK_BUF_INIT;

		pk_migration_with_header(&m, texts[i][0], strlen(texts[i][0]), &text);
		assert_string_equal(text.ptr, texts[i][1]);
	}
}

static void bytes_that_no_server_takes_are_errors(void **state)
{
	(void)state;
	PK_AUTO(pk_migration) m = PK_MIGRATION_INIT;
	struct pk_err err = PK_ERR_INIT;

	assert_int_equal(pk_migration_parse(NAME, "-- migrate:up\n\0x", 16, NULL, &m, &err), -1);
	assert_int_equal(pk_migration_parse(NAME, "-- migrate:up\n\xff", 15, NULL, &m, &err), -1);
	pk_err_release(&err);
}

static void names_are_checked(void **state)
{
	(void)state;
	static const char *const fine[] = { "20260131120000_a.sql", "001_first-one.sql",
					    "1_A_b-9.sql" };
	static const char *const wrong[] = { "a.sql",	"20260131120000.sql", "20260131120000_.sql",
					     "1_a.SQL", "1_a b.sql",	      "1_a.sql.bak",
					     "_a.sql",	"1_\xc3\xa9.sql",     "" };
	PK_AUTO(pk_migration) m = PK_MIGRATION_INIT;
	struct pk_err err = PK_ERR_INIT;

	for (size_t i = 0; i < PK_COUNT(fine); i++)
		assert_true(pk_migration_valid_file(fine[i]));
	for (size_t i = 0; i < PK_COUNT(wrong); i++)
		assert_false(pk_migration_valid_file(wrong[i]));
	assert_int_equal(parse("x/readme.sql", "-- migrate:up\n", &m, &err), -1);
	pk_err_release(&err);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_fields_are_read_and_written_back),
		cmocka_unit_test(files_of_dbmate_pass),
		cmocka_unit_test(crlf_and_byte_order_mark_do_no_harm),
		cmocka_unit_test(directives_in_strings_are_refused_not_followed),
		cmocka_unit_test(sections_in_disorder_are_errors_with_their_line),
		cmocka_unit_test(headers_are_checked),
		cmocka_unit_test(the_reason_of_an_irreversible_one_is_kept),
		cmocka_unit_test(the_remote_that_one_was_found_on_is_kept),
		cmocka_unit_test(another_header_leaves_the_rest_byte_by_byte),
		cmocka_unit_test(bytes_that_no_server_takes_are_errors),
		cmocka_unit_test(names_are_checked),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
