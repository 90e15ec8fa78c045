/* What a database is busy with before a deploy: nothing of it is refused, all of it is good to know before one says yes. */
#include "deploy/backend.h"
#include "deploy/internal.h"

#include "base/clock.h"
#include "base/term.h"
#include "base/text.h"

#define REWRITE_BYTES (10u << 20) /* of tables that are worth a word */

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

static void add_slot(struct pk_strv *ret, const struct pk_rows *rows, int i)
{
	PK_FREE char *size = pk_size((uint64_t)strtoull(pk_rows_get(rows, i, 1), NULL, 10));
	PK_AUTO(pk_buf) name = PK_BUF_INIT;

	pk_buf_add_safe(&name, pk_rows_get(rows, i, 0), false);
	pk_strv_pushf(ret, "replication slot '%s' holds back %s of WAL", name.ptr, size);
}

static void add_connections(struct pk_strv *ret, const struct pk_rows *rows, int i)
{
	pk_strv_pushf(ret, "%s of %s connections are in use", pk_rows_get(rows, i, 0),
		      pk_rows_get(rows, i, 1));
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
	{ "SELECT slot_name, bytes FROM (SELECT slot_name, CASE WHEN "
	  "pg_catalog.pg_is_in_recovery() THEN NULL"
	  " ELSE pg_catalog.pg_wal_lsn_diff(pg_catalog.pg_current_wal_lsn(), restart_lsn) END AS "
	  "bytes"
	  " FROM pg_catalog.pg_replication_slots) s WHERE bytes > 1073741824 ORDER BY bytes DESC "
	  "LIMIT 3",
	  add_slot },
	{ "SELECT used, most FROM (SELECT pg_catalog.count(*) AS used FROM "
	  "pg_catalog.pg_stat_activity"
	  " WHERE backend_type = 'client backend') u, (SELECT "
	  "pg_catalog.current_setting('max_connections')::pg_catalog.int4 AS most) m"
	  " WHERE used >= 0.9 * most",
	  add_connections },
};

/* Rewriting makes a second copy of a table beside the first. */
static int add_rewrites(struct pk_deploy *d, struct pk_err *err)
{
	static const char sql[] =
		"SELECT pg_catalog.pg_total_relation_size(pg_catalog.to_regclass($1))";

	for (size_t i = 0; i < d->rewritten.n; i++) {
		const char *params[] = { d->rewritten.items[i] };
		PK_FREE char *bytes = NULL, *size = NULL;
		PK_AUTO(pk_buf) name = PK_BUF_INIT;

		if (pk_query_value(&d->conn, sql, 1, params, &bytes, err) < 0)
			return -1;
		if (!bytes || strtoull(bytes, NULL, 10) < REWRITE_BYTES)
			continue;
		size = pk_size((uint64_t)strtoull(bytes, NULL, 10));
		pk_buf_add_safe(&name, d->rewritten.items[i], false);
		pk_strv_pushf(&d->present,
			      "%s is rewritten: about %s of free disk is needed for it, which "
			      "cannot be asked here",
			      name.ptr, size);
	}
	return 0;
}

int pk_deploy_look_around(struct pk_deploy *d, struct pk_err *err)
{
	pk_strv_release(&d->present);
	d->present = (struct pk_strv)PK_STRV_INIT;
	for (size_t i = 0; i < PK_COUNT(questions); i++) {
		PK_AUTO(pk_rows) rows = PK_ROWS_INIT;

		if (pk_query(&d->conn, questions[i].sql, 0, NULL, &rows, err) < 0)
			return pk_err_wrap(err, "what '%s' is busy with cannot be asked",
					   d->remote.name);
		for (int row = 0; row < rows.n; row++)
			questions[i].add(&d->present, &rows, row);
	}
	return add_rewrites(d, err);
}
