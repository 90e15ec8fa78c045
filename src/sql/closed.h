/*
 * Expressions over the columns of one row that a production server is to evaluate although they come with
 * a pushed branch. Nothing of their text reaches the server: they are parsed, and printed again from a
 * closed list of functions, operators, types and forms, every name of which stands in pg_catalog. There is
 * no subquery, no function of users, nothing volatile, nothing that writes, reads another row, or makes a
 * text more than some thousand times longer (sql/growth.h).
 */
#ifndef PK_SQL_CLOSED_H
#define PK_SQL_CLOSED_H

#include "base/buf.h"
#include "base/err.h"
#include "base/strv.h"

/* What an expression may name. All is borrowed for the time of the call. */
struct pk_closed {
	const struct pk_strv *columns;	 /* names of the row's columns, unquoted */
	const char *row;		 /* SQL that columns are qualified with ("t" prints t."email"); NULL: nothing */
	const char *moment;		 /* a timestamptz that now() and its like are replaced by; NULL: they stay calls */
	const char *other, *own;	 /* other, where it is named as a column, means the column own; both NULL: there is none */
	const struct pk_strv *functions; /* "schema.name" of functions beyond the closed list; NULL: none */
	/*
	 * Prints what a call of fake.<name> comes to. args: the arguments as SQL, printed already; constants: the text of each
	 * one that is a string or an integer constant, "" for the others. 0, or -1 with err set. NULL: no fakes are allowed.
	 */
	int (*fake)(void *arg, const char *name, const struct pk_strv *args, const struct pk_strv *constants,
		    struct pk_buf *ret, struct pk_err *err);
	void *arg; /* of fake() */
};

/*
 * Appends expr to ret as SQL that can stand inside a larger expression (in brackets where it needs them). -1 when anything
 * in it is not allowed: the error says what, without a line or column, and ret is as it was.
 */
int pk_sql_closed(const char *expr, const struct pk_closed *how, struct pk_buf *ret, struct pk_err *err);
/*
 * Whether SQL that pk_sql_closed() printed gives the same for the same row at any time: it names no clock. more: the
 * functions that were allowed beyond the list; what these look at is not known, so with any of them the answer is no.
 */
bool pk_sql_steady(const char *sql, const struct pk_strv *more);
/* Whether it is the constant NULL. */
bool pk_sql_is_null(const char *expr);
/* Whether it is that column and nothing else. */
bool pk_sql_is_column(const char *expr, const char *column);

#endif
