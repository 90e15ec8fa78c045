#include "unit.h"

#include "report/html.h"
#include "report/report.h"

static const struct pk_report_about about_apply = { "apply", "1", "2026-01-31T12:00:00Z", "abc" };
static const struct pk_report_about about_plan = { "plan", "1", "2026-01-31T12:00:00Z", "abc" };

static void page_of(cJSON *root, const struct pk_report_about *about, struct pk_buf *ret)
{
	pk_report_html(root, about, ret);
	cJSON_Delete(root);
}

static size_t count(const char *text, const char *what)
{
	size_t n = 0;

	for (; (text = strstr(text, what)); text += strlen(what))
		n++;
	return n;
}

static void texts_are_escaped_and_what_is_unseen_is_shown(void **state)
{
	PK_AUTO(pk_buf) out = PK_BUF_INIT;

	(void)state;
	pk_html(&out, "<p>$</p><pre>^</pre><title>~</title>$", "</script><img onerror='x'>&\n",
		"a\r\n\tb\x1b", "\xe2\x80\xae\xff\"", NULL);
	assert_string_equal(
		out.ptr,
		"<p>&lt;/script&gt;&lt;img onerror=&#39;x&#39;&gt;&amp;<b "
		"class=\"ctl\">\\x0A</b></p>"
		"<pre>a\n\tb<b class=\"ctl\">\\x1B</b></pre><title>U+202E\\xFF&quot;</title>");
}

static void bytes_that_are_no_utf8_are_shown_one_by_one(void **state)
{
	static const struct {
		const char *text, *wanted;
	} cases[] = {
		{ "\xc3\xa9\xe2\x82\xac\xf0\x9f\x90\x98", "\xc3\xa9\xe2\x82\xac\xf0\x9f\x90\x98" },
		{ "\xc0\xaf", "\\xC0\\xAF" },			/* overlong */
		{ "\xed\xa0\x80", "\\xED\\xA0\\x80" },		/* a surrogate */
		{ "\xf4\x90\x80\x80", "\\xF4\\x90\\x80\\x80" }, /* beyond the last */
		{ "\xe2\x82", "\\xE2\\x82" },			/* cut off */
		{ "\xc2\x9bx", "U+009Bx" },
	};

	(void)state;
	for (size_t i = 0; i < PK_COUNT(cases); i++) {
		PK_AUTO(pk_buf) out = PK_BUF_INIT;

		pk_html(&out, "~", cases[i].text);
		assert_string_equal(out.ptr, cases[i].wanted);
	}
}

static cJSON *add_statement(cJSON *list, const char *sql, double seconds)
{
	cJSON *item = pk_json_add_object(list, NULL);

	pk_json_set_str(item, "sql", sql);
	pk_json_set_num(item, "seconds", seconds);
	return item;
}

static void add_lock(cJSON *statement, const char *relation, const char *mode)
{
	cJSON *locks = pk_json_array(statement, "locks"), *lock;

	lock = pk_json_add_object(locks ? locks : pk_json_add_array(statement, "locks"), NULL);
	pk_json_set_str(lock, "relation", relation);
	pk_json_set_str(lock, "mode", mode);
}

static cJSON *add_part(cJSON *root, bool transaction)
{
	cJSON *parts = pk_json_array(root, "parts");
	cJSON *part = pk_json_add_object(parts ? parts : pk_json_add_array(root, "parts"), NULL);

	pk_json_set_bool(part, "transaction", transaction);
	pk_json_set_bool(part, "applied", true);
	return pk_json_add_array(part, "statements");
}

static void a_lock_lasts_to_the_end_of_its_transaction(void **state)
{
	cJSON *root = cJSON_CreateObject(), *list = add_part(root, true);
	PK_AUTO(pk_buf) out = PK_BUF_INIT;

	(void)state;
	add_lock(add_statement(list, "A", 1), "public.a", "SHARE");
	add_lock(add_statement(list, "B", 2), "public.a", "ACCESS EXCLUSIVE");
	add_lock(add_statement(list, "C", 1), "public.a", "ROW EXCLUSIVE"); /* weaker: no news */
	list = add_part(root, false);
	add_lock(add_statement(list, "D", 2), "public.b", "SHARE UPDATE EXCLUSIVE");
	add_statement(list, "E", 2);
	page_of(root, &about_apply, &out);
	/* 8 seconds in all: SHARE the first, ACCESS EXCLUSIVE three, on the other one two from the fourth */
	assert_non_null(strstr(
		out.ptr, "<rect class=\"lock writes\" x=\"0.000%\" y=\"1\" width=\"12.500%\""));
	assert_non_null(strstr(
		out.ptr, "<rect class=\"lock reads\" x=\"12.500%\" y=\"1\" width=\"37.500%\""));
	assert_non_null(strstr(
		out.ptr, "<rect class=\"lock schema\" x=\"50.000%\" y=\"1\" width=\"25.000%\""));
	assert_non_null(
		strstr(out.ptr, ">ACCESS EXCLUSIVE</span> 3.0 s from <a href=\"#s2\">2</a>"));
	assert_null(strstr(out.ptr, ">ROW EXCLUSIVE</span>"));
}

