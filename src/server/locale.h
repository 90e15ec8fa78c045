/* Encoding and locale of a database that is made. Inside server/ only. */
#ifndef PK_SERVER_LOCALE_H
#define PK_SERVER_LOCALE_H

#include "server/server.h"

/*
 * Adds the options of CREATE DATABASE that say what is wanted; of what is not said, those of the database that it is to be
 * like, or else UTF8 and the cluster's own. conn: to any database of the cluster.
 */
int pk_locale_options(struct pk_conn *conn, const struct pk_create_db *how, struct pk_buf *sql, struct pk_err *err);

#endif
