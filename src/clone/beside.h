/* Data that are in no table: the values of sequences, and large objects. */
#ifndef PK_CLONE_BESIDE_H
#define PK_CLONE_BESIDE_H

#include "pg/conn.h"

/*
 * Values as they are now (they are in no snapshot), as SQL that sets them. Those that extensions keep for
 * themselves are theirs.
 */
int pk_beside_sequences(struct pk_conn *source, struct pk_buf *ret_sql, struct pk_err *err);

/* Makes all large objects, empty, with comments, and owners and privileges if wanted. *ret: whether there are any. */
int pk_beside_large(struct pk_conn *source, struct pk_conn *target, bool owners, bool *ret, struct pk_err *err);
/* Statements for pg/pump.h that carry what is in them. Caller frees. */
int pk_beside_large_data(struct pk_conn *source, char **ret_from, char **ret_into, struct pk_err *err);

#endif
