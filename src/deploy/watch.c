#include "deploy/watch.h"

#include "base/clock.h"
#include "deploy/backend.h"

#define SHOWN 3

/* Looks come quickly first, for short limits and before a deadlock is one, and cost little when a statement takes hours. */
#define FIRST_MS      50
#define SOON_MS	      250
#define LATER_MS      1000
#define SAY_SECONDS   2.0 /* of being blocked */
#define AGAIN_SECONDS 30.0

static const char blockers_sql[] =
	"SELECT " PK_BACKEND_SQL ", p.pid FROM (SELECT DISTINCT pid FROM"
	" pg_catalog.unnest(pg_catalog.pg_blocking_pids($1::pg_catalog.int4)) pid) p"
	" LEFT JOIN pg_catalog.pg_stat_activity a ON a.pid = p.pid ORDER BY a.xact_start";

static void add_blocker(struct pk_buf *ret, const struct pk_rows *rows, int i)
{
	if (pk_streq(pk_rows_get(rows, i, PK_BACKEND_COLUMNS), "0"))
		pk_buf_add(ret, "a prepared transaction (pg_prepared_xacts)");
	else if (pk_rows_get(rows, i, 0))
		pk_backend_add(ret, rows, i);
	else
		pk_buf_addf(ret, "pid %s, which is gone", pk_rows_get(rows, i, PK_BACKEND_COLUMNS));
}

static int find_blockers(struct pk_deploy_watch *w)
{
	const char *params[] = { w->pid };
	PK_AUTO(pk_rows) rows = PK_ROWS_INIT;

	pk_buf_clear(&w->blockers);
	if (pk_query(w->by, blockers_sql, 1, params, &rows, NULL) < 0)
		return -1;
	for (int i = 0; i < rows.n && i < SHOWN; i++) {
		pk_buf_add(&w->blockers, i ? "\n" : "");
		add_blocker(&w->blockers, &rows, i);
	}
	if (rows.n > SHOWN)
		pk_buf_addf(&w->blockers, "\nand %d more", rows.n - SHOWN);
	return 0;
}

static void say_waiting(struct pk_deploy_watch *w, const char *behind, double now)
{
	if (!behind) {
		w->blocked_since = 0;
	} else if (!w->blocked_since) {
		w->blocked_since = w->said = now;
	} else if (now - w->said > (w->said > w->blocked_since ? AGAIN_SECONDS : SAY_SECONDS)) {
		PK_FREE char *waited = pk_duration(now - w->blocked_since);

		w->said = now;
		pk_deploy_show_stop(&w->show);
		pk_deploy_phase(w->d, "waiting for %s behind %s", waited, behind);
	}
}

/* -1: the connection is gone. */
static int ask_at_commit(const struct pk_deploy_watch *w, bool *ret)
{
	const char *params[] = { w->pid };
	PK_FREE char *waits = NULL;

	if (pk_query_value(w->by,
			   "SELECT wait_event = 'SyncRep' FROM pg_catalog.pg_stat_activity"
			   " WHERE pid = $1::pg_catalog.int4",
			   1, params, &waits, NULL) < 0)
		return -1;
	*ret = pk_streq(waits, "t");
	return 0;
}

/*
 * A COMMIT that waits for a synchronous replica is done here, and cancelled it would only not be waited for. Blocks
 * of batches commit as well.
 */
static bool may_cancel(const struct pk_deploy_watch *w)
{
	bool at_commit = false;

	return ask_at_commit(w, &at_commit) == 0 && !at_commit;
}

static int look_what_for(struct pk_deploy_watch *w)
{
	bool at_commit = false;

	if (find_blockers(w) < 0 || (!w->blockers.len && ask_at_commit(w, &at_commit) < 0))
		return -1;
	say_waiting(w,
		    at_commit	    ? "a synchronous replica (synchronous_standby_names); what it is to confirm is committed here" :
		    w->blockers.len ? w->blockers.ptr : NULL,
		    pk_now());
	return 0;
}

static int look(void *arg)
{
	struct pk_deploy_watch *w = arg;
	int patience = pk_harm_patience(&w->harm), wait;
	int young = FIRST_MS - (int)((pk_now() - w->began) * 1e3);

	/* It may have to wait. */
	if (w->watch.begins)
		w->looks = 0;
	w->watch.begins = false;
	/* Nobody can have waited for it for longer. */
	if (w->armed && young > 0)
		return young;
	/* A connection of ours that is gone is noticed before the next migration. */
	if (look_what_for(w) < 0)
		return PK_WATCH_NO_MORE;
	/* What it is cancelled for may be over before the server has done so. */
	if (w->armed && !w->harm.why.len && pk_harm_look(&w->harm, w->by, w->pid) < 0)
		return PK_WATCH_NO_MORE;
	if (w->armed && pk_deploy_show_look(&w->show, w->by, w->pid) < 0)
		return PK_WATCH_NO_MORE;
	if (w->armed && w->harm.why.len)
		return may_cancel(w) ? PK_WATCH_CANCEL : FIRST_MS;
	wait = w->looks++ < 2 ? FIRST_MS : w->looks < 40 || w->blockers.len ? SOON_MS : LATER_MS;
	return wait < patience ? wait : patience;
}

void pk_deploy_watch_release(struct pk_deploy_watch *w)
{
	pk_buf_release(&w->blockers);
	pk_harm_release(&w->harm);
	pk_deploy_show_release(&w->show);
	free(w->pid);
}

int pk_deploy_watch_begin(struct pk_deploy_watch *w, struct pk_deploy *d, struct pk_conn *by,
			  struct pk_err *err)
{
	w->d = d;
	w->by = by;
	free(w->pid);
	w->pid = NULL;
	w->harm.remote = d->remote.name;
	w->show.progress = d->events ? d->events->progress : NULL;
	if (pk_harm_limits_read(d->config, d->remote.name, &w->harm.limits, err) < 0 ||
	    pk_harm_visible(&w->harm, by, err) < 0)
		return -1;
	if (pk_query_value(&d->conn, "SELECT pg_catalog.pg_backend_pid()", 0, NULL, &w->pid, err) <
	    0)
		return -1;
	w->watch = (struct pk_watch){ .look = look, .arg = w, .first_ms = FIRST_MS };
	return pk_conn_watch(&d->conn, &w->watch, err);
}

void pk_deploy_watch_arm(struct pk_deploy_watch *w)
{
	if (!w)
		return;
	pk_buf_clear(&w->blockers);
	pk_harm_forget(&w->harm);
	w->blocked_since = 0;
	w->looks = 0;
	w->began = pk_now();
	w->armed = true;
}

void pk_deploy_watch_disarm(struct pk_deploy_watch *w)
{
	if (!w)
		return;
	w->armed = false;
	pk_deploy_show_stop(&w->show);
}
