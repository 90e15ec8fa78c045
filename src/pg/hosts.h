/*
 * Lists of hosts in one conninfo. libpq goes on to the next one by itself when one refuses; when one does not answer, only
 * its blocking loop does, in which no interrupt is heard. Inside pg/ only.
 */
#ifndef PK_PG_HOSTS_H
#define PK_PG_HOSTS_H

#include "pg/conninfo.h"

struct pg_conn;

/*
 * Begins to connect, as PQconnectStartParams(), to those of handle's hosts that are not the one it is at. NULL: there is no
 * other. handle stays the caller's.
 */
struct pg_conn *pk_hosts_others(struct pg_conn *handle);

#endif
