/* What the body of a routine names: the server does not know it while the body is text. */
#ifndef PK_SQL_BODY_H
#define PK_SQL_BODY_H

#include "base/arena.h"

enum pk_named { PK_NAMED_RELATION, PK_NAMED_ROUTINE };
struct pk_name {
	enum pk_named what;
	const char *schema; /* NULL: none was written */
	const char *name;
	struct pk_name *next;
};

/*
 * The relations and routines that are named in the body of a CREATE FUNCTION or PROCEDURE in the
 * languages sql and plpgsql, in the arena, some more than once. NULL: none, another language, or
 * text that the parser does not understand. What is built at run time (EXECUTE) is not seen.
 */
struct pk_name *pk_sql_body_names(struct pk_arena *arena, const char *create);

#endif
