/* What a database is busy with before a deploy: nothing of it is refused, all of it is good to know before one says yes. */
#include "deploy/backend.h"
#include "deploy/disk.h"
#include "deploy/internal.h"

#include "base/clock.h"
#include "base/term.h"
#include "base/text.h"
#include "pg/silence.h"

#define REWRITE_BYTES	(10u << 20) /* of tables that are worth a word */
#define FEW_CONNECTIONS "8"

/* Adds lines from rows of a query. */
struct question {
	const char *sql;
	void (*add)(struct pk_strv *ret, const struct pk_rows *rows, int row);
};

static void add_transaction(struct pk_strv *ret, const struct pk_rows *rows, int i)
{
	PK_AUTO(pk_buf) line = PK_BUF_INIT;
	PK_FREE char *open = pk_duration(strtod(pk_rows_get(rows, i, PK_BACKEND_COLUMNS), NULL));

	pk_buf_addf(&line, "a transaction is open for %s: ", open);
	pk_backend_add(&line, rows, i);
	pk_strv_push(ret, line.ptr);
}

static void add_unseen(struct pk_strv *ret, const struct pk_rows *rows, int i)
{
	const char *n = pk_rows_get(rows, i, 0);

	if (!pk_streq(n, "0"))
		pk_strv_pushf(ret,
			      "what %s session%s of others do%s cannot be seen: the role is no "
			      "member of pg_read_all_stats",
			      n, pk_streq(n, "1") ? "" : "s", pk_streq(n, "1") ? "es" : "");
}

static void add_prepared(struct pk_strv *ret, const struct pk_rows *rows, int i)
{
	PK_FREE char *open = pk_duration(strtod(pk_rows_get(rows, i, 2), NULL));
	PK_AUTO(pk_buf) gid = PK_BUF_INIT;

	pk_buf_add_safe(&gid, pk_rows_get(rows, i, 0), false);
	pk_strv_pushf(ret, "transaction '%s' is prepared and not ended, for %s: its locks stay",
		      gid.ptr, open);
}

static void add_wraparound(struct pk_strv *ret, const struct pk_rows *rows, int i)
{
	PK_AUTO(pk_buf) query = PK_BUF_INIT;

	pk_buf_add_safe(&query, pk_rows_get(rows, i, 1), false);
	pk_strv_pushf(ret, "pid %s does not give way: %s", pk_rows_get(rows, i, 0), query.ptr);
}

static void add_lag(struct pk_strv *ret, const struct pk_rows *rows, int i)
{
	PK_FREE char *lag = pk_duration(strtod(pk_rows_get(rows, i, 1), NULL));
	PK_AUTO(pk_buf) name = PK_BUF_INIT;

	pk_buf_add_safe(&name, pk_rows_get(rows, i, 0), false);
	pk_strv_pushf(ret, "replica '%s' is %s behind", name.ptr, lag);
}

static void add_unconfirmed(struct pk_strv *ret, const struct pk_rows *rows, int i)
{
	PK_AUTO(pk_buf) names = PK_BUF_INIT;

	pk_buf_add_safe(&names, pk_rows_get(rows, i, 0), false);
	pk_strv_pushf(ret,
		      "no synchronous replica is connected: each COMMIT will wait for one "
		      "(synchronous_standby_names = '%s')",
		      names.ptr);
}

static void add_slot(struct pk_strv *ret, const struct pk_rows *rows, int i)
{
	PK_FREE char *size = pk_size((uint64_t)strtoull(pk_rows_get(rows, i, 1), NULL, 10));
	PK_AUTO(pk_buf) name = PK_BUF_INIT;

	pk_buf_add_safe(&name, pk_rows_get(rows, i, 0), false);
	pk_strv_pushf(ret, "replication slot '%s' holds back %s of WAL", name.ptr, size);
}

