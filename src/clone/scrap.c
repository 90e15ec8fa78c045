#include "clone/scrap.h"

#include "server/server.h"

/* FORCE came with 13. */
static int end_connections(struct pk_conn *admin, const char *name, struct pk_err *err)
{
	const char *const params[] = { name };

	if (admin->version >= 130000)
		return 0;
	return pk_query(
		admin,
		"SELECT pg_catalog.pg_terminate_backend(pid) FROM pg_catalog.pg_stat_activity "
		"WHERE datname = $1 AND pid <> pg_catalog.pg_backend_pid()",
		1, params, NULL, err);
}

int pk_scrap_db(struct pk_conn *admin, const char *name, struct pk_err *err)
{
	PK_AUTO(pk_buf) sql = PK_BUF_INIT;

	if (end_connections(admin, name, err) < 0 || pk_server_end_subscriptions(admin, name, err) < 0)
		return -1;
	pk_buf_add(&sql, "DROP DATABASE IF EXISTS ");
	pk_buf_add_ident(&sql, name);
	if (admin->version >= 130000)
		pk_buf_add(&sql, " WITH (FORCE)");
	return pk_exec(admin, sql.ptr, err);
}
