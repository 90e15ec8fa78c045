/*
 * Rows that stand in the way of what a statement asks of them: a unique key, a foreign key, a check, NOT NULL,
 * another type, a domain that becomes stricter. They are counted, a few are named, and a query lists all.
 */
#ifndef PK_TRACE_CONFLICT_H
#define PK_TRACE_CONFLICT_H

#include "base/json.h"
#include "base/strv.h"
#include "pg/conn.h"
#include "sql/action.h"

#define PK_CONFLICT_KEYS 5

struct pk_conflict {
	char *what;	     /* "UNIQUE (email) of public.users", "FOREIGN KEY orders_user_fk of public.orders" */
	int64_t rows;	     /* -1: they could not be counted in time */
	struct pk_strv keys; /* of at most PK_CONFLICT_KEYS of them: "id = 7, email = a@x"; long values are cut */
	char *query;	     /* what lists all of them */
};
struct pk_conflicts {
	struct pk_conflict *items;
	size_t n;
};
#define PK_CONFLICTS_INIT { 0 }
void pk_conflicts_release(struct pk_conflicts *conflicts);

/* Does it ask something of rows that are there? */
bool pk_conflict_possible(const struct pk_actions *actions, size_t statement);
/*
 * Adds what stands in the way of a statement, before it is run or after it failed. sqlstate: what it failed with; NULL:
 * it has not been run. conn: in a transaction that works, which the caller rolls back, and acting as whoever runs the
 * statement. What cannot be asked there (columns that are still to come, no right to look) is passed over.
 */
int pk_conflicts_find(struct pk_conn *conn, const struct pk_actions *actions, size_t statement, const char *sqlstate,
		      struct pk_conflicts *ret, struct pk_err *err);
/*
 * After a statement failed for the rows that are there: adds what stands in its way to the error's detail. In a
 * transaction it must have been run behind SAVEPOINT postkit_statement, and the transaction is to be rolled back.
 */
void pk_conflict_explain(struct pk_conn *conn, const struct pk_actions *actions, size_t statement, struct pk_err *err);
/* Several lines, without the last line's end. */
void pk_conflict_words(struct pk_buf *ret, const struct pk_conflict *conflict);
cJSON *pk_conflicts_to_json(const struct pk_conflicts *conflicts); /* an array, an object each */

#endif
