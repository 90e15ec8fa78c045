#include "unit.h"

#include "sql/closed.h"

/* fake.<name>(args) as <name>:arg,...; "none" is not known. */
static int say_fake(void *arg, const char *name, const struct pk_strv *args, const struct pk_strv *constants,
		    struct pk_buf *ret, struct pk_err *err)
{
	(void)arg;
	if (strcmp(name, "none") == 0)
		return pk_err_set(err, "no such fake");
	pk_buf_addf(ret, "%s:", name);
	for (size_t i = 0; i < args->n; i++)
		pk_buf_addf(ret, "%s%s=%s", i ? "," : "", args->items[i], constants->items[i]);
	return 0;
}

/* The SQL, or "error: ". Caller frees. */
static char *closed(const char *expr)
{
	static const char *const names[] = { "email", "id", "data", "Weird \"n\"", "tags", "users", NULL };
	static const char *const own[] = { "app.scrub", NULL };
	PK_AUTO(pk_strv) columns = PK_STRV_INIT, functions = PK_STRV_INIT;
	PK_AUTO(pk_buf) out = PK_BUF_INIT;
	PK_AUTO(pk_err) err = PK_ERR_INIT;
	struct pk_closed how = { .columns = &columns, .row = "t", .functions = &functions, .fake = say_fake };

	pk_strv_extend(&columns, names);
	pk_strv_extend(&functions, own);
	if (pk_sql_closed(expr, &how, &out, &err) < 0) {
		assert_int_equal(out.len, 0);
		return pk_printf("error: %s", err.msg);
	}
	return pk_buf_take(&out);
}

static void what_is_allowed_is_printed_anew(void **state)
{
	(void)state;
	static const struct {
		const char *expr, *sql;
	} cases[] = {
		{ "email", "t.\"email\"" },
		{ "\"Weird \"\"n\"\"\"", "t.\"Weird \"\"n\"\"\"" },
		{ "NULL", "NULL" },
		{ "'it''s'", "'it''s'" },
		{ "'a\\b'", " E'a\\\\b'" },
		{ "E'a\\'b'", "'a''b'" },
		{ "-1.5", "-1.5" },
		{ "- id", "( OPERATOR(pg_catalog.-) t.\"id\")" },
		{ "'u' || id || '@e.test' -- said",
		  "(('u' OPERATOR(pg_catalog.||) t.\"id\") OPERATOR(pg_catalog.||) '@e.test')" },
		{ "lower(email)", "pg_catalog.\"lower\"(t.\"email\")" },
		{ "pg_catalog.lower(email)", "pg_catalog.\"lower\"(t.\"email\")" },
		{ "app.scrub(email)", "\"app\".\"scrub\"(t.\"email\")" },
		{ "substring(email from 1 for 2)", "pg_catalog.\"substring\"(t.\"email\", 1, 2)" },
		{ "id::varchar(10)", "CAST(t.\"id\" AS pg_catalog.varchar(10))" },
		{ "tags[1]", "((t.\"tags\")[1])" },
		{ "ARRAY['a', email]", "ARRAY['a', t.\"email\"]" },
		{ "data->>'a'", "(t.\"data\" OPERATOR(pg_catalog.->>) 'a')" },
		{ "CASE id WHEN 1 THEN 'a' ELSE email END", "CASE t.\"id\" WHEN 1 THEN 'a' ELSE t.\"email\" END" },
		{ "CASE WHEN id IS NULL OR NOT id > 3 THEN coalesce(email, '') END",
		  "CASE WHEN ((t.\"id\" IS NULL) OR (NOT (t.\"id\" OPERATOR(pg_catalog.>) 3))) THEN "
		  "COALESCE(t.\"email\", '') END" },
		{ "id IN (1, 2) AND email NOT LIKE '%x'",
		  "((t.\"id\" IN (1, 2)) AND (t.\"email\" OPERATOR(pg_catalog.!~~) '%x'))" },
		{ "id NOT BETWEEN 1 AND 5", "(t.\"id\" NOT BETWEEN 1 AND 5)" },
		{ "id = ANY (tags)", "(t.\"id\" OPERATOR(pg_catalog.=) ANY (t.\"tags\"))" },
		{ "id > now() - interval '90 days'",
		  "(t.\"id\" OPERATOR(pg_catalog.>) (pg_catalog.\"now\"() OPERATOR(pg_catalog.-) CAST('90 days' AS "
		  "pg_catalog.interval)))" },
		{ "nullif(greatest(id, 2), current_date)", "(NULLIF(GREATEST(t.\"id\", 2), CURRENT_DATE))" },
		{ "(id IS DISTINCT FROM 2) IS TRUE", "((t.\"id\" IS DISTINCT FROM 2) IS TRUE)" },
		{ "fake.email(lower(email))", "email:pg_catalog.\"lower\"(t.\"email\")=" },
		{ "fake.json(data, 'a.b', 'email')", "json:t.\"data\"=,'a.b'=a.b,'email'=email" },
		{ "replace(replace(email, 'a', ''), 'b', 'c')",
		  "pg_catalog.\"replace\"(pg_catalog.\"replace\"(t.\"email\", 'a', ''), 'b', 'c')" },
	};

	for (size_t i = 0; i < PK_COUNT(cases); i++) {
		PK_FREE char *sql = closed(cases[i].expr);

		assert_string_equal(sql, cases[i].sql);
	}
}

