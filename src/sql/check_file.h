/*
 * A file of checks: queries whose results before and after a migration are compared. What is to come of
 * one is said right above it; "same" where nothing is:
 *
 *   -- postkit:expect same                       the same rows, in whatever order
 *   -- postkit:expect may-change                 any rows; it only has to run
 *   -- postkit:expect added 2, removed 1         just so many; what is not named is none
 *   -- postkit:expect empty: reason              no rows afterwards, whatever there were
 *
 * A reason may stand behind each, after a colon.
 */
#ifndef PK_SQL_CHECK_FILE_H
#define PK_SQL_CHECK_FILE_H

#include "sql/split.h"

enum pk_expecting { PK_EXPECT_SAME, PK_EXPECT_CHANGE, PK_EXPECT_COUNTS, PK_EXPECT_EMPTY };
struct pk_expectation {
	enum pk_expecting what;
	int64_t added, removed; /* PK_EXPECT_COUNTS */
	const char *text;	/* as written, without reason; "same" by default */
};
struct pk_check_query {
	const char *sql; /* one statement, no semicolon */
	int line, col;	 /* of it in the file */
	struct pk_expectation expected;
};
struct pk_check_file {
	struct pk_arena arena;
	struct pk_check_query *items;
	size_t n;
};
#define PK_CHECK_FILE_INIT { 0 }
void pk_check_file_release(struct pk_check_file *file);
/*
 * file is for messages. Errors, with their place: a statement that is no query, an expectation that cannot be read,
 * stands above no query, or is a query's second one.
 */
int pk_check_file_parse(const char *sql, const char *file, struct pk_check_file *ret, struct pk_err *err);

#endif
