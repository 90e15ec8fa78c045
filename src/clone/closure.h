/*
 * Rows that references ask for: what a narrowed copy takes beside the rows that were chosen, so that everything
 * its rows refer to is there, through cycles and references to oneself. The source joins what was chosen with
 * what was not, and says where the latter lies; then the same for what was found, in batches by its own indexes,
 * until nothing more is found. No value of a row leaves it for that.
 */
#ifndef PK_CLONE_CLOSURE_H
#define PK_CLONE_CLOSURE_H

#include "clone/row_places.h"

/*
 * tables: chosen by their conditions; those that are skipped are never asked for. followed: of the references, whether
 * conditions see to it that what is referred to is chosen; n of refs. Places of round 0 may be there already. *ret_n: rows
 * that were found.
 */
int pk_closure_find(const struct pk_choosing *in, const bool *followed, int64_t *ret_n, struct pk_err *err);

#endif
