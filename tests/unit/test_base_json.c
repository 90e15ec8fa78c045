#include "unit.h"

#include "base/buf.h"
#include "base/json.h"

static bool parses(const char *text, size_t len)
{
	PK_AUTO(pk_json) json = PK_JSON_INIT;
	PK_AUTO(pk_err) err = PK_ERR_INIT;
	int failed = pk_json_parse(text, len, &json, &err);
	assert_true(!failed == !err.msg);
	assert_true(!failed == !!json.root);
	return !failed;
}

static void what_the_standard_allows_is_taken(void **state)
{
	(void)state;
	static const char *const good[] = {
		"{}",
		"[]",
		" [1, -0, 0.5, 1e9, 1E-2, 12.5e+3] ",
		"\"\\u00e9\\n\\\"\"",
		"true",
		"null",
		"{\"a\":{\"a\":1},\"A\":2}",
		"\"\\ud83d\\ude00\"",
		"\"\xc3\xa9\"",
		"[[[]],{\"x\":[]}]\n",
	};
	for (size_t i = 0; i < PK_COUNT(good); i++) {
		if (!parses(good[i], strlen(good[i])))
			fail_msg("refused: %s", good[i]);
	}
}

static void what_the_standard_forbids_is_refused(void **state)
{
	(void)state;
	static const char *const bad[] = {
		"",
		" ",
		"{",
		"[1,]",
		"{\"a\":1,}",
		"{a:1}",
		"{\"a\" 1}",
		"[1 2]",
		"01",
		"+1",
		".5",
		"1.",
		"1e",
		"-",
		"nul",
		"tru e",
		"'a'",
		"\"a",
		"\"\\x\"",
		"\"\\u12\"",
		"\"\\u0000\"",
		"\"\\ud800\"",
		"\"\\udc00\"",
		"\"\\ud800\\u0041\"",
		"\"\n\"",
		"{} {}",
		"[] x",
		"1 2",
		"\"\xff\"",
		"\"\xc0\xaf\"",
		"\xef\xbb\xbf{}",
		"{\"a\":1,\"a\":2}",
		"[{\"b\":{\"a\":1,\"a\":1}}]",
		"[1]]",
		"NaN",
		"Infinity",
		"// x\n1",
	};
	for (size_t i = 0; i < PK_COUNT(bad); i++) {
		if (parses(bad[i], strlen(bad[i])))
			fail_msg("taken: %s", bad[i]);
	}
	assert_false(parses("[1]\0[2]", 7));
	assert_false(parses("\"a\0b\"", 5));
	assert_true(parses("[1]xyz", 3));
}

static void nesting_has_an_end(void **state)
{
	(void)state;
	PK_AUTO(pk_buf) deep = PK_BUF_INIT;
	for (int i = 0; i < 100; i++)
		pk_buf_addc(&deep, '[');
	for (int i = 0; i < 100; i++)
		pk_buf_addc(&deep, ']');
	assert_true(parses(deep.ptr, deep.len));
	PK_FREE char *deeper = pk_printf("[%s]", deep.ptr);
	assert_false(parses(deeper, strlen(deeper)));
	PK_AUTO(pk_buf) endless = PK_BUF_INIT;
	for (int i = 0; i < 1000000; i++)
		pk_buf_add(&endless, "[");
	assert_false(parses(endless.ptr, endless.len));
}

static void errors_name_the_place(void **state)
{
	(void)state;
	PK_AUTO(pk_json) json = PK_JSON_INIT;
	PK_AUTO(pk_err) err = PK_ERR_INIT;
	const char *text = "{\n  \"a\": 1\n  \"b\": 2\n}";
	assert_int_equal(pk_json_parse(text, strlen(text), &json, &err), -1);
	assert_non_null(strstr(err.msg, "line 3, column 3"));
}

static void values_are_read_by_exact_key(void **state)
{
	(void)state;
	PK_AUTO(pk_json) json = PK_JSON_INIT;
	const char *text = "{\"s\":\"x\",\"n\":2.5,\"b\":true,\"l\":[1,2]}";
	assert_int_equal(pk_json_parse(text, strlen(text), &json, NULL), 0);
	assert_string_equal(pk_json_str(json.root, "s"), "x");
	assert_null(pk_json_str(json.root, "S"));
	assert_null(pk_json_str(json.root, "n"));
	assert_true(pk_json_num(json.root, "n", 0) > 2.4);
	assert_true(pk_json_num(json.root, "s", 7) > 6.9);
	assert_true(pk_json_bool(json.root, "b"));
	assert_false(pk_json_bool(json.root, "s"));
	assert_int_equal(cJSON_GetArraySize(pk_json_array(json.root, "l")), 2);
	assert_null(pk_json_array(json.root, "s"));
	assert_null(pk_json_str(NULL, "s"));
}

static void what_is_set_is_printed_once(void **state)
{
	(void)state;
	PK_AUTO(pk_json) json = { .root = cJSON_CreateObject() };
	pk_json_set_str(json.root, "a", "1");
	pk_json_set_str(json.root, "a", "two\n");
	pk_json_set_str(json.root, "none", NULL);
	pk_json_set_num(json.root, "n", 3);
	pk_json_set_bool(json.root, "b", false);
	cJSON *list = pk_json_add_array(json.root, "l");
	pk_json_set_str(pk_json_add_object(list, NULL), "k", "v");
	pk_json_add_object(json.root, "o");
	PK_FREE char *text = pk_json_print(json.root);
	assert_string_equal(text,
			    "{\n\t\"a\":\t\"two\\n\",\n\t\"n\":\t3,\n\t\"b\":\tfalse,\n"
			    "\t\"l\":\t[{\n\t\t\t\"k\":\t\"v\"\n\t\t}],\n\t\"o\":\t{\n\t}\n}\n");
	assert_true(parses(text, strlen(text)));
}

static void what_cannot_be_seen_is_spelled(void **state)
{
	(void)state;
	PK_AUTO(pk_json) json = { .root = cJSON_CreateObject() };
	pk_json_set_str(json.root, "a", "\033\x7f\xc2\x9b\xe2\x80\xae\xf3\xa0\x81\x81\xc3\xa9\xff");
	PK_FREE char *line = pk_json_line(json.root);
	assert_string_equal(line, "{\"a\":\"\\u001b\\u007f\\u009b\\u202e\\udb40\\udc41\xc3\xa9\\ufffd\"}");
	assert_true(parses(line, strlen(line)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_the_standard_allows_is_taken),
		cmocka_unit_test(what_the_standard_forbids_is_refused),
		cmocka_unit_test(nesting_has_an_end),
		cmocka_unit_test(errors_name_the_place),
		cmocka_unit_test(values_are_read_by_exact_key),
		cmocka_unit_test(what_cannot_be_seen_is_spelled),
		cmocka_unit_test(what_is_set_is_printed_once),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
