/* Statements being collected, with what is known about each. */
#ifndef PK_CATALOG_SCRIPT_H
#define PK_CATALOG_SCRIPT_H

#include "base/arena.h"
#include "base/buf.h"

struct pk_object;

struct pk_stmt {
	const char *sql;
	const char *note;
	bool no_transaction;  /* cannot run inside a transaction */
	bool own_transaction; /* a commit must come before it */
	bool commit_after;    /* a commit must come after it */
	bool destructive;
	bool rewrite, scan;
	const char *lock;     /* on a relation that existed before */
	const struct pk_object *about; /* the existing relation concerned, for sizes; or NULL */
};
struct pk_script {
	struct pk_arena *arena;
	struct pk_stmt *items; /* in the heap; pk_script_release frees it */
	size_t n, cap;
	bool canonical;        /* for the fingerprint: columns by name */
	bool files;            /* for schema files */
	const char *role;      /* who runs it, quoted: objects are born with this owner; NULL: the database's owner */
	const char *database_owner; /* quoted; the owner of objects whose owner is NULL */
	/* Is a relation large enough that locks matter? NULL: never (creation from nothing). */
	bool (*online)(const struct pk_script *s, const struct pk_object *relation);
	bool (*inline_default)(const struct pk_script *s, const struct pk_object *column); /* NULL: always */
	/* Does what is added to its parents reach this table by itself? NULL: yes. */
	bool (*stays_heir)(const struct pk_script *s, const struct pk_object *table);
	const void *context;
};

void pk_script_release(struct pk_script *s);
/* Adds a statement (no semicolon); the pointer is good until the next one. */
struct pk_stmt *pk_emit(struct pk_script *s, const char *fmt, ...) PK_PRINTF(2, 3);
/* All statements, each with ";\n". */
void pk_script_text(const struct pk_script *s, struct pk_buf *out);
bool pk_script_online(const struct pk_script *s, const struct pk_object *relation);

#endif
