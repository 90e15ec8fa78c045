#include "deploy/harm.h"

#include "base/clock.h"
#include "base/term.h"
#include "base/text.h"
#include "deploy/backend.h"
#include "deploy/setting.h"

#define BLOCKED_SECONDS 30
#define MINUTE		60.0
#define PATIENCE_MS	1000

void pk_harm_release(struct pk_harm *harm)
{
	pk_buf_release(&harm->why);
	free(harm->waiters);
	*harm = (struct pk_harm)PK_HARM_INIT;
}

/* ---- the limits ---- */

int pk_harm_limits_read(const struct pk_config *config, const char *remote,
			struct pk_harm_limits *ret, struct pk_err *err)
{
	*ret = (struct pk_harm_limits){ .blocked_time = BLOCKED_SECONDS };
	if (pk_setting_count(config, remote, "maxBlocked", &ret->blocked, err) < 0 ||
	    pk_setting_time(config, remote, "maxBlockedTime", &ret->blocked_time, err) < 0 ||
	    pk_setting_time(config, remote, "maxLag", &ret->lag, err) < 0)
		return -1;
	return pk_setting_count(config, remote, "maxErrors", &ret->errors, err);
}

int pk_harm_visible(const struct pk_harm *harm, struct pk_conn *conn, struct pk_err *err)
{
	PK_AUTO(pk_rows) rows = PK_ROWS_INIT;

	if (!harm->limits.lag)
		return 0;
	if (pk_query(conn, "SELECT pg_catalog.pg_has_role('pg_read_all_stats', 'USAGE')", 0, NULL,
		     &rows, err) < 0)
		return -1;
	if (pk_rows_true(&rows, 0, 0))
		return 0;
	pk_err_set(
		err,
		"maxLag of '%s' cannot be kept: the role may not see how far replicas are behind",
		harm->remote);
	return pk_err_hint(err, "GRANT pg_read_all_stats TO it, or take the setting away");
}

int pk_harm_patience(const struct pk_harm *harm)
{
	double ms = harm->limits.blocked_time * 250;

	return ms > 0 && ms < PATIENCE_MS ? (int)ms + 1 : PATIENCE_MS;
}

/* ---- those who wait ---- */

/*
 * Who stands in the queue behind one who waits for us waits for us too. Each call of pg_blocking_pids() holds up
 * the lock manager for a moment, so that it is asked of those alone who do wait.
 */
static const char waiters_sql[] =
	"WITH RECURSIVE waiting AS (SELECT l.pid, pg_catalog.pg_blocking_pids(l.pid) AS by FROM"
	" (SELECT DISTINCT pid FROM pg_catalog.pg_locks WHERE NOT granted"
	" AND pid NOT IN ($1::pg_catalog.int4, pg_catalog.pg_backend_pid()) LIMIT 1000) l),"
	" behind AS (SELECT w.pid FROM waiting w WHERE $1::pg_catalog.int4 = ANY (w.by) UNION"
	" SELECT w.pid FROM waiting w JOIN behind b ON b.pid = ANY (w.by))"
	" SELECT " PK_BACKEND_SQL ", b.pid, b.pid = ANY ((SELECT pg_catalog.pg_blocking_pids($1::pg_catalog.int4))::pg_catalog.int4[])"
	" FROM behind b"
	" LEFT JOIN pg_catalog.pg_stat_activity a ON a.pid = b.pid"
	" WHERE a.backend_type IS DISTINCT FROM 'autovacuum worker'";

static double waits_since(const struct pk_harm *harm, int pid, double now)
{
	for (size_t i = 0; i < harm->n; i++)
		if (harm->waiters[i].pid == pid)
			return harm->waiters[i].since;
	return now;
}

/* Returns the row of the one who has waited longest. */
static int note_waiters(struct pk_harm *harm, const struct pk_rows *rows, double now)
{
	struct pk_waiter *waiters = pk_alloc((size_t)(rows->n + 1) * sizeof(*waiters));
	int longest = 0;

	for (int i = 0; i < rows->n; i++) {
		int pid = atoi(pk_rows_get(rows, i, PK_BACKEND_COLUMNS));

		waiters[i] = (struct pk_waiter){ .pid = pid, .since = waits_since(harm, pid, now) };
		if (waiters[i].since < waiters[longest].since)
			longest = i;
	}
	free(harm->waiters);
	harm->waiters = waiters;
	harm->n = (size_t)rows->n;
	return longest;
}

static void clear_reason(struct pk_harm *harm)
{
	pk_buf_clear(&harm->why);
	harm->circle = false;
}

static void begin_reason(struct pk_harm *harm)
{
	if (harm->why.len)
		pk_buf_add(&harm->why, "; ");
}

static void add_waiter(struct pk_harm *harm, const struct pk_rows *rows, int i)
{
	if (pk_rows_get(rows, i, 0))
		pk_backend_add(&harm->why, rows, i);
	else
		pk_buf_addf(&harm->why, "pid %s", pk_rows_get(rows, i, PK_BACKEND_COLUMNS));
}

static void judge_longest(struct pk_harm *harm, const struct pk_rows *rows, int longest, double now)
{
	const struct pk_harm_limits *limits = &harm->limits;
	double waited = now - harm->waiters[longest].since;
	bool many = limits->blocked && rows->n > limits->blocked;
	PK_FREE char *took = pk_duration(waited);

	if (!many && (!limits->blocked_time || waited < limits->blocked_time))
		return;
	begin_reason(harm);
	pk_buf_addf(&harm->why, "%d session%s waited for it, more than %s allows (%s: ", rows->n,
		    rows->n == 1 ? "" : "s", many ? "maxBlocked" : "maxBlockedTime", took);
	add_waiter(harm, rows, longest);
	pk_buf_addc(&harm->why, ')');
}