static void everything_else_is_refused(void **state)
{
	(void)state;
	static const struct {
		const char *expr, *says;
	} cases[] = {
		{ "(SELECT 1)", "subqueries" },
		{ "id = ANY (SELECT 1)", "subqueries" },
		{ "id IN (SELECT 1)", "subqueries" },
		{ "EXISTS (SELECT 1)", "subqueries" },
		{ "ARRAY(SELECT 1)", "subqueries" },
		{ "pg_sleep(1)", "pg_sleep() is not allowed" },
		{ "random()", "random() is not allowed" },
		{ "pg_read_file('/etc/passwd')", "not allowed" },
		{ "lo_export(1, '/tmp/x')", "not allowed" },
		{ "query_to_xml('SELECT 1', true, true, '')", "not allowed" },
		{ "set_config('a.b', email, false)", "not allowed" },
		{ "nextval('s')", "not allowed" },
		{ "app.other(email)", "app.other() is not allowed" },
		{ "public.lower(email)", "public.lower() is not allowed" },
		{ "scrub(email)", "scrub() is not allowed" },
		{ "email.lower", "by its name alone" },
		{ "t.email", "by its name alone" },
		{ "(users).lower", "subscripts" },
		{ "lower", "no column 'lower'" },
		{ "t", "no column 't'" },
		{ "ctid", "no column 'ctid'" },
		{ "*", "not one SQL expression" },
		{ "count(*)", "aggregate" },
		{ "max(id)", "not allowed" },
		{ "lower(email) OVER ()", "window" },
		{ "concat(VARIADIC tags)", "not allowed" },
		{ "email::regclass", "type 'regclass' is not allowed" },
		{ "email::public.text", "not allowed" },
		{ "email::xml", "not allowed" },
		{ "id OPERATOR(public.+) 1", "operator" },
		{ "id ^ 99", "operator ^" },
		{ "current_user", "only the time" },
		{ "email COLLATE \"C\"", "form" },
		{ "ROW(id, email)", "form" },
		{ "$1", "form" },
		{ "id::numeric('5')", "such a modifier" },
		{ "id::numeric(1.5)", "such a modifier" },
		{ "repeat(email, 1000000)", "repeat() is not allowed" },
		{ "email::char(1000000)", "very long" },
		{ "array_to_string(ARRAY[NULL, NULL], ',', email)", "argument 3 of array_to_string() must be a constant" },
		{ "array_replace(tags, 'a', email)", "argument 3 of array_replace() must be a constant" },
		{ "lpad(email, 1000000000)", "a constant, and not a large one" },
		{ "rpad(email, id)", "a constant, and not a large one" },
		{ "replace(replace(email, '', lpad('x', 999)), '', 'y')", "a constant" },
		{ "regexp_replace(regexp_replace(email, '', lower('xx')), 'a', 'bb')", "a constant" },
		{ "email); DROP TABLE users; SELECT (1", "not one SQL expression" },
		{ "1) FROM users WHERE (true", "not one SQL expression" },
		{ "1) UNION SELECT (2", "not one SQL expression" },
		{ "1) INTO x FROM (SELECT 1", "not one SQL expression" },
		{ "1), (2", "not one SQL expression" },
		{ "1) /*", "not one SQL expression" },
		{ "", "not one SQL expression" },
		{ "fake.none(email)", "no such fake" },
	};

	for (size_t i = 0; i < PK_COUNT(cases); i++) {
		PK_FREE char *sql = closed(cases[i].expr);

		if (strncmp(sql, "error: ", 7) != 0 || !strstr(sql, cases[i].says))
			fail_msg("%s: %s", cases[i].expr, sql);
	}
}

