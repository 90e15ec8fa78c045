#include "clone/door.h"

static int allow(struct pk_conn *admin, const char *db, bool connections, struct pk_err *err)
{
	PK_AUTO(pk_buf) sql = PK_BUF_INIT;

	pk_buf_add(&sql, "ALTER DATABASE ");
	pk_buf_add_ident(&sql, db);
	pk_buf_addf(&sql, " ALLOW_CONNECTIONS %s", connections ? "true" : "false");
	return pk_exec(admin, sql.ptr, err);
}

/* It is open for as long as it takes to go in. */
int pk_door_enter(struct pk_server *server, const char *db, struct pk_conn *ret, struct pk_err *err)
{
	PK_AUTO(pk_conninfo) info = PK_CONNINFO_INIT;
	struct pk_conn *admin;
	int status;

	pk_server_admin_info(server, db, &info);
	if (pk_server_admin(server, &admin, err) < 0 || pk_server_clear_db(server, db, err) < 0 ||
	    allow(admin, db, true, err) < 0)
		return -1;
	status = pk_conn_open(ret, &info, err);
	return allow(admin, db, false, status < 0 ? NULL : err) < 0 ? -1 : status;
}
