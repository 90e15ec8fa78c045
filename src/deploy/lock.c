#include "deploy/lock.h"

#include <time.h>

#include "base/clock.h"
#include "base/sig.h"

/* "post", "kit": two halves of the key, as pg_locks shows them in classid and objid. */
#define KEY "1886352244, 1802073088"
/* "post", "paus" */
#define PAUSE_KEY "1886352244, 1885435251"

int pk_deploy_lock_holder(struct pk_conn *conn, char **ret, struct pk_err *err)
{
	static const char sql[] =
		"SELECT pg_catalog.format('pid %s (%s, user %s)%s', a.pid,"
		" coalesce(nullif(a.application_name, ''), 'no application name'), a.usename,"
		/* Hidden from those who may not see what others do. */
		" pg_catalog.to_char(a.backend_start AT TIME ZONE 'UTC', '\", since \"YYYY-MM-DD HH24:MI:SS\" UTC\"'))"
		" FROM pg_catalog.pg_locks l JOIN pg_catalog.pg_stat_activity a ON a.pid = l.pid"
		" WHERE l.locktype = 'advisory' AND l.granted AND l.classid = 1886352244"
		" AND l.objid = 1802073088 AND l.objsubid = 2"
		" AND l.database = (SELECT oid FROM pg_catalog.pg_database"
		" WHERE datname = pg_catalog.current_database())";
	char *holder = NULL;

	if (pk_query_value(conn, sql, 0, NULL, &holder, err) < 0)
		return -1;
	*ret = holder ? holder : pk_strdup("");
	return 0;
}

static int ask_bool(struct pk_conn *conn, const char *sql, bool *ret, struct pk_err *err)
{
	PK_AUTO(pk_rows) rows = PK_ROWS_INIT;

	if (pk_query(conn, sql, 0, NULL, &rows, err) < 0)
		return -1;
	*ret = pk_rows_true(&rows, 0, 0);
	return 0;
}

static int try_lock(struct pk_conn *conn, bool *ret, struct pk_err *err)
{
	return ask_bool(conn, "SELECT pg_catalog.pg_try_advisory_lock(" KEY ")", ret, err);
}

int pk_deploy_lock_take(struct pk_conn *conn, const char *remote, int seconds,
			void (*waiting)(void *arg, const char *holder), void *arg, struct pk_err *err)
{
	static const struct timespec pause = { .tv_nsec = 250 * 1000 * 1000 };
	double until = pk_now() + seconds;
	PK_FREE char *holder = NULL;
	bool taken = false;

	for (;;) {
		if (try_lock(conn, &taken, err) < 0)
			return -1;
		if (taken)
			return 0;
		if (!holder) {
			if (pk_deploy_lock_holder(conn, &holder, err) < 0)
				return -1;
			if (waiting && *holder)
				waiting(arg, holder);
		}
		if (pk_interrupted())
			return pk_err_interrupted(err, "interrupted while waiting for another deploy");
		if (pk_now() >= until)
			break;
		nanosleep(&pause, NULL);
	}
	pk_err_set(err, "another deploy to '%s' is running: %s", remote, *holder ? holder : "unknown");
	return pk_err_hint(err, "wait for it, or give more time with --max-wait SECONDS");
}

/* ---- to stop ---- */

/* For a moment, as a backfill does; cheaper than to look through pg_locks. */
int pk_deploy_pause_asked(struct pk_conn *conn, bool *ret, struct pk_err *err)
{
	return ask_bool(conn,
			"SELECT CASE WHEN pg_catalog.pg_try_advisory_lock_shared(" PAUSE_KEY ")"
			" THEN NOT pg_catalog.pg_advisory_unlock_shared(" PAUSE_KEY ") ELSE true END",
			ret, err);
}

static int pause_interrupted(struct pk_err *err)
{
	return pk_err_interrupted(err, "interrupted; what was asked to stop goes on, unless it has stopped by now");
}

/* By a lock as long as the connection is. A backfill that looks for it holds it for a moment, shared. */
static int ask_to_pause(struct pk_conn *conn, struct pk_err *err)
{
	static const struct timespec pause = { .tv_nsec = 20 * 1000 * 1000 };
	bool taken = false;

	for (;;) {
		if (ask_bool(conn, "SELECT pg_catalog.pg_try_advisory_lock(" PAUSE_KEY ")", &taken, err) < 0)
			return -1;
		if (taken)
			return 0;
		if (pk_interrupted())
			return pause_interrupted(err);
		nanosleep(&pause, NULL);
	}
}

int pk_deploy_pause(struct pk_conn *conn, const char *remote, void (*asked)(void *arg, const char *holder), void *arg,
		    struct pk_err *err)
{
	static const struct timespec pause = { .tv_nsec = 100 * 1000 * 1000 };

	for (bool said = false;; said = true) {
		PK_FREE char *holder = NULL;

		if (pk_deploy_lock_holder(conn, &holder, err) < 0)
			return -1;
		if (!*holder && said)
			return 0;
		if (!*holder) {
			pk_err_set(err, "nothing is deployed to '%s' at present", remote);
			return pk_err_exit(err, PK_EXIT_NO);
		}
		if (!said && asked)
			asked(arg, holder);
		if (!said && ask_to_pause(conn, err) < 0)
			return -1;
		if (pk_interrupted())
			return pause_interrupted(err);
		nanosleep(&pause, NULL);
	}
}
