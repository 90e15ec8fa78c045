/*
 * One deploy at a time to a database: an advisory lock of the session, on a connection that does
 * nothing else. It is polled: a waiter inside pg_advisory_lock() holds a snapshot, and CREATE INDEX
 * CONCURRENTLY of the one who has the lock would wait for that, for ever.
 */
#ifndef PK_DEPLOY_LOCK_H
#define PK_DEPLOY_LOCK_H

#include "pg/conn.h"

/* Who has it; text for people, "" when it is free by now: "pid 4711 (git-postkit), since 12:00:00 UTC". */
int pk_deploy_lock_holder(struct pk_conn *conn, char **ret, struct pk_err *err);
/*
 * Waits up to seconds. waiting (may be NULL) is called once, with the holder, when it has to wait.
 * The lock goes with the connection. remote: what errors call the database.
 */
int pk_deploy_lock_take(struct pk_conn *conn, const char *remote, int seconds,
			void (*waiting)(void *arg, const char *holder), void *arg, struct pk_err *err);

/*
 * Asks the deploy that runs to stop, after the present statement, or after the present batch of a backfill, which looks
 * for the lock itself (templates/pattern/batches.sql); and waits until nobody deploys any more. asked (may be NULL) is
 * called with who deploys. PK_EXIT_NO when nobody did; interrupted: it goes on, if it has not stopped by then. remote: as
 * above.
 */
int pk_deploy_pause(struct pk_conn *conn, const char *remote, void (*asked)(void *arg, const char *holder), void *arg,
		    struct pk_err *err);
/* Has somebody asked? */
int pk_deploy_pause_asked(struct pk_conn *conn, bool *ret, struct pk_err *err);

#endif
