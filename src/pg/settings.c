/* The settings of our sessions, and the way back to those of the database and the role. */
#include "pg/conn.h"

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

void pk_buf_add_own_settings(struct pk_buf *sql)
{
	for (size_t i = 0; i < PK_COUNT(settings); i++) {
		pk_buf_add(sql, i ? ", " : "SELECT ");
		pk_buf_add(sql, "pg_catalog.set_config(");
		pk_buf_add_literal(sql, settings[i].name);
		pk_buf_add(sql, ", ");
		pk_buf_add_literal(sql, settings[i].value);
		pk_buf_add(sql, ", false)");
	}
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

	pk_buf_add_own_settings(&sql);
	return pk_exec(conn, sql.ptr, err);
}

int pk_conn_user_settings(struct pk_conn *conn, struct pk_err *err)
{
	PK_AUTO(pk_buf) sql = PK_BUF_INIT;

	pk_buf_add_user_settings(&sql);
	return pk_exec(conn, sql.ptr, err);
}
