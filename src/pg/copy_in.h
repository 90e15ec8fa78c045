/* COPY ... FROM STDIN of one connection, fed by its caller. Blocks. */
#ifndef PK_PG_COPY_IN_H
#define PK_PG_COPY_IN_H

#include "pg/conn.h"

/* sql: a COPY ... FROM STDIN, and nothing else. */
int pk_copy_in_begin(struct pk_conn *conn, const char *sql, struct pk_err *err);
/* Any number of bytes: where a row ends does not matter. */
int pk_copy_in_put(struct pk_conn *conn, const void *data, size_t len, struct pk_err *err);
/* why: what the rows are given up for, and then an error; NULL: they are complete. */
int pk_copy_in_end(struct pk_conn *conn, const char *why, struct pk_err *err);

#endif
