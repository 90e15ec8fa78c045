/*
 * The ordered statements that lead from one schema to another, and what each would do. A plan is
 * plain data: made by diff, shown and stored by others.
 */
#ifndef PK_DIFF_PLAN_H
#define PK_DIFF_PLAN_H

#include "base/arena.h"
#include "base/json.h"
#include "catalog/snapshot.h"

enum pk_change { PK_CREATE_OBJECT, PK_ALTER_OBJECT, PK_REPLACE_OBJECT, PK_DROP_OBJECT };

struct pk_step {
	enum pk_change change;
	const char *kind;     /* "table", "index", ... */
	const char *object;   /* as SQL names it */
	const char *sql;      /* one statement, no semicolon */
	const char *note;     /* why, or what to know; "" when plain */
	bool no_transaction;  /* must run outside a transaction (CONCURRENTLY) */
	bool own_transaction; /* a commit must come before it (VALIDATE after NOT VALID, use of a new enum value) */
	bool destructive;     /* loses data */
	const char *lock;     /* strongest lock on an existing relation, as PostgreSQL spells it, or NULL */
	bool rewrite, scan;   /* of an existing relation */
	int64_t rows;         /* rows of that relation; -1 unknown */
};
struct pk_plan {
	struct pk_arena arena;
	struct pk_step *steps;
	size_t n, cap;
	struct pk_oid from, to; /* fingerprints */
	int pg_major;
};
#define PK_PLAN_INIT { 0 }

void pk_plan_release(struct pk_plan *plan);

enum pk_online { PK_ONLINE_AUTO, PK_ONLINE_ALWAYS, PK_ONLINE_NEVER };
struct pk_diff_options {
	enum pk_online online;    /* AUTO: by the rows of the from side */
	int64_t small_rows;       /* tables up to so many rows take the plain way; 0: 1000 */
	const char *role;         /* who will run it, quoted as SQL needs it: owner of what is made; NULL: the database's owner */
};

/* Steps from -> to. Nothing to do: n is 0. Neither snapshot is changed but for its marks. */
int pk_diff(struct pk_snapshot *from, struct pk_snapshot *to, const struct pk_diff_options *options,
	    struct pk_plan *ret, struct pk_err *err);

/* Runnable SQL, each statement with its semicolon, settings it needs at the head. */
void pk_plan_sql(const struct pk_plan *plan, struct pk_buf *ret);
/* The steps of one part, for a migration file: parts are runs of steps that share a transaction. */
struct pk_plan_part {
	size_t first, n;
	bool transaction;
};
/* Caller frees; *ret_n parts. */
struct pk_plan_part *pk_plan_parts(const struct pk_plan *plan, size_t *ret_n);
void pk_plan_part_sql(const struct pk_plan *plan, const struct pk_plan_part *part, struct pk_buf *ret);

cJSON *pk_plan_to_json(const struct pk_plan *plan);

#endif
