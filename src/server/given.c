#include "server/given.h"
#include "base/clock.h"
#include "base/fs.h"
#include "base/lock.h"
#include "base/text.h"
#include "server/place.h"
#include <sys/stat.h>
#include <unistd.h>

static int check_server(struct pk_server *server, struct pk_conn *conn, const char *setting,
			int major, struct pk_err *err)
{
	PK_AUTO(pk_rows) may = PK_ROWS_INIT;

	server->major = conn->version / 10000;
	if (major && server->major != major) {
		pk_err_set(err, "the server of %s, '%s', is PostgreSQL %d, and %d is needed",
			   setting, conn->where, server->major, major);
		return pk_err_hint(err,
				   "name a server of PostgreSQL %d, or unset %s and install postgresql-%d",
				   major, setting, major);
	}
	if (pk_query(conn,
		     "SELECT rolsuper, rolcreatedb AND rolcreaterole FROM pg_catalog.pg_roles "
		     "WHERE rolname = current_user",
		     0, NULL, &may, err) < 0)
		return -1;
	server->limited = !pk_rows_true(&may, 0, 0);
	if (!server->limited || pk_rows_true(&may, 0, 1))
		return 0;
	pk_err_set(err, "the role of %s may not create databases and roles on '%s'", setting,
		   conn->where);
	return pk_err_hint(err, "name a superuser, or a role with CREATEDB and CREATEROLE");
}

/* Its password lies with the user, not in the repository: the server is not the repository's alone.
 */
static int login_password(const char *where, const char *login, char **ret, bool *ret_new,
			  struct pk_err *err)
{
	PK_FREE char *state = pk_place_state_dir();
	PK_FREE char *key = pk_printf("%s %s", where, login);
	PK_FREE char *path = pk_printf("%s/given/%016llx.secret", state,
				       (unsigned long long)pk_hash(key, strlen(key), 0));
	PK_AUTO(pk_buf) text = PK_BUF_INIT;

	*ret_new = !pk_path_exists(path);
	if (!*ret_new) {
		if (pk_read_file(path, &text, err) < 0)
			return -1;
		pk_buf_rtrim(&text);
		*ret = pk_buf_take(&text);
		return 0;
	}
	PK_FREE char *dir = pk_path_dir(path);
	*ret = pk_random_hex(24);
	if (pk_mkdir_p(dir, 0700, err) < 0 || chmod(dir, 0700) < 0)
		return pk_err_errno(err, "cannot make '%s'", dir);
	return pk_write_file(path, *ret, strlen(*ret), 0600, err);
}

int pk_given_make_login(struct pk_conn *conn, const char *login, const char *password, bool there,
			struct pk_err *err)
{
	PK_AUTO(pk_buf) sql = PK_BUF_INIT;

	pk_buf_add(&sql, there ? "ALTER ROLE " : "CREATE ROLE ");
	pk_buf_add_ident(&sql, login);
	pk_buf_add(&sql, " LOGIN NOCREATEDB NOCREATEROLE PASSWORD ");
	pk_buf_add_literal(&sql, password);
	int status = pk_exec(conn, sql.ptr, err);
	explicit_bzero(sql.ptr, sql.len);
	return status;
}

static int ensure_login(struct pk_server *server, struct pk_conn *conn, struct pk_err *err)
{
	PK_AUTO(pk_lock) lock = PK_LOCK_INIT;
	PK_FREE char *state = pk_place_state_dir();
	PK_FREE char *lock_path = pk_path_join(state, "given.lock");
	PK_FREE char *password = NULL, *there = NULL, *plain_where = NULL;
	const char *const params[] = { server->login };
	bool is_new = false;

	plain_where = pk_conninfo_where(&server->admin);
	if (pk_lock_take(&lock, lock_path, 10000, err) < 0 ||
	    login_password(plain_where, server->login, &password, &is_new, err) < 0 ||
	    pk_query_value(conn, "SELECT '1' FROM pg_catalog.pg_roles WHERE rolname = $1", 1,
			   params, &there, err) < 0)
		return -1;
	pk_conninfo_set(&server->user, "user", server->login);
	pk_conninfo_set(&server->user, "password", password);
	if (there && !is_new)
		return 0;
	int status = pk_given_make_login(conn, server->login, password, there != NULL, err);
	explicit_bzero(password, strlen(password));
	return status;
}

/*
 * What says which server, and nothing that says who: with certificates or a service the login role
 * would be the administrator again.
 */
void pk_given_take_address(struct pk_server *server)
{
	static const char *const keys[] = { "host",    "hostaddr",	 "port",
					    "sslmode", "sslrootcert",	 "gssencmode",
					    "service", "connect_timeout" };

	for (size_t i = 0; i < PK_COUNT(keys); i++)
		pk_conninfo_set(&server->user, keys[i], pk_conninfo_get(&server->admin, keys[i]));
}

int pk_given_open(struct pk_server *server, const char *setting, const char *url, int major,
		  struct pk_err *err)
{
	PK_AUTO(pk_conn) conn = PK_CONN_INIT;

	if (pk_conninfo_parse(&server->admin, url, err) < 0)
		return pk_err_wrap(err, "the setting %s", setting);
	server->kind = PK_SERVER_GIVEN;
	if (!pk_conninfo_get(&server->admin, "dbname"))
		pk_conninfo_set(&server->admin, "dbname", "postgres");
	if (pk_conn_open(&conn, &server->admin, err) < 0 ||
	    check_server(server, &conn, setting, major, err) < 0)
		return -1;
	server->login = pk_printf(PK_LOGIN "_%.8s", server->owner_id);
	pk_given_take_address(server);
	return ensure_login(server, &conn, err);
}
