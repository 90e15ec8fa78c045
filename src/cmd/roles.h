/* Roles as a file of infra/: statements that create what is missing, without passwords. */
#ifndef PK_CMD_ROLES_H
#define PK_CMD_ROLES_H

#include "pg/conn.h"

/* Those of `roles` that the server knows and that are not its own. Empty when there are none. */
int pk_roles_sql(struct pk_conn *conn, const struct pk_strv *roles, struct pk_buf *ret,
		 struct pk_err *err);

#endif
