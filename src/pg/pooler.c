#include "pg/pooler.h"

#include <libpq-fe.h>

#define TURNS 5

static int ask_pid(struct pk_conn *conn, int *ret, struct pk_err *err)
{
	PK_FREE char *pid = NULL;

	if (pk_query_value(conn, "SELECT pg_catalog.pg_backend_pid()", 0, NULL, &pid, err) < 0)
		return -1;
	*ret = pid ? atoi(pid) : 0;
	return 0;
}

/* Inside a transaction a session is one's own in every pool. */
static int take_turn(struct pk_conn *first, struct pk_conn *second, int *mine, int *other, struct pk_err *err)
{
	if (ask_pid(first, mine, err) < 0 || pk_exec(second, "BEGIN", err) < 0 || ask_pid(second, other, err) < 0)
		return -1;
	return pk_exec(second, "COMMIT", err);
}

static int are_shared(struct pk_conn *first, struct pk_conn *second, bool *ret, struct pk_err *err)
{
	int before = 0;

	*ret = false;
	for (int turn = 0; turn < TURNS && !*ret; turn++) {
		int mine = 0, other = 0;

		if (take_turn(first, second, &mine, &other, err) < 0)
			return -1;
		*ret = mine == other || (before && mine != before);
		before = mine;
	}
	return 0;
}

int pk_pooler_find(struct pk_conn *conn, enum pk_pooler *ret, struct pk_err *err)
{
	struct pk_conn *second;
	bool shared = false;
	int pid = 0;

	if (ask_pid(conn, &pid, err) < 0)
		return -1;
	*ret = PK_POOLER_NONE;
	if (pid == PQbackendPID(conn->handle))
		return 0;
	second = pk_conn_second(conn, err);
	if (!second || are_shared(conn, second, &shared, err) < 0)
		return -1;
	*ret = shared ? PK_POOLER_TRANSACTIONS : PK_POOLER_SESSIONS;
	if (shared && (pk_exec(second, "RESET ALL", err) < 0 || pk_exec(conn, "RESET ALL", err) < 0))
		return -1;
	pk_conn_close_second(conn);
	return 0;
}
