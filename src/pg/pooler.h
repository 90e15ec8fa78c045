/* What stands between a connection and its server: nothing, or a pooler, which may give each transaction another session. */
#ifndef PK_PG_POOLER_H
#define PK_PG_POOLER_H

#include "pg/conn.h"

enum pk_pooler {
	PK_POOLER_NONE,
	PK_POOLER_SESSIONS,	/* the server's session is ours as long as the connection lasts */
	PK_POOLER_TRANSACTIONS, /* it is not: settings, locks of sessions and temporary tables are anybody's */
};
/*
 * Found by what it does, whichever it is. A pooler has keys of its own for cancelling, so that the pid in ours is not
 * the backend's; only then a second connection is opened, and asked in turns with the first one: when one of them sees
 * two backends, or both see one, they share. Settings that this left behind in shared sessions are taken back.
 * conn: outside of a transaction; of no use any more after PK_POOLER_TRANSACTIONS.
 */
int pk_pooler_find(struct pk_conn *conn, enum pk_pooler *ret, struct pk_err *err);

#endif
