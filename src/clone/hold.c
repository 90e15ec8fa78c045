#include "clone/hold.h"
#include "base/clock.h"
#include "base/progress.h"
#include "base/sig.h"
#include "pg/sqlstate.h"

#include <limits.h>
#include <unistd.h>

#define TRIES	     10
#define LOCK_WAIT    "2000" /* ms */
#define PACE_SECONDS 0.1
#define LOCK_BYTES   8192 /* of one LOCK TABLE; its last name may go beyond */

void pk_hold_release(struct pk_hold *hold)
{
	pk_conn_leave(&hold->conn);
	free(hold->snapshot);
	hold->snapshot = NULL;
}

int pk_hold_hint(struct pk_err *err)
{
	if (err && strstr(err->msg, "row-level security"))
		return pk_err_hint(err, "row security hides rows from this role: connect as the tables' owner, or "
					"as a role with BYPASSRLS");
	if (err && pk_streq(err->sqlstate, PK_SQLSTATE_INSUFFICIENT_PRIVILEGE))
		return pk_err_hint(err, "let the role read everything: GRANT pg_read_all_data TO <role> (PostgreSQL "
					"14 and newer), or connect as the owner");
	return -1;
}

static void add_pair(struct pk_buf *sql, const char *name, const char *value)
{
	pk_buf_add(sql, pk_ends_with(sql->ptr, ")") ? ", (" : "(");
	pk_buf_add_literal(sql, name);
	pk_buf_add(sql, ", ");
	pk_buf_add_literal(sql, value);
	pk_buf_add(sql, ")");
}

int pk_hold_settings(struct pk_conn *conn, const char *encoding, const struct pk_strv *pairs, struct pk_err *err)
{
	static const char *const fixed[][2] = {
		{ "client_min_messages", "error" },
		{ "row_security", "off" },
		{ "synchronize_seqscans", "off" },
		{ "statement_timeout", "0" },
		{ "lock_timeout", "0" },
		{ "transaction_timeout", "0" },
		{ "idle_in_transaction_session_timeout", "0" },
		{ "idle_session_timeout", "0" },
		{ "jit", "off" }, /* for what is asked of catalogs compiling takes longer than running */
	};
	PK_AUTO(pk_buf) sql = PK_BUF_INIT;

	pk_buf_add(&sql, "SELECT pg_catalog.set_config(v.name, v.value, false) FROM (VALUES ");
	add_pair(&sql, "client_encoding", encoding);
	for (size_t i = 0; i < PK_COUNT(fixed); i++)
		add_pair(&sql, fixed[i][0], fixed[i][1]);
	for (size_t i = 0; pairs && i + 1 < pairs->n; i += 2)
		add_pair(&sql, pairs->items[i], pairs->items[i + 1]);
	pk_buf_add(&sql, ") v (name, value) JOIN pg_catalog.pg_settings s USING (name) "
			 "WHERE s.enumvals IS NULL OR v.value = ANY (s.enumvals)");
	return pk_query(conn, sql.ptr, 0, NULL, NULL, err);
}

static const char begin_sql[] = "BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY";

int pk_hold_join(const struct pk_hold *hold, const struct pk_conninfo *source, struct pk_conn *conn,
		 struct pk_err *err)
{
	PK_AUTO(pk_buf) sql = PK_BUF_INIT;

	pk_buf_addf(&sql, "%s; SET TRANSACTION SNAPSHOT ", begin_sql);
	pk_buf_add_literal(&sql, hold->snapshot);
	if (pk_conn_open(conn, source, err) < 0 || pk_hold_settings(conn, hold->encoding, NULL, err) < 0)
		return -1;
	return pk_exec(conn, sql.ptr, err);
}

/* Nothing was copied yet; pg_dump alone could not lock them either. */
static int no_room(size_t tables, struct pk_err *err)
{
	pk_err_wrap(err, "the source has no room for the locks on its %zu tables", tables);
	return pk_err_hint(err, "raise max_locks_per_transaction there: its product with max_connections has to be higher "
				"than the number of tables");
}

