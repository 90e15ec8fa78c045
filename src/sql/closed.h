/*
 * Expressions over the columns of one row that a production server is to evaluate although they come with
 * a pushed branch. Nothing of their text reaches the server: they are parsed, and printed again from a
 * closed list of functions, operators, types and forms, every name of which stands in pg_catalog. There is
 * no subquery, no function of users, nothing volatile, nothing that writes, reads another row, or makes a
 * small text large.
 */
#ifndef PK_SQL_CLOSED_H
#define PK_SQL_CLOSED_H

#include "base/buf.h"
#include "base/err.h"
#include "base/strv.h"

struct pk_closed {
	const struct pk_strv *columns;	 /* that there are */
	const char *row;		 /* an alias, as SQL, that columns are qualified with; NULL: they stand alone */
	const char *moment;		 /* as timestamptz has it: what now is, wherever it is asked; NULL: each asks its clock */
	const char *other, *own;	 /* a name that stands for that of a column; or NULL */
	const struct pk_strv *functions; /* "schema.name" of more that may be called; or NULL */
	/*
	 * What a call of fake.<name> comes to. args: SQL that is printed already; constants: the text of those
	 * that are string or number constants, "" for others. NULL: there are no fakes.
	 */
	int (*fake)(void *arg, const char *name, const struct pk_strv *args, const struct pk_strv *constants,
		    struct pk_buf *ret, struct pk_err *err);
	void *arg;
};

/* As SQL, in brackets where need be. The error says what is not allowed, without a place. */
int pk_sql_closed(const char *expr, const struct pk_closed *how, struct pk_buf *ret, struct pk_err *err);
/* Of what was printed: it is the same of the same row at all times. more: functions as above; what
 * they do nobody knows. */
bool pk_sql_steady(const char *sql, const struct pk_strv *more);
/* It is NULL, and nothing else. */
bool pk_sql_is_null(const char *expr);
/* True for one column alone. */
bool pk_sql_is_column(const char *expr, const char *column);

#endif
