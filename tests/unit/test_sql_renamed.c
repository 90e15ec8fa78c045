#include "unit.h"

#include "base/buf.h"
#include "sql/renamed.h"

/* "word schema.within.name < schema.old" of each mark, a line each; or the error as "line: message". */
static char *marks_of(const char *sql)
{
	PK_AUTO(pk_renamed_marks) marks = PK_RENAMED_MARKS_INIT;
	PK_AUTO(pk_err) err = PK_ERR_INIT;
	PK_AUTO(pk_buf) out = PK_BUF_INIT;

	if (pk_sql_renamed(sql, "f.sql", &marks, &err) < 0)
		return pk_printf("%d: %s", err.line, err.msg);
	for (size_t i = 0; i < marks.n; i++) {
		const struct pk_renamed_mark *m = &marks.items[i];

		pk_buf_addf(&out, "%s%s %s|%s|%s < %s|%s", i ? "\n" : "", m->word, m->schema ? m->schema : "",
			    m->within ? m->within : "", m->name, m->old_schema ? m->old_schema : "", m->old_name);
	}
	return pk_buf_take(&out);
}

static void marks_are_found_where_they_stand(void **state)
{
	(void)state;
	static const struct {
		const char *sql, *marks;
	} cases[] = {
		{ "CREATE TABLE t (a int);", "" },
		{ "-- postkit:renamed-from u\nCREATE TABLE s.t (a int);", "table s||t < |u" },
		{ "-- postkit:renamed-from: u\nCREATE VIEW t AS SELECT 1;", "view ||t < |u" },
		{ "/* x */ -- other\n--postkit:renamed-from old.U\nCREATE TABLE t (a int);", "table ||t < old|u" },
		{ "CREATE TABLE t (a int); -- postkit:renamed-from u\nCREATE TABLE v (b int);", "table ||t < |u" },
		{ "CREATE INDEX i ON s.t (a); -- postkit:renamed-from \"I \"\"1\"\"\"", "index s||i < |I \"1\"" },
		{ "CREATE TABLE t (\n  -- postkit:renamed-from a\n  b numeric(10, 2),\n  c int\n);", "column |t|b < |a" },
		{ "CREATE TABLE t (\n  b numeric(10, 2), -- postkit:renamed-from a\n  c int\n);", "column |t|b < |a" },
		{ "CREATE TABLE t (\n  x int, b int -- postkit:renamed-from a\n);", "column |t|b < |a" },
		{ "CREATE TABLE t (a int,\n  -- postkit:renamed-from x\n  CONSTRAINT \"Y\" CHECK (a > 0));",
		  "constraint |t|Y < |x" },
		{ "CREATE TABLE t (\n  \"B \" text DEFAULT 'a,b', -- postkit:renamed-from \"A\"\n  c int);",
		  "column |t|B  < |A" },
		{ "ALTER TABLE t\n  ADD COLUMN a int, -- postkit:renamed-from b\n  ADD c int;", "column |t|a < |b" },
		{ "-- postkit:renamed-from b\nALTER TABLE ONLY s.t ADD CONSTRAINT a UNIQUE (x);",
		  "constraint s|t|a < |b" },
		{ "CREATE TYPE e AS ENUM (\n  'a',\n  -- postkit:renamed-from 'the old''s'\n  'b'\n);",
		  "value |e|b < |the old's" },
		{ "CREATE TYPE e AS ENUM ('a', 'b', -- postkit:renamed-from c\n'd');", "value |e|b < |c" },
		{ "CREATE TYPE c AS (\n  a int, -- postkit:renamed-from b\n  d int);", "attribute |c|a < |b" },
		{ "CREATE DOMAIN d AS text\n  -- postkit:renamed-from b\n  CONSTRAINT c CHECK (VALUE <> '')\n"
		  "  CONSTRAINT e CHECK (VALUE <> 'x');",
		  "constraint |d|c < |b" },
		{ "-- postkit:renamed-from g\nCREATE FUNCTION s.f(a int) RETURNS int LANGUAGE sql AS 'SELECT 1';",
		  "function s||f < |g" },
		{ "-- postkit:renamed-from g\nCREATE TRIGGER f AFTER INSERT ON s.t EXECUTE FUNCTION x();",
		  "trigger s|t|f < |g" },
		{ "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS $$\n-- postkit:renamed-from x\nSELECT 1$$;", "" },
		{ "CREATE TABLE t (a text DEFAULT '\n-- postkit:renamed-from x\n');", "" },
		{ "-- postkit:renamed-from a\nCREATE SCHEMA b;", "schema ||b < |a" },
	};
	for (size_t i = 0; i < PK_COUNT(cases); i++) {
		PK_FREE char *marks = marks_of(cases[i].sql);

		assert_string_equal(marks, cases[i].marks);
	}
}

static void a_mark_that_cannot_be_meant_is_an_error_with_its_place(void **state)
{
	(void)state;
	static const struct {
		const char *sql;
		int line;
	} cases[] = {
		{ "-- postkit:renamed-from\nCREATE TABLE t (a int);", 2 },
		{ "-- postkit:renamed-from 1x\nCREATE TABLE t (a int);", 2 },
		{ "\n-- postkit:renamed-from x\nGRANT SELECT ON t TO a;", 3 },
		{ "CREATE VIEW v AS\n  SELECT a -- postkit:renamed-from b\n  FROM t;", 2 },
		{ "CREATE TABLE t ( -- postkit:renamed-from b\n  a int\n);", 1 },
		{ "CREATE TABLE t (\n  a int,\n  -- postkit:renamed-from b\n  CHECK (a > 0)\n);", 3 },
		{ "CREATE TABLE t (\n  a int\n  -- postkit:renamed-from b\n);", 3 },
		{ "CREATE TABLE t (\n  a int\n  -- postkit:renamed-from b\n  DEFAULT 1\n);", 3 },
	};
	for (size_t i = 0; i < PK_COUNT(cases); i++) {
		PK_FREE char *marks = marks_of(cases[i].sql);
		PK_FREE char *start = pk_printf("%d: postkit:renamed-from ", cases[i].line);

		if (!pk_starts_with(marks, start))
			fail_msg("%s", marks);
	}
}

static void names_are_read_as_sql_reads_them(void **state)
{
	(void)state;
	static const struct {
		const char *text, *joined;
	} cases[] = {
		{ "users", "users" },		{ "Users", "users" },	   { "\"Us.ers\"", "Us.ers" },
		{ "public.users", "public|users" }, { "a.\"B\".c", "a|B|c" }, { "a.b.c.d", "" },
		{ "", "" },			{ ".a", "" },		   { "a.", "" },
		{ "f(integer)", "f" },
	};
	for (size_t i = 0; i < PK_COUNT(cases); i++) {
		struct pk_arena arena = PK_ARENA_INIT;
		PK_AUTO(pk_buf) joined = PK_BUF_INIT;
		const char *parts[3];
		size_t n = pk_sql_name_parts(&arena, cases[i].text, parts, PK_COUNT(parts), NULL);

		for (size_t k = 0; k < n; k++)
			pk_buf_addf(&joined, "%s%s", k ? "|" : "", parts[k]);
		assert_string_equal(joined.ptr, cases[i].joined);
		pk_arena_release(&arena);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(marks_are_found_where_they_stand),
		cmocka_unit_test(a_mark_that_cannot_be_meant_is_an_error_with_its_place),
		cmocka_unit_test(names_are_read_as_sql_reads_them),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