static int lock_tables(struct pk_conn *conn, const struct pk_copy_tables *tables, struct pk_err *err)
{
	PK_AUTO(pk_buf) sql = PK_BUF_INIT;

	if (tables->n && pk_exec(conn, "SET LOCAL lock_timeout = " LOCK_WAIT, err) < 0)
		return -1;
	for (size_t i = 0; i < tables->n; i++) {
		pk_buf_add(&sql, sql.len ? ", ONLY " : "LOCK TABLE ONLY ");
		pk_buf_add_qualified(&sql, tables->items[i].schema, tables->items[i].name);
		if (sql.len < LOCK_BYTES && i + 1 < tables->n)
			continue;
		pk_buf_add(&sql, " IN ACCESS SHARE MODE");
		if (i + 1 == tables->n)
			pk_buf_add(&sql, "; SET LOCAL lock_timeout = 0");
		if (pk_exec(conn, sql.ptr, err) < 0)
			return err && pk_streq(err->sqlstate, PK_SQLSTATE_OUT_OF_MEMORY) ? no_room(tables->n, err)
											 : pk_hold_hint(err);
		pk_buf_clear(&sql);
	}
	return 0;
}

static bool are_same(const struct pk_copy_tables *a, const struct pk_copy_tables *b)
{
	bool same = a->n == b->n;

	for (size_t i = 0; i < a->n && same; i++)
		same = a->items[i].oid == b->items[i].oid && pk_streq(a->items[i].name, b->items[i].name) &&
		       pk_streq(a->items[i].schema, b->items[i].schema);
	return same;
}

/* Who keeps readers out, or will as soon as it is his turn: the oldest. *ret may stay NULL; caller frees. */
static int find_blocker(struct pk_conn *conn, char **ret, struct pk_err *err)
{
	static const char sql[] =
		"SELECT pg_catalog.concat(CASE WHEN l.granted THEN 'locked by ' ELSE 'about to be locked by ' END, "
		"CASE WHEN l.pid IS NULL THEN 'a prepared transaction' ELSE 'pid ' || l.pid END, "
		"' (' || nullif(a.application_name, '') || ')', ' for ' || "
		"pg_catalog.date_trunc('second', pg_catalog.clock_timestamp() - a.xact_start)) AS who, "
		"pg_catalog.concat_ws('.', n.nspname, c.relname) AS what "
		"FROM pg_catalog.pg_locks l JOIN pg_catalog.pg_class c ON c.oid = l.relation "
		"JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace "
		"LEFT JOIN pg_catalog.pg_stat_activity a ON a.pid = l.pid WHERE l.locktype = 'relation' "
		"AND l.mode = 'AccessExclusiveLock' AND c.relkind IN ('r', 'p') AND c.relpersistence <> 't' AND l.database = "
		"(SELECT oid FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database()) "
		"ORDER BY l.granted DESC, a.xact_start, c.oid LIMIT 1";
	PK_AUTO(pk_rows) rows = PK_ROWS_INIT;

	if (pk_query(conn, sql, 0, NULL, &rows, err) < 0)
		return -1;
	if (rows.n)
		*ret = pk_printf("%s is %s", pk_rows_get(&rows, 0, 1), pk_rows_get(&rows, 0, 0));
	return 0;
}

/* After a lock that could not be had in time, with nothing held: 0 to try again. since: pk_now() of the first try. */
static int tell_wait(struct pk_hold *hold, double since, bool first, struct pk_err *err)
{
	PK_FREE char *blocker = NULL, *title = NULL, *took = NULL;
	double now = pk_now();

	if (find_blocker(&hold->conn, &blocker, err) < 0)
		return -1;
	if (first) {
		title = pk_printf("waiting: %s", blocker ? blocker : "a table is locked");
		pk_progress_start(hold->progress, title, 0);
	}
	pk_progress_update(hold->progress, 0, NULL);
	if (!hold->max_age || now - since < hold->max_age)
		return 0;
	took = pk_duration(now - since);
	pk_err_set(err, "the tables of '%s' cannot be read: %s; waited %s", hold->conn.where,
		   blocker ? blocker : "one of them is locked", took);
	return pk_err_hint(err, "try again when that is over, or wait longer (--max-snapshot-age)");
}

