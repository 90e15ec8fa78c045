/* What to do next, by SQLSTATE and by the text of a failed connection. Inside pg/ only. */
#ifndef PK_PG_HINTS_H
#define PK_PG_HINTS_H

#include "base/err.h"

/* NULL: nothing better to say than the server does. */
const char *pk_pg_hint(const char *sqlstate, const char *message);
/* Of a failed connection: *ret_sqlstate "" when the text tells none. NULL: no hint. */
const char *pk_pg_connect_hint(const char *text, const char **ret_sqlstate);

#endif
