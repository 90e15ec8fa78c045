/*
 * "-- postkit:renamed-from old" in schema files: above a statement that makes something or behind its
 * semicolon; inside a list of columns, constraints, attributes or enum values, on a line of its own above
 * one of them or behind it on its line. What is said is not judged here.
 */
#ifndef PK_SQL_RENAMED_H
#define PK_SQL_RENAMED_H

#include "sql/split.h"

struct pk_renamed_mark {
	const char *word;    /* what it is: "table", "materialized view", "column", "constraint", "value", ... */
	const char *schema;  /* as written, or NULL */
	const char *within;  /* the table, type or domain that it is part of; or NULL */
	const char *name;    /* now */
	const char *old_schema, *old_name; /* old_schema NULL: the same */
	int line, col;       /* of the statement, or of the comment inside it */
};
struct pk_renamed_marks {
	struct pk_arena arena;
	struct pk_renamed_mark *items;
	size_t n, cap;
};
#define PK_RENAMED_MARKS_INIT { 0 }
void pk_renamed_marks_release(struct pk_renamed_marks *marks);

/* Adds those of a file. One that names nothing, or stands where nothing has a name, is an error with its place. */
int pk_sql_renamed(const char *sql, const char *file, struct pk_renamed_marks *ret, struct pk_err *err);

/*
 * A dotted name as SQL reads it, unquoted parts in lower case: "public"."My Table"; a part may be "", as values of enums
 * may. ret_parts: room for max. Returns how many there are, 0 when it is none or has more; *ret_rest (may be NULL) is
 * what follows.
 */
size_t pk_sql_name_parts(struct pk_arena *arena, const char *text, const char **ret_parts, size_t max,
			 const char **ret_rest);

#endif
