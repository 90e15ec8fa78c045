#include "pg/sqlstate.h"
#include "server/server.h"
#include "server/given.h"
#include "server/made.h"
#include "server/place.h"

/* Roles that never get a stand-in: the server's own, ours, and words that are no names. */
static bool is_reserved(const struct pk_server *server, const char *role)
{
	static const char *const words[] = { PK_ADMIN, "public", "none", "" };

	if (pk_starts_with(role, "pg_") || strcmp(role, server->login) == 0)
		return true;
	for (size_t i = 0; i < PK_COUNT(words); i++)
		if (strcmp(role, words[i]) == 0)
			return true;
	return false;
}

/* Two commands at a time: the other one made it, or touched the same row. */
static bool is_race(const struct pk_err *err)
{
	static const char *const states[] = { PK_SQLSTATE_DUPLICATE_OBJECT, PK_SQLSTATE_UNIQUE_VIOLATION,
					      PK_SQLSTATE_INTERNAL_ERROR };

	for (size_t i = 0; i < PK_COUNT(states); i++)
		if (strcmp(err->sqlstate, states[i]) == 0)
			return true;
	return false;
}

static int exec_racing(struct pk_conn *conn, const char *sql, struct pk_err *err)
{
	struct pk_err first = PK_ERR_INIT;
	int status = pk_exec(conn, sql, &first);

	if (status < 0 && is_race(&first))
		status = strcmp(first.sqlstate, PK_SQLSTATE_INTERNAL_ERROR) == 0 ? pk_exec(conn, sql, err) : 0;
	else if (status < 0)
		pk_err_move(err, &first);
	pk_err_release(&first);
	return status;
}

static int make_role(struct pk_conn *conn, const char *role, struct pk_err *err)
{
	PK_AUTO(pk_buf) sql = PK_BUF_INIT;

	pk_buf_add(&sql, "CREATE ROLE ");
	pk_buf_add_ident(&sql, role);
	/* only a superuser may even say NOSUPERUSER; it is the default anyway */
	pk_buf_add(&sql, " NOLOGIN NOCREATEDB NOCREATEROLE");
	return exec_racing(conn, sql.ptr, err);
}

/* to NULL: who is connected. */
static int grant_to(struct pk_conn *conn, const char *role, const char *to, struct pk_err *err)
{
	PK_AUTO(pk_buf) sql = PK_BUF_INIT;

	pk_buf_add(&sql, "GRANT ");
	pk_buf_add_ident(&sql, role);
	pk_buf_add(&sql, " TO ");
	if (to)
		pk_buf_add_ident(&sql, to);
	else
		pk_buf_add(&sql, "CURRENT_USER");
	return exec_racing(conn, sql.ptr, err);
}

static int grant_role(struct pk_server *server, struct pk_conn *conn, const char *role,
		      struct pk_err *err)
{
	return grant_to(conn, role, server->login, err);
}

/*
 * What the login role would get with it. A role that exists on a given server may be anybody, and a
 * member can act as it.
 */
static const char facts_sql[] =
	"SELECT pg_catalog.pg_has_role($2, r.oid, 'MEMBER') AND NOT COALESCE("
	"         (SELECT l.rolsuper FROM pg_catalog.pg_roles l WHERE l.rolname = $2), false), "
	"       EXISTS (SELECT 1 FROM pg_catalog.pg_roles p WHERE pg_catalog.pg_has_role(r.oid, p.oid, 'MEMBER') "
	"               AND (p.rolsuper OR p.rolcreaterole OR p.rolcreatedb OR p.rolreplication "
	"                    OR p.rolbypassrls OR p.rolname LIKE 'pg\\_%')), "
	"       pg_catalog.pg_has_role(r.oid, 'USAGE') "
	"FROM pg_catalog.pg_roles r WHERE r.rolname = $1";

static int ensure_role(struct pk_server *server, struct pk_conn *conn, const char *role,
		       struct pk_err *err)
{
	const char *const params[] = { role, server->login };

	/* twice: once to see that it is missing, once what it is, whoever made it */
	for (int round = 0; round < 2; round++) {
		PK_AUTO(pk_rows) rows = PK_ROWS_INIT;
		if (pk_query(conn, facts_sql, 2, params, &rows, err) < 0)
			return -1;
		if (!rows.n) {
			if (make_role(conn, role, err) < 0)
				return -1;
			continue;
		}
		if (pk_rows_true(&rows, 0, 1)) {
			pk_err_set(err,
				   "role '%s' of the server '%s' has powers of its own, and SQL of migrations "
				   "must not get at them",
				   role, conn->where);
			return pk_err_hint(err, "a local server of our own has stand-ins for such "
						"roles: unset postkit.server, or the cloneServer of the remote");
		}
		/* who is no superuser makes what the role owns as its member */
		if (!pk_rows_true(&rows, 0, 2) && grant_to(conn, role, NULL, err) < 0)
			return -1;
		return pk_rows_true(&rows, 0, 0) ? 0 : grant_role(server, conn, role, err);
	}
	return pk_err_set(err, "role '%s' disappears from '%s' as soon as it is made", role,
			  conn->where);
}

/* A clone by a command has the roles themselves, who are what they are. */
static int add_missing(struct pk_server *server, struct pk_conn *conn, const char *role,
		       struct pk_err *err)
{
	const char *const params[] = { role };
	PK_FREE char *there = NULL;

	if (pk_query_value(conn, "SELECT '1' FROM pg_catalog.pg_roles WHERE rolname = $1", 1,
			   params, &there, err) < 0)
		return -1;
	if (there)
		return 0;
	return make_role(conn, role, err) < 0 ? -1 : grant_role(server, conn, role, err);
}

/* To run code on the machine of the server, or to get there. All else is the clone's own matter, which is thrown away. */
static const char mighty_sql[] = "SELECT 'yes' FROM pg_catalog.pg_roles r JOIN pg_catalog.pg_roles "
				 "p ON pg_catalog.pg_has_role(r.oid, p.oid, 'MEMBER') "
				 "WHERE r.rolname = $1 AND (p.rolsuper OR p.rolname IN "
				 "('pg_execute_server_program', 'pg_read_server_files', "
				 "'pg_write_server_files') OR (p.rolcreaterole AND "
				 "pg_catalog.current_setting('server_version_num')::int < 160000)) LIMIT 1";

int pk_role_hand_over(struct pk_server *server, struct pk_conn *conn, const char *role,
		      struct pk_err *err)
{
	const char *const params[] = { role };
	PK_FREE char *mighty = NULL;

	if (pk_query_value(conn, mighty_sql, 1, params, &mighty, err) < 0)
		return -1;
	if (!mighty)
		return grant_role(server, conn, role, err);
	pk_err_set(err,
		   "role '%s' has powers over the server of the clone, and SQL of migrations must not get at them",
		   role);
	return pk_err_hint(err, "deploy as a role that is no superuser; or let the command take "
				"its powers in the clone: ALTER ROLE ... NOSUPERUSER NOCREATEROLE");
}

int pk_server_ensure_roles(struct pk_server *server, const struct pk_strv *roles,
			   struct pk_err *err)
{
	struct pk_conn *conn = NULL;

	if (server->made && !server->made->url)
		return 0; /* it is to be made, and has them */
	for (size_t i = 0; i < roles->n; i++) {
		const char *role = roles->items[i];
		if (is_reserved(server, role))
			continue;
		if (!conn && pk_server_admin(server, &conn, err) < 0)
			return -1;
		if ((server->made ? add_missing(server, conn, role, err)
				  : ensure_role(server, conn, role, err)) < 0)
			return -1;
	}
	return 0;
}
