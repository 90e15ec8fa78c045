#include "unit.h"

#include "base/print.h"
#include "base/term.h"
#include "base/text.h"

static void slugs_are_plain(void **state)
{
	(void)state;
	static const struct {
		const char *from, *to;
	} cases[] = {
		{ "Add users.name!", "add_users_name" },
		{ "", "" },
		{ "!!!", "" },
		{ "  a  b ", "a_b" },
		{ "na\xc3\xafve", "na_ve" },
		{ "../../etc", "etc" },
	};
	for (size_t i = 0; i < PK_COUNT(cases); i++) {
		PK_FREE char *slug = pk_slug(cases[i].from);
		assert_string_equal(slug, cases[i].to);
	}
	for (size_t n = 50; n < 70; n++) {
		PK_FREE char *from = pk_printf("%0*d and more words", (int)n, 0);
		PK_FREE char *slug = pk_slug(from);
		assert_true(strlen(slug) <= 60);
		assert_int_not_equal(slug[strlen(slug) - 1], '_');
	}
}

static void path_names_are_safe_and_distinct(void **state)
{
	(void)state;
	PK_AUTO(pk_buf) buf = PK_BUF_INIT;
	pk_buf_add_path_name(&buf, "..");
	assert_string_equal(buf.ptr, "%2E.");
	pk_buf_clear(&buf);
	pk_buf_add_path_name(&buf, "a/b%c d\xc3\xa9.x$-_");
	assert_string_equal(buf.ptr, "a%2Fb%25c%20d%C3%A9.x$-_");

	for (int n = 150; n < 260; n++) {
		PK_FREE char *a = pk_printf("%0*d a", n, 0);
		PK_FREE char *b = pk_printf("%0*d b", n, 0);
		PK_AUTO(pk_buf) path_a = PK_BUF_INIT;
		PK_AUTO(pk_buf) path_b = PK_BUF_INIT;
		pk_buf_add_path_name(&path_a, a);
		pk_buf_add_path_name(&path_b, b);
		assert_true(path_a.len <= 200);
		assert_string_not_equal(path_a.ptr, path_b.ptr);
	}
	PK_AUTO(pk_buf) slashes = PK_BUF_INIT;
	PK_AUTO(pk_buf) path = PK_BUF_INIT;
	for (int i = 0; i < 100; i++)
		pk_buf_addc(&slashes, '/');
	pk_buf_add_path_name(&path, slashes.ptr);
	const char *cut = strchr(path.ptr, '~');
	assert_non_null(cut);
	assert_int_equal((cut - path.ptr) % 3, 0);
}

static void utf8_is_judged_strictly(void **state)
{
	(void)state;
	static const char *const good[] = { "",
					    "a",
					    "\xc3\xa9",
					    "\xe2\x82\xac",
					    "\xf0\x9f\x98\x80",
					    "\xed\x9f\xbf",
					    "\xf4\x8f\xbf\xbf" };
	static const char *const bad[] = { "\x80",
					   "\xc0\xaf",
					   "\xc3",
					   "\xe2\x82",
					   "\xed\xa0\x80",
					   "\xf4\x90\x80\x80",
					   "\xf8\x88\x80\x80\x80",
					   "\xe0\x80\x80",
					   "\xf0\x80\x80\x80",
					   "a\xff" };
	for (size_t i = 0; i < PK_COUNT(good); i++)
		assert_true(pk_utf8_valid(good[i], strlen(good[i])));
	for (size_t i = 0; i < PK_COUNT(bad); i++)
		assert_false(pk_utf8_valid(bad[i], strlen(bad[i])));
}

static void places_are_counted_from_one(void **state)
{
	(void)state;
	int line, col;
	pk_line_col("ab\nc", 0, &line, &col);
	assert_int_equal(line * 100 + col, 101);
	pk_line_col("ab\nc", 2, &line, &col);
	assert_int_equal(line * 100 + col, 103);
	pk_line_col("ab\nc", 3, &line, &col);
	assert_int_equal(line * 100 + col, 201);
	pk_line_col("ab\nc", 999, &line, &col);
	assert_int_equal(line * 100 + col, 202);
}

static void sizes_and_counts_read_well(void **state)
{
	(void)state;
	static const struct {
		uint64_t n;
		const char *size, *count;
	} cases[] = {
		{ 0, "0 B", "0" },
		{ 999, "999 B", "999" },
		{ 12288, "12 kB", "12,288" },
		{ 1400000000, "1.3 GB", "1,400,000,000" },
		{ 1024 * 1024 - 1, "1.0 MB", "1,048,575" },
		{ UINT64_MAX, "16 EB", "18,446,744,073,709,551,615" },
	};
	for (size_t i = 0; i < PK_COUNT(cases); i++) {
		PK_FREE char *size = pk_size(cases[i].n);
		PK_FREE char *count = pk_count(cases[i].n);
		assert_string_equal(size, cases[i].size);
		assert_string_equal(count, cases[i].count);
	}
}

