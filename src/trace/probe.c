#include "trace/probe.h"

#include "base/clock.h"
#include "pg/sqlstate.h"
#include "trace/measure.h"

struct probe {
	struct pk_conn *conn;
	const struct pk_statements *statements;
	const struct pk_actions *actions;
	struct pk_arena *arena;
	struct pk_effect *effects;
	struct pk_measure measure;
	struct pk_traced before; /* what the transaction holds so far */
	size_t tx_first;	 /* first statement of the transaction at hand */
	bool failed;
};

static void probe_release(struct probe *p)
{
	pk_measure_release(&p->measure);
}

/* Is one of the statement's actions so? */
static bool any(const struct probe *p, size_t statement, bool (*is)(const struct pk_action *))
{
	for (size_t i = 0; i < p->actions->n; i++)
		if (p->actions->items[i].statement == statement && is(&p->actions->items[i]))
			return true;
	return false;
}

static bool reaches_out(const struct pk_action *a)
{
	static const char *const objects[] = { "database", "tablespace", "role", "system", "subscription", "server" };

	if (a->verb == PK_COPY || a->verb == PK_COPY_PROGRAM)
		return true;
	if (a->verb == PK_VACUUM || a->verb == PK_REINDEX)
		return false; /* their "database" is this one */
	for (size_t i = 0; i < PK_COUNT(objects); i++)
		if (pk_streq(a->object, objects[i]))
			return true;
	return false;
}

/* Not in a transaction of our own: it controls one, says something about the session, or refuses to be in one. */
static bool goes_bare(const struct pk_action *a)
{
	static const enum pk_verb verbs[] = { PK_BEGIN, PK_COMMIT, PK_ROLLBACK, PK_SAVEPOINT, PK_SET, PK_LOCK, PK_VACUUM };

	for (size_t i = 0; i < PK_COUNT(verbs); i++)
		if (a->verb == verbs[i] && !a->nested)
			return true;
	return a->concurrently && a->verb != PK_REFRESH && !a->nested;
}

static bool is_include(const char *text)
{
	return text[strcspn(text, "\\'\"$")] == '\\'; /* a command of psql */
}

static void keep_error(struct probe *p, struct pk_effect *effect, const struct pk_err *err)
{
	snprintf(effect->sqlstate, sizeof(effect->sqlstate), "%s",
		 *err->sqlstate ? err->sqlstate : PK_SQLSTATE_INTERNAL_ERROR);
	effect->error = pk_arena_strdup(p->arena, err->msg);
	p->failed = true;
}

/* Runs it. Returns 1 when it failed, which the effect then says; -1 when the connection is gone. */
static int execute(struct probe *p, size_t i, struct pk_effect *effect, struct pk_err *err)
{
	PK_AUTO(pk_err) why = PK_ERR_INIT;
	double start = pk_now();
	int rc = pk_exec(p->conn, p->statements->items[i].text, &why);

	effect->ran = true;
	effect->seconds = effect->held_seconds = pk_now() - start;
	if (rc == 0)
		return 0;
	if (!pk_conn_alive(p->conn))
		return pk_err_move(err, &why);
	keep_error(p, effect, &why);
	return 1;
}

static bool cascades(const struct pk_action *a)
{
	return a->cascade && !(a->verb == PK_DROP && pk_streq(a->object, "view"));
}

static int measure(struct probe *p, size_t i, struct pk_err *err)
{
	struct pk_effect *effect = &p->effects[i];
	struct pk_traced seen = { .read = -1, .written = -1 };

	if ((any(p, i, cascades) &&
	     pk_measure_lost_views(&p->measure, p->conn, p->arena, &effect->lost, err) < 0) ||
	    pk_measure_statement(&p->measure, p->conn, p->arena, &seen, err) < 0)
		return -1;
	effect->measured = true;
	effect->read = seen.read;
	effect->written = seen.written;
	effect->lock = seen.lock;
	effect->on = seen.relation;
	effect->rewritten = seen.rewritten;
	effect->rewrote_table = seen.rewrote_table;
	effect->built = pk_traced_built(&seen);
	effect->kept = p->before.held;
	effect->kept_on = p->before.held_on;
	p->before = seen;
	return 0;
}

/* Inside a transaction that the text or the runner began. */
static int run_inside(struct probe *p, size_t i, struct pk_err *err)
{
	struct pk_effect *effect = &p->effects[i];
	int rc = execute(p, i, effect, err);

	if (rc)
		return rc < 0 ? -1 : 0;
	for (size_t k = p->tx_first; k < i; k++)
		p->effects[k].held_seconds += effect->seconds;
	return pk_conn_tx(p->conn) == PK_TX_ACTIVE ? measure(p, i, err) : 0;
}

