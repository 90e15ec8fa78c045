#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "install/stub.h"

static void make(const char *program, struct pk_buf *ret)
{
	assert_int_equal(pk_stub_text("pre-push", program, ret, NULL), 0);
}

static void what_was_written_is_known(void **state)
{
	PK_AUTO(pk_buf) text = PK_BUF_INIT;

	(void)state;
	make("/opt/git-postkit", &text);
	assert_int_equal(pk_stub_classify("pre-push", text.ptr, text.ptr), PK_HOOK_OURS);
}

static void for_another_place_it_is_old(void **state)
{
	PK_AUTO(pk_buf) old = PK_BUF_INIT;
	PK_AUTO(pk_buf) now = PK_BUF_INIT;

	(void)state;
	make("/old/git-postkit", &old);
	make("/new place/it's/git-postkit", &now);
	assert_non_null(strstr(now.ptr, "tool='/new place/it'\\''s/git-postkit'\n"));
	assert_int_equal(pk_stub_classify("pre-push", old.ptr, now.ptr), PK_HOOK_OLD);
}

static void changed_by_hand_is_seen(void **state)
{
	PK_AUTO(pk_buf) text = PK_BUF_INIT;
	PK_AUTO(pk_buf) changed = PK_BUF_INIT;

	(void)state;
	make("/opt/git-postkit", &text);
	pk_buf_add(&changed, text.ptr);
	pk_buf_add(&changed, "echo mine\n");
	assert_int_equal(pk_stub_classify("pre-push", changed.ptr, text.ptr), PK_HOOK_CHANGED);
}

static void others_are_others(void **state)
{
	(void)state;
	assert_int_equal(pk_stub_classify("pre-push", "#!/bin/sh\nmake test\n", ""), PK_HOOK_FOREIGN);
	assert_int_equal(pk_stub_classify("pre-push", "#!/bin/sh\ngit-postkit --hook pre-push \"$@\"\n", ""),
			 PK_HOOK_CALLS);
	assert_int_equal(pk_stub_classify("pre-push", "", "x"), PK_HOOK_FOREIGN);
	assert_int_equal(pk_stub_classify("pre-push", "# git-postkit hook: pre-push, version 1, sum abc", "x"),
			 PK_HOOK_CHANGED);
}

static void at_most_ten_lines(void **state)
{
	PK_AUTO(pk_buf) text = PK_BUF_INIT;
	size_t lines = 0;

	(void)state;
	make("/opt/git-postkit", &text);
	for (const char *c = text.ptr; *c; c++)
		lines += *c == '\n';
	assert_in_range(lines, 1, 10);
	assert_null(strchr(text.ptr, '@') == NULL ? NULL : strstr(text.ptr, "@SUM@"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_written_is_known), cmocka_unit_test(for_another_place_it_is_old),
		cmocka_unit_test(changed_by_hand_is_seen), cmocka_unit_test(others_are_others),
		cmocka_unit_test(at_most_ten_lines),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
