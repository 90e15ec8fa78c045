#include "unit.h"

#include "base/opt.h"

struct values {
	bool flag, other;
	const char *string;
	int number;
	struct pk_strv list;
};

static struct {
	int status, n;
	const char *operands[16];
	struct pk_err err;
	struct values v;
} got;

/* Parses the arguments after the command's name. */
static int parse(int argc, const char **argv)
{
	pk_err_release(&got.err);
	pk_strv_release(&got.v.list);
	got.v = (struct values){ 0 };
	got.n = 0;
	const struct pk_opt opts[] = {
		{ PK_OPT_FLAG, 'f', "flag", NULL, "a flag", &got.v.flag },
		{ PK_OPT_FLAG, 0, "no-other", NULL, "a flag with no in its name", &got.v.other },
		{ PK_OPT_STRING, 's', "string", "TEXT", "a string", &got.v.string },
		{ PK_OPT_INT, 'n', "number", "N", "a number", &got.v.number },
		{ PK_OPT_LIST, 'l', "list", "X", "a list", &got.v.list },
		{ PK_OPT_FLAG, 0, NULL, NULL, NULL, NULL },
	};
	got.status =
		pk_opt_parse(opts, argc, (char **)argv, got.operands, &got.n, &got.err);
	return got.status;
}
#define PARSE(...)                                                                                 \
	parse((int)PK_COUNT(((const char *[]){ "cmd", __VA_ARGS__ })),                             \
	      (const char *[]){ "cmd", __VA_ARGS__, NULL })

static int release(void **state)
{
	(void)state;
	pk_err_release(&got.err);
	pk_strv_release(&got.v.list);
	return 0;
}

static void values_come_attached_or_apart(void **state)
{
	(void)state;
	assert_int_equal(PARSE("--string=a=b", "--number", "-5", "-lx", "-l", "y", "--list=z"), 0);
	assert_string_equal(got.v.string, "a=b");
	assert_int_equal(got.v.number, -5);
	assert_int_equal(got.v.list.n, 3);
	assert_string_equal(got.v.list.items[1], "y");
	assert_int_equal(PARSE("--string="), 0);
	assert_string_equal(got.v.string, "");
}

static void short_flags_cluster(void **state)
{
	(void)state;
	assert_int_equal(PARSE("-fn7"), 0);
	assert_true(got.v.flag);
	assert_int_equal(got.v.number, 7);
	assert_int_equal(PARSE("-fs", "x"), 0);
	assert_string_equal(got.v.string, "x");
}

static void no_turns_a_flag_off(void **state)
{
	(void)state;
	assert_int_equal(PARSE("--flag", "--no-flag"), 0);
	assert_false(got.v.flag);
	assert_int_equal(PARSE("--no-other"), 0);
	assert_true(got.v.other);
	assert_int_equal(PARSE("--no-string"), -1);
	assert_int_equal(got.err.exit, PK_EXIT_USAGE);
}

static void operands_stand_anywhere(void **state)
{
	(void)state;
	assert_int_equal(PARSE("a", "-f", "-", "b", "--", "-x", "--flag"), 0);
	assert_int_equal(got.n, 5);
	assert_string_equal(got.operands[1], "-");
	assert_string_equal(got.operands[3], "-x");
	assert_int_equal(PARSE("--end-of-options", "--flag"), 0);
	assert_int_equal(got.n, 1);
	assert_false(got.v.flag);
}

static void help_is_asked_for(void **state)
{
	(void)state;
	assert_int_equal(PARSE("-h"), 1);
	assert_int_equal(PARSE("--help"), 1);
	assert_int_equal(PARSE("-fh"), 1);
	assert_int_equal(PARSE("--", "-h"), 0);
}

static void nonsense_is_a_usage_error(void **state)
{
	(void)state;
	static const char *const bad[] = { "--nope",	  "-x",	       "--flag=1",
					   "--number=1x", "--number=", "--number=99999999999",
					   "--string",	  "-s",	       "--fla",
					   "--flags" };
	for (size_t i = 0; i < PK_COUNT(bad); i++) {
		if (PARSE(bad[i]) != -1)
			fail_msg("taken: %s", bad[i]);
		assert_int_equal(got.err.exit, PK_EXIT_USAGE);
		assert_non_null(got.err.hint);
	}
}

static void help_shows_every_option(void **state)
{
	(void)state;
	static const struct pk_opt opts[] = {
		{ PK_OPT_FLAG, 'f', "flag", NULL, "a flag", NULL },
		{ PK_OPT_STRING, 0, "an-option-with-a-long-name", "WHAT", "a string", NULL },
		{ PK_OPT_FLAG, 0, NULL, NULL, NULL, NULL },
	};
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);
	pk_opt_help(out, "cmd", "A\nB", "does it", opts);
	fclose(out);
	assert_string_equal(text,
			    "usage: git postkit cmd A\n   or: git postkit cmd B\n\ndoes it\n\n"
			    "    -f, --flag                a flag\n"
			    "    --an-option-with-a-long-name WHAT\n"
			    "                              a string\n"
			    "    -h, --help                show this\n");
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(values_come_attached_or_apart, release),
		cmocka_unit_test_teardown(short_flags_cluster, release),
		cmocka_unit_test_teardown(no_turns_a_flag_off, release),
		cmocka_unit_test_teardown(operands_stand_anywhere, release),
		cmocka_unit_test_teardown(help_is_asked_for, release),
		cmocka_unit_test_teardown(nonsense_is_a_usage_error, release),
		cmocka_unit_test(help_shows_every_option),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
