#include "unit.h"

#include "lint/render.h"

/* Two statements on lines with letters of two bytes, the second over two lines and let pass. */
static struct pk_finding items[] = {
	{
		.rule = "drop-table", .level = PK_LEVEL_ERROR, .file = "./db/a b.sql", .line = 3, .col = 5,
		.statement = "DROP TABLE a", .source = "DROP TABLE a", .line_text = "  \xc3\xa9 DROP TABLE a; -- x",
		.fact = "drops a, b: 100%", .why = "gone\nfor ever", .fix = "-- ```\nSELECT 1;", .measured = true,
	},
	{
		.rule = "drop-column", .level = PK_LEVEL_WARNING, .file = "/t/b.sql", .line = 7, .col = 1,
		.statement = "ALTER TABLE c DROP \xc3\xa9", .source = "ALTER TABLE c\nDROP \xc3\xa9",
		.line_text = "ALTER TABLE c", .fact = "loses <e> | *x*", .why = "why", .allowed = true, .reason = "old",
	},
	{ .rule = "not-analysed", .level = PK_LEVEL_ERROR, .file = "c.sql", .line = 1, .col = 1, .fact = "\x1b[31mx", .why = "w" },
};
static const struct pk_findings findings = { .items = items, .n = PK_COUNT(items), .cap = PK_COUNT(items) };
static const struct pk_findings none = PK_FINDINGS_INIT;

static void text_quotes_the_line_and_marks_the_statement(void **state)
{
	(void)state;
	PK_AUTO(pk_buf) text = PK_BUF_INIT;

	pk_render_text(&findings, NULL, &text);
	assert_string_equal(text.ptr,
			    "./db/a b.sql:3:4: error: measured: drops a, b: 100% [drop-table]\n"
			    "    3 |   \xc3\xa9 DROP TABLE a; -- x\n"
			    "      |    ^~~~~~~~~~~~\n"
			    "  why       gone\n            for ever\n"
			    "  safe way  -- ```\n            SELECT 1;\n"
			    "/t/b.sql:7:1: allowed: loses <e> | *x* [drop-column]\n"
			    "    7 | ALTER TABLE c\n"
			    "      | ^~~~~~~~~~~~~\n"
			    "  reason    old\n"
			    "c.sql:1:1: error: \\x1B[31mx [not-analysed]\n"
			    "  why       w\n");
}

static void the_summary_counts(void **state)
{
	(void)state;
	PK_AUTO(pk_buf) some = PK_BUF_INIT;
	PK_AUTO(pk_buf) nothing = PK_BUF_INIT;

	pk_render_summary(&findings, &some);
	assert_string_equal(some.ptr, "2 errors, 1 allowed");
	pk_render_summary(&none, &nothing);
	assert_string_equal(nothing.ptr, "nothing found");
}

static void json_has_every_field(void **state)
{
	(void)state;
	struct pk_json json = { pk_render_json(&findings) };
	const cJSON *first = cJSON_GetArrayItem(json.root, 0), *second = cJSON_GetArrayItem(json.root, 1);

	assert_int_equal(cJSON_GetArraySize(json.root), 3);
	assert_string_equal(pk_json_str(first, "rule"), "drop-table");
	assert_int_equal(pk_json_num(first, "line", 0), 3);
	assert_int_equal(pk_json_num(first, "column", 0), 4);
	assert_int_equal(pk_json_num(first, "endColumn", 0), 16);
	assert_true(pk_json_bool(first, "measured"));
	assert_string_equal(pk_json_str(first, "fix"), "-- ```\nSELECT 1;");
	assert_true(pk_json_bool(second, "allowed"));
	assert_string_equal(pk_json_str(second, "reason"), "old");
	pk_json_release(&json);
}

static void github_escapes_what_its_runner_parts(void **state)
{
	(void)state;
	PK_AUTO(pk_buf) text = PK_BUF_INIT;

	pk_render_github(&findings, &text);
	assert_true(pk_starts_with(
		text.ptr, "::error file=db/a b.sql,line=3,endLine=3,col=4,endColumn=16,title=drop-table::"
			  "measured: drops a, b: 100%25%0Agone%0Afor ever%0Asafe way:%0A-- ```%0ASELECT 1;\n"
			  "::notice file=/t/b.sql,line=7,endLine=8,col=1,title=drop-column::loses <e> | *x*%0Aallowed: old\n"));
}