static void add_connections(struct pk_strv *ret, const struct pk_rows *rows, int i)
{
	const char *left = pk_rows_get(rows, i, 0);

	pk_strv_pushf(ret, "%s connection%s %s left %s", left, pk_streq(left, "1") ? "" : "s",
		      pk_streq(left, "1") ? "is" : "are", pk_rows_get(rows, i, 1));
}

#define HERE "a.datname = pg_catalog.current_database() AND a.pid <> pg_catalog.pg_backend_pid()"

static const struct question questions[] = {
	{ "SELECT " PK_BACKEND_SQL
	  ", extract(epoch FROM pg_catalog.clock_timestamp() - a.xact_start)"
	  " FROM pg_catalog.pg_stat_activity a WHERE " HERE " AND a.backend_type = 'client backend'"
	  " AND a.xact_start < pg_catalog.clock_timestamp() - interval '10 s' ORDER BY "
	  "a.xact_start LIMIT 3",
	  add_transaction },
	{ "SELECT pg_catalog.count(*) FROM pg_catalog.pg_stat_activity a WHERE " HERE
	  " AND NOT pg_catalog.pg_has_role(a.usesysid, 'USAGE')"
	  " AND NOT pg_catalog.pg_has_role('pg_read_all_stats', 'USAGE')",
	  add_unseen },
	{ "SELECT gid, owner, extract(epoch FROM pg_catalog.clock_timestamp() - prepared) FROM "
	  "pg_catalog.pg_prepared_xacts"
	  " WHERE database = pg_catalog.current_database() ORDER BY prepared LIMIT 3",
	  add_prepared },
	{ "SELECT a.pid, a.query FROM pg_catalog.pg_stat_activity a WHERE a.datname = "
	  "pg_catalog.current_database()"
	  " AND a.backend_type = 'autovacuum worker' AND a.query LIKE '%to prevent wraparound%' "
	  "ORDER BY 1 LIMIT 3",
	  add_wraparound },
	{ "SELECT coalesce(nullif(application_name, ''), pid::pg_catalog.text), extract(epoch FROM "
	  "replay_lag)"
	  " FROM pg_catalog.pg_stat_replication WHERE replay_lag > interval '10 s' ORDER BY "
	  "replay_lag DESC LIMIT 3",
	  add_lag },
	/* Of a replica that may not be looked at it is not known whether it is one. */
	{ "SELECT pg_catalog.current_setting('synchronous_standby_names')"
	  " WHERE pg_catalog.current_setting('synchronous_standby_names') <> ''"
	  " AND pg_catalog.current_setting('synchronous_commit') NOT IN ('off', 'local')"
	  " AND NOT EXISTS (SELECT FROM pg_catalog.pg_stat_replication"
	  " WHERE coalesce(sync_state, 'sync') IN ('sync', 'quorum'))",
	  add_unconfirmed },
	{ "SELECT slot_name, bytes FROM (SELECT slot_name, CASE WHEN "
	  "pg_catalog.pg_is_in_recovery() THEN NULL"
	  " ELSE pg_catalog.pg_wal_lsn_diff(pg_catalog.pg_current_wal_lsn(), restart_lsn) END AS "
	  "bytes"
	  " FROM pg_catalog.pg_replication_slots) s WHERE bytes > 1073741824 ORDER BY bytes DESC "
	  "LIMIT 3",
	  add_slot },
	{ "SELECT n, what FROM (SELECT pg_catalog.current_setting('max_connections')::pg_catalog.int4"
	  " - pg_catalog.current_setting('superuser_reserved_connections')::pg_catalog.int4 - pg_catalog.count(*)"
	  " AS n, 'of the server''s' AS what FROM pg_catalog.pg_stat_activity WHERE backend_type IS NULL"
	  " OR backend_type = 'client backend'"
	  " UNION ALL SELECT r.rolconnlimit - (SELECT pg_catalog.count(*) FROM pg_catalog.pg_stat_activity a"
	  " WHERE a.usesysid = r.oid), 'to the role' FROM pg_catalog.pg_roles r WHERE rolname = session_user"
	  " AND rolconnlimit >= 0"
	  " UNION ALL SELECT d.datconnlimit - (SELECT pg_catalog.count(*) FROM pg_catalog.pg_stat_activity a"
	  " WHERE a.datid = d.oid), 'to the database' FROM pg_catalog.pg_database d"
	  " WHERE datname = pg_catalog.current_database() AND datconnlimit >= 0) l WHERE n < " FEW_CONNECTIONS
	  " ORDER BY n LIMIT 1",
	  add_connections },
};