static bool may_be_circle(const struct pk_rows *rows)
{
	for (int i = 0; i < rows->n; i++)
		if (pk_rows_true(rows, i, PK_BACKEND_COLUMNS + 1))
			return true;
	return false;
}

/*
 * Who holds what another one waits for. A circle in which somebody merely stands in the queue ahead the server solves by itself:
 * it changes the queue.
 */
static const char circle_sql[] =
	"WITH RECURSIVE l AS MATERIALIZED (SELECT l.*, ROW(locktype, database, relation, page, tuple, virtualxid, transactionid,"
	" classid, objid, objsubid)::text AS what FROM pg_catalog.pg_locks l),"
	" waiting AS MATERIALIZED (SELECT w.pid, w.what, pg_catalog.pg_blocking_pids(w.pid) AS by FROM"
	" (SELECT DISTINCT pid, what FROM l WHERE NOT granted LIMIT 1000) w),"
	" held AS (SELECT DISTINCT w.pid, h.pid AS by FROM waiting w JOIN l h ON h.granted AND h.what = w.what"
	" AND h.pid = ANY (w.by)),"
	" behind AS (SELECT pid FROM held WHERE by = $1::pg_catalog.int4 UNION"
	" SELECT h.pid FROM held h JOIN behind b ON b.pid = h.by)"
	" SELECT " PK_BACKEND_SQL ", b.pid FROM held h JOIN behind b ON b.pid = h.by"
	" LEFT JOIN pg_catalog.pg_stat_activity a ON a.pid = b.pid WHERE h.pid = $1::pg_catalog.int4 LIMIT 1";

/* After deadlock_timeout the server would end either one, and not be asked which. */
static int look_for_circle(struct pk_harm *harm, struct pk_conn *conn, const char *pid)
{
	const char *params[] = { pid };
	PK_AUTO(pk_rows) rows = PK_ROWS_INIT;

	if (pk_query(conn, circle_sql, 1, params, &rows, NULL) < 0)
		return -1;
	if (!rows.n)
		return 0;
	harm->circle = true;
	begin_reason(harm);
	pk_buf_add(&harm->why, "it and another session waited for each other (");
	add_waiter(harm, &rows, 0);
	pk_buf_addc(&harm->why, ')');
	return 0;
}

static int look_at_waiters(struct pk_harm *harm, struct pk_conn *conn, const char *pid, double now)
{
	const char *params[] = { pid };
	PK_AUTO(pk_rows) rows = PK_ROWS_INIT;
	int longest;

	if (pk_query(conn, waiters_sql, 1, params, &rows, NULL) < 0)
		return -1;
	longest = note_waiters(harm, &rows, now);
	if (may_be_circle(&rows) && look_for_circle(harm, conn, pid) < 0)
		return -1;
	if (rows.n && !harm->why.len)
		judge_longest(harm, &rows, longest, now);
	return 0;
}

/* ---- replicas ---- */

static int look_at_lag(struct pk_harm *harm, struct pk_conn *conn)
{
	static const char sql[] =
		"SELECT coalesce(nullif(application_name, ''), pid::pg_catalog.text),"
		" extract(epoch FROM replay_lag) FROM pg_catalog.pg_stat_replication"
		" WHERE replay_lag IS NOT NULL ORDER BY replay_lag DESC LIMIT 1";
	PK_AUTO(pk_rows) rows = PK_ROWS_INIT;
	PK_FREE char *took = NULL;
	double lag;

	if (!harm->limits.lag)
		return 0;
	if (pk_query(conn, sql, 0, NULL, &rows, NULL) < 0)
		return -1;
	lag = rows.n ? strtod(pk_rows_get(&rows, 0, 1), NULL) : 0;
	if (lag <= harm->limits.lag)
		return 0;
	took = pk_duration(lag);
	begin_reason(harm);
	pk_buf_add(&harm->why, "replica '");
	pk_buf_add_safe(&harm->why, pk_rows_get(&rows, 0, 0), false);
	pk_buf_addf(&harm->why, "' is %s behind, more than maxLag allows", took);
	return 0;
}

/* ---- failures ---- */

static int look_at_errors(struct pk_harm *harm, struct pk_conn *conn, double now)
{
	PK_FREE char *text = NULL;
	int64_t n;

	if (!harm->limits.errors)
		return 0;
	if (pk_query_value(conn,
			   "SELECT xact_rollback FROM pg_catalog.pg_stat_database"
			   " WHERE datname = pg_catalog.current_database()",
			   0, NULL, &text, NULL) < 0)
		return -1;
	n = text ? strtoll(text, NULL, 10) : 0;
	if (!harm->counted || now - harm->counted > MINUTE || n < harm->rolled_back) {
		harm->counted = now;
		harm->rolled_back = n;
	}
	if (n - harm->rolled_back <= harm->limits.errors)
		return 0;
	begin_reason(harm);
	pk_buf_addf(&harm->why,
		    "%lld transactions were rolled back in the database meanwhile, more than "
		    "maxErrors allows",
		    (long long)(n - harm->rolled_back));
	return 0;
}

/* ---- */

int pk_harm_look(struct pk_harm *harm, struct pk_conn *conn, const char *pid)
{
	double now = pk_now();

	clear_reason(harm);
	if (look_at_waiters(harm, conn, pid, now) < 0 || look_at_lag(harm, conn) < 0)
		return -1;
	return look_at_errors(harm, conn, now);
}

int pk_harm_look_at_lag(struct pk_harm *harm, struct pk_conn *conn)
{
	clear_reason(harm);
	return look_at_lag(harm, conn);
}

void pk_harm_forget(struct pk_harm *harm)
{
	clear_reason(harm);
	harm->n = 0;
	harm->counted = 0;
}
