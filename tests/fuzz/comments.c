/* What comments say: names that were others, expectations of checks, what lint lets pass. */
#include "fuzz.h"
#include "lint/lint.h"
#include "sql/check_file.h"
#include "sql/renamed.h"

static void renamed(const char *sql)
{
	PK_AUTO(pk_renamed_marks) marks = PK_RENAMED_MARKS_INIT;
	PK_AUTO(pk_err) err = PK_ERR_INIT;

	if (pk_sql_renamed(sql, "a.sql", &marks, &err) < 0)
		fuzz_refused(&err, sql);
	for (size_t i = 0; i < marks.n; i++)
		FUZZ_HOLDS(marks.items[i].word && marks.items[i].name && marks.items[i].old_name && marks.items[i].line >= 1 &&
			   marks.items[i].col >= 1);
}

static void checks(const char *sql)
{
	PK_AUTO(pk_check_file) file = PK_CHECK_FILE_INIT;
	PK_AUTO(pk_err) err = PK_ERR_INIT;

	if (pk_check_file_parse(sql, "a.sql", &file, &err) < 0) {
		fuzz_refused(&err, sql);
		return;
	}
	for (size_t i = 0; i < file.n; i++)
		FUZZ_HOLDS(*file.items[i].sql && file.items[i].expected.text && file.items[i].expected.added >= 0 &&
			   file.items[i].expected.removed >= 0);
}

static void allowed(const char *sql)
{
	static const struct pk_lint_options options = { .transaction = true, .first_line = 1 };
	PK_AUTO(pk_findings) findings = PK_FINDINGS_INIT;
	PK_AUTO(pk_err) err = PK_ERR_INIT;

	if (pk_lint_sql(sql, "a.sql", &options, &findings, &err) < 0)
		fuzz_refused(&err, sql);
	for (size_t i = 0; i < findings.n; i++)
		FUZZ_HOLDS(!findings.items[i].allowed || *findings.items[i].reason);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	PK_FREE char *sql = pk_strndup((const char *)data, size);

	renamed(sql);
	checks(sql);
	allowed(sql);
	return 0;
}
