/*
 * Whether a query uses a table, a column or a function, with its names resolved as the server resolves them
 * (parse_relation.c, parse_clause.c): schemas by the search path, aliases and what they hide, common table
 * expressions, columns without a table by the scopes they stand in, from the inside out.
 */
#ifndef PK_SQL_USES_H
#define PK_SQL_USES_H

#include "base/base.h"

enum pk_thing {
	PK_THING_RELATION,
	PK_THING_COLUMN,
	PK_THING_FUNCTION, /* of several with one name by the number of arguments; by their types only the server can tell */
	PK_THING_SCHEMA, /* relations and functions in it */
	PK_THING_INSERT, /* rows that come into a table without a value for the column */
	PK_THING_TYPE,	 /* named in a query */
};
struct pk_use_of {
	enum pk_thing thing;
	const char *schema, *name; /* as the catalogs spell them; name NULL: the schema itself */
	const char *column;	   /* of PK_THING_COLUMN and PK_THING_INSERT */
	const char *args; /* of PK_THING_FUNCTION: the types of one of several, "integer, text"; NULL: all that are called so */
};

/* One of the functions with a name. */
struct pk_overload {
	const char *args; /* its types, as above */
	int least, most;  /* arguments of a call */
};

/* What the database holds that runs the queries. */
struct pk_uses_catalog {
	const char *const *path; /* NULL terminated; pg_catalog comes first if it is not in it */
	bool (*relation)(const void *arg, const char *schema, const char *name);
	/* The column's place, from 1; 0: the relation has none of that name; -1: nothing is known of the relation. */
	int (*column)(const void *arg, const char *schema, const char *relation,
		      const char *column);
	/* How many are called so, and in *ret (borrowed) what they take; *ret NULL: that is not known. */
	int (*functions)(const void *arg, const char *schema, const char *name, const struct pk_overload **ret);
	const void *arg;
};

enum pk_use { PK_USE_NONE, PK_USE_MAYBE, PK_USE_SURE }; /* MAYBE: the catalog does not decide */
struct pk_used {
	enum pk_use use;
	bool star; /* it does not say the column's name: "*", the whole row, INSERT without a list */
};
enum pk_readable {
	PK_READ,
	PK_READ_OTHER,
	PK_READ_NOT
}; /* OTHER: no statement that works on rows; NOT: does not parse */

/*
 * Of one statement, $1 in the place of literals or not. Queries inside DECLARE, EXPLAIN, PREPARE and CREATE TABLE AS
 * count as well as COPY FROM and CALL; COPY TO does not, since it is what all copies of a database are made with. What
 * functions and views do inside does not show.
 */
enum pk_readable pk_sql_uses(const char *query, const struct pk_uses_catalog *names,
			     const struct pk_use_of *of, struct pk_used *ret);
/* False: it surely does not, which takes no parser to see. */
bool pk_sql_may_use(const char *query, const struct pk_use_of *of);

/*
 * A query as it may be shown to people: literals as $1, without comments, on one line, of at most so many bytes. NULL:
 * it does not parse, or is nothing that works on rows, where literals may be anything; ret (may be NULL) tells which.
 * Caller frees.
 */
char *pk_sql_without_values(const char *query, size_t bytes, enum pk_readable *ret);

#endif