static int begin_measure(struct probe *p, size_t i, struct pk_err *err)
{
	p->tx_first = i;
	p->before = (struct pk_traced){ 0 };
	return pk_measure_begin(&p->measure, p->conn, err);
}

static int run_bare(struct probe *p, size_t i, struct pk_err *err)
{
	if (execute(p, i, &p->effects[i], err) < 0)
		return -1;
	return pk_conn_tx(p->conn) == PK_TX_ACTIVE ? begin_measure(p, i, err) : 0;
}

/* In a transaction of its own; bare where it refuses that. */
static int run_wrapped(struct probe *p, size_t i, struct pk_err *err)
{
	struct pk_effect *effect = &p->effects[i];
	int rc;

	if (pk_exec(p->conn, "BEGIN", err) < 0 || begin_measure(p, i, err) < 0)
		return -1;
	rc = execute(p, i, effect, err);
	if (rc < 0)
		return -1;
	if (rc == 0 && pk_conn_tx(p->conn) == PK_TX_ACTIVE && measure(p, i, err) < 0)
		return -1;
	if (rc == 0) {
		PK_AUTO(pk_err) why = PK_ERR_INIT;
		/* deferred constraints speak here */
		if (pk_exec(p->conn, "COMMIT", &why) < 0)
			keep_error(p, effect, &why);
		return 0;
	}
	if (pk_exec(p->conn, "ROLLBACK", err) < 0)
		return -1;
	if (!pk_streq(effect->sqlstate, PK_SQLSTATE_ACTIVE_SQL_TRANSACTION) &&
	    !pk_streq(effect->sqlstate, PK_SQLSTATE_INVALID_TRANSACTION_TERMINATION))
		return 0;
	*effect = (struct pk_effect){ .read = -1, .written = -1 };
	p->failed = false;
	return run_bare(p, i, err);
}

/* Of the transaction around everything; what fails here is told of the last statement. */
static int commit_all(struct probe *p, struct pk_err *err)
{
	PK_AUTO(pk_err) why = PK_ERR_INIT;
	size_t last = p->statements->n;

	if (pk_exec(p->conn, "COMMIT", &why) == 0)
		return 0;
	while (last > 0 && !p->effects[last - 1].ran)
		last--;
	if (!last || !pk_conn_alive(p->conn))
		return pk_err_move(err, &why);
	keep_error(p, &p->effects[last - 1], &why);
	return 0;
}

static int run_all(struct probe *p, bool transaction, struct pk_err *err)
{
	if (transaction && (pk_exec(p->conn, "BEGIN", err) < 0 || begin_measure(p, 0, err) < 0))
		return -1;
	for (size_t i = 0; i < p->statements->n && !p->failed; i++) {
		int rc = 0;

		if (any(p, i, reaches_out) || is_include(p->statements->items[i].text))
			continue;
		if (pk_conn_tx(p->conn) == PK_TX_ACTIVE)
			rc = run_inside(p, i, err);
		else if (any(p, i, goes_bare))
			rc = run_bare(p, i, err);
		else
			rc = run_wrapped(p, i, err);
		if (rc < 0)
			return -1;
	}
	if (pk_conn_tx(p->conn) == PK_TX_ACTIVE && transaction)
		return commit_all(p, err);
	return pk_conn_tx(p->conn) == PK_TX_IDLE ? 0 : pk_exec(p->conn, "ROLLBACK", err);
}

/* Production has statistics, by which the server chooses its ways; a fresh copy may have none yet. */
static int analyse(struct pk_conn *conn, struct pk_err *err)
{
	PK_AUTO(pk_rows) rows = PK_ROWS_INIT;

	if (pk_query(conn,
		     "SELECT n.nspname, c.relname FROM pg_catalog.pg_class c "
		     "JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace "
		     "WHERE c.relkind IN ('r', 'm') AND c.reltuples < 0 AND n.nspname !~ '^pg_' "
		     "AND n.nspname <> 'information_schema'",
		     0, NULL, &rows, err) < 0)
		return -1;
	for (int i = 0; i < rows.n; i++) {
		PK_AUTO(pk_buf) sql = PK_BUF_INIT;

		pk_buf_add(&sql, "ANALYZE ");
		pk_buf_add_qualified(&sql, pk_rows_get(&rows, i, 0), pk_rows_get(&rows, i, 1));
		if (pk_exec(conn, sql.ptr, err) < 0)
			return -1;
	}
	return 0;
}

