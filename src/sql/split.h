/*
 * SQL text into statements, by PostgreSQL's own scanner and grammar (libpg_query). What the grammar
 * of version 15 rejects is split by the scanner alone and marked.
 */
#ifndef PK_SQL_SPLIT_H
#define PK_SQL_SPLIT_H

#include "base/arena.h"
#include "base/err.h"

struct pk_statement {
	const char *text; /* without the semicolon, without surrounding white space and leading comments; NUL terminated */
	size_t offset;	     /* of text in the source, in bytes */
	int line, col;	     /* of text, 1-based */
	const char *comment; /* the comments right above it, as written, "" when none */
	bool parsed;	     /* false: the grammar refused it; parse_error says why */
	const char *parse_error;
};
struct pk_statements {
	struct pk_arena arena; /* owns the texts */
	struct pk_statement *items;
	size_t n, cap;
};
#define PK_STATEMENTS_INIT { 0 }

void pk_statements_release(struct pk_statements *statements);
/*
 * file is for messages. psql meta-commands (\restrict and \unrestrict apart, which are dropped) and
 * COPY data are errors with their place. pg_dump's output otherwise passes.
 */
int pk_sql_split(const char *sql, const char *file, struct pk_statements *ret, struct pk_err *err);
/*
 * As above, by the scanner alone, which is quicker: all count as parsed, and pk_sql_actions() tells which do not.
 * psql: psql may be meant to read it; then its commands and the rows of COPY are white space, and commands that bring in
 * statements from elsewhere (\i, \gexec, \copy) are statements of their own.
 */
int pk_sql_split_only(const char *sql, const char *file, bool psql, struct pk_statements *ret, struct pk_err *err);

#endif