/*
 * Locks what there is, then looks: 1 when that is what is locked. The first query after BEGIN takes the snapshot.
 * ret_locked: whether somebody else has locked one of them.
 */
static int try_hold(struct pk_hold *hold, struct pk_copy_tables *ret, bool *ret_locked, struct pk_err *err)
{
	PK_AUTO(pk_copy_tables) before = PK_COPY_TABLES_INIT;
	PK_AUTO(pk_err) e = PK_ERR_INIT;

	if (pk_copy_tables_names(&hold->conn, &before, err) < 0)
		return -1;
	hold->since = pk_now();
	if (pk_exec(&hold->conn, begin_sql, err) < 0)
		return -1;
	if (lock_tables(&hold->conn, &before, &e) < 0) {
		*ret_locked = pk_streq(e.sqlstate, PK_SQLSTATE_LOCK_NOT_AVAILABLE);
		/* gone, or under another name, since the look */
		if ((!*ret_locked && !pk_streq(e.sqlstate, PK_SQLSTATE_UNDEFINED_TABLE) &&
		     !pk_streq(e.sqlstate, PK_SQLSTATE_INVALID_SCHEMA_NAME)) ||
		    pk_exec(&hold->conn, "ROLLBACK", NULL) < 0) {
			return pk_err_move(err, &e);
		}
		return 0;
	}
	if (pk_query_value(&hold->conn, "SELECT pg_catalog.pg_export_snapshot()", 0, NULL, &hold->snapshot, err) < 0 ||
	    pk_copy_tables_list(&hold->conn, hold->rough, ret, err) < 0)
		return -1;
	if (are_same(&before, ret))
		return 1;
	free(hold->snapshot);
	hold->snapshot = NULL;
	return pk_exec(&hold->conn, "ROLLBACK", err);
}

int pk_hold_connect(struct pk_hold *hold, const struct pk_conninfo *source, struct pk_err *err)
{
	if (pk_conn_open(&hold->conn, source, err) < 0)
		return -1;
	hold->conn.alone = true;
	return pk_hold_settings(&hold->conn, hold->encoding, NULL, err);
}

int pk_hold_open(struct pk_hold *hold, const struct pk_conninfo *source, struct pk_copy_tables *ret,
		 struct pk_err *err)
{
	if (!hold->conn.handle && pk_hold_connect(hold, source, err) < 0)
		return -1;
	double since = pk_now();
	int waited = 0;

	for (int i = 0; i < TRIES;) {
		bool locked = false;
		int held = try_hold(hold, ret, &locked, err);

		if (held)
			return held < 0 ? -1 : 0;
		if (!locked)
			i++;
		else if (tell_wait(hold, since, waited++ == 0, err) < 0)
			return -1;
	}
	pk_err_set(err, "tables of '%s' come and go faster than they can be locked", hold->conn.where);
	return pk_err_hint(err, "try again when nobody makes or drops tables there");
}

int pk_hold_check(const struct pk_hold *hold, struct pk_err *err)
{
	if (!hold->max_age || !hold->snapshot || pk_now() - hold->since < hold->max_age)
		return 0;
	PK_FREE char *age = pk_duration(hold->max_age);
	pk_err_set(err, "the copy needed its snapshot of the source for longer than %s, and gave up", age);
	return pk_err_hint(err, "allow it longer (--max-snapshot-age), or copy with more workers (--jobs)");
}