static void the_terminal_is_not_commanded_from_outside(void **state)
{
	(void)state;
	PK_AUTO(pk_buf) buf = PK_BUF_INIT;
	pk_buf_add_safe(&buf, "a\033[2Jb\r\n\t\x7f\xc2\x9b\xff\xc3\xa9", false);
	assert_string_equal(buf.ptr, "a\\x1B[2Jb\\x0D\\x0A\\x09\\x7F\\xC2\\x9B\\xFF\xc3\xa9");
	pk_buf_clear(&buf);
	pk_buf_add_safe(&buf, "a\n\tb\r", true);
	assert_string_equal(buf.ptr, "a\n\tb\\x0D");
}

static void nor_is_who_reads_lines_for_commands(void **state)
{
	(void)state;
	PK_AUTO(pk_buf) buf = PK_BUF_INIT;
	static const char text[] = "::error::a\n \t\xc2\xa0::b::c\nx::int ##[d] ##vso[e] # ## [f";

	unsetenv("GITHUB_ACTIONS");
	pk_buf_add_safe(&buf, text, true);
	assert_string_equal(buf.ptr, text);
	pk_buf_clear(&buf);
	setenv("GITHUB_ACTIONS", "true", 1);
	pk_buf_add_safe(&buf, text, true);
	unsetenv("GITHUB_ACTIONS");
	assert_string_equal(buf.ptr, "\\x3A:error::a\n \t\xc2\xa0\\x3A:b::c\nx::int \\x23#[d] \\x23#vso[e] # ## [f");
}

static void PK_PRINTF(2, 3) add_shown(struct pk_buf *buf, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	pk_buf_vadd_shown(buf, fmt, ap);
	va_end(ap);
}

static void what_is_printed_is_as_printf_has_it_but_for_strings(void **state)
{
	(void)state;
	PK_AUTO(pk_buf) buf = PK_BUF_INIT;
	PK_AUTO(pk_buf) expected = PK_BUF_INIT;
	static const char fmt[] = "%5d|%-6s|%6s|%.3s|%.*s|%zu|%lld|%%|%03X|%.1f|%*s|%-*s|\n";

	pk_buf_addf(&expected, fmt, -12, "ab", "cd", "efgh", 2, "ijk", (size_t)7, 1LL << 40, 0xABu, 2.25, 4, "l", 3, "m");
	add_shown(&buf, fmt, -12, "ab", "cd", "efgh", 2, "ijk", (size_t)7, 1LL << 40, 0xABu, 2.25, 4, "l", 3, "m");
	assert_string_equal(buf.ptr, expected.ptr);
	pk_buf_clear(&buf);
	pk_term_set_color(1);
	add_shown(&buf, "%s%s%s", pk_color(stdout, PK_RED), "\033[31m\n\xe2\x80\xae\xe2\x80\x8b\xff", pk_color(stdout, PK_PLAIN));
	pk_term_set_color(-1);
	assert_string_equal(buf.ptr, "\033[31m\\x1B[31m\\x0A\\xE2\\x80\\xAE\\xE2\\x80\\x8B\\xFF\033[m");
}

static void hashes_depend_on_data_and_seed(void **state)
{
	(void)state;
	assert_true(pk_hash("", 0, 0) == UINT64_C(0xcbf29ce484222325));
	assert_true(pk_hash("a", 1, 0) == UINT64_C(0xaf63dc4c8601ec8c));
	assert_true(pk_hash("a", 1, 1) != pk_hash("a", 1, 0));
	assert_true(pk_glob("user_*", "user_x"));
	assert_false(pk_glob("user_*", "users"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(slugs_are_plain),
		cmocka_unit_test(path_names_are_safe_and_distinct),
		cmocka_unit_test(utf8_is_judged_strictly),
		cmocka_unit_test(places_are_counted_from_one),
		cmocka_unit_test(sizes_and_counts_read_well),
		cmocka_unit_test(the_terminal_is_not_commanded_from_outside),
		cmocka_unit_test(nor_is_who_reads_lines_for_commands),
		cmocka_unit_test(what_is_printed_is_as_printf_has_it_but_for_strings),
		cmocka_unit_test(hashes_depend_on_data_and_seed),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
