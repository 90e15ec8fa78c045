/*
 * What a migration does to the rows of the tables it names, without anybody asking: their number, the values of the
 * columns that are there before and after, NULLs in new columns. One scan of each table before and one after; tables
 * that are too large for that are named. What a function or a DO block writes is not known beforehand.
 *
 * Keys that are valid are the server's to hold, so orphans and duplicates are only looked for where a constraint is
 * there that was never proven.
 *
 * In order: pk_intact_add for each text that will run, pk_intact_look (before), pk_intact_look (after).
 */
#ifndef PK_TRACE_INTACT_H
#define PK_TRACE_INTACT_H

#include "base/map.h"
#include "trace/conflict.h"

struct pk_intact_column {
	const char *name, *type;
	int number;	   /* attnum, by which it is known when it gets another name */
	int64_t values;	   /* that are not NULL */
	bool key;	   /* part of the primary key that there was before */
	const char *sum;   /* of all its values, each with its row's primary key */
};
struct pk_intact_state {
	bool there, scanned;
	const char *name; /* as SQL has it */
	int64_t rows, bytes;
	struct pk_intact_column *columns;
	size_t n, n_key;
};
struct pk_intact_table {
	const char *said; /* as the statements name it */
	const char *oid;
	bool written;	  /* a statement changes its rows */
	bool anew;	  /* another table has its name afterwards: columns are known by theirs */
	struct pk_intact_state before, after;
};
struct pk_intact {
	struct pk_arena arena;
	struct pk_map names;
	struct pk_intact_table *items;
	size_t n;
	struct pk_conflicts unproven; /* after: rows that break constraints which are not valid */
	bool looked;
	double took;
};
#define PK_INTACT_INIT { 0 }
void pk_intact_release(struct pk_intact *intact);

void pk_intact_add(struct pk_intact *intact, const char *sql); /* SQL that cannot be read names nothing */
/* As the role that deploys, on a connection of its own; seconds: for one table, 0 is no limit. */
int pk_intact_look(struct pk_intact *intact, const struct pk_conninfo *where, double seconds, bool after,
		   struct pk_err *err);
/* A line a table that is not as before: "public.users: 300 rows, 12 more; changed: email; new nick: 300 NULL". */
void pk_intact_words(const struct pk_intact *intact, struct pk_buf *ret);
cJSON *pk_intact_to_json(const struct pk_intact *intact); /* an array, an object each table */

#endif
