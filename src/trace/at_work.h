/* Who builds, rebuilds or detaches beside the traffic: what a client began that was killed goes on at the server. */
#ifndef PK_TRACE_AT_WORK_H
#define PK_TRACE_AT_WORK_H

#include "pg/conn.h"

/*
 * Has another session the lock that CONCURRENTLY takes, or waits for it? tables: "{oid,...}" of tables or their indexes, and
 * with them goes all that they are divided into, and their TOAST tables; NULL: whoever rebuilds any index of the database.
 * *ret_who: "pid 4711 (psql, user shop)"; NULL: nobody has. Caller frees. Everybody may see that. Autovacuum, which gives way
 * by itself, does not count.
 */
int pk_at_work_find(struct pk_conn *conn, const char *tables, char **ret_who, struct pk_err *err);

#endif
