#include "pg/watch.h"

#include "pg/handle.h"
#include <libpq-events.h>

/* Its address is the key under which libpq keeps the watch with the connection. */
static int on_event(PGEventId id, void *info, void *arg)
{
	(void)id;
	(void)info;
	(void)arg;
	return 1;
}

int pk_conn_watch(struct pk_conn *conn, struct pk_watch *watch, struct pk_err *err)
{
	/* It fails when it was done before. */
	PQregisterEventProc(conn->handle, on_event, "postkit", NULL);
	if (PQsetInstanceData(conn->handle, on_event, watch))
		return 0;
	return pk_err_set(err, "the connection to '%s' cannot be watched", conn->where);
}

struct pk_watch *pk_conn_watched(const struct pk_conn *conn)
{
	return PQinstanceData(conn->handle, on_event);
}
