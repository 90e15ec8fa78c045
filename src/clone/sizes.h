/*
 * How large tables are where a copy comes from. A copy that holds less keeps that in a table of its own,
 * postkit.source_sizes, so that what a plan says of locks is about the source (catalog/sql/size_source.sql).
 */
#ifndef PK_CLONE_SIZES_H
#define PK_CLONE_SIZES_H

#include "pg/conn.h"

/* ret: rows of VALUES, empty when there are no tables. */
int pk_sizes_read(struct pk_conn *source, struct pk_buf *ret, struct pk_err *err);
/* owner: of schema postkit, where there is none yet; NULL: whoever is connected. */
int pk_sizes_keep(struct pk_conn *target, const struct pk_buf *sizes, const char *owner, struct pk_err *err);

#endif