/* ---- the disk ---- */

static void add_rewrite(struct pk_deploy *d, const char *relation, uint64_t bytes, int64_t left)
{
	PK_FREE char *size = pk_size(bytes), *free_size = left < 0 ? NULL : pk_size((uint64_t)left);
	PK_AUTO(pk_buf) line = PK_BUF_INIT;

	pk_buf_add_safe(&line, relation, false);
	pk_buf_addf(&line, " is rewritten: about %s of free disk is needed for it, ", size);
	if (left < 0)
		pk_buf_add(&line, "which cannot be asked here");
	else
		pk_buf_addf(&line, "and %s%s %s free", (uint64_t)left < bytes ? "only " : "", free_size,
			    "is");
	pk_strv_push(&d->present, line.ptr);
}

/* Rewriting makes a second copy of a table beside the first. */
static int add_rewrites(struct pk_deploy *d, struct pk_err *err)
{
	static const char sql[] = "SELECT pg_catalog.pg_total_relation_size(pg_catalog.to_regclass($1))";

	for (size_t i = 0; i < d->rewritten.n; i++) {
		const char *params[] = { d->rewritten.items[i] };
		PK_FREE char *text = NULL;
		uint64_t bytes;
		int64_t left;

		if (pk_query_value(&d->conn, sql, 1, params, &text, err) < 0)
			return -1;
		bytes = text ? strtoull(text, NULL, 10) : 0;
		if (bytes < REWRITE_BYTES)
			continue;
		if (pk_disk_free(&d->conn, d->rewritten.items[i], &left, err) < 0)
			return -1;
		add_rewrite(d, d->rewritten.items[i], bytes, left);
	}
	return 0;
}

/* ---- who holds the tables ---- */

#define HOLDERS "3" /* that are named */

/*
 * Locks are everybody's to see, what their holders do is not. SHARE UPDATE EXCLUSIVE is what VACUUM takes; what is weaker
 * and of short transactions comes and goes, and long ones are named above.
 */
static const char holders_before[] =
	"SELECT * FROM (SELECT " PK_BACKEND_SQL ", pg_catalog.regexp_replace(pg_catalog.replace(pg_catalog.upper("
	"pg_catalog.regexp_replace(l.mode, '([a-z])([A-Z])', '\\1 \\2', 'g')), 'LOCK', ''), ' +$', ''), p.gid,"
	" r.name, pg_catalog.count(*) OVER (PARTITION BY r.at), r.at,"
	" pg_catalog.row_number() OVER (PARTITION BY r.at ORDER BY l.pid, l.mode DESC) AS nth"
	" FROM pg_catalog.unnest(ARRAY[";
static const char holders_after[] =
	"]::pg_catalog.text[]) WITH ORDINALITY r(name, at)"
	" JOIN pg_catalog.pg_locks l ON l.relation = pg_catalog.to_regclass(r.name)"
	" LEFT JOIN pg_catalog.pg_stat_activity a ON a.pid = l.pid"
	" LEFT JOIN pg_catalog.pg_locks x ON l.pid IS NULL AND x.pid IS NULL AND x.locktype = 'transactionid'"
	" AND x.virtualtransaction = l.virtualtransaction"
	" LEFT JOIN pg_catalog.pg_prepared_xacts p ON p.transaction = x.transactionid"
	" WHERE l.locktype = 'relation' AND l.granted"
	" AND l.database = (SELECT oid FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database())"
	" AND (l.pid IS NULL OR l.mode IN ('ShareUpdateExclusiveLock', 'ShareLock', 'ShareRowExclusiveLock',"
	" 'ExclusiveLock', 'AccessExclusiveLock')) AND l.pid IS DISTINCT FROM pg_catalog.pg_backend_pid()) h"
	" WHERE nth <= " HOLDERS " ORDER BY at, nth";

