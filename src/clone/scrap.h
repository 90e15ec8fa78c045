/* Getting rid of a database that this very call made, over a connection that is open already. */
#ifndef PK_CLONE_SCRAP_H
#define PK_CLONE_SCRAP_H

#include "pg/conn.h"

/*
 * After an interrupt no new connection may be had, and that is when half-made databases are to go.
 * admin: superuser, in another database. Absent is success.
 */
int pk_scrap_db(struct pk_conn *admin, const char *name, struct pk_err *err);

#endif
