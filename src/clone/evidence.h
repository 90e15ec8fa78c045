/*
 * Whether what was copied is still what the source holds. Only what is exact lets anything pass as unchanged:
 *
 * - the same place (clone/copied.h), and less than 2^30 transactions since: else there is doubt, and all is copied;
 * - the same snapshot: no transaction came to its end since, so nothing has changed at all;
 * - a table whose rows are as many as were copied, none of them of a transaction that was not over when it was
 *   copied. What is inserted or updated since bears such a transaction, frozen or not; what is deleted is missing
 *   in the count. The same must be true of what the catalogs say of the table, so that nothing made it another one:
 *   TRUNCATE, a rewrite, a column that went and came again. It is when the catalogs have the same stamp: versions of
 *   their rows only ever get higher numbers.
 *
 * The server's counters of inserted, updated and deleted rows are no evidence: they come late, are lost in a crash,
 * and count what was rolled back.
 */
#ifndef PK_CLONE_EVIDENCE_H
#define PK_CLONE_EVIDENCE_H

#include "clone/hold.h"
#include "clone/copied.h"

/* Why nothing can be told from one to the other, for people; NULL: it can. Caller frees. */
char *pk_evidence_doubt(const struct pk_copied *was, const struct pk_copied *is);
/* Not even a transaction came to its end between them. */
bool pk_evidence_same(const struct pk_copied *was, const struct pk_copied *is);

struct pk_evidence {
	const struct pk_conninfo *source;
	struct pk_hold *hold; /* its snapshot counts */
	const struct pk_copied *was, *is; /* is: of the hold's snapshot */
	const struct pk_copy_tables *tables; /* as they are to be copied */
	int jobs;
	struct pk_progress *progress; /* may be NULL */
};
/*
 * ret_changed: of each table, whether it has to be copied again. ret_sequences: what these are at (clone/beside.h), which
 * is asked for side by side with that.
 */
int pk_evidence_tables(const struct pk_evidence *evidence, bool *ret_changed, struct pk_strv *ret_sequences, struct pk_err *err);
/* Adds the tables that have to be copied together with others. */
void pk_evidence_spread(const struct pk_copy_tables *tables, bool *changed);
/* *ret: whether large objects may have changed. */
int pk_evidence_large(const struct pk_evidence *evidence, bool *ret, struct pk_err *err);

#endif
