/*
 * The ordered statements that lead from one schema to another, and what each would do. A plan is
 * plain data: made by diff, shown and stored by others.
 */
#ifndef PK_DIFF_PLAN_H
#define PK_DIFF_PLAN_H

#include "base/arena.h"
#include "base/json.h"
#include "catalog/script.h"
#include "catalog/snapshot.h"
#include "chain/online.h"

enum pk_change { PK_CREATE_OBJECT, PK_ALTER_OBJECT, PK_REPLACE_OBJECT, PK_DROP_OBJECT, PK_RENAME_OBJECT };

/* A lock that a step takes on a relation that was there before. */
struct pk_step_lock {
	const char *relation; /* as SQL names it */
	const char *mode;     /* as PostgreSQL spells it: "ACCESS EXCLUSIVE" */
	int64_t rows, bytes;  /* estimates; -1 unknown */
};
/* What data a step destroys, and what its way back does not bring back. */
struct pk_lost {
	const char *what;     /* in words: "the rows", "the values"; NULL: nothing is lost */
	const char *schema, *table, *column; /* raw names, to count by; column NULL: whole rows; table NULL: cannot be counted */
	const char *where;    /* a condition (SQL) for the rows concerned; NULL: all */
	int64_t rows, bytes;  /* rows, or values that are not null; -1 unknown */
	bool counted;         /* rows and bytes are exact, not estimates */
};
struct pk_step {
	enum pk_change change;
	const char *kind;     /* "table", "index", ... */
	const char *object;   /* as SQL names it */
	const char *within_kind, *within; /* the relation or type that it is a part of; NULL: none */
	const char *name;     /* within it, unquoted */
	const char *sql;      /* one statement, no semicolon */
	const char *why;      /* "column public.t.a changes its type"; "" when it was asked for itself */
	const char *note;     /* what to know; "" when plain */
	bool no_transaction;  /* must run outside a transaction (CONCURRENTLY) */
	bool own_transaction; /* in a transaction of its own, so that its lock is short (VALIDATE after NOT VALID) */
	bool commit_before;   /* what came before has to be committed first (use of a new enum value) */
	const struct pk_step_lock *locks; /* the strongest first */
	size_t n_locks;
	const char *lock;     /* mode of the first; NULL: none */
	const char *relation; /* the existing relation that is rewritten or read, or else locked; NULL: none */
	bool rewrite, scan;   /* all of its rows are written anew, read */
	int64_t rows, bytes;  /* estimates of that relation; -1 unknown */
	double seconds;       /* that a rewrite takes, by those; 0: no rewrite, or not known */
	bool too_long;        /* longer than others may wait */
	struct pk_pattern pattern; /* when it is too long: another way, if there is one */
	bool destructive;     /* loses data: lost.what is set */
	struct pk_lost lost;
};
struct pk_plan {
	struct pk_arena arena;
	struct pk_step *steps;
	size_t n, cap;
	struct pk_oid from, to; /* fingerprints */
	int pg_major;
	/* "table public.t", of objects whose statements wait for one another, so that their order is a guess; NULL: none. */
	const char *circle;
};
#define PK_PLAN_INIT { 0 }

void pk_plan_release(struct pk_plan *plan);

struct pk_diff_options {
	struct pk_online_settings online; /* sizes are those of the from side */
	const char *role;         /* who will run it, quoted as SQL needs it: owner of what is made; NULL: the database's owner */
};

/* Adds a copy; texts are copied into the plan's arena. *step may be changed until the next one is added. */
struct pk_step *pk_plan_add(struct pk_plan *plan, const struct pk_step *step);

/* Steps from -> to. Nothing to do: n is 0. Neither snapshot is changed but for its marks. */
void pk_diff(struct pk_snapshot *from, struct pk_snapshot *to, const struct pk_diff_options *options, struct pk_plan *ret);

/* Runnable SQL, each statement with its semicolon, settings it needs at the head. */
void pk_plan_sql(const struct pk_plan *plan, struct pk_buf *ret);
/*
 * The steps of one migration: those that share a transaction, or those that follow each other
 * outside of one, each by itself.
 */
struct pk_plan_part {
	size_t first, n;
	bool transaction;
};
/* Caller frees; *ret_n parts. */
struct pk_plan_part *pk_plan_parts(const struct pk_plan *plan, size_t *ret_n);
void pk_plan_part_sql(const struct pk_plan *plan, const struct pk_plan_part *part, struct pk_buf *ret);

/* The other ways of all steps that are too long, as one migration file; nothing when there is none. */
void pk_plan_pattern(const struct pk_plan *plan, struct pk_buf *ret);

/* "the rows: about 200,000, 24 MB" */
void pk_lost_words(struct pk_buf *out, const struct pk_lost *lost);

/* As `plan --json` has it; the caller's. */
cJSON *pk_plan_to_json(const struct pk_plan *plan);

#endif
