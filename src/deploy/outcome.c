/* What became of a migration whose connection was lost while it ran, perhaps at its COMMIT. */
#include "deploy/internal.h"

#include <time.h>

#include "base/clock.h"
#include "base/sig.h"
#include "pg/sqlstate.h"

#define WAIT_SECONDS 30.0

static void pause_for(double seconds)
{
	struct timespec ts = { .tv_sec = (time_t)seconds };

	ts.tv_nsec = (long)((seconds - (double)ts.tv_sec) * 1e9);
	nanosleep(&ts, NULL);
}

static int reconnect(struct pk_deploy *d, double until, struct pk_err *err)
{
	pk_deploy_phase(d, "the connection to '%s' was lost, connecting again", d->remote.name);
	for (;;) {
		PK_AUTO(pk_err) why = PK_ERR_INIT;

		pk_conn_release(&d->conn);
		d->conn = (struct pk_conn)PK_CONN_INIT;
		if (pk_remote_connect(&d->remote, &d->conn, &why) == 0)
			return 0;
		if (pk_now() > until || pk_interrupted())
			return pk_err_move(err, &why);
		pause_for(1);
	}
}

int pk_deploy_wake(struct pk_deploy *d, struct pk_err *err)
{
	if (pk_conn_alive(&d->conn) && pk_exec(&d->conn, "SELECT", NULL) == 0)
		return 0;
	return reconnect(d, pk_now(), err);
}

/* A COMMIT that was on its way may still be at work in the old backend, and so may a statement. */
static int is_at_work(struct pk_deploy *d, const struct pk_deploy_lost *lost, char **ret_status, struct pk_err *err)
{
	static const char backend_sql[] =
		"SELECT 'in progress' FROM pg_catalog.pg_stat_activity WHERE pid = $1::pg_catalog.int4"
		" AND datname = pg_catalog.current_database() AND pid <> pg_catalog.pg_backend_pid()";
	PK_AUTO(pk_err) why = PK_ERR_INIT;
	const char *xid[] = { lost->xid }, *pid[] = { lost->pid };

	free(*ret_status);
	*ret_status = NULL;
	if (!*lost->xid)
		return lost->pid ? pk_query_value(&d->conn, backend_sql, 1, pid, ret_status, err) : 0;
	if (pk_query_value(&d->conn, "SELECT pg_catalog.txid_status($1::pg_catalog.int8)", 1, xid, ret_status, &why) == 0)
		return 0;
	/* "in the future": it is another server by now, one that has not seen it. */
	if (pk_streq(why.sqlstate, PK_SQLSTATE_INVALID_PARAMETER_VALUE))
		return 0;
	return pk_err_move(err, &why);
}

static int wait_for_end(struct pk_deploy *d, const struct pk_deploy_lost *lost, double until, char **ret_status,
			struct pk_err *err)
{
	for (bool said = false;; said = true) {
		if (is_at_work(d, lost, ret_status, err) < 0)
			return -1;
		if (!pk_streq(*ret_status, "in progress"))
			return 0;
		if (!said && *lost->xid)
			pk_deploy_phase(d, "its COMMIT is still at work on '%s', waiting for that", d->remote.name);
		if (pk_now() > until || pk_interrupted())
			return pk_err_set(err, *lost->xid ? "its COMMIT is still at work there" :
							    "the old connection is still at work");
		pause_for(0.25);
	}
}

int pk_deploy_outcome(struct pk_deploy *d, const struct pk_migration *m, const struct pk_deploy_lost *lost,
		      const char *after, char **ret_state, struct pk_err *err)
{
	const char *params[] = { m->version };
	PK_FREE char *status = NULL;
	double until = pk_now() + WAIT_SECONDS;

	if (reconnect(d, until, err) < 0 || wait_for_end(d, lost, until, &status, err) < 0 ||
	    pk_query_value(&d->conn, "SELECT state FROM postkit.schema_migrations WHERE version = $1", 1, params, ret_state,
			   err) < 0)
		return -1;
	if (!*lost->xid || !status || pk_streq(status, pk_streq(*ret_state, after) ? "committed" : "aborted"))
		return 0;
	return pk_err_set(err, "its transaction was %s, and its row in postkit.schema_migrations says otherwise", status);
}