static void gitlab_has_paths_lines_and_lasting_ids(void **state)
{
	(void)state;
	struct pk_finding twice[] = { items[0], items[0], items[1] };
	const struct pk_findings repeated = { .items = twice, .n = 3, .cap = 3 };
	struct pk_json json = { pk_render_gitlab(&repeated) };
	const cJSON *a = cJSON_GetArrayItem(json.root, 0), *b = cJSON_GetArrayItem(json.root, 1),
		    *c = cJSON_GetArrayItem(json.root, 2);
	const cJSON *place = cJSON_GetObjectItem(a, "location");

	assert_string_equal(pk_json_str(place, "path"), "db/a b.sql");
	assert_int_equal(pk_json_num(cJSON_GetObjectItem(place, "lines"), "begin", 0), 3);
	assert_string_equal(pk_json_str(a, "severity"), "critical");
	assert_string_equal(pk_json_str(c, "severity"), "info");
	assert_string_not_equal(pk_json_str(a, "fingerprint"), pk_json_str(b, "fingerprint"));
	twice[0].line = 30;
	struct pk_json moved = { pk_render_gitlab(&repeated) };
	assert_string_equal(pk_json_str(a, "fingerprint"), pk_json_str(cJSON_GetArrayItem(moved.root, 0), "fingerprint"));
	pk_json_release(&moved);
	pk_json_release(&json);
}

static const cJSON *at(const cJSON *object, const char *key, int index)
{
	return cJSON_GetArrayItem(cJSON_GetObjectItem(object, key), index);
}

/* What sections 3.13 to 3.55 of the standard require, and forges ask for. */
static void sarif_is_what_the_standard_asks(void **state)
{
	(void)state;
	struct pk_json json = { pk_render_sarif(&findings, "1.2.3") };
	const cJSON *run = at(json.root, "runs", 0);
	const cJSON *driver = cJSON_GetObjectItem(cJSON_GetObjectItem(run, "tool"), "driver");
	const cJSON *first = at(run, "results", 0), *second = at(run, "results", 1);
	const cJSON *physical = cJSON_GetObjectItem(at(first, "locations", 0), "physicalLocation");
	const cJSON *region = cJSON_GetObjectItem(physical, "region");

	assert_string_equal(pk_json_str(json.root, "version"), "2.1.0");
	assert_string_equal(pk_json_str(driver, "name"), "git-postkit");
	assert_string_equal(pk_json_str(run, "columnKind"), "unicodeCodePoints");
	for (int i = 0; i < 3; i++) {
		const cJSON *result = at(run, "results", i);
		const cJSON *rule = at(driver, "rules", (int)pk_json_num(result, "ruleIndex", -1));

		assert_string_equal(pk_json_str(rule, "id"), pk_json_str(result, "ruleId"));
		assert_non_null(pk_json_str(cJSON_GetObjectItem(result, "message"), "text"));
	}
	assert_string_equal(pk_json_str(first, "level"), "error");
	assert_string_equal(pk_json_str(cJSON_GetObjectItem(physical, "artifactLocation"), "uri"), "db/a%20b.sql");
	assert_int_equal(pk_json_num(region, "startLine", 0), 3);
	assert_int_equal(pk_json_num(region, "startColumn", 0), 4);
	assert_int_equal(pk_json_num(region, "endColumn", 0), 16);
	assert_string_equal(pk_json_str(cJSON_GetObjectItem(region, "snippet"), "text"), "DROP TABLE a");
	region = cJSON_GetObjectItem(cJSON_GetObjectItem(at(second, "locations", 0), "physicalLocation"), "region");
	assert_int_equal(pk_json_num(region, "endLine", 0), 8);
	assert_int_equal(pk_json_num(region, "endColumn", 0), 7);
	assert_string_equal(pk_json_str(at(second, "suppressions", 0), "kind"), "inSource");
	assert_string_equal(pk_json_str(at(second, "suppressions", 0), "justification"), "old");
	assert_null(cJSON_GetObjectItem(first, "suppressions"));
	pk_json_release(&json);
}

static void sarif_of_nothing_still_has_results(void **state)
{
	(void)state;
	struct pk_json json = { pk_render_sarif(&none, "1") };

	assert_true(cJSON_IsArray(cJSON_GetObjectItem(at(json.root, "runs", 0), "results")));
	pk_json_release(&json);
}

static void markdown_means_nothing_that_it_quotes(void **state)
{
	(void)state;
	PK_AUTO(pk_buf) text = PK_BUF_INIT;

	pk_render_markdown(&findings, &text);
	assert_true(pk_starts_with(text.ptr, "### Migrations: 2 errors, 1 allowed\n\n#### error: drop-table"));
	assert_non_null(strstr(text.ptr, "````sql\n-- ```\nSELECT 1;\n````\n"));
	assert_non_null(strstr(text.ptr, "loses &lt;e\\> \\| \\*x\\*. Allowed: old"));
	/* errors first, what is allowed last */
	assert_true(strstr(text.ptr, "not-analysed") < strstr(text.ptr, "drop-column"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(text_quotes_the_line_and_marks_the_statement),
		cmocka_unit_test(the_summary_counts),
		cmocka_unit_test(json_has_every_field),
		cmocka_unit_test(github_escapes_what_its_runner_parts),
		cmocka_unit_test(gitlab_has_paths_lines_and_lasting_ids),
		cmocka_unit_test(sarif_is_what_the_standard_asks),
		cmocka_unit_test(sarif_of_nothing_still_has_results),
		cmocka_unit_test(markdown_means_nothing_that_it_quotes),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
