#include "pg/sqlstate.h"
#include "server/server.h"

/* Servers that cannot have one in their own folder, or let others than their owner make any. */
static bool cannot_be(const struct pk_err *err)
{
	static const char *const states[] = { PK_SQLSTATE_INSUFFICIENT_PRIVILEGE, PK_SQLSTATE_UNDEFINED_OBJECT,
					      PK_SQLSTATE_INVALID_OBJECT_DEFINITION };

	for (size_t i = 0; i < PK_COUNT(states); i++)
		if (pk_streq(err->sqlstate, states[i]))
			return true;
	return false;
}

/* In the server's own folder, so that it is gone with it. Two commands at a time: the other one made it. */
static int make(struct pk_conn *conn, const char *space, struct pk_err *err)
{
	PK_AUTO(pk_buf) create = PK_BUF_INIT, grant = PK_BUF_INIT;
	PK_AUTO(pk_err) e = PK_ERR_INIT;
	int status;

	pk_buf_add(&create, "CREATE TABLESPACE ");
	pk_buf_add_ident(&create, space);
	pk_buf_add(&create, " LOCATION ''");
	pk_buf_add(&grant, "GRANT CREATE ON TABLESPACE ");
	pk_buf_add_ident(&grant, space);
	pk_buf_add(&grant, " TO PUBLIC");
	if (pk_exec(conn, "SET allow_in_place_tablespaces = on", &e) < 0)
		goto failed;
	status = pk_exec(conn, create.ptr, &e);
	pk_exec(conn, "RESET allow_in_place_tablespaces", NULL);
	if (status == 0)
		return pk_exec(conn, grant.ptr, err);
failed:
	if (pk_streq(e.sqlstate, PK_SQLSTATE_DUPLICATE_OBJECT) || pk_streq(e.sqlstate, PK_SQLSTATE_UNIQUE_VIOLATION) ||
	    cannot_be(&e))
		return 0;
	pk_err_move(err, &e);
	return pk_err_wrap(err, "cannot make the tablespace '%s'", space);
}

int pk_server_ensure_spaces(struct pk_server *server, const struct pk_strv *spaces,
			    struct pk_err *err)
{
	PK_AUTO(pk_rows) rows = PK_ROWS_INIT;
	PK_AUTO(pk_strv) have = PK_STRV_INIT;
	struct pk_conn *conn;

	if (!spaces->n || server->limited || server->made)
		return 0;
	if (pk_server_admin(server, &conn, err) < 0 ||
	    pk_query(conn, "SELECT spcname FROM pg_catalog.pg_tablespace", 0, NULL, &rows, err) < 0)
		return -1;
	for (int i = 0; i < rows.n; i++)
		pk_strv_push(&have, pk_rows_get(&rows, i, 0));
	for (size_t i = 0; i < spaces->n; i++)
		if (!pk_strv_has(&have, spaces->items[i]) &&
		    !pk_starts_with(spaces->items[i], "pg_") &&
		    make(conn, spaces->items[i], err) < 0)
			return -1;
	return 0;
}
