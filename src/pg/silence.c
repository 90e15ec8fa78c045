#include "pg/silence.h"

#include "base/term.h"

static const char triggers_sql[] =
	"SELECT pg_catalog.format('ALTER EVENT TRIGGER %I DISABLE', evtname), "
	"pg_catalog.format('ALTER EVENT TRIGGER %I ENABLE%s', evtname, "
	"CASE evtenabled WHEN 'R' THEN ' REPLICA' WHEN 'A' THEN ' ALWAYS' ELSE '' END) "
	"FROM pg_catalog.pg_event_trigger WHERE evtenabled <> 'D' ORDER BY evtname";

static const char loud_sql[] =
	"SELECT pg_catalog.string_agg(pg_catalog.quote_ident(evtname), ', ' ORDER BY evtname) "
	"FROM pg_catalog.pg_event_trigger WHERE evtenabled IN ('A', CASE pg_catalog.current_setting("
	"'session_replication_role') WHEN 'replica' THEN 'R'::\"char\" ELSE 'O' END) AND evtevent <> 'login' "
	"AND pg_catalog.current_setting('event_triggers', true) IS DISTINCT FROM 'off'";

int pk_silence_loud(struct pk_conn *conn, char **ret, struct pk_err *err)
{
	PK_AUTO(pk_buf) safe = PK_BUF_INIT;
	PK_FREE char *names = NULL;

	*ret = NULL;
	if (pk_query_value(conn, loud_sql, 0, NULL, &names, err) < 0)
		return -1;
	if (names) {
		pk_buf_add_safe(&safe, names, false);
		*ret = pk_buf_take(&safe);
	}
	return 0;
}

static int run_column(struct pk_conn *conn, const struct pk_rows *rows, int column, struct pk_err *err)
{
	for (int i = 0; i < rows->n; i++)
		if (pk_exec(conn, pk_rows_get(rows, i, column), err) < 0)
			return -1;
	return 0;
}

int pk_silence_begin(struct pk_conn *superuser, struct pk_rows *ret_triggers, struct pk_err *err)
{
	if (pk_query(superuser, triggers_sql, 0, NULL, ret_triggers, err) < 0)
		return -1;
	return run_column(superuser, ret_triggers, 0, err);
}

int pk_silence_end(struct pk_conn *superuser, const struct pk_rows *triggers, struct pk_err *err)
{
	return run_column(superuser, triggers, 1, err);
}

int pk_silently(struct pk_conn *superuser, int (*fn)(struct pk_conn *conn, void *arg, struct pk_err *err), void *arg,
		struct pk_err *err)
{
	PK_AUTO(pk_rows) triggers = PK_ROWS_INIT;

	if (pk_exec(superuser, "BEGIN", err) < 0)
		return -1;
	if (pk_silence_begin(superuser, &triggers, err) == 0 && fn(superuser, arg, err) == 0 &&
	    pk_silence_end(superuser, &triggers, err) == 0)
		return pk_exec(superuser, "COMMIT", err);
	if (pk_conn_alive(superuser))
		pk_exec(superuser, "ROLLBACK", NULL);
	return -1;
}

static int exec(struct pk_conn *conn, void *arg, struct pk_err *err)
{
	const char *const *sql = arg;

	return pk_exec(conn, *sql, err);
}

int pk_exec_silently(struct pk_conn *superuser, const char *sql, struct pk_err *err)
{
	return pk_silently(superuser, exec, &sql, err);
}
