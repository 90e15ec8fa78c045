/* Extensions that a source uses, against those that a server can create. */
#ifndef PK_CLONE_EXTENSION_H
#define PK_CLONE_EXTENSION_H

#include "clone/copy.h"

/* One error that lists all that are missing, with the Debian packages that bring them. */
int pk_extensions_check(struct pk_conn *conn, const struct pk_source_facts *facts,
			struct pk_err *err);

#endif
