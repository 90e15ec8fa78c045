/* Data that are in no table: the values of sequences, and large objects. */
#ifndef PK_CLONE_BESIDE_H
#define PK_CLONE_BESIDE_H

#include "pg/conn.h"

/*
 * Values as they are now (they are in no snapshot), as SQL that sets them. Those that extensions keep for
 * themselves are theirs. Within a transaction.
 */
int pk_beside_sequences(struct pk_conn *source, struct pk_buf *ret_sql, struct pk_err *err);
/* The same as pairs: a name as SQL has it, and what setval() takes beside it. Within a transaction, too. */
#define PK_BESIDE_AT_ONCE 50 /* sequences that a query asks for, at most: planning takes the square of it */
int pk_beside_sequence_queries(struct pk_conn *conn, struct pk_strv *ret_sql, struct pk_err *err);
void pk_beside_sequence_rows(const struct pk_rows *rows, struct pk_strv *ret_pairs); /* of one of the queries */
int pk_beside_sequence_values(struct pk_conn *conn, struct pk_strv *ret_pairs, struct pk_err *err);
void pk_beside_set_sequence(const char *name, const char *value, struct pk_buf *ret_sql);

/* Makes all large objects, empty, with comments, and owners and privileges if wanted. *ret: whether there are any. */
int pk_beside_large(struct pk_conn *source, struct pk_conn *target, bool owners, bool *ret, struct pk_err *err);
/* Statements for pg/pump.h that carry what is in them. Caller frees. */
int pk_beside_large_data(struct pk_conn *source, char **ret_from, char **ret_into, struct pk_err *err);

#endif