int pk_hold_pace(struct pk_hold *hold, size_t bytes, struct pk_err *err)
{
	double now = pk_now();

	if (!hold->max_rate)
		return pk_hold_check(hold, err);
	/* What was not taken in time is not made up for. */
	if (hold->due < now - PACE_SECONDS)
		hold->due = now - PACE_SECONDS;
	hold->due += (double)bytes / hold->max_rate;
	while (now < hold->due && !pk_interrupted() && pk_hold_check(hold, NULL) == 0) {
		double rest = hold->due - now;

		usleep((useconds_t)(1e6 * (rest < PACE_SECONDS ? rest : PACE_SECONDS)));
		now = pk_now();
	}
	return pk_hold_check(hold, err);
}

/* Caller frees. */
static char *limit(const struct pk_hold *hold, bool on)
{
	double left = hold->max_age - (pk_now() - hold->since);

	return pk_printf("SET LOCAL statement_timeout = %.0f",
			 !on || !hold->max_age ? 0 : left < 0.001 ? 1 : left > INT_MAX / 1000 ? INT_MAX : left * 1000);
}

int pk_hold_limit(struct pk_hold *hold, bool on, struct pk_err *err)
{
	PK_FREE char *sql = limit(hold, on);

	return hold->max_age ? pk_exec(&hold->conn, sql, err) : 0;
}

int pk_hold_look(struct pk_hold *hold, struct pk_err *err)
{
	PK_FREE char *set = limit(hold, true), *sql = pk_printf(PK_HOLD_MARK "; %s", set);

	return pk_exec(&hold->conn, sql, err);
}

int pk_hold_looked(struct pk_hold *hold, struct pk_err *err)
{
	return pk_exec(&hold->conn, PK_HOLD_UNLOCK, err);
}

int pk_hold_late(const struct pk_hold *hold, struct pk_err *err)
{
	if (!err || !pk_streq(err->sqlstate, PK_SQLSTATE_QUERY_CANCELED) || pk_hold_check(hold, NULL) == 0)
		return -1;
	pk_err_release(err);
	return pk_hold_check(hold, err);
}

int pk_hold_query(struct pk_hold *hold, const char *sql, struct pk_rows *ret, struct pk_err *err)
{
	if (pk_hold_limit(hold, true, err) < 0)
		return -1;
	return pk_query(&hold->conn, sql, 0, NULL, ret, err) < 0 ? pk_hold_late(hold, err) : pk_hold_limit(hold, false, err);
}

int pk_hold_stamp(struct pk_conn *source, char **ret, struct pk_err *err)
{
	/* What others do for statistics alone is no new row version there. */
	static const char *const catalogs[] = {
		"pg_class",	   "pg_attribute",   "pg_attrdef",  "pg_constraint", "pg_index",      "pg_inherits",
		"pg_proc",	   "pg_type",	     "pg_enum",	    "pg_range",	     "pg_trigger",    "pg_rewrite",
		"pg_policy",	   "pg_namespace",   "pg_operator", "pg_opclass",    "pg_opfamily",   "pg_amop",
		"pg_amproc",	   "pg_aggregate",   "pg_cast",	    "pg_collation",  "pg_conversion", "pg_am",
		"pg_sequence",	   "pg_description", "pg_language", "pg_extension",  "pg_transform",  "pg_default_acl",
		"pg_statistic_ext", "pg_ts_config",  "pg_ts_dict",  "pg_ts_parser",  "pg_ts_template", "pg_ts_config_map",
		"pg_event_trigger", "pg_foreign_server", "pg_foreign_table", "pg_foreign_data_wrapper",
		"pg_partitioned_table", "pg_init_privs", "pg_depend",
	};
	PK_AUTO(pk_buf) sql = PK_BUF_INIT;

	for (size_t i = 0; i < PK_COUNT(catalogs); i++)
		pk_buf_addf(&sql,
			    "%s (SELECT count(*) || ' ' || coalesce(pg_catalog.sum(xmin::text::bigint), 0) "
			    "FROM pg_catalog.%s)",
			    i ? " || ' ' ||" : "SELECT", catalogs[i]);
	return pk_query_value(source, sql.ptr, 0, NULL, ret, err);
}
