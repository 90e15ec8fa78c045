/* Statements being collected, with what is known about each. */
#ifndef PK_CATALOG_SCRIPT_H
#define PK_CATALOG_SCRIPT_H

#include "base/arena.h"
#include "base/buf.h"

struct pk_object;
struct pk_snapshot;

/* A lock on one more relation. */
struct pk_stmt_lock {
	const struct pk_object *on;
	const char *mode;
	bool alone;           /* without the partitions of a partitioned table */
	const struct pk_object *through; /* what it comes from: if that is there at this point of the plan; or NULL */
	const struct pk_stmt_lock *next;
};
/* Another way to the same, to be completed by hand: statements, each with its semicolon; NULL: there is none. */
struct pk_pattern {
	const char *up, *down;
};
/* What holds the values of a column while the type that they are made of cannot be in use. */
enum pk_stand_in { PK_STAND_IN_NONE, PK_STAND_IN_TEXT, PK_STAND_IN_JSON /* by the names of attributes */ };
enum pk_heirs { PK_NO_HEIRS, PK_NEXT_HEIRS, PK_ALL_HEIRS };
struct pk_stmt {
	const char *sql;
	const char *note;
	size_t action;        /* "ALTER TABLE x " and what is done: where that begins, if others may stand beside it; 0: they may not */
	bool no_transaction;  /* cannot run inside a transaction */
	bool own_transaction; /* with the others of its action: each in a transaction of its own, so that locks are short */
	const char *usable_later; /* a literal that can be used only after a commit; NULL: none */
	bool superuser;       /* only a superuser may run it, so apart from what the role runs: catalog/super.h */
	bool rewrite, scan;
	bool row_type;        /* refused while a column anywhere has the row type of `about`, or one made of it */
	enum pk_heirs heirs;  /* for which of those that inherit from `about` what is said of it holds as well */
	const char *lock;     /* on `about`, as PostgreSQL spells it; NULL: what the kind says; "": none */
	const struct pk_object *about; /* the relation concerned; NULL: the object's own, or its parent */
	const struct pk_stmt_lock *locks; /* on others */
	const char *users_lock; /* on the tables of what uses the object, and at the other ends of its foreign keys; or NULL */
	struct pk_pattern pattern; /* without the long lock that it takes */
	const char *lost;     /* the data it destroys, in words: "the rows"; NULL: none */
	const struct pk_object *lost_of; /* the table or column whose data that is, to be counted; NULL: cannot be */
	const char *lost_where; /* a condition for the rows concerned; NULL: all */
};
struct pk_script {
	struct pk_arena *arena;
	struct pk_stmt *items; /* in the heap; pk_script_release frees it */
	size_t n, cap;
	bool canonical;        /* for the fingerprint: columns by name */
	bool files;            /* for schema files */
	int version;           /* server_version_num of who runs it */
	bool beside;           /* what is to be made stands there already, under the name that it was built with */
	const char *role;      /* who runs it, quoted: objects are born with this owner; NULL: the database's owner */
	const char *database_owner; /* quoted; the owner of objects whose owner is NULL */
	/* Is a relation large enough that locks matter? NULL: never (creation from nothing). */
	bool (*online)(const struct pk_script *s, const struct pk_object *relation);
	/* Of its grants, what statements of their own give or take for the time of the plan. NULL: nothing. */
	const char **(*grants_apart)(const struct pk_script *s, const struct pk_object *o);
	/* Is it made without its tie, which a later statement makes? NULL: no. */
	bool (*tied_later)(const struct pk_script *s, const struct pk_object *o);
	/* Privileges that it has as soon as it is made, beyond the built-in ones (pk_acl_born). NULL: none. */
	const char **(*born)(const struct pk_script *s, const struct pk_object *o);
	/* Does what is added to its parents reach this table by itself? NULL: yes. */
	bool (*stays_heir)(const struct pk_script *s, const struct pk_object *table);
	/* Is the object, of the new side, made by this plan? NULL: no. */
	bool (*comes)(const struct pk_script *s, const struct pk_object *o);
	/* Does anything have this name (unquoted), before or after? NULL: nothing does. */
	bool (*is_taken)(const struct pk_script *s, const char *name);
	/* What holds the values of a column of the old side by now? NULL: nothing but itself. */
	enum pk_stand_in (*stand_in)(const struct pk_script *s, const struct pk_object *column);
	const char *why;       /* why what alter() was given cannot change in place, in words; NULL: nothing to add */
	const void *context;
	const struct pk_snapshot *side; /* of which it says objects, as whoever runs it has to; NULL: as they stand */
	const struct pk_snapshot *from, *to; /* in a diff: both sides, for what else comes and goes; else NULL */
};

void pk_script_release(struct pk_script *s);
/* Adds a statement (no semicolon); the pointer is good until the next one. */
struct pk_stmt *pk_emit(struct pk_script *s, const char *fmt, ...) PK_PRINTF(2, 3);
/* It may stand beside other actions of that table, on which it takes the strongest lock. */
void pk_stmt_joins(struct pk_stmt *stmt, const struct pk_object *table);
/* One that only a superuser may run. */
struct pk_stmt *pk_emit_super(struct pk_script *s, const char *fmt, ...) PK_PRINTF(2, 3);
/* One more lock of a statement, with the partitions of a partitioned table. on NULL: nothing, and NULL. */
struct pk_stmt_lock *pk_stmt_lock(struct pk_script *s, struct pk_stmt *stmt, const struct pk_object *on, const char *mode);
/* All statements, each with ";\n". */
void pk_script_text(const struct pk_script *s, struct pk_buf *out);
bool pk_script_online(const struct pk_script *s, const struct pk_object *relation);

#endif
