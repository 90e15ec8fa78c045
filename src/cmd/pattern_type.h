/* The type that a pattern is told, with its schema: programs that write the table have search paths of their own. */
#ifndef PK_CMD_PATTERN_TYPE_H
#define PK_CMD_PATTERN_TYPE_H

#include "base/err.h"
#include "base/map.h"

/*
 * As it was given, behind its schema where it is one of own (name -> schema: what the schema files define). What is
 * neither, nor the server's, nor given with a schema is an error, as is what is no type. Caller frees.
 */
char *pk_pattern_type(const char *text, const struct pk_map *own, struct pk_err *err);
/* The type that a column of a serial one has: "bigserial" -> "bigint". */
const char *pk_pattern_serial(const char *type);
/* One that sequences count in, by one of its usual names. */
bool pk_pattern_is_integer(const char *type);

#endif
