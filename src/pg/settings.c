/* The settings of our sessions, and the way back to those of the database and the role. */
#include "pg/handle.h"
#include <strings.h>

#define LEAST_IDLE "1min"

/*
 * What every session of ours has, so that text that the server deparses does not depend on
 * anybody's settings. By SET, not in the startup packet: RESET then finds the database's own, and
 * poolers that refuse the packet's options let us in.
 */
static const struct {
	const char *name, *value;
} settings[] = {
	{ "search_path", "" },
	{ "DateStyle", "ISO, MDY" },
	{ "IntervalStyle", "postgres" },
	{ "TimeZone", "UTC" },
	{ "extra_float_digits", "3" },
	{ "bytea_output", "hex" },
	{ "quote_all_identifiers", "off" },
	{ "standard_conforming_strings", "on" },
	{ "lc_monetary", "C" },
	{ "xmlbinary", "base64" },
};

/* Timeouts that end a session, and the versions that have them. */
static const struct {
	const char *name;
	int since;
} idle[] = {
	{ "idle_in_transaction_session_timeout", 0 },
	{ "idle_session_timeout", 140000 },
};

static void add_setting(struct pk_buf *sql, const char *name, const char *value)
{
	pk_buf_add(sql, "pg_catalog.set_config(");
	pk_buf_add_literal(sql, name);
	pk_buf_add(sql, ", ");
	pk_buf_add_literal(sql, value);
	pk_buf_add(sql, ", false)");
}

static void add_settings(struct pk_buf *sql)
{
	for (size_t i = 0; i < PK_COUNT(settings); i++) {
		pk_buf_add(sql, i ? ", " : "SELECT ");
		add_setting(sql, settings[i].name, settings[i].value);
	}
}

/* Compared by functions: whoever made the role's search_path may have made operators. */
static void add_first(struct pk_buf *sql, int version)
{
	add_settings(sql);
	for (size_t i = 0; i < PK_COUNT(idle); i++)
		if (version >= idle[i].since)
			pk_buf_addf(sql,
				    ", CASE WHEN pg_catalog.interval_gt(pg_catalog.current_setting('%s')::pg_catalog.interval, '0')"
				    " AND pg_catalog.interval_lt(pg_catalog.current_setting('%s')::pg_catalog.interval,"
				    " '" LEAST_IDLE "') THEN pg_catalog.set_config('%s', '" LEAST_IDLE "', false) END",
				    idle[i].name, idle[i].name, idle[i].name);
}

/* Their row: the timeouts that had to be changed are not NULL. */
static void note_timeouts(struct pk_conn *conn, const struct pk_rows *rows)
{
	conn->impatient = 0;
	for (int i = 0; i < (int)PK_COUNT(idle) && (int)PK_COUNT(settings) + i < rows->columns; i++)
		if (pk_rows_get(rows, 0, (int)PK_COUNT(settings) + i))
			conn->impatient |= 1u << i;
}

static bool is_utc(const char *zone)
{
	static const char *const names[] = { "UTC", "Etc/UTC", "GMT", "Etc/GMT" };

	for (size_t i = 0; zone && i < PK_COUNT(names); i++)
		if (strcasecmp(zone, names[i]) == 0)
			return true;
	return false;
}

bool pk_settings_send(struct pk_conn *conn)
{
	PK_AUTO(pk_buf) sql = PK_BUF_INIT;

	if (!conn->handle || PQstatus(conn->handle) != CONNECTION_OK)
		return false;
	conn->utc = is_utc(PQparameterStatus(conn->handle, "TimeZone"));
	add_first(&sql, PQserverVersion(conn->handle));
	return PQsendQuery(conn->handle, sql.ptr);
}

int pk_settings_begin(struct pk_conn *conn, bool sent, struct pk_err *err)
{
	PK_AUTO(pk_buf) sql = PK_BUF_INIT;
	PK_AUTO(pk_rows) rows = PK_ROWS_INIT;

	if (!sent)
		conn->utc = is_utc(PQparameterStatus(conn->handle, "TimeZone"));
	add_first(&sql, conn->version);
	if ((sent ? pk_query_sent(conn, &rows, err) : pk_query(conn, sql.ptr, -1, NULL, &rows, err)) < 0)
		return -1;
	note_timeouts(conn, &rows);
	return 0;
}

static void add_patience(struct pk_buf *sql, const struct pk_conn *conn, const char *before)
{
	for (size_t i = 0; i < PK_COUNT(idle); i++) {
		if (!(conn->impatient & 1u << i))
			continue;
		pk_buf_add(sql, before);
		add_setting(sql, idle[i].name, LEAST_IDLE);
		before = ", ";
	}
}

void pk_buf_add_own_settings(struct pk_buf *sql, const struct pk_conn *conn)
{
	add_settings(sql);
	add_patience(sql, conn, ", ");
	pk_buf_add(sql, "; ");
}

void pk_buf_add_reset_settings(struct pk_buf *sql, const struct pk_conn *conn)
{
	pk_buf_add(sql, "RESET ALL; ");
	if (!conn->impatient)
		return;
	add_patience(sql, conn, "SELECT ");
	pk_buf_add(sql, "; ");
}

void pk_buf_add_user_settings(struct pk_buf *sql)
{
	for (size_t i = 0; i < PK_COUNT(settings); i++) {
		pk_buf_add(sql, "RESET ");
		pk_buf_add_ident(sql, settings[i].name);
		pk_buf_add(sql, "; ");
	}
}

int pk_conn_own_settings(struct pk_conn *conn, struct pk_err *err)
{
	PK_AUTO(pk_buf) sql = PK_BUF_INIT;

	pk_buf_add_own_settings(&sql, conn);
	conn->users = false;
	return pk_exec(conn, sql.ptr, err);
}

int pk_conn_user_settings(struct pk_conn *conn, struct pk_err *err)
{
	PK_AUTO(pk_buf) sql = PK_BUF_INIT;

	pk_buf_add_user_settings(&sql);
	return pk_exec(conn, sql.ptr, err);
}
