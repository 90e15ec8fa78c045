/* Names as a pattern is given and writes them. All that is returned is of the arena. */
#ifndef PK_CMD_PATTERN_NAMES_H
#define PK_CMD_PATTERN_NAMES_H

#include "base/arena.h"

/* text as SQL writes it: one name (*ret_schema NULL), or a schema and a name. What is neither is a name as it is. */
void pk_pattern_name_read(struct pk_arena *arena, const char *text, const char **ret_schema,
			  const char **ret_name);
/* Quoted where SQL needs that. schema NULL: the name alone. */
const char *pk_pattern_ident(struct pk_arena *arena, const char *name);
const char *pk_pattern_qualified(struct pk_arena *arena, const char *schema, const char *name);
const char *pk_pattern_literal(struct pk_arena *arena, const char *text);

#endif
