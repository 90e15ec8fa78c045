/* For trace/conflict.c: the queries that find rows which stand in the way of one action. */
#ifndef PK_TRACE_CONFLICT_ASK_H
#define PK_TRACE_CONFLICT_ASK_H

#include "pg/conn.h"
#include "sql/action.h"

struct pk_conflict_query {
	struct pk_buf what;   /* in words */
	struct pk_buf before; /* a statement to be run first, which makes what the others call; or "" */
	struct pk_buf keys;   /* what tells the rows, a row each */
	struct pk_buf list;   /* the same for people */
	struct pk_buf count;  /* their number */
	bool grouped;	      /* a row of keys is several of the table's */
};
struct pk_conflict_queries {
	struct pk_conflict_query *items;
	size_t n;
};
#define PK_CONFLICT_QUERIES_INIT { 0 }
void pk_conflict_queries_release(struct pk_conflict_queries *queries);

/* They look into the catalog; what is not there yet gives none. */
#define PK_CONFLICT_ASKER(name) \
	int pk_conflict_##name(struct pk_conn *conn, const struct pk_action *action, struct pk_conflict_queries *ret, \
			       struct pk_err *err);
PK_CONFLICT_ASKER(unique)
PK_CONFLICT_ASKER(primary)
PK_CONFLICT_ASKER(foreign)
PK_CONFLICT_ASKER(check)
PK_CONFLICT_ASKER(null)
PK_CONFLICT_ASKER(filled)
PK_CONFLICT_ASKER(valid)
PK_CONFLICT_ASKER(type)
PK_CONFLICT_ASKER(domain)
#undef PK_CONFLICT_ASKER

#endif