/* A column inside n calls of the same kind. */
static char *nested(const char *before, const char *after, int n)
{
	PK_AUTO(pk_buf) expr = PK_BUF_INIT;

	for (int i = 0; i < n; i++)
		pk_buf_add(&expr, before);
	pk_buf_add(&expr, "email");
	for (int i = 0; i < n; i++)
		pk_buf_add(&expr, after);
	return pk_buf_take(&expr);
}

static void calls_that_lengthen_may_be_nested_a_little_only(void **state)
{
	(void)state;
	static const struct {
		const char *before, *after;
		int few, many;
	} cases[] = {
		{ "replace(", ", 'x', 'xxxxxxxxxx')", 4, 5 },
		{ "replace(", ", 'x', 'y')", 50, 0 },
		{ "regexp_replace(", ", '', 'x', 'g')", 10, 20 },
		{ "concat_ws(", ", 1, 1, 1)", 5, 20 },
		{ "concat(ARRAY[", "])", 10, 20 },
		{ "encode(convert_to(", ", 'UTF8'), 'hex')", 5, 10 },
		{ "ltrim(('\\' || ", ")::bytea::text, '\\')", 10, 20 },
		{ "to_json(", ")::text", 10, 20 },
		{ "jsonb_build_array(", ")::text", 10, 20 },
		{ "(", ")::char(10)", 3, 5 },
	};

	for (size_t i = 0; i < PK_COUNT(cases); i++) {
		PK_FREE char *few = nested(cases[i].before, cases[i].after, cases[i].few);
		PK_FREE char *many = nested(cases[i].before, cases[i].after, cases[i].many);
		PK_FREE char *sql = closed(few), *refused = closed(many);

		if (strncmp(sql, "error: ", 7) == 0)
			fail_msg("%s: %s", few, sql);
		if (cases[i].many && !strstr(refused, "very long") && !strstr(refused, "not a large one"))
			fail_msg("%s: %s", many, refused);
	}
	PK_FREE char *beside = closed("lpad(email, 200) || lpad(email, 200)");
	assert_null(strstr(beside, "error"));
}

static void single_values_are_known(void **state)
{
	(void)state;
	assert_true(pk_sql_is_null("NULL"));
	assert_false(pk_sql_is_null("nullif(1, 1)"));
	assert_true(pk_sql_is_column("email", "email"));
	assert_true(pk_sql_is_column("\"Weird\"", "Weird"));
	assert_false(pk_sql_is_column("lower(email)", "email"));
	assert_false(pk_sql_is_column("email", "mail"));
}

static void the_time_may_be_one_for_all(void **state)
{
	(void)state;
	const struct pk_strv none = PK_STRV_INIT;
	const struct pk_closed how = { .columns = &none, .moment = "2026-01-02 03:04:05+00" };
	PK_AUTO(pk_buf) out = PK_BUF_INIT;

	assert_int_equal(pk_sql_closed("ARRAY[now(), CURRENT_DATE, localtimestamp]", &how, &out, NULL), 0);
	assert_null(strstr(out.ptr, "now"));
	assert_null(strstr(out.ptr, "CURRENT"));
	assert_non_null(strstr(out.ptr, "CAST(CAST('2026-01-02 03:04:05+00' AS pg_catalog.timestamptz) AS pg_catalog.date)"));
	assert_non_null(strstr(out.ptr, "AS pg_catalog.timestamp)"));
}

static void what_hangs_on_the_time_is_not_steady(void **state)
{
	(void)state;
	PK_AUTO(pk_strv) functions = PK_STRV_INIT;

	assert_true(pk_sql_steady("\"kind\" <> 'noise' AND \"nowhere\" > 3", NULL));
	assert_true(pk_sql_steady("\"stage\" = 1", &functions));
	assert_false(pk_sql_steady("at > pg_catalog.now()", NULL));
	assert_false(pk_sql_steady("pg_catalog.age(at) > '1 day'", NULL));
	assert_false(pk_sql_steady("day >= 'TODAY'", NULL));
	assert_false(pk_sql_steady("CURRENT_DATE > day", NULL));
	pk_strv_push(&functions, "public.f");
	assert_false(pk_sql_steady("public.f(id)", &functions));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_allowed_is_printed_anew),
		cmocka_unit_test(everything_else_is_refused),
		cmocka_unit_test(calls_that_lengthen_may_be_nested_a_little_only),
		cmocka_unit_test(single_values_are_known),
		cmocka_unit_test(the_time_may_be_one_for_all),
		cmocka_unit_test(what_hangs_on_the_time_is_not_steady),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