static void two_hundred_statements_on_fifty_relations_are_all_there(void **state)
{
	cJSON *root = cJSON_CreateObject(), *list = add_part(root, true);
	PK_AUTO(pk_buf) out = PK_BUF_INIT;

	(void)state;
	for (int i = 0; i < 200; i++) {
		PK_FREE char *relation = pk_printf("public.r%d", i % 50);
		add_lock(add_statement(list, "ALTER", i == 100 ? 60 : 0.001), relation,
			 "ACCESS EXCLUSIVE");
	}
	page_of(root, &about_apply, &out);
	assert_int_equal(count(out.ptr, "<tr id=\"s"), 200);
	assert_int_equal(count(out.ptr, "aria-label=\"locks on "), 50);
	assert_int_equal(count(out.ptr, "class=\"lock reads\" x=\"") - 1,
			 50); /* one of the legend */
	/* numbers that would lie on one another are left out, beside it */
	assert_true(count(out.ptr, "font-size=\"11\">") < 40 &&
		    count(out.ptr, "font-size=\"11\">") >= 2);
}

static void no_statement_makes_a_page_as_well(void **state)
{
	PK_AUTO(pk_buf) out = PK_BUF_INIT;
	cJSON *root = cJSON_CreateObject();

	(void)state;
	pk_json_set_bool(root, "ok", true);
	page_of(root, &about_plan, &out);
	assert_non_null(strstr(out.ptr, "Nothing to change"));
	assert_non_null(strstr(out.ptr, "class=\"verdict yes\""));
	assert_null(strstr(out.ptr, "{{"));
	assert_null(strstr(out.ptr, "<h2 id=\"timeline\">"));
}

static const char *verdict_of(cJSON *root, const struct pk_report_about *about)
{
	static char verdict[8];
	PK_AUTO(pk_buf) out = PK_BUF_INIT;
	const char *at;

	page_of(root, about, &out);
	at = strstr(out.ptr, "class=\"verdict ") + strlen("class=\"verdict ");
	snprintf(verdict, sizeof(verdict), "%.*s", (int)strcspn(at, "\""), at);
	return verdict;
}

static cJSON *with(const char *text)
{
	struct pk_json json = PK_JSON_INIT;

	assert_int_equal(pk_json_parse(text, strlen(text), &json, NULL), 0);
	return json.root;
}

static void a_page_says_no_where_its_command_did_not_succeed_and_only_there(void **state)
{
	static const struct {
		const char *document, *verdict;
	} cases[] = {
		{ "{\"ok\":true,\"agree\":true}", "yes" },
		{ "{\"ok\":false,\"agree\":true}", "no" },
		{ "{\"ok\":true,\"agree\":true,\"findings\":[{\"level\":\"warning\"}]}", "care" },
		{ "{\"ok\":true,\"agree\":true,\"findings\":[{\"level\":\"error\"},{\"level\":"
		  "\"warning\"}]}",
		  "care" },
		{ "{\"ok\":false,\"agree\":true,\"findings\":[{\"level\":\"error\"}]}", "no" },
		{ "{\"agree\":true,\"findings\":[{\"level\":\"error\"}]}", "no" },
		{ "{\"ok\":true,\"agree\":true,\"findings\":[{\"level\":\"error\",\"allowed\":true}"
		  "]}",
		  "care" },
		{ "{\"ok\":true,\"agree\":true,\"checks\":[{\"result\":\"differs\"}]}", "care" },
		{ "{\"ok\":true,\"agree\":true,\"checks\":[{\"result\":\"passed\"}]}", "yes" },
		{ "{\"ok\":true,\"agree\":true,\"conflicts\":[{\"what\":\"UNIQUE\"}]}", "care" },
		{ "{\"ok\":true,\"agree\":true,\"max_lock\":1,\"parts\":[{\"transaction\":true,"
		  "\"applied\":true,\"statements\":[{\"sql\":\"A\"}],"
		  "\"waits\":[{\"relation\":\"a\",\"reads\":0,\"writes\":0.9}]}]}",
		  "yes" },
		{ "{\"ok\":true,\"agree\":true,\"max_lock\":1,\"parts\":[{\"transaction\":true,"
		  "\"applied\":true,\"statements\":[{\"sql\":\"A\"}],"
		  "\"waits\":[{\"relation\":\"a\",\"reads\":0,\"writes\":1.1}]}]}",
		  "care" },
	};

	(void)state;
	for (size_t i = 0; i < PK_COUNT(cases); i++)
		assert_string_equal(verdict_of(with(cases[i].document), &about_apply),
				    cases[i].verdict);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(texts_are_escaped_and_what_is_unseen_is_shown),
		cmocka_unit_test(bytes_that_are_no_utf8_are_shown_one_by_one),
		cmocka_unit_test(a_lock_lasts_to_the_end_of_its_transaction),
		cmocka_unit_test(two_hundred_statements_on_fifty_relations_are_all_there),
		cmocka_unit_test(no_statement_makes_a_page_as_well),
		cmocka_unit_test(a_page_says_no_where_its_command_did_not_succeed_and_only_there),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
