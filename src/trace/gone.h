/*
 * What data a run on a copy takes away: tables and columns that go with what they hold, tables that are emptied, rows
 * that are deleted. Found by what is there before and after, so that it does not matter which statement does it, or by
 * what cascade. Generated columns and materialized views hold nothing that could not be had again.
 *
 * In order: pk_gone_before, pk_gone_deleted for each trace, pk_gone_after.
 */
#ifndef PK_TRACE_GONE_H
#define PK_TRACE_GONE_H

#include "trace/intact.h"
#include "trace/run.h"

enum pk_gone_what { PK_GONE_TABLE, PK_GONE_COLUMN, PK_GONE_ROWS };
struct pk_gone_item {
	enum pk_gone_what what;
	const char *table, *column; /* as SQL has them; column: of PK_GONE_COLUMN, else NULL */
	int64_t rows;	 /* or values that are not NULL; 0: it goes and is empty; -1: not counted */
	const char *why; /* not counted; NULL: it was not looked at */
};
struct pk_gone_table {
	const char *oid, *name, *parent; /* parent: oid, or NULL */
	int64_t bytes;			 /* with those of its partitions and heirs */
	struct pk_gone_column {
		int number;
		const char *name;
		bool own; /* not a parent's */
	} * columns;
	size_t n;
};
struct pk_gone_tables {
	struct pk_gone_table *items; /* by oid, in the order of the server */
	size_t n;
};
struct pk_gone {
	struct pk_arena arena;
	struct pk_gone_tables before, after;
	struct pk_gone_item *items;
	size_t n;
};
#define PK_GONE_INIT { 0 }
void pk_gone_release(struct pk_gone *gone);

/* conn sees all tables. */
int pk_gone_before(struct pk_gone *gone, struct pk_conn *conn, struct pk_err *err);
void pk_gone_deleted(struct pk_gone *gone, const struct pk_trace *trace);
/* intact has looked before and after; it has counted the rows of the tables that it knows. */
int pk_gone_after(struct pk_gone *gone, struct pk_conn *conn, const struct pk_intact *intact,
		  struct pk_err *err);
/*
 * Asks another database about the tables and columns that were empty in the copy: it may hold more than that, or by now.
 * What holds something there, or cannot be asked soon, has not been counted afterwards.
 */
int pk_gone_ask(struct pk_gone *gone, struct pk_conn *conn, struct pk_err *err);
size_t pk_gone_lossy(const struct pk_gone *gone); /* items that are not empty */
/* "public.users.nick: the column goes, with 12 values"; a line each that is not empty. */
void pk_gone_words(const struct pk_gone *gone, struct pk_buf *ret);
cJSON *pk_gone_to_json(const struct pk_gone *gone); /* an array, an object each that is not empty */

#endif
