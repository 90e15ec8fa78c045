/*
 * In a physical copy the bootstrap superuser is ours. What it owned where the copy is from, and its part in privileges
 * and policies, goes to a stand-in of its name there. With us stay what belongs to extensions, foreign-data wrappers and
 * event triggers, as in any copy.
 */
#ifndef PK_CLONE_OWNERS_H
#define PK_CLONE_OWNERS_H

#include "pg/conn.h"

/* conn: superuser postkit_admin in the copied database, where nobody else is. name: of a role that is there. */
int pk_owners_give(struct pk_conn *conn, const char *name, struct pk_err *err);

#endif
