#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "cmd/text_diff.h"

static void expect(const char *from, const char *to, const char *want)
{
	PK_AUTO(pk_buf) got = PK_BUF_INIT;

	pk_text_diff(&got, from, to, false);
	assert_string_equal(got.ptr, want);
}

static void one_side_missing(void **state)
{
	(void)state;
	expect(NULL, "a\nb\n", "+ a\n+ b\n");
	expect("a\nb\n", NULL, "- a\n- b\n");
	expect(NULL, NULL, "");
}

static void changed_line_among_others(void **state)
{
	(void)state;
	expect("a\nb\nc\n", "a\nx\nc\n", "  a\n- b\n+ x\n  c\n");
}

static void far_context_is_left_out(void **state)
{
	(void)state;
	expect("1\n2\n3\n4\n5\n6\n", "1\n2\n3\n4\n5\n7\n", "  ...\n  3\n  4\n  5\n- 6\n+ 7\n");
}

static void last_line_without_newline(void **state)
{
	(void)state;
	expect("a", "a\nb", "  a\n+ b\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_side_missing), cmocka_unit_test(changed_line_among_others),
		cmocka_unit_test(far_context_is_left_out), cmocka_unit_test(last_line_without_newline),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
