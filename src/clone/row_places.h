/*
 * Rows of a source by where they lie (ctid), which holds within a snapshot: those that are copied beside the
 * ones that conditions choose. They are kept in temporary tables of a session of their own on the target, so
 * that this program never holds more of them than a batch; nothing is made on the source.
 */
#ifndef PK_CLONE_ROW_PLACES_H
#define PK_CLONE_ROW_PLACES_H

#include "clone/hold.h"
#include "clone/refs.h"

/* Rows that a statement names at once. */
#define PK_ROW_PLACES_BATCH 8192

struct pk_row_places {
	struct pk_conn conn;
};
#define PK_ROW_PLACES_INIT { .conn = PK_CONN_INIT }
void pk_row_places_release(struct pk_row_places *places);

/* What rows are looked for in, and where those that are found go. All borrowed. */
struct pk_choosing {
	struct pk_hold *source;
	const struct pk_copy_tables *tables;
	const struct pk_refs *refs;
	struct pk_row_places *places;
};
/* On a connection of its own, in temporary tables of the target. */
int pk_row_places_open(struct pk_row_places *places, const struct pk_conninfo *target, struct pk_err *err);
/*
 * Takes what a query of the source answers, (OID of the table, ctid) each; what is there already stays as it is.
 * ret_n: how many were new; may be NULL.
 */
int pk_row_places_add(struct pk_row_places *places, struct pk_hold *source, const char *query, int round, int64_t *ret_n,
		  struct pk_err *err);
int pk_row_places_clear(struct pk_row_places *places, struct pk_err *err);
int pk_row_places_count(struct pk_row_places *places, uint32_t table, int64_t *ret, struct pk_err *err);
/* OIDs of tables that got places in a round, as text. */
int pk_row_places_tables(struct pk_row_places *places, int round, struct pk_strv *ret, struct pk_err *err);
/*
 * The next batch of those of a round in a table, as the text of an array of tid; *ret NULL: there are no more. *last: of
 * the batch before, NULL at first; replaced. Caller frees both.
 */
int pk_row_places_next(struct pk_row_places *places, const char *table, int round, char **last, char **ret,
		       struct pk_err *err);
/* When all are there: numbers them, and sets batches of the tables. */
int pk_row_places_settle(struct pk_row_places *places, struct pk_copy_tables *tables, struct pk_err *err);
/* The n-th batch of a table, from 0. Caller frees. */
int pk_row_places_batch(struct pk_row_places *places, uint32_t table, int64_t n, char **ret, struct pk_err *err);

#endif
