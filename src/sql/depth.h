/*
 * How deep the parse tree of a text can become. libpg_query and whoever walks its trees recurse, and a chain such as
 * 1+1+1+... nests as deep as it is long, so what is too deep for the stack is found before anything is parsed.
 */
#ifndef PK_SQL_DEPTH_H
#define PK_SQL_DEPTH_H

#include "base/base.h"

/*
 * NULL: the tree is shallow enough; else what is wrong, in words. Seen from the tokens alone: brackets and CASE, and what
 * chains between them (operators, casts, joins, UNION). Commas, AND and OR make lists, which may be as long as they like.
 * About 500 brackets, 2000 operators or 4000 UNIONs within one another are read; servers give up at about as many.
 */
const char *pk_sql_too_deep(const char *sql);

#endif
