/*
 * Tables of a copy that is there already, filled again from a later snapshot: keys, indexes, triggers and all that
 * was made for them stay. For a superuser, on a database of ours that nobody else is connected to: unless it is wanted
 * inside a transaction, what is done here is not one, and half of it is worth nothing.
 */
#ifndef PK_CLONE_AGAIN_H
#define PK_CLONE_AGAIN_H

#include "clone/transfer.h"

struct pk_again {
	bool *changed; /* of each of the work's tables */
	bool large;    /* the large objects too */
	bool views;    /* all materialized views are filled again */
	struct pk_strv sequences; /* the source's (clone/beside.h); none: they are what they were */
	/*
	 * The target is in a transaction, and all is part of it. For tables that are not many, copied whole, and without
	 * large objects: what these need commits by itself.
	 */
	bool inside;
};
/*
 * work: its tables and sequences read, its target open. Sets sequences, fills materialized views again that may read
 * what has changed, gathers statistics, and tells foreign keys that do not hold for what was left out. The work's rows
 * and bytes are those that were copied.
 */
int pk_again_run(const struct pk_again *again, struct pk_transfer_work *work, struct pk_err *err);

#endif
