/*
 * The source while it is copied: one snapshot for all that read it, and the tables locked (ACCESS SHARE) since
 * before it was taken, so that nobody empties or rewrites one unseen.
 */
#ifndef PK_CLONE_HOLD_H
#define PK_CLONE_HOLD_H

#include "clone/tables.h"

struct pk_hold {
	struct pk_conn conn;
	char *snapshot; /* its name */
	double since;	/* pk_now() */
	double max_age; /* seconds; 0: any */
	double max_rate; /* bytes of rows a second; 0: any */
	double due; /* pk_now() when what has come may have come at that rate */
	bool rough; /* sizes of tables need not be what they are now (pk_copy_tables_list()) */
	const char *encoding; /* of all connections to the source and the target, borrowed */
	struct pk_progress *progress; /* what locks are waited for; may be NULL */
};
#define PK_HOLD_INIT { .conn = PK_CONN_INIT }
void pk_hold_release(struct pk_hold *hold);
/* For whoever has something to ask before the snapshot is taken; pk_hold_open() then goes on with that. */
int pk_hold_connect(struct pk_hold *hold, const struct pk_conninfo *source, struct pk_err *err);
/*
 * ret: as pk_copy_tables_list(). max_age, rough, encoding and progress are set before. Of a table that is locked against
 * reading, it lets go of all others again and again, so that nobody waits behind it; for max_age at most.
 */
int pk_hold_open(struct pk_hold *hold, const struct pk_conninfo *source, struct pk_copy_tables *ret,
		 struct pk_err *err);
/* What stands for the state of all catalogs: another one when the structure has changed. Caller frees. */
int pk_hold_stamp(struct pk_conn *source, char **ret, struct pk_err *err);
/* One more connection with that snapshot. conn may have been begun (pk_conns_begin()). */
int pk_hold_join(const struct pk_hold *hold, const struct pk_conninfo *source, struct pk_conn *conn,
		 struct pk_err *err);
/*
 * What stands between them locks nothing for longer: a server has room for so many locks, and of what many tables consist
 * of there are several times as many.
 */
#define PK_HOLD_MARK   "SAVEPOINT postkit"
#define PK_HOLD_UNLOCK "ROLLBACK TO SAVEPOINT postkit; RELEASE SAVEPOINT postkit"
/* The error once it is too old. */
int pk_hold_check(const struct pk_hold *hold, struct pk_err *err);
/* After so many bytes of rows: waits until they may have come at max_rate. Returns as pk_hold_check(). */
int pk_hold_pace(struct pk_hold *hold, size_t bytes, struct pk_err *err);
/* Statements on its connection end themselves once it is too old, each with pk_hold_late(); for its transaction. */
int pk_hold_limit(struct pk_hold *hold, bool on, struct pk_err *err);
/* What a statement failed with, or that it was too late. Returns -1. */
int pk_hold_late(const struct pk_hold *hold, struct pk_err *err);
/*
 * A look at tables, between the two: with that limit, and what it locks is let go of at its end. Neither one in another, nor a
 * limit; after a failure of what is between, pk_hold_late().
 */
int pk_hold_look(struct pk_hold *hold, struct pk_err *err);
int pk_hold_looked(struct pk_hold *hold, struct pk_err *err);
/* A query with that limit. */
int pk_hold_query(struct pk_hold *hold, const char *sql, struct pk_rows *ret, struct pk_err *err);
/* What a role has to have, as a hint to an error of the source. Returns -1. */
int pk_hold_hint(struct pk_err *err);

/*
 * What sessions that copy have, on either side: no timeouts, no messages but errors, nothing compiled. pairs: names and values
 * beside that; what the server's version does not know is left out.
 */
int pk_hold_settings(struct pk_conn *conn, const char *encoding, const struct pk_strv *pairs, struct pk_err *err);

#endif
