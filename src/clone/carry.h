/* What belongs to a database but does not come along with its contents. */
#ifndef PK_CLONE_CARRY_H
#define PK_CLONE_CARRY_H

#include "base/strv.h"
#include "pg/conn.h"

/* Where a template came from; a setting of the template alone. */
#define PK_CARRY_SOURCE "postkit.source"

/* pairs: names and values as pg_db_role_setting has them. conn: superuser, connected to db. */
int pk_carry_settings(struct pk_conn *conn, const char *db, const struct pk_strv *pairs,
		      struct pk_err *err);
/* Those of a database, PK_CARRY_SOURCE included. */
int pk_carry_read(struct pk_conn *conn, const char *db, struct pk_strv *ret_pairs,
		  struct pk_err *err);
/*
 * Before 15 everybody may create in public, unless that was revoked. pg_dump of 15 and later takes it
 * for what 15 has from the start, and says nothing of it: carried apart. From 15 on nothing is.
 */
enum pk_public { PK_PUBLIC_AS_IT_IS, PK_PUBLIC_NOTHING, PK_PUBLIC_USAGE, PK_PUBLIC_CREATE, PK_PUBLIC_BOTH };
int pk_carry_read_public(struct pk_conn *conn, enum pk_public *ret, struct pk_err *err);
int pk_carry_public(struct pk_conn *conn, enum pk_public what, struct pk_err *err);
int pk_carry_create_privilege(struct pk_conn *conn, const char *db, const char *role,
			      struct pk_err *err);

#endif
