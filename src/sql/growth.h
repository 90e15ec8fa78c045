/*
 * How much longer than its arguments the result of a call can be. Each call of an expression may lengthen a text a little;
 * where calls are nested their factors multiply, so that a short expression could fill the memory of a server.
 */
#ifndef PK_SQL_GROWTH_H
#define PK_SQL_GROWTH_H

#include "sql/tree.h"

/*
 * An upper bound of the result's length, as a multiple of that of all arguments together; 1 for functions that do not
 * lengthen what they are given. 0: it hangs on an argument that is no constant (or a negative one). *ret_arg: the
 * argument that decides, counted from 1; 0: none does. name: of a function of pg_catalog, without its schema.
 */
double pk_sql_growth(const char *name, const PgQuery__FuncCall *call, size_t *ret_arg);

#endif
