/*
 * What a query answers, kept to be compared with what it answers later: its rows while they are few, and
 * else sums over them, which tell whether they are the same but not which differ.
 */
#ifndef PK_TRACE_ANSWER_H
#define PK_TRACE_ANSWER_H

#include "base/arena.h"
#include "base/strv.h"
#include "pg/conn.h"

/* One row: for each column 'n' for NULL, or 'v', the text and a NUL byte. */
struct pk_answer_row {
	const char *bytes;
	size_t len;
};
struct pk_answer {
	struct pk_arena arena;
	struct pk_strv columns;
	struct pk_answer_row *rows; /* sorted by their bytes; none of them where some could not be kept */
	size_t n_rows, cap, bytes;
	int64_t n;	/* rows that there were */
	uint64_t sum[2]; /* of all their hashes, in any order */
	bool kept;	/* all of them are in rows */
	struct pk_err err; /* why there is no answer */
};
#define PK_ANSWER_INIT { .kept = true }
void pk_answer_release(struct pk_answer *answer);

/*
 * In a transaction that only reads, under the settings of database and role, for at most so many seconds (0: no
 * limit). That the query fails is an answer, too; -1: the connection is gone, or it was interrupted.
 */
int pk_answer_ask(struct pk_conn *conn, const char *sql, double seconds, struct pk_answer *ret, struct pk_err *err);

/* The rows that are in one alone, as often as they are. Both must have kept them. */
struct pk_answer_diff {
	const struct pk_answer_row **rows; /* borrowed; sorted */
	bool *is_added;
	size_t n, added, removed;
};
#define PK_ANSWER_DIFF_INIT { 0 }
void pk_answer_diff_release(struct pk_answer_diff *diff);
/* ret is empty, and borrows the rows of both. */
void pk_answer_compare(const struct pk_answer *before, const struct pk_answer *after, struct pk_answer_diff *ret);
bool pk_answer_same(const struct pk_answer *before, const struct pk_answer *after); /* columns apart */
/* The columns' values, NULL for SQL NULL; moves from column to column. */
const char *pk_answer_value(const char **at);

#endif