static void add_holder(struct pk_deploy *d, const struct pk_rows *rows, int i)
{
	const char *relation = pk_rows_get(rows, i, PK_BACKEND_COLUMNS + 2);
	const char *mode = pk_rows_get(rows, i, PK_BACKEND_COLUMNS), *gid = pk_rows_get(rows, i, PK_BACKEND_COLUMNS + 1);
	const char *kind = pk_rows_get(rows, i, 7), *query = pk_rows_get(rows, i, 6);
	long more = strtol(pk_rows_get(rows, i, PK_BACKEND_COLUMNS + 3), NULL, 10) - strtol(HOLDERS, NULL, 10);
	bool last = pk_streq(pk_rows_get(rows, i, PK_BACKEND_COLUMNS + 5), HOLDERS);
	PK_AUTO(pk_buf) line = PK_BUF_INIT;

	pk_buf_add_safe(&line, relation, false);
	pk_buf_addf(&line, " is locked (%s) by ", mode);
	if (!pk_rows_get(rows, i, 0)) {
		pk_buf_add(&line, "prepared transaction '");
		pk_buf_add_safe(&line, gid ? gid : "?", false);
		pk_buf_add(&line, "', until COMMIT PREPARED or ROLLBACK PREPARED");
	} else {
		pk_backend_add(&line, rows, i);
		if (pk_streq(kind, "autovacuum worker"))
			pk_buf_add(&line, query && strstr(query, "to prevent wraparound") ?
						  ", which does not give way" :
						  ", which gives way");
	}
	if (last && more > 0)
		pk_buf_addf(&line, "; %ld more such lock%s", more, more == 1 ? "" : "s");
	pk_strv_push(&d->present, line.ptr);
}

static int add_holders(struct pk_deploy *d, struct pk_err *err)
{
	const struct pk_strv *locked = &d->foreseen.locked;
	PK_AUTO(pk_buf) sql = PK_BUF_INIT;
	PK_AUTO(pk_rows) rows = PK_ROWS_INIT;

	if (!locked->n)
		return 0;
	pk_buf_add(&sql, holders_before);
	for (size_t i = 0; i < locked->n; i++) {
		pk_buf_add(&sql, i ? ", " : "");
		pk_buf_add_literal(&sql, locked->items[i]);
	}
	pk_buf_add(&sql, holders_after);
	if (pk_query(&d->conn, sql.ptr, 0, NULL, &rows, err) < 0)
		return -1;
	for (int i = 0; i < rows.n; i++)
		add_holder(d, &rows, i);
	return 0;
}

int pk_deploy_look_around(struct pk_deploy *d, struct pk_err *err)
{
	PK_FREE char *triggers = NULL;

	pk_strv_release(&d->present);
	d->present = (struct pk_strv)PK_STRV_INIT;
	if (d->read_only)
		pk_strv_pushf(&d->present, "nothing can be deployed to it: %s", d->read_only);
	for (size_t i = 0; i < PK_COUNT(questions); i++) {
		PK_AUTO(pk_rows) rows = PK_ROWS_INIT;

		if (pk_query(&d->conn, questions[i].sql, 0, NULL, &rows, err) < 0)
			return pk_err_wrap(err, "what '%s' is busy with cannot be asked",
					   d->remote.name);
		for (int row = 0; row < rows.n; row++)
			questions[i].add(&d->present, &rows, row);
	}
	if (pk_silence_loud(&d->conn, &triggers, err) < 0)
		return -1;
	if (triggers)
		pk_strv_pushf(&d->present, "event triggers fire for what is run there, which they did not on the copy: %s",
			      triggers);
	return add_holders(d, err) < 0 ? -1 : add_rewrites(d, err);
}