int pk_probe(struct pk_conn *conn, const struct pk_statements *statements, const struct pk_actions *actions,
	     bool transaction, struct pk_arena *arena, struct pk_effect *ret, struct pk_err *err)
{
	struct probe p __attribute__((cleanup(probe_release))) = {
		.conn = conn, .statements = statements, .actions = actions, .arena = arena, .effects = ret,
	};

	for (size_t i = 0; i < statements->n; i++)
		ret[i] = (struct pk_effect){ .read = -1, .written = -1 };
	if (analyse(conn, err) < 0)
		return -1;
	/* Rows that a parallel worker reads are not counted as ours. */
	if (pk_conn_user_settings(conn, err) < 0 ||
	    pk_exec(conn, "SET max_parallel_maintenance_workers = 0; SET max_parallel_workers_per_gather = 0", err) < 0 ||
	    pk_measure_start(&p.measure, conn, err) < 0 || pk_measure_as_source(&p.measure, conn, err) < 0)
		return -1;
	return run_all(&p, transaction, err);
}

/* ---- questions ---- */

static const char rows_sql[] =
	"SELECT c.oid, c.reltuples::bigint, COALESCE(pg_catalog.sum(pg_catalog.pg_relation_size(p.relid)), 0)::bigint "
	"FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace "
	"LEFT JOIN LATERAL (SELECT relid FROM pg_catalog.pg_partition_tree(c.oid) WHERE isleaf "
	" UNION SELECT c.oid) p ON c.relkind IN ('r', 'p', 'm') "
	"WHERE n.nspname = $1 AND c.relname = $2 AND c.relkind IN ('r', 'p', 'm') GROUP BY c.oid, c.reltuples";

#define COUNTED_BYTES (64 << 20)
#define ROW_BYTES 100 /* of a table of which nothing else is known */

/* Of a copy that holds less than its source. */
static int64_t source_rows(struct pk_conn *conn, const char *schema, const char *table)
{
	const char *const params[] = { schema, table };
	PK_FREE char *kept = NULL, *rows = NULL;

	if (pk_query_value(conn, PK_SOURCE_SIZES_KEPT, 0, NULL, &kept, NULL) < 0 || !pk_streq(kept, "t") ||
	    pk_query_value(conn,
			   "SELECT pg_catalog.sum(s.rows) FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n "
			   "ON n.oid = c.relnamespace, postkit.source_sizes s WHERE n.nspname = $1 AND c.relname = $2 "
			   "AND (s.rel = c.oid OR s.rel IN (SELECT p.relid FROM pg_catalog.pg_partition_tree(c.oid) p))",
			   2, params, &rows, NULL) < 0)
		return -1;
	return rows ? strtoll(rows, NULL, 10) : -1;
}

int64_t pk_probe_rows(struct pk_conn *conn, const char *schema, const char *table)
{
	const char *const params[] = { schema, table };
	PK_AUTO(pk_rows) rows = PK_ROWS_INIT;
	PK_AUTO(pk_buf) sql = PK_BUF_INIT;
	PK_FREE char *count = NULL;
	int64_t there = source_rows(conn, schema, table);

	if (there >= 0)
		return there;
	if (pk_query(conn, rows_sql, 2, params, &rows, NULL) < 0 || rows.n == 0)
		return -1;
	int64_t estimate = pk_rows_int(&rows, 0, 1);
	int64_t bytes = pk_rows_int(&rows, 0, 2);
	if (bytes > COUNTED_BYTES)
		return estimate > 0 ? estimate : bytes / ROW_BYTES;
	pk_buf_add(&sql, "SELECT pg_catalog.count(*) FROM ");
	pk_buf_add_qualified(&sql, schema, table);
	if (pk_query_value(conn, sql.ptr, 0, NULL, &count, NULL) < 0 || !count)
		return estimate;
	return strtoll(count, NULL, 10);
}

bool pk_probe_index_invalid(struct pk_conn *conn, const char *schema, const char *index)
{
	const char *const params[] = { schema, index };
	PK_FREE char *valid = NULL;

	return pk_query_value(conn,
			      "SELECT i.indisvalid FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid "
			      "JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace "
			      "WHERE n.nspname = $1 AND c.relname = $2",
			      2, params, &valid, NULL) == 0 && pk_streq(valid, "f");
}
